# SPDX-License-Identifier: MIT
"""Checks of contracts: what scripts found wrong with a lab's functions."""

from __future__ import annotations

from .check import Boot, Check, Evidence
from .contract import Contract


def scripted(*make: str, options: tuple[str, ...] = (), traced: bool = False) -> Boot:
    """A boot of a stage that runs scripts, built with further variables, on a machine with further options."""
    return Boot(make=("DRIVER=1", *make), scripted=True, options=options, traced=traced)


SCRIPTED = scripted()


def kept(
    contract: Contract, points: int, title: str, wanted: str, hint: str, section: str = "", boot: Boot = SCRIPTED, proof: bool = True
) -> Check:
    """The check that a contract is kept. Its name is the contract's."""

    return in_right_order(contract.name, points, title, wanted, hint, boot, section, proof)


def in_right_order(
    name: str, points: int, title: str, wanted: str, hint: str, boot: Boot, section: str = "", proof: bool = True
) -> Check:
    """The check that a part of the lab's script kept the rules of table_order.py."""

    def test(evidence: Evidence) -> str:
        return evidence.contracts.get(name, f"not reached: {evidence.run}")

    return Check(
        name, points, title, hint, test=test, wanted=wanted, boot=boot, section=section, proof=proof
    )
