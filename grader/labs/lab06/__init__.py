# SPDX-License-Identifier: MIT
"""Lab 6: its checks, and what they look for."""
