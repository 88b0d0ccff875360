# SPDX-License-Identifier: MIT
"""The `hyp` commands for gdb: `source grader/gdb/hyp.py`, which `make gdb` does.

    command, complaint                      the base of all commands
    stopped_machine, el2_data, el1, regimes the stopped machine, EL2's data, its translations
    regs, walks, maps, vcpus, vgic,
    mailboxes, guest, go                    the commands, by noun
    printers                                how gdb prints EL2's structs
    explain_walks                           the table walks of `make explain`

The meaning of registers and tables is in grader/model, which does not use gdb: syndrome,
control_registers, bit_fields, sysreg_names, descriptor, table_walk, address_names.
"""

import sys
from pathlib import Path

import gdb

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
# Write nothing into the source tree.
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

# gdb's caches do not distinguish virtual and physical addresses: stopped_machine.py.
gdb.execute("set stack-cache off")
gdb.execute("set code-cache off")
gdb.execute("set confirm off")
gdb.execute("set pagination off")
# A line for each field keeps nested structs readable.
gdb.execute("set print pretty on")
