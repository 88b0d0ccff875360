# SPDX-License-Identifier: MIT
"""Mistakes in the protocols of beyond/, each as edits of a model. spin must refute every one."""

from __future__ import annotations

from dataclasses import dataclass

CYCLE = "acceptance cycle"
ASSERT = "assertion violated"


@dataclass(frozen=True)
class ModelMutant:
    """Edits of a model (each text must be there once), and what spin says of the result."""

    name: str
    model: str
    macros: str
    refuted_by: str
    edits: tuple[tuple[str, str], ...]

    @property
    def kind(self) -> str:
        return "progress" if self.refuted_by == CYCLE else "safety"

    def __str__(self) -> str:
        return f"{self.model}-{self.name}"


def _power(
    name: str, refuted_by: str, *edits: tuple[str, str], ends: bool = False
) -> ModelMutant:
    return ModelMutant(name, "cores/power", "-DENDS" if ends else "", refuted_by, edits)


def _delivery(
    name: str, refuted_by: str, *edits: tuple[str, str], disable: bool = False
) -> ModelMutant:
    macros = "-DWITH_DISABLE" if disable else "-DWITH_TIMER"
    return ModelMutant(name, "interrupts/delivery", macros, refuted_by, edits)


LOOK_AT_POWER = "	if\n	:: power(core, target) == ON -> result = ALREADY_ON\n"
AFTER_RESULT = "	ghost_result(caller, target);\n	unlock(core);\n"
WRITE_ENTRY = "		d_step { entry[target] = caller + 1; context_id[target] = caller + 1 }\n"
PUBLISH = "			store(core, POWER(target), ON_PENDING)\n		}\n"
KICK_DSB = "	dsb(core);			/* or the core looks before there is word, and sleeps */\n"
TAKE = "	lock(core);\n	if\n	:: load(core, ENDING) && power(core, v) != OFF -> turn_off(core, v)\n"
WFI = "end:	pending[core];			/* WFI */\n	acknowledge(core)\n"
OFF_CALL = "	lock(core);\n	turn_off(core, v);\n	unlock_and_restart(core)\n"
DECIDE = "		:: load(core, ENDING) == 0 -> store(core, ENDING, kind)\n"
SEND_ALL = "	d_step { send_sgi(0); send_sgi(1); send_sgi(2) }\n"

POWER = (
    _power(
        "two_callers_with_their_own_locks", ASSERT,
        ("	lock(core);\n" + LOOK_AT_POWER, LOOK_AT_POWER),
        (AFTER_RESULT, "	ghost_result(caller, target);\n	dsb(core);\n"),
    ),
    _power(
        "lock_released_between_look_and_store", ASSERT,
        (WRITE_ENTRY, "		unlock(core);\n		lock(core);\n" + WRITE_ENTRY),
    ),
    _power(
        "entry_written_after_the_power", ASSERT,
        (WRITE_ENTRY, ""),
        (AFTER_RESULT, "	ghost_result(caller, target);\n	unlock(core);\n	if\n"
         "	:: result == SUCCESS ->\n" + WRITE_ENTRY + "	:: else\n	fi;\n"),
    ),
    _power(
        "loser_writes_the_entry_too", ASSERT,
        (LOOK_AT_POWER, WRITE_ENTRY[1:].rstrip() + ";\n" + LOOK_AT_POWER),
    ),
    _power("on_before_it_runs", ASSERT, (PUBLISH, PUBLISH.replace("ON_PENDING", "ON"))),
    _power(
        "off_before_the_lock", ASSERT,
        ("	lock(core);\n	turn_off", "	saw_off = saw_off | (1 << v);\n	lock(core);\n	turn_off"),
        ("		:: power(core, target) == OFF && !being_won",
         "		:: (saw_off >> target) & 1 && !being_won"),
        ("	started[v] = true;\n", "	started[v] = true;\n	saw_off = saw_off & ~(1 << v);\n"),
        ("bool gone;", "byte saw_off;\nbool gone;"),
    ),
    _power(
        "off_cleans_up_after_the_lock", ASSERT,
        (OFF_CALL, OFF_CALL.rstrip() + ";\n	d_step { entry[v] = 0; context_id[v] = 0 }\n"),
    ),
    _power("sgi_before_the_word", CYCLE, (KICK_DSB, "")),
    _power("no_sgi", CYCLE, ("	send_sgi(target)\n", "	skip\n")),
    _power(
        "acknowledged_after_the_look", CYCLE,
        (WFI, "	acknowledge(core);\n" + WFI),
    ),
    _power(
        "looks_for_the_last_before_the_lock", CYCLE,
        ("	bool restarts, word;", "	bool restarts, word, was_last;"),
        ("	:: all_off(core) -> atomic", "	:: was_last -> atomic"),
        (OFF_CALL, "	was_last = (power(core, 0) == OFF) + (power(core, 1) == OFF) +\n"
         "		(power(core, 2) == OFF) == 2;\n" + OFF_CALL),
    ),
    _power(
        "last_one_off_does_not_end_the_vm", CYCLE,
        ("	:: all_off(core) -> atomic", "	:: all_off(core) && load(core, ENDING) -> atomic"),
    ),
    _power(
        "caller_of_system_off_frees_the_vm", ASSERT,
        (DECIDE, "		:: load(core, ENDING) == 0 ->\n			store(core, ENDING, kind);\n"
         "			assert(!in_guest[0] && !in_guest[1] && !in_guest[2])\n"),
        ends=True,
    ),
    _power("system_off_sends_no_sgi", CYCLE, (SEND_ALL, "	skip\n"), ends=True),
    _power(
        "sgi_before_the_end", CYCLE,
        ("	dsb(core);			/* as in kick() */\n", ""),
        ends=True,
    ),
    _power(
        "start_does_not_look_for_the_end", CYCLE,
        (TAKE, TAKE.replace("power(core, v) != OFF", "power(core, v) == ON")),
        ("	:: !load(core, ENDING) && power(core, v) == ON_PENDING",
         "	:: power(core, v) == ON_PENDING"),
        ends=True,
    ),
    _power(
        "entry_does_not_look_for_the_end", CYCLE,
        ("	word = load(core, ENDING) && power(core, v) != OFF;\n", "	word = false;\n"),
        ends=True,
    ),
    _power(
        "reset_sends_no_sgi", CYCLE,
        ("	:: restarts -> restarts = false; kick(core, CORE_OF(0))\n",
         "	:: restarts -> restarts = false\n"),
        ends=True,
    ),
    _power(
        "reset_leaves_the_end_set", CYCLE, ("		store(core, ENDING, 0);\n", ""), ends=True,
    ),
)

DELIVERY_DSB = "		dsb(core);		/* or the core looks before there is word, and sleeps */\n"
SET_PENDING = "		is_pending[interrupt] = true;\n		if\n"
CLEAR_WORD = "		store(core, WORD, 0);\n"
TAKE_UNLOCK = "		vgic_fill(core, TIMER, true);\n		unlock(core)\n"
RETRACT = "			lr[interrupt] = lr[interrupt] & ~PENDING;\n"
FILL = "			lr[interrupt] = lr[interrupt] | PENDING;\n"
READY = "(load(core, WORD) || timer == EXPIRED) -> state"
SLEEP = "end:	pending[core] ||"

DELIVERY = (
    _delivery("sgi_before_the_word", CYCLE, (DELIVERY_DSB, "")),
    _delivery("sgi_only_to_a_loaded_vcpu", CYCLE,
              ("	:: core != OWNER ->", "	:: core != OWNER && loaded ->")),
    _delivery("sgi_only_to_a_blocked_vcpu", CYCLE,
              ("	:: core != OWNER ->", "	:: core != OWNER && state == BLOCKED ->"),
              disable=True),
    _delivery(
        "word_cleared_after_the_lock", CYCLE,
        (CLEAR_WORD, ""),
        (TAKE_UNLOCK, TAKE_UNLOCK.rstrip() + ";\n" + CLEAR_WORD),
    ),
    _delivery("word_taken_once_a_turn", CYCLE,
              ("	do\n	:: vgic_take_word(core);\n", "	vgic_take_word(core);\n	do\n	::\n"),
              disable=True),
    _delivery("idle_does_not_acknowledge", CYCLE,
              ("	d_step { asleep = false; deadline = false }\n	acknowledge(core)\n",
               "	d_step { asleep = false; deadline = false }\n")),
    _delivery("acknowledged_after_the_look", CYCLE,
              ("	asleep = !(pending", "	acknowledge(core);\n	asleep = !(pending")),
    _delivery("word_does_not_wake", CYCLE, (READY, "timer == EXPIRED -> state")),
    _delivery("expired_timer_does_not_wake", CYCLE, (READY, "load(core, WORD) -> state")),
    _delivery("idle_sets_no_deadline", CYCLE, ("deadline = timer != OFF", "deadline = false")),
    _delivery("list_register_written_elsewhere", ASSERT,
              (SET_PENDING, "		assert(core == OWNER);\n		lr[interrupt] = lr[interrupt] | PENDING;\n"
               "		if\n")),
    _delivery("raise_while_disabled_is_dropped", CYCLE,
              (SET_PENDING, "		is_pending[interrupt] = is_pending[interrupt] || is_enabled;\n"
               "		if\n"),
              disable=True),
    _delivery("raise_while_active_is_dropped", CYCLE,
              (FILL, "			lr[interrupt] = (lr[interrupt] -> lr[interrupt] : PENDING);\n")),
    _delivery("disable_drops_what_is_pending", CYCLE,
              (RETRACT + "			is_pending[interrupt] = true\n", RETRACT.replace(";", "")),
              disable=True),
    _delivery("disable_leaves_the_list_register", ASSERT,
              ("	:: (lr[interrupt] & PENDING) && !(on) ->",
               "	:: (lr[interrupt] & PENDING) && !(on) && false ->"),
              disable=True),
    _delivery("disable_sends_no_sgi", CYCLE,
              ("	:: core != OWNER ->", "	:: core != OWNER && !(change & LESS) ->"),
              disable=True),
    _delivery("enable_leaves_no_word", CYCLE,
              ("	is_enabled = true;\n	leave_word(core, MORE)",
               "	is_enabled = true;\n	leave_word(core, 0)"),
              disable=True),
    _delivery("delivered_twice", ASSERT,
              (FILL + "			is_pending[interrupt] = false\n", FILL.replace(";", ""))),
)

MUTANTS = POWER + DELIVERY
