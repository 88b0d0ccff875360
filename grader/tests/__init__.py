# SPDX-License-Identifier: MIT
"""Tests of the kit and of its grader."""
