# SPDX-License-Identifier: MIT
"""What instructors give to students: a kit without solutions, and the finished tree to read."""
