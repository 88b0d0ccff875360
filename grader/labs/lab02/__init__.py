# SPDX-License-Identifier: MIT
"""Lab 2: the table of checks and their rules."""
