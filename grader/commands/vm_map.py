# SPDX-License-Identifier: MIT
"""make map LAB=beyond: the mappings of EL2 and of each VM, whose IPAs are not its PAs.

The machine is stopped when all VMs have been built and none has run yet. The picture is map.svg,
next to EL2's image.
"""

from __future__ import annotations

import base64
import sys

from ..model.elf import symbols
from ..model.snapshot import Memory, State
from ..model.vms import Vm
from ..report.mappings import tables
from .axis import regions, rows
from .beyond import parser
from .look import look
from .map import Map, svg, text
from .stage import command

PLACE = "core_run_all"


def main(arguments: list[str]) -> int:
    options = parser("make map LAB=beyond").parse_args(arguments)
    seen = look(options, "tables", PLACE)
    names = symbols(options.image.read_bytes())
    memory = Memory({at: base64.b64decode(raw) for at, raw in seen["memory"]})
    state = State(PLACE, seen["registers"], memory)
    found = tables(state, names, [Vm(*vm) for vm in seen["vms"]])
    the_map = Map("beyond: before the first VM runs", found, rows(found, regions(names)),
                  is_of_labs=False)
    picture = options.image.with_name("map.svg")
    picture.write_text(svg(the_map), "utf-8")
    print(*text(the_map), "", picture, sep="\n")
    return 0


if __name__ == "__main__":
    sys.exit(command("map", main))
