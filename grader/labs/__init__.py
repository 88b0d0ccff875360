# SPDX-License-Identifier: MIT
"""The tables of checks: `CHECKS` in labNN/checks.py. A new folder is a new lab.

open_task.py in such a folder has those of the lab's open task, whose points are extra. course.py
adds those of course/labNN.py.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from importlib import import_module
from pathlib import Path

from ..qemu.call_script import Script
from ..qemu.inspection import Watch
from ..qemu.instruction_log import Plan, places
from .check import Boot, Check
from .contract import Contract
from .course import with_course
from .execution_order import orders_of
from .probe import Probe
from .table_order import Parts


@lru_cache(maxsize=None)
def tables(open_tasks: bool = False) -> dict[int, list[Check]]:
    """The checks of every lab that has a table, or of the open tasks."""
    module = _module(open_tasks)
    names = sorted(path.parent.name
                   for path in Path(__file__).parent.glob(f"lab[0-9][0-9]/{module}.py"))
    found = {int(name[3:]): import_module(f".{name}.{module}", __name__).CHECKS for name in names}
    return found if open_tasks else {lab: with_course(lab, found[lab]) for lab in found}


def _module(open_tasks: bool) -> str:
    return "open_task" if open_tasks else "checks"


def watch_of(lab: int, open_tasks: bool = False) -> Watch:
    """What the table of a lab wants to read of the machine."""
    module = import_module(f".lab{lab:02}.{_module(open_tasks)}", __name__)
    return getattr(module, "WATCH", Watch())


def contracts_of(lab: int, boot: Boot, open_tasks: bool = False) -> tuple[Contract, ...]:
    """The contracts of a lab's functions for a scripted boot."""
    module = import_module(f".lab{lab:02}.{_module(open_tasks)}", __name__)
    found: tuple[Contract, ...] = getattr(module, "CONTRACTS", ())
    own = tuple(contract for contract in found if contract.make == boot.make)
    return own or tuple(contract for contract in found if not contract.make)


def probes_of(lab: int) -> tuple[Probe, ...]:
    """The probes of a lab's functions."""
    return getattr(import_module(f".lab{lab:02}.checks", __name__), "PROBES", ())


def ordered_of(lab: int, open_tasks: bool = False) -> Callable[[Script], Parts]:
    """The script of a lab for the rules of table_order.py."""
    module = "open_task" if open_tasks else "ordered_script"
    return import_module(f".lab{lab:02}.{module}", __name__).ordered


def plan_of(lab: int, boot: Boot, image: Path) -> Plan:
    """What is logged in a logged boot: the lab's `PLAN`, or all that its rules name."""
    own = getattr(import_module(f".lab{lab:02}.checks", __name__), "PLAN", None)
    return own(boot, image) if own else places(image, orders_of(lab))
