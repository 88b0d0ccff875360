# SPDX-License-Identifier: MIT
"""make timeline: the trace agrees with what EL2 counts and QEMU logs, and is drawn as it is."""

from __future__ import annotations

import re
from pathlib import Path
from xml.etree import ElementTree

import pytest

from grader.commands.exceptions import logged
from grader.commands.stage import Stage
from grader.commands.timeline import ZOOMS, Timeline, draw, part, text, timeline_of
from grader.core.kit import KIT, GraderError, copy_of_the_kit
from grader.core.process import Nursery
from grader.grading.build import Place, build_stage
from grader.model.elf import segments
from grader.model.schedule import (
    END, ENTRY, HANDED, IDLE, INJECT, IRQ, LR_PENDING, RUN, SLICE, STOP,
    WAIT, WAKE, YIELD, Entry, entries, ring_size, schedule,
)  # fmt: skip
from grader.model.snapshot import Memory, State
from grader.model.vcpu import BLOCKED, RUNNABLE, STOPPED
from grader.tests.support.browser import POLICY, browse
from grader.tests.support.build import BUILD
from grader.tests.support.making import make

OWN = "BUILD=build/test/timeline-command"
SVG = "{http://www.w3.org/2000/svg}"
TRACE = ["TRACE=1"]
MHZ = 1_000_000
SCHED = re.compile(
    r"^\[sched\] vm(\d+) \w+: (\d+) turns, (\d+) us;"
    r" ended by slice (\d+), by wait (\d+), else (\d+)$",
    re.MULTILINE,
)

# How wide the lanes are, and whether turns of a lane overlap, when zoomed or not.
MEASURE = """<script>
addEventListener("load", () => {
	const boxes = [...document.querySelectorAll(".turn")].map((t) => t.getBoundingClientRect());
	const over = boxes.filter((a, i) => boxes.some((b, j) => i < j && a.top == b.top &&
		a.left + 0.1 < b.right && b.left + 0.1 < a.right));
	const axes = [...document.querySelectorAll(".axis")]
		.filter((g) => getComputedStyle(g).display != "none");
	const labels = [...axes[0].querySelectorAll("text")].map((t) => t.getBoundingClientRect());
	const root = document.documentElement;
	Object.assign(root.dataset, {
		turns: boxes.length, over: over.length, axes: axes.length,
		width: Math.round(document.querySelector(".scroll svg").getBoundingClientRect().width),
		room: document.querySelector(".scroll").clientWidth,
		beyond: root.scrollWidth - root.clientWidth,
		crossing: labels.filter((a, i) => i && labels[i - 1].right > a.left).length,
	});
});
</script></head>"""


def stage(lab: int) -> Stage:
    built = build_stage(lab, lab, BUILD, TRACE, Nursery(), "trace")
    assert not built.error
    return Stage(built.image)


@pytest.fixture(scope="module", params=[5, 6])
def seen(request: pytest.FixtureRequest) -> tuple[Stage, Timeline]:
    it = stage(request.param)
    return it, timeline_of(it)


def test_it_agrees_with_what_el2_prints(seen: tuple[Stage, Timeline]) -> None:
    """Only the time between a trace entry and EL2's own look at the clock is no vCPU's."""
    it, timeline = seen
    printed = SCHED.findall(it.run().text)
    assert len(printed) == len(it.guests) == len(timeline.vcpus)
    for line in printed:
        vcpu, turns, microseconds, by_slice, by_wait, otherwise = map(int, line)
        figures = timeline.schedule.of(vcpu)
        assert len(figures.turns) == turns
        assert (figures.ended_by(SLICE), figures.ended_by(WAIT)) == (by_slice, by_wait)
        assert figures.ended_by(YIELD) + figures.ended_by(STOP) == otherwise
        assert 0 <= microseconds + 1 - figures.ran <= 1 + 0.5 * turns
    said = re.findall(r"^\[sched\] idle: (\d+) times, (\d+) us$", it.run().text, re.M)
    times, microseconds = (sum(map(int, column)) for column in zip(*said))
    idles = timeline.schedule.idles
    assert len(idles) == times
    assert abs(sum(i.end - i.start for i in idles) - microseconds) <= 5 * len(idles)


def test_it_has_each_interrupt_that_qemu_logs(seen: tuple[Stage, Timeline]) -> None:
    it, timeline = seen
    log = logged(it.image)[1].text
    to_el2 = len(re.findall(r"exception 5 \[IRQ\] on CPU 0\n\.\.\.from EL[01] to EL2", log))
    arrived = [irq for irq in timeline.schedule.interrupts if not irq.software]
    assert len(arrived) == to_el2
    if it.lab == 6:  # in stage 5 software interrupts too: sent twice, they may be taken once
        taken = len(re.findall(r"exception 14 \[Virtual IRQ\]", log))
        assert sum(irq.to_guest for irq in timeline.schedule.interrupts) == taken


def test_turns_follow_each_other_and_interrupts_fall_into_them(seen: tuple[Stage,
                                                                           Timeline]) -> None:
    found = seen[1].schedule
    for turn, following in zip(found.turns, found.turns[1:]):
        assert turn.start < turn.end <= following.start
    for idle in found.idles:
        assert not any(t.start < idle.end and idle.start < t.end for t in found.turns)
    spans = {vcpu: [(t.start, t.end) for t in found.of(vcpu).turns] for vcpu in found.vcpus}
    for irq in found.interrupts:
        assert any(start <= irq.time <= end for start, end in spans[irq.vcpu])
        assert irq.latency >= 0


def test_every_turn_is_drawn(seen: tuple[Stage, Timeline]) -> None:
    timeline = seen[1]
    root = ElementTree.fromstring(draw(timeline, "svg"))
    turns = [r for r in root.iter(f"{SVG}rect") if r.get("class", "").startswith("turn")]
    assert [r.get("class").split()[1] for r in turns] == [t.why for t in timeline.turns]
    for rect, turn in zip(turns, timeline.turns):
        assert rect.findtext(f"{SVG}title").startswith(f"vm{turn.vcpu} ")
    drawn = [u for u in root.iter(f"{SVG}use") if u.get("class") == "irq"]
    assert len(drawn) == sum(not irq.software for irq in timeline.interrupts)
    assert draw(timeline_of(seen[0]), "svg") == draw(timeline, "svg")


@pytest.mark.parametrize("zoom", [ZOOMS[0], ZOOMS[2]])
def test_a_browser_shows_it_zoomed_or_not(
    seen: tuple[Stage, Timeline], zoom: int, tmp_path: Path
) -> None:
    timeline = seen[1]
    page = draw(timeline, "html").replace(POLICY, POLICY + "script-src 'unsafe-inline'; ", 1)
    page = page.replace("</head>", MEASURE, 1).replace(" checked>", ">")
    page = page.replace(f'id="zoom{zoom}"', f'id="zoom{zoom}" checked')
    shown = browse(tmp_path, page, "--dump-dom", "--window-size=1280,900")
    data = {name: int(value) for name, value in re.findall(r'data-(\w+)="(-?\d+)"', shown)}
    assert data["turns"] == len(timeline.turns)
    assert (data["over"], data["axes"], data["beyond"], data["crossing"]) == (0, 1, 0, 0)
    assert abs(data["width"] - zoom * data["room"]) <= zoom


def test_a_part_shows_that_part_and_its_vcpus() -> None:
    whole = timeline_of(stage(6))
    seen = part(whole, 14, None)
    assert seen.vcpus == [0] and 0 < len(seen.turns) < len(whole.turns)
    assert "<text" in draw(seen, "svg")
    with pytest.raises(GraderError, match="no turn in FROM=99 TO="):
        part(whole, 99, None)


def test_the_last_turns_of_a_livelock_are_drawn(tmp_path: Path) -> None:
    """Each slice ends before the guest executes an instruction."""
    tree = copy_of_the_kit(tmp_path)
    path = tree / "solutions/lab05-vcpu/sched.c"
    text = path.read_text()
    assert text.count("slice_at(now + slice);") == 1
    path.write_text(text.replace("slice_at(now + slice);", "slice_at(now);"))
    built = build_stage(5, 5, tree / "build", TRACE, Nursery(), "trace", place=Place(tree))
    timeline = timeline_of(Stage(built.image))
    assert timeline.vcpus == [0, 1] and len(timeline.turns) > 1000
    assert {turn.why for turn in timeline.turns[1:-1]} == {SLICE}
    assert "was still running after" in timeline.note and "were overwritten" in timeline.note


def test_without_trace_the_calls_leave_no_code(tmp_path: Path) -> None:
    """The stage with and without them, compared instruction for instruction."""
    tree = copy_of_the_kit(tmp_path)
    calls = 0
    for path in tree.glob("solutions/lab05-vcpu/*.c"):
        kept, count = re.subn(r"^\ttrace\(TRACE_.*\);\n", "", path.read_text(), flags=re.M)
        path.write_text(kept)
        calls += count
    assert calls == 7
    without = build_stage(6, 6, tree / "build", ["WERROR=1"], Nursery(), place=Place(tree)).image
    usual = build_stage(6, 6, BUILD, [], Nursery()).image
    assert contents(without) == contents(usual)
    assert b"trace_ring" not in usual.read_bytes()


def contents(image: Path) -> list[bytes]:
    data = image.read_bytes()
    return [data[s.offset : s.offset + s.file_size] for s in segments(data)]


# --- made up ----------------------------------------------------------------------


def turn(start: int, end: int, *between: Entry, state: int = RUNNABLE) -> list[Entry]:
    return [Entry(start, RUN, 0, start, 0), *between, Entry(end, END, 0, state, 0)]


def test_why_a_turn_ended() -> None:
    by_timer = [Entry(4, IRQ, 0, 26, 3), Entry(5, HANDED, 0, 26, 0)]
    by_guest = [Entry(4, IRQ, 0, 27, 3), Entry(5, HANDED, 0, 27, LR_PENDING)]
    found = [
        *turn(0, 10, *by_timer),
        *turn(10, 20, *by_guest),
        *turn(20, 30, state=BLOCKED),
        *turn(30, 40, state=STOPPED),
    ]
    seen = schedule(found, 0, MHZ)
    assert [t.why for t in seen.turns] == [SLICE, YIELD, WAIT, STOP]
    assert [t.length for t in seen.turns] == [10] * 4
    first, second = seen.interrupts
    assert (first.latency, first.to_guest, second.to_guest) == (1, False, True)


def test_interrupts_by_software_and_idle_time() -> None:
    found = [*turn(0, 10, Entry(2, INJECT, 0, 5, 0)), Entry(11, IDLE, 9, 40, 0),
             Entry(41, WAKE, 9, 0, 0)]
    seen = schedule(found, 0, MHZ)
    (irq,), (idle,) = seen.interrupts, seen.idles
    assert irq.software and irq.to_guest and irq.intid == 5
    assert idle.end - idle.start == 30
    assert seen.of(0).arrived == 0 and seen.of(0).latencies == []


def ring(count: int) -> State:
    """A ring after that many entries, each with its number as time."""
    raw = bytearray(ring_size() * ENTRY.size)
    for n in range(count):
        ENTRY.pack_into(raw, n % ring_size() * ENTRY.size, n, RUN, 0, 0, 0)
    return State("last", {}, Memory({0: count.to_bytes(8, "little") + bytes(raw)}))


@pytest.mark.parametrize("more", [-1, 0, 3])
def test_a_ring_that_wrapped_keeps_the_newest_in_order(more: int) -> None:
    count = ring_size() + more
    found, lost = entries(ring(count), {"trace_count": 0, "trace_ring": 8})
    assert lost == max(0, more)
    assert [entry.time for entry in found] == list(range(lost, count))


def test_a_turn_whose_beginning_is_lost_is_not_told() -> None:
    seen = schedule([Entry(3, END, 0, RUNNABLE, 0), *turn(4, 9)], 7, MHZ)
    assert len(seen.turns) == 1 and seen.lost == 7


def test_an_image_without_trace_is_refused() -> None:
    with pytest.raises(GraderError, match="built without TRACE=1"):
        entries(ring(0), {})


def test_figures_are_in_words_too() -> None:
    seen = schedule(turn(0, 10, state=STOPPED), 0, MHZ)
    lines = list(text(Timeline(6, seen, {0: "guest"}, 0, 10)))
    assert lines[1].split() == "vm0 guest 1 10 10.0 0 0 0 1 0 0 - -".split()
    assert lines[2] == "idle: 0 times, 0 us"


# --- wrong use --------------------------------------------------------------------


@pytest.mark.parametrize("lab", [1, 4])
def test_before_stage_5_there_is_no_schedule(lab: int) -> None:
    status, (line,) = make("timeline", f"LAB={lab}", f"SOLVED={lab}")
    assert status and "timeline: nothing is scheduled before stage 5, so LAB=5 or LAB=6" in line


def test_an_open_task_before_the_first_turn_is_named() -> None:
    status, (line,) = make("timeline", "LAB=6", "SOLVED=4", OWN)
    assert status
    assert line.startswith("timeline: no vCPU had a turn: the stage stopped at TODO(lab05.2): ")


def test_what_ran_before_an_open_task_is_drawn() -> None:
    status, lines = make("timeline", "LAB=6", "SOLVED=5", OWN)
    assert status == 0 and lines[1].startswith("vm0 counter_os")
    assert lines[-1].startswith("timeline: the stage stopped at TODO(lab06.1): ")


def test_a_part_in_no_numbers_is_refused() -> None:
    status, (line,) = make("timeline", "LAB=6", "SOLVED=6", "FROM=x", OWN)
    assert status and line == "timeline: give FROM= and TO= in milliseconds, as in FROM=2.5 TO=4"


def test_the_handouts_part_of_the_timeline_shows_what_its_text_speaks_of() -> None:
    """It is chosen by its time, which another length of a scene before it would move."""
    root = ElementTree.parse(KIT / "lab05-vcpu/timeline.svg").getroot()
    rows = [text.text or "" for text in root.iter(f"{SVG}text")]
    assert [row.split()[1] for row in rows if re.match(r"vm\d+ ", row)] == (
        ["pattern"] * 2 + ["signer"] * 2 + ["ticks"] * 2
    )
    turns = [rect.get("class") for rect in root.iter(f"{SVG}rect") if rect.get("class")]
    assert {"turn slice", "turn wait"} <= set(turns)
