# SPDX-License-Identifier: MIT
"""The `hyp` commands, for gdb: `source grader/gdb/hyp.py`, or `make gdb`, which does it.

    command, complaint                      what all commands share
    stopped_machine, el2_data, el1, regimes the stopped machine, EL2's data, its translations
    regs, walks, maps, vcpus, vgic,
    mailboxes, guest, go                    the commands, by noun
    printers                                how gdb prints EL2's structs
    explain_walks                           the table walks of `make explain`

What registers and tables mean is in grader/model, which knows nothing of gdb: syndrome,
control_registers, bit_fields, sysreg_names, descriptor, table_walk, address_names.
"""

import sys
from pathlib import Path

import gdb

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
# Nothing is written into the source tree.
sys.dont_write_bytecode = True

from grader.gdb import go, guest, mailboxes, maps, printers, regs, vcpus, vgic, walks  # noqa: E402


class Hyp(gdb.Command):
    """The hypervisor in words: registers, tables, VMs, vCPUs. `help hyp` lists the commands."""

    def __init__(self) -> None:
        super().__init__("hyp", gdb.COMMAND_DATA, gdb.COMPLETE_COMMAND, True)

    def invoke(self, argument: str, from_tty: bool) -> None:
        if argument:
            raise gdb.GdbError(f"hyp: there is no command '{argument.split()[0]}': see `help hyp`")
        gdb.execute("help hyp")


Hyp()
for command in (regs.Regs, regs.Esr, walks.Walk, walks.WalkS2, walks.At, maps.MapCommand,
                vcpus.Vcpus, vcpus.Vcpu, vcpus.Exits, vgic.Vgic, mailboxes.Mailboxes,
                guest.GuestBt, guest.Symbols, go.Go):
    command()
printers.register()

# The caches know addresses alone, not whether they were virtual or physical: stopped_machine.py.
gdb.execute("set stack-cache off")
gdb.execute("set code-cache off")
gdb.execute("set confirm off")
gdb.execute("set pagination off")
# Without a table of its own, a line a field: what is deep in a struct stays readable.
gdb.execute("set print pretty on")
