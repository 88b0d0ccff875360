# SPDX-License-Identifier: MIT
"""setup.sh and doctor.sh on machines that do not exist.

A machine is a directory that is its whole PATH. Its tools are scripts that tell
a version, its packages are directories of tools, and its package manager copies
the one into the other. So every system can be tried, without network or root.
"""

from __future__ import annotations

import re
import shutil
import subprocess
from dataclasses import dataclass, field
from pathlib import Path

import pytest

KIT = Path(__file__).resolve().parents[3]
SETUP = KIT / "setup.sh"
DOCTOR = KIT / "common/make/doctor.sh"

# What each tool's command is called here and what it answers to --version.
ANSWERS = {
    "make": "GNU Make 4.3",
    "aarch64-linux-gnu-gcc": "12.2.0",
    "qemu-system-aarch64": "QEMU emulator version 7.2.22 (Debian 1:7.2+dfsg-7)",
    "gdb-multiarch": "GNU gdb (Debian 13.1-3) 13.1",
    "clang": "Debian clang version 14.0.6",
    "ld.lld": "Debian LLD 14.0.6 (compatible with GNU linkers)",
    "git": "git version 2.39.5",
    "bwrap": "bubblewrap 0.8.0",
    "shellcheck": "ShellCheck - shell script analysis tool\nversion: 0.9.0",
    "cppcheck": "Cppcheck 2.10",
    "ccache": "ccache version 4.7.5",
    "weasyprint": "WeasyPrint version 57.2",
    "dtc": "Version: DTC 1.6.1",
    "cpio": "cpio (GNU cpio) 2.13",
    "gcc": "gcc (Debian 12.2.0-14+deb12u1) 12.2.0",
    "sim_c": "Build Aug  7 2019, 23:48:57",
    "spin": "Spin Version 6.5.2 -- 6 December 2019",
    "chromium": "Chromium 150.0.7871.100 built on Debian GNU/Linux 12 (bookworm)",
}
# A Python module is a file next to the python3 that can import it.
MODULES = {
    "python3.pytest": "7.2.1",
    "python3.rich": "13.3.1",
    "python3.jinja2": "3.1.2",
    "python3.xdist": "3.1.0",
    "python3.jsonschema": "4.10.3",
    "python3.pyflakes": "2.5.0",
    "python3.mypy": "1.0.1",
    "python3.hypothesis": "6.67.1",
    "python3.sphinx": "5.3.0",
    "python3.myst": "0.18.1",
    "python3.furo": "2022.12.7",
    "clang.sanitizers": "",  # next to the clang that links with them
}
NEEDED = [*list(ANSWERS)[:4], "python3", "python3.pytest", "python3.rich"]
STUDENT = [*NEEDED, "python3.jinja2", "dtc"]
BOOK = ["python3.sphinx", "python3.myst", "python3.furo", "weasyprint"]
DEV = [
    *BOOK,
    *("clang", "ld.lld", "python3.xdist", "git", "python3.jsonschema"),
    *("python3.pyflakes", "python3.mypy", "shellcheck", "cppcheck", "ccache"),
    *("python3.hypothesis", "cpio", "clang.sanitizers"),
    *("bwrap", "chromium", "gcc", "sim_c", "spin"),
]

# What each package manager calls the tools of STUDENT, then of DEV, in that order.
PACKAGES = {
    "apt-get": "make gcc-aarch64-linux-gnu qemu-system-arm gdb-multiarch python3 python3-pytest"
    " python3-rich python3-jinja2 device-tree-compiler python3-sphinx python3-myst-parser"
    " furo weasyprint"
    " clang lld python3-pytest-xdist git python3-jsonschema"
    " pyflakes3 mypy shellcheck cppcheck ccache python3-hypothesis"
    " cpio libclang-rt-dev bubblewrap chromium build-essential"
    " similarity-tester spin",
    "dnf": "make gcc-aarch64-linux-gnu qemu-system-aarch64-core gdb python3 python3-pytest"
    " python3-rich python3-jinja2 dtc python3-sphinx python3-myst-parser python3-furo weasyprint"
    " clang lld python3-pytest-xdist git-core python3-jsonschema"
    " python3-pyflakes python3-mypy ShellCheck cppcheck ccache"
    " python3-hypothesis cpio compiler-rt bubblewrap chromium gcc - -",
    "pacman": "make aarch64-linux-gnu-gcc qemu-system-aarch64 aarch64-linux-gnu-gdb python"
    " python-pytest python-rich python-jinja dtc python-sphinx python-myst-parser"
    " python-sphinx-furo python-weasyprint clang lld python-pytest-xdist git python-jsonschema"
    " python-pyflakes mypy shellcheck cppcheck ccache python-hypothesis cpio compiler-rt"
    " bubblewrap chromium gcc - -",
    "brew": "make aarch64-elf-gcc qemu aarch64-elf-gdb python pytest rich jinja2 dtc sphinx"
    " myst-parser furo weasyprint llvm lld"
    " pytest-xdist git jsonschema pyflakes mypy shellcheck cppcheck ccache hypothesis cpio - -"
    " google-chrome - - spin",
}
SYSTEMS = {"apt-get": "ID=debian", "dnf": "ID=fedora", "pacman": "ID=arch", "brew": ""}
INSTALL = {
    "apt-get": "apt-get install -y --no-install-recommends",
    "dnf": "dnf install -y --setopt=install_weak_deps=False",
    "pacman": "pacman -S --needed --noconfirm",
    "brew": "brew install",
}

INSTALLER = """
[ "{name}" != apt-get ] || [ "$1" = update ] || [ "$DEBIAN_FRONTEND" = noninteractive ] || exit 9
for package; do
    [ ! -d "{store}/$package" ] || cp "{store}/$package"/* "{bin}/"
done
"""
CLANG = """
case $1 in -fsanitize=*) [ -e "$0.sanitizers" ] || exit 1 ;; esac
echo "{answer}"
"""
PYTHON = """
have() { if [ -e "$0.$1" ]; then echo "$(cat "$0.$1")"; else echo -; fi; }
if [ "$1" = -m ]; then brew-pip "$@"; exit; fi
modules="pytest rich jinja2 xdist jsonschema pyflakes mypy hypothesis sphinx myst furo"
echo 3.11.2 $(for module in $modules; do have $module; done)
"""


@dataclass
class Machine:
    """A directory of commands, a store of packages and a log of what was called."""

    root: Path
    env: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for folder in (self.bin, self.store):
            folder.mkdir(parents=True)
        for command in ("sh", "cat", "cp", "dirname", "env", "sed", "grep"):
            real = shutil.which(command)
            assert real, command
            (self.bin / command).symlink_to(real)
        self.command("id", "echo 0")
        self.command("uname", "echo Linux")
        self.system("ID=debian")
        # Named, so that the real /usr/bin/python3 is not looked at.
        self.env |= {"PATH": str(self.bin), "PYTHON": str(self.bin / "python3")}

    @property
    def bin(self) -> Path:
        return self.root / "bin"

    @property
    def store(self) -> Path:
        return self.root / "store"

    @property
    def log(self) -> Path:
        return self.root / "log"

    def command(self, name: str, body: str, folder: Path | None = None) -> None:
        """A command that logs its call (an argument with line breaks only in part)."""
        path = (folder or self.bin) / name
        log = f'echo "{name} $*" | sed q >>"{self.log}"'
        path.write_text(f"#!/bin/sh\n{log}\n{body}\n")
        path.chmod(0o755)

    def tool(self, name: str, folder: Path | None = None, version: str = "") -> None:
        folder = folder or self.bin
        if name in MODULES:
            (folder / name).write_text(version or MODULES[name])
        elif name == "python3":
            self.command(name, PYTHON, folder)
        elif name == "clang":
            self.command(name, CLANG.format(answer=version or ANSWERS[name]), folder)
        else:
            self.command(name, f'echo "{version or ANSWERS[name]}"', folder)

    def tools(self, names: list[str]) -> None:
        for name in names:
            self.tool(name)

    def system(self, os_release: str) -> None:
        (self.root / "os-release").write_text(os_release + "\n")
        self.env["OS_RELEASE"] = str(self.root / "os-release")

    def manager(self, name: str) -> None:
        """Installs the package manager and fills its store."""
        self.system(SYSTEMS[name])
        body = INSTALLER.format(name=name, store=self.store, bin=self.bin)
        self.command(name, body)
        if name == "brew":
            self.command("uname", "echo Darwin")
            self.command("brew-pip", body)
        for package, tool in zip(PACKAGES[name].split(), STUDENT + DEV):
            (self.store / package).mkdir(exist_ok=True)
            self.tool(tool, self.store / package)

    def user(self, sudo: bool) -> None:
        self.command("id", "echo 1000")
        if sudo:
            self.command("sudo", 'exec "$@"')

    def run(self, script: Path, *args: str, **env: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            ["sh", str(script), *args], env=self.env | env, capture_output=True, text=True
        )

    def calls(self, *names: str) -> list[str]:
        """The logged calls of these commands (of all, if none is named)."""
        lines = self.log.read_text().splitlines() if self.log.exists() else []
        return [line.strip() for line in lines if not names or line.split()[0] in names]


@pytest.fixture
def bare(tmp_path: Path) -> Machine:
    """A Debian without any tool of ours."""
    machine = Machine(tmp_path)
    machine.manager("apt-get")
    return machine


@pytest.fixture
def full(bare: Machine) -> Machine:
    """A Debian with everything."""
    bare.tools(STUDENT + DEV)
    return bare


def lines(text: str) -> list[str]:
    return text.splitlines()


# setup.sh


@pytest.mark.parametrize("args", [(), ("--dev",), ("--dry-run",)])
def test_with_nothing_missing_it_says_so_in_one_line_and_needs_no_permission(
    full: Machine, args: tuple[str, ...]
) -> None:
    full.user(sudo=False)
    result = full.run(SETUP, *args)
    assert (result.returncode, result.stderr) == (0, "")
    assert lines(result.stdout) == ["setup.sh: nothing to install, every tool is here"]
    assert full.calls("apt-get") == []


def test_only_the_missing_tool_is_named_and_installed(full: Machine) -> None:
    (full.bin / "qemu-system-aarch64").unlink()
    result = full.run(SETUP)
    assert result.returncode == 0, result.stderr
    assert lines(result.stdout) == [
        "setup.sh: to be installed with apt-get:",
        "  qemu-system-arm           QEMU is missing (looked for qemu-system-aarch64)",
        "setup.sh: done, every tool is here",
    ]
    assert full.calls("apt-get") == [
        "apt-get update",
        "apt-get install -y --no-install-recommends qemu-system-arm",
    ]


@pytest.mark.parametrize("manager", ["apt-get", "dnf", "pacman"])
def test_a_bare_system_gets_what_a_student_needs_and_with_dev_the_rest(
    tmp_path: Path, manager: str
) -> None:
    machine = Machine(tmp_path)
    machine.manager(manager)
    names = PACKAGES[manager].split()
    student, dev = names[: len(STUDENT)], names[len(STUDENT) :]

    result = machine.run(SETUP)
    assert result.returncode == 0, result.stderr
    assert [line.split()[0] for line in lines(result.stdout)[1:-1]] == student
    assert machine.calls(manager)[-1] == " ".join([INSTALL[manager], *student])

    assert machine.run(SETUP, "--dev").returncode == 0
    optional = [name for name in dev[-4:] if name != "-"]  # what some tests need
    assert machine.calls(manager)[-2:] == [
        " ".join([INSTALL[manager], *dev[:-4]]),
        " ".join([INSTALL[manager], *optional]),
    ]


def test_with_book_it_installs_what_the_book_needs_and_no_more(bare: Machine) -> None:
    result = bare.run(SETUP, "--book")
    assert result.returncode == 0, result.stderr
    assert [line.split()[0] for line in lines(result.stdout)[1:-1]] == [
        "make", "python3", "python3-sphinx", "python3-myst-parser", "furo", "weasyprint",
    ]  # fmt: skip


def test_homebrew_runs_without_root_and_leaves_python_modules_to_pip(tmp_path: Path) -> None:
    machine = Machine(tmp_path)
    machine.manager("brew")
    machine.user(sudo=False)
    result = machine.run(SETUP, "--dev")
    assert result.returncode == 0, result.stderr
    assert machine.calls("brew", "brew-pip") == [
        "brew install make aarch64-elf-gcc qemu aarch64-elf-gdb python dtc weasyprint llvm lld git "
        "shellcheck cppcheck ccache cpio",
        "brew-pip -m pip install --user pytest rich jinja2 sphinx myst-parser furo pytest-xdist "
        "jsonschema pyflakes mypy hypothesis",
        "brew install google-chrome spin",
    ]


def test_a_dry_run_says_what_it_would_install_and_installs_nothing(bare: Machine) -> None:
    bare.user(sudo=False)
    result = bare.run(SETUP, "--dry-run", "--dev")
    assert (result.returncode, result.stderr) == (0, "")
    assert [line.split()[0] for line in lines(result.stdout)[1:]] == PACKAGES["apt-get"].split()
    assert bare.calls("apt-get") == []


def test_a_user_without_sudo_gets_one_line_with_the_command_for_root(full: Machine) -> None:
    (full.bin / "make").unlink()
    full.user(sudo=False)
    result = full.run(SETUP)
    assert (result.returncode, result.stdout) == (1, "")
    assert lines(result.stderr) == [
        "setup.sh: no permission to install and no sudo; as root, run: apt-get update && "
        "env DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends make"
    ]


def test_a_user_with_sudo_installs_through_it(full: Machine) -> None:
    (full.bin / "make").unlink()
    full.user(sudo=True)
    assert full.run(SETUP).returncode == 0
    assert full.calls("sudo")[0] == "sudo apt-get update"
    assert full.calls("apt-get")[-1].endswith(" make")


@pytest.mark.parametrize("os_release", ["ID=plan9", "ID=plan9\nID_LIKE='inferno bsd'", ""])
def test_on_an_unknown_system_it_prints_the_packages_and_fails(
    bare: Machine, os_release: str
) -> None:
    bare.system(os_release)
    result = bare.run(SETUP)
    assert result.returncode == 1
    listed = [line.split()[0] for line in lines(result.stderr)[1:-1]]
    assert listed == PACKAGES["apt-get"].split()[: len(STUDENT)]
    assert "do not know how to install" in lines(result.stderr)[-1]
    assert bare.calls("apt-get") == []


def test_a_system_without_os_release_is_an_unknown_one(bare: Machine) -> None:
    result = bare.run(SETUP, OS_RELEASE=str(bare.root / "nothing"))
    assert result.returncode == 1
    assert lines(result.stderr)[-1].endswith("(no os-release)")


def test_a_mac_without_homebrew_is_an_unknown_system(bare: Machine) -> None:
    bare.command("uname", "echo Darwin")
    result = bare.run(SETUP)
    assert result.returncode == 1
    assert lines(result.stderr)[-1].endswith("(macos)")


def test_a_derivative_is_treated_as_its_parent(full: Machine) -> None:
    (full.bin / "git").unlink()
    full.system('ID=linuxmint\nID_LIKE="ubuntu debian"')
    assert full.run(SETUP, "--dev").returncode == 0
    assert full.calls("apt-get")[-1].endswith(" git")


def test_an_unknown_option_is_refused_in_one_line(full: Machine) -> None:
    result = full.run(SETUP, "--all")
    assert (result.returncode, result.stdout) == (2, "")
    assert lines(result.stderr) == ["setup.sh: unknown option '--all' (try --help)"]


def test_help_names_every_option(full: Machine) -> None:
    result = full.run(SETUP, "--help")
    assert (result.returncode, result.stderr) == (0, "")
    assert "--dev" in result.stdout and "--book" in result.stdout and "--dry-run" in result.stdout
    assert "#" not in result.stdout and "set -u" not in result.stdout


@pytest.mark.parametrize("step", ["update", "install"])
def test_when_the_package_manager_fails_it_says_at_which_command(bare: Machine, step: str) -> None:
    bare.command("apt-get", f'[ "$1" != {step} ]')
    result = bare.run(SETUP)
    assert result.returncode == 1
    (line,) = lines(result.stderr)
    assert line.startswith("setup.sh: failed, for the reason above: ")
    assert f"apt-get {step}" in line


def test_a_system_with_only_an_old_qemu_fails_and_names_both_versions(full: Machine) -> None:
    old = "QEMU emulator version 6.2.0 (Debian 1:6.2+dfsg-2ubuntu6)"
    full.tool("qemu-system-aarch64", version=old)
    full.tool("qemu-system-aarch64", full.store / "qemu-system-arm", version=old)
    result = full.run(SETUP)
    assert result.returncode == 1
    assert "QEMU 6.2.0 is too old (qemu-system-aarch64; 7.2 or newer is needed)" in result.stderr
    assert "apt-get offers nothing better" in lines(result.stderr)[-1]


def test_a_package_that_brings_no_tool_is_noticed(full: Machine) -> None:
    (full.bin / "make").unlink()
    shutil.rmtree(full.store / "make")
    result = full.run(SETUP)
    assert result.returncode == 1
    assert "GNU Make is missing" in result.stderr


def test_without_the_doctor_nothing_is_claimed(full: Machine, tmp_path: Path) -> None:
    alone = tmp_path / "alone"
    alone.mkdir()
    shutil.copy(SETUP, alone)
    result = full.run(alone / "setup.sh")
    assert result.returncode != 0
    assert "nothing to install" not in result.stdout


# doctor.sh


def test_the_doctor_lists_every_tool_with_version_and_tested_range(full: Machine) -> None:
    result = full.run(DOCTOR)
    assert (result.returncode, result.stderr) == (0, "")
    *table, _, note = lines(result.stdout)
    assert len(table) == 1 + len(STUDENT + DEV)
    assert note.endswith(": lab05-vcpu/README.md#debug-it")
    (qemu,) = [line for line in table if line.startswith("QEMU")]
    assert qemu.split() == ["QEMU", str(full.bin / "qemu-system-aarch64"), "7.2.22", "7.2",
                            "7.2-10.0"]


@pytest.mark.parametrize("tool", NEEDED)
def test_a_missing_tool_gets_one_sentence_that_names_setup(full: Machine, tool: str) -> None:
    (full.bin / tool).unlink()
    result = full.run(DOCTOR)
    assert result.returncode == 1
    sentences = [line for line in lines(result.stdout) if " is missing (" in line]
    assert len(sentences) == (12 if tool == "python3" else 1)  # its modules are gone with it
    for sentence in sentences:
        assert re.search(r": run ./setup.sh( --dev| --book)?$", sentence)


def test_without_jinja2_one_can_grade_and_the_doctor_says_how_to_get_it(full: Machine) -> None:
    (full.bin / "python3.jinja2").unlink()
    assert full.run(DOCTOR, "grade").returncode == 0
    result = full.run(DOCTOR)
    assert result.returncode == 0
    sentence = lines(result.stdout)[-1]
    assert sentence.startswith("optional: jinja2 is missing")
    assert sentence.endswith(": run ./setup.sh")
    assert full.run(SETUP).returncode == 0
    assert full.calls("apt-get")[-1].endswith(" python3-jinja2")


SKIPPED = (
    "setup.sh: optional: Chromium is missing (looked for chromium chromium-browser google-chrome"
    " /Applications/Google Chrome.app/Contents/MacOS/Google Chrome):"
    " tests that need it are skipped"
)


def test_a_chromium_that_cannot_be_installed_is_done_without(full: Machine) -> None:
    (full.bin / "chromium").unlink()
    full.command("apt-get", '[ "$1" = update ]')
    result = full.run(SETUP, "--dev")
    assert result.returncode == 0, result.stderr
    assert lines(result.stdout)[-3:] == [
        "setup.sh: that was optional",
        SKIPPED,
        "setup.sh: done, every tool is here",
    ]


@pytest.mark.parametrize("also", [None, "git"])
def test_ubuntus_chromium_is_a_snap_and_not_installed(full: Machine, also: str | None) -> None:
    full.system("ID=ubuntu\nID_LIKE=debian")
    for tool in ("chromium", also):
        if tool:
            (full.bin / tool).unlink()
    result = full.run(SETUP, "--dev")
    assert (result.returncode, result.stderr) == (0, "")
    assert lines(result.stdout)[-2] == SKIPPED
    assert not any("chromium" in call for call in full.calls("apt-get"))
    assert len(full.calls("apt-get")) == (2 if also else 0)


@pytest.mark.parametrize("tool", DEV)
def test_what_only_the_kits_tests_need_is_optional(full: Machine, tool: str) -> None:
    (full.bin / tool).unlink()
    result = full.run(DOCTOR)
    assert result.returncode == 0
    assert lines(result.stdout)[-1].startswith("optional: ")
    option = "--book" if tool in BOOK else "--dev"
    assert lines(result.stdout)[-1].endswith(f": run ./setup.sh {option}")


@pytest.mark.parametrize("subset", ["build", "run", "grade", "gdb", "picture", "book"])
def test_a_healthy_subset_is_silent(full: Machine, subset: str) -> None:
    result = full.run(DOCTOR, subset)
    assert (result.returncode, result.stdout, result.stderr) == (0, "", "")


@pytest.mark.parametrize(
    ("subset", "problems"), [("build", 1), ("run", 2), ("grade", 6), ("gdb", 1), ("picture", 4)]
)
def test_a_sick_subset_says_one_line_a_problem(bare: Machine, subset: str, problems: int) -> None:
    result = bare.run(DOCTOR, subset)
    assert (result.returncode, result.stdout) == (1, "")
    assert len(lines(result.stderr)) == problems
    assert all(line.endswith(": run ./setup.sh") for line in lines(result.stderr))


def test_the_check_before_a_run_starts_compiler_and_qemu_and_nothing_else(full: Machine) -> None:
    full.run(DOCTOR, "run")
    assert full.calls() == [
        "aarch64-linux-gnu-gcc -dumpfullversion",
        "qemu-system-aarch64 --version",
    ]


@pytest.mark.parametrize(
    ("version", "status"), [("6.2.0", 1), ("7.1.94", 1), ("7.2.0", 0), ("7.10", 0), ("10.0.2", 0)]
)
def test_versions_are_compared_as_numbers(full: Machine, version: str, status: int) -> None:
    full.tool("qemu-system-aarch64", version=f"QEMU emulator version {version}")
    result = full.run(DOCTOR, "run")
    assert result.returncode == status
    assert bool(status) == (f"QEMU {version} is too old" in result.stderr)


def test_a_tool_that_does_not_run_is_not_taken_for_a_good_one(full: Machine) -> None:
    full.command("qemu-system-aarch64", "exit 127")
    result = full.run(DOCTOR, "run")
    assert result.returncode == 1
    assert "QEMU does not run" in result.stderr


def test_another_qemu_can_be_named(full: Machine) -> None:
    (full.bin / "qemu-system-aarch64").rename(full.bin / "my-qemu")
    assert full.run(DOCTOR, "run", QEMU="my-qemu").returncode == 0
    result = full.run(DOCTOR, "run", QEMU="no-qemu")
    assert "QEMU is missing (looked for no-qemu)" in result.stderr


def test_the_named_cross_compiler_is_the_only_one_looked_for(full: Machine) -> None:
    result = full.run(DOCTOR, "build", CROSS="aarch64-none-elf-")
    assert result.returncode == 1
    assert "looked for aarch64-none-elf-gcc)" in result.stderr


def test_with_llvm_the_compiler_is_clang_and_lld(full: Machine) -> None:
    (full.bin / "aarch64-linux-gnu-gcc").unlink()
    assert full.run(DOCTOR, "build", LLVM="1").returncode == 0
    (full.bin / "ld.lld").unlink()
    result = full.run(DOCTOR, "build", LLVM="1")
    assert lines(result.stderr) == ["lld is missing (looked for ld.lld): run ./setup.sh --dev"]


@pytest.mark.parametrize("status", [0, 1])
def test_a_plain_gdb_counts_only_if_it_knows_aarch64(full: Machine, status: int) -> None:
    (full.bin / "gdb-multiarch").unlink()
    full.command("gdb", f'[ "$1" = --version ] && echo "GNU gdb 14.2" || exit {status}')
    assert full.run(DOCTOR, "gdb").returncode == status


def test_a_new_gmake_counts_where_make_is_old(full: Machine) -> None:
    full.tool("make", version="GNU Make 3.81")
    assert "GNU Make 3.81 is too old" in full.run(DOCTOR).stdout
    full.command("gmake", 'echo "GNU Make 4.4.1"')
    assert full.run(DOCTOR).returncode == 0


@pytest.mark.parametrize("order", [("pyenv", "bin"), ("bin", "pyenv")])
def test_the_python_that_can_do_most_is_taken(full: Machine, order: tuple[str, str]) -> None:
    """As on a machine whose first python3 is pyenv's and has no pytest."""
    (full.root / "pyenv").mkdir()
    full.tool("python3", full.root / "pyenv")
    (full.bin / "python3.xdist").unlink()  # else the search ends at the first one
    choice = " ".join(f"{full.root}/{folder}/python3" for folder in order)
    assert full.run(DOCTOR, "grade", PYTHON=choice).returncode == 0
    assert full.run(DOCTOR, "grade", PYTHON=f"{full.root}/pyenv/python3").returncode == 1


def test_an_unknown_subset_is_refused_in_one_line(full: Machine) -> None:
    result = full.run(DOCTOR, "everything")
    assert (result.returncode, result.stdout, len(lines(result.stderr))) == (2, "", 1)
