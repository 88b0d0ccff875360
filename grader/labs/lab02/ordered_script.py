# SPDX-License-Identifier: MIT
"""A script whose stores, barriers and TLBIs are logged: on its own table, then on EL2's.

The MMU stays off, so EL2's table can be replaced by a small one.
"""

from __future__ import annotations

from ...model.page_tables import PAGE
from ...qemu.call_script import Call, Script
from ..table_model import BLOCK, Shape
from ..table_order import Parts, change
from ..table_steps import OwnTable
from .contracts import OWN
from .live_table import PAGES_AT, REGION, SHAPE

PROT_W = 1


def ordered(script: Script) -> Parts:
    parts = Parts(script)
    _own_table(script, parts)
    _el2_table(script, parts)
    return parts


def _own_table(script: Script, parts: Parts) -> None:
    """Map pages and blocks, split and unmap them, and map them again."""
    script.call("contract_set_attributes", script.words(*OWN.attributes))
    shape, at = Shape(1, 1, 39), 5 * BLOCK
    table, _ = OwnTable(OWN, shape, ()).create(script)
    changes = (
        ("pt_map", at - PAGE, 8 * BLOCK - PAGE, BLOCK + 2 * PAGE, PROT_W),
        ("pt_unmap", at + 3 * PAGE, PAGE),
        ("pt_map", at + 3 * PAGE, 3 * BLOCK, PAGE, 0),
        ("pt_unmap", at - PAGE, PAGE),
        ("pt_map", at - PAGE, BLOCK, PAGE, 0),
    )
    change(script, changes, table)
    parts.table(table, shape)
    parts.end("lab02.3.barriers")


def small_el2_table(script: Script) -> Call:
    """Replace EL2's table with an empty one."""
    table = script.call("el2_pgtable")
    script.call("pt_create", table, "el2_regime", SHAPE.input_bits)
    return table


def _el2_table(script: Script, parts: Parts) -> None:
    table = small_el2_table(script)
    page, block = REGION + BLOCK + 7 * PAGE, REGION + 2 * BLOCK
    changes = (
        ("el2_map", page, PAGES_AT, PAGE, PROT_W),
        ("el2_remap_page", page, PAGES_AT + PAGE, 0),
        ("el2_unmap", page, PAGE),
        ("el2_map", block, PAGES_AT, BLOCK, PROT_W),
        ("el2_unmap", block + PAGE, PAGE),
        ("el2_map", block + PAGE, PAGES_AT, PAGE, PROT_W),
    )
    change(script, changes)
    parts.table(table, SHAPE)
    parts.end("lab02.6.barriers")
