# SPDX-License-Identifier: MIT
"""Packages of the grader import each other in one direction only, and no modules in a circle."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping
from functools import lru_cache
from pathlib import Path

import pytest

from grader.core.kit import KIT

# From the ground up: a package may import those before it.
ROOMS = "core model qemu vms labs grading report classes commands gdb quality tests".split()
# What gdb runs looks at a machine that is there already: it boots and grades none.
NOT_FOR = {"gdb": ("qemu", "grading", "report", "commands")}
# conftest.py and the like tie the packages to pytest: above all of them.
DOOR = "grader"

# By module, the modules that it imports.
Imports = dict[str, set[str]]


def sources() -> dict[str, str]:
    """The modules of the grader by their dotted names."""
    return {dotted(path): path.read_text() for path in sorted((KIT / "grader").rglob("*.py"))}


def dotted(path: Path) -> str:
    parts = path.relative_to(KIT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def imports_of(modules: Mapping[str, str]) -> Imports:
    """Those inside of functions too: a lazy import is an arrow all the same."""
    packages = {name.rpartition(".")[0] for name in modules}
    return {
        name: {
            target if target in modules else target.rpartition(".")[0]
            for target in named(text, name if name in packages else name.rpartition(".")[0])
        }
        for name, text in modules.items()
    }


@lru_cache(maxsize=None)
def named(text: str, package: str) -> frozenset[str]:
    """What a module imports of the grader, each with the module that it is looked up in."""
    found = (target for node in ast.walk(ast.parse(text)) for target in targets(node, package))
    return frozenset(target for target in found if target.split(".")[0] == "grader")


def targets(node: ast.AST, package: str) -> Iterator[str]:
    if isinstance(node, ast.Import):
        yield from (alias.name for alias in node.names)
    elif isinstance(node, ast.ImportFrom):
        above = package.split(".")[: len(package.split(".")) - node.level + 1] if node.level else []
        base = ".".join([*above, *filter(None, [node.module])])
        yield from (f"{base}.{alias.name}" for alias in node.names)


def room(module: str) -> str:
    """The package that a module is in; "labs.lab03" for one of a single lab."""
    parts = module.split(".")[1:]
    if parts[:1] == ["labs"] and len(parts) > 1 and parts[1].startswith("lab0"):
        return ".".join(parts[:2])
    return parts[0] if parts and parts[0] in ROOMS else DOOR


def height(name: str) -> tuple[int, str]:
    """Labs are above what they share, each above those before it."""
    return len(ROOMS) if name == DOOR else ROOMS.index(name.split(".")[0]), name


def climbs(imports: Imports) -> list[str]:
    """Imports of a room that is above, or closed."""
    return [
        f"{module} imports {target}"
        for module, found in imports.items()
        for target in sorted(found)
        if room(module) not in (DOOR, "tests") and is_closed(room(target), room(module))
    ]


def is_closed(target: str, here: str) -> bool:
    return height(target) > height(here) or target in NOT_FOR.get(here, ())


def circles(imports: Imports) -> list[str]:
    """Modules that import each other, by way of others too, and what lies between two circles."""
    left = dict(imports)
    while left:
        imported = set().union(*left.values())
        outside = [n for n, found in left.items() if n not in imported or not found & left.keys()]
        if not outside:
            break
        for name in outside:
            del left[name]
    return sorted(left)


def test_there_is_a_place_for_each_package() -> None:
    there = {path.parent.name for path in (KIT / "grader").glob("*/__init__.py")}
    assert there == set(ROOMS)


def test_no_import_climbs() -> None:
    assert climbs(imports_of(sources())) == []


def test_no_modules_import_each_other() -> None:
    assert circles(imports_of(sources())) == []


def test_no_test_imports_a_test() -> None:
    found = {
        f"{module} imports {target}"
        for module, targets in imports_of(sources()).items()
        for target in targets
        if target.rpartition(".")[2].startswith("test_")
    }
    assert found == set()


@pytest.mark.parametrize(
    "module, line, wanted",
    [
        ("grader.core.process", "from grader.qemu.boot import boot", "grader.qemu.boot"),
        ("grader.model.elf", "from ..labs import tables", "grader.labs"),
        ("grader.model.elf", "from .. import qemu", "grader.qemu"),
        ("grader.qemu.boot", "def late():\n    from ..grading.run import grade",
         "grader.grading.run"),
        ("grader.qemu.boot", "import grader.report.junit", "grader.report.junit"),
        ("grader.labs.check", "from .lab06 import machine", "grader.labs.lab06.machine"),
        ("grader.labs.lab02.checks", "from ..lab03 import rules", "grader.labs.lab03.rules"),
        ("grader.labs", "from .lab01.checks import CHECKS", "grader.labs.lab01.checks"),
        ("grader.gdb.walks", "from ..qemu.inspection import debugger", "grader.qemu.inspection"),
        ("grader.commands.map", "from ..conftest import pytest_configure", "grader.conftest"),
    ],
)
def test_an_import_that_climbs_is_found(module: str, line: str, wanted: str) -> None:
    """In a copy of the sources with that line at the end of a module."""
    modules = sources()
    modules[module] += f"\n{line}\n"
    assert climbs(imports_of(modules)) == [f"{module} imports {wanted}"]


def test_modules_that_import_each_other_are_found() -> None:
    modules = sources()
    modules["grader.core.limits"] += "\nfrom .process import Nursery\n"
    found = circles(imports_of(modules))
    assert {"grader.core.limits", "grader.core.process"} <= set(found)
    assert "grader.conftest" not in found
