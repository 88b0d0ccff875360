# SPDX-License-Identifier: MIT
"""The readers of beyond/systems/ on the host, under sanitizers: compiled, asked, and fuzzed."""
