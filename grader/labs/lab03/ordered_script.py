# SPDX-License-Identifier: MIT
"""A script whose stores, barriers and TLBIs are logged: stage-2 tables and a destroyed VM."""

from __future__ import annotations

from ...model.page_tables import PAGE
from ...qemu.call_script import Script
from ..lab02.live_table import SHAPE as EL2_SHAPE
from ..lab02.ordered_script import PROT_W, small_el2_table
from ..table_model import BLOCK
from ..table_order import Parts, change
from .contracts import SHAPE

ACTIVE, OTHER = 7, 9  # VMIDs: the table of OTHER changes while ACTIVE's is in VTTBR_EL2


def ordered(script: Script) -> Parts:
    parts = Parts(script)
    _stage2_table(script, parts)
    forgotten_vm(script, parts)
    return parts


def _stage2_table(script: Script, parts: Parts) -> None:
    active, other = script.alloc(32), script.alloc(32)
    script.about = "s2_create()"
    script.call("s2_create", active, ACTIVE)
    script.call("s2_create", other, OTHER)
    script.call("contract_stage2", script.call("s2_vttbr", active))
    page, block = 3 * BLOCK + 5 * PAGE, 9 * BLOCK
    changes = (
        ("s2_map", page, 5 * BLOCK, PAGE, PROT_W),
        ("s2_unmap", page, PAGE),
        ("s2_map", page, 7 * BLOCK, PAGE, PROT_W),
        ("s2_map", block, 5 * BLOCK, BLOCK, PROT_W),
        ("s2_unmap", block + 2 * PAGE, PAGE),
        ("s2_unmap", block + PAGE, 3 * PAGE),
    )
    change(script, changes, other)
    parts.table(other, SHAPE, OTHER)
    parts.end("lab03.4.barriers")


def forgotten_vm(script: Script, parts: Parts) -> None:
    el2 = small_el2_table(script)
    script.call("contract_mmu_on")
    script.about = "vm_create()"
    vm = script.call("vm_create", script.alloc(8, b"someone"))
    parts.table(script.call("contract_s2_of", vm), SHAPE, 1)
    parts.table(el2, EL2_SHAPE)
    script.about = "vm_destroy()"
    script.call("vm_destroy", vm)
    parts.end("lab03.5.forgotten_vm")
