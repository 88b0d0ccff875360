# SPDX-License-Identifier: MIT
"""Make a stage's text safe to show in a terminal, in XML and on a page.

A stage may print any byte. Terminal controls, characters that XML lacks and characters
that change the direction of text become escape sequences, \\x1b or \\u202e.
"""

from __future__ import annotations

import re

LONG = 600  # characters of a line; the middle of a longer one is left out
KEPT = 250  # at each end

# Control characters (C0 and C1) except line feed and tab; surrogates and non-characters,
# which XML lacks; and Unicode's directional ones ("Trojan Source", CVE-2021-42574).
UNSHOWN = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff"
    "\u061c\u200b-\u200f\u2028-\u202e\u2066-\u2069\ufeff]"
)


def escaped(text: str) -> str:
    """Return the text with unprintable characters as C escape sequences."""
    return UNSHOWN.sub(lambda match: _escape(ord(match.group(0))), text)


def _escape(code: int) -> str:
    return f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}"


def shown(text: str) -> str:
    """Return a text with each line escaped and shortened."""
    return "\n".join(map(short, text.split("\n")))


def short(line: str) -> str:
    """Return a line escaped, and shortened to a readable length."""
    if len(line) > LONG:
        left_out = len(line) - 2 * KEPT
        line = f"{line[:KEPT]} \u2026 {left_out} characters left out \u2026 {line[-KEPT:]}"
    return escaped(line)
