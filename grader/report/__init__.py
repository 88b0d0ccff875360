# SPDX-License-Identifier: MIT
"""A grading as JSON, XML, a page and a scoreboard."""
