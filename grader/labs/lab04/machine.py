# SPDX-License-Identifier: MIT
"""What the machine must show in lab 4 before each VM's first entry."""

from __future__ import annotations

from ...model.elf import symbols
from ...model.layout import layout_of
from ..check import Evidence
from ..register_checks import Bits, Wanted, bit, field, first_wrong_register, not_reached

HCR = Bits(
    {
        **{"VM": bit(0), "SWIO": bit(1), "RW": bit(31)},
        **{"FMO": bit(3), "IMO": bit(4), "AMO": bit(5)},
        **{"TWI": bit(13), "TWE": bit(14), "TID3": bit(18), "TSC": bit(19)},
        **{"TIDCP": bit(20), "TACR": bit(21), "TLOR": bit(35), "TERR": bit(36)},
    },
    {"DC": bit(12), "TGE": bit(27), "E2H": bit(34), "APK": bit(40), "API": bit(41)},
)
CPTR = Bits(
    {
        **{"TFP": bit(10), "TZ": bit(8), "TSM": bit(12), "TTA": bit(20), "TAM": bit(30)},
        "RES1": bit(13) | bit(9) | 0xFF,
    },
    {},
)
EL1H_MASKED = 0x3C5
SCTLR_EL1 = Bits({"RES1": 0x30D0_0980}, {"M": bit(0), "C": bit(2), "I": bit(12)})


def controls_are_right(evidence: Evidence) -> str:
    """HCR_EL2, CPTR_EL2 and VBAR_EL2 are as guest_config() must set them, for every VM."""
    vectors = symbols(evidence.image.read_bytes()).get("guest_vectors", 0)
    wanted: dict[str, Wanted] = {"HCR_EL2": HCR, "CPTR_EL2": CPTR, "VBAR_EL2": vectors}
    states = [state for state in evidence.run.states if state.name == "enter"]
    for vm, state in enumerate(states):
        words = first_wrong_register(state, wanted)
        if words:
            return f"vm{vm}, {words}"
    return "" if states else not_reached(evidence, "enter")


def first_state_is_right(evidence: Evidence) -> str:
    """Each VM starts in its slot, at EL1h with all masked, MMU off and its own VMID."""
    layout = layout_of(evidence.image)
    states = [state for state in evidence.run.states if state.name == "enter"]
    vmids: dict[int, int] = {}
    for vm, state in enumerate(states):
        wanted: dict[str, Wanted] = {
            "ELR_EL2": layout.slot(vm).start,
            "SPSR_EL2": EL1H_MASKED,
            "SCTLR_EL1": SCTLR_EL1,
        }
        words = first_wrong_register(state, wanted)
        if words:
            return f"vm{vm}, {words}"
        vmid = field(state["VTTBR_EL2"], 55, 48)
        if vmids.setdefault(vmid, vm) != vm:
            return f"vm{vm} and vm{vmids[vmid]} are entered with the same VMID, {vmid}"
    return "" if states else not_reached(evidence, "enter")


def stack_stays_where_it_is(evidence: Evidence) -> str:
    """EL2's SP is the same after thousands of exits."""
    depths = [state["sp"] for state in evidence.run.states if state.name == "enter"]
    for vm, sp in enumerate(depths):
        if sp != depths[0]:
            return f"SP is 0x{sp:x} before the entry of vm{vm}; before vm0's it was 0x{depths[0]:x}"
    return "" if depths else not_reached(evidence, "enter")
