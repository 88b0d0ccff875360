# SPDX-License-Identifier: MIT
"""Lab 5: the table of checks and their rules."""
