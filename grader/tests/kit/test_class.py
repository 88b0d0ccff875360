# SPDX-License-Identifier: MIT
"""A class graded as an instructor does it: stopped, killed, continued, and spread over workers."""

from __future__ import annotations

import csv
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from grader.core.kit import KIT, LAB_DIRS
from grader.core.starters import starters
from grader.grading import sandbox
from grader.tests.support.made_up import put

UART = "lab01-boot/uart.c"
ENV = {k: v for k, v in os.environ.items() if not k.startswith(("MAKE", "PYTEST"))}


def submission(folder: Path, upto: int, mark: str = "") -> None:
    """Hand in labs 1 to `upto`, solved. `mark` makes a submission a different one."""
    for name in starters():
        if int(name.parts[0][3:5]) <= upto:
            put(folder, str(name), (KIT / "solutions" / name).read_text())
    put(folder, UART, ((KIT / "solutions" if upto else KIT) / UART).read_text() + f"/* {mark} */\n")


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """Four students: two have solved lab 1, one has not begun, and one cannot be read."""
    for name, upto in (("ada", 1), ("bea", 1), ("cid", 0)):
        submission(tmp_path / "class" / name, upto, name)
    (tmp_path / "class/dora.zip").write_text("no archive")
    return tmp_path / "class"


def command(home: Path, *more: str) -> list[str]:
    return [sys.executable, "-m", "grader.classes", str(home), "--out", str(home.parent / "out"),
            "--lab", "1", *more]


def graded(home: Path, *more: str, **env: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(command(home, *more), cwd=KIT, env={**ENV, **env}, capture_output=True,
                          text=True, check=False)


def table(home: Path) -> dict[str, list[str]]:
    with open(home.parent / "out/scores.csv", newline="", encoding="utf-8") as file:
        return {row["student"]: [row["status"], row["total"]] for row in csv.DictReader(file)}


WANTED = {
    "ada": ["graded", "100"], "bea": ["graded", "100"], "cid": ["graded", "0"],
    "dora": ["not graded: it cannot be unpacked (File is not a zip file): pack it as .zip or "
             ".tar.gz", ""],
}


def test_a_class_that_is_killed_continues_and_has_the_same_table(home: Path) -> None:
    out = home.parent / "out"
    process = subprocess.Popen(command(home, "--jobs", "1"), cwd=KIT, env=ENV,
                               stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    while not list(out.glob("results/*.json")):
        assert process.poll() is None
        time.sleep(0.1)
    process.kill()
    process.wait()
    (first,) = out.glob("results/*.json")
    stamp = first.stat().st_mtime_ns
    ran = graded(home, "--jobs", "2")
    assert "2 graded now" in ran.stdout and "1 before" in ran.stdout, ran.stderr
    assert (ran.returncode, table(home)) == (3, WANTED)
    assert first.stat().st_mtime_ns == stamp
    assert ran.stderr.splitlines() == ["grade: dora: " + WANTED["dora"][0].partition(": ")[2]]
    before = {p: p.read_bytes() for p in out.rglob("*") if p.is_file() and "given" not in str(p)}
    again = graded(home)
    assert "0 graded now, 3 before" in again.stdout and "changed:" not in again.stdout
    for path, data in before.items():
        assert path.read_bytes() == data
    assert not (out / "work").exists()
    assert no_process_of(out)


def no_process_of(out: Path) -> bool:
    """True if no process is left that works in the folder."""
    for entry in Path("/proc").iterdir():
        try:
            words = (entry / "cmdline").read_bytes() if entry.name.isdigit() else b""
        except OSError:
            continue
        if os.fsencode(out) in words and int(entry.name) != os.getpid():
            return False
    return True


def test_a_class_that_is_interrupted_says_so(home: Path) -> None:
    process = subprocess.Popen(command(home), cwd=KIT, env=ENV, stdout=subprocess.PIPE,
                               stderr=subprocess.PIPE, text=True)
    while not (home.parent / "out/work").exists():
        time.sleep(0.05)
    process.send_signal(signal.SIGTERM)
    out, err = process.communicate()
    assert (process.returncode, out) == (2, "")
    assert err == ("grade: interrupted: what was graded is kept; the same command continues\n")
    assert no_process_of(home.parent / "out")


def test_two_classes_do_not_use_one_folder_at_once(home: Path) -> None:
    process = subprocess.Popen(command(home), cwd=KIT, env=ENV, stdout=subprocess.DEVNULL,
                               stderr=subprocess.DEVNULL)
    while not (home.parent / "out/work").exists():
        time.sleep(0.05)
    ran = graded(home)
    process.kill()
    process.wait()
    assert ran.returncode == 2
    assert "another grading uses" in ran.stderr and "another RESULTS=" in ran.stderr


@pytest.fixture
def scheduler() -> Iterator[tuple[str, list[int]]]:
    """A Dask scheduler and the processes of its two workers."""
    pytest.importorskip("distributed", reason="python3-distributed is missing")
    code = ("import dask.distributed as d, sys, time\n"
            "if __name__ == '__main__':\n"
            "    c = d.LocalCluster(2, threads_per_worker=1, dashboard_address=None)\n"
            "    print(c.scheduler_address, *(w.pid for w in c.workers.values()), flush=True)\n"
            "    sys.stdin.read()\n")
    process = subprocess.Popen([sys.executable, "-c", code], cwd=KIT, env=ENV, text=True,
                               stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                               stderr=subprocess.DEVNULL)
    assert process.stdout and process.stdin
    address, *pids = process.stdout.readline().split()
    yield address, list(map(int, pids))
    process.stdin.close()
    process.wait()


def test_workers_that_die_lose_no_submission(
    home: Path, scheduler: tuple[str, list[int]]
) -> None:
    address, workers = scheduler
    process = subprocess.Popen(command(home, "--scheduler", address), cwd=KIT, env=ENV,
                               stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    results = home.parent / "out/results"
    for pid in workers:
        time.sleep(3)
        os.kill(pid, signal.SIGKILL)
    out, err = process.communicate()
    assert "3 graded now" in out, err
    assert table(home) == WANTED
    assert len(list(results.iterdir())) == 3


def test_no_scheduler_is_one_line(home: Path) -> None:
    pytest.importorskip("distributed", reason="python3-distributed is missing")
    ran = graded(home, "--scheduler", "tcp://127.0.0.1:9")
    assert ran.returncode == 2
    (line,) = ran.stderr.splitlines()
    assert line.startswith("grade: SCHEDULER=tcp://127.0.0.1:9: no Dask scheduler (")


def path_without_bwrap(folder: Path) -> str:
    folder.mkdir()
    for place in os.environ["PATH"].split(":"):
        for tool in Path(place).glob("*"):
            if tool.name != "bwrap" and not (folder / tool.name).exists():
                (folder / tool.name).symlink_to(tool)
    return str(folder)


def test_without_a_sandbox_no_class_is_graded_unless_it_is_wanted(
    home: Path, tmp_path: Path
) -> None:
    path = path_without_bwrap(tmp_path / "bin")
    ran = graded(home, PATH=path)
    assert ran.returncode == 2 and not (home.parent / "out/scores.csv").exists()
    assert ran.stderr == ("grade: a submission is built in a sandbox, and bubblewrap is missing: "
                          "run ./setup.sh --dev\n")
    graded(home, "--unsafe", PATH=path)
    assert table(home) == WANTED


def test_an_adjustment_that_cannot_be_applied_stops_before_anything_is_graded(home: Path) -> None:
    put(home, "adjust.csv", "student,what,points,reason\nzoe,lab01,1,why\n")
    ran = graded(home)
    assert (ran.returncode, ran.stdout) == (2, "")
    assert ran.stderr == "grade: adjust.csv, line 2: there is no submission of 'zoe'\n"


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can mount a small file system")
def test_a_full_disk_is_one_line_and_keeps_what_was_graded(home: Path) -> None:
    out = home.parent / "out"
    out.mkdir()
    if subprocess.run(["mount", "-t", "tmpfs", "-o", "size=12m", "none", out]).returncode:
        pytest.skip("no mount here")
    try:
        ran = graded(home)
        assert ran.returncode == 2, ran.stdout
        (line,) = ran.stderr.splitlines()
        assert "No space left on device" in line
    finally:
        subprocess.run(["umount", "-l", out], check=True)


def test_qemu_and_gdb_see_no_solution_and_no_network(tmp_path: Path) -> None:
    tree, folder = tmp_path / "tree", tmp_path / "session"
    put(tree, "x", "")
    folder.mkdir()
    words = sandbox.for_machine(tree)
    script = (f"cat {KIT}/solutions/{UART}; cat /etc/passwd; touch {tree}/y {KIT}/grader/y "
              f"/usr/bin/y; touch {folder}/z; ls /proc | grep -c '^[0-9]'; "
              "cat /proc/net/dev | wc -l")
    argv = [*words, "--bind", str(folder), str(folder), "--", "sh", "-c", script]
    ran = subprocess.run(argv, capture_output=True, text=True, check=False)
    assert ran.stderr.count("No such file") == 2 and ran.stderr.count("Read-only file system") == 3
    assert (folder / "z").exists()
    processes, interfaces = map(int, ran.stdout.split())
    assert processes < 8 and interfaces == 3  # two lines of headings, and the loopback


def test_a_stage_that_hangs_costs_few_boots_and_the_score_says_why(tmp_path: Path) -> None:
    submission(tmp_path / "class/ada", 2, "ada")
    path = tmp_path / "class/ada" / UART
    text = path.read_text()
    at = text.index("{", text.index("void uart_init(void)")) + 1
    path.write_text(text[:at] + "\n\tfor (;;)\n\t\t;\n" + text[at:])
    ran = subprocess.run([*command(tmp_path / "class"), "--lab", "2"], cwd=KIT, env=ENV,
                         capture_output=True, text=True, check=False)
    assert ran.returncode == 0, ran.stderr
    with open(tmp_path / "out/scores.csv", newline="", encoding="utf-8") as file:
        (row,) = csv.DictReader(file)
    assert (row["lab02_own"], row["lab02_reference"], row["lab02"]) == ("0", "100", "100")
    page = (tmp_path / "out/students/ada.html").read_text()
    assert "not booted, because 3 boots of this lab had to be stopped" in page


def test_a_missing_qemu_is_one_line(home: Path) -> None:
    ran = graded(home, QEMU="no-such-qemu")
    assert ran.returncode == 2
    (line,) = ran.stderr.splitlines()
    assert "QEMU" in line and "no-such-qemu" in line
    assert len(LAB_DIRS) == 6


def test_a_probed_machine_that_sleeps_without_end_is_found_idle(tmp_path: Path) -> None:
    """And not stopped by its limit of wall-clock time, minutes later."""
    submission(tmp_path / "ada", 1)
    path = tmp_path / "ada" / UART
    text = path.read_text()
    at = text.index("{", text.index("void uart_init(void)")) + 1
    path.write_text(f"{text[:at]}\n\tfor (;;)\n\t\tasm volatile(\"msr daifset, #15; wfi\");\n"
                    f"{text[at:]}")
    argv = [sys.executable, "-m", "grader", "--lab", "1", "-k", "lab01.4.order",
            "--submission", str(path.parents[1]), "--build", str(tmp_path / "build")]
    ran = subprocess.run(argv, cwd=KIT, env=ENV, capture_output=True, text=True, check=False)
    assert ran.returncode == 1, ran.stderr
    checks = {check["id"]: check
              for check in json.loads((tmp_path / "build/grade/report.json").read_text())["labs"][
                  0]["checks"]}
    assert checks["lab01.4.order"]["points"] == 0
    assert "did not end in time" not in checks["lab01.4.order"]["seen"]
