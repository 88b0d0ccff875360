# SPDX-License-Identifier: MIT
"""Tests of grader/vms."""
