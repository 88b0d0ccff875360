# SPDX-License-Identifier: MIT
"""Lab 4: the table of checks and their rules."""
