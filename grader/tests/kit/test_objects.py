# SPDX-License-Identifier: MIT
"""A source is compiled once in a build directory, and again only if what it may use changes."""

from __future__ import annotations

import json
import os
import re
import subprocess
from pathlib import Path

import pytest

from grader.core.kit import KIT, copy_of_the_kit
from grader.core.process import Nursery
from grader.grading.build import Place, build_stage

GUESTS = "GUESTS=sleeper hog hog ticks ticks"


def compiled(build: Path, *variables: str, kit: Path = KIT) -> list[str]:
    """The sources that `make build` would compile for stage 5 now, but for guests.S."""
    clean = {name: value for name, value in os.environ.items() if not name.startswith("MAKE")}
    argv = ["make", "-n", "build", f"BUILD={build}", "LAB=5", "SOLVED=5", GUESTS, *variables]
    done = subprocess.run(argv, cwd=kit, env=clean, capture_output=True, text=True, check=True)
    return sorted(source for source in re.findall(r" -c (\S+) -o ", done.stdout)
                  if not source.endswith("/guests.S"))


@pytest.fixture(scope="module")
def build(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A build directory with stage 5 in it."""
    folder = tmp_path_factory.mktemp("build")
    assert build_stage(5, 5, folder, [GUESTS], Nursery()).error == ""
    return folder


def test_every_source_is_compiled_once_for_all_slots_but_those_that_name_theirs(
    tmp_path: Path,
) -> None:
    sources = compiled(tmp_path / "b")
    assert {s for s in sources if sources.count(s) > 1} == {"lab05-vcpu/guests/ticks.c"}
    assert sources.count("lab05-vcpu/guests/ticks.c") == 2


def test_nothing_is_compiled_twice(build: Path) -> None:
    assert compiled(build) == []


def test_an_earlier_stage_compiles_only_its_main_and_self_tests(build: Path) -> None:
    assert compiled(build, "LAB=3", "GUESTS=") == [
        "lab03-stage2/main.c", "lab03-stage2/selftest.c"]  # fmt: skip


def test_another_value_of_solved_compiles_only_the_labs_that_it_is_about(build: Path) -> None:
    for source in compiled(build, "SOLVED=4"):
        assert source.startswith("lab05-vcpu/")


def test_other_guests_compile_nothing_of_the_hypervisor(build: Path) -> None:
    assert compiled(build, "GUESTS=hog signer sleeper") == ["lab05-vcpu/guests/signer.c"]


def test_an_option_compiles_only_the_folders_that_may_use_it(build: Path) -> None:
    sources = compiled(build, "SLICE_US=30")
    assert (
        "solutions/lab05-vcpu/sched.c" in sources and "lab05-vcpu/guests/sleeper/main.c" in sources
    )
    assert {str(Path(s).parent).removeprefix("solutions/") for s in sources} == {
        "lab05-vcpu", "lab05-vcpu/guests/sleeper"}  # fmt: skip
    assert compiled(build, "ROUNDS=3") == []


def test_the_memory_map_compiles_what_knows_of_slots(build: Path) -> None:
    sources = compiled(build, "GUARD_PAGES=8")
    assert "solutions/lab03-stage2/vm.c" in sources and "lab05-vcpu/guests/hog.c" in sources
    assert not [s for s in sources if re.search("common|lab01|lab02", s)]


def test_a_flag_compiles_everything(build: Path, tmp_path: Path) -> None:
    assert compiled(build, "OPT=-O1") == compiled(tmp_path / "b")


def test_a_header_compiles_what_includes_it(tmp_path: Path) -> None:
    kit = copy_of_the_kit(tmp_path)
    folder = tmp_path / "build"
    subprocess.run(
        ["make", "build", "LAB=1", "SOLVED=1", f"BUILD={folder}"], cwd=kit, check=True
    )
    os.utime(kit / "lab01-boot/uart.h")
    assert compiled(folder, "LAB=1", "GUESTS=", kit=kit) == [
        "lab01-boot/main.c", "solutions/lab01-boot/uart.c"]  # fmt: skip


def test_an_option_is_unknown_where_it_may_not_be_used(tmp_path: Path) -> None:
    kit = copy_of_the_kit(tmp_path)
    source = kit / "lab01-boot/syndrome.c"
    source.write_text(source.read_text() + "\nconst int rounds = CONFIG_ROUNDS;\n")
    built = build_stage(1, 1, kit / "build", ["ROUNDS=3"], Nursery(), place=Place(kit))
    assert re.search("lab01-boot/syndrome.c:.*CONFIG_ROUNDS.* undeclared", built.error)


def test_a_new_default_compiles_what_may_use_the_option(tmp_path: Path) -> None:
    kit = copy_of_the_kit(tmp_path)
    assert build_stage(5, 5, kit / "build", [GUESTS], Nursery(), place=Place(kit)).error == ""
    options = kit / "common/make/options.mk"
    options.write_text(options.read_text().replace("SLICE_US,100,", "SLICE_US,200,"))
    assert "solutions/lab05-vcpu/sched.c" in compiled(kit / "build", kit=kit)
    assert compiled(kit / "build", "SLICE_US=300", kit=kit) == compiled(kit / "build", kit=kit)


def test_clangd_gets_every_source_with_a_config_h_that_is_there(tmp_path: Path) -> None:
    kit = copy_of_the_kit(tmp_path)
    subprocess.run(["make", "compile_commands", "LAB=5", "SOLVED=5"], cwd=kit, check=True)
    entries = json.loads((kit / "compile_commands.json").read_text())
    assert {"common/lib/printf.c",
            "solutions/lab05-vcpu/sched.c"} <= {entry["file"] for entry in entries}
    for entry in entries:
        words = entry["arguments"]
        assert "-include" not in words or (kit / words[words.index("-include") + 1]).is_file()


def test_going_back_to_an_option_goes_back_to_its_image_and_compiles_nothing(
    tmp_path: Path) -> None:
    images = []
    for slice_us in (100, 30, 100):
        built = build_stage(5, 5, tmp_path, [GUESTS, f"SLICE_US={slice_us}"], Nursery())
        assert built.error == ""
        images.append(built.image.read_bytes())
        assert compiled(tmp_path, "SLICE_US=100") == []
    assert images[0] == images[2] != images[1]
