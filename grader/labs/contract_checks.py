# SPDX-License-Identifier: MIT
"""Checks of what a lab's scripts found."""

from __future__ import annotations

from .check import Boot, Check, Evidence
from .contract import Contract


def scripted(*make: str, options: tuple[str, ...] = (), logged: bool = False) -> Boot:
    """A boot that runs scripts, with more make variables and QEMU options."""
    return Boot(make=("DRIVER=1", *make), scripted=True, options=options, logged=logged)


SCRIPTED = scripted()


def kept(
    contract: Contract, points: int, title: str, wanted: str, hint: str, section: str = "",
    boot: Boot = SCRIPTED, proof: bool = True, for_task: bool = True
) -> Check:
    """The check that a contract is kept. It has the contract's name."""

    return changed_in_order(contract.name, points, title, wanted, hint, boot, section, proof,
                            for_task)


def changed_in_order(
    name: str, points: int, title: str, wanted: str, hint: str, boot: Boot, section: str = "",
    proof: bool = True, for_task: bool = True
) -> Check:
    """The check that a part of the lab's script follows the rules of table_order.py."""

    def test(evidence: Evidence) -> str:
        return evidence.contracts.get(name, f"not reached: {evidence.run}")

    return Check(
        name, points, title, hint, test=test, wanted=wanted, boot=boot, section=section,
        proof=proof, for_task=for_task
    )
