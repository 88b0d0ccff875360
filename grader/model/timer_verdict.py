# SPDX-License-Identifier: MIT
"""What the state of PPI 27, the guests' timer, means for the loaded vCPU."""

from __future__ import annotations

from typing import Optional

from .platform_map import PLATFORM

INTID = PLATFORM["PPI_VTIMER"]


def timer_verdict(enabled: bool, active: bool, owner: str, lr0: Optional[int]) -> str:
    """Return a sentence. `lr0` is list register 0 of the loaded vCPU at its load, if there is one.

    IHI 0069, "ICH_LR<n>_EL2": with HW set, the guest's EOI deactivates the physical interrupt.
    """
    if not enabled:
        return f"PPI {INTID} is disabled: no guest's timer can interrupt."
    if not active:
        return f"PPI {INTID} is not active: the loaded vCPU's timer can interrupt."
    if lr0 is None:
        return f"PPI {INTID} is active, but no vCPU is loaded: nothing will deactivate it."
    if lr0 >> 62 == 0:
        return (f"PPI {INTID} is active, and LR0 was free when {owner} was loaded: unless "
                "vgic_timer() has filled it since, nothing will deactivate the PPI, and the timer "
                "cannot interrupt again.")
    if not lr0 >> 61 & 1 or lr0 >> 32 & 0x1FFF != INTID:
        return (f"PPI {INTID} is active, but LR0 of {owner} has no HW bit with that PPI: the "
                "guest's EOI does not deactivate it, and the timer cannot interrupt again.")
    return f"PPI {INTID} is active, and LR0 of {owner} has it: the guest's EOI deactivates it."
