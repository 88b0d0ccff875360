# SPDX-License-Identifier: MIT
"""What an image, a memory and a register mean. Runs nothing."""
