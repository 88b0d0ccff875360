# SPDX-License-Identifier: MIT
"""The base of all packages: the kit, child processes, files, and safe display of text."""
