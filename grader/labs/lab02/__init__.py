# SPDX-License-Identifier: MIT
"""Lab 2: its checks, and what they look for."""
