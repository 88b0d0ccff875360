# SPDX-License-Identifier: MIT
"""VMs of beyond/, from the host's side: what they are made of, and the machine that runs them."""
