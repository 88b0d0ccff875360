# SPDX-License-Identifier: MIT
"""Text of a stage, made fit to be shown: in a terminal, in XML, on a page.

A stage may print any byte. What would steer a terminal, is no character of XML or
turns the direction of a line becomes an escape sequence, \\x1b or \\u202e.
"""

from __future__ import annotations

import re

LONG = 600  # characters of a line: more are cut out of its middle
KEPT = 250  # at either end

# Control characters but for line feed and tab, C1's too; surrogates and non-characters,
# which XML has not; and Unicode's directional ones ("Trojan Source", CVE-2021-42574).
UNSHOWN = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff"
    "\u061c\u200b-\u200f\u2028-\u202e\u2066-\u2069\ufeff]"
)


def visible(text: str) -> str:
    """The text with each character that is not for people written as in C."""
    return UNSHOWN.sub(lambda match: escape(ord(match.group(0))), text)


def escape(code: int) -> str:
    return f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}"


def shown(text: str) -> str:
    """A text of several lines, each visible and not too long to be read."""
    return "\n".join(map(short, text.split("\n")))


def short(line: str) -> str:
    """A line that is visible, and not too long to be read."""
    if len(line) > LONG:
        left_out = len(line) - 2 * KEPT
        line = f"{line[:KEPT]} \u2026 {left_out} characters left out \u2026 {line[-KEPT:]}"
    return visible(line)
