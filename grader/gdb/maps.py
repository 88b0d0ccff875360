# SPDX-License-Identifier: MIT
"""`hyp map`: the mappings of EL2's table and of each VM's, as runs."""

from __future__ import annotations

from ..model.address_names import Places
from ..model.table_walk import Map, Regime, Run
from . import stopped_machine, el2_data, regimes
from .command import Command, say
from .complaint import Complaint
from .walks import places

LINES_AT_MOST = 60  # for a table: junk that is read as a table has hundreds of runs


class MapCommand(Command):
    """Show what is mapped: hyp map [VM]
EL2's stage 1, then stage 2 of every VM, or of one: ranges with permissions, memory type,
blocks and pages, and what is there. With the MMU off, the table built so far."""

    name, arguments, optional = "map", ("VM",), 1

    def run(self, *argument: str) -> None:
        with stopped_machine.physical():
            if argument:
                table(*regimes.stage2(el2_data.vm(argument[0])))
                return
            _attempt(lambda: table(*regimes.el2()), "EL2 stage 1")
            if not el2_data.has_vms():
                return
            for vm in el2_data.vms():
                _attempt(lambda vm=vm: table(*regimes.stage2(vm)), f"stage 2 of VM {int(vm['id'])}")


def _attempt(show, name: str) -> None:  # type: ignore[no-untyped-def]
    """Show a table; if it makes no sense, continue with the next one."""
    try:
        show()
    except Complaint as complaint:
        say(f"{name}: {complaint}")


def _covered(run: Run, where: Places) -> str:
    """Name what a run maps: neighbours with equal attributes are one run."""
    first, last = where.at(run.pa), where.at(run.pa + run.end - run.start - 1)
    return first if first == last else f"{first} ... {last}"


def table(regime: Regime, remarks: list[str]) -> None:
    say(f"{regime.name}, {regime.input_bits} bits, root table at 0x{regime.root:x}")
    for remark in remarks:
        say(f"  {remark}")
    where, found = places(), Map(regime, stopped_machine.read).build()
    for run in found.runs[:LINES_AT_MOST]:
        output = "" if run.pa == run.start else f" -> 0x{run.pa:x}"
        say(f"  0x{run.start:09x}..0x{run.end - 1:09x}{output}  "
            f"{regime.attributes(run.bits)}  {run.parts}: {_covered(run, where)}")
    left = len(found.runs) - LINES_AT_MOST
    rest = [f"... and {left} more runs"] if left > 0 else []
    if not found.runs:
        rest.append("nothing is mapped")
    more = len(found.trouble) - LINES_AT_MOST
    rest += [f"trouble: {line}" for line in found.trouble[:LINES_AT_MOST]]
    if more > 0:
        rest.append(f"trouble: {more} more entries like these")
    for line in rest:
        say(f"  {line}")
