/* SPDX-License-Identifier: MIT */
/*
 * Interrupts of a vCPU against descheduling, WFI and the idle of its core. README.md of
 * this folder is the protocol in words.
 *
 * Core OWNER has the vCPU, and another one that shares the core until it stops. Core 1
 * makes an interrupt pending (an edge: an SGI, or an SPI), disables and enables it. The
 * vCPU also has its timer. Each inline is a C function to come. Ghost variables follow
 * what really happened; no inline decides by them.
 */
#define CORES	2
#define OWNER	0

/* Words of memory that are read without the lock. */
#define WORD	0		/* what has changed in the vCPU's interrupts, or 0 */
#define MORE	1		/* something became pending or enabled */
#define LESS	2		/* something was disabled: GICD_CTLR.RWP */
#define WORDS	2
#include "../cores/machine.pml"

/* The interrupts. */
#define EDGE	0
#define TIMER	1

/* Used with the lock held only: the virtual distributor and redistributor. */
bool is_pending[2], is_enabled = true;	/* TIMER is always enabled */

/* A list register for each. Only its core uses it, and only while the vCPU is loaded. */
#define PENDING	1
#define ACTIVE	2
byte lr[2];

mtype = { RUNNABLE, BLOCKED };
mtype state = RUNNABLE;			/* of the vCPU: its core reads and writes it */
bool loaded;				/* its registers are in the core */
bool other = true;			/* the other vCPU can run */

/* CNTV_CTL_EL0 and CNTV_CVAL_EL0 of the vCPU. */
#define OFF	0
#define SET	1
#define EXPIRED	2
byte timer;

/* Ghosts. */
#define RAISES	2
#ifdef WITH_DISABLE
#define DISABLES	1
#else
#define DISABLES	0
#endif
#ifdef WITH_TIMER
#define has_timer	true
#else
#define has_timer	false
#endif
byte raised, taken;		/* how often EDGE became pending, and the guest took it */
bool owed;			/* EDGE became pending since the guest took it last */
bool quiet;			/* EDGE is disabled, and GICD_CTLR.RWP was read as 0 */
bool waiting;			/* for GICD_CTLR.RWP */
bool asleep;			/* OWNER, in WFI */
bool late;			/* a slice ended before the guest took what it could */

/* With the lock held, after a change; releases it. */
inline leave_word(core, change)
{
	atomic {
		changes = load(core, WORD) | change;
		store(core, WORD, changes);
		changes = 0
	}
	unlock(core);
	if
	:: core != OWNER ->
		dsb(core);		/* or the core looks before there is word, and sleeps */
		send_sgi(OWNER)
	:: else				/* it looks before it enters or sleeps */
	fi
}

inline vgic_inject(core, interrupt)
{
	lock(core);
	d_step {
		is_pending[interrupt] = true;
		if
		:: interrupt == EDGE -> raised++; owed = true
		:: else
		fi
	}
	leave_word(core, MORE)
}

/* Writes to GICD_ISENABLER<n> and GICD_ICENABLER<n>. */
inline vgic_enable(core)
{
	lock(core);
	is_enabled = true;
	leave_word(core, MORE)
}

inline vgic_disable(core)
{
	lock(core);
	is_enabled = false;
	leave_word(core, LESS)
}

/*
 * On the vCPU's core, which has loaded it, with the lock held: what is pending and enabled
 * goes to its list register; what was disabled comes back.
 */
inline vgic_fill(core, interrupt, on)
{
	d_step {
		assert(core == OWNER && loaded);
		if
		:: (lr[interrupt] & PENDING) && !(on) ->
			lr[interrupt] = lr[interrupt] & ~PENDING;
			is_pending[interrupt] = true
		:: is_pending[interrupt] && (on) ->
			lr[interrupt] = lr[interrupt] | PENDING;
			is_pending[interrupt] = false
		:: else
		fi
	}
}

/* Before each entry. The word is cleared under the lock, so none is lost. */
inline vgic_take_word(core)
{
	if
	:: load(core, WORD) ->
		lock(core);
		store(core, WORD, 0);
		vgic_fill(core, EDGE, is_enabled);
		vgic_fill(core, TIMER, true);
		unlock(core)
	:: else
	fi
}

#define can_take	((lr[EDGE] == PENDING || lr[TIMER] == PENDING) && !is_active)
#define is_active	((lr[EDGE] | lr[TIMER]) & ACTIVE)
/* PPI 27: its line is up, and no earlier one is still active in the physical GIC. */
#define timer_fires	(timer == EXPIRED && !lr[TIMER])
/* What this guest does before it waits. A slice may end first, once: it has time to come. */
#define is_busy		(can_take || is_active || timer_fires)

/* The guest acknowledges: ICV_IAR1_EL1. */
inline guest_takes(interrupt)
{
	d_step {
		lr[interrupt] = ACTIVE;
		late = false;
		if
		:: interrupt == EDGE ->
			taken++;
			assert(taken <= raised && !quiet);
			owed = false
		:: else -> timer = OFF
		fi
	}
}

/* From ERET to the next exit, whose reason is `why`. */
inline enter_guest(core)
{
	dsb(core);
	do
	:: atomic { pending[core] -> why = SGI }; break
	:: atomic { timer_fires -> why = TIMER_IRQ }; break
	:: atomic { other && !(late && is_busy) -> late = is_busy; why = SLICE }; break
	:: atomic { !is_busy -> why = WFX }; break
	:: atomic { !is_busy && has_timer && timer == OFF -> timer = SET }
	:: atomic { lr[EDGE] == PENDING && !is_active -> guest_takes(EDGE) }
	:: atomic { lr[TIMER] == PENDING && !is_active -> guest_takes(TIMER) }
	:: d_step { is_active ->			/* ICV_EOIR1_EL1 */
		lr[EDGE] = lr[EDGE] & ~ACTIVE;
		lr[TIMER] = lr[TIMER] & ~ACTIVE;
		late = false }
	od
}

/* WFI of the guest: sleep only if there is neither word, nor interrupt, nor timer. */
inline wait_handle(core)
{
	if
	:: load(core, WORD) || ((lr[EDGE] | lr[TIMER]) & PENDING) || timer == EXPIRED
	:: else -> state = BLOCKED
	fi
}

/* One turn of the vCPU. */
inline run_vcpu(core)
{
	loaded = true;
	do
	:: vgic_take_word(core);
	   enter_guest(core);
	   if
	   :: why == SGI -> acknowledge(core)
	   :: why == TIMER_IRQ -> vgic_inject(core, TIMER)
	   :: why == WFX -> wait_handle(core)
	   :: else
	   fi;
	   if
	   :: why == SLICE || state == BLOCKED -> break
	   :: else
	   fi
	od;
	atomic { loaded = false; why = NONE }
}

/* A turn of the other vCPU. It ends by itself, by its slice, or the SGI ends it. */
inline run_other(core)
{
	if
	:: pending[core] -> acknowledge(core)
	:: !pending[core] && raised < RAISES -> vgic_inject(core, EDGE)
	:: skip
	:: other = false
	fi
}

/* Round robin. A blocked vCPU wakes if there is word for it, or its timer is due. */
inline find_ready(core)
{
	if
	:: state == BLOCKED && (load(core, WORD) || timer == EXPIRED) -> state = RUNNABLE
	:: else
	fi
}

/* Nothing to run. Interrupts stay masked from find_ready() on, so what comes is pending. */
inline idle(core)
{
	d_step { drain(core); deadline = timer != OFF };	/* CNTHP_CVAL_EL2 */
	asleep = !(pending[core] || (deadline && timer == EXPIRED));
end:	pending[core] || (deadline && timer == EXPIRED);	/* WFI */
	d_step { asleep = false; deadline = false }
	acknowledge(core)
}

mtype = { NONE, SGI, TIMER_IRQ, SLICE, WFX };

active proctype owner()
{
	mtype why = NONE;
	bool deadline, others_turn;
	byte changes;

	do
	:: find_ready(OWNER);
	   if
	   :: state == RUNNABLE && !(others_turn && other) ->
		run_vcpu(OWNER);
		others_turn = true
	   :: other && !(state == RUNNABLE && !others_turn) ->
		run_other(OWNER);
		others_turn = false
	   :: else -> idle(OWNER)
	   fi
	od
}

active proctype elsewhere()
{
	byte disables, changes;

end:	do
	:: raised < RAISES -> vgic_inject(1, EDGE)
	:: disables < DISABLES && is_enabled ->
		disables++;
		vgic_disable(1);
		waiting = true;
		!(load(1, WORD) & LESS);	/* it polls GICD_CTLR.RWP */
		d_step { waiting = false; quiet = true }
	:: !is_enabled ->
		quiet = false;
		vgic_enable(1)
	od
}

active proctype time()
{
end:	do
	:: timer == SET -> timer = EXPIRED
	od
}

/*
 * What is pending and stays enabled is taken; a timer that has expired is; a disable
 * completes; and a core that has nothing to run sleeps instead of turning round and round.
 */
ltl progress {
	[] <> !(owed && is_enabled) && [] <> (timer != EXPIRED) && [] <> !waiting &&
	[] <> (asleep || loaded || other)
}
