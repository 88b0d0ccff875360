# SPDX-License-Identifier: MIT
"""Checks of contracts: what scripts found wrong with a lab's functions."""

from __future__ import annotations

from dataclasses import replace

from ..check import Boot, Check, Evidence
from ..contract import Contract

SCRIPTED = Boot(make=("DRIVER=1",), scripted=True)


def kept(
    contract: Contract, points: int, title: str, wanted: str, hint: str, section: str = "", boot: Boot = SCRIPTED
) -> Check:
    """The check that a contract is kept. Its name is the contract's."""

    def test(evidence: Evidence) -> str:
        return evidence.contracts.get(contract.name, f"not reached: {evidence.run}")

    return Check(contract.name, points, title, hint, test=test, wanted=wanted, boot=boot, section=section)


def with_options(*options: str) -> Boot:
    """The same scripts on a machine with further options of QEMU's."""
    return replace(SCRIPTED, options=options)
