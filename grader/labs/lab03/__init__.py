# SPDX-License-Identifier: MIT
"""Lab 3: the table of checks and their rules."""
