# SPDX-License-Identifier: MIT
"""Lab 1: its checks, and what they look for."""
