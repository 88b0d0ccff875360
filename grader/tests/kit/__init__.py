# SPDX-License-Identifier: MIT
"""Tests of the whole kit: they build, boot, or run its commands."""
