# SPDX-License-Identifier: MIT
"""Tests of grader/report."""
