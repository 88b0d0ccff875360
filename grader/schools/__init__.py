# SPDX-License-Identifier: MIT
"""What the systems of schools want of a grading: Gradescope, GitHub Classroom, Moodle."""
