# SPDX-License-Identifier: MIT
"""The parts of a text that a kit for students lacks, or that only such a kit has.

In Makefiles the instructor's part is between the lines `# begin instructor` and `# end
instructor`, in Markdown between those in `<!-- ... -->`. Text for students alone is a comment
in Markdown, `<!-- student` to `-->`.
"""

from __future__ import annotations

import re
from collections.abc import Container
from pathlib import Path

MAKE = re.compile(r"^# begin instructor\n.*?^# end instructor\n", re.M | re.S)
MARKDOWN = re.compile(r"^<!-- begin instructor -->\n.*?^<!-- end instructor -->\n", re.M | re.S)
FOR_STUDENTS = re.compile(r"^<!-- student\n(.*?)^-->\n", re.M | re.S)
HINT = re.compile(r"^### Level ([1-9])\n.*?(?=^##|\Z)", re.M | re.S)
COMMAND = re.compile(r"^([a-z_]+):.*?## (.*)$", re.M)
ROW = re.compile(r"^\|.*\n", re.M)
COMMAND_NAME = re.compile(r"`make ([a-z_]+)`")
FILE_ROW = re.compile(r"^\| `([\w./-]+)` \|.*\n", re.M)
# A picture that is a paragraph of its own, with the line under it.
PICTURE = re.compile(r"^!\[[^][]*\]\(([^)\s]+)\)\n\n(?:\*[^*]+\*\n\n)?", re.M)
LINK = re.compile(r"!?\[([^][]*)\]\(([^)\s#]+)(#[^)\s]*)?\)")


def for_students(text: str, markdown: bool) -> str:
    """Return a text without the instructor's parts."""
    if not markdown:
        return MAKE.sub("", text)
    return FOR_STUDENTS.sub(r"\1", MARKDOWN.sub("", text))


def hints(text: str, levels: int) -> str:
    """Return the hints of a lab up to a level."""
    kept = HINT.sub(lambda match: match[0] if int(match[1]) <= levels else "", text)
    return kept.rstrip("\n") + "\n"


def commands(makefile: str) -> dict[str, str]:
    """Return the commands that `make help` lists, and what it says of each."""
    return dict(COMMAND.findall(makefile))


def without_rows(text: str, gone: Container[Path]) -> str:
    """Return a page without the rows of tables that are about one of these files."""
    return FILE_ROW.sub(lambda match: "" if Path(match[1]) in gone else match[0], text)


def listed(text: str, there: dict[str, str], gone: Container[str]) -> str:
    """Return the lists of commands and options without the rows of commands that are gone."""

    def kept(match: re.Match[str]) -> str:
        named = COMMAND_NAME.findall(match[0])
        return "" if named and all(name in gone for name in named) else match[0]

    text = ROW.sub(kept, text)
    more = [f"| `make {name}` | {what} |\n" for name, what in there.items()
            if f"| `make {name}` |" not in text]
    return text.replace("<!-- end commands -->", "".join(more) + "<!-- end commands -->")
