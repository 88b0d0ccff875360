# SPDX-License-Identifier: MIT
"""Tests of grader/model."""
