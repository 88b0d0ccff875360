# SPDX-License-Identifier: MIT
"""What several tests use. No test imports a test."""
