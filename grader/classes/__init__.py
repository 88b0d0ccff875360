# SPDX-License-Identifier: MIT
"""A whole class: find the submissions, grade each once, collect the scores."""
