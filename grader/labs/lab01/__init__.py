# SPDX-License-Identifier: MIT
"""Lab 1: the table of checks and their rules."""
