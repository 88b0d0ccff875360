# SPDX-License-Identifier: MIT
"""The `hyp` commands for gdb: `source grader/gdb/hyp.py`, which `make gdb` does.

    command, complaint                      the base of all commands
    stopped_machine, el2_data, el1, regimes the stopped machine, EL2's data, its translations
    regs, walks, maps, vcpus, vgic,
    mailboxes, guest, go                    the commands, by noun
    beyond                                  those for the hypervisor of beyond/ alone
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

from grader.gdb import (  # noqa: E402
    beyond, el2_data, go, guest, mailboxes, maps, printers, regs, vcpus, vgic, walks,
)  # fmt: skip

BOTH = (regs.Regs, regs.Esr, walks.Walk, walks.WalkS2, walks.At, maps.MapCommand, vcpus.Vcpus,
        vcpus.Vcpu, vcpus.Exits, guest.GuestBt, go.Go)  # fmt: skip
LABS = (vgic.Vgic, mailboxes.Mailboxes, guest.Symbols)
BEYOND = (beyond.Vm, beyond.Vgic, beyond.Frames)


class Hyp(gdb.Command):
    """The hypervisor in words: registers, tables, VMs, vCPUs. `help hyp` lists the commands."""

    def __init__(self) -> None:
        super().__init__("hyp", gdb.COMMAND_DATA, gdb.COMPLETE_COMMAND, True)

    def invoke(self, argument: str, from_tty: bool) -> None:
        if argument:
            raise gdb.GdbError(f"hyp: there is no command '{argument.split()[0]}': see `help hyp`")
        gdb.execute("help hyp")


Hyp()
for command in (*BOTH, *(BEYOND if el2_data.is_beyond() else LABS)):
    command()
printers.register()

# gdb's caches do not distinguish virtual and physical addresses: stopped_machine.py.
gdb.execute("set stack-cache off")
gdb.execute("set code-cache off")
gdb.execute("set confirm off")
gdb.execute("set pagination off")
# A line for each field keeps nested structs readable.
gdb.execute("set print pretty on")
