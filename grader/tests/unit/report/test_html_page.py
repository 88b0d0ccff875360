# SPDX-License-Identifier: MIT
"""What the page says of a grading, and that nothing a stage prints is more than text on it."""

from __future__ import annotations

from dataclasses import replace

import pytest

from grader.core.sanitize import escaped
from grader.grading.cause import Cause
from grader.grading.evaluate import evaluate
from grader.grading.run import Grading, LabResult
from grader.labs.check import Boot, Check, Evidence
from grader.model.snapshot import State
from grader.qemu.boot import Ending, Run
from grader.report import html_page
from grader.tests.support.made_up import Dom, check, seen, words
from grader.tests.support.snapshots import state

FOUR = Boot(smp=4)
CHECKS = [
    check("1.good", "alpha", points=5),
    check("2.bad", "beta: {hex}", points=7),
    check("2.gone", "gamma", points=11),
    check("3.later", "delta", points=1, needs="lab01.2.bad"),
    check("4.four", "x: 1", points=3, boot=FOUR),
]
TEXT = "alpha\nnoise\nbeta: none\ndelta\n"


def graded(
    text: str = TEXT, checks: list[Check] = CHECKS, four: str = "x: 2\n", **evidence
) -> Grading:
    """The usual boot printed `text`, that with four cores `four`."""
    found = {Boot(): Evidence(**{**vars(seen(text)), **evidence}), FOUR: seen(four)}
    return Grading(0, [LabResult(1, evaluate(checks, found), found)])


@pytest.fixture(scope="module")
def dom() -> Dom:
    return Dom(html_page.as_html(graded()))


def item(dom: Dom, name: str) -> str:
    return words(dom.with_id(f"lab01.{name}"))


def test_it_says_the_sum_and_each_labs_points(dom: Dom) -> None:
    assert words(dom.root.find(".//title")) == "Schism Labs: 5 of 27 points"
    row = [words(cell) for cell in dom.root.findall(".//nav//tbody/tr/td")]
    assert row == ["lab01-boot", "", "5 of 27", "1", "3", "1", "lab01.2.bad"]
    assert not dom.with_class("solved")


@pytest.mark.parametrize("later", [False, True])
def test_the_first_cause_comes_first(later: bool) -> None:
    """Its heading leads to the check, or to that of a later lab that has shown it."""
    grading = graded()
    _, bad, *_, four = grading.labs[0].results
    first = Cause(bad, "Usually {{ this }}.", "lab01.2", "f() in a.c, line 3",
                  shown_by=four if later else None)
    dom = Dom(html_page.as_html(replace(grading, cause=first)))
    part = dom.with_id("first")
    assert words(part).startswith("First: lab 1, task 2. lab01.2.bad:")
    assert part.find(".//a").get("href") == ("#lab01.4.four" if later else "#lab01.2.bad")
    names = [words(name) for name in part.iter("dt")]
    assert names == ["seen", "wanted", "likely", "where", *["so"] * later, "more"]
    assert "Usually {{ this }}." in words(part) and "f() in a.c, line 3" in words(part)
    assert [e.tag for e in dom.root.find(".//body")][:3] == ["header", "section", "nav"]


def test_without_a_cause_there_is_no_paragraph(dom: Dom) -> None:
    assert not dom.with_class("cause")


def test_labs_from_the_solutions_are_named() -> None:
    text = html_page.as_html(Grading(3, graded().labs))
    assert "Labs 1 to 3 are those of" in words(Dom(text).root)


def test_a_passed_check_and_its_line_lead_to_each_other(dom: Dom) -> None:
    line = dom.with_id("lab01-1")
    assert "passed" in line.get("class")
    assert [a.get("href") for a in line.iter("a")] == ["#lab01.1.good"]
    assert "#lab01-1" in [a.get("href") for a in dom.with_id("lab01.1.good").iter("a")]
    assert item(dom, "1.good") == "✓1.good is right 5/5 lab01.1.good line 1"


def test_a_failed_check_says_all_that_helps_and_marks_the_closest_line(dom: Dom) -> None:
    line = dom.with_id("lab01-3")
    assert "failed" in line.get("class")
    assert "lab01.2.bad wants: beta: {hex}" in words(line)
    facts = dom.with_id("lab01.2.bad").find("dl")
    assert [words(e) for e in facts] == [
        *("wanted", "beta: {hex}", "seen", "beta: none", "hint", "hint of 2.bad"),
        *("read", "lab01-boot/README.md#task-2", "alone", "make grade CHECK=lab01.2.bad"),
        *("stop", "make gdb LAB=1 AT=_start"),
    ]


def test_a_missing_line_is_missed_where_it_should_be(dom: Dom) -> None:
    missing = dom.with_id("lab01-before-4")
    assert words(missing) == "✗ lab01.2.gone should be here: gamma"
    assert "before line 4" in item(dom, "2.gone")


def test_a_check_that_was_not_reached_says_why(dom: Dom) -> None:
    assert item(dom, "3.later").endswith("not reached: lab01.2.bad comes first")
    assert dom.with_id("lab01.3.later").find("dl") is None


def test_another_boot_is_shown_if_something_failed_in_it(dom: Dom) -> None:
    assert "booted -smp 4" in item(dom, "4.four")
    assert words(dom.with_id("lab01-boot1-1")) == "1 x: 2 ✗ lab01.4.four wants: x: 1"
    assert "It is what lab01.4.four have seen" not in words(dom.root)
    assert "It is what lab01.4.four has seen" in words(dom.root)
    right = Dom(html_page.as_html(graded(four="x: 1\n")))
    assert not [e for e in right.root.iter() if e.get("id", "").startswith("lab01-boot1")]


def test_checks_that_failed_with_the_same_words_refer_to_the_first() -> None:
    wrong = [check("1.good", test=lambda _: "wrong"), check("2.gone", test=lambda _: "wrong")]
    dom = Dom(html_page.as_html(graded("", wrong)))
    first, second = dom.with_id("lab01.1.good"), dom.with_id("lab01.2.gone")
    assert first.find("details") is None
    assert words(second.find("details/summary")) == "as lab01.1.good"
    assert "hint of 2.gone" in words(second)
    assert "It printed nothing." in words(dom.root)


def test_a_stage_that_does_not_build_has_the_compilers_words_in_place_of_a_transcript() -> None:
    error = "uart.c:7: error: expected ‘;’ before <b>"
    found = {Boot(): error, FOUR: error}
    grading = Grading(0, [LabResult(1, evaluate(CHECKS, found), found)])
    dom = Dom(html_page.as_html(grading))
    assert not dom.with_class("line")
    assert words(dom.with_class("not-built")[0]) == error
    assert item(dom, "1.good").startswith("✗1.good is right 0/5")
    assert item(dom, "2.bad").endswith("not reached: the stage does not build")


def test_a_lab_without_evidence_is_shown_all_the_same() -> None:
    assert "it was not booted" in html_page.as_html(
        Grading(0, [LabResult(1, graded().labs[0].results)]))


def test_how_the_boot_ended_is_said() -> None:
    run = Run(b"alpha\n", "", Ending.CPU, where="f() > g()")
    text = words(Dom(html_page.as_html(graded(run=run))).root)
    assert "The machine took too much processor time and was stopped, in f() > g()." in text


def test_every_link_of_the_page_leads_somewhere_in_it(dom: Dom) -> None:
    ids = [element.get("id") for element in dom.root.iter() if element.get("id")]
    assert len(ids) == len(set(ids))
    for link in dom.root.iter("a"):
        assert link.get("href", "").removeprefix("#") in ids


def test_the_page_loads_nothing_and_runs_nothing(dom: Dom) -> None:
    tags = {element.tag for element in dom.root.iter()}
    assert tags.isdisjoint({"script", "link", "img", "iframe", "object"})
    style = words(dom.root.find(".//style"))
    assert "url(" not in style and "@import" not in style
    (policy,) = [m.get("content") for m in dom.root.iter("meta") if m.get("http-equiv")]
    assert policy == "default-src 'none'; style-src 'unsafe-inline'"


# What the machine showed


def inspected(*states: State, checks: list[Check] = CHECKS) -> Dom:
    run = Run(b"", "", Ending.OFF, states)
    return Dom(html_page.as_html(graded(checks=checks, inspected=run)))


def test_registers_are_shown_in_words_and_then_what_has_changed() -> None:
    dom = inspected(state({}, "boot"), state({}, "boot", HCR_EL2=1), state({}, "entry"))
    titles = [words(s) for s in dom.with_class("machine")[0].iter("summary")]
    assert titles[:2] == [
        'checkpoint("boot"), pass 1: 7 registers',
        'checkpoint("boot"), pass 2: changed, 1 of 7 registers',
    ]
    rows = [words(row) for row in dom.with_class("machine")[0].iter("tr")]
    assert "HCR_EL2 0x1 VM" in rows and "MAIR_EL2 0x4ff Attr1 0x04, Attr0 0xff" in rows
    assert not any("entry" in title for title in titles)


def test_a_register_that_a_check_finds_wrong_is_marked() -> None:
    words_of_it = "at boot: HCR_EL2 is 0x1: RW is not set"
    wrong = Check("lab01.2.reg", 1, "t", "h", wanted="w", test=lambda _: words_of_it)
    dom = inspected(state({}, "boot", HCR_EL2=0x1), checks=[*CHECKS, wrong])
    (row,) = dom.with_class("wrong")
    assert words(row) == "HCR_EL2 0x1 VM ✗ lab01.2.reg"
    right = inspected(state({}, "boot", HCR_EL2=0x10), checks=[*CHECKS, wrong])
    assert not right.with_class("wrong")


def test_translation_tables_are_shown_range_by_range() -> None:
    gib, normal = 1 << 30, 1 << 10 | 3 << 8 | 1 << 54
    dom = inspected(state({0: {1: gib | normal | 1}}, "mmu"))
    rows = [words(row) for row in dom.with_class("machine")[0].iter("tr")]
    assert rows[-1] == "0x40000000..0x7fffffff 0x40000000 1 block of 1 GiB 1 RW- normal"
    assert 'Translation tables at checkpoint("mmu")' in words(dom.root)
    broken = inspected(state({}, "mmu", TTBR0_EL2=0x4000_0008))
    assert "cannot be walked" in words(broken.root) and "not aligned" in words(broken.root)


# Hostile output

NASTY = [
    "<script>document.title = 'owned'</script>",
    "</ol></style></title><img src=x onerror=alert(1)>",
    "\" onmouseover=\"alert(1)' {{ 7 * 7 }} {% raw %}",
    "\x1b]0;owned\x07\x00\x9b2J\u202egnirts",
]


@pytest.mark.parametrize("nasty", NASTY)
def test_hostile_output_is_text_wherever_it_comes(nasty: str) -> None:
    wrong = Check("lab01.2.t", 1, "t", "h", wanted="w", test=lambda _: f"seen {nasty}")
    run = Run(b"", "", Ending.OFF, (state({}, nasty),))
    grading = graded(
        f"alpha\nbeta: {nasty}\n{nasty}\n", [*CHECKS, wrong], nasty, inspected=run
    )
    text = html_page.as_html(grading)
    dom = Dom(text)
    tags = {element.tag for element in dom.root.iter()}
    assert tags.isdisjoint({"script", "img"})
    assert len(list(dom.root.iter("title"))) == len(list(dom.root.iter("style"))) == 1
    assert not [n for e in dom.root.iter() for n in e.keys() if n.startswith("on")]
    assert not any(ord(c) < 32 and c not in "\n\t" for c in text)
    assert escaped(nasty) in "".join(dom.with_id("lab01-3").itertext())
    assert words(dom.root.find(".//title")) == "Schism Labs: 5 of 28 points"


@pytest.mark.parametrize("text", ["x" * (1 << 20), "y\n" * (1 << 19), "alpha\n" * (1 << 17)])
def test_a_mebibyte_of_output_is_cut(text: str) -> None:
    assert len(html_page.as_html(graded(text, four=text))) < 500_000


def test_what_is_cut_is_said() -> None:
    text = html_page.as_html(graded("z\n" * 10_000))
    assert "lines 301 to 9900 are left out: 9600" in words(Dom(text).root)


def test_equal_gradings_are_equal_pages() -> None:
    assert html_page.as_html(graded()) == html_page.as_html(graded())
