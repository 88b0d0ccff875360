# SPDX-License-Identifier: MIT
"""Mutants of lab 4: into the guest and back."""

from __future__ import annotations

from . import Edit, Mutant, mutant

SWITCH = "lab04-traps/world_switch.S"
VCPU = "lab04-traps/vcpu.c"
TRAPS = "lab04-traps/traps.c"
HYPERCALL = "lab04-traps/hypercall.c"
MEMORY = "lab04-traps/guest_memory.c"
ABORT = "lab04-traps/abort.c"

CALL = "return handler ? handler(vcpu, esr) : unexpected_class(vcpu, esr);"
SKIP = "\ttrap_skip_instruction();\n"


def _lost_on_exit(registers: str, line: str) -> Mutant:
    return mutant(f"{registers} not saved by an exit", "lab04.2.world_switch", SWITCH, line, "")


def _lost_on_entry(registers: str, line: str) -> Mutant:
    return mutant(f"{registers} not loaded on entry", "lab04.2.world_switch", SWITCH, line, "")


def _pair(instruction: str, n: int) -> str:
    return f"\t{instruction}\tx{n}, x{n + 1}, [sp, #VCPU_X({n})]\n"


def _no_row(ec: str, handler: str, expect: str) -> Mutant:
    tabs = "\t" if len(ec) + 2 >= 8 else "\t\t"
    row = f"\t[{ec}]{tabs}= {handler},\n"
    return mutant(f"no row for {ec}", expect, TRAPS, row, "")


def _no_bit(register: str, bit: str, expect: str, old: str, new: str, unseen: str = "") -> Mutant:
    return mutant(f"{register}.{bit} is 0", expect, VCPU, old, new, unseen)


EXITS = [
    *(_lost_on_exit(f"x{n} and x{n + 1}", _pair("stp", n)) for n in range(0, 30, 2)),
    _lost_on_exit("x30", "\tstr\tx30, [sp, #VCPU_X(30)]\n"),
    mutant(
        "x18 not saved by an exit",
        "lab04.2.world_switch",
        SWITCH,
        "\tstp\tx18, x19, [sp, #VCPU_X(18)]\n",
        "\tstr\tx19, [sp, #VCPU_X(19)]\n",
    ),
    mutant(
        "x29 not saved by an exit",
        "lab04.2.world_switch",
        SWITCH,
        "\tstp\tx28, x29, [sp, #VCPU_X(28)]\n",
        "\tstr\tx28, [sp, #VCPU_X(28)]\n",
    ),
    mutant(
        "the reason in w0 before x0 is saved",
        "lab04.2.world_switch",
        SWITCH,
        "\t.balign\t0x80\n\tstp\tx0",
        "\t.balign\t0x80\n\tmov\tw0, #\\reason\n\tstp\tx0",
    ),
    mutant(
        "no reason in w0",
        "lab04.2.world_switch",
        SWITCH,
        "\tmov\tw0, #\\reason\n",
        "",
    ),
    mutant(
        "EL2 continues with SP at the vCPU",
        "lab04.2.world_switch",
        SWITCH,
        "\tmov\tsp, x1\n\tmov\tw0",
        "\tmov\tw0",
    ),
    mutant(
        "an exit pops nothing",
        "lab04.2.world_switch",
        SWITCH,
        "\tpop_callee_saved\n",
        "",
    ),
    mutant(
        "an exit pops in another order",
        "lab04.2.world_switch",
        SWITCH,
        "\tpop_callee_saved\n",
        "\tpop_callee_saved\n\tmov\tx9, x19\n\tmov\tx19, x20\n\tmov\tx20, x9\n",
    ),
    mutant(
        "the exits of IRQ and FIQ swapped",
        "lab04.2.every_exit",
        SWITCH,
        "\tguest_exit EXIT_IRQ\n\tguest_exit EXIT_FIQ\n",
        "\tguest_exit EXIT_FIQ\n\tguest_exit EXIT_IRQ\n",
    ),
    mutant(
        "the exit of an SError returns EXIT_SYNC",
        "lab04.2.every_exit",
        SWITCH,
        "\tguest_exit EXIT_SERROR\n",
        "\tguest_exit EXIT_SYNC\n",
    ),
    # The assembler reports an exit of more than 32 instructions, at .org.
]

ENTRIES = [
    *(_lost_on_entry(f"x{n} and x{n + 1}", _pair("ldp", n)) for n in range(2, 30, 2)),
    _lost_on_entry("x30", "\tldr\tx30, [sp, #VCPU_X(30)]\n"),
    _lost_on_entry("x0 and x1", _pair("ldp", 0)),
    mutant(
        "x18 not loaded on entry",
        "lab04.2.world_switch",
        SWITCH,
        "\tldp\tx18, x19, [sp, #VCPU_X(18)]\n",
        "\tldr\tx19, [sp, #VCPU_X(19)]\n",
    ),
    mutant(
        "x29 not loaded on entry",
        "lab04.2.world_switch",
        SWITCH,
        "\tldp\tx28, x29, [sp, #VCPU_X(28)]\n",
        "\tldr\tx28, [sp, #VCPU_X(28)]\n",
    ),
    Mutant(
        "x0 loaded first, and then used as the base",
        "lab04.2.world_switch",
        (
            Edit(SWITCH, "\tmov\tsp, x0\t\t\t/* the", _pair("ldp", 0).replace("sp", "x0")
                 + "\tmov\tsp, x0\t\t\t/* the"),
            Edit(SWITCH, _pair("ldp", 0), ""),
        ),
    ),
    mutant(
        "SP_EL2 is not the vCPU while the guest runs",
        "lab04.2.world_switch",
        SWITCH,
        "\tmov\tsp, x0\t\t\t/* the next exit saves here */\n\tldp\tx2, x3, [sp, #VCPU_X(2)]\n",
        "\tmov\tx1, sp\n\tmov\tsp, x0\n\tldp\tx2, x3, [sp, #VCPU_X(2)]\n\tmov\tsp, x1\n",
    ),
    mutant(
        "EL2's stack pointer is not kept in the vCPU",
        "lab04.2.world_switch",
        SWITCH,
        "\tstr\tx1, [x0, #VCPU_HYP_SP]\n",
        "",
    ),
    mutant(
        "EL2's callee-saved registers are not pushed",
        "lab04.2.world_switch",
        SWITCH,
        "\tpush_callee_saved\n",
        "\tsub\tsp, sp, #96\n",
    ),
    mutant(
        "EL2's stack grows with each exit",
        "lab04.2.world_switch",
        SWITCH,
        "\tpush_callee_saved\n",
        "\tsub\tsp, sp, #16\n\tpush_callee_saved\n",
    ),
    mutant(
        "no barrier after ERET",
        "lab04.2",
        SWITCH,
        "\tdsb\tnsh\t\t\t/* no speculation past the ERET */\n"
        "\tisb\t\t\t\t/* with the guest's registers */\n",
        "",
    ),
]

CONFIG = [
    _no_bit("HCR_EL2", "VM", "lab04.3.whole", "HCR_EL2_VM | HCR_EL2_RW |", "HCR_EL2_RW |"),
    _no_bit("HCR_EL2", "RW", "lab04.3.whole", "HCR_EL2_VM | HCR_EL2_RW |", "HCR_EL2_VM |"),
    mutant(
        "HCR_EL2 read, changed and written back",
        "lab04.3.whole",
        VCPU,
        "\t\t     HCR_EL2_VM | HCR_EL2_RW |",
        "\t\t     read_sysreg(hcr_el2) | HCR_EL2_VM | HCR_EL2_RW |",
    ),
    _no_bit("HCR_EL2", "SWIO", "lab04.3.whole", "\t\t     HCR_EL2_SWIO |\n", ""),
    _no_bit("HCR_EL2", "AMO", "lab04.3.entry", "HCR_EL2_AMO | HCR_EL2_IMO", "HCR_EL2_IMO"),
    _no_bit("HCR_EL2", "IMO", "lab04.3.entry", "HCR_EL2_IMO | HCR_EL2_FMO", "HCR_EL2_FMO"),
    _no_bit("HCR_EL2", "FMO", "lab04.3.entry", "HCR_EL2_IMO | HCR_EL2_FMO", "HCR_EL2_IMO"),
    _no_bit("HCR_EL2", "TWI", "lab04.3.entry", "HCR_EL2_TWI | HCR_EL2_TWE", "HCR_EL2_TWE"),
    _no_bit("HCR_EL2", "TWE", "lab04.3.whole", "HCR_EL2_TWI | HCR_EL2_TWE", "HCR_EL2_TWI"),
    _no_bit("HCR_EL2", "TSC", "lab04.3.entry", "\t\t     HCR_EL2_TSC |\t\t\t/* no", "/* no"),
    _no_bit("HCR_EL2", "TID3", "lab04.3.entry", "\t\t     HCR_EL2_TID3 |", ""),
    _no_bit("HCR_EL2", "TIDCP", "lab04.3.whole", "HCR_EL2_TIDCP | ", ""),
    _no_bit("HCR_EL2", "TACR", "lab04.3.whole", "HCR_EL2_TIDCP | HCR_EL2_TACR",
            "HCR_EL2_TIDCP"),
    _no_bit("HCR_EL2", "TLOR", "lab04.3.whole", "HCR_EL2_TLOR | ", ""),
    _no_bit("HCR_EL2", "TERR", "lab04.3.whole", "HCR_EL2_TLOR | HCR_EL2_TERR",
            "HCR_EL2_TLOR"),
    mutant(
        "HCR_EL2.API and APK are 1 already",
        "lab04.7.keys",
        VCPU,
        "HCR_EL2_TLOR | HCR_EL2_TERR",
        "HCR_EL2_TLOR | HCR_EL2_TERR | HCR_EL2_API | HCR_EL2_APK",
    ),
    mutant(
        "HCR_EL2.TGE is 1",
        "lab04.3.entry",
        VCPU,
        "HCR_EL2_TLOR | HCR_EL2_TERR",
        "HCR_EL2_TLOR | HCR_EL2_TERR | HCR_EL2_TGE",
    ),
    _no_bit("CPTR_EL2", "TAM", "lab04.3.whole", "CPTR_EL2_TAM | ", ""),
    _no_bit("CPTR_EL2", "TTA", "lab04.3.whole", " | CPTR_EL2_TTA |", " |"),
    _no_bit("CPTR_EL2", "TSM", "lab04.3.whole", "CPTR_EL2_RES1 | CPTR_EL2_TAM | CPTR_EL2_TTA |\n"
            "\t\t\t       CPTR_EL2_TSM | ", "CPTR_EL2_RES1 | CPTR_EL2_TAM | CPTR_EL2_TTA |\n"),
    _no_bit("CPTR_EL2", "TFP", "lab04.3.whole", "CPTR_EL2_TFP | CPTR_EL2_TZ", "CPTR_EL2_TZ"),
    _no_bit("CPTR_EL2", "TZ", "lab04.3.whole", "CPTR_EL2_TFP | CPTR_EL2_TZ", "CPTR_EL2_TFP"),
    mutant(
        "the RES1 bits of CPTR_EL2 are 0",
        "lab04.3.whole",
        VCPU,
        "CPTR_EL2_RES1 | ",
        "",
    ),
    mutant(
        "VBAR_EL2 stays lab 1's",
        "lab04.3.entry",
        VCPU,
        "\twrite_sysreg(vbar_el2, guest_vectors);\n",
        "",
    ),
    mutant(
        "no ISB after the configuration",
        "lab04.3",
        VCPU,
        "\twrite_sysreg(vbar_el2, guest_vectors);\n\tisb();\n",
        "\twrite_sysreg(vbar_el2, guest_vectors);\n",
    ),
    mutant(
        "the first entry goes to EL1t",
        "lab04.3.entry",
        VCPU,
        "PSTATE_DAIF | SPSR_M_EL1H",
        "PSTATE_DAIF | SPSR_M_EL1T",
    ),
    mutant(
        "the first entry goes to EL2h",
        "lab04.3.entry",
        VCPU,
        "PSTATE_DAIF | SPSR_M_EL1H",
        "PSTATE_DAIF | SPSR_M_EL2H",
    ),
    mutant(
        "the first entry goes to EL0",
        "lab04.3.entry",
        VCPU,
        "PSTATE_DAIF | SPSR_M_EL1H",
        "PSTATE_DAIF",
    ),
    mutant(
        "nothing is masked at the first entry",
        "lab04.3.entry",
        VCPU,
        "PSTATE_DAIF | SPSR_M_EL1H",
        "SPSR_M_EL1H",
    ),
    mutant(
        "SError is not masked at the first entry",
        "lab04.3.entry",
        VCPU,
        "PSTATE_DAIF | SPSR_M_EL1H",
        "PSTATE_D | PSTATE_I | PSTATE_F | SPSR_M_EL1H",
    ),
    mutant(
        "every VM is entered in slot 0",
        "lab04.7",
        VCPU,
        "SLOT_ADDR(vcpu->vm->id)",
        "SLOT_ADDR(0)",
    ),
    mutant(
        "ELR_EL2 forgotten",
        "lab04.3.entry",
        VCPU,
        "\twrite_sysreg(elr_el2, SLOT_ADDR(vcpu->vm->id));\n",
        "",
    ),
]

DISPATCH = [
    _no_row("EC_WFX", "wait_handle", "lab04.4.wfi"),
    _no_row("EC_HVC64", "hypercall_handle", "lab04.5.hvc"),
    _no_row("EC_SMC64", "smc_handle", "lab04.5.smc"),
    _no_row("EC_SYSREG", "sysreg_handle", "lab04.4.sysreg"),
    _no_row("EC_IABT_LOWER", "instruction_abort_handle", "lab04.7.ipa_other"),
    _no_row("EC_DABT_LOWER", "data_abort_handle", "lab04.7"),
    mutant(
        "ELR not advanced after a WFI",
        "lab04.4.wfi",
        TRAPS,
        SKIP,
        "",
    ),
    mutant(
        "trap_handle() advances ELR for all",
        "lab04.4.wfi",
        TRAPS,
        "\tif (reason == EXIT_SYNC) {\n",
        "\tif (reason == EXIT_SYNC) {\n\t\ttrap_skip_instruction();\n",
    ),
    mutant(
        "exits are not counted",
        "lab04.4.counted",
        TRAPS,
        "\tvcpu->exits[exit_class(reason, esr)]++;\n",
        "",
    ),
    mutant(
        "other reasons are counted one counter too far",
        "lab04.4.each_counted",
        TRAPS,
        "exit_class(reason, esr)",
        "reason == EXIT_SYNC ? esr_ec(esr) : EC_COUNT + reason",
    ),
    mutant(
        "other reasons are counted by the class in ESR_EL2",
        "lab04.4.each_counted",
        TRAPS,
        "exit_class(reason, esr)",
        "esr_ec(read_sysreg(esr_el2))",
    ),
    mutant(
        "IRQ, FIQ and SError have one counter",
        "lab04.4.each_counted",
        TRAPS,
        "exit_class(reason, esr)",
        "reason == EXIT_SYNC ? esr_ec(esr) : EC_COUNT",
    ),
    mutant(
        "handlers of other reasons are never called",
        "lab04.4.reasons",
        TRAPS,
        "return handler ? handler(vcpu, 0) : unexpected_interrupt(vcpu);",
        "(void)handler;\n\treturn unexpected_interrupt(vcpu);",
    ),
    mutant(
        "handlers of other reasons by the reason minus 1",
        "lab04.4.reasons",
        TRAPS,
        "handler = interrupt_handlers[reason];",
        "handler = interrupt_handlers[reason - EXIT_IRQ];",
    ),
    mutant(
        "exits are counted by reason, not by class",
        "lab04.4.counted",
        TRAPS,
        "exit_class(reason, esr)",
        "reason",
    ),
    mutant(
        "an exit is counted twice",
        "lab04.4.counted",
        TRAPS,
        "vcpu->exits[exit_class(reason, esr)]++",
        "vcpu->exits[exit_class(reason, esr)] += 2",
    ),
    mutant(
        "a class without a handler is called all the same",
        "lab04.4.unexpected",
        TRAPS,
        CALL,
        "return handler(vcpu, esr);",
    ),
    mutant(
        "a class without a handler is skipped",
        "lab04.4.unexpected",
        TRAPS,
        CALL,
        "if (handler)\n\t\t\treturn handler(vcpu, esr);\n"
        "\t\ttrap_skip_instruction();\n\t\treturn TRAP_RESUME;",
    ),
    mutant(
        "the reason is not checked, only ESR_EL2",
        "lab04.4.unexpected",
        TRAPS,
        "\tuint64_t esr = reason == EXIT_SYNC ? read_sysreg(esr_el2) : 0;\n\ttrap_handler"
        " handler;\n",
        "\tuint64_t esr = read_sysreg(esr_el2);\n\ttrap_handler handler;\n\n\treason ="
        " EXIT_SYNC;\n",
    ),
    mutant(
        "the exception class from the wrong bits",
        "lab04.4",
        TRAPS,
        "\t\thandler = handlers[esr_ec(esr)];\n",
        "\t\thandler = handlers[esr & 0x3f];\n",
    ),
    mutant(
        "the handler's result is dropped",
        "lab04.5.system_off",
        TRAPS,
        CALL,
        "if (!handler)\n\t\t\treturn unexpected_class(vcpu, esr);\n"
        "\t\thandler(vcpu, esr);\n\t\treturn TRAP_RESUME;",
    ),
]

CALLS = [
    mutant(
        "ELR advanced after an HVC",
        "lab04.5.hvc",
        HYPERCALL,
        "\tif (call == HVC_SMCCC)",
        SKIP + "\tif (call == HVC_SMCCC)",
    ),
    mutant("ELR not advanced after an SMC", "lab04.5.smc", HYPERCALL, SKIP, ""),
    mutant(
        "every SMC is handled like SMC #0",
        "lab04.5.smc_only_0",
        HYPERCALL,
        "\tif (FIELD_GET(ISS_IMM16, esr) != 0)\n\t\treturn answer(vcpu, SMCCC_NOT_SUPPORTED);\n",
        "",
    ),
    mutant(
        "an SMC is passed to the handler of HVCs",
        "lab04.5.smc_only_0",
        HYPERCALL,
        "\tif (FIELD_GET(ISS_IMM16, esr) != 0)\n\t\treturn answer(vcpu, SMCCC_NOT_SUPPORTED);\n"
        "\treturn smccc(vcpu);\n",
        "\treturn hypercall_handle(vcpu, esr);\n",
    ),
    mutant(
        "the immediate of an HVC has 8 bits",
        "lab04.5.immediates",
        HYPERCALL,
        "call = FIELD_GET(ISS_IMM16, esr);",
        "call = esr & 0xff;",
    ),
    mutant(
        "SYSTEM_RESET is not supported",
        "lab04.5.psci",
        HYPERCALL,
        "\tcase PSCI_SYSTEM_RESET:\n\t\treturn trap_stop(vcpu, \"PSCI SYSTEM_RESET, which stops the"
        " VM here\");\n",
        "",
    ),
    mutant(
        "SYSTEM_RESET returns",
        "lab04.5.psci",
        HYPERCALL,
        "\t\treturn trap_stop(vcpu, \"PSCI SYSTEM_RESET, which stops the VM here\");\n",
        "\t\treturn answer(vcpu, SMCCC_SUCCESS);\n",
    ),
    mutant(
        "an SMC is skipped after its work",
        "lab04.5.psci",
        HYPERCALL,
        SKIP
        + "\tif (FIELD_GET(ISS_IMM16, esr) != 0)\n\t\treturn answer(vcpu, SMCCC_NOT_SUPPORTED);\n"
        "\treturn smccc(vcpu);\n",
        "\tenum trap_result result = FIELD_GET(ISS_IMM16, esr) != 0 ?\n"
        "\t\tanswer(vcpu, SMCCC_NOT_SUPPORTED) : smccc(vcpu);\n\n" + SKIP + "\treturn result;\n",
    ),
    mutant(
        "every HVC is handled like HVC #0",
        "lab04.5.unknown_hvc",
        HYPERCALL,
        "call = FIELD_GET(ISS_IMM16, esr);",
        "call = esr & 0;",
    ),
    mutant(
        "the service is taken from x0 and not from the immediate",
        "lab04.5.hvc",
        HYPERCALL,
        "call = FIELD_GET(ISS_IMM16, esr);",
        "call = vcpu->x[0] | (esr & 0);",
    ),
    mutant(
        "the result goes to x1",
        "lab04.5.hvc",
        HYPERCALL,
        "\t\treturn answer(vcpu, PSCI_VERSION_1_1);\n",
        "\t\tvcpu->x[1] = PSCI_VERSION_1_1;\n\t\treturn TRAP_RESUME;\n",
    ),
    mutant(
        "an unknown HVC stops the VM",
        "lab04.5.unknown_hvc",
        HYPERCALL,
        "\t\treturn answer(vcpu, HYP_NOT_SUPPORTED);\n",
        '\t\treturn trap_stop(vcpu, "unknown HVC");\n',
    ),
    mutant(
        "an unknown HVC returns 1",
        "lab04.5.unknown_hvc",
        HYPERCALL,
        "\t\treturn answer(vcpu, HYP_NOT_SUPPORTED);\n",
        "\t\treturn answer(vcpu, 1);\n",
    ),
    mutant(
        "an unknown HVC is a panic",
        "lab04.5.unknown_hvc",
        HYPERCALL,
        "\t\treturn answer(vcpu, HYP_NOT_SUPPORTED);\n",
        '\t\t__builtin_trap();\n',
    ),
    mutant(
        "an unknown function returns -2",
        "lab04.5.psci",
        HYPERCALL,
        "\tdefault:\n\t\treturn smccc_other(vcpu);\n",
        "\tdefault:\n\t\treturn answer(vcpu, HYP_BAD_ADDRESS);\n",
    ),
    mutant(
        "no function but the four is there",
        "lab04.5.psci",
        HYPERCALL,
        "\tdefault:\n\t\treturn smccc_other(vcpu);\n",
        "\tdefault:\n\t\treturn answer(vcpu, SMCCC_NOT_SUPPORTED);\n",
    ),
    mutant(
        "SYSTEM_OFF switches the machine off",
        "lab04.5.system_off",
        HYPERCALL,
        '\t\treturn trap_stop(vcpu, "PSCI SYSTEM_OFF");\n',
        '\t\textern void power_off(void);\n\n\t\tpower_off();\n',
    ),
    mutant(
        "SYSTEM_OFF returns",
        "lab04.5.system_off",
        HYPERCALL,
        '\t\treturn trap_stop(vcpu, "PSCI SYSTEM_OFF");\n',
        "\t\treturn answer(vcpu, SMCCC_SUCCESS);\n",
    ),
    mutant(
        "CPU_OFF is not supported",
        "lab04.5.psci",
        HYPERCALL,
        '\tcase PSCI_CPU_OFF:\n\t\treturn trap_stop(vcpu, "PSCI CPU_OFF");\n',
        "",
    ),
    mutant(
        "CPU_OFF returns success",
        "lab04.5.psci",
        HYPERCALL,
        '\t\treturn trap_stop(vcpu, "PSCI CPU_OFF");\n',
        "\t\treturn answer(vcpu, SMCCC_SUCCESS);\n",
    ),
    mutant(
        "yield leaves x0 unchanged",
        "lab04.5.immediates",
        HYPERCALL,
        "\t\tvcpu->x[0] = HYP_OK;\n",
        "",
    ),
    mutant(
        "virtual time is not served",
        "lab04.7.services",
        HYPERCALL,
        "\tcase HVC_VIRTUAL_TIME:\n\t\treturn answer(vcpu, virtual_ns());\n",
        "",
    ),
    mutant(
        "virtual time in ticks of the counter from reset on",
        "lab04.7.services",
        HYPERCALL,
        "answer(vcpu, virtual_ns())",
        "answer(vcpu, read_sysreg(cntpct_el0) << 32)",
    ),
]

REPORTS = [
    mutant(
        "the version of a record is not checked",
        "lab04.6.reports",
        HYPERCALL,
        "report.version != TASK_REPORT_VERSION || ",
        "",
    ),
    mutant(
        "the name of a record is not checked",
        "lab04.6.reports",
        HYPERCALL,
        " || !name_ok(report.name)",
        "",
    ),
    mutant(
        "a bad record is a bad address",
        "lab04.6.reports",
        HYPERCALL,
        "answer(vcpu, HYP_BAD_VALUE)",
        "answer(vcpu, HYP_BAD_ADDRESS)",
    ),
    mutant(
        "a bad address is not supported",
        "lab04.6.null",
        HYPERCALL,
        "\t\treturn answer(vcpu, HYP_BAD_ADDRESS);\n\tif (report.version",
        "\t\treturn answer(vcpu, HYP_NOT_SUPPORTED);\n\tif (report.version",
    ),
    mutant(
        "a bad address stops the VM",
        "lab04.6.null",
        HYPERCALL,
        "\t\treturn answer(vcpu, HYP_BAD_ADDRESS);\n\tif (report.version",
        '\t\treturn trap_stop(vcpu, "bad address");\n\tif (report.version',
    ),
    mutant(
        "the address of a record from x1",
        "lab04.6.reports",
        HYPERCALL,
        "&report, vcpu->x[0], sizeof(report)",
        "&report, vcpu->x[1], sizeof(report)",
    ),
    mutant(
        "a good record does not return 0",
        "lab04.6.reports",
        HYPERCALL,
        "\treturn answer(vcpu, HYP_OK);\n",
        "\treturn TRAP_RESUME;\n",
    ),
    mutant(
        "two fields of the report line swapped",
        "lab04.6.reports",
        HYPERCALL,
        "report.sequence,\n\t       report.work, report",
        "report.work,\n\t       report.sequence, report",
    ),
    mutant(
        "the task is shown with a sign",
        "lab04.6.reports",
        HYPERCALL,
        "task %u %s",
        "task %d %s",
    ),
    mutant(
        "the sequence is shown with a sign",
        "lab04.6.reports",
        HYPERCALL,
        "sequence %lu",
        "sequence %ld",
    ),
    mutant(
        "the work is shown by its lower half",
        "lab04.6.reports",
        HYPERCALL,
        "report.work, report.virtual_ns",
        "report.work & 0xffffffff, report.virtual_ns",
    ),
    mutant(
        "the version of a record is its lowest byte",
        "lab04.6.reports",
        HYPERCALL,
        "report.version != TASK_REPORT_VERSION",
        "(report.version & 0xff) != TASK_REPORT_VERSION",
    ),
    mutant(
        "AT asks whether the guest may write",
        "lab04.6.translates",
        MEMORY,
        "at s1e1r",
        "at s1e1w",
    ),
    mutant(
        "AT asks whether EL0 may read",
        "lab04.6",
        MEMORY,
        "at s1e1r",
        "at s1e0r",
    ),
    mutant(
        "PAR_EL1 is put back only if the translation succeeds",
        "lab04.6.translates",
        MEMORY,
        "\twrite_sysreg(par_el1, guest_par);\n\tif (par & PAR_EL1_F)\n\t\treturn E_FAULT;\n",
        "\tif (par & PAR_EL1_F)\n\t\treturn E_FAULT;\n\twrite_sysreg(par_el1, guest_par);\n",
    ),
    mutant(
        "the caches are cleaned after the copy",
        "lab04.6.caches",
        MEMORY,
        "\t\tcache_clean_invalidate((void *)pa, part);\n\t\tmemcpy(out, (void *)pa, part);\n",
        "\t\tmemcpy(out, (void *)pa, part);\n\t\tcache_clean_invalidate((void *)pa, part);\n",
    ),
    mutant(
        "one line of the caches is cleaned",
        "lab04.6.caches",
        MEMORY,
        "cache_clean_invalidate((void *)pa, part)",
        "cache_clean_invalidate((void *)pa, 1)",
    ),
    mutant(
        "a copy of more than two pages is refused",
        "lab04.6.edges",
        MEMORY,
        "\tif (va + size < va)\n",
        "\tif (va + size < va || size > PAGE_SIZE)\n",
    ),
    mutant(
        "the last byte of the VM's memory is not its own",
        "lab04.6.edges",
        MEMORY,
        "vm_owns(vcpu->vm, ipa, part) ||",
        "vm_owns(vcpu->vm, ipa, part + 1) ||",
    ),
    mutant(
        "the record is read twice: once to check, once to use",
        "lab04.6.once",
        HYPERCALL,
        '\tprintf("[report]',
        "\tif (guest_copy_from(vcpu, &report, vcpu->x[0], sizeof(report)))\n"
        "\t\treturn answer(vcpu, HYP_BAD_ADDRESS);\n"
        '\tprintf("[report]',
    ),
    mutant(
        "a guest's pointer is used untranslated",
        "lab04.6.null",
        HYPERCALL,
        "\tif (guest_copy_from(vcpu, &report, vcpu->x[0], sizeof(report)))\n"
        "\t\treturn answer(vcpu, HYP_BAD_ADDRESS);\n",
        "\treport = *(const struct task_report *)vcpu->x[0];\n",
    ),
    mutant(
        "a guest's VA is used as an IPA",
        "lab04.6.translates",
        MEMORY,
        "\tif (par & PAR_EL1_F)\n\t\treturn E_FAULT;\n"
        "\t*ipa = (par & PAR_EL1_PA) | (va % PAGE_SIZE);\n",
        "\t*ipa = va;\n",
    ),
    mutant(
        "guest_va_to_ipa() loses the page offset",
        "lab04.6.translates",
        MEMORY,
        "(par & PAR_EL1_PA) | (va % PAGE_SIZE)",
        "par & PAR_EL1_PA",
    ),
    mutant(
        "guest_va_to_ipa() keeps the attributes of PAR_EL1",
        "lab04.6",
        MEMORY,
        "(par & PAR_EL1_PA) | (va % PAGE_SIZE)",
        "par | (va % PAGE_SIZE)",
    ),
    mutant(
        "PAR_EL1.F is not checked",
        "lab04.6.translates",
        MEMORY,
        "\tif (par & PAR_EL1_F)\n\t\treturn E_FAULT;\n",
        "",
    ),
    mutant(
        "PAR_EL1 is not put back",
        "lab04.6.translates",
        MEMORY,
        "\twrite_sysreg(par_el1, guest_par);\n",
        "",
    ),
    mutant(
        "no ISB after AT",
        "lab04.6",
        MEMORY,
        '\tisb();\t\t/* PAR_EL1 has the result only after this */\n',
        "",
    ),
    mutant(
        "a page crossing is ignored: the second page is assumed to follow the first",
        "lab04.6.pages",
        MEMORY,
        "MIN(size, PAGE_SIZE - va % PAGE_SIZE)",
        "size",
    ),
    mutant(
        "a record is checked by its first byte",
        "lab04.6.edges",
        MEMORY,
        "MIN(size, PAGE_SIZE - va % PAGE_SIZE);\n\t\tuint64_t ipa, pa;\n\n"
        "\t\tif (guest_va_to_ipa(va, &ipa) || !vm_owns(vcpu->vm, ipa, part) ||",
        "size;\n\t\tuint64_t ipa, pa;\n\n"
        "\t\tif (guest_va_to_ipa(va, &ipa) || !vm_owns(vcpu->vm, ipa, 1) ||",
    ),
    mutant(
        "a record is checked by the sum of address and size, which may wrap",
        "lab04.6",
        MEMORY,
        "\tif (va + size < va)\n\t\treturn E_FAULT;\n",
        "\tif (va + size <= SLOT_ADDR(vcpu->vm->id) + SLOT_SIZE &&\n"
        "\t    (va >= SLOT_ADDR(vcpu->vm->id) || va >> 32)) {\n"
        "\t\tmemcpy(out, (void *)va, size);\n\t\treturn 0;\n\t}\n",
    ),
    mutant(
        "va + size is not tested for an overflow",
        "lab04.6.pages",
        MEMORY,
        "\tif (va + size < va)\n\t\treturn E_FAULT;\n",
        "",
    ),
    mutant(
        "vm_owns() is not asked",
        "lab04.6.stage2",
        MEMORY,
        " || !vm_owns(vcpu->vm, ipa, part) ||\n",
        " ||\n",
    ),
    mutant(
        "the IPA is used as a PA",
        "lab04.6.stage2",
        MEMORY,
        "s2_walk(&vcpu->vm->s2, ipa, &pa))\n\t\t\treturn E_FAULT;\n",
        "0)\n\t\t\treturn E_FAULT;\n\t\tpa = ipa;\n",
    ),
    mutant(
        "the caches are not cleaned before EL2 reads",
        "lab04.6.caches",
        MEMORY,
        "\t\tcache_clean_invalidate((void *)pa, part);\n",
        "",
    ),
]

REFUSE = "\treturn abort_refuse(vcpu, esr, aperture, ipa);\n"
IPA_OFFSET = " | far % PAGE_SIZE"

ABORTS = [
    mutant(
        "FAR is used as the IPA",
        "lab04.7.other_va",
        ABORT,
        "\treturn page | far % PAGE_SIZE;\n",
        "\treturn far;\n",
    ),
    mutant(
        "HPFAR_EL2 is not shifted down",
        "lab04.7",
        ABORT,
        "FIELD_GET(HPFAR_EL2_FIPA, read_sysreg(hpfar_el2)) << PAGE_SHIFT",
        "read_sysreg(hpfar_el2) << PAGE_SHIFT",
    ),
    mutant("fault_ipa() loses the page offset", "lab04.7", ABORT, IPA_OFFSET, ""),
    mutant(
        "HPFAR_EL2 for permission faults too",
        "lab04.7.faults",
        ABORT,
        "== FSC_PERMISSION",
        "== FSC_TLB_CONFLICT",
    ),
    mutant(
        "no case for permission faults",
        "lab04.7.faults",
        ABORT,
        "\tif ((FIELD_GET(ISS_ABT_FSC, esr) & FSC_TYPE) == FSC_PERMISSION)\n"
        "\t\treturn guest_va_to_ipa(far, &ipa) ? NO_IPA : ipa;\n",
        "\t(void)ipa;\n",
    ),
    mutant(
        "permission faults of only one level",
        "lab04.7.faults",
        ABORT,
        "(FIELD_GET(ISS_ABT_FSC, esr) & FSC_TYPE) == FSC_PERMISSION",
        "FIELD_GET(ISS_ABT_FSC, esr) == (FSC_PERMISSION | 3)",
    ),
    mutant(
        "a permission fault whose walk fails is reported at address 0",
        "lab04.7.faults",
        ABORT,
        "guest_va_to_ipa(far, &ipa) ? NO_IPA : ipa",
        "guest_va_to_ipa(far, &ipa) ? 0 : ipa",
    ),
    mutant(
        "a fault on the guest's table walk gets an offset",
        "lab04.7.faults",
        ABORT,
        "\tif (esr & ISS_ABT_S1PTW)\n\t\treturn page;\n",
        "",
    ),
    mutant(
        "a permission fault on the guest's table walk by its VA",
        "lab04.7.faults",
        ABORT,
        "\tif (esr & ISS_ABT_S1PTW)\n\t\treturn page;\n",
        "\tif ((esr & ISS_ABT_S1PTW) &&\n"
        "\t    (FIELD_GET(ISS_ABT_FSC, esr) & FSC_TYPE) != FSC_PERMISSION)\n\t\treturn page;\n",
    ),
    mutant(
        "only accesses with a 64-bit register are cut to their size",
        "lab04.7.halfword",
        ABORT,
        "vcpu_read_x(vcpu, rt) << unused >> unused",
        "esr & ISS_ABT_SF ? vcpu_read_x(vcpu, rt) << unused >> unused : vcpu_read_x(vcpu, rt)",
    ),
    mutant(
        "an access of 8 bytes is two of 4",
        "lab04.7.accesses",
        ABORT,
        "\t\taperture->ops->write(aperture->device, offset, size, value);\n",
        "\t\taperture->ops->write(aperture->device, offset, size > 4 ? 4 : size, value);\n"
        "\t\tif (size > 4)\n\t\t\taperture->ops->write(aperture->device, offset + 4, 4, value >>"
        " 32);\n",
    ),
    mutant(
        "the device is read again for a signed load",
        "lab04.7.accesses",
        ABORT,
        "\t\tif (esr & ISS_ABT_SSE)\n",
        "\t\tif (esr & ISS_ABT_SSE)\n\t\t\tvalue = aperture->ops->read(aperture->device, offset,"
        " size);\n"
        "\t\tif (esr & ISS_ABT_SSE)\n",
    ),
    mutant(
        "ELR not advanced after an emulated access",
        "lab04.7",
        ABORT,
        SKIP,
        "",
    ),
    mutant(
        "XZR as source is x[31]",
        "lab04.7.zero_register",
        ABORT,
        "vcpu_read_x(vcpu, rt)",
        "(&vcpu->x[0])[rt]",
    ),
    mutant(
        "XZR as target is x[31]",
        "lab04.7.stack",
        ABORT,
        "\t\tvcpu_write_x(vcpu, rt, value);\n",
        "\t\t(&vcpu->x[0])[rt] = value;\n",
    ),
    mutant(
        "SRT from the wrong bits",
        "lab04.7",
        ABORT,
        "FIELD_GET(ISS_ABT_SRT, esr)",
        "(esr >> 15 & 0x1f)",
    ),
    mutant(
        "every access has 4 bytes",
        "lab04.7.loads",
        ABORT,
        "U64(1) << FIELD_GET(ISS_ABT_SAS, esr)",
        "4",
    ),
    mutant(
        "SAS is used as the size in bytes",
        "lab04.7",
        ABORT,
        "U64(1) << FIELD_GET(ISS_ABT_SAS, esr)",
        "FIELD_GET(ISS_ABT_SAS, esr) + 1",
    ),
    mutant(
        "a store is not cut to its size",
        "lab04.7.halfword",
        ABORT,
        "vcpu_read_x(vcpu, rt) << unused >> unused",
        "vcpu_read_x(vcpu, rt)",
    ),
    mutant(
        "a load is not cut to its size",
        "lab04.7.loads",
        ABORT,
        "\t\telse\n\t\t\tvalue = value << unused >> unused;\n",
        "",
    ),
    mutant(
        "a load keeps the bits above its size",
        "lab04.7.loads",
        ABORT,
        "\t\t\tvalue = value << unused >> unused;\n",
        "\t\t\tvalue = (value << unused >> unused) |\n"
        "\t\t\t\t(unused ? vcpu_read_x(vcpu, rt) >> (64 - unused) << (64 - unused) : 0);\n",
    ),
    mutant(
        "a load writes 32 bits of the register",
        "lab04.7.loads",
        ABORT,
        "\t\tvcpu_write_x(vcpu, rt, value);\n",
        "\t\tvalue |= esr & ISS_ABT_SF ? 0 : vcpu_read_x(vcpu, rt) >> 32 << 32;\n"
        "\t\tvcpu_write_x(vcpu, rt, value);\n",
    ),
    mutant(
        "the sign is not extended",
        "lab04.7.signs",
        ABORT,
        "\t\tif (esr & ISS_ABT_SSE)\n\t\t\tvalue = (int64_t)(value << unused) >>"
        " unused;\n\t\telse\n",
        "",
    ),
    mutant(
        "every load is sign-extended",
        "lab04.7.loads",
        ABORT,
        "if (esr & ISS_ABT_SSE)",
        "if (1)",
    ),
    mutant(
        "the sign is extended to 64 bits in a W register",
        "lab04.7.signs",
        ABORT,
        "\t\tif (!(esr & ISS_ABT_SF))\n\t\t\tvalue = (uint32_t)value;\t/* a write to Wt */\n",
        "",
    ),
    mutant(
        "reads and writes swapped",
        "lab04.7",
        ABORT,
        "\tif (esr & ISS_ABT_WNR) {\n",
        "\tif (!(esr & ISS_ABT_WNR)) {\n",
    ),
    mutant(
        "an aperture is looked up by the access's first byte",
        "lab04.7.faults",
        ABORT,
        "aperture_find(vcpu->vm, ipa, access_size(esr))",
        "aperture_find(vcpu->vm, ipa, 1)",
    ),
    mutant(
        "the device is given the IPA",
        "lab04.7",
        ABORT,
        "ipa - aperture->ipa",
        "ipa",
    ),
    mutant(
        "an access without a valid syndrome is emulated",
        "lab04.7.no_syndrome",
        ABORT,
        " && (esr & ISS_ABT_ISV)",
        "",
    ),
    mutant(
        "a refused access is skipped",
        "lab04.7.wrote_el2",
        ABORT,
        REFUSE,
        "\tif (!aperture) {\n\t\ttrap_skip_instruction();\n\t\treturn TRAP_RESUME;\n\t}\n" + REFUSE,
    ),
    mutant(
        "a refused access repeats forever",
        "lab04.7.wrote_el2",
        ABORT,
        REFUSE,
        "\tif (!aperture)\n\t\treturn TRAP_RESUME;\n" + REFUSE,
    ),
    mutant(
        "a guest's fault is a panic",
        "lab04.7.wrote_el2",
        ABORT,
        REFUSE,
        "\tif (!aperture)\n\t\t__builtin_trap();\n" + REFUSE,
    ),
    mutant(
        "the report is given the VA where the IPA belongs",
        "lab04.7",
        ABORT,
        REFUSE,
        "\treturn abort_refuse(vcpu, esr, aperture,"
        " read_sysreg(far_el2) >> PAGE_SHIFT << PAGE_SHIFT);\n",
    ),
]

# Mistakes that earlier graders gave full marks.
ONCE_UNSEEN = [
    mutant(
        "BTYPE survives a stepped-over WFI",
        "lab04.4.stepped",
        TRAPS,
        "\ttrap_skip_instruction();\n\treturn TRAP_RESUME;\n",
        "\twrite_sysreg(elr_el2, read_sysreg(elr_el2) + 4);\n\treturn TRAP_RESUME;\n",
    ),
    mutant(
        "ownership asked for the whole record",
        "lab04.6.pages",
        MEMORY,
        "!vm_owns(vcpu->vm, ipa, part)",
        "!vm_owns(vcpu->vm, ipa, size)",
    ),
    mutant(
        "device offset is the offset in the page",
        "lab04.7.accesses",
        ABORT,
        "\t\treturn emulate(vcpu, esr, aperture, ipa - aperture->ipa);\n",
        "\t\treturn emulate(vcpu, esr, aperture, ipa % PAGE_SIZE);\n",
    ),
]

MUTANTS = tuple(EXITS + ENTRIES + CONFIG + DISPATCH + CALLS + REPORTS + ABORTS + ONCE_UNSEEN)
