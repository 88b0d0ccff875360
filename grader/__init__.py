# SPDX-License-Identifier: MIT
"""The grader: boots every stage in QEMU and checks what it printed and how it ended.

    make grade [LAB=n] [SOLVED=k]      a scoreboard, and reports in build/grade/
    pytest grader [--lab n] [--solved k] [-k lab01.4]

A package imports only those above it in this list (tests/unit/test_rooms.py):

    core/      the kit's place, child processes within limits (process.py, limits.py), files,
               text fit to be shown (sanitize.py), starters
    model/     what an image, a memory and a register mean: elf.py, layout.py, snapshot.py (what
               gdb saw), page_tables.py (translation tables in it), link_map.py and
               control_flow.py (whose code is where, and its way)
    qemu/      a boot (boot.py) within a budget (time_budget.py, exception_budget.py); gdb next to
               it (inspection.py; inside gdb, inside_gdb.py); what is true in a transcript
               (nonce.py, witness.py); functions called one by one (call_script.py, driver/,
               inferior_call.py)
    labs/      what a check is (check.py); labNN/checks.py is the table of a lab: its checks as
               data, with rules.py, machine.py and others for what they look for
    grading/   submission.py lays a folder that was handed in over the kit; run.py builds each
               stage once (build.py) and boots it once a configuration, several at a time;
               evaluate.py holds the transcripts against the table (markers.py): a result a check
    report/    the results as JSON (json_report.py), XML (junit.py), a page (html_page.py, with
               templates/) and for people (scoreboard.py)
    classes/   a whole class: roster.py finds the submissions, job.py grades one to a record,
               runners.py runs the jobs, store.py keeps their results; scores.py, pages.py and
               collection.py make tables and pages of them
    commands/  a module for each command of `make` that shows something
    release/   what instructors give to students: the kit without solutions
    gdb/       the `hyp` commands
    quality/   mutants, variants, soak and distros: is the grader right?
    tests/     unit/ boots nothing; kit/ tests the whole kit: `make test`

guests/ has guests that attack the hypervisor. test_labs.py is a pytest item a check;
conftest.py ties it all to pytest.
"""
