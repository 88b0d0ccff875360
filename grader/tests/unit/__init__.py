# SPDX-License-Identifier: MIT
"""Tests that boot nothing: a folder for each package."""
