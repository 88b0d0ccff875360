# SPDX-License-Identifier: MIT
"""The grader's own proof, for maintainers: mutants, variants, soak, distributions."""
