# SPDX-License-Identifier: MIT
"""The grader: boots every stage in QEMU and checks what it printed and how it ended.

    make grade [LAB=n] [SOLVED=k]      a scoreboard, and reports in build/grade/
    pytest grader [--lab n] [--solved k] [-k lab01.4]

How a grading goes, and which module does what:

    labs/labNN.py   the table of a lab: its checks as data (labs/check.py says what a check is)
    grading/submission.py   lays a folder that was handed in over the kit; grading/untrusted_folder.py reads it, and
                    grading/sandbox.py is what it is built in
    grading/run.py      builds each stage once (grading/build.py) and boots it once a configuration
                    (qemu/boot.py), several at a time, all through core/process.py; a boot has
                    a budget (qemu/time_budget.py, which qemu/gdbstub.py sets); in a boot of its own
                    gdb looks at the machine (qemu/inspection.py; inside gdb, qemu/inside_gdb.py)
    model/snapshot.py        what gdb saw; model/page_tables.py reads translation tables in it
    qemu/nonce.py        which lines of a transcript are true
    qemu/witness.py      what given code said in a boot, from QEMU's log: by model/link_map.py (whose code
                    is where), model/control_flow.py (its way through it), model/printf_pattern.py (what printf() prints)
    qemu/call_witness.py        what a script's calls returned, from the same log (qemu/call_script.py, labs/contract.py)
    grading/reserved_names.py   names that only given code may use
    grading/evaluate.py     holds the transcripts against the table (grading/markers.py): a result a check
    test_labs.py    a pytest item a check; conftest.py ties it all to pytest
    report/json_report.py       the results as JSON; report/junit.py the same as XML; report/scoreboard.py for people
    report/html_page.py         the report as a page, by the templates in report/templates/; report/transcript_lines.py prepares its
                    transcripts, report/checkpoints.py (with model/register_fields.py) its registers, report/mappings.py
                    (with model/vms.py) its translation tables
    core/process.py      runs children, within core/limits.py, in core/environment.py, watched by core/process_activity.py
    core/host_trouble.py         trouble of the host, which is no score; grading/crash.py is our own, which is none either
    core/sanitize.py      makes what a stage printed fit to be shown

`tests/` holds the tests of the grader and of the whole kit: `make test`.
"""
