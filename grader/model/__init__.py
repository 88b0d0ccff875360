# SPDX-License-Identifier: MIT
"""Decode images, memory and registers. Starts no process."""
