# SPDX-License-Identifier: MIT
"""Where to stop in gdb for a task: at one of its functions, or at a function that calls them.

The guests of lab 6 are separate programs: the place is the start of the one whose code it is,
the first for code of both.
"""

from __future__ import annotations

from contextlib import suppress

from ..core.kit import LAB_DIRS, GraderError
from ..model.layout import default_layout
from .course import additions
from .mistake import holes

FIRST_GUEST, SECOND_GUEST = (f"'*0x{default_layout().slot(vm).start:x}'" for vm in (0, 1))
EVERY_STAGE = "hyp_main"

PLACES = {
    "lab01.1": "_start",
    "lab01.2": "_start",
    "lab01.3": "_start",
    "lab01.4": "uart_init",
    "lab01.5": "exception_init",
    "lab01.6": "exception_handle",
    "lab01.7": "exception_handle",
    "lab02.1": "el2_translation_control",
    "lab02.2": "selftest_descriptors",
    "lab02.3": "pt_map",
    "lab02.4": "el2_mmu_init",
    "lab02.5": "el2_mmu_enable",
    "lab02.6": "el2_remap_page",
    "lab02.7": "page_alloc",
    "lab03.1": "s2_init",
    "lab03.2": "selftest_descriptors",
    "lab03.3": "vm_create",
    "lab03.4": "s2_walk",
    "lab03.5": "s2_activate",
    "lab03.6": "vm_create",
    "lab04.1": "selftest_vectors",
    "lab04.2": "guest_enter",
    "lab04.3": "guest_config",
    "lab04.4": "trap_handle",
    "lab04.5": "hypercall_handle",
    "lab04.6": "guest_copy_from",
    "lab04.7": "data_abort_handle",
    "lab04.8": "data_abort_handle",
    "lab05.1": "context_switch",
    "lab05.2": "selftest_fp",
    "lab05.3": "selftest_keys",
    "lab05.4": "gic_init",
    "lab05.5": "slice_at",
    "lab05.6": "sched_run",
    "lab05.7": "vgic_timer",
    "lab05.8": "vtimer_deadline",
    "lab05.9": "sched_run",
    "lab06.1": FIRST_GUEST,
    "lab06.2": FIRST_GUEST,
    "lab06.3": FIRST_GUEST,
    "lab06.4": SECOND_GUEST,
    "lab06.5": "guest_shared_dump",
    "lab06.6": "machine_end",
    "lab06.7": FIRST_GUEST,
}


with suppress(GraderError):  # a mistake in a course's file, which the grading reports
    for _lab in LAB_DIRS:
        PLACES.update(additions(_lab).places)


def place_of(task: str) -> str:
    """Return where to stop for a task; for one without a row here, at the first of its holes."""
    own = (hole.function for hole in holes() if hole.task == task and hole.function)
    return PLACES.get(task) or next(own, None) or EVERY_STAGE


def gdb_command(task: str) -> str:
    """The command that stops there, at the top of the kit. An open task needs OPEN=1 too."""
    return f"make gdb LAB={int(task[3:5])} AT={place_of(task)}"
