# SPDX-License-Identifier: MIT
"""The reports of a real grading: in the form of the schema, and well shown by a browser."""

from __future__ import annotations

import struct
from dataclasses import replace
from pathlib import Path

import pytest

from grader.grading.evaluate import evaluate
from grader.grading.run import Grading, LabResult, Options, grade
from grader.labs import tables
from grader.labs.check import Boot, Evidence
from grader.report import html_page, json_report
from grader.tests.support.browser import POLICY, browse
from grader.tests.support.build import BUILD
from grader.tests.support.made_up import Dom, validate, words

LAB = 2
WIDTHS = (1280, 480)
SCRIPT = "document.title = 'owned'"
# Not in our pages, which allow no scripts: reports how wide the page is and what overlaps.
MEASURE = """<script>
addEventListener("load", () => {
	const overlaps = (a, b) => a && b && a.bottom > b.top + 1;
	const boxes = [...document.querySelectorAll(".check, .line, .missing")];
	const crossing = boxes.filter((box) => box.nextElementSibling &&
		overlaps(box.getBoundingClientRect(), box.nextElementSibling.getBoundingClientRect()));
	const root = document.documentElement;
	root.dataset.beyond = root.scrollWidth - root.clientWidth;
	root.dataset.overlaps = crossing.length;
	root.dataset.columns = getComputedStyle(document.querySelector(".columns")).display;
});
</script></head>"""


@pytest.fixture(scope="module")
def right() -> Grading:
    """Full marks."""
    return grade(Options(labs=(LAB,), solved=LAB, build=BUILD))


@pytest.fixture(scope="module")
def wrong(right: Grading) -> Grading:
    """The same evidence, but a line of the transcript is gone and one is wrong, and hostile."""
    found = dict(right.labs[0].evidence)
    usual = found[Boot()]
    assert isinstance(usual, Evidence)
    text = usual.run.text.replace("[test] read text: done\n", "")
    text = text.replace("WXN yes", f"WXN <script>{SCRIPT}</script>")
    assert text.count("\n") == usual.run.text.count("\n") - 1
    found[Boot()] = replace(usual, run=replace(usual.run, raw=text.encode(), nonce=0))
    return Grading(0, [LabResult(LAB, evaluate(tables()[LAB], found), found)])


@pytest.fixture(params=["right", "wrong"])
def grading(request: pytest.FixtureRequest) -> Grading:
    return request.getfixturevalue(request.param)


def test_a_real_report_has_the_form_of_the_schema(grading: Grading) -> None:
    validate(json_report.as_json(grading))


def test_a_browser_makes_of_the_page_what_is_in_it(grading: Grading, tmp_path: Path) -> None:
    text = html_page.as_html(grading)
    ours, shown = Dom(text), Dom(browse(tmp_path, text, "--dump-dom"))
    points = f"{grading.points} of {grading.maximum} points"
    assert words(shown.root.find(".//title")) == f"Schism Labs: {points}"
    for kind in ("check", "line", "missing", "facts", "scroll"):
        assert len(shown.with_class(kind)) == len(ours.with_class(kind)), kind
    assert not list(shown.root.iter("script"))


def test_what_is_wrong_and_what_is_gone_is_pointed_at(wrong: Grading, tmp_path: Path) -> None:
    dom = Dom(browse(tmp_path, html_page.as_html(wrong), "--dump-dom"))
    (gone,) = dom.with_class("missing")
    assert words(gone) == "✗ lab02.5.read_text should be here: [test] read text: done"
    (line,) = [line for line in dom.with_class("line") if "failed" in line.get("class", "")]
    assert f"WXN <script>{SCRIPT}</script>" in words(line)
    assert "lab02.5.control wants: [mmu] SCTLR_EL2: M yes" in words(line)


@pytest.mark.parametrize("width", WIDTHS)
def test_nothing_goes_beyond_the_window_or_over_its_neighbour(
    grading: Grading, width: int, tmp_path: Path
) -> None:
    text = html_page.as_html(grading).replace(POLICY, POLICY + "script-src 'unsafe-inline'; ", 1)
    text = text.replace("</head>", MEASURE, 1).replace("<details>", "<details open>")
    dom = Dom(browse(tmp_path, text, "--dump-dom", f"--window-size={width},1000"))
    assert (dom.root.get("data-beyond"), dom.root.get("data-overlaps")) == ("0", "0")
    assert dom.root.get("data-columns") == "grid"
    assert "owned" not in words(dom.root.find(".//title"))


@pytest.mark.parametrize("width", WIDTHS)
def test_the_page_can_be_painted(grading: Grading, width: int, tmp_path: Path) -> None:
    picture = tmp_path / "page.png"
    size = f"--window-size={width},1000"
    browse(tmp_path, html_page.as_html(grading), f"--screenshot={picture}", size)
    assert struct.unpack_from(">II", picture.read_bytes(), 16) == (width, 1000)  # IHDR
