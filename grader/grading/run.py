# SPDX-License-Identifier: MIT
"""A grading: build each stage once, boot it once per configuration, and judge it.

Builds run one after the other, because they share objects and make itself uses all
cores. Boots of finished images run at the same time.
"""

from __future__ import annotations

import errno
import os
import re
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Optional

from ..core.kit import KIT, LAB_DIRS, GraderError
from ..core.process import Limits, Nursery
from ..core.scratch_folder import scratch
from ..labs import contracts_of, ordered_of, plan_of, probes_of, tables, watch_of
from ..labs.check import Boot, Check, Evidence, Outcome, Result
from ..labs.course import SCALE, additions
from ..labs.contract import verdicts
from ..labs.probe import Probing
from ..model.elf import poison_ram, symbols, with_patch
from ..qemu import memory_effects, instruction_log
from ..qemu.boot import HANGS, INSPECTION, LIMITS, Run, qemu
from ..qemu.boot import boot as boot_machine
from ..qemu.call_script import Results, Script
from ..qemu.inspection import Session, Watch
from ..qemu.nonce import draw
from ..qemu.preamble import with_cores, with_junk
from ..qemu.witness import witness
from .build import LIMITS as BUILDING
from .build import Built, Place, build_stage, check_tools, outer_variables
from .cause import Cause, first_cause
from .crash import crash_of
from .evaluate import BootResult, NotBooted, evaluate, task_number, without_consequences
from .look import Look, look
from .reserved_names import misuse


@dataclass(frozen=True)
class Options:
    """Which labs to grade, from which files, and how to build and boot them."""

    labs: tuple[int, ...]
    solved: int = 0
    build: Path = KIT / "build"
    place: Place = Place()  # the tree with the sources
    make: tuple[str, ...] = ()  # variables for every build
    qemu: tuple[str, ...] = ()  # options for every boot
    only: Optional[Collection[str]] = None  # ids of the checks to grade; None: all
    cpu_seconds: int = LIMITS.cpu_seconds  # of QEMU, for each boot
    open_tasks: bool = False  # the labs' open tasks, not their usual ones
    looks: bool = False  # run a command of gdb for the first cause
    # How many boots of a lab may be stopped before its others are left out; 0: all of them.
    # Then no lab is booted either after one whose usual boot was stopped.
    patience: int = 0

    @property
    def tables(self) -> Mapping[int, list[Check]]:
        return tables(self.open_tasks)


@dataclass(frozen=True)
class LabResult:
    """A lab, the results of its checks, and the evidence of its boots.

    The images may be deleted by then; `symbols` are those of the usual image.
    """

    lab: int
    results: list[Result]
    evidence: Mapping[Boot, BootResult] = field(default_factory=dict)
    symbols: Mapping[str, int] = field(default_factory=dict)

    @property
    def name(self) -> str:
        return LAB_DIRS[self.lab]

    @property
    def points(self) -> int:
        return self._scaled(sum(result.points for result in self.results))

    @property
    def maximum(self) -> int:
        return self._scaled(sum(result.check.points for result in self.results))

    def _scaled(self, points: int) -> int:
        """Return points of a lab that counts 100, whatever the course has added to it.

        Rounded down, so that only full marks give 100.
        """
        own = {result.check.id for result in self.results}
        table = tables()[self.lab] if additions(self.lab).checks else []
        if not table or not own <= {check.id for check in table}:
            return points
        return points * SCALE // sum(check.points for check in table)


@dataclass(frozen=True)
class Grading:
    """The results of all labs."""

    solved: int
    labs: list[LabResult]
    notes: tuple[str, ...] = ()  # what was not taken from the submission
    cause: Optional[Cause] = None  # what to mend first
    look: Optional[Look] = None  # what the machine shows of it
    open_tasks: bool = False  # the points are extra

    @property
    def points(self) -> int:
        return sum(lab.points for lab in self.labs)

    @property
    def maximum(self) -> int:
        return sum(lab.maximum for lab in self.labs)

    @property
    def all_right(self) -> bool:
        return self.points == self.maximum

    @property
    def not_judged(self) -> list[Result]:
        """The checks that an error of the grader spoiled. The points are a lower bound."""
        results = [result for lab in self.labs for result in lab.results]
        return [result for result in results if result.outcome is Outcome.NOT_JUDGED]

    def result(self, check_id: str) -> Result:
        return next(r for lab in self.labs for r in lab.results if r.check.id == check_id)


def grade(options: Options, nursery: Optional[Nursery] = None,
          early: Callable[[Cause], None] = lambda cause: None) -> Grading:
    """Grade. Raise GraderError for every failure that is not the student's.

    `early` gets the first failure of each lab's usual boot as soon as that boot has ended.
    """
    labs = {lab: selected(options.tables[lab], options.only) for lab in options.labs}

    def usual_boot_ended(lab: int, evidence: Evidence) -> None:
        own = [check for check in labs.get(lab, ()) if check.boot == Boot() and not check.machine]
        names = {"", *(check.id for check in own)}
        checks = [check for check in own if check.needs in names]
        if cause := _cause_of([_result_of(lab, checks, {Boot(): evidence}, options)],
                              options.place.tree):
            early(cause)

    workshop = Workshop(options, nursery or Nursery(), usual_boot_ended)
    workshop.nursery.confinement = options.place.confinement
    check_tools(workshop.variables, workshop.nursery)
    boots = {lab: boots_of(checks) for lab, checks in labs.items()}
    found = workshop.with_patience(boots) if options.patience else workshop.evidence(boots)
    results = [_result_of(lab, checks, found[lab], options) for lab, checks in labs.items()]
    cause = _cause_of(results, options.place.tree)
    if (cause and not cause.is_open and not options.open_tasks and not options.patience
            and _is_whole(cause.result.check.lab, options)):
        cause = _cause_in_earlier_lab(cause, workshop) or cause
    seen = _look_of(cause, workshop) if cause and options.looks else None
    return Grading(options.solved, _in_view_of(cause, results), cause=cause, look=seen,
                   open_tasks=options.open_tasks)


def _look_of(cause: Cause, workshop: Workshop) -> Optional[Look]:
    """Look at the machine after the usual boot of the check that failed first."""
    usual = workshop.usual.get(cause.result.check.lab)
    if cause.is_open or not usual:
        return None
    limits = replace(LIMITS, cpu_seconds=workshop.options.cpu_seconds)
    return look(cause, usual, workshop.options.qemu, limits, workshop.nursery)


def _result_of(lab: int, checks: list[Check], found: Mapping[Boot, BootResult],
               options: Options) -> LabResult:
    """Judge a lab. Its results are by task."""
    labelled = [replace(result, solved=options.solved) for result in evaluate(checks, found)]
    kept = [r for r in labelled if options.only is None or r.check.id in options.only]
    kept.sort(key=lambda result: by_task(result.check))
    return LabResult(lab, kept, found, _symbols_of(found[Boot()]))


def _is_whole(lab: int, options: Options) -> bool:
    """True if all checks of a lab are graded, not a selection of them."""
    every = {check.id for check in options.tables[lab]}
    return options.only is None or every <= set(options.only)


def _cause_of(labs: Sequence[LabResult], tree: Path) -> Optional[Cause]:
    """Return the first cause of the first lab that has one."""
    causes = (first_cause(lab.results, lab.evidence, tree) for lab in labs)
    return next(filter(None, causes), None)


def _cause_in_earlier_lab(cause: Cause, workshop: Workshop) -> Optional[Cause]:
    """Grade the student's labs before that of a failure, up to the first that fails too."""
    options = replace(workshop.options, only=None)
    for lab in range(options.solved + 1, cause.result.check.lab):
        if lab not in options.labs:
            checks = options.tables[lab]
            found = workshop.evidence({lab: boots_of(checks)})[lab]
            earlier = _cause_of([_result_of(lab, checks, found, options)], options.place.tree)
            if earlier:
                return replace(earlier, shown_by=cause.result)
    return None


def _in_view_of(cause: Optional[Cause], labs: Sequence[LabResult]) -> list[LabResult]:
    """Set aside what follows from the first cause in later labs."""
    if not cause:
        return list(labs)
    first, lab = cause.result.check.id, cause.result.check.lab
    return [
        replace(each, results=without_consequences(each.results, each.evidence, first))
        if each.lab > lab else each for each in labs
    ]


def _symbols_of(found: BootResult) -> dict[str, int]:
    return symbols(found.image.read_bytes()) if isinstance(found, Evidence) else {}


def by_task(check: Check) -> tuple[int, int]:
    """Sort key: reports list checks by task, tables follow the transcript."""
    return task_number(check.task)


def stops(found: BootResult) -> int:
    """Return how often a boot had to be stopped, with its repetitions."""
    if not isinstance(found, Evidence):
        return 0
    runs = [found.run, *found.again, *filter(None, [found.inspected])]
    return sum(run.ending in HANGS for run in runs)


# The boots of a lab, and for each if it is repeated with an inspection of the machine.
Boots = Mapping[Boot, bool]


def boots_of(checks: Iterable[Check]) -> dict[Boot, bool]:
    """Return the boots that these checks need. The usual boot is always one of them."""
    boots = {Boot(): False}
    for check in checks:
        for boot in check.boots:
            boots[boot] = boots.get(boot, False) or check.machine
    return boots


def selected(checks: list[Check], only: Optional[Collection[str]]) -> list[Check]:
    """Return the wanted checks, all checks of their boots, and the checks that they need."""
    if only is None:
        return checks
    boots = {check.boot for check in checks if check.id in only}
    needs = {check.needs for check in checks if check.boot in boots}
    boots |= {check.boot for check in checks if check.id in needs}
    return [check for check in checks if check.boot in boots | {Boot()}]


# The build that a boot needs: its lab and its own make variables.
BuildKey = tuple[int, tuple[str, ...]]


@dataclass
class Workshop:
    """Builds and boots the stages of one grading."""

    options: Options
    nursery: Nursery = field(default_factory=Nursery)
    usual_boot_ended: Callable[[int, Evidence], None] = lambda lab, evidence: None
    cpu_seconds: float = 0.0  # of all builds so far
    usual: dict[int, Evidence] = field(default_factory=dict)  # of the usual boots, by lab
    # the first stage whose build was stopped, and the error
    endless: Optional[tuple[int, str]] = None

    @property
    def variables(self) -> list[str]:
        return [*outer_variables(), *self.options.make]

    def with_patience(self, labs: Mapping[int, Boots]) -> dict[int, dict[Boot, BootResult]]:
        """Return what these boots leave, lab by lab, until too many of them had to be stopped.

        A stage that hangs costs seconds, and the labs after it hang too.
        """
        found: dict[int, dict[Boot, BootResult]] = {}
        why = ""
        for lab, boots in labs.items():
            if why:
                found[lab] = {boot: NotBooted(why) for boot in boots}
                continue
            found[lab] = self.evidence({lab: boots})[lab]
            if stops(found[lab][Boot()]):
                why = f"not booted, because the usual boot of lab {lab} had to be stopped"
        return found

    def evidence(self, labs: Mapping[int, Boots]) -> dict[int, dict[Boot, BootResult]]:
        """Return what each of these boots leaves."""
        boots: dict[BuildKey, list[Boot]] = {}
        for lab, its_own in labs.items():
            for boot in its_own:
                boots.setdefault((lab, boot.make), []).append(boot)
        found: dict[int, dict[Boot, BootResult]] = {lab: {} for lab in labs}
        cores = max(2, os.cpu_count() or 1)
        with ThreadPoolExecutor(1) as builder, ThreadPoolExecutor(cores) as pool:
            try:
                building = {builder.submit(self.build, key): key for key in boots}
                booting: dict[Future[BootResult], tuple[int, Boot]] = {}
                order: list[tuple[int, Boot]] = []
                while building or booting:
                    running: list[Future[Any]] = [*building, *booting]
                    done, _ = wait(running, return_when=FIRST_COMPLETED)
                    for future in done:
                        if future in booting:
                            lab, boot = booting.pop(future)
                            found[lab][boot] = future.result()
                            continue
                        key = building.pop(future)
                        built: Built = future.result()
                        for boot in boots[key]:
                            if built.error:
                                found[key[0]][boot] = built.error
                            else:
                                lab, looked_at = key[0], labs[key[0]][boot]
                                earlier = tuple(order)
                                task = pool.submit(self.boot_unless_hopeless, lab, boot,
                                                   built.image, looked_at, earlier, found)
                                booting[task] = (lab, boot)
                                order.append((lab, boot))
            except BaseException:  # also Ctrl-C: leave no child alive
                self.nursery.close()
                for workers in (builder, pool):
                    workers.shutdown(wait=True, cancel_futures=True)
                raise
        self.leave_out(order, found)
        return found

    def boot_unless_hopeless(
        self, lab: int, boot: Boot, image: Path, looked_at: bool,
        earlier: Sequence[tuple[int, Boot]], found: Mapping[int, Mapping[Boot, BootResult]],
    ) -> BootResult:
        """Boot, unless leave_out() would leave it out in view of the boots that have ended."""
        done = [found[where].get(which, "") for where, which in earlier if where == lab]
        if self.options.patience and sum(map(stops, done)) >= self.options.patience:
            return self.left_out
        return self.boot(lab, boot, image, looked_at)

    def leave_out(self, order: Sequence[tuple[int, Boot]],
                  found: dict[int, dict[Boot, BootResult]]) -> None:
        """Leave out boots after the last that patience allows.

        The order is that of the table, so that the result does not depend on the host's speed.
        """
        count: dict[int, int] = {}
        for lab, boot in order if self.options.patience else ():
            if count.get(lab, 0) >= self.options.patience:
                found[lab][boot] = self.left_out
            else:
                count[lab] = count.get(lab, 0) + stops(found[lab][boot])

    @property
    def left_out(self) -> NotBooted:
        return NotBooted(
            f"not booted, because {self.options.patience} boots of this lab had to be stopped")

    def build(self, key: BuildKey) -> Built:
        """Build. All builds share one budget; after an endless build no later stage is built."""
        lab, own = key
        options = self.options
        if self.endless and lab >= self.endless[0]:
            return Built(options.build, self.endless[1])
        variant = re.sub(r"[^\w.+-]+", "-", "_".join(own))
        left = max(1.0, (BUILDING.all_cpu_seconds or 0) - self.cpu_seconds)
        built = build_stage(
            lab,
            options.solved,
            options.build,
            [*self.variables, *own],
            self.nursery,
            variant,
            options.place,
            replace(BUILDING, all_cpu_seconds=left),
        )
        self.cpu_seconds += built.cpu_seconds
        if built.endless:
            self.endless = (lab, built.error)
        if built.error:
            return built
        return replace(built, error=misuse(built.image, options.place.tree))

    def boot(self, lab: int, boot: Boot, image: Path, looked_at: bool) -> BootResult:
        """Boot. An error of the grader spoils this boot; trouble of the host ends the grading."""
        try:
            return self.booted(lab, boot, image, looked_at)
        except GraderError:
            raise
        except OSError as error:
            if error.errno in (errno.ENOSPC, errno.EDQUOT):
                raise GraderError(
                    f"{error.strerror}: {error.filename or self.options.build}") from None
            return crash_of(error)
        except Exception as error:
            return crash_of(error)

    def booted(self, lab: int, boot: Boot, image: Path, looked_at: bool) -> Evidence:
        if boot.scripted:
            return (self.ordered if boot.logged else self.scripted)(lab, boot, image)
        booted = self.patched(image, boot) if boot.patches else image
        if boot.logged:
            return self.logged(lab, boot, image, booted)
        if boot.probed:
            return self.probed(lab, boot, image)
        if boot.junk:
            booted = self.altered(image, "junk", with_junk(image.read_bytes()))
        elif boot.smp:
            booted = self.altered(image, "cores", with_cores(image.read_bytes(), boot.smp))
        flags = [*self.options.qemu, *boot.qemu_options()]
        if boot.poison_ram:
            flags += poison_ram(image)
        runs = [self.run(lab, image, booted, boot, flags) for _ in range(boot.times)]
        first, *again = runs
        if boot == Boot():
            self.usual[lab] = Evidence(first, image)
            self.usual_boot_ended(lab, self.usual[lab])
        inspected = (
            self.run(lab, image, booted, boot, flags, inspect=True) if looked_at else None
        )
        return Evidence(first, image, tuple(again), inspected)

    def patched(self, image: Path, boot: Boot) -> Path:
        """Copy the image and change instructions in its guests."""
        data, folder = image.read_bytes(), image.parent / "guest"
        for guest, old, word in boot.patches:
            program, binary = (folder / f"{guest}.{kind}" for kind in ("elf", "bin"))
            data = with_patch(data, program.read_bytes(), binary.read_bytes(), old, word)
        return self.altered(image, "patched", data)

    def logged(self, lab: int, boot: Boot, image: Path, booted: Path) -> Evidence:
        """Boot with a log of the events that the lab's rules of order need."""
        plan = plan_of(lab, boot, image)
        limits = replace(LIMITS, cpu_seconds=self.options.cpu_seconds,
                         output_bytes=instruction_log.LOG_BYTES)
        flags = [*self.options.qemu, *instruction_log.qemu_options(qemu(), plan)]
        run = self.run(lab, image, booted, boot, flags, limits=limits)
        names = tuple(instruction_log.events(run.stderr, plan))
        return Evidence(replace(run, stderr=""), image, executed=names)

    def scripted(self, lab: int, boot: Boot, image: Path) -> Evidence:
        """Test the contracts of a lab with scripts."""
        flags = [*self.options.qemu, *boot.qemu_options()]
        limits = replace(LIMITS, cpu_seconds=self.options.cpu_seconds)

        def run(script: Script) -> Results:
            return script.run(image, flags, self.nursery, limits)

        found = verdicts(image, contracts_of(lab, boot, self.options.open_tasks), run)
        return Evidence(found.run, image, contracts=found.faults)

    def probed(self, lab: int, boot: Boot, image: Path) -> Evidence:
        """Boot for the lab's probes, and again after each probe that loses its machine."""
        flags = [*self.options.qemu, *boot.qemu_options()]
        limits = replace(INSPECTION, cpu_seconds=self.options.cpu_seconds, wall_seconds=300)
        waiting, faults, runs = list(probes_of(lab)), {}, []
        while waiting:
            with scratch() as folder:
                session = Probing(image, Path(folder), Watch(), draw(), inspect=True,
                                  probes=waiting)
                runs.append(boot_machine(image, flags, self.nursery, limits, session))
            if not session.faults:  # the boot did not reach the first of their places
                break
            faults.update(session.faults)
            waiting = [probe for probe in waiting if probe.name not in faults]
            if 0 < self.options.patience <= len(runs):  # each run but the last was lost
                break
        return Evidence(runs[0], image, probes=faults)

    def ordered(self, lab: int, boot: Boot, image: Path) -> Evidence:
        """Run the lab's script whose stores and barriers are checked."""
        script = Script(symbols(image.read_bytes()))
        parts = ordered_of(lab, self.options.open_tasks)(script)
        found = memory_effects.places(image, parts.also, parts.entries)
        limits = replace(LIMITS, cpu_seconds=self.options.cpu_seconds,
                         output_bytes=memory_effects.LOG_BYTES)
        flags = [*self.options.qemu, *boot.qemu_options(),
                 *memory_effects.qemu_options(qemu(), found)]
        results = script.run(image, flags, self.nursery, limits, logged=True)
        faults = parts.judge(results, memory_effects.effects(results.run.stderr, found))
        return Evidence(replace(results.run, stderr=""), image, contracts=faults)

    def altered(self, image: Path, how: str, data: bytes) -> Path:
        copy = self.options.build / "grade" / f"{image.parent.name}-{how}.elf"
        copy.parent.mkdir(parents=True, exist_ok=True)
        copy.write_bytes(data)
        return copy

    def run(
        self,
        lab: int,
        image: Path,
        booted: Path,
        boot: Boot,
        flags: list[str],
        inspect: bool = False,
        limits: Optional[Limits] = None,
    ) -> Run:
        """Boot `image`, or `booted`, an altered copy of it.

        A stage entered at EL1 or EL3 prints one line, before given code has a nonce. A
        logged boot has its own log, and its transcript is not judged.
        """
        nonce = draw() if boot.level == 2 else 0
        if not limits:
            seconds = self.options.cpu_seconds
            limits = replace(LIMITS, cpu_seconds=seconds)
            if inspect:
                most = min(2 * seconds, INSPECTION.cpu_seconds)
                limits = replace(INSPECTION, cpu_seconds=most)
        with scratch() as folder:
            watch = watch_of(lab, self.options.open_tasks)
            session = Session(image, Path(folder), watch, nonce, inspect)
            seen_by = witness(image) if nonce and not boot.logged else None
            keep_log = any(check.exceptions and check.boot == boot
                           for check in self.options.tables[lab])
            return boot_machine(booted, flags, self.nursery, limits, session, witness=seen_by,
                                keep_log=keep_log)
