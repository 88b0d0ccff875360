# SPDX-License-Identifier: MIT
"""`make explain`: an exception in words, and with LAB= the table walk that led to it.

    make explain ESR=0x... [FAR=0x...] [HPFAR=0x...] [LAB=n]
    make explain FILE=transcript [LAB=n]        or the report on standard input

It uses the decoders of the `hyp` commands.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import shlex
import sys
import textwrap
from pathlib import Path
from typing import Optional

from ..core.kit import KIT, GraderError
from ..core.process import Limits, Nursery
from ..core.scratch_folder import scratch
from ..model.address_names import Places
from ..model.elf import symbols
from ..model.exception_report import Report, parse
from ..model.function_names import function_at
from ..model.guest_programs import guest_elf, guests_of
from ..model.layout import Layout, layout_of
from ..model.syndrome import IL, Syndrome
from ..qemu.boot import qemu
from ..qemu.exception_log import Taken, exceptions
from ..qemu.inspection import debugger
from .exceptions import logged
from .explain_prose import paragraph

LIMITS = Limits(cpu_seconds=60, wall_seconds=60)
# As built by default.
USUAL = Layout(slot_pages=1024, guard_pages=4)


class BadUse(Exception):
    """One line for the user."""


def number(name: str, text: Optional[str], bits: int = 64) -> Optional[int]:
    if not text:
        return None
    try:
        value = int(text, 0)
    except ValueError:
        raise BadUse(f"{name}={text}: give a number, such as 0x96000010") from None
    if not 0 <= value < 1 << bits:
        raise BadUse(f"{name}={text}: more than {bits} bits")
    return value


def reports(options: argparse.Namespace) -> list[Report]:
    esr = number("ESR", options.esr)
    far, hpfar = number("FAR", options.far), number("HPFAR", options.hpfar)
    if esr is not None:
        if options.file:
            raise BadUse("ESR= or FILE=, not both")
        syndrome = Syndrome(esr)
        return [Report(f"ESR 0x{esr:x}, {syndrome.summary}", syndrome, far, hpfar)]
    if far is not None or hpfar is not None:
        raise BadUse("FAR= and HPFAR= need ESR=")
    found = parse(transcript(options.file))
    if not found:
        raise BadUse("the text has no line [exception] EC ..., [trap] vm... stopped: ... or "
                     "[panic] ...; or give ESR=0x...")
    return found


def transcript(file: Optional[str]) -> str:
    if not file:
        if sys.stdin.isatty():
            print("Paste the report, then Ctrl-D:", file=sys.stderr)
        return sys.stdin.buffer.read().decode("utf-8", "replace")
    try:
        return Path(file).read_text(encoding="utf-8", errors="replace")
    except OSError as error:
        raise BadUse(f"FILE={file}: {error.strerror}") from None


def happened(report: Report, all_of_them: list[Taken]) -> bool:
    """True if QEMU's log has such an exception. The log has no HPFAR."""
    if not report.syndrome or report.bare:
        return True
    wanted = {"ESR": report.syndrome.value | IL, "FAR": report.far, "ELR": report.elr}
    return any(
        all(value in (None, found.get(name)) for name, value in wanted.items())
        for found in ({**taken.registers, "ESR": taken.registers.get("ESR", 0) | IL}
                      for taken in all_of_them)
    )


def walks(found: list[Report], image: Path) -> tuple[bool, dict[int, str]]:
    """Return if the stage did not end, and the table walks by the number of the report.

    Stopping at every abort takes a hundred times as long as the run, so search the log first.
    """
    ended, log = logged(image)
    late = bool(ended.stop)
    all_of_them = list(exceptions(log.text))
    coming = {number: r for number, r in enumerate(found) if happened(r, all_of_them)}
    if not coming:
        return late, {}
    with scratch() as folder:
        plan, answers = Path(folder, "plan"), Path(folder, "answers")
        asked = [{"esr": r.syndrome.value if r.syndrome and not r.bare else None, "far": r.far,
                  "hpfar": r.hpfar,
                  "elr": r.elr, "vm": r.vm} for r in coming.values()]
        plan.write_text(json.dumps({"reports": asked, "answers": str(answers)}))
        env = {**os.environ, "SCHISM_EXPLAIN": str(plan)}
        ended = Nursery().run(session(image), LIMITS, cwd=KIT, env=env)
        if not answers.exists():
            words = ended.stderr.decode("utf-8", "replace").strip().splitlines()
            raise GraderError(f"explain: gdb failed: {words[-1] if words else 'no message'}")
        answer = json.loads(answers.read_text())
        numbers = list(coming)
        return late or answer["late"], {numbers[int(key)]: it
                                        for key, it in answer["texts"].items()}


def session(image: Path) -> list[str]:
    # sleep=on as in `make gdb`: with sleep=off a stop advances virtual time.
    machine = (KIT / "common/make/qemu.args").read_text().replace("-serial stdio", "-serial null")
    line = (f"{qemu()} {machine} -icount shift=3,sleep=on -kernel "
            f"{shlex.quote(os.path.relpath(image, KIT))} -S -gdb stdio")
    return [debugger(), "-nx", "-q", "-batch", os.path.relpath(image, KIT),
            "-x", "grader/gdb/hyp.py",
            "-ex", "set remotetimeout 60",
            "-ex", f"target remote | exec {' '.join(line.split())} 2>/dev/null",
            "-ex", "python from grader.gdb import explain_walks; explain_walks.watch()", "-ex",
            "kill"]


def guest_of(image: Path, vm: int) -> Optional[Path]:
    name = guests_of(image).get(vm)
    return guest_elf(image, vm, name) if name else None


def source_line(image: Path, address: int, vm: Optional[int]) -> str:
    """Return function, file and line of the instruction, of EL2 or of a VM's guest."""
    program = image if vm is None else guest_of(image, vm)
    layout = layout_of(image)
    if program is None or (vm is not None and address not in layout.slot(vm)):
        return f"0x{address:x} is not in the program of VM {vm}."
    function = function_at(program, address)
    asked = Nursery().run([debugger(), "-nx", "-q", "-batch", str(program), "-ex",
                           f"info line *{address:#x}"], LIMITS, cwd=KIT, env=dict(os.environ))
    found = re.match(r'Line (\d+) of "([^"]+)"', asked.stdout.decode("utf-8", "replace"))
    where = f", {found[2]}:{found[1]}" if found else ""
    return f"0x{address:x} is in {function or 'no function'}{where}."


def explain(options: argparse.Namespace) -> None:
    found = reports(options)
    image = Path(options.image).resolve() if options.image else None
    places = Places(layout_of(image), symbols(image.read_bytes())) if image else Places(USUAL)
    aborts = [report for report in found if report.is_abort]
    late, shown = walks(aborts, image) if image and aborts else (False, {})
    missing = "This did not happen" + \
        (", and the stage did not end." if late else " when the stage was booted to its end.")
    for count, report in enumerate(found):
        if count:
            print()
        print(report.title)
        print(textwrap.fill(paragraph(report, places), 88))
        if image and report.elr is not None and not report.test:
            print(source_line(image, report.elr, report.vm))
        if image and report.is_abort:
            print()
            print(shown.get(aborts.index(report), missing).rstrip())


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    for name in ("esr", "far", "hpfar", "file", "image"):
        parser.add_argument(f"--{name}")
    try:
        explain(parser.parse_args())
    except BrokenPipeError:
        return 0  # the reader has closed the pipe
    except BadUse as error:
        print(f"explain: {error}", file=sys.stderr)
        return 2
    except (GraderError, KeyboardInterrupt) as error:
        print(error or "explain: interrupted", file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
