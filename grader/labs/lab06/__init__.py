# SPDX-License-Identifier: MIT
"""Lab 6: the table of checks and their rules."""
