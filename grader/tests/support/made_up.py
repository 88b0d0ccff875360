# SPDX-License-Identifier: MIT
"""What the tests of the grader share: made-up evidence, a QEMU that is a script, a page."""

from __future__ import annotations

import json
import sys
from html.parser import HTMLParser
from importlib import import_module
from pathlib import Path
from typing import Any
from xml.etree.ElementTree import Element, TreeBuilder

import pytest

from grader.core.kit import KIT
from grader.grading.evaluate import evaluate
from grader.labs.check import Boot, Check, Evidence, Outcome, Result
from grader.qemu.boot import Ending, Run


def check(name: str, line: str = "", points: int = 10, **more: Any) -> Check:
    """A marker of a made-up table."""
    return Check(f"lab01.{name}", points, f"{name} is right", f"hint of {name}", line=line, **more)


def seen(text: str, ending: Ending = Ending.OFF, image: Path = Path("/nowhere")) -> Evidence:
    """A boot that printed `text`, as the UART sent it."""
    return Evidence(Run(text.replace("\n", "\r\n").encode(), "", ending), image)


def judged(checks: list[Check], text: str) -> list[Result]:
    return evaluate(checks, {Boot(): seen(text)})


def outcomes(checks: list[Check], text: str) -> str:
    """A letter a check: P(assed), F(ailed), N(ot reached)."""
    return letters(judged(checks, text))


def letters(results: list[Result]) -> str:
    return "".join(result.outcome.name[0] for result in results)


def passed(check: Check) -> Result:
    return Result(check, Outcome.PASSED)


def dev_module(name: str) -> Any:
    """A module that only the kit's tests need."""
    try:
        return import_module(name)
    except ImportError:
        pytest.fail(f"{name} is missing: run ./setup.sh --dev", pytrace=False)


SCHEMA = json.loads((KIT / "grader/report.schema.json").read_text())


def objects(schema: dict) -> list[dict]:
    """The schema and those in it that are of objects."""
    return [schema, *(part for part in schema["$defs"].values() if part["type"] == "object")]


def validate(report: Any) -> None:
    """A report has the form of the schema, and no field that the schema does not describe."""
    strict = json.loads(json.dumps(SCHEMA))
    for part in objects(strict):
        part["additionalProperties"] = False
    validator = dev_module("jsonschema").Draft202012Validator
    validator.check_schema(strict)
    validator(strict).validate(report)


class Dom(HTMLParser):
    """A page as a tree. Every element must be closed where it was opened."""

    VOID = ("meta", "br")

    def __init__(self, page: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.builder = TreeBuilder()
        self.feed(page)
        self.close()
        assert not self.open
        self.root = self.builder.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.builder.start(tag, {name: value or "" for name, value in attrs})
        if tag in self.VOID:
            self.builder.end(tag)
        else:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag
        self.builder.end(tag)

    def handle_data(self, data: str) -> None:
        if self.open:
            self.builder.data(data)

    def with_class(self, name: str, inside: Element | None = None) -> list[Element]:
        root = self.root if inside is None else inside
        return [e for e in root.iter() if name in e.get("class", "").split()]

    def with_id(self, name: str) -> Element:
        (found,) = [element for element in self.root.iter() if element.get("id") == name]
        return found


def words(element: Element) -> str:
    """The text of an element and all in it, with single spaces."""
    return " ".join("".join(element.itertext()).split())


def stub_gdb(folder: Path) -> Path:
    """A gdb that finds nothing, and is there as long as a QEMU that is a script."""
    path = folder / "stub-gdb"
    path.write_text(f"""#!{sys.executable}
import json, os, socket
plan = json.load(open(os.environ["SCHISM_PLAN"]))
with open(plan["findings"], "w") as file:
    print(json.dumps({{"end": {{"how": "gone"}}}}), file=file)
with socket.socket(socket.AF_UNIX) as line:
    try:
        line.connect(plan["socket"])
        line.recv(1)
    except OSError:
        pass
""")
    path.chmod(0o755)
    return path


def stub_qemu(folder: Path, body: str) -> Path:
    """A QEMU that satisfies the doctor, and then does what `body` says."""
    path = folder / "stub-qemu"
    version = 'case " $*" in *-version) echo "QEMU emulator version 7.2.0"; exit;; esac'
    path.write_text(f"#!/bin/sh\n{version}\n{body}\n")
    path.chmod(0o755)
    return path


def put(folder: Path, name: str, text: str) -> None:
    """Write a file in a folder, with the directories that it needs."""
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
