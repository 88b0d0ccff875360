# SPDX-License-Identifier: MIT
"""A grading: from a tree or a submission to a result for each check."""
