# SPDX-License-Identifier: MIT
"""Boots an image in QEMU, looks at the machine, and calls its functions."""
