# SPDX-License-Identifier: MIT
"""make fuzz: let libFuzzer make up files for the readers of beyond/systems/.

It starts from small whole files (made_files.py) and keeps what it finds in build/fuzz/, so the
next campaign continues there. Exit status: 0 nothing was found, 1 a file breaks a reader, 2 no
fuzzing took place.
"""

from __future__ import annotations

import argparse
import hashlib
import os
import re
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from ...core.kit import KIT
from ..made_files import SEEDS
from .build import OPTIONS, build_fuzzer, cannot_sanitize


@dataclass(frozen=True)
class Campaign:
    """What came of fuzzing one format."""

    format: str
    runs: int
    edges: int
    complaint: str  # empty if nothing was found
    file: Path | None  # the file that breaks the reader

    def __str__(self) -> str:
        line = f"{self.format}: {self.runs} files, {self.edges} edges"
        return f"{line}: {self.complaint}: {self.file}" if self.complaint else line


def plant(corpus: Path, format_: str) -> None:
    corpus.mkdir(parents=True, exist_ok=True)
    for seed in SEEDS[format_]:
        (corpus / hashlib.sha1(seed).hexdigest()).write_bytes(seed)


def fuzz(program: Path, format_: str, folder: Path, *limits: str) -> Campaign:
    """Run libFuzzer within `limits`, its own options."""
    corpus, found = folder / format_, folder / f"{format_}-found"
    plant(corpus, format_)
    found.mkdir(exist_ok=True)
    argv = [str(program), str(corpus), f"-artifact_prefix={found}/", "-print_final_stats=1",
            "-timeout=10", "-use_value_profile=1", *limits]  # fmt: skip
    env = os.environ | OPTIONS | {"FORMAT": format_}
    done = subprocess.run(argv, env=env, capture_output=True, text=True, errors="replace")
    log = done.stderr
    edges = [int(number) for number in re.findall(r" cov: (\d+) ", log)]
    runs = re.search(r"stat::number_of_executed_units: +(\d+)", log)
    artifact = re.search(r"Test unit written to (\S+)", log)
    complaint = ""
    if done.returncode:
        said = re.search(r"(broken promise: .*|ERROR: \S+: .*|runtime error: .*)", log)
        complaint = said.group(1) if said else f"libFuzzer ended with status {done.returncode}"
    return Campaign(format_, int(runs.group(1)) if runs else 0, max(edges, default=0), complaint,
                    Path(artifact.group(1)) if artifact else None)  # fmt: skip


def main(argv: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="fuzz", description=__doc__.splitlines()[0])
    parser.add_argument("--format", choices=(*SEEDS, ""), default="")
    parser.add_argument("--seconds", type=int, default=60, help="for each format")
    parser.add_argument("--build", type=Path, default=KIT / "build")
    options = parser.parse_args(argv)
    if problem := cannot_sanitize():
        print(f"fuzz: {problem}", file=sys.stderr)
        return 2
    folder = options.build.resolve() / "fuzz"
    try:
        program = build_fuzzer(folder / "objects")
    except subprocess.CalledProcessError as error:
        print(f"fuzz: the readers do not compile:\n{error.stderr}", file=sys.stderr)
        return 2
    status = 0
    for format_ in [options.format] if options.format else list(SEEDS):
        campaign = fuzz(program, format_, folder, f"-max_total_time={options.seconds}")
        print(campaign, flush=True)
        status |= bool(campaign.complaint)
    return status


if __name__ == "__main__":
    sys.exit(main())
