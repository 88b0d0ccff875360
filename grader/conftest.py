# SPDX-License-Identifier: MIT
"""The grader as a pytest suite: options, one grading per session, scoreboard, reports.

Exit status: 0 full marks; 1 points were lost; 2 no score (one line gives the reason, and
there is no report.json); 3 an error of the grader left some checks "not judged", so the
score is a lower bound.
"""

from __future__ import annotations

import os
import signal
import sys
import tempfile
import traceback
from contextlib import ExitStack, suppress
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from .core import atomic_write
from .core.kit import KIT, GraderError
from .core.lock import alone_in
from .grading.build import outer_variables
from .grading.cause import Cause
from .grading.run import Grading, Options, grade
from .grading.submission import receive
from .labs import tables
from .labs.check import Check
from .qemu.boot import LIMITS
from .report import html_page, json_report, junit, scoreboard

if TYPE_CHECKING:
    from _pytest.terminal import TerminalReporter

NO_SCORE = 2
NOT_JUDGED = 3
GRADING = pytest.StashKey[Grading]()
NO_PAGE = pytest.StashKey[str]()  # why there is no page


def pytest_addoption(parser: pytest.Parser) -> None:
    group = parser.getgroup("grader")
    group.addoption("--lab", action="append", default=[], help="grade only this lab (repeatable)")
    group.addoption("--solved", default="0", help="take labs 1..SOLVED from solutions/")
    group.addoption("--build", type=Path, default=KIT / "build", help="where to build")
    group.addoption(
        "--make", action="append", default=[], metavar="NAME=VALUE", help="a variable for make"
    )
    group.addoption(
        "--cpu-seconds", type=int, default=LIMITS.cpu_seconds, help="of QEMU, for each boot"
    )
    group.addoption("--open", action="store_true", help="grade the labs' open tasks")
    group.addoption("--submission", type=Path,
                    help="grade this folder: its files with holes in a copy of the kit")
    group.addoption(
        "--report",
        type=Path,
        help="default: grade/report.json in the build directory; junit.xml and report.html go"
        " to the same directory",
    )


def pytest_configure(config: pytest.Config) -> None:
    graded_labs(config)
    if config.getoption("--solved") not in tuple("0123456"):
        raise pytest.UsageError(
            f"--solved {config.getoption('--solved')}: the number of labs to take, 0 to 6"
        )
    if config.getoption("numprocesses", None) and not all(map(is_of_the_tests, config.args)):
        raise pytest.UsageError("grading is parallel already: leave out -n")


def is_of_the_tests(arg: str) -> bool:
    """True if pytest runs tests of the grader, not a grading."""
    path = Path(arg.partition("::")[0]).resolve()
    return KIT / "grader/tests" in (path, *path.parents)


def graded_labs(config: pytest.Config) -> tuple[int, ...]:
    chosen = [lab for lab in config.getoption("--lab") if lab != "all"]
    known = {str(lab): lab for lab in tables(config.getoption("--open"))}
    for lab in chosen:
        if lab not in known:
            raise pytest.UsageError(f"--lab {lab}: the labs with checks are {', '.join(known)}")
    return tuple(sorted({known[lab] for lab in chosen})) or tuple(known.values())


def checks_of(config: pytest.Config, lab: int) -> list[Check]:
    return tables(config.getoption("--open"))[lab]


def options_of(config: pytest.Config, only: set[str]) -> Options:
    open_tasks = config.getoption("--open")
    return Options(
        labs=tuple(lab for lab in graded_labs(config)
                   if any(check.id in only for check in checks_of(config, lab))),
        solved=int(config.getoption("--solved")),
        build=config.getoption("--build").resolve(),
        make=(*config.getoption("--make"), *(["OPEN=1"] if open_tasks else [])),
        only=only,
        cpu_seconds=config.getoption("--cpu-seconds"),
        open_tasks=open_tasks,
        looks=True,
    )


def graded(config: pytest.Config, only: set[str]) -> Grading:
    """Grade this tree, or a submission in a temporary copy of the kit."""
    options = options_of(config, only)
    handed_in = config.getoption("--submission")
    if not handed_in:
        return grade(options, early=FirstFailure(config))
    options.build.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=options.build, prefix="submission-") as folder:
        tree = Path(folder) / "kit"
        variables = [*outer_variables(), *options.make]
        received = receive(handed_in, tree, options.solved, variables)
        options = replace(options, build=tree / "build", place=received.place)
        return replace(grade(options, early=FirstFailure(config)), notes=received.notes)


class FirstFailure:
    """Show the first failure on a terminal as soon as it is known; the report follows."""

    def __init__(self, config: pytest.Config) -> None:
        self.capture = config.pluginmanager.getplugin("capturemanager")
        self.is_shown = False

    def __call__(self, cause: Cause) -> None:
        if self.is_shown:
            return
        self.is_shown = True
        with self.capture.global_and_fixture_disabled(), suppress(OSError):
            if sys.stdout.isatty():
                print(scoreboard.early(cause), flush=True)


def report_path(config: pytest.Config) -> Path:
    return config.getoption("--report") or config.getoption("--build") / "grade/report.json"


def junit_path(config: pytest.Config) -> Path:
    return report_path(config).with_name("junit.xml")


def page_path(config: pytest.Config) -> Path:
    return report_path(config).with_suffix(".html")


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if {"check", "grading"} <= set(metafunc.fixturenames):
        config = metafunc.config
        checks = [check for lab in graded_labs(config) for check in checks_of(config, lab)]
        metafunc.parametrize("check", checks, ids=[check.id for check in checks])


@pytest.fixture(scope="session")
def grading(request: pytest.FixtureRequest) -> Grading:
    """Grade the selected checks, once per session."""
    config = request.config
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # ends as Ctrl-C does
    items = request.session.items
    only = {item.callspec.params["check"].id for item in items if hasattr(item, "callspec")}
    lock = ExitStack()
    config.add_cleanup(lock.close)  # after the reports are written
    try:
        build = config.getoption("--build").resolve()
        lock.enter_context(alone_in(build / "grade/lock", str(build)))
        for old in (report_path(config), junit_path(config), page_path(config)):
            old.unlink(missing_ok=True)  # an old score is not a score
        config.stash[GRADING] = graded(config, only)
    except GraderError as error:
        pytest.exit(str(error), NO_SCORE)
    except Exception as error:
        pytest.exit(crash(error), NO_SCORE)
    return config.stash[GRADING]


def crash(error: Exception) -> str:
    """Describe an error of the grader in one line, and write its details to a file."""
    lines = traceback.format_exception(type(error), error, error.__traceback__)
    return f"the grader crashed: {type(error).__name__}: {error}{details(''.join(lines))}"


def details(text: str) -> str:
    """Write the details. Return their place in brackets, or nothing on failure."""
    path = KIT / "build/grade/crash.txt"
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, "utf-8", "backslashreplace")
    except OSError:
        return ""
    return f" (details: {path.relative_to(KIT)})"


@pytest.hookimpl(trylast=True)
def pytest_sessionfinish(session: pytest.Session, exitstatus: int) -> None:
    config = session.config
    if GRADING not in config.stash or exitstatus not in (0, 1):
        return
    done = config.stash[GRADING]
    try:
        config.stash[NO_PAGE] = write_page(done, page_path(config))
        atomic_write.write(junit_path(config), junit.as_xml(done))
        # A grading of some checks says nothing of a lab, and one of open tasks neither.
        whole = [lab for lab in done.labs
                 if not done.open_tasks and len(lab.results) == len(tables()[lab.lab])]
        json_report.remember_complete(replace(done, labs=whole),
                                      report_path(config).with_name("complete.json"))
        # last: a report.json means that the grading is complete
        json_report.write(done, report_path(config))
    except OSError as error:
        print(f"grade: no report: {error.strerror}: {error.filename}", file=sys.stderr)
        session.exitstatus = NO_SCORE
        return
    session.exitstatus = 0 if done.all_right else 1
    if done.not_judged:
        where = details("\n".join(dict.fromkeys(result.details for result in done.not_judged)))
        names = scoreboard.names(done.not_judged)
        print(f"grade: not judged because of an error of the grader: {names}{where}",
              file=sys.stderr)
        session.exitstatus = NOT_JUDGED


def write_page(graded: Grading, path: Path) -> str:
    """Write the page. Return one line on failure; the score does not depend on the page."""
    if not html_page.jinja2:
        return f"no {path.name}: {html_page.MISSING}"
    try:
        text = html_page.as_html(graded)
    except Exception as error:
        return f"no {path.name}: {crash(error)}"
    atomic_write.write(path, text)
    return ""


def pytest_terminal_summary(terminalreporter: TerminalReporter) -> None:
    config = terminalreporter.config
    done = config.stash.get(GRADING, None)
    if done:
        terminalreporter.section("scoreboard")
        terminalreporter.write(scoreboard.text(done, terminalreporter.isatty))
        where = f"Page: {page_path(config)}" if page_path(config).exists() else ""
        no_page = config.stash.get(NO_PAGE, None)
        terminalreporter.write_line(no_page or where)


@pytest.hookimpl(trylast=True)
def pytest_unconfigure(config: pytest.Config) -> None:
    """Without pytest's reporter (in `make grade`) print only the scoreboard."""
    done = config.stash.get(GRADING, None)
    if done and not config.pluginmanager.has_plugin("terminalreporter"):
        try:
            print(scoreboard.text(done, sys.stdout.isatty()), end="", flush=True)
            if sys.stdout.isatty() and page_path(config).exists():
                print(f"Page: {page_path(config)}")
        except BrokenPipeError:  # as with `| head`; prevent an error at exit too
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        if config.stash.get(NO_PAGE, ""):
            print(f"grade: {config.stash[NO_PAGE]}", file=sys.stderr)
