# SPDX-License-Identifier: MIT
"""Lab 5: its checks, and what they look for."""
