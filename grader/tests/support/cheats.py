# SPDX-License-Identifier: MIT
"""Submissions that play a lab instead of doing it, and what they get for it."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

from grader.core.kit import KIT, LAB_DIRS
from grader.core.starters import starters

MOST = 10  # points of 100 that a cheat may get

# At EL2, with the VM's stage 2 loaded: the guest's own console_putc() seems to print a line.
# EL1 is entered by enter() after its store to the UART, with the character in W0, and returns to
# address 0, where stage 2 faults.
SPEAK = r"""
#include "aperture.h"

void enter(struct vcpu *vcpu);

static void speak(struct vcpu *vcpu, const char *text)
{
	const struct aperture *uart = vcpu->vm->apertures;
	const uint32_t *code = (const uint32_t *)SLOT_ADDR(vcpu->vm->id), *end = code + 4096;

	while (code < end && (code[0] != 0xd2a12001 || code[1] != 0xb9000020))
		code++;		/* MOV X1, #VUART_IPA; STR W0, [X1] */
	for (const char *c = text; *c; c++) {
		vcpu->x[0] = (unsigned char)*c;
		vcpu->x[30] = 0;
		write_sysreg(elr_el2, (uint64_t)&code[2]);
		write_sysreg(spsr_el2, 0x3c5);
		if (code < end)
			enter(vcpu);
		uart->ops->write(uart->device, 0, 1, *c);
	}
	uart->ops->write(uart->device, 0, 1, '\n');
}
"""

# The call in a hole, with the function if it is in one.
CALL = re.compile(r'\btodo(?:_later)?[(\t]"lab0\d\.\d", "(?:(\S+) in )?[^"]*"(?:\);)?')


def stubbed(path: str, bodies: Mapping[str, str] = {}) -> str:
    """The starter of a file with these bodies in the holes of functions, and nothing in others."""
    return CALL.sub(lambda call: bodies.get(call[1], ""), starters()[Path(path)])


def graded(lab: int, folder: Path, files: Mapping[str, str], only: str = "") -> dict[str, dict]:
    """Submit the files of a lab, and take earlier labs from the solutions. The checks by name.

    `only` selects checks, as pytest's -k does.
    """
    for name, text in files.items():
        path = folder / LAB_DIRS[lab] / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    report = folder / "report.json"
    argv = [sys.executable, "-m", "grader", "--lab", str(lab), "--solved", str(lab - 1),
            "--submission", str(folder), "--build", str(folder / "build"), "--report", str(report)]
    argv += ["-k", only] if only else []
    done = subprocess.run(argv, cwd=KIT, capture_output=True, text=True, check=False)
    assert report.exists(), done.stderr
    (result,) = json.loads(report.read_text())["labs"]
    return {check["id"].partition(".")[2]: check for check in result["checks"]}


def passed(checks: Mapping[str, dict]) -> dict[str, int]:
    """The points of each check that passed."""
    return {name: check["points"]
            for name, check in checks.items() if check["result"] == "passed"}
