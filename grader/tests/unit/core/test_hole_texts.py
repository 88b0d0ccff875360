# SPDX-License-Identifier: MIT
"""The student's text is found in a file, with or without the comments around the holes."""

from __future__ import annotations

from pathlib import Path

import pytest

from grader.core.hole_texts import (
    MARKER, Lines, Name, Starter, Unclear, given_lines, written,
)
from grader.core.starters import marked
from grader.tests.support.students import solutions

PATH = Path("lab01-boot/uart.c")
SKELETON = """\
#include "uart.h"

/* One. */
void one(void)
{
	int a = 1;

	/* HOLE(lab01.4): Do one. */
	/* END(lab01.4) */
}

/* Two. */
int two(void)
{
	/* HOLE(lab01.4): Do two. */
	/* END(lab01.4) */
	return 2;
}
"""
# Two holes with nothing but a blank line between them.
ADJACENT = ("lab01-boot/boot.S", "lab05-vcpu/sched.c")
ONE, TWO = ("lab01.4", "one()", 0), ("lab01.4", "two()", 0)
TEXTS: dict[Name, Lines] = {
    ONE: ("\tif (a) {", "\t\tone_more();", "\t}"),
    TWO: ("\ttwo_more();", "", "\tend();"),
}
TODO_1, TODO_2 = "\t/* TODO(lab01.4): Do one. */\n", "\t/* TODO(lab01.4): Do two. */\n"
END = "\t/* END(lab01.4) */\n"


@pytest.fixture(name="starter")
def fixture_starter() -> Starter:
    return Starter.of(SKELETON, PATH)


def test_what_is_put_into_the_holes_is_found_there(starter: Starter) -> None:
    found = written(starter, starter.filled(TEXTS))
    assert found.texts == TEXTS
    assert found.given == given_lines(starter)


def test_the_holes_of_a_starter_hold_the_calls_of_todo(starter: Starter) -> None:
    found = written(starter, starter.filled({}))
    assert [len(text) for text in found.texts.values()] == [1, 1]
    assert found.texts == {name: starter.text(name) for name in starter.holes}


@pytest.mark.parametrize("gone", [
    (TODO_1,), (TODO_2,), (END,), (TODO_1, TODO_2), (TODO_1, END, TODO_2),
])
def test_comments_that_a_student_deleted_are_not_needed(starter: Starter,
                                                        gone: tuple[str, ...]) -> None:
    text = starter.filled(TEXTS)
    for line in gone:
        text = text.replace(line, "")
    found = written(starter, text)
    assert found.texts == TEXTS
    assert found.given == given_lines(starter)


def test_changed_lines_next_to_a_hole_are_not_in_it(starter: Starter) -> None:
    text = starter.filled(TEXTS).replace("int a = 1;", "int a = 7;").replace("return 2", "return 3")
    found = written(starter, text)
    assert found.texts == TEXTS
    assert found.given != given_lines(starter)


def test_without_comments_and_given_lines_it_is_unclear(starter: Starter) -> None:
    text = starter.filled(TEXTS).replace(END, "").replace("return 2", "return 3")
    with pytest.raises(Unclear):
        written(starter, text)


def test_code_on_the_line_of_a_marker_is_not_lost(starter: Starter) -> None:
    text = starter.filled(TEXTS).replace("\t}\n" + END, "\t} more(); /* END(lab01.4) */\n")
    found = written(starter, text).texts
    assert found[ONE][-1] == "\t} more(); /* END(lab01.4) */"
    assert found[TWO] == TEXTS[TWO]


def test_the_line_ends_of_another_system_do_not_count(starter: Starter) -> None:
    found = written(starter, starter.filled(TEXTS).replace("\n", "\r\n"))
    assert found.texts == TEXTS


def test_a_form_feed_is_not_the_end_of_a_line(starter: Starter) -> None:
    texts: dict[Name, Lines] = {**TEXTS, TWO: ("\tint page;\f", "\tint b;\x1cint c;")}
    assert written(starter, starter.filled(texts)).texts == texts


def test_the_function_names_a_hole_that_has_moved(starter: Starter) -> None:
    first, second = SKELETON.index("/* One"), SKELETON.index("/* Two")
    moved = SKELETON[:first] + SKELETON[second:] + "\n" + SKELETON[first:second]
    newer = Starter.of(moved, PATH)
    text = newer.filled(written(starter, starter.filled(TEXTS)).texts)
    assert written(newer, text).texts == TEXTS


@pytest.mark.parametrize("path", list(marked()), ids=str)
def test_what_a_solution_has_in_its_holes_is_found(path: Path) -> None:
    starter, texts = solutions(path)
    assert written(starter, starter.filled(texts)).texts == texts


@pytest.mark.parametrize("path", list(marked()), ids=str)
def test_it_is_found_without_the_comments_too(path: Path) -> None:
    starter, texts = solutions(path)
    lines = starter.filled(texts).splitlines(True)
    bare = "".join(line for line in lines if not MARKER.search(line))
    if str(path) in ADJACENT:
        with pytest.raises(Unclear):
            written(starter, bare)
        return
    assert without_blank(written(starter, bare).texts) == without_blank(texts)


def without_blank(texts: dict[Name, Lines]) -> dict[Name, Lines]:
    """A blank line at the edge of a hole may be the student's or the kit's."""
    return {name: tuple(filter(str.strip, text)) for name, text in texts.items()}
