# SPDX-License-Identifier: MIT
"""Gradescope's zip as its container runs it; the workflows of GitHub and GitLab; Moodle's CSV."""

from __future__ import annotations

import base64
import csv
import json
import os
import re
import shutil
import subprocess
import zipfile
from pathlib import Path
from typing import Any

import pytest

from grader.core.kit import KIT
from grader.schools import github, moodle
from grader.tests.support.made_up import dev_module
from grader.tests.support.making import make, path_without

TEXT = {"enum": ["text", "html", "simple_format", "md", "ansi"]}
WHEN = {"enum": ["visible", "hidden", "after_due_date", "after_published"]}
STRING, NUMBER = {"type": "string"}, {"type": "number"}
# "Autograder Specifications" of Gradescope's documentation: all fields, and no other.
TEST = {"score": NUMBER, "max_score": NUMBER, "status": {"enum": ["passed", "failed"]},
        "name": STRING, "name_format": TEXT, "number": STRING, "output": STRING,
        "output_format": TEXT, "tags": {"type": "array", "items": STRING}, "visibility": WHEN,
        "extra_data": {"type": "object"}}
RESULTS = {
    "type": "object", "additionalProperties": False,
    "anyOf": [{"required": ["score"]}, {"required": ["tests"]}],
    "properties": {
        "score": NUMBER, "execution_time": {"type": "integer"}, "output": STRING,
        "output_format": TEXT, "test_output_format": TEXT, "test_name_format": TEXT,
        "visibility": WHEN, "stdout_visibility": WHEN, "extra_data": {"type": "object"},
        "tests": {"type": "array", "items": {"type": "object", "additionalProperties": False,
                                             "properties": TEST}},
        "leaderboard": {"type": "array"},
    },
}  # fmt: skip


class Container:
    """Gradescope's folders. run_autograder takes the place of /autograder from AUTOGRADER."""

    def __init__(self, folder: Path, archive: Path) -> None:
        self.folder = folder
        (folder / "submission").mkdir(parents=True)
        with zipfile.ZipFile(archive) as packed:
            for info in packed.infolist():
                place = Path(packed.extract(info, folder / "source"))
                place.chmod(info.external_attr >> 16 & 0o777)
        # no bubblewrap: a container forbids what it needs
        (folder / "bin").mkdir()
        self.path = path_without(folder / "bin", "bwrap")

    def run(self) -> tuple[int, str]:
        env = {"PATH": self.path, "AUTOGRADER": str(self.folder)}
        done = subprocess.run([str(self.folder / "source/run_autograder")], env=env, cwd="/",
                              stdin=subprocess.DEVNULL, capture_output=True, text=True)
        return done.returncode, done.stderr

    @property
    def results(self) -> dict[str, Any]:
        found = json.loads((self.folder / "results/results.json").read_text())
        dev_module("jsonschema").Draft202012Validator(RESULTS).validate(found)
        return found


@pytest.fixture(scope="module")
def archive(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("zip")
    status, (line,) = make("gradescope", "LAB=2", "VISIBILITY=after_due_date", f"BUILD={folder}")
    assert status == 0 and line == f"{folder}/gradescope/schism-labs-lab02.zip"
    return Path(line)


@pytest.fixture
def container(tmp_path: Path, archive: Path) -> Container:
    return Container(tmp_path / "autograder", archive)


def test_the_zip_holds_what_gradescope_runs_and_no_solution(archive: Path) -> None:
    with zipfile.ZipFile(archive) as packed:
        names = packed.namelist()
        assert {"setup.sh", "run_autograder"} <= set(names)
        assert not [name for name in names if "solutions/" in name or "lab03-stage2/" in name]
        assert packed.getinfo("run_autograder").external_attr >> 16 & 0o111
        text = packed.read("kit/lab02-mmu/pgtable.c").decode()
    assert "TODO(lab02.3)" in text


def test_the_zip_is_the_same_bytes_again(archive: Path, tmp_path: Path) -> None:
    make("gradescope", "LAB=2", "VISIBILITY=after_due_date", f"BUILD={tmp_path}")
    assert (tmp_path / "gradescope" / archive.name).read_bytes() == archive.read_bytes()


def test_a_right_submission_gets_100(container: Container) -> None:
    for lab in ("lab01-boot", "lab02-mmu"):
        shutil.copytree(KIT / "solutions" / lab, container.folder / "submission" / lab)
    assert container.run() == (0, "")
    found = container.results
    assert found["score"] == 100
    assert {test["status"] for test in found["tests"]} == {"passed"}
    assert {test["visibility"] for test in found["tests"]} == {"after_due_date"}
    assert {test["tags"][0] for test in found["tests"]} == {"lab02"}


def test_what_was_lost_is_said_with_each_check(container: Container) -> None:
    shutil.copytree(KIT / "solutions/lab01-boot", container.folder / "submission/lab01-boot")
    assert container.run()[0] == 0
    found = container.results
    assert found["score"] == 0
    first = next(test for test in found["tests"] if test["number"] == "2.1")
    assert first["status"] == "failed" and "TODO(lab02.1)" in first["output"]
    assert "First: lab02.1" in found["output"]


def test_nothing_to_grade_is_0_points_and_a_sentence(container: Container) -> None:
    (container.folder / "submission/notes.txt").write_text("hello")
    assert container.run()[0] == 0
    assert container.results["score"] == 0
    assert "it has no lab directory" in container.results["output"]


def test_trouble_of_the_container_is_no_score(container: Container) -> None:
    (container.folder / "bin/qemu-system-aarch64").unlink()
    shutil.copytree(KIT / "solutions/lab01-boot", container.folder / "submission/lab01-boot")
    status, said = container.run()
    assert status == 1 and "run_autograder: no score: QEMU is missing" in said
    assert not (container.folder / "results/results.json").exists()


def test_a_wrong_visibility_is_one_line() -> None:
    status, (line,) = make("gradescope", "VISIBILITY=never")
    assert status and line.startswith("gradescope: VISIBILITY=never: one of visible, hidden,")


# --- GitHub and GitLab ---------------------------------------------------------------------


def report(**first: str) -> dict[str, Any]:
    check = {"id": "lab01.4.crlf", "task": "lab01.4", "title": "Line, 100% right", "points": 0,
             "maximum": 3, "result": "failed", "seen": "a\nb", "wanted": "c", "hint": "Do it."}
    other = {**check, "id": "lab01.4.banner", "result": "passed", "points": 97, "maximum": 97}
    cause = {"check": "lab01.4.crlf", "likely": "a <b> | c", "place": "console_putc()", **first}
    return {"total": 97, "maximum": 100, "first_cause": cause, "labs": [
        {"lab": 1, "name": "lab01-boot", "points": 97, "maximum": 100, "checks": [other, check]}]}


def test_an_annotation_is_at_the_hole_and_has_no_raw_line_end() -> None:
    (line,) = github.errors(report(), KIT)
    place = r"::error file=lab01-boot/uart.c,line=(\d+),title=lab01.4.crlf::(.*)"
    match = re.fullmatch(place, line)
    lines = (KIT / "lab01-boot/uart.c").read_text().splitlines()
    assert match and "uart_init" in lines[int(match[1]) - 1]
    assert match[2].startswith("Line, 100%25 right%0Aseen: a%0Ab%0Awanted: c%0A")


def test_the_summary_is_a_table_in_which_a_student_s_text_is_text() -> None:
    text = github.table(report())
    assert "| lab01-boot | 97 of 100 | 1 | 1 | 0 |" in text
    assert "a &lt;b> \\| c" in text


def test_the_reporter_gets_the_points_of_each_lab() -> None:
    whole = json.loads(base64.b64decode(github.classroom(report())))
    assert whole["status"] == "fail" and whole["max_score"] == 100
    assert sum(test["score"] for test in whole["tests"]) == 97


def commands_of(workflow: str) -> list[str]:
    text = (KIT / "grader/schools" / workflow).read_text()
    return re.findall(r"^ +run: (.*)$", text, re.M)


def test_the_workflows_are_yaml_with_the_keys_that_their_systems_know() -> None:
    yaml = pytest.importorskip("yaml")
    folder = KIT / "grader/schools"
    job = yaml.safe_load((folder / "classroom.yml").read_text())["jobs"]["grade"]
    assert set(job) == {"if", "runs-on", "timeout-minutes", "steps"}
    for step in job["steps"]:
        assert ("run" in step) != ("uses" in step)
        assert set(step) <= {"name", "id", "run", "uses", "with", "env"}
    last = job["steps"][-1]
    assert last["env"] == {"SCHISM_RESULTS": "${{ steps.schism.outputs.result }}"}
    assert last["with"]["runners"].upper() + "_RESULTS" in last["env"]
    grade = yaml.safe_load((folder / "gitlab.yml").read_text())["grade"]
    assert grade["artifacts"]["reports"]["junit"] == "build/grade/junit.xml"
    assert "make grade STRICT=1 $LAB" in grade["script"]


def test_the_steps_of_the_workflow_run_by_hand(tmp_path: Path) -> None:
    """All but ./setup.sh and the actions of GitHub's own."""
    setup, *commands = commands_of("classroom.yml")
    assert setup == "./setup.sh" and len(commands) == 2
    env = {"PATH": os.environ["PATH"], "LAB": f"LAB=1 BUILD={tmp_path}/build",
           "GITHUB_STEP_SUMMARY": str(tmp_path / "summary"),
           "GITHUB_OUTPUT": str(tmp_path / "output"), "CI": "true"}
    for command in commands:
        command = command.replace("build/grade", f"{tmp_path}/build/grade")
        command = command.replace("python3", "/usr/bin/python3")
        done = subprocess.run(["bash", "-e", "-o", "pipefail", "-c", command], cwd=KIT, env=env,
                              capture_output=True, text=True)
        assert done.returncode == 0, done.stderr
    assert "::error file=lab01-boot/boot.S," in done.stdout
    assert "## Schism Labs: 0 of 100 points" in (tmp_path / "summary").read_text()
    assert (tmp_path / "output").read_text().startswith("result=")


# --- Moodle --------------------------------------------------------------------------------


def test_rows_are_added_and_replaced(tmp_path: Path) -> None:
    (tmp_path / "grade").mkdir()
    path = tmp_path / "grade/report.json"
    for student, total in (("b@x.org", 97), ("a@x.org", 50), ("b@x.org", 98)):
        path.write_text(json.dumps({**report(), "total": total}))
        status, _ = make("moodle", f"STUDENT={student}", f"BUILD={tmp_path}")
        assert status == 0
    with open(tmp_path / "grade/moodle.csv", encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert [(row["Email address"], row["Total"], row["Lab 1"], row["Lab 2"]) for row in rows] == [
        ("a@x.org", "50", "97", ""), ("b@x.org", "98", "97", "")]
    assert rows[0]["Feedback"].startswith("First: lab01.4.crlf: a <b> | c Lost: lab01.4.crlf (")


def test_a_cell_is_never_a_formula() -> None:
    row = moodle.row_of(report(), "ID number", "=1+1")
    assert row["ID number"] == "'=1+1"


@pytest.mark.parametrize(("args", "words"), [
    ((), "moodle: whose grading is it? STUDENT=ada@example.org"),
    (("STUDENT=a@b.c",), "make grade SUBMISSION=dir comes first"),
])
def test_bad_use_is_one_line(tmp_path: Path, args: tuple[str, ...], words: str) -> None:
    status, (line,) = make("moodle", *args, f"BUILD={tmp_path}")
    assert status and words in line


def test_a_kit_for_students_has_no_page_that_quotes_solutions(archive: Path) -> None:
    with zipfile.ZipFile(archive) as packed:
        names = packed.namelist()
        readme = packed.read("kit/README.md").decode()
    assert not [name for name in names if name.endswith(("change-it.md", "life-of-an-exit.md"))]
    assert "change-it" not in readme and "kit/docs/schools.md" in names
