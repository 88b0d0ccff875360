# SPDX-License-Identifier: MIT
"""What the machine must show in lab 5: which vCPU's state is in the registers, and when.

When the pattern guests of the last scene have filled their registers, the machine is stopped
sixty times, at guest_enter() and where exceptions from guests arrive. A vCPU must be entered with
the registers that it had at its last exit.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path

from ...model.elf import instructions, symbols
from ...model.guest_programs import guest_elf
from ...model.instruction_words import WFI
from ...model.snapshot import Memory, State
from ...model.vcpu import CONTEXT as VCPU_CONTEXT
from ...model.vcpu import RUNNABLE, VM
from ...model.vms import S2_ROOT, S2_VMID
from ...qemu.inspection import EL1_CONTEXT, FP, KEYS, Watch
from ..check import Evidence
from ..lab04.machine import CPTR, HCR
from ..register_checks import Bits, bit, first_wrong_register, not_reached
from .rules import LAST_SCENE, PATTERNS, in_turn

GICR_SGI = 0x080B_0000  # SGI_base of the boot CPU's redistributor
IGROUPR0, ISENABLER0, ISPENDR0, ISACTIVER0 = (GICR_SGI + at for at in (0x80, 0x100, 0x200, 0x300))
IPRIORITYR, ICFGR1 = [GICR_SGI + 0x400 + n for n in range(0, 32, 4)], GICR_SGI + 0xC04
ALL = 0xFFFF_FFFF
# Firmware may leave every interrupt enabled, pending, active, edge-triggered, of lowest priority.
JUNK = {ISENABLER0: ALL, ISPENDR0: ALL, ISACTIVER0: ALL, ICFGR1: 0xAAAA_AAAA,
        **dict.fromkeys(IPRIORITYR, ALL)}
SET_UP = {
    "GICR_ISENABLER0": (ISENABLER0, 0),
    "GICR_ISPENDR0": (ISPENDR0, 0),
    "GICR_ISACTIVER0": (ISACTIVER0, 0),
    "GICR_IGROUPR0": (IGROUPR0, ALL),
    "GICR_ICFGR1": (ICFGR1, 0),
    **{f"GICR_IPRIORITYR{n}": (at, 0xA0A0_A0A0) for n, at in enumerate(IPRIORITYR)},
}
USED_PPIS = 0b111 << 25  # maintenance, EL2's timer, the guests' timer
SCENES = 6



def places(image: Path) -> dict[int, str]:
    """The instruction after each WFI of EL2: a single step over the WFI would never end.

    And where the second pattern guest begins to compare what it has filled.
    """
    found = {at + 4: "idle" for at in instructions(image.read_bytes(), WFI.to_bytes(4, "little"))}
    guest = guest_elf(image, PATTERNS[-1], "pattern")
    if guest.exists():
        found[symbols(guest.read_bytes())["fp_differences"]] = "filled"
    return found


WATCH = Watch(
    words=tuple(at for at, _ in SET_UP.values()),
    junk=JUNK.items(),
    switches=60,
    after="filled",
    places=places,
)

CONTEXT_OFFSET = 24  # struct context of context.h: vtimer.offset
IRQ_SLOT = 0x480
CTL_ENABLE, CTL_IMASK = 1, 2  # CNTHP_CTL_EL2, CNTV_CTL_EL0

CONTEXT = [*EL1_CONTEXT, *KEYS, "CNTVOFF_EL2", "CNTV_CVAL_EL0"]
TFP = bit(10)  # of CPTR_EL2: FP traps, so its registers may hold another vCPU's values
# Registers that EL2 may change when it emulates an access or injects an exception.
INJECTED = {"ELR_EL1", "SPSR_EL1", "ESR_EL1", "FAR_EL1"}

# As in lab 4, but guests may use pointer authentication and FP now.
MAY_NOW = {"TFP", "APK", "API"}
GUESTS_MAY = {
    "CPTR_EL2": Bits({name: mask for name, mask in CPTR.must.items() if name not in MAY_NOW}, {}),
    "HCR_EL2": Bits(
        {**HCR.must, "APK": bit(40), "API": bit(41)},
        {name: mask for name, mask in HCR.must_not.items() if name not in MAY_NOW},
    ),
}


def switches(evidence: Evidence) -> list[State]:
    return [state for state in evidence.run.states if state.name in ("entry", "exit")]


def _nothing_ran(evidence: Evidence) -> str:
    """Say what is missing if what was seen could be vCPUs that never ran.

    That they ran is in the log of the usual boot: here each stop takes a part of the slice.
    """
    states = switches(evidence)
    different: set[str] = set()
    for before, after in zip(states, states[1:]):
        if before.name == "exit" and after.name == "entry" and before.vcpu != after.vcpu:
            different |= {name for name in CONTEXT if before[name] != after[name]}
    if len(different) < len(CONTEXT) // 2:
        return (f"only {len(different)} registers ever differ between a vCPU's exit and the next"
                " vCPU's entry")
    return in_turn(evidence.usual, evidence.image, LAST_SCENE) if evidence.usual else ""


def _none_seen(evidence: Evidence) -> str:
    return f"the last scene was not reached: {evidence.run}"


def _last_memory(evidence: Evidence) -> Memory:
    """EL2's memory after the scene, which changes neither VMs nor vCPUs."""
    return evidence.run.states[-1].memory


def _vttbr_of(memory: Memory, vcpu: int) -> int | None:
    """VTTBR_EL2 of the vCPU's VM."""
    vm = memory.word(vcpu + VM)
    root = memory.word(vm + S2_ROOT) if vm else None
    vmid = memory.read(vm + S2_VMID, 1) if vm else None
    return None if root is None or vmid is None else vmid[0] << 48 | root


def _offset_of(memory: Memory, vcpu: int) -> int | None:
    """CNTVOFF_EL2 in the vCPU's context."""
    context = memory.word(vcpu + VCPU_CONTEXT)
    return memory.word(context + CONTEXT_OFFSET) if context else None


def the_right_vm_is_loaded(evidence: Evidence) -> str:
    """At each entry: VMID and tables of this vCPU's VM, and the traps that guests need."""
    memory, seen = _last_memory(evidence) if evidence.run.states else Memory(), set()
    if evidence.run.states and not memory.pieces:
        return f"the end of the last scene was not reached: {evidence.run}"
    for state in switches(evidence):
        if state.name != "entry":
            continue
        wanted = _vttbr_of(memory, state.vcpu)
        if wanted is None:
            return f"guest_enter(0x{state.vcpu:x}): no vCPU is there"
        if state["VTTBR_EL2"] != wanted:
            return (
                f"a vCPU is entered with VTTBR_EL2 0x{state['VTTBR_EL2']:x},"
                f" its VM's is 0x{wanted:x}"
            )
        offset = _offset_of(memory, state.vcpu)
        if state["CNTVOFF_EL2"] != offset:
            return (f"a vCPU is entered with CNTVOFF_EL2 0x{state['CNTVOFF_EL2']:x}, its offset is"
                    f" 0x{offset or 0:x}")
        words = first_wrong_register(state, GUESTS_MAY)
        if words:
            return words
        if state.state != RUNNABLE:
            return (f"the vCPU at 0x{state.vcpu:x} is entered in state {state.state}, not"
                    " VCPU_RUNNABLE")
        seen.add(wanted)
    if not seen:
        return _none_seen(evidence)
    if len(seen) < 2:
        return "only one VM was entered in the last scene"
    return _nothing_ran(evidence)


def stays(states: list[State]) -> Iterator[tuple[State, State, bool]]:
    """Each exit with the next entry of the same vCPU; true if another vCPU ran in between."""
    left: dict[int, State] = {}
    ran = 0
    for state in states:
        if state.name == "exit":
            left[state.vcpu], ran = state, state.vcpu
        elif state.vcpu in left:
            yield left.pop(state.vcpu), state, ran != state.vcpu


def what_leaves_comes_back(evidence: Evidence) -> str:
    """Each register of a vCPU's context is the same at an exit and at the next entry."""
    states, count = switches(evidence), 0
    for left, back, others in stays(states):
        count += others
        irq = left.slot == IRQ_SLOT
        names = CONTEXT if irq else [name for name in CONTEXT if name not in INJECTED]
        words = _changed(left, back, [*names, *(("ELR_EL2", "SPSR_EL2") if irq else ())])
        if words:
            return words
        for n, (was, now) in enumerate(zip(left.x, back.x)):
            if irq and was != now:
                return f"x{n} was 0x{was:x} when an interrupt came and is 0x{now:x} after it"
    if not states:
        return _none_seen(evidence)
    few = "" if count > 5 else f"only {count} times another vCPU ran in between"
    return _fp_changed(states) or few or _nothing_ran(evidence)


def _changed(left: State, back: State, names: Iterable[str]) -> str:
    """Name the first register that has changed."""
    for name in names:
        if left[name] != back[name]:
            return (
                f"{name} of the vCPU at 0x{left.vcpu:x} was 0x{left[name]:x} at its exit and"
                f" is 0x{back[name]:x} at its next entry"
            )
    return ""


def _fp_changed(states: Iterable[State]) -> str:
    """FP registers, up to the next entry that may use them: EL2 may load them at the first use."""
    left: dict[int, State] = {}
    for state in states:
        if state["CPTR_EL2"] & TFP:
            continue
        if state.name == "exit":
            left[state.vcpu] = state
        elif state.vcpu in left and (words := _changed(left[state.vcpu], state, FP)):
            return words
    return ""


def redistributor_is_set_up(evidence: Evidence) -> str:
    """After gic_init(), on a machine whose redistributor was full of junk."""
    state = evidence.run.state("gic")
    if not state:
        return not_reached(evidence, "gic")
    for name, (address, wanted) in SET_UP.items():
        if state.words[address] != wanted:
            return f"{name} is 0x{state.words[address]:x} after gic_init(), not 0x{wanted:x}"
    return ""


def nothing_is_left_over(evidence: Evidence) -> str:
    """After each scene no PPI is active in the GIC and no timer runs."""
    if any(state["CNTV_CTL_EL0"] & (CTL_ENABLE | CTL_IMASK) == CTL_ENABLE
           for state in evidence.run.states if state.name == "idle"):
        return "a guest's timer is still on while EL2 waits: CNTV_CTL_EL0.ENABLE is 1"
    states = [state for state in evidence.run.states if state.name == "scene-end"]
    for scene, state in enumerate(states, 1):
        active = state.words[ISACTIVER0]
        if active:
            return f"after scene {scene} interrupt {active.bit_length() - 1} is active in the GIC"
        enabled = state.words[ISENABLER0] & ~USED_PPIS
        if enabled:
            intid = enabled.bit_length() - 1
            return (
                f"after scene {scene} interrupt {intid} is enabled in the GIC, and nothing uses it")
        for timer, whose in (("CNTHP_CTL_EL2", "EL2's"), ("CNTV_CTL_EL0", "a guest's")):
            if state[timer] & (CTL_ENABLE | CTL_IMASK) == CTL_ENABLE:
                return (
                    f"after scene {scene} {whose} timer is still on: {timer} is 0x{state[timer]:x}")
        if state["VTTBR_EL2"] >> 48:
            return f"after scene {scene} a VM is still loaded: VTTBR_EL2 0x{state['VTTBR_EL2']:x}"
    return "" if len(states) == SCENES else not_reached(evidence, "scene-end")
