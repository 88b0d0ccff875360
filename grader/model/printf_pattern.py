# SPDX-License-Identifier: MIT
"""Predict the output of the kit's printf() (common/lib/printf.c) from its arguments.

The result is a pattern, because arguments beyond the registers of a call and strings
outside the image's constants may be anything.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from typing import Optional

SPEC = re.compile(r"%([-0]*)(\d*)(\.\*|\.\d*)?([lz]*)([a-zA-Z%])")
ANYTHING = ".*"

# Returns the string at an address, if it is known.
Text = Callable[[int], Optional[str]]


def pattern(format: str, arguments: Sequence[int], text: Text) -> str:
    """Return a regular expression for the output. `arguments` follow the format."""
    rest = iter(arguments)
    parts, end = [], 0
    for match in SPEC.finditer(format):
        parts += [re.escape(format[end : match.start()]), field(match, rest, text)]
        end = match.end()
    return "".join([*parts, re.escape(format[end:])])


def field(match: re.Match[str], rest: Iterator[int], text: Text) -> str:
    flags, width, precision, longs, kind = match.groups()
    if kind == "%":
        return "%"
    most = next(rest, None) if precision == ".*" else int(precision[1:] or 0) if precision else None
    value = next(rest, None)
    if value is None or (precision == ".*" and most is None):
        return ANYTHING
    if kind == "s":
        found = text(value)
        if found is None:
            return ANYTHING
        spelled = found[:most] if most is not None else found
    elif kind == "c":
        spelled = chr(value & 0xFF)
    else:
        spelled = number(value, kind, bool(longs) or kind == "p")
    size = int(width or 0)
    if "-" in flags:
        spelled = spelled.ljust(size)
    elif "0" in flags and kind not in "sc":
        spelled = spelled.zfill(size)
    else:
        spelled = spelled.rjust(size)
    return re.escape(spelled)


def number(value: int, kind: str, long: bool) -> str:
    bits = 64 if long else 32
    value &= (1 << bits) - 1
    if kind in "di":
        return str(value - (1 << bits) if value >> (bits - 1) else value)
    if kind == "p":
        return f"0x{value:x}"
    return str(value) if kind == "u" else f"{value:{kind}}"
