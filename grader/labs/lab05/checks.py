# SPDX-License-Identifier: MIT
"""Lab 5: worlds that share one core.

Self-tests task by task, then scenes one after the other. Inside a scene the guests take
turns, and the compiler decides which prints first: so their lines count anywhere.
"""

from __future__ import annotations

from collections.abc import Callable

from ..boot_checks import switches_off
from ..check import Boot, Check, Evidence
from ..contract_checks import kept
from ..execution_order import LOGGED_BOOT_5, executed_in_order
from . import contracts, machine
from .rules import (
    FP, GUESTS, IDLE_US, KEYS, OTHER_GUESTS, TIMER, TURNS, VGIC, all_guests_ended,
    endless_sleepers_are_stopped, hogs_resume, hogs_share, idle_is_a_wait, is_el1, many_turns,
    no_bad_access, no_difference, sleepers_wait, slices_end_turns, turns_last_a_slice, vms_of,
)  # fmt: skip

SHORT_SLICES = Boot(make=("SLICE_US=30", f"GUESTS={' '.join(OTHER_GUESTS)}"))

# Without guests: no vCPU is entered.
SCRIPTED_5 = Boot(make=("DRIVER=1", "GUESTS="), scripted=True)


def selftest(name: str, points: int, title: str, hint: str, *facts: str) -> Check:
    """EL2's self-test of one task."""
    line = "\n".join(f"[test] {fact}" for fact in facts)
    return Check(f"lab05.{name}", points, title, line=line, hint=hint)


def said(
    name: str, points: int, title: str, line: str, hint: str, nth: int = 0, boot: Boot = Boot()
) -> Check:
    """The line of a guest, anywhere; of the `nth` one if several VMs run it."""
    guests = OTHER_GUESTS if boot == SHORT_SLICES else GUESTS
    vm = vms_of(line.partition(":")[0], guests)[nth]
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
    """A rule of the schedule that EL2 prints after the scenes; `task` is where to read."""
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
        wanted="both pattern guests run to their end, and find no difference",
        hint=hint,
        boot=boot,
        section=f"task-{task}",
    )


HOG = "hog: done, virtual time ran backwards 0 times, counted: yes"
SLEEPER = "sleeper: 20 sleeps, 20 wake-ups, 0 early, late by a slice at the most: yes"
SIGNER = "signer: signed: yes, enough rounds: yes, 0 failed"
PUNCTUAL = "punctual_ticks: 32 ticks, 0 early, 0 late, 0 others"
SGIS = "sgis: 10 rounds of 16, 0 not taken once each, 0 others"
CNTVOFF = (
    "CNTVCT is CNTPCT minus CNTVOFF_EL2: save and load the offset with the vCPU, with this sign."
    " If the guest printed no such line, its [trap] line says why it stopped."
)
SGI = (
    "An INTID is in at most one list register, also if it is raised twice. Interrupts without a"
    " list register wait, with UIE set until vgic_refill() has placed them. All list registers move"
    " with the vCPU, and EL2 drops the priority of each interrupt that it takes."
)
TICK = (
    "PPI 27 in a list register needs HW and pINTID, and stays active until the guest's EOI. Its"
    " active bit in the GIC moves with the vCPU, or it masks the other guest's timer."
)

WATCH = machine.WATCH
CONTRACTS = contracts.CONTRACTS

CHECKS = [
    selftest(
        "1.registers",
        2,
        "Each EL1 register is saved and loaded again",
        "The named register is missing from the list, or is in it twice."
        " Each register that a guest can write without a trap has to move.",
        "context, EL1: 0 registers wrong, the first: none",
    ),
    selftest(
        "2.registers",
        2,
        "Q0 to Q31, FPCR and FPSR are saved and loaded again",
        "Q0 to Q31 are 128 bits each, and FPCR and FPSR belong to them. After a panic with EC 0x07:"
        " fp_enable() did not clear CPTR_EL2.TFP.",
        "context, FP: 0 registers wrong, the first: none",
    ),
    selftest(
        "3.keys",
        2,
        "Five keys are saved and loaded again",
        "Five keys of two halves: ten registers. APGA and the high halves are often forgotten.",
        "context, keys: 0 registers wrong, the first: none",
    ),
    selftest(
        "4.quiet",
        2,
        "The interrupt controller is set up, and nothing is pending",
        "Switch all 32 private interrupts of the redistributor off; none may be pending or active."
        " INTID 1023 means that nothing is pending.",
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
        "The interrupt comes again after it is deactivated, and not before",
        "ICC_IAR1_EL1 acknowledges, ICC_HPPIR1_EL1 only shows. EOImode is 1: EOIR1 only drops the"
        " priority, DIR deactivates. An interrupt that is not deactivated never comes again, and"
        " neither does an edge-triggered one: GICR_ICFGR1 = 0.",
        "GIC: while active: none, after deactivation: 26 again",
        "GIC: after the line went down: none",
    ),
    selftest(
        "5.slice",
        2,
        "CNTHP interrupts at its deadline",
        "Write CNTHP_CVAL_EL2 first, then CTL = ENABLE with IMASK 0. The deadline is a value of"
        " CNTPCT_EL0.",
        "slice: interrupt 26, not early: yes, at most 10 us late: yes",
    ),
    selftest(
        "5.stopped",
        3,
        "When the slice is stopped, nothing is pending",
        "The timer's line is level-sensitive: switch the timer off (CTL = 0, ISB), or the interrupt"
        " comes again as soon as it is deactivated.",
        "slice: after slice_stop(): none",
    ),
    Check(
        "lab05.6.hogs_end",
        2,
        "Two hogs take turns until both end",
        line="[scene] 1: two hogs share fairly\n[vm] 0: {text}\n[vm] 1: {text}",
        hint="find_ready() starts after the vCPU that ran last, and returns NULL when no vCPU is"
             " ready. If a panic names HCR_EL2: pauth_enable() adds two bits and keeps the rest.",
    ),
    Check(
        "lab05.6.scene",
        3,
        "When all VMs of a scene have stopped, the scheduler returns",
        line="[scene] 2: a sum and a signer",
        hint="A hog never traps: call slice_at() for each turn, and return TRAP_RESCHEDULE when"
             " CNTHP interrupts. A timer that is set once ends one turn. *earliest is VTIMER_NEVER"
             " while no vCPU sleeps.",
    ),
    summary(
        "6.slices",
        2,
        "A hog's turns end by slice",
        slices_end_turns,
        "many turns of each hog, all but the last ended by slice",
        "Call slice_at() for each turn: a timer that is set once ends one slice. The slice's"
        " interrupt ends the turn (TRAP_RESCHEDULE); an exit that EL2 has handled (TRAP_RESUME)"
        " does not.",
        5,
    ),
    summary(
        "6.fair",
        2,
        "Two hogs share the core fairly",
        hogs_share,
        "the same number of turns each, plus or minus one",
        "Start the search after the vCPU that ran last, not at the start of the ring.",
        6,
    ),
    summary(
        "6.length",
        1,
        "A turn of a hog lasts a slice",
        turns_last_a_slice,
        "the time is the number of turns times SLICE_US",
        "The slice starts with the turn and is counted in ticks of CNTPCT_EL0. The timer's line"
        " must be down before the interrupt is deactivated.",
        5,
    ),
    Check(
        "lab05.6.preempted",
        1,
        "Two hogs are interrupted in turn, and each resumes where it was",
        test=hogs_resume,
        exceptions=True,
        wanted="interrupts of one hog and of the other in turn, each hog entered again at its PC",
        hint="context_switch() saves ELR_EL2 and SPSR_EL2 of the vCPU that leaves and loads those"
             " of the next one. Call slice_at() for each turn, and return TRAP_RESCHEDULE when"
             " CNTHP interrupts.",
    ),
    said("6.hog_0", 2, "The first hog's time never runs backwards", HOG, CNTVOFF),
    said("6.hog_1", 2, "The second hog's time never runs backwards", HOG, CNTVOFF, nth=1),
    said(
        "6.sums",
        2,
        "64 sums in the vector registers are exact",
        "sums: 64 sums of 1 to 40000, 0 wrong",
        "A wrong sum has bits of another guest: context_switch() saves the old vCPU's state before"
        " it loads the new one's.",
    ),
    said(
        "6.signer",
        2,
        "Signed pointers are authentic after another guest ran",
        SIGNER,
        "HCR_EL2.API and APK = 1 let guests sign. Load the five keys before the guest runs.",
    ),
    said("7.sgis_0", 2, "Each of 16 SGIs is taken once by the first guest", SGIS, SGI),
    said("7.sgis_1", 2, "Each of 16 SGIs is taken once by the second guest", SGIS, SGI, nth=1),
    Check(
        "lab05.8.ends",
        1,
        "All scenes end",
        line="[boot] stage 5 is complete: power off",
        hint="WFI blocks until vtimer_deadline(), in physical ticks. Look at it and at pending"
             " interrupts first, or an earlier wake-up is lost. If the stage sleeps forever,"
             " interrupt 26 is not deactivated. If it loops forever, wake_if_due() does not"
             " wake a vCPU whose sleep is over.",
    ),
    Check(
        "lab05.8.everybody",
        1,
        "Each guest of every scene runs to its end",
        test=all_guests_ended,
        wanted=f"PSCI SYSTEM_OFF of each of the {len(GUESTS)} VMs",
        needs="lab05.6.hogs_end",
        section="task-1",
        hint="A guest that is stopped or vanishes after others ran has lost a register: ELR_EL2 and"
             " SPSR_EL2 are its PC and PSTATE, SP_EL1 its stack, VBAR_EL1 its vectors. Stopped"
             " after an idle time: it was not loaded again; context_switch(NULL) records that no"
             " vCPU is loaded. Stopped twice: it was chosen again; find_ready() does not return a"
             " vCPU that has stopped."
             " Asleep forever although its timer runs: the search must end with the vCPU that ran"
             " last, not before it.",
    ),
    summary(
        "8.many",
        1,
        "All guests together had many turns",
        many_turns,
        f"more than {TURNS} turns in all",
        "SLICE_US is in microseconds: counter_ticks() converts it to ticks, CNTFRQ_EL0 of which are"
        " a second.",
        5,
    ),
    summary(
        "8.waits",
        2,
        "A sleeper's turns end by WFI",
        sleepers_wait,
        "at least 20 turns ended by wait, and not many more turns in all",
        "WFI blocks the vCPU until its deadline, in physical ticks: vtimer_deadline(). A vCPU that"
        " stays runnable is polled and wastes turns.",
        8,
    ),
    summary(
        "8.idle",
        2,
        "While all guests sleep, EL2 waits",
        idle_is_a_wait,
        f"idle for {IDLE_US} us or more, about once for each sleep",
        "EL2 waits until the earliest deadline, which find_ready() returns. If the WFI ends at"
        " once, an interrupt was left pending: slice_stop().",
        8,
    ),
    said(
        "8.sleeper",
        2,
        "Next to a hog, a sleeper wakes 20 times, never early, and late by at most a slice",
        SLEEPER,
        "The deadline in physical time is CNTV_CVAL + CNTVOFF. A timer that expired while another"
        " guest ran fires when it is loaded: CVAL and offset first, CTL last. Start the search"
        " after the vCPU that ran last, or a hog keeps the core.",
    ),
    said(
        "8.sleeper_alone",
        2,
        "Alone, a sleeper wakes 20 times, never early, and late by at most a slice",
        SLEEPER,
        "When all vCPUs sleep, find_ready() returns the earliest deadline. context_switch(NULL)"
        " records that no vCPU is loaded, or the next load is skipped.",
        nth=1,
    ),
    said(
        "8.ticks_0",
        2,
        "The first guest gets all ticks of its timer, and no others",
        "ticks: 46 of 46 wanted, 0 early, 0 others",
        TICK,
    ),
    said(
        "8.ticks_1",
        2,
        "The second guest gets all ticks of its timer, at another rate",
        "ticks: 40 of 40 wanted, 0 early, 0 others",
        TICK,
        nth=1,
    ),
    pattern(
        "el1",
        2,
        "No EL1 register of a guest changes while others run",
        1,
        is_el1,
        "The named register does not move with the vCPU, or VTTBR_EL2 and its ISB do not come"
        " before the load.",
    ),
    pattern(
        "fp",
        1,
        "No FP register of a guest changes while others run",
        2,
        lambda name: bool(FP.fullmatch(name)),
        "EL2 is compiled without FP registers. Save and load them on a switch of vCPUs, and only"
        " then.",
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
        "ICH_VMCR_EL2 holds the guest's masks and modes, AP0R0 and AP1R0 its active priorities, the"
        " list registers its pending interrupts: all of them move.",
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
        "A guest that waits for a timer that is off, masked or centuries away is stopped",
        test=endless_sleepers_are_stopped,
        wanted="[trap] vm{number} stopped: asleep forever, for each of long_sleeper_far,"
        " long_sleeper_masked and long_sleeper_off",
        hint="vtimer_deadline() returns VTIMER_NEVER without ENABLE, with IMASK, and beyond the"
             " horizon. If no guest wakes at all: vgic_control() switches the virtual CPU interface"
             " on at each load.",
        boot=SHORT_SLICES,
    ),
    said(
        "8.beside_napper",
        1,
        "A guest wakes in time next to one that sleeps longer and then calls EL2 without a pause",
        PUNCTUAL,
        "EL2 sleeps until the earliest deadline of all vCPUs, not that of the last one in the ring."
        " A slice starts with the turn: an exit does not start another. Start the search after the"
        " vCPU that ran last.",
        boot=SHORT_SLICES,
    ),
    said(
        "8.bell",
        1,
        "A guest's ticks are not delayed by another guest that takes its own late and slowly",
        PUNCTUAL,
        "A vCPU that leaves with list register 0, the timer's, pending or active takes the active"
        " bit of PPI 27 with it: gic_set_active(PPI_VTIMER, false), or no guest's timer interrupts"
        " any more.",
        nth=1,
        boot=SHORT_SLICES,
    ),
    said(
        "8.slow_bell",
        1,
        "A guest that takes and ends its timer's interrupt late gets it once",
        "late_ticks: 8 ticks, 0 early, 0 late, 0 others",
        "The list register and the active bit of PPI 27 move together: when the loaded list"
        " register is in use, gic_set_active(PPI_VTIMER, true), or the line raises the interrupt"
        " again.",
        boot=SHORT_SLICES,
    ),
    said(
        "8.again",
        1,
        "An interrupt that is raised while active comes again; a masked one does not end WFI",
        "edge_irqs: 0 not raised again, 0 lost near the timer, 0 waits too short",
        "Raised while active, the list register is active and pending, with priority VGIC_PRIORITY."
        " List register 0 is for the timer alone. vgic_wakes(): pending, group 1 enabled (VENG1),"
        " VPMR above the priority; active is not pending. Skip a WFI that does not wait:"
        " trap_skip_instruction().",
        boot=SHORT_SLICES,
    ),
    pattern(
        "rival",
        1,
        "No state of a guest changes next to edge_irqs and with shorter slices either",
        1,
        lambda _: True,
        "The pattern guests differ from each other in most registers; edge_irqs differs from them"
        " in the rest: FPSR, CPACR_EL1, ICC_IGRPEN0_EL1. Each register that a guest can write"
        " without a trap has to move.",
        SHORT_SLICES,
    ),
    said(
        "8.pending",
        1,
        "WFI with an interrupt pending does not wait",
        "edge_irqs: 40 waits, 0 for another interrupt, 0 differences",
        "A pending list register ends WFI, and stays with its vCPU while others run.",
        boot=SHORT_SLICES,
    ),
    Check(
        "lab05.8.loaded",
        2,
        "At each entry VTTBR_EL2 and the traps belong to the vCPU that is entered",
        test=machine.the_right_vm_is_loaded,
        machine=True,
        wanted="VMID and root table of the vCPU's VM; FP and pointer authentication not trapped",
        hint="context_switch() loads VTTBR_EL2 with each vCPU, then an ISB, then the rest, with"
             " CNTVOFF_EL2 from the context. fp_enable() clears CPTR_EL2.TFP and nothing else. If"
             " only one VM was entered: start the search after the vCPU that ran last.",
        section="task-1",
    ),
    Check(
        "lab05.8.context",
        2,
        "A vCPU is entered with the registers that it had at its last exit",
        test=machine.what_leaves_comes_back,
        machine=True,
        wanted="each EL1 register, key, Q register and the virtual time as at the exit",
        hint="The named register is missing from the list of its part, or is loaded in another"
             " order than it is saved.",
        section="task-1",
    ),
    Check(
        "lab05.8.left_over",
        1,
        "After a scene no interrupt is active, no unused one is enabled, and no timer is on",
        test=machine.nothing_is_left_over,
        machine=True,
        proof=False,
        wanted="ISACTIVER0 0, ISENABLER0 25 to 27, CNTHP and CNTV off, VTTBR_EL2 0",
        hint="Deactivate each interrupt that was acknowledged; gic_init() disables all (ICENABLER)."
             " A guest's timer is off while it is not loaded: CNTV_CTL_EL0 = 0 after it is saved."
             " sched_run() ends with slice_stop() and context_switch(NULL), which leaves VTTBR_EL2"
             " 0 (task 1).",
        section="task-6",
    ),
    executed_in_order(
        "lab05.1.vttbr",
        1,
        "VTTBR_EL2 is in effect before the new guest's tables are",
        "MSR VTTBR_EL2; ISB; MSR TTBR0_EL1",
        "Write the VMID first, then an ISB, then TTBR0_EL1 and the rest: otherwise a speculative"
        " walk may cache the new guest's entries under the old VMID.",
    ),
    executed_in_order(
        "lab05.2.in_effect",
        1,
        "FP and SIMD no longer trap when fp_enable() returns",
        "MSR CPTR_EL2; ISB",
        "fp_enable() ends with an ISB: the next instruction may use FP.",
    ),
    executed_in_order(
        "lab05.4.barriers",
        1,
        "Writes to the GIC are complete before anything relies on them",
        "MSR ICC_IGRPEN1_EL1; ISB; MRS ICC_IAR1_EL1; DSB SY; MSR ICC_EOIR1_EL1; ISB",
        "An ISB after writes to ICC_ registers. A DSB SY after the read of ICC_IAR1_EL1: the"
        " interrupt is acknowledged before the device is accessed.",
    ),
    executed_in_order(
        "lab05.5.barriers",
        1,
        "CVAL is written before CTL, and a stopped timer is off on return",
        "MSR CNTHP_CVAL_EL2; MSR CNTHP_CTL_EL2 = 1; and MSR CNTHP_CTL_EL2 = 0; ISB",
        "slice_at() sets the deadline, then turns the timer on. slice_stop() ends with an ISB, so"
        " that the line is down.",
    ),
    executed_in_order(
        "lab05.8.barriers",
        1,
        "Offset and deadline of the virtual timer are in effect before it is turned on",
        "MSR CNTVOFF_EL2, CNTV_CVAL_EL0; ISB; MSR CNTV_CTL_EL0",
        "vtimer_load(): offset and CVAL, an ISB, then CTL: otherwise the timer fires at the last"
        " guest's deadline.",
    ),
    Check(
        "lab05.4.from_junk",
        1,
        "The redistributor is set up correctly from any earlier state",
        test=machine.redistributor_is_set_up,
        machine=True,
        wanted="GICR_ISENABLER0, ISPENDR0 and ISACTIVER0 0, IGROUPR0 all ones, ICFGR1 0, each"
               " priority 0xa0",
        hint="Firmware may leave interrupts enabled, pending, active, edge-triggered and with the"
             " lowest priority. init_redistributor() writes ICENABLER0, ICPENDR0, ICACTIVER0,"
             " ICFGR1, IGROUPR0 and all eight IPRIORITYR.",
    ),
    Check(
        "lab05.4.accesses",
        1,
        "Each access to the redistributor hits an existing register",
        test=no_bad_access,
        wanted="GICR_IPRIORITYR written in bytes or in aligned words, up to GICR_IPRIORITYR7",
        hint="GICR_IPRIORITYR(n) is the byte of INTID n. A word has four of them: write words at n"
             " = 0, 4, ..., 28, or bytes. A word at another n is unaligned, which faults on a"
             " device, and the last ones end after the registers.",
        boot=LOGGED_BOOT_5,
    ),
    kept(
        contracts.EL1_MOVES, 2,
        "All bits of the EL1 registers move, and nothing else in the context changes",
        "each register after load() as at save(), for two contexts; their other words unchanged",
        "EXECUTION_REGISTERS has 14 registers, each once: with more than 32 in all the part"
        " runs into the next one. Save the register's current value, whatever it is.",
        boot=SCRIPTED_5,
    ),
    kept(
        contracts.FP_MOVES, 1,
        "All bits of the FP registers move, and nothing else in the context changes",
        "each half of Q0 to Q31, FPCR and FPSR after load() as at save(), for two contexts; their"
        " other words unchanged",
        "FP_REGISTERS stores 512 bytes, and FP_CONTROL stores FPCR and FPSR after them.",
        boot=SCRIPTED_5,
    ),
    kept(
        contracts.KEYS_MOVE, 1,
        "All bits of the keys move, and nothing else in the context changes",
        "each half of five keys after load() as at save(), for two contexts; their other words"
        " unchanged",
        "KEY_REGISTERS names ten registers once each: `keys` of struct context has room for no"
        " more.",
        boot=SCRIPTED_5,
    ),
    kept(
        contracts.SLICE_TIMER, 1,
        "From any earlier state slice_at() turns the timer on and slice_stop() turns it off",
        "CNTHP_CVAL_EL2 is the deadline, CNTHP_CTL_EL2 is ENABLE without IMASK; then a timer that"
        " cannot interrupt",
        "slice_at() writes CNTHP_CVAL_EL2, then all of CNTHP_CTL_EL2 = ENABLE, which clears IMASK."
        " slice_stop() writes 0.",
        boot=SCRIPTED_5,
    ),
    kept(
        contracts.SLICE_ENDS, 2,
        "An interrupt of CNTHP ends the turn, and is neither active nor pending afterwards",
        "TRAP_RESCHEDULE, ended_by_slice one higher; PPI 26 neither active nor pending",
        "Take the line down (slice_stop()) before gic_deactivate(), or the interrupt comes again at"
        " once. Count ended_by_slice once.",
        boot=SCRIPTED_5,
        for_task=False,
    ),
    kept(
        contracts.LISTS, 1,
        "Software interrupts stay pending, active and waiting as the guest left them",
        "each INTID in at most one list register; active until its end; waiting only while none is"
        " free",
        "pending_lr() returns ICH_LR_PENDING, ICH_LR_GROUP1, VGIC_PRIORITY and the INTID, and no"
        " other bit: not ICH_LR_HW. The given vgic_refill() puts that into list register 1 or 2.",
        boot=SCRIPTED_5,
    ),
    kept(
        contracts.TIMER_LIST, 1,
        "The timer's interrupt is pending in list register 0, with its physical INTID",
        "ICH_LR0_EL2: pending, HW, group 1, priority 0xa0, vINTID and pINTID 27",
        "pending_lr(PPI_VTIMER) with ICH_LR_HW and ICH_LR_PINTID, written to list register 0 and to"
        " no other.",
        boot=SCRIPTED_5,
        for_task=False,
    ),
    kept(
        contracts.WAKES, 1,
        "Each pending interrupt ends WFI if the guest's masks let it through",
        "true if VENG1 is 1, VPMR above 0xa0, and an interrupt waits or is pending in a list"
        " register",
        "ICH_VMCR_EL2: VENG1, and VPMR strictly above VGIC_PRIORITY. Then `waiting`, or"
        " ICH_LR_PENDING in list register 0, 1 or 2; active alone is not pending.",
        boot=SCRIPTED_5,
        for_task=False,
    ),
    kept(
        contracts.MOVES, 2,
        "The virtual GIC's registers move between the hardware and struct vgic_context",
        "each register in its own member, in both directions; PPI 27 active if list register 0 is"
        " in use",
        "VGIC_REGISTERS are in the order of struct vgic_context: lr[0], lr[1], lr[2], ap1r0, ap0r0,"
        " vmcr. Call gic_set_active() for lr[0] of the vCPU that leaves, and for that of the one"
        " that is loaded.",
        boot=SCRIPTED_5,
    ),
    kept(
        contracts.DEADLINES, 2,
        "Deadline and state of the virtual timer are right for every compare value",
        "CVAL + CNTVOFF; now if it has passed; VTIMER_NEVER if off, masked, or beyond the horizon",
        "All times are unsigned 64-bit numbers. Compare CVAL with now - CNTVOFF first, then the"
        " distance with the horizon. vtimer_fires(): ENABLE and ISTATUS 1, IMASK 0.",
        boot=SCRIPTED_5,
        for_task=False,
    ),
    kept(
        contracts.WAITS, 1,
        "WFI blocks only if nothing is pending and the deadline has not passed; WFE reschedules",
        "TRAP_RESUME if vgic_wakes() or the deadline has passed; else blocked until wake_at,"
        " TRAP_RESCHEDULE",
        "In the order of the task: skip the instruction; WFE is TRAP_RESCHEDULE; vgic_wakes(); a"
        " deadline that is not later than now; only then wake_at, ended_by_wait, VCPU_BLOCKED. QEMU"
        " rarely traps a WFI that need not wait.",
        boot=SCRIPTED_5,
        for_task=False,
    ),
    kept(
        contracts.TIMER_EXITS, 1,
        "PPI 27 goes to the guest if its timer fires, and is deactivated if not",
        "list register 0 pending and the PPI active; neither if the line went down before",
        "Call gic_drop_priority() in both cases. If vtimer_fires(): vgic_timer(), and the PPI stays"
        " active; otherwise gic_deactivate(), or it never comes again.",
        boot=SCRIPTED_5,
        for_task=False,
    ),
    kept(
        contracts.TIMER_MOVES, 1,
        "The virtual timer's registers move between the hardware and struct vtimer_context",
        "CVAL and CTL saved and loaded, CNTVOFF_EL2 loaded",
        "vtimer_save(): cval, ctl; then CNTV_CTL_EL0 = 0. vtimer_load(): offset and cval, ISB,"
        " ctl.",
        boot=SCRIPTED_5,
        for_task=False,
    ),
]
