# SPDX-License-Identifier: MIT
"""What all else is built on: the kit, child processes, files, and text fit to be shown."""
