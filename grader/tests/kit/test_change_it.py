# SPDX-License-Identifier: MIT
"""The recipes of docs/change-it.md, carried out from the page's text alone."""

from __future__ import annotations

import re
import shlex
import subprocess
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from grader.core.kit import KIT, copy_of_the_kit
from grader.tests.support.making import make

PAGE = KIT / "docs/change-it.md"
STEP = re.compile(r"^```(diff|text)\n(.*?)^```$|^ {4}(make [^\n]*)$", re.M | re.S)


@dataclass
class Recipe:
    """Patches, and commands with the lines that they must print."""

    title: str
    patches: list[str] = field(default_factory=list)
    commands: list[tuple[str, list[str]]] = field(default_factory=list)


def recipes() -> list[Recipe]:
    found = []
    for part in re.split(r"^## (?=\d\. )", PAGE.read_text(), flags=re.M)[1:]:
        recipe = Recipe(part.partition("\n")[0])
        for match in STEP.finditer(part):
            if match[1] == "diff":
                recipe.patches.append(match[2])
            elif match[1] == "text":
                recipe.commands[-1][1].extend(match[2].splitlines())
            else:
                recipe.commands.append((match[3], []))
        found.append(recipe)
    return found


def test_there_are_five() -> None:
    assert [recipe.title[0] for recipe in recipes()] == list("12345")
    assert all(lines for recipe in recipes() for _, lines in recipe.commands)


@pytest.mark.parametrize("recipe", recipes(), ids=lambda recipe: recipe.title)
def test_a_recipe_does_what_it_says(tmp_path: Path, recipe: Recipe) -> None:
    kit = copy_of_the_kit(tmp_path)
    for patch in recipe.patches:
        # -F0: each hunk's context is that of the file
        done = subprocess.run(["patch", "-p1", "-F0", "--no-backup-if-mismatch"], cwd=kit,
                              input=patch, capture_output=True, text=True)
        assert done.returncode == 0, done.stdout
    for command, wanted in recipe.commands:
        _, *words = shlex.split(command)
        status, lines = make(*words, tree=kit)
        said = "\n".join(lines)
        assert status == 0, said[-2000:]
        assert [line for line in wanted if line not in said] == [], said[-2000:]
