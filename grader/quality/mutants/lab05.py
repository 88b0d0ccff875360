# SPDX-License-Identifier: MIT
"""Mutants of lab 5: two worlds on one CPU."""

from __future__ import annotations

from . import Edit, Mutant, mutant

CONTEXT = "lab05-vcpu/context.c"
FPSIMD = "lab05-vcpu/fpsimd.h"
GIC = "lab05-vcpu/gic.c"
SCHED = "lab05-vcpu/sched.c"
SLICE = "lab05-vcpu/slice.c"
VGIC = "lab05-vcpu/vgic.c"
VTIMER = "lab05-vcpu/vtimer.c"


# The pairs of EXECUTION_REGISTERS; the others are given.
EL1_PAIRS = """
vbar_el1 cntkctl_el1   elr_el1 spsr_el1   esr_el1 far_el1   sp_el0 sp_el1
tpidr_el0 tpidrro_el0   tpidr_el1 VDISR_EL2   elr_el2 spsr_el2
""".split()
KEYS = "APIA APIB APDA APDB APGA".split()
# Two list registers are only for SGIs.
SGIS = {"ich_lr1_el2": "lab05.7", "ich_lr2_el2": "lab05.7"}
VGIC_PAIRS = "ich_lr0_el2 ich_lr1_el2 ich_lr2_el2 ich_ap1r0_el2 ich_ap0r0_el2 ich_vmcr_el2".split()


def forgotten(name: str, partner: str, expect: str, in_pair: str) -> Mutant:
    """A register that does not move; its partner is in the list twice."""
    both = in_pair.replace(name, partner)
    return mutant(f"{name} forgotten", expect, CONTEXT, in_pair, both)


def _each_forgotten(registers: list[str], expect: str) -> list[Mutant]:
    found = []
    for first, second in zip(registers[::2], registers[1::2]):
        line = f"PAIR(p, {first}, {second})"
        for name, partner in ((first, second), (second, first)):
            found.append(forgotten(name, partner, SGIS.get(name, expect), line))
    return found


def _q_forgotten(n: int) -> Mutant:
    """One of four registers that move together is replaced by its neighbour."""
    first = n - n % 4
    line = f'move "\t{{v{first}.2d-v{first + 3}.2d}}, [%0], #64\\n"'
    moved = [k if k != n else n ^ 1 for k in range(first, first + 4)]
    lines = " ".join(f'move "\t{{v{k}.2d}}, [%0], #16\\n"' for k in moved)
    return mutant(f"Q{n} forgotten", "lab05.2.registers", FPSIMD, line, lines)


NEXT_LOADED = "\tload(context);\n"
VTTBR_FIRST = "\twrite_sysreg(vttbr_el2, context->vttbr);\n\tisb();\n" + NEXT_LOADED

SWITCH = [
    *_each_forgotten(EL1_PAIRS, "lab05.1.registers"),
    mutant(
        "more EL1 registers than there is room for",
        "lab05.1.moves",
        CONTEXT,
        "\tPAIR(p, elr_el2, spsr_el2)\n",
        "\tPAIR(p, elr_el2, spsr_el2);\t\\\n"
        + ";\t\\\n".join(["\tPAIR(p, elr_el2, spsr_el2)"] * 4) + "\n",
    ),
    mutant(
        "all but 16 bits of CNTKCTL_EL1 lost",
        "lab05.1.moves",
        CONTEXT,
        "\tEL1_REGISTERS(load_pair);\n",
        "\tEL1_REGISTERS(load_pair);\n\twrite_sysreg(cntkctl_el1, read_sysreg(cntkctl_el1) &"
        " 0xffff);\n",
    ),
    mutant(
        "VTTBR_EL2 is not loaded",
        "lab05.1.vttbr",
        CONTEXT,
        "\twrite_sysreg(vttbr_el2, context->vttbr);\n",
        "",
    ),
    mutant(
        "VTTBR_EL2 after the registers",
        "lab05.1.vttbr",
        CONTEXT,
        VTTBR_FIRST,
        NEXT_LOADED + "\twrite_sysreg(vttbr_el2, context->vttbr);\n\tisb();\n"
    ),
    mutant(
        "no ISB after VTTBR_EL2",
        "lab05.1",
        CONTEXT,
        VTTBR_FIRST,
        VTTBR_FIRST.replace("\tisb();\n", ""),
    ),
    mutant(
        "VTTBR_EL2 stays when no vCPU is loaded",
        "lab05.8.left_over",
        CONTEXT,
        "\t\twrite_sysreg(vttbr_el2, 0);\t/* no tables, VMID 0 */\n",
        "",
    ),
    mutant(
        "the old vCPU's state is not saved",
        "lab05.6",
        CONTEXT,
        "\tif (old)\n\t\tsave(old->context);\n",
        "",
    ),
    mutant(
        "the new vCPU's state is saved instead of the old one's",
        "lab05.6",
        CONTEXT,
        "\tif (old)\n\t\tsave(old->context);\n",
        "\tif (old && vcpu)\n\t\tsave(vcpu->context);\n",
    ),
    mutant("the new vCPU's state is not loaded", "lab05.6", CONTEXT, NEXT_LOADED, ""),
    mutant(
        "the new vCPU's state is loaded before the old one's is saved",
        "lab05.1.vttbr",
        CONTEXT,
        "\tif (old)\n\t\tsave(old->context);\n",
        "\tif (vcpu)\n\t\tload(vcpu->context);\n\tif (old)\n\t\tsave(old->context);\n",
    ),
    mutant(
        "who is loaded is not remembered",
        "lab05.6",
        CONTEXT,
        "\tcpu->loaded = vcpu;\n\tif (!vcpu)",
        "\tif (!vcpu)",
    ),
    mutant(
        "loaded is not cleared when no vCPU is loaded",
        "lab05.8.everybody",
        CONTEXT,
        "\tcpu->loaded = vcpu;\n\tif (!vcpu)",
        "\tif (vcpu)\n\t\tcpu->loaded = vcpu;\n\tif (!vcpu)",
    ),
    mutant(
        "the vCPU that is loaded is saved and loaded again",
        "lab05.1",
        CONTEXT,
        "\tif (old == vcpu)\n\t\treturn;\n",
        "",
        "slower, and as right",
    ),
    mutant(
        "NULL is loaded over NULL",
        "lab05.1",
        CONTEXT,
        "\tif (old == vcpu)\n\t\treturn;\n",
        "\tif (old == vcpu && vcpu)\n\t\treturn;\n",
        "slower, and as right",
    ),
]

FP = [
    *(_q_forgotten(n) for n in (0, 1, 15, 16, 30, 31)),
    mutant(
        "Q16 to Q31 forgotten",
        "lab05.2.registers",
        FPSIMD,
        "\tmove \"\t{v16.2d-v19.2d}, [%0], #64\\n\"\t\\\n\tmove \"\t{v20.2d-v23.2d}, [%0],"
        " #64\\n\"\t\\\n"
        "\tmove \"\t{v24.2d-v27.2d}, [%0], #64\\n\"\t\\\n\tmove \"\t{v28.2d-v31.2d}, [%0],"
        " #64\\n\"\n",
        '\t"add\\t%0, %0, #256\\n"\n',
    ),
    mutant(
        "the high halves of Q4 to Q7 forgotten",
        "lab05.2.registers",
        FPSIMD,
        "{v4.2d-v7.2d}, [%0], #64",
        "{v4.1d-v7.1d}, [%0], #32",
    ),
    mutant(
        "Q0 to Q3 twice at one place",
        "lab05.2.registers",
        FPSIMD,
        "{v0.2d-v3.2d}, [%0], #64",
        "{v0.2d-v3.2d}, [%0]",
    ),
    mutant("FPSR forgotten", "lab05.2.registers", FPSIMD, "PAIR(p, fpcr, fpsr)",
           "PAIR(p, fpcr, fpcr)"),
    mutant("FPCR forgotten", "lab05.2.registers", FPSIMD, "PAIR(p, fpcr, fpsr)",
           "PAIR(p, fpsr, fpsr)"),
    mutant(
        "FP still traps",
        "lab05.2.registers",
        CONTEXT,
        "\twrite_sysreg(cptr_el2, read_sysreg(cptr_el2) & ~CPTR_EL2_TFP);\n",
        "",
    ),
    mutant(
        "SVE does not trap any more",
        "lab05.8.loaded",
        CONTEXT,
        "& ~CPTR_EL2_TFP)",
        "& ~(CPTR_EL2_TFP | CPTR_EL2_TZ))",
    ),
    mutant(
        "CPTR_EL2 is 0: no trap is left",
        "lab05.8.loaded",
        CONTEXT,
        "write_sysreg(cptr_el2, read_sysreg(cptr_el2) & ~CPTR_EL2_TFP)",
        "write_sysreg(cptr_el2, 0)",
    ),
    mutant(
        "no ISB after CPTR_EL2",
        "lab05.2",
        CONTEXT,
        "~CPTR_EL2_TFP);\n\tisb();\n",
        "~CPTR_EL2_TFP);\n",
    ),
]

PAUTH = [
    *(
        mutant(
            f"{key}: the {half} half forgotten",
            "lab05.3.keys",
            CONTEXT,
            f"PAIR(p, {key}KEYLO_EL1, {key}KEYHI_EL1)",
            f"PAIR(p, {key}KEY{other}_EL1, {key}KEY{other}_EL1)",
        )
        for key in KEYS
        for half, other in (("high", "LO"), ("low", "HI"))
    ),
    mutant(
        "APGA forgotten",
        "lab05.3.keys",
        CONTEXT,
        ";\t\\\n\tPAIR(p, APGAKEYLO_EL1, APGAKEYHI_EL1)\n",
        "\n",
    ),
    mutant(
        "HCR_EL2.API stays 0",
        "lab05.6.signer",
        CONTEXT,
        " | HCR_EL2_API | HCR_EL2_APK",
        " | HCR_EL2_APK",
    ),
    mutant(
        "HCR_EL2.APK stays 0",
        "lab05.6.signer",
        CONTEXT,
        " | HCR_EL2_API | HCR_EL2_APK",
        " | HCR_EL2_API",
    ),
    mutant(
        "HCR_EL2 is overwritten and loses the traps of lab 4",
        "lab05.6.hogs_end",
        CONTEXT,
        "write_sysreg(hcr_el2, read_sysreg(hcr_el2) | HCR_EL2_API | HCR_EL2_APK)",
        "write_sysreg(hcr_el2, HCR_EL2_VM | HCR_EL2_RW | HCR_EL2_API | HCR_EL2_APK)",
    ),
]

VGIC_STATE = [
    *_each_forgotten(VGIC_PAIRS, "lab05.7.moves"),
    mutant(
        "PPI 27's active bit is not cleared on save",
        "lab05.7.moves",
        CONTEXT,
        "\tif (FIELD_GET(ICH_LR_STATE, vgic->lr[0]))\n\t\tgic_set_active(PPI_VTIMER, false);\n",
        "",
    ),
    mutant(
        "PPI 27's active bit is not set on load",
        "lab05.7.moves",
        CONTEXT,
        "\tif (FIELD_GET(ICH_LR_STATE, vgic->lr[0]))\n\t\tgic_set_active(PPI_VTIMER, true);\n",
        "",
    ),
    mutant(
        "PPI 27's active bit is set on load in any case",
        "lab05.7.moves",
        CONTEXT,
        "\tif (FIELD_GET(ICH_LR_STATE, vgic->lr[0]))\n\t\tgic_set_active(PPI_VTIMER, true);\n",
        "\tgic_set_active(PPI_VTIMER, true);\n",
    ),
    mutant(
        "the active bit of a timer's interrupt that is pending only",
        "lab05.7.moves",
        CONTEXT,
        "\tif (FIELD_GET(ICH_LR_STATE, vgic->lr[0]))\n\t\tgic_set_active(PPI_VTIMER, false);\n",
        "\tif (vgic->lr[0] & ICH_LR_ACTIVE)\n\t\tgic_set_active(PPI_VTIMER, false);\n",
    ),
    mutant(
        "the virtual CPU interface is not switched on",
        "lab05.7",
        CONTEXT,
        "\tvgic_control(vgic);\n",
        "",
    ),
]

VTIMER_STATE = [
    mutant("CNTVOFF_EL2 is not loaded", "lab05.8.loaded", CONTEXT,
           "\twrite_sysreg(cntvoff_el2, vtimer->offset);\n", ""),
    mutant("CNTVOFF_EL2 with its sign turned", "lab05.8.loaded", CONTEXT,
           "write_sysreg(cntvoff_el2, vtimer->offset)",
           "write_sysreg(cntvoff_el2, -vtimer->offset)"),
    mutant("CNTVOFF_EL2 is 0: virtual time is physical time", "lab05.8.loaded", CONTEXT,
           "write_sysreg(cntvoff_el2, vtimer->offset)", "write_sysreg(cntvoff_el2, 0)"),
    mutant("CNTV_CVAL_EL0 is not saved", "lab05.8", CONTEXT,
           "\tsave_pair(p, cntv_cval_el0, cntv_ctl_el0);\n",
           "\tp[1] = read_sysreg(cntv_ctl_el0);\n"),
    mutant("CNTV_CTL_EL0 is not saved", "lab05.8", CONTEXT,
           "\tsave_pair(p, cntv_cval_el0, cntv_ctl_el0);\n",
           "\tp[0] = read_sysreg(cntv_cval_el0);\n"),
    mutant("CNTV_CVAL_EL0 is not loaded", "lab05.8", CONTEXT,
           "\twrite_sysreg(cntv_cval_el0, cval);\n", "\t(void)cval;\n"),
    mutant("CNTV_CTL_EL0 is not loaded", "lab05.8", CONTEXT,
           "\twrite_sysreg(cntv_ctl_el0, ctl);\n", "\t(void)ctl;\n"),
    mutant("CNTV_CVAL_EL0 saved where CTL belongs", "lab05.8", CONTEXT,
           "save_pair(p, cntv_cval_el0, cntv_ctl_el0)",
           "save_pair(p, cntv_ctl_el0, cntv_cval_el0)"),
    mutant("a guest's timer runs on while another runs", "lab05.8.left_over", CONTEXT,
           "\twrite_sysreg(cntv_ctl_el0, 0);\n", ""),
    mutant(
        "CNTV_CTL_EL0 before CVAL and offset",
        "lab05.8.barriers",
        CONTEXT,
        "\twrite_sysreg(cntvoff_el2, vtimer->offset);\n\twrite_sysreg(cntv_cval_el0, cval);\n"
        "\tisb();\n\twrite_sysreg(cntv_ctl_el0, ctl);\n",
        "\twrite_sysreg(cntv_ctl_el0, ctl);\n\tisb();\n"
        "\twrite_sysreg(cntvoff_el2, vtimer->offset);\n\twrite_sysreg(cntv_cval_el0, cval);\n"
    ),
    mutant("no ISB before CNTV_CTL_EL0", "lab05.8", CONTEXT,
           "\tisb();\n\twrite_sysreg(cntv_ctl_el0, ctl);\n",
           "\twrite_sysreg(cntv_ctl_el0, ctl);\n"),
]

GICR = [
    mutant(
        "the interrupts stay in group 0",
        "lab05.4.acknowledged",
        GIC,
        "\tmmio_write32(gic_redistributor + GICR_IGROUPR0, ~0U);\n",
        "",
    ),
    mutant(
        "no priority: GICR_IPRIORITYR is not written",
        "lab05.4.from_junk",
        GIC,
        "\tfor (unsigned int n = 0; n < 32; n += 4)\n"
        "\t\tmmio_write32(gic_redistributor + GICR_IPRIORITYR(n),\n"
        "\t\t\t     PRIORITY * 0x01010101U);\n",
        ""
    ),
    mutant(
        "the lowest priority, which no mask lets through",
        "lab05.4.acknowledged",
        GIC,
        "PRIORITY * 0x01010101U",
        "0xffffffff",
    ),
    mutant(
        "all interrupts stay enabled",
        "lab05.4.from_junk",
        GIC,
        "\tmmio_write32(gic_redistributor + GICR_ICENABLER0, ~0U);\n",
        ""
    ),
    mutant(
        "all interrupts are enabled at once",
        "lab05.4.from_junk",
        GIC,
        "GICR_ICENABLER0, ~0U",
        "GICR_ISENABLER0, ~0U",
    ),
    mutant(
        "edge-triggered timers",
        "lab05.4",
        GIC,
        "GICR_ICFGR1, 0)",
        "GICR_ICFGR1, ~0U)",
    ),
    mutant(
        "no wait for GICR_CTLR.RWP",
        "lab05.4.barriers",
        GIC,
        "\twait_until_clear(gic_redistributor + GICR_CTLR, GICR_CTLR_RWP);\n",
        ""
    ),
    mutant(
        "interrupts active before stay active",
        "lab05.4.from_junk",
        GIC,
        "\tmmio_write32(gic_redistributor + GICR_ICACTIVER0, ~0U);\n",
        ""
    ),
]

ICC = [
    mutant(
        "ICC_PMR_EL1 stays 0",
        "lab05.4.acknowledged",
        GIC,
        "\twrite_sysreg(icc_pmr_el1, PRIORITY_ALL);\n",
        "",
    ),
    mutant(
        "EOImode 0",
        "lab05.4.deactivated",
        GIC,
        "\twrite_sysreg(icc_ctlr_el1, ICC_CTLR_EL1_EOIMODE);\n",
        "",
    ),
    mutant(
        "group 1 not enabled in the CPU interface",
        "lab05.4.acknowledged",
        GIC,
        "\twrite_sysreg(icc_igrpen1_el1, 1);\n",
        "",
    ),
    mutant(
        "group 0 enabled instead of group 1",
        "lab05.4.acknowledged",
        GIC,
        "icc_igrpen1_el1, 1",
        "icc_igrpen0_el1, 1",
    ),
    mutant(
        "acknowledged in group 0",
        "lab05.4.acknowledged",
        GIC,
        "read_sysreg(icc_iar1_el1)",
        "read_sysreg(icc_iar0_el1)",
    ),
    mutant(
        "acknowledged by ICC_HPPIR1_EL1, which only looks",
        "lab05.4.deactivated",
        GIC,
        "read_sysreg(icc_iar1_el1)",
        "read_sysreg(icc_hppir1_el1)",
    ),
    mutant(
        "no DSB after the acknowledgement",
        "lab05.4",
        GIC,
        "\tdsb(sy);\t/* acknowledged before the device is touched: IHI 0069 */\n",
        "",
    ),
    mutant(
        "the priority is not dropped",
        "lab05.4.deactivated",
        GIC,
        "\twrite_sysreg(icc_eoir1_el1, intid);\n",
        "\t(void)intid;\n",
    ),
    mutant(
        "the interrupt is never deactivated",
        "lab05.4.deactivated",
        GIC,
        "\twrite_sysreg(icc_dir_el1, intid);\n",
        "\t(void)intid;\n",
    ),
    mutant(
        "dropping the priority deactivates as well",
        "lab05.4.deactivated",
        GIC,
        "\twrite_sysreg(icc_eoir1_el1, intid);\n",
        "\twrite_sysreg(icc_eoir1_el1, intid);\n\twrite_sysreg(icc_dir_el1, intid);\n",
    ),
    mutant(
        "deactivation and priority drop swapped",
        "lab05.4.deactivated",
        GIC,
        "\twrite_sysreg(icc_dir_el1, intid);\n",
        "\twrite_sysreg(icc_eoir1_el1, intid);\n",
    ),
]

SLICES = [
    mutant(
        "CTL before CVAL",
        "lab05.5",
        SLICE,
        "\twrite_sysreg(cnthp_cval_el2, deadline);\n"
        "\twrite_sysreg(cnthp_ctl_el2, CNT_CTL_ENABLE);\n",
        "\twrite_sysreg(cnthp_ctl_el2, CNT_CTL_ENABLE);\n"
        "\twrite_sysreg(cnthp_cval_el2, deadline);\n",
    ),
    mutant(
        "the slice timer is masked",
        "lab05.5.slice",
        SLICE,
        "cnthp_ctl_el2, CNT_CTL_ENABLE",
        "cnthp_ctl_el2, CNT_CTL_ENABLE | CNT_CTL_IMASK",
    ),
    mutant(
        "the slice timer is turned on by one bit, and stays masked if it was",
        "lab05.5.timer",
        SLICE,
        "cnthp_ctl_el2, CNT_CTL_ENABLE",
        "cnthp_ctl_el2, read_sysreg(cnthp_ctl_el2) | CNT_CTL_ENABLE",
    ),
    mutant(
        "the slice timer is not enabled",
        "lab05.5.slice",
        SLICE,
        "\twrite_sysreg(cnthp_ctl_el2, CNT_CTL_ENABLE);\n",
        "",
    ),
    mutant(
        "the deadline is used as a duration",
        "lab05.5.slice",
        SLICE,
        "\twrite_sysreg(cnthp_cval_el2, deadline);\n",
        "\twrite_sysreg(cnthp_cval_el2, read_sysreg(cntpct_el0) + deadline);\n",
    ),
    mutant(
        "the compare value is not written",
        "lab05.5.slice",
        SLICE,
        "\twrite_sysreg(cnthp_cval_el2, deadline);\n",
        "\t(void)deadline;\n",
    ),
    mutant(
        "EL1's physical timer instead of EL2's",
        "lab05.5.slice",
        SLICE,
        "\twrite_sysreg(cnthp_cval_el2, deadline);\n"
        "\twrite_sysreg(cnthp_ctl_el2, CNT_CTL_ENABLE);\n",
        "\twrite_sysreg(cntp_cval_el0, deadline);\n"
        "\twrite_sysreg(cntp_ctl_el0, CNT_CTL_ENABLE);\n",
    ),
    mutant(
        "slice_stop() leaves the line asserted",
        "lab05.5.stopped",
        SLICE,
        "\twrite_sysreg(cnthp_ctl_el2, 0);\n",
        "",
    ),
    mutant(
        "no ISB in slice_stop()",
        "lab05.5",
        SLICE,
        "\tisb();\t\t/* level-sensitive",
        "\t\t\t/* the line",
    ),
]

IRQS = [
    mutant(
        "the slice's end does not end the turn",
        "lab05.6.slices",
        SCHED,
        "\t\tvcpu->context->sched.ended_by_slice++;\n\t\treturn TRAP_RESCHEDULE;\n",
        "\t\tvcpu->context->sched.ended_by_slice++;\n\t\treturn TRAP_RESUME;\n",
    ),
    mutant(
        "the slice timer's line stays up while its interrupt is deactivated",
        "lab05.6.slice_ends",
        SCHED,
        "\t\tslice_stop();\t\t/* before deactivation, or it comes again */\n",
        ""
    ),
    mutant(
        "the slice's interrupt: priority not dropped",
        "lab05.6.slices",
        SCHED,
        "comes again */\n\t\tgic_drop_priority(intid);\n",
        "comes again */\n",
    ),
    mutant(
        "the slice's interrupt is never deactivated",
        "lab05.6.slices",
        SCHED,
        "comes again */\n\t\tgic_drop_priority(intid);\n\t\tgic_deactivate(intid);\n",
        "comes again */\n\t\tgic_drop_priority(intid);\n",
    ),
    mutant(
        "the end of a slice is not counted",
        "lab05.6.slices",
        SCHED,
        "\t\tvcpu->context->sched.ended_by_slice++;\n",
        "",
    ),
    mutant(
        "the return address of an interrupt is moved back, as AArch32 needs it",
        "lab05.6.preempted",
        SCHED,
        "\t\tslice_stop();\t\t/* before deactivation, or it comes again */\n",
        "\t\tslice_stop();\n\t\twrite_sysreg(elr_el2, read_sysreg(elr_el2) - 4);\n",
    ),
    mutant(
        "interrupts masked in the guest at the end of its slice",
        "lab05.8.beside_napper",
        SCHED,
        "\t\tslice_stop();\t\t/* before deactivation, or it comes again */\n",
        "\t\tslice_stop();\n\t\twrite_sysreg(spsr_el2, read_sysreg(spsr_el2) | BIT(7));\n",
    ),
    mutant(
        "PPI 27: priority not dropped",
        "lab05.8",
        SCHED,
        "\tcase PPI_VTIMER:\n\t\tgic_drop_priority(intid);\n",
        "\tcase PPI_VTIMER:\n",
    ),
    mutant(
        "PPI 27 is deactivated by EL2 while its line is up",
        "lab05.8",
        SCHED,
        "\t\t\tvgic_timer();\n\t\telse\n\t\t\tgic_deactivate(intid);\n",
        "\t\t\tvgic_timer();\n\t\tgic_deactivate(intid);\n",
    ),
    mutant(
        "PPI 27 is not handed on to the guest",
        "lab05.8",
        SCHED,
        "\t\tif (vtimer_fires())\n\t\t\tvgic_timer();\n\t\telse\n\t\t\tgic_deactivate(intid);\n",
        "\t\tgic_deactivate(intid);\n",
    ),
    mutant(
        "PPI 27 that is another guest's is not deactivated",
        "lab05.8.ppi27",
        SCHED,
        "\t\t\tvgic_timer();\n\t\telse\n\t\t\tgic_deactivate(intid);\n",
        "\t\t\tvgic_timer();\n"
    ),
    mutant(
        "PPI 27 goes to the guest without a check of the timer",
        "lab05.8.ppi27",
        SCHED,
        "\t\tif (vtimer_fires())\n\t\t\tvgic_timer();\n\t\telse\n\t\t\tgic_deactivate(intid);\n",
        "\t\tvgic_timer();\n"
    ),
    mutant(
        "the guest's timer ends the turn",
        "lab05.8",
        SCHED,
        "\t\t\tgic_deactivate(intid);\n\t\treturn TRAP_RESUME;\n",
        "\t\t\tgic_deactivate(intid);\n\t\treturn TRAP_RESCHEDULE;\n",
    ),
]

WAITS = [
    mutant(
        "ELR not advanced after a WFI",
        "lab05.8.again",
        SCHED,
        "\ttrap_skip_instruction();\n",
        "",
    ),
    mutant(
        "WFI does not check for a pending interrupt: the wake-up is lost",
        "lab05.8.wfi",
        SCHED,
        "\tif (vgic_wakes(vcpu))\n\t\treturn TRAP_RESUME;\n",
        ""
    ),
    mutant(
        "WFI does not check for a deadline that has passed",
        "lab05.8.wfi",
        SCHED,
        "\tif (sched->wake_at <= now)\n\t\treturn TRAP_RESUME;\n",
        ""
    ),
    mutant(
        "WFI does not block: the sleeper is polled",
        "lab05.8.waits",
        SCHED,
        "\tvcpu->state = VCPU_BLOCKED;\n\treturn TRAP_RESCHEDULE;\n",
        "\treturn TRAP_RESCHEDULE;\n",
    ),
    mutant(
        "WFI resumes at once, as in lab 4",
        "lab05.8.waits",
        SCHED,
        "\tif (vgic_wakes(vcpu))\n\t\treturn TRAP_RESUME;\n",
        "\treturn TRAP_RESUME;\n",
    ),
    mutant(
        "WFI keeps no deadline",
        "lab05.8",
        SCHED,
        "\tsched->wake_at = vtimer_deadline(now);\n\tif (sched->wake_at <= now)\n",
        "\tif (vtimer_deadline(now) <= now)\n",
    ),
    mutant(
        "WFI blocks and keeps the core",
        "lab05.8.waits",
        SCHED,
        "\tvcpu->state = VCPU_BLOCKED;\n\treturn TRAP_RESCHEDULE;\n",
        "\tvcpu->state = VCPU_BLOCKED;\n\treturn TRAP_RESUME;\n",
    ),
    mutant(
        "a turn that ends by WFI is not counted",
        "lab05.8.waits",
        SCHED,
        "\tsched->ended_by_wait++;\n",
        "",
    ),
    mutant(
        "WFE blocks like WFI",
        "lab05.8.wfi",
        SCHED,
        "\tif (FIELD_GET(ISS_WFX_TI, esr) != WFX_WFI)\n\t\treturn TRAP_RESCHEDULE;\n",
        "\t(void)esr;\n"
    ),
]

ROUND_ROBIN = [
    mutant(
        "the search begins at the first vCPU",
        "lab05.6.preempted",
        SCHED,
        "\tstruct vcpu *vcpu = last;\n\n\t*earliest",
        "\tstruct vcpu *vcpu = last = vcpu_ring();\n\n\t*earliest",
    ),
    mutant(
        "the search begins at the vCPU that ran last",
        "lab05.6.preempted",
        SCHED,
        "\tdo {\n\t\tvcpu = vcpu->next;\n\t\tif (vcpu->state == VCPU_RUNNABLE)\n",
        "\tif (last->state == VCPU_RUNNABLE)\n\t\treturn last;\n"
        "\tdo {\n\t\tvcpu = vcpu->next;\n\t\tif (vcpu->state == VCPU_RUNNABLE)\n",
    ),
    mutant(
        "the search ends before the vCPU that ran last",
        "lab05.8.everybody",
        SCHED,
        "\tdo {\n\t\tvcpu = vcpu->next;\n\t\tif (vcpu->state == VCPU_RUNNABLE)\n",
        "\tdo {\n\t\tvcpu = vcpu->next;\n\t\tif (vcpu == last)\n\t\t\tbreak;\n"
        "\t\tif (vcpu->state == VCPU_RUNNABLE)\n",
    ),
    mutant(
        "a vCPU that has stopped runs again",
        "lab05.6",
        SCHED,
        "\t\tif (vcpu->state == VCPU_RUNNABLE)\n\t\t\treturn",
        "\t\tif (vcpu->state != VCPU_BLOCKED)\n\t\t\treturn",
    ),
    mutant(
        "a vCPU that has stopped counts as blocked",
        "lab05.8.ends",
        SCHED,
        "vcpu->state == VCPU_BLOCKED && wake_if_due",
        "wake_if_due",
    ),
    mutant(
        "a blocked vCPU never wakes while others run",
        "lab05.8.everybody",
        SCHED,
        "vcpu->state == VCPU_BLOCKED && wake_if_due",
        "vcpu->state == VCPU_BLOCKED && vcpu == last && wake_if_due",
    ),
    mutant(
        "a blocked vCPU runs before its deadline",
        "lab05.8.waits",
        SCHED,
        "\tif (wake_at > now) {\n",
        "\tif (!wake_at) {\n",
    ),
    mutant(
        "a vCPU that wakes stays blocked",
        "lab05.8.loaded",
        SCHED,
        "\tvcpu->state = VCPU_RUNNABLE;\n\treturn true;\n",
        "\treturn true;\n",
    ),
    mutant(
        "EL2 sleeps to the latest deadline",
        "lab05.8.beside_napper",
        SCHED,
        "\t\t*earliest = MIN(*earliest, wake_at);\n",
        "\t\t*earliest = wake_at;\n",
    ),
    mutant(
        "no deadline is kept",
        "lab05.8",
        SCHED,
        "\t\t*earliest = MIN(*earliest, wake_at);\n",
        "\t\t;\n",
    ),
    mutant(
        "the earliest deadline begins at 0: idle never waits",
        "lab05.6.scene",
        SCHED,
        "\t*earliest = VTIMER_NEVER;\n",
        "\t*earliest = 0;\n",
    ),
    mutant(
        "the vCPU is not loaded before it runs",
        "lab05.6",
        SCHED,
        "\t\tcontext_switch(vcpu);\n\t\tslice_at",
        "\t\tslice_at",
    ),
    mutant(
        "no slice at all",
        "lab05.6.slices",
        SCHED,
        "\t\tslice_at(now + slice);\n",
        "",
    ),
    mutant(
        "the slice timer is set once",
        "lab05.6.slices",
        SCHED,
        "\t\tslice_at(now + slice);\n",
        "\t\tif (!vcpu->context->sched.turns)\n\t\t\tslice_at(now + slice);\n",
    ),
    mutant(
        "the slice is the deadline",
        "lab05.6",
        SCHED,
        "slice_at(now + slice)",
        "slice_at(slice)",
    ),
    mutant(
        "the slice restarts at each exit",
        "lab05.8.beside_napper",
        SCHED,
        "\t\t\treason = guest_enter(vcpu);\n",
        "\t\t\tslice_at(counter_now() + slice);\n\t\t\treason = guest_enter(vcpu);\n",
    ),
    mutant(
        "every exit ends the turn",
        "lab05.6.slices",
        SCHED,
        "while (trap_handle(vcpu, reason) == TRAP_RESUME);",
        "while (trap_handle(vcpu, reason) != TRAP_RESUME && 0);",
    ),
    mutant(
        "only a stop ends the turn",
        "lab05.6.slices",
        SCHED,
        "while (trap_handle(vcpu, reason) == TRAP_RESUME);",
        "while (trap_handle(vcpu, reason) != TRAP_STOP);",
    ),
    mutant(
        "PSTATE of each turn is that of a vCPU's start",
        "lab05.6.slices",
        SCHED,
        "\t\tslice_at(now + slice);\n",
        "\t\twrite_sysreg(spsr_el2, PSTATE_DAIF | SPSR_M_EL1H);\n\t\tslice_at(now + slice);\n",
    ),
    Mutant(
        "a tick that its handler sets again, not a slice for each turn",
        "lab05.8.beside_napper",
        (Edit(SCHED, "\t\tslice_stop();\t\t/* before deactivation, or it comes again */\n",
              "\t\tslice_at(counter_now() + slice);\n\t\tisb();\n"),
         Edit(SCHED, "\t/* HOLE(lab05.6): Pick a vCPU",
              "\tslice_at(now + slice);\n\t/* HOLE(lab05.6): Pick a vCPU"),
         Edit(SCHED, "\t\tslice_at(now + slice);\n", "")),
    ),
    mutant(
        "the last vCPU stays loaded at the end",
        "lab05.8.left_over",
        SCHED,
        "\tslice_stop();\n\tcontext_switch(NULL);\n\t/* END",
        "\tslice_stop();\n\t/* END",
    ),
    mutant(
        "the slice timer still runs at the end",
        "lab05.8.left_over",
        SCHED,
        "\tslice_stop();\n\tcontext_switch(NULL);\n\t/* END",
        "\tcontext_switch(NULL);\n\t/* END",
    ),
]

LISTS = [
    mutant("a list register that is not pending", "lab05.7", VGIC,
           "return ICH_LR_PENDING | ICH_LR_GROUP1 |", "return ICH_LR_GROUP1 |"),
    mutant("a list register that is active at once", "lab05.7", VGIC,
           "return ICH_LR_PENDING | ICH_LR_GROUP1 |", "return ICH_LR_ACTIVE | ICH_LR_GROUP1 |"),
    mutant("a list register in group 0", "lab05.7", VGIC,
           "return ICH_LR_PENDING | ICH_LR_GROUP1 |", "return ICH_LR_PENDING |"),
    mutant("a list register of the lowest priority", "lab05.7", VGIC,
           "FIELD_PREP(ICH_LR_PRIORITY, VGIC_PRIORITY)", "FIELD_PREP(ICH_LR_PRIORITY, 0xff)"),
    mutant("a list register of priority 0", "lab05.7.lists", VGIC,
           "FIELD_PREP(ICH_LR_PRIORITY, VGIC_PRIORITY) |\n", "0 |\n"),
    mutant("a list register without its INTID", "lab05.7", VGIC,
           " |\n\t       FIELD_PREP(ICH_LR_VINTID, intid);", ";\n\t(void)intid;"),
    mutant("the timer's list register without HW", "lab05.7.timer_list", VGIC,
           "pending_lr(PPI_VTIMER) | ICH_LR_HW |\n", "pending_lr(PPI_VTIMER) |\n"),
    mutant("the timer's list register without pINTID", "lab05.7.timer_list", VGIC,
           " | ICH_LR_HW |\n\t\t\t\t  FIELD_PREP(ICH_LR_PINTID, PPI_VTIMER));", " | ICH_LR_HW);"),
    mutant("the timer's list register has the slice's INTID", "lab05.7.timer_list", VGIC,
           "pending_lr(PPI_VTIMER)", "pending_lr(PPI_HYP_TIMER)"),
    mutant("the timer's interrupt in list register 1", "lab05.7.timer_list", VGIC,
           "\twrite_sysreg(ich_lr0_el2, pending_lr", "\twrite_sysreg(ich_lr1_el2, pending_lr"),
    mutant(
        "WFI ends for an interrupt that the guest has not enabled",
        "lab05.7.wakes",
        VGIC,
        "\tif (!(vmcr & ICH_VMCR_EL2_VENG1) ||\n\t    FIELD_GET",
        "\tif (FIELD_GET",
    ),
    mutant(
        "WFI ends for an interrupt below the guest's priority mask",
        "lab05.7.wakes",
        VGIC,
        "\tif (!(vmcr & ICH_VMCR_EL2_VENG1) ||\n"
        "\t    FIELD_GET(ICH_VMCR_EL2_VPMR, vmcr) <= VGIC_PRIORITY)\n",
        "\tif (!(vmcr & ICH_VMCR_EL2_VENG1))\n",
    ),
    mutant(
        "WFI sleeps while an INTID waits for a list register",
        "lab05.7.wakes",
        VGIC,
        "\tif (vcpu->context->vgic.waiting)\n\t\treturn true;\n",
        "\t(void)vcpu;\n"
    ),
    mutant(
        "WFI checks only the timer's list register",
        "lab05.7.wakes",
        VGIC,
        "(read_sysreg(ich_lr0_el2) | read_lr(1) | read_lr(2))",
        "read_sysreg(ich_lr0_el2)"
    ),
    mutant(
        "WFI checks only the list registers of SGIs",
        "lab05.7.wakes",
        VGIC,
        "(read_sysreg(ich_lr0_el2) | read_lr(1) | read_lr(2))",
        "(read_lr(1) | read_lr(2))"
    ),
    mutant(
        "an active interrupt ends WFI as a pending one",
        "lab05.7.wakes",
        VGIC,
        " &\n\t       ICH_LR_PENDING;",
        " &\n\t       ICH_LR_STATE;",
    ),
]

TIMES = [
    mutant("a deadline with CNTVOFF's sign turned", "lab05.8", VTIMER,
           "now - read_sysreg(cntvoff_el2)", "now + read_sysreg(cntvoff_el2)"),
    mutant("a deadline without CNTVOFF", "lab05.8", VTIMER,
           "now - read_sysreg(cntvoff_el2)", "now"),
    mutant("a deadline in virtual time", "lab05.8", VTIMER,
           "return now + (cval - virtual_now);", "return cval;"),
    mutant(
        "a timer that is off wakes",
        "lab05.8.asleep",
        VTIMER,
        "\tif (!(ctl & CNT_CTL_ENABLE) || (ctl & CNT_CTL_IMASK))\n\t\treturn VTIMER_NEVER;\n",
        "\t(void)ctl;\n",
    ),
    mutant(
        "a timer that is masked wakes",
        "lab05.8.asleep",
        VTIMER,
        " || (ctl & CNT_CTL_IMASK)",
        "",
    ),
    mutant(
        "a deadline that has passed is never",
        "lab05.8.deadlines",
        VTIMER,
        "\tif (cval <= virtual_now)\n\t\treturn now;\n",
        ""
    ),
    mutant(
        "a deadline far away overflows",
        "lab05.8.asleep",
        VTIMER,
        "\tif (cval - virtual_now > counter_ticks(VTIMER_HORIZON_S * 1000000UL))\n"
        "\t\treturn VTIMER_NEVER;\n",
        "",
    ),
    mutant(
        "vtimer_fires() ignores ISTATUS",
        "lab05.8.deadlines",
        VTIMER,
        "(CNT_CTL_ENABLE | CNT_CTL_IMASK | CNT_CTL_ISTATUS)) ==\n"
        "\t       (CNT_CTL_ENABLE | CNT_CTL_ISTATUS);",
        "(CNT_CTL_ENABLE | CNT_CTL_IMASK)) ==\n\t       CNT_CTL_ENABLE;"
    ),
    mutant(
        "vtimer_fires() when the timer is off",
        "lab05.8",
        VTIMER,
        "(CNT_CTL_ENABLE | CNT_CTL_ISTATUS);",
        "0;",
    ),
]

PRIORITIES = """\tfor (unsigned int n = 0; n < 32; n += 4)
\t\tmmio_write32(gic_redistributor + GICR_IPRIORITYR(n),
\t\t\t     PRIORITY * 0x01010101U);
"""
LOAD_TIMER = """\twrite_sysreg(cntvoff_el2, vtimer->offset);
\twrite_sysreg(cntv_cval_el0, cval);
\tisb();
"""

SUBTLE = [
    mutant("GICR_IPRIORITYR by words at every byte", "lab05.4.accesses", GIC, PRIORITIES,
           PRIORITIES.replace("n += 4", "n++")),
    mutant("one byte of four in GICR_IPRIORITYR", "lab05.4.from_junk", GIC, PRIORITIES,
           PRIORITIES.replace(" * 0x01010101U", "")),
    mutant("only the priorities of SGIs", "lab05.4.from_junk", GIC, PRIORITIES,
           PRIORITIES.replace("n < 32", "n < 16")),
    mutant("interrupts pending before stay pending", "lab05.4.from_junk", GIC,
           "\tmmio_write32(gic_redistributor + GICR_ICPENDR0, ~0U);\n", ""),
    mutant("interrupts edge-triggered before stay so", "lab05.4.from_junk", GIC,
           "\tmmio_write32(gic_redistributor + GICR_ICFGR1, 0);\t/* level-sensitive */\n", ""),
    mutant("a vCPU that has stopped is not saved", "lab05.8", CONTEXT,
           "\tif (old)\n\t\tsave(old->context);\n",
           "\tif (old && old->state != VCPU_STOPPED)\n\t\tsave(old->context);\n"),
    mutant("only a vCPU that can run is saved", "lab05.8.ends", CONTEXT,
           "\tif (old)\n\t\tsave(old->context);\n",
           "\tif (old && old->state == VCPU_RUNNABLE)\n\t\tsave(old->context);\n"),
    mutant("list registers after the active priorities", "lab05.7.moves", CONTEXT,
           "PAIR(p, ich_lr2_el2, ich_ap1r0_el2)", "PAIR(p, ich_ap1r0_el2, ich_lr2_el2)"),
    mutant("AP0R0 before AP1R0", "lab05.7.moves", CONTEXT,
           "ich_ap1r0_el2);\t\\\n\tPAIR(p, ich_ap0r0_el2,",
           "ich_ap0r0_el2);\t\\\n\tPAIR(p, ich_ap1r0_el2,"),
    mutant("the offset after the ISB", "lab05.8.barriers", CONTEXT, LOAD_TIMER,
           LOAD_TIMER.splitlines(True)[1] + "\tisb();\n" + LOAD_TIMER.splitlines(True)[0]),
    mutant("the offset after CTL", "lab05.8.barriers", CONTEXT,
           LOAD_TIMER + "\twrite_sysreg(cntv_ctl_el0, ctl);\n",
           LOAD_TIMER.partition("\n")[2] + "\twrite_sysreg(cntv_ctl_el0, ctl);\n"
           + LOAD_TIMER.splitlines(True)[0]),
    mutant("a deadline compared as a signed number", "lab05.8.deadlines", VTIMER,
           "\tif (cval <= virtual_now)\n", "\tif ((int64_t)cval <= (int64_t)virtual_now)\n"),
    mutant("a distance compared as a signed number", "lab05.8.deadlines", VTIMER,
           "\tif (cval <= virtual_now)\n", "\tif ((int64_t)(cval - virtual_now) <= 0)\n"),
    mutant("a deadline at the horizon is never", "lab05.8.deadlines", VTIMER,
           "cval - virtual_now > counter_ticks", "cval - virtual_now >= counter_ticks"),
    mutant("vtimer_fires() when the timer is masked", "lab05.8.deadlines", VTIMER,
           "(CNT_CTL_ENABLE | CNT_CTL_IMASK | CNT_CTL_ISTATUS)) ==",
           "(CNT_CTL_ENABLE | CNT_CTL_ISTATUS)) =="),
    mutant("a priority mask that equals the priority lets through", "lab05.7.wakes", VGIC,
           "vmcr) <= VGIC_PRIORITY", "vmcr) < VGIC_PRIORITY"),
]

# Mistakes that earlier graders gave full marks.
ONCE_UNSEEN = [
    mutant(
        "pauth_enable starts from scratch",
        "lab05.8.loaded",
        CONTEXT,
        "\twrite_sysreg(hcr_el2, read_sysreg(hcr_el2) | HCR_EL2_API | HCR_EL2_APK);\n",
        "\twrite_sysreg(hcr_el2, HCR_EL2_VM | HCR_EL2_RW | HCR_EL2_AMO | HCR_EL2_IMO |\n\t\t    "
        " HCR_EL2_FMO | HCR_EL2_TWI | HCR_EL2_TSC | HCR_EL2_TID3 |\n\t\t     HCR_EL2_API |"
        " HCR_EL2_APK);\n",
    ),
    mutant(
        "deadline as a distance of 32 bits",
        "lab05.5.timer",
        SLICE,
        "\twrite_sysreg(cnthp_cval_el2, deadline);\n",
        "\twrite_sysreg(cnthp_tval_el2, deadline - read_sysreg(cntpct_el0));\n",
    ),
]

MUTANTS = tuple(
    SWITCH + FP + PAUTH + VGIC_STATE + VTIMER_STATE
    + GICR + ICC + SLICES + IRQS + WAITS + ROUND_ROBIN + LISTS + TIMES + SUBTLE + ONCE_UNSEEN
)
