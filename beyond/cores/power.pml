/* SPDX-License-Identifier: MIT */
/*
 * The power of a VM's vCPUs: CPU_ON, CPU_OFF, AFFINITY_INFO, SYSTEM_OFF, SYSTEM_RESET
 * (Arm DEN 0022) against each other. README.md of this folder is the protocol in words.
 *
 * Each inline is a C function to come. A vCPU is pinned: it runs on core CORE_OF(v), and
 * only that core loads its registers. Ghost variables follow what really happened. No
 * inline decides by them; the assertions compare.
 */
#define CORES	3
#define VCPUS	3
#define CORE_OF(v)	(v)

/* Words of memory that are read without the lock. The power: a result of AFFINITY_INFO. */
#define POWER(v)	(v)
#define ENDING		3	/* which call ends the VM, or 0 */
#define WORDS		5
#include "machine.pml"

#define ON		0
#define OFF		1
#define ON_PENDING	2

#define SYSTEM_OFF	1
#define SYSTEM_RESET	2

/*
 * What the guests do. Without ENDS: 0 and 1 start 2, 2 starts 1, all ask and go off. With
 * ENDS: 0 starts 1, 1 starts 2, 2 goes off, 0 resets the VM and 1 turns it off.
 */
#ifdef ENDS
#define TARGET(v)	((v) + 1)
#define may_ask(v)	false
#define may_start(v)	((v) != 2)
#define may_go_off(v)	((v) == 2)
#define may_reset(v)	((v) == 0)
#define may_end(v)	((v) == 1)
#else
#define TARGET(v)	((v) == 2 -> 1 : 2)
#define may_ask(v)	true
#define may_start(v)	true
#define may_go_off(v)	true
#define may_reset(v)	false
#define may_end(v)	false
#endif

mtype = { SUCCESS, ALREADY_ON, STILL_PENDING, NO_CALL, CPU_ON, CPU_OFF,
	AFFINITY_INFO, OFF_CALL, RESET_CALL };

/* Used with the lock held only: what CPU_ON leaves for the target's core. */
byte entry[VCPUS], context_id[VCPUS];

/* Ghosts. Entry and context ID of a caller are its number + 1; BOOT is vCPU 0's at boot. */
#define BOOT	(VCPUS + 1)
byte winner[VCPUS];		/* whose CPU_ON took this vCPU out of OFF */
bool started[VCPUS];		/* it has begun to run since then */
bool in_guest[VCPUS];
byte winning[VCPUS];		/* by caller: the target of a CPU_ON not yet returned, + 1 */
byte must_win[VCPUS];		/* by caller: the target that it saw OFF, + 1 */
bool gone;			/* the VM's frames are free */

#define power(core, v)	load(core, POWER(v))
#define being_won(v)	(winning[0] == v + 1 || winning[1] == v + 1 || winning[2] == v + 1)
#define all_off(core)	(power(core, 0) == OFF && power(core, 1) == OFF && \
			 power(core, 2) == OFF)

/* `by` has made CPU_ON of `v` succeed. Of those that saw it OFF only that one must win now. */
inline ghost_wins(by, v)
{
	d_step {
		assert(!winner[v]);
		winner[v] = by;
		started[v] = false;
		at = 0;
		do
		:: at < VCPUS ->
			if
			:: must_win[at] == v + 1 && at + 1 != by -> must_win[at] = 0
			:: else
			fi;
			at++
		:: else -> break
		od;
		at = 0
	}
}

/* DEN 0022, CPU_ON: what the result means, against what really is. */
inline ghost_result(caller, target)
{
	d_step {
		assert(result != SUCCESS || winner[target] == caller + 1);
		assert(result != ALREADY_ON || (winner[target] && started[target]));
		assert(result != STILL_PENDING || (winner[target] && !started[target]));
		assert(result == SUCCESS || must_win[caller] != target + 1);
		must_win[caller] = 0
	}
}

/* Send `target` the SGI, after all stores that leave word for it. */
inline kick(core, target)
{
	dsb(core);			/* or the core looks before there is word, and sleeps */
	send_sgi(target)
}

/* vCPU `caller` on `core` starts `target`. */
inline psci_cpu_on(core, caller, target)
{
	lock(core);
	if
	:: power(core, target) == ON -> result = ALREADY_ON
	:: power(core, target) == ON_PENDING -> result = STILL_PENDING
	:: power(core, target) == OFF -> result = SUCCESS
	fi;
	if
	:: result == SUCCESS ->
		d_step { entry[target] = caller + 1; context_id[target] = caller + 1 }
		atomic {
			ghost_wins(caller + 1, target);
			winning[caller] = target + 1;
			store(core, POWER(target), ON_PENDING)
		}
	:: else
	fi;
	ghost_result(caller, target);
	unlock(core);
	if
	:: result == SUCCESS ->
		kick(core, CORE_OF(target));
		winning[caller] = 0
	:: else
	fi
}

/* One load decides, so it needs no lock. */
inline psci_affinity_info(core, caller, target)
{
	d_step {
		if
		:: power(core, target) == OFF && !being_won(target) ->
			must_win[caller] = target + 1
		:: else -> must_win[caller] = 0
		fi
	}
}

/* With the lock held and all vCPUs off: free the VM, or let it boot again. */
inline finish(core)
{
	assert(!in_guest[0] && !in_guest[1] && !in_guest[2]);
	if
	:: load(core, ENDING) == SYSTEM_RESET ->
		d_step { entry[0] = BOOT; context_id[0] = BOOT }
		store(core, ENDING, 0);
		ghost_wins(BOOT, 0);
		store(core, POWER(0), ON_PENDING);
		restarts = true
	:: else ->
		store(core, ENDING, SYSTEM_OFF);	/* CPU_OFF of the last one is the same */
		gone = true
	fi
}

/* With the lock held, by the core of `v`, when it has unloaded it. The last one finishes. */
inline turn_off(core, v)
{
	atomic {
		winner[v] = 0;
		must_win[v] = 0;
		store(core, POWER(v), OFF)
	}
	if
	:: all_off(core) -> atomic { finish(core) }
	:: else
	fi
}

inline unlock_and_restart(core)
{
	unlock(core);
	if
	:: restarts -> restarts = false; kick(core, CORE_OF(0))
	:: else
	fi
}

inline psci_cpu_off(core, v)
{
	lock(core);
	turn_off(core, v);
	unlock_and_restart(core)
}

/* The first call decides. Each core turns its own vCPUs off, on its way to the guest. */
inline psci_system_end(core, kind)
{
	lock(core);
	atomic {
		if
		:: load(core, ENDING) == 0 -> store(core, ENDING, kind)
		:: else
		fi
	}
	unlock(core);
	dsb(core);			/* as in kick() */
	d_step { send_sgi(0); send_sgi(1); send_sgi(2) }
}

/* Is there word for `v`? Asked before each entry, so without the lock: two loads. */
inline look_for_word(core, v)
{
	word = load(core, ENDING) && power(core, v) != OFF;
	word = word || power(core, v) == ON_PENDING
}

/* With the lock held: load the registers of `v` as CPU_ON says. */
inline start(core, v)
{
	assert(winner[v] && !started[v]);
	assert(entry[v] == winner[v] && context_id[v] == winner[v]);
	started[v] = true;
	store(core, POWER(v), ON)
}

/* The core of `v` does what others left word to do. */
inline take_word(core, v)
{
	lock(core);
	if
	:: load(core, ENDING) && power(core, v) != OFF -> turn_off(core, v)
	:: !load(core, ENDING) && power(core, v) == ON_PENDING -> atomic { start(core, v) }
	:: else
	fi;
	unlock_and_restart(core)
}

/* From ERET to the next exit: a call, or an interrupt after any time. */
inline enter_guest(core, v)
{
	d_step {
		drain(core);
		assert(!gone && winner[v] && started[v]);
		in_guest[v] = true
	}
	if
	:: true ->
end_busy:	pending[core]			/* it computes until an interrupt */
	:: !pending[core] && may_ask(v) -> call = AFFINITY_INFO
	:: !pending[core] && may_start(v) -> call = CPU_ON
	:: !pending[core] && may_go_off(v) -> call = CPU_OFF
	:: !pending[core] && may_end(v) -> call = OFF_CALL
	:: !pending[core] && may_reset(v) -> call = RESET_CALL
	fi;
	in_guest[v] = false
}

inline handle_exit(core, v)
{
	if
	:: call == NO_CALL -> acknowledge(core)
	:: call == AFFINITY_INFO -> psci_affinity_info(core, v, TARGET(v))
	:: call == CPU_ON -> psci_cpu_on(core, v, TARGET(v))
	:: call == CPU_OFF -> psci_cpu_off(core, v)
	:: call == OFF_CALL -> psci_system_end(core, SYSTEM_OFF)
	:: call == RESET_CALL -> psci_system_end(core, SYSTEM_RESET)
	fi;
	d_step { call = NO_CALL; result = NO_CALL }
}

/* Nothing to run. A pending SGI ends WFI; if it stayed pending, no WFI would sleep again. */
inline idle(core)
{
	dsb(core);
end:	pending[core];			/* WFI */
	acknowledge(core)
}

proctype core(byte me)
{
	byte v = me;
	bool restarts, word;
	mtype call = NO_CALL, result = NO_CALL;

	do
	:: look_for_word(me, v);
	   if
	   :: word -> word = false; take_word(me, v)
	   :: else
	   fi;
	   if
	   :: power(me, v) == ON -> enter_guest(me, v); handle_exit(me, v)
	   :: else -> idle(me)
	   fi
	od
}

init
{
	d_step {
		memory[POWER(0)] = ON_PENDING;
		memory[POWER(1)] = OFF;
		memory[POWER(2)] = OFF;
		entry[0] = BOOT;
		context_id[0] = BOOT;
		winner[0] = BOOT
	}
	atomic {
		run core(0);
		run core(1);
		run core(2)
	}
}

#define is_off(v)	(memory[POWER(v)] == OFF)
#define starts(v)	[] <> (memory[POWER(v)] != ON_PENDING)
/* No vCPU waits forever: not for its start, and not for the end of a VM that cannot continue. */
ltl progress {
	starts(0) && starts(2) &&
	[] <> (gone || !(memory[ENDING] || (is_off(0) && is_off(1) && is_off(2))))
}
