# SPDX-License-Identifier: MIT
"""Checks of what a lab's probes found."""

from __future__ import annotations

from .check import Boot, Check, Evidence

PROBED = Boot(probed=True)


def probed(
    name: str,
    points: int,
    title: str,
    wanted: str,
    hint: str,
    needs: str = "",
    task: int = 0,
    proof: bool = True,
    for_task: bool = True,
) -> Check:
    """The check that a probe passes. `task` is the one to read, if it is another."""

    def test(evidence: Evidence) -> str:
        return evidence.probes.get(name, f"it was not reached: {evidence.run}")

    section = f"task-{task}" if task else ""
    return Check(
        name,
        points,
        title,
        hint,
        test=test,
        wanted=wanted,
        needs=needs,
        boot=PROBED,
        section=section,
        proof=proof,
        for_task=for_task,
    )
