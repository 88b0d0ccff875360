# SPDX-License-Identifier: MIT
"""What the checks of lab 4 look for. Each rule returns what is wrong, or nothing."""

from __future__ import annotations

from ...model.layout import layout_of
from ..check import Evidence
from ..transcript import lines_of, stops, vms

# GUESTS_4 of common/make/labs.mk, in the order of the VMs.
GUESTS = (
    "registers hypercalls uart smc undefined sysregs peek_el2 peek_guard peek_other survivor"
).split()
IMAGE = 0x4000_0000  # the start of EL2's image


def first_guest_prints(evidence: Evidence) -> str:
    """The first guest printed a line."""
    text = evidence.run.text
    if lines_of(text, 0):
        return ""
    # Self-tests have stopped their own vm0 before.
    _, _, after_load = text.partition("\n[vm] 0: ")
    stop = stops(after_load).get(0)
    return f"[trap] vm0 stopped: {stop.why}" if stop else f"vm0 printed nothing: {evidence.run}"


def every_vm_ran_to_its_end(evidence: Evidence) -> str:
    """Each guest printed something and stopped inside its own slot."""
    text, layout = evidence.run.text, layout_of(evidence.image)
    ended = stops(text)
    loaded = {vm: name for name, numbers in vms(text).items() for vm in numbers}
    if loaded != dict(enumerate(GUESTS)):
        return str(evidence.run)
    for vm, name in enumerate(GUESTS):
        if not lines_of(text, vm):
            return f"vm{vm}, {name}, printed nothing"
        if vm not in ended:
            return f"vm{vm}, {name}, did not stop"
        if ended[vm].pc not in layout.slot(vm) and "fetch" not in ended[vm].why:
            return f"vm{vm}, {name}, stopped at PC 0x{ended[vm].pc:x}: not in its slot"
    return ""


def _stopped_for(guest: str, verb: str, ipa: int, evidence: Evidence) -> str:
    """The VM was stopped, and the line names its access and the IPA."""
    vm = GUESTS.index(guest)
    stop = stops(evidence.run.text).get(vm)
    if not stop:
        return f"vm{vm} was not stopped"
    seen = stop.access
    if seen == (verb, ipa):
        return ""
    said = f"{seen[0]} of IPA 0x{seen[1]:x}" if seen else stop.why
    return f"vm{vm} stopped: {said}; it was a {verb} of IPA 0x{ipa:x}"


def el2_image_is_named(evidence: Evidence) -> str:
    return _stopped_for("peek_el2", "write", IMAGE, evidence)


def guard_is_named(evidence: Evidence) -> str:
    guard = layout_of(evidence.image).guard(GUESTS.index("peek_guard"))
    return _stopped_for("peek_guard", "read", guard.start + 0x123, evidence)


def next_slot_is_named(evidence: Evidence) -> str:
    following = layout_of(evidence.image).slot(GUESTS.index("peek_other") + 1)
    return _stopped_for("peek_other", "fetch", following.start, evidence)


def undefined(*what: str) -> tuple[str, ...]:
    return tuple(f"{each}: UNDEFINED" for each in what)
