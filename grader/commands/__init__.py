# SPDX-License-Identifier: MIT
"""The commands of `make` that show something: a module each."""
