# SPDX-License-Identifier: MIT
"""Lab 3: its checks, and what they look for."""
