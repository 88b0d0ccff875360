# SPDX-License-Identifier: MIT
"""The conformance guests pass on the bare machine and in a VM; a wrong expectation fails."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from pathlib import Path

import pytest

from grader.commands import conformance
from grader.core.kit import KIT, copy_of_the_kit
from grader.tests.support.build import BUILD, OWN
from grader.tests.support.making import make

BARE = conformance.guest_list("CONFORMANCE_GUESTS") + conformance.guest_list("CONFORMANCE_CORES")
ALL = BARE + conformance.guest_list("CONFORMANCE_CALLS")
LEAST_CHECKS = 450


@pytest.fixture(scope="module")
def folder() -> Path:
    status, output = make("conformance_build", "WERROR=1", OWN)
    assert status == 0, output
    return BUILD / "conformance"


@pytest.mark.parametrize(
    ("guest", "cores"),
    [(guest, cores) for guest in BARE for cores in conformance.core_counts(guest)],
)
def test_a_guest_passes_on_the_bare_machine(folder: Path, guest: str, cores: int) -> None:
    verdict = conformance.run(folder, guest, cores)
    assert verdict.faults == () and verdict.checks


@pytest.fixture(scope="module")
def hypervisor() -> conformance.Hypervisor:
    if not shutil.which("fdtget"):
        pytest.skip("dtc is missing: run ./setup.sh")
    status, output = make("beyond_build", "WERROR=1", OWN)
    assert status == 0, output
    return conformance.Hypervisor(BUILD / "beyond/hyp.elf")


@pytest.mark.parametrize(
    ("guest", "cores"),
    [(guest, cores) for guest in ALL for cores in conformance.core_counts(guest)],
)
def test_a_guest_passes_in_a_vm(folder: Path, hypervisor: conformance.Hypervisor, guest: str,
                                cores: int) -> None:
    verdict = conformance.run(folder, guest, cores, hypervisor=hypervisor)
    assert verdict.faults == () and verdict.checks


@pytest.mark.parametrize("guest", ["gic_routing", "psci_cores", "timers", "litmus"])
def test_a_guest_passes_with_more_vcpus_than_cores(
    folder: Path, hypervisor: conformance.Hypervisor, guest: str
) -> None:
    fewer = conformance.Hypervisor(hypervisor.image, cores=2)
    assert conformance.run(folder, guest, 4, hypervisor=fewer).faults == ()


@pytest.mark.parametrize("cpu", ["cortex-a57", "cortex-a72"])
def test_what_an_older_core_hides_is_undefined(folder: Path, cpu: str) -> None:
    assert conformance.run(folder, "id_registers", 1, cpu).faults == ()


def test_every_guest_is_listed_and_no_check_has_two_names() -> None:
    sources = {path.stem: path.read_text() for path in conformance.GUESTS.glob("*.c")}
    assert sorted(sources) == sorted(ALL)
    names = [name for text in sources.values() for name in conformance.check_names(text)]
    assert len(names) == len(set(names)) >= LEAST_CHECKS
    # A check that the expression does not find would run without being asked for.
    assert sum(text.count("\nCHECK(") for text in sources.values()) == len(names)


@dataclass(frozen=True)
class Mutant:
    """A change of a guest or its runtime that must make exactly one check wrong."""

    guest: str
    old: str
    new: str
    check: str
    cores: int = 1

    def __str__(self) -> str:
        return self.check


MUTANTS = (
    Mutant("gic_distributor", "spis(GICD_ISENABLER(SPI_WORD)), 0x0fffff00);",
           "spis(GICD_ISENABLER(SPI_WORD)), 0x0f00ff00);", "gicd.isenabler.set_by_word"),
    Mutant("gic_distributor", "gicd_write(GICD_ISACTIVER(SPI_WORD), 0x0f00ff00);",
           "gicd_write(GICD_ICACTIVER(SPI_WORD), 0x0f00ff00);", "gicd.isactiver.set_by_word"),
    Mutant("gic_distributor", "access_write64(route, 0x0500010203);",
           "mmio_write32(route, 0x00010203);", "gicd.irouter.has_64_bits"),
    Mutant("gic_redistributor", "gicr_write(GICR_ICENABLER0, 0x00050000);",
           "gicr_write(GICR_ICENABLER0, 0);", "gicr.icenabler0.clears_only_ones"),
    Mutant("gic_cpu_interface", "\twrite_control(ICC_CTLR_EL1_EOIMODE);\n\tintid = raise_spi(0, "
           "PRIORITY);\n\texpect_equal(\"INTID\", gic_acknowledge(), intid);\n\tgic_end(intid);\n"
           "\texpect_equal(\"RPR\"", "\tintid = raise_spi(0, PRIORITY);\n\texpect_equal(\"INTID\", "
           "gic_acknowledge(), intid);\n\tgic_end(intid);\n\texpect_equal(\"RPR\"",
           "icc.eoimode1.end_drops_the_priority_only"),
    Mutant("gic_cpu_interface", "write_pmr(LEVEL(8));\n\tintid = raise_spi(0, LEVEL(8));",
           "write_pmr(LEVEL(8));\n\tintid = raise_spi(0, LEVEL(7));",
           "icc.pmr.masks_its_own_priority"),
    Mutant("gic_sgi", "write_sgi1r(ICC_SGI1R_IRM | 1 << 24);", "gic_send_sgi(0, 1);",
           "sgi.irm.excludes_the_sender"),
    Mutant("gic_routing", "route(SPI_FIRST, cores[n].mpidr);", "route(SPI_FIRST, cores[0].mpidr);",
           "routing.spi.to_each_core", 4),
    Mutant("timers", "timer.virtual.pends_ppi_27\")\n{\n\ton_each_core(pends_its_ppi, &virtual",
           "timer.virtual.pends_ppi_27\")\n{\n\ton_each_core(counts_up, 0); // &virtual",
           "timer.virtual.pends_ppi_27"),
    Mutant("psci", "NO_SUCH_CORE, 0, 0),\n\t\t     PSCI_INVALID_PARAMETERS);\n\texpect_equal(\"32",
           "NO_SUCH_CORE, 0, 0),\n\t\t     PSCI_DENIED);\n\texpect_equal(\"32",
           "psci.affinity_info.no_such_core"),
    Mutant("psci_cores", 'expect_equal("64 bit", cpu_on(LAST), PSCI_ALREADY_ON);',
           'expect_equal("64 bit", cpu_on(LAST), PSCI_SUCCESS);',
           "psci_cores.cpu_on.of_an_on_core", 2),
    Mutant("id_registers", "expect_feature(ISAR0, 19, 16, 1, 0x1ac24020);",
           "expect_feature(ISAR0, 19, 16, 15, 0x1ac24020);", "id.isar0.crc32"),
    Mutant("exceptions", "SPSR_EL1.M\", taken.spsr & SPSR_M, SPSR_M_EL1T",
           "SPSR_EL1.M\", taken.spsr & SPSR_M, SPSR_M_EL1H", "exception.svc.from_el1t"),
    Mutant("devices", "0xff0fffff, 0x00041031);", "0xff0fffff, 0x00041030);",
           "pl031.id.part_is_031"),
    Mutant("litmus", "return r0 == 1 && r1 == 0;\n}\n\nCHECK(\"litmus.coherence.reads",
           "return r0 == r1;\n}\n\nCHECK(\"litmus.coherence.reads",
           "litmus.coherence.reads_do_not_go_back", 2),
)


@pytest.fixture(scope="module")
def changed_kit(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the kit whose guests all hold their mutant, built once."""
    kit = copy_of_the_kit(tmp_path_factory.mktemp("mutants"))
    for mutant in MUTANTS:
        source = kit / f"beyond/guests/{mutant.guest}.c"
        text = source.read_text()
        assert text.count(mutant.old) == 1, mutant
        source.write_text(text.replace(mutant.old, mutant.new))
    status, output = make("conformance_build", tree=kit)
    assert status == 0, output
    return kit


@pytest.mark.parametrize("mutant", MUTANTS, ids=str)
def test_a_wrong_expectation_fails_and_no_other_check(changed_kit: Path, mutant: Mutant) -> None:
    guest = mutant.guest
    names = conformance.check_names((conformance.GUESTS / f"{guest}.c").read_text())
    transcript = conformance.boot(changed_kit / f"build/conformance/{guest}.elf", mutant.cores)
    verdict = conformance.judge(names, guest, mutant.cores, transcript)
    wrong = [other.check for other in MUTANTS if other.guest == guest]
    assert [fault.split(": ")[0] for fault in verdict.faults] == [f"[wrong] {name}" for name in
                                                                 sorted(wrong, key=names.index)]
    assert mutant.check in wrong


BROKEN = '''
CHECK("broken.unexpected_exception")
{
	mmio_read32(0x80000000);
}

CHECK("broken.the_next_check_runs")
{
	expect_equal("one", 1, 1);
}
'''


def test_an_unexpected_exception_is_wrong_and_the_next_check_runs(tmp_path: Path) -> None:
    kit = copy_of_the_kit(tmp_path)
    source = kit / "beyond/guests/gic_sgi.c"
    source.write_text(source.read_text() + BROKEN)
    status, output = make("conformance_build", "GUEST=gic_sgi", tree=kit)
    assert status == 0, output
    transcript = conformance.boot(kit / "build/conformance/gic_sgi.elf", 1)
    assert "[wrong] broken.unexpected_exception: wanted no exception, got vector 4, " \
        "ESR 0x96000005, FAR 0x80000000" in transcript
    assert "[ok] broken.the_next_check_runs" in transcript


GOOD = "[ok] a\n[ok] b\n[sum] guest: cores 1, checks 2, wrong 0\n"


@pytest.mark.parametrize(
    ("transcript", "fault"),
    [
        (GOOD, None),
        (GOOD.replace("[ok] b\n", ""), "b: no result"),
        (GOOD.replace("[ok] b", "[wrong] b: x: wanted 0x1, got 0x0"), "[wrong] b: x: wanted"),
        (GOOD.replace("[ok] b", "[ok] b\n[ok] c"), "c: no check of the source"),
        (GOOD.replace("[ok] a", "[ok] a\n[ok] a"), "a check ran twice"),
        (GOOD.replace("[ok] a\n[ok] b", "[ok] b\n[ok] a"), "out of order"),
        (GOOD.replace("cores 1", "cores 2"), "no [sum]"),
        (GOOD.partition("[sum]")[0], "no [sum]"),
    ],
)
def test_a_transcript_is_judged(transcript: str, fault: str | None) -> None:
    faults = conformance.judge(["a", "b"], "guest", 1, transcript).faults
    assert (fault is None and not faults) or fault is not None and fault in "\n".join(faults)


def test_only_lines_of_the_vm_count() -> None:
    text = "[boot] ready\r\n[vm0] [ok] a\r\n[ok] b\r\n[vm1] [ok] c\r\n[vm0] \r\n[vm] 0: x\r\n"
    assert conformance.of_the_vm(text) == "[ok] a\n\n"


def test_a_vm_that_prints_nothing_is_one_fault(folder: Path, tmp_path: Path,
                                               hypervisor: conformance.Hypervisor) -> None:
    (tmp_path / "gic_sgi.elf").write_text("no program")
    verdict = conformance.run(tmp_path, "gic_sgi", 1, hypervisor=hypervisor)
    assert verdict.checks == 0 and len(verdict.faults) == 1
    assert verdict.faults[0].startswith("the guest printed nothing; ")


def test_the_command_runs_guests_in_a_vm(hypervisor: conformance.Hypervisor) -> None:
    status, output = make("conformance", "GUEST=gic_sgi", "CORES=2", "ON=1", "WERROR=1", OWN)
    assert (status, output[-1]) == (0, "18 checks, 0 faults"), output


def test_the_command_sums_up() -> None:
    if not shutil.which("qemu-system-aarch64"):
        pytest.skip("QEMU is missing: run ./setup.sh")
    status, output = make("conformance", "BARE=1", "GUEST=gic_sgi", "CORES=1", OWN, tree=KIT)
    assert status == 0, output
    assert output[-1] == "18 checks, 0 faults"
