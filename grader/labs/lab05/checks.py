# SPDX-License-Identifier: MIT
"""Lab 5: worlds that share one core.

Self-tests task by task, then scenes that follow each other. Inside a scene the
guests take turns, and which prints first depends on the compiler: so their lines
count wherever they are.
"""

from __future__ import annotations

from collections.abc import Callable

from ..boot_checks import switches_off
from ..check import Boot, Check, Evidence
from ..contract_checks import kept
from ..execution_order import TRACED_5, in_order
from . import contracts, machine
from .rules import (
    FP, GUESTS, IDLE_US, KEYS, OTHERS, TIMER, TURNS, VGIC, everybody_ended, hogs_share,
    idle_is_a_wait, is_el1, many_turns, no_bad_access, no_difference, sleep_for_ever, sleepers_wait,
    slices_end_turns, turns_last_a_slice,
)  # fmt: skip

SHORT_SLICES = Boot(
    make=("SLICE_US=30", f"GUESTS={' '.join(OTHERS.get(vm, name) for vm, name in enumerate(GUESTS))}")
)

# Without guests: nothing is entered.
SCRIPTED_5 = Boot(make=("DRIVER=1", "GUESTS="), scripted=True)


def selftest(name: str, points: int, title: str, hint: str, *facts: str) -> Check:
    """EL2's self-test of one task."""
    line = "\n".join(f"[test] {fact}" for fact in facts)
    return Check(f"lab05.{name}", points, title, line=line, hint=hint)


def said(
    name: str, points: int, title: str, vm: int, line: str, hint: str, boot: Boot = Boot()
) -> Check:
    """A guest's line, wherever it is."""
    return Check(
        f"lab05.{name}",
        points,
        title,
        line=f"[vm{vm}] {line}",
        hint=hint,
        anywhere=True,
        once=True,
        boot=boot,
    )


def summary(
    name: str,
    points: int,
    title: str,
    test: Callable[[Evidence], str],
    wanted: str,
    hint: str,
    task: int,
) -> Check:
    """What EL2 says of its schedule when scenes are over; `task` is where to read."""
    return Check(
        f"lab05.{name}",
        points,
        title,
        test=test,
        wanted=wanted,
        needs="lab05.6.scene" if name.startswith("6.") else "lab05.8.ends",
        hint=hint,
        section=f"task-{task}",
    )


def pattern(
    name: str,
    points: int,
    title: str,
    task: int,
    concerns: Callable[[str], bool],
    hint: str,
    boot: Boot = Boot(),
) -> Check:
    return Check(
        f"lab05.8.{name}",
        points,
        title,
        test=no_difference(concerns),
        wanted="both pattern guests at their end, and no difference there",
        hint=hint,
        boot=boot,
        section=f"task-{task}",
    )


HOG = "hog: done, virtual time ran backwards 0 times, counted: yes"
SLEEPER = "sleeper: 20 sleeps, 20 wake-ups, 0 early, late by a slice at the most: yes"
SIGNER = "signer: signed: yes, enough rounds: yes, 0 failed"
BELL = "bell: 32 strokes, 0 early, 0 late, 0 others"
SGIS = "sgis: 10 rounds of 16, 0 not taken once each, 0 others"
CNTVOFF = (
    "CNTVCT is CNTPCT minus CNTVOFF_EL2: save and load the offset with the vCPU, with that sign."
)
SGI = (
    "An INTID is in one list register at the most, pending a second time is still one. More than"
    " there are list registers wait, with UIE set until vgic_refill() has placed them. All list registers"
    " move with the vCPU, and EL2 drops the priority of each interrupt that it takes."
)
TICK = (
    "PPI 27 in a list register needs HW and pINTID, and stays active until the guest's EOI; its"
    " active bit in the GIC goes with the vCPU, or it masks the other guest's timer."
)

WATCH = machine.WATCH
CONTRACTS = contracts.CONTRACTS

CHECKS = [
    selftest(
        "1.registers",
        2,
        "Each EL1 register is saved, and loaded again",
        "The register that is named is missing, or stands in two places."
        " Each one that a guest can write without a trap has to move.",
        "context, EL1: 0 registers wrong, the first: none",
    ),
    selftest(
        "2.registers",
        2,
        "Q0 to Q31, FPCR and FPSR are saved, and loaded again",
        "Q0 to Q31 are 128 bits each, and FPCR and FPSR belong to them. A panic with EC 0x07: fp_enable()"
        " did not clear CPTR_EL2.TFP.",
        "context, FP: 0 registers wrong, the first: none",
    ),
    selftest(
        "3.keys",
        2,
        "Five keys are saved, and loaded again",
        "Five keys of two halves: ten registers. APGA and the high halves are the ones forgotten.",
        "context, keys: 0 registers wrong, the first: none",
    ),
    selftest(
        "4.quiet",
        2,
        "The interrupt controller is set up, and nothing is pending",
        "All 32 private interrupts of the redistributor off, none pending, none active."
        " INTID 1023 is: nothing.",
        "GIC: nothing is pending: yes",
    ),
    selftest(
        "4.acknowledged",
        3,
        "The timer's interrupt is acknowledged by its number",
        "Group 1 enabled in the CPU interface, PMR 0xff, the PPI in group 1 and of a priority that"
        " PMR lets through; then ICC_IAR1_EL1.",
        "GIC: CNTHP is interrupt 26",
    ),
    selftest(
        "4.deactivated",
        2,
        "It does not come again before it is deactivated, and then does",
        "ICC_IAR1_EL1 acknowledges, ICC_HPPIR1_EL1 only looks. EOImode is 1: EOIR1 drops the priority and"
        " no more, DIR deactivates. What is not deactivated never comes again,"
        " nor does one that is edge-triggered: GICR_ICFGR1 = 0.",
        "GIC: while active: none, after deactivation: 26 again",
        "GIC: after the line went down: none",
    ),
    selftest(
        "5.slice",
        2,
        "CNTHP interrupts at its deadline",
        "CNTHP_CVAL_EL2 first, then CTL = ENABLE with IMASK 0; the deadline is a value of"
        " CNTPCT_EL0.",
        "slice: interrupt 26, not early: yes, at most 10 us late: yes",
    ),
    selftest(
        "5.stopped",
        3,
        "When the slice is stopped, nothing is pending",
        "The timer's line is level-sensitive: switch it off (CTL = 0, ISB), or it comes again as"
        " soon as it is deactivated.",
        "slice: after slice_stop(): none",
    ),
    Check(
        "lab05.6.hogs_end",
        2,
        "Two hogs take turns, to their end",
        line="[scene] 1: two hogs share fairly\n[vm] 0: {text}\n[vm] 1: {text}",
        hint="find_ready() begins behind the vCPU that ran last, and answers NULL when no vCPU is"
        " ready. A panic names the register and the bit: pauth_enable() adds to HCR_EL2, and keeps the rest.",
    ),
    Check(
        "lab05.6.scene",
        3,
        "When all VMs of a scene have stopped, the scheduler returns",
        line="[scene] 2: a sum and a signer",
        hint="A hog never traps: slice_at() at each turn, and TRAP_RESCHEDULE when CNTHP"
        " interrupts. A slice that is set once ends one turn. *earliest is VTIMER_NEVER while nobody sleeps.",
    ),
    summary(
        "6.slices",
        2,
        "A hog's turns end by slice",
        slices_end_turns,
        "of each hog many turns, all but the last ended by slice",
        "slice_at() at each turn: a timer that is set once ends one slice. The slice's interrupt ends the turn"
        " (TRAP_RESCHEDULE); an exit that is done with (TRAP_RESUME) does not.",
        5,
    ),
    summary(
        "6.fair",
        2,
        "Two hogs share the core fairly",
        hogs_share,
        "as many turns each, give or take one",
        "Look for the next behind the vCPU that ran last, not from the start of the ring.",
        6,
    ),
    summary(
        "6.length",
        1,
        "A turn of a hog lasts a slice",
        turns_last_a_slice,
        "as much time as turns times SLICE_US",
        "The slice begins with the turn, and is counted in CNTPCT_EL0's ticks; the timer's line must"
        " be down before the interrupt is deactivated.",
        5,
    ),
    said("6.hog_0", 2, "The first hog's time never runs backwards", 0, HOG, CNTVOFF),
    said("6.hog_1", 2, "The second hog's time never runs backwards", 1, HOG, CNTVOFF),
    said(
        "6.sums",
        2,
        "64 sums in the vector registers are exact",
        2,
        "sums: 64 sums of 1 to 40000, 0 wrong",
        "A wrong sum is another guest's bit: context_switch() saves the old vCPU's state before it"
        " loads the new one's.",
    ),
    said(
        "6.signer",
        2,
        "Signed pointers are authentic after another guest ran",
        3,
        SIGNER,
        "HCR_EL2.API and APK = 1 let guests sign; the five keys are loaded before the guest runs.",
    ),
    said("7.sgis_0", 2, "16 SGIs at a time are taken once each, by one guest", 4, SGIS, SGI),
    said("7.sgis_1", 2, "And by the other", 5, SGIS, SGI),
    Check(
        "lab05.8.ends",
        1,
        "All scenes come to their end",
        line="[boot] stage 5 is complete: power off",
        hint="WFI blocks until vtimer_deadline(), in physical ticks; look at it and at pending"
        " interrupts first, or a wake-up that came before is lost. Asleep for good: interrupt 26 is not"
        " deactivated. Busy for good: find_ready() does not take a vCPU whose sleep is over.",
    ),
    Check(
        "lab05.8.everybody",
        1,
        "Each guest of every scene comes to its end",
        test=everybody_ended,
        wanted=f"PSCI SYSTEM_OFF of each of the {len(GUESTS)} VMs",
        needs="lab05.6.hogs_end",
        section="task-1",
        hint="A guest that is stopped or vanishes after others ran has lost a register: ELR_EL2 and"
        " SPSR_EL2 are its PC and PSTATE, SP_EL1 its stack, VBAR_EL1 its vectors. One that is stopped behind an"
        " idle time was not loaded again: context_switch(NULL) notes that nobody is. One that is stopped twice"
        " was chosen again: find_ready() leaves VCPU_STOPPED out. One that is asleep for ever although its timer runs was not"
        " looked at: the search ends with the vCPU that ran last, not before.",
    ),
    summary(
        "8.many",
        1,
        "All guests together had many turns",
        many_turns,
        f"more than {TURNS} turns in all",
        "SLICE_US are microseconds: counter_ticks() makes ticks of them, CNTFRQ_EL0 of which are a"
        " second.",
        5,
    ),
    summary(
        "8.waits",
        2,
        "A sleeper's turns end by WFI",
        sleepers_wait,
        "20 turns or more ended by wait, and not many more turns than that",
        "WFI makes the vCPU blocked until its deadline, in physical ticks: vtimer_deadline(). A vCPU that"
        " stays runnable is polled, and takes turns for nothing.",
        6,
    ),
    summary(
        "8.idle",
        2,
        "While everybody sleeps, EL2 waits",
        idle_is_a_wait,
        f"idle for {IDLE_US} us or more, about once a sleep",
        "EL2 waits until the earliest deadline, as find_ready() answers it. A WFI that returns at"
        " once has an interrupt left pending: slice_stop().",
        6,
    ),
    said(
        "8.sleeper",
        2,
        "Beside a hog, a sleeper wakes 20 times, never early, and late by a slice at the most",
        7,
        SLEEPER,
        "The deadline in physical time is CNTV_CVAL + CNTVOFF. A timer that expired while another"
        " ran fires when it is loaded: CVAL and offset first, CTL last. The search begins behind the vCPU that"
        " ran last, or a hog keeps the core.",
    ),
    said(
        "8.sleeper_alone",
        2,
        "Alone, it does as well",
        8,
        SLEEPER,
        "When all sleep, find_ready() answers the earliest deadline. context_switch(NULL) notes that nobody"
        " is loaded, or the next load is skipped.",
    ),
    said(
        "8.ticks_0",
        2,
        "Each guest gets the ticks of its own timer: one guest",
        13,
        "ticks: 46 of 46 wanted, 0 early, 0 others",
        TICK,
    ),
    said(
        "8.ticks_1",
        2,
        "And the other, at another rate",
        14,
        "ticks: 40 of 40 wanted, 0 early, 0 others",
        TICK,
    ),
    pattern(
        "el1",
        2,
        "No EL1 register of a guest changes while others run",
        1,
        is_el1,
        "The register that is named does not move with the vCPU; or VTTBR_EL2 and its ISB do not"
        " come before what is loaded.",
    ),
    pattern(
        "fp",
        1,
        "No FP register of a guest changes while others run",
        2,
        lambda name: bool(FP.fullmatch(name)),
        "EL2 must not touch FP registers: it is compiled without, and saves them on a switch only.",
    ),
    pattern(
        "keys",
        1,
        "No key of a guest changes while others run",
        3,
        lambda name: bool(KEYS.fullmatch(name)),
        "Keys move on every switch of vCPUs, not on every exit.",
    ),
    pattern(
        "vgic",
        2,
        "No state of a guest's interrupt controller changes while others run",
        7,
        lambda name: bool(VGIC.fullmatch(name)),
        "ICH_VMCR_EL2 holds the guest's masks and modes, AP0R0 and AP1R0 its active priorities,"
        " LR0 to LR3 what is pending: all of it moves.",
    ),
    pattern(
        "timer",
        1,
        "No state of a guest's timer changes while others run",
        8,
        lambda name: bool(TIMER.fullmatch(name)),
        "CNTV_CTL_EL0 and CNTV_CVAL_EL0 move with the vCPU; CTL is 0 while no guest is loaded.",
    ),
    Check(
        "lab05.8.off",
        1,
        "The stage ends by itself, without a panic",
        test=switches_off,
        wanted="power-off",
        needs="lab05.8.ends",
        hint="A panic names what EL2 met: read its FAR and ELR.",
    ),
    Check(
        "lab05.8.asleep",
        1,
        "A timer that is off, masked or centuries away wakes nobody",
        test=sleep_for_ever,
        wanted="[trap] vm{number} stopped: asleep for ever, of each of three guests",
        hint="vtimer_deadline() answers VTIMER_NEVER without ENABLE, with IMASK, and beyond the horizon."
        " If no guest wakes at all: vgic_control() switches the virtual CPU interface on with each load.",
        boot=SHORT_SLICES,
    ),
    said(
        "8.beside_napper",
        1,
        "Beside a guest that sleeps longer, and then asks EL2 all the time, another wakes in time",
        7,
        BELL,
        "EL2 sleeps to the earliest deadline of all, not to that of the last vCPU in the ring. A slice"
        " begins with the turn: an exit does not begin another. The search begins behind the vCPU that ran last.",
        SHORT_SLICES,
    ),
    said(
        "8.bell",
        1,
        "A guest's timer does not have to wait for another's that is taken late and slowly",
        12,
        BELL,
        "A vCPU that leaves with list register 0, the timer's own, in use, pending or active, takes PPI 27's"
        " active bit with it: gic_set_active(PPI_VTIMER, false), or nobody's timer interrupts.",
        SHORT_SLICES,
    ),
    said(
        "8.slow_bell",
        1,
        "A guest that takes and ends its timer's interrupt late has it once",
        11,
        "bell: 8 strokes, 0 early, 0 late, 0 others",
        "The list register and PPI 27's active bit go together: when it is loaded with a list register in"
        " use, gic_set_active(PPI_VTIMER, true), or the line brings the interrupt again.",
        SHORT_SLICES,
    ),
    said(
        "8.again",
        1,
        "An interrupt that is raised while active comes again; one that is masked ends no WFI",
        14,
        "rival: 0 not raised again, 0 lost beside the timer, 0 waits too short",
        "Raised while active, its list register is active and pending, all of priority VGIC_PRIORITY. The timer"
        " has list register 0 for itself. vgic_wakes(): pending, group 1 enabled (VENG1), VPMR above the"
        " priority; active is not pending. A WFI that is over is behind the guest: trap_skip_instruction().",
        SHORT_SLICES,
    ),
    pattern(
        "rival",
        1,
        "Beside a guest of another kind, and with shorter slices, no state changes either",
        1,
        lambda _: True,
        "The usual probes differ in most registers, this guest in the others: FPSR, CPACR_EL1,"
        " ICC_IGRPEN0_EL1. Each one that a guest can write without a trap has to move.",
        SHORT_SLICES,
    ),
    said(
        "8.pending",
        1,
        "WFI with an interrupt pending does not wait",
        14,
        "rival: 40 waits, 0 for another interrupt, 0 differences",
        "A list register that is pending ends WFI, and stays with its vCPU while others run.",
        SHORT_SLICES,
    ),
    Check(
        "lab05.8.loaded",
        2,
        "At each entry VTTBR_EL2 and the traps are those of the vCPU that is entered",
        test=machine.the_right_vm_is_loaded,
        machine=True,
        wanted="VMID and root table of the vCPU's VM; FP and pointer authentication not trapped",
        hint="context_switch() loads VTTBR_EL2 with each vCPU, and an ISB before the rest, and CNTVOFF_EL2 as"
        " it is in the context. fp_enable() clears CPTR_EL2.TFP and nothing else. One VM only: the search"
        " begins behind the vCPU that ran last.",
        section="task-1",
    ),
    Check(
        "lab05.8.context",
        2,
        "What a vCPU had when it left is what it has when it comes back",
        test=machine.what_leaves_comes_back,
        machine=True,
        wanted="each EL1 register, key, Q register and the virtual time as it was at the exit",
        hint="The register is named: it is missing in the list of its part, or is loaded in another order than it is saved.",
        section="task-1",
    ),
    Check(
        "lab05.8.left_over",
        1,
        "Behind a scene no interrupt is active, no unused one enabled, and no timer runs on",
        test=machine.nothing_is_left_over,
        machine=True,
        proof=False,
        wanted="ISACTIVER0 0, ISENABLER0 25 to 27, CNTHP and CNTV off, VTTBR_EL2 of nobody",
        hint="What is acknowledged is deactivated; gic_init() disables all (ICENABLER). A guest's timer is off while"
        " it is not loaded: CNTV_CTL_EL0 = 0 when it is saved. sched_run() ends with slice_stop() and"
        " context_switch(NULL), which leaves VTTBR_EL2 0 (task 1).",
        section="task-6",
    ),
    in_order(
        "lab05.1.vttbr",
        1,
        "VTTBR_EL2 is in effect before the new guest's tables are",
        "MSR VTTBR_EL2; ISB; MSR TTBR0_EL1",
        "The VMID first, and an ISB, before TTBR0_EL1 and the rest: else a speculated walk may file the new guest's entries under the old VMID.",
    ),
    in_order(
        "lab05.2.in_effect",
        1,
        "FP and SIMD no longer trap when fp_enable() returns",
        "MSR CPTR_EL2; ISB",
        "fp_enable() ends with an ISB: the next FP instruction may come at once.",
    ),
    in_order(
        "lab05.4.barriers",
        1,
        "The GIC has taken what was written to it before anything relies on that",
        "MSR ICC_IGRPEN1_EL1; ISB; MRS ICC_IAR1_EL1; DSB SY; MSR ICC_EOIR1_EL1; ISB",
        "ISB behind writes of ICC_ registers; DSB SY behind the read of ICC_IAR1_EL1: acknowledged before the device is touched.",
    ),
    in_order(
        "lab05.5.barriers",
        1,
        "CVAL is written before CTL, and a stopped timer is off on return",
        "MSR CNTHP_CVAL_EL2; MSR CNTHP_CTL_EL2 = 1; and MSR CNTHP_CTL_EL2 = 0; ISB",
        "slice_at() sets the deadline and then turns the timer on; slice_stop() ends with an ISB, so that its line is down.",
    ),
    in_order(
        "lab05.8.barriers",
        1,
        "Offset and deadline of the virtual timer are in effect before it is turned on",
        "MSR CNTVOFF_EL2, CNTV_CVAL_EL0; ISB; MSR CNTV_CTL_EL0",
        "vtimer_load(): the offset and CVAL, an ISB, then CTL: else the timer fires by the last guest's deadline.",
    ),
    Check(
        "lab05.4.from_junk",
        1,
        "The redistributor is set up, whatever it held before",
        test=machine.redistributor_is_set_up,
        machine=True,
        wanted="GICR_ISENABLER0, ISPENDR0 and ISACTIVER0 0, IGROUPR0 all ones, ICFGR1 0, each priority 0xa0",
        hint="Firmware may leave interrupts enabled, pending, active, edge-triggered and of a priority that no mask lets"
        " through: init_redistributor() writes ICENABLER0, ICPENDR0, ICACTIVER0, ICFGR1, IGROUPR0 and all eight IPRIORITYR.",
    ),
    Check(
        "lab05.4.accesses",
        1,
        "Each access to the redistributor is of a register that is there",
        test=no_bad_access,
        wanted="GICR_IPRIORITYR written in bytes or in aligned words, up to GICR_IPRIORITYR7",
        hint="GICR_IPRIORITYR(n) is the byte of INTID n: a word has four of them, so write words at n = 0, 4, ..., 28, or"
        " bytes. A word at another n is unaligned, which faults on a device, and the last ones end beyond the registers.",
        boot=TRACED_5,
    ),
    kept(
        contracts.EL1_MOVES, 2,
        "All bits of the EL1 registers move, and nothing else in the context does",
        "each register after load() as it was at save(), of two contexts; their other words as before",
        "EL1_REGISTERS names each register once, and at most 32: one more and the part runs into the next one. What is"
        " saved is what is in the register then, for any value of it.",
        boot=SCRIPTED_5,
    ),
    kept(
        contracts.FP_MOVES, 1,
        "All bits of the FP registers move, and nothing else in the context does",
        "each half of Q0 to Q31, FPCR and FPSR after load() as at save(), of two contexts; their other words as before",
        "FP_REGISTERS stores 512 bytes, and FP_CONTROL FPCR and FPSR behind them.",
        boot=SCRIPTED_5,
    ),
    kept(
        contracts.KEYS_MOVE, 1,
        "All bits of the keys move, and nothing else in the context does",
        "each half of five keys after load() as at save(), of two contexts; their other words as before",
        "KEY_REGISTERS names ten registers once each: `keys` of struct context has room for no more.",
        boot=SCRIPTED_5,
    ),
    kept(
        contracts.SLICE_TIMER, 1,
        "Whatever the timer's state was before, slice_at() turns it on, and slice_stop() off",
        "CNTHP_CVAL_EL2 the deadline, CNTHP_CTL_EL2 ENABLE without IMASK; then a timer that cannot interrupt",
        "slice_at() writes CNTHP_CVAL_EL2, and CNTHP_CTL_EL2 = ENABLE as a whole: an IMASK that was there before"
        " is 0 then. slice_stop() writes 0.",
        boot=SCRIPTED_5,
    ),
    kept(
        contracts.SLICE_ENDS, 1,
        "An interrupt of CNTHP ends the turn and leaves nothing behind",
        "TRAP_RESCHEDULE, one more in ended_by_slice; PPI 26 neither active nor pending",
        "The line goes down (slice_stop()) before gic_deactivate(), or the interrupt comes again at once; count"
        " ended_by_slice once.",
        boot=SCRIPTED_5,
    ),
    kept(
        contracts.LISTS, 3,
        "Interrupts by software are pending, active and waiting as the guest left them",
        "each INTID in one list register at most; active until its end; waiting only while none is free",
        "pend_in_place() finds an INTID that is pending or active, and adds ICH_LR_PENDING to what is there, so"
        " that it stays active. pend_in_free() takes a list register whose state is invalid. vgic_refill() takes an INTID"
        " out of `waiting` if one of the two worked, and ends with vgic_control().",
        boot=SCRIPTED_5,
    ),
    kept(
        contracts.TIMER_LIST, 1,
        "The timer's interrupt is pending in list register 0, with its physical INTID",
        "ICH_LR0_EL2: pending, HW, group 1, priority 0xa0, vINTID and pINTID 27",
        "pending_lr(PPI_VTIMER) with ICH_LR_HW and ICH_LR_PINTID, written to list register 0 and to no other.",
        boot=SCRIPTED_5,
    ),
    kept(
        contracts.WAKES, 1,
        "A WFI is over for all that may be pending, if the guest's masks let it through",
        "true if VENG1 is 1, VPMR above 0xa0, and something waits or is pending in one of three list registers",
        "ICH_VMCR_EL2: VENG1, and VPMR strictly above VGIC_PRIORITY. Then `waiting`, or ICH_LR_PENDING in list register"
        " 0, 1 or 2; active alone is not pending.",
        boot=SCRIPTED_5,
    ),
    kept(
        contracts.MOVES, 2,
        "The virtual GIC's registers move between the hardware and struct vgic_context",
        "each register in its own member, both ways; PPI 27 active if list register 0 is in use",
        "VGIC_REGISTERS in the order of struct vgic_context: lr[0], lr[1], lr[2], ap1r0, ap0r0, vmcr. gic_set_active()"
        " looks at lr[0] of the vCPU that goes, and at that of the one that comes.",
        boot=SCRIPTED_5,
    ),
    kept(
        contracts.DEADLINES, 2,
        "Deadline and state of the virtual timer are right for every compare value",
        "CVAL + CNTVOFF; now if it has passed; VTIMER_NEVER if off, masked, or beyond the horizon",
        "All times are unsigned 64-bit numbers. Compare CVAL with now - CNTVOFF first, then the distance with the"
        " horizon. vtimer_fires(): ENABLE and ISTATUS 1, IMASK 0.",
        boot=SCRIPTED_5,
    ),
    kept(
        contracts.WAITS, 1,
        "WFI blocks only if nothing is pending and the timer's deadline is ahead; WFE gives way",
        "TRAP_RESUME if vgic_wakes() or the deadline has passed; else blocked until wake_at, TRAP_RESCHEDULE",
        "In the order of the task: skip the instruction; WFE is TRAP_RESCHEDULE; vgic_wakes(); a deadline that is not"
        " later than now; only then wake_at, ended_by_wait, VCPU_BLOCKED. QEMU rarely traps a WFI that need not wait.",
        boot=SCRIPTED_5,
        section="task-6",
    ),
    kept(
        contracts.TIMER_EXITS, 1,
        "PPI 27 is handed on if the timer fires, and deactivated if not",
        "list register 0 pending and the PPI active; or, of a line that went down late, neither",
        "gic_drop_priority() in both cases. vtimer_fires(): vgic_timer(), and the PPI stays active; otherwise"
        " gic_deactivate(), or it never comes again.",
        boot=SCRIPTED_5,
        section="task-6",
    ),
    kept(
        contracts.TIMER_MOVES, 1,
        "The virtual timer's registers move between the hardware and struct vtimer_context",
        "CVAL and CTL saved and loaded, CNTVOFF_EL2 loaded",
        "vtimer_save(): cval, ctl; then CNTV_CTL_EL0 = 0. vtimer_load(): offset and cval, ISB, ctl.",
        boot=SCRIPTED_5,
    ),
]
