# SPDX-License-Identifier: MIT
"""The rules of lab 4, on made-up transcripts."""

from __future__ import annotations

from grader.labs.lab04.rules import first_guest_prints
from grader.tests.support.made_up import seen

SELF_TEST = "[trap] vm0 stopped: an SError (PC 0x41000000)\n"
LOADED = "[vm] 0: registers, VMID 1, slot 0x41000000, 8360 bytes\n"
STOP = "[trap] vm0 stopped: write of IPA 0x90000000, VA 0x9000000: stage-2 (PC 0x41000010)\n"


def test_the_stop_of_the_guest_is_shown_and_not_that_of_a_self_test() -> None:
    found = first_guest_prints(seen(SELF_TEST + LOADED + STOP))
    assert found.startswith("[trap] vm0 stopped: write of IPA 0x90000000")
    assert first_guest_prints(seen(SELF_TEST + LOADED)).startswith("vm0 printed nothing")
    assert first_guest_prints(seen(SELF_TEST + LOADED + "[vm0] registers: yes\n")) == ""
