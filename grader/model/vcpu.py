# SPDX-License-Identifier: MIT
"""A vCPU as EL2 keeps it in memory: struct vcpu of vcpu.h."""

from __future__ import annotations

# Offsets in struct vcpu, after x0 to x30, and its size.
HYP_SP, VM, CONTEXT, STATE, EXITS, VCPU_SIZE = 248, 256, 264, 280, 288, 832
UP_TO_STATE = f"<31Q{STATE - HYP_SP}xI"  # for struct: x0 to x30, then the state

RUNNABLE, BLOCKED, STOPPED = range(3)  # enum vcpu_state
EC_COUNT, EXIT_CLASSES = 64, 67  # of exits[]: each ESR_ELx.EC, then IRQ, FIQ and SError
