# SPDX-License-Identifier: MIT
"""The grader: boots every stage in QEMU and checks what it printed and how it ended.

    make grade [LAB=n] [SOLVED=k]      a scoreboard, and reports in build/grade/
    pytest grader [--lab n] [--solved k] [-k lab01.4]

How a grading goes, and which module does what:

    labs/labNN.py   the table of a lab: its checks as data (check.py says what a check is)
    submission.py   lays a folder that was handed in over the kit; handed_in.py reads it, and
                    sandbox.py is what it is built in
    grading.py      builds each stage once (build.py) and boots it once a configuration
                    (machine.py), several at a time, all through process.py; a boot has
                    a budget (watchdog.py, which remote.py sets); in a boot of its own
                    gdb looks at the machine (debugger.py; inside gdb, watcher.py)
    state.py        what gdb saw; walker.py reads translation tables in it
    nonce.py        which lines of a transcript are true
    witness.py      what given code said in a boot, from QEMU's log: by linkmap.py (whose code
                    is where), flow.py (its way through it), spelled.py (what printf() prints)
    turns.py        what a script's calls returned, from the same log (script.py, contract.py)
    kept_names.py   names that only given code may use
    evaluate.py     holds the transcripts against the table (markers.py): a result a check
    test_labs.py    a pytest item a check; conftest.py ties it all to pytest
    report.py       the results as JSON; junit.py the same as XML; scoreboard.py for people
    page.py         the report as a page, by the templates in html/; lines.py prepares its
                    transcripts, checkpoints.py (with fields.py) its registers, mappings.py
                    (with vms.py) its translation tables
    process.py      runs children, within limits.py, in environment.py, watched by vigil.py
    host.py         trouble of the host, which is no score; crash.py is our own, which is none either
    visible.py      makes what a stage printed fit to be shown

`tests/` holds the tests of the grader and of the whole kit: `make test`.
"""
