# SPDX-License-Identifier: MIT
"""Lab 4: its checks, and what they look for."""
