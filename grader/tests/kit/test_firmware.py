# SPDX-License-Identifier: MIT
"""What PSCI 1.1 and SMCCC 1.1 demand of firmware, asked for by a guest.

The numbers are those of the two specifications, and not those of the kit's headers:
PSCI's NOT_SUPPORTED is -1, INVALID_PARAMETERS -2, ALREADY_ON -4; SYSTEM_OFF and
SYSTEM_RESET, like the versions, have no form with 64-bit arguments.
"""

from __future__ import annotations

import re

import pytest

from grader.core.process import Nursery
from grader.grading.build import build_stage
from grader.qemu.boot import boot
from grader.tests.support.build import BUILD

VERSION_1_1 = 0x10001
NOT_SUPPORTED, INVALID_PARAMETERS, ALREADY_ON = -1, -2, -4

# Each is asked for twice in a row: by its identifier, and with the bit of 64-bit arguments.
FEATURES = {
    "SMCCC_ARCH_FEATURES": (0, NOT_SUPPORTED),
    "SMCCC_VERSION": (0, NOT_SUPPORTED),
    "PSCI_VERSION": (0, NOT_SUPPORTED),
    "PSCI_FEATURES": (0, NOT_SUPPORTED),
    "CPU_SUSPEND": (0, 0),
    "CPU_OFF": (0, NOT_SUPPORTED),
    "CPU_ON": (0, 0),
    "AFFINITY_INFO": (0, 0),
    "SYSTEM_OFF": (0, NOT_SUPPORTED),
    "SYSTEM_RESET": (0, NOT_SUPPORTED),
    "unknown": (NOT_SUPPORTED, NOT_SUPPORTED),
}
ANSWERS = {
    "SMCCC_VERSION": VERSION_1_1,
    "PSCI_VERSION": VERSION_1_1,
    "CPU_SUSPEND, standby": 0,
    "CPU_ON, this core": ALREADY_ON,
    "CPU_ON, no core": INVALID_PARAMETERS,
    "AFFINITY_INFO, this core": 0,
    "AFFINITY_INFO, no core": INVALID_PARAMETERS,
    "unknown": NOT_SUPPORTED,
}


@pytest.fixture(scope="module", params=[4, 6])
def answers(request: pytest.FixtureRequest) -> list[tuple[str, int, int]]:
    """What was asked for, and the answers by HVC and by SMC."""
    variables = ["GUESTS=psci_calls psci_calls"]
    built = build_stage(request.param, 6, BUILD, variables, Nursery(), "firmware")
    assert not built.error, built.error
    lines = re.findall(r"^\[vm0[^\]]*\] psci_calls: (.*): (-?\d+), (-?\d+)$",
                       boot(built.image).text, re.M)
    assert lines
    return [(what, int(by_hvc), int(by_smc)) for what, by_hvc, by_smc in lines]


def test_hvc_and_smc_get_the_same_answer(answers: list[tuple[str, int, int]]) -> None:
    assert not [line for line in answers if line[1] != line[2]]


def test_each_function_that_is_demanded_is_there(answers: list[tuple[str, int, int]]) -> None:
    found = [(what[10:], answer) for what, answer, _ in answers if what.startswith("features: ")]
    assert found == [(name, answer) for name, both in FEATURES.items() for answer in both]


def test_there_is_one_core_and_it_is_on(answers: list[tuple[str, int, int]]) -> None:
    found = {what: answer for what, answer, _ in answers if not what.startswith("features: ")}
    for what, answer in found.items():
        assert answer == ANSWERS[what.removesuffix(", 64")], what
    assert {what.removesuffix(", 64") for what in found} == set(ANSWERS)
