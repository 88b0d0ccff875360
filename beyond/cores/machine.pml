/* SPDX-License-Identifier: MIT */
/*
 * The machine that the models of beyond/ run on: what a protocol may rely on, no more.
 * The including file defines CORES, and WORDS: the words of memory that another core
 * reads without the lock, and LOCK, which is the last one.
 *
 * Store buffer. The core that stores sees its value at once. Others see it at once or
 * later, in any order, but the release of the lock only after everything before it. A
 * store is visible at the latest after DSB (Arm ARM, "Data Synchronization Barrier"),
 * and, to bound the time, when its core takes a lock, enters a guest or sleeps. Loads are
 * in program order: where that matters, C has an acquire, the lock, or the DSB that
 * follows an acknowledgement.
 *
 * Lock. Fair: first come, first served, as a ticket lock is. What is used only with the
 * lock held is an ordinary variable here, because lock and unlock order it.
 *
 * SGI. EL2 has one INTID for it. A write of ICC_SGI1R_EL1 makes it pending at the target,
 * and two may become one (IHI 0069, "Software Generated Interrupts"). The write is no
 * memory access, so only DSB orders stores before it; DMB and the release do not. EL2
 * runs with interrupts masked. A pending one makes a guest exit, and ends WFI although it
 * is masked (Arm ARM, "Wait For Interrupt").
 */
#define EMPTY	255
#define LOCK	(WORDS - 1)
#define AT(core, word)	((core) * WORDS + (word))

byte memory[WORDS];
byte buffer[CORES * WORDS] = EMPTY;
chan holders = [CORES] of { byte };	/* the core that holds the lock, then those that wait */
bool pending[CORES];			/* the SGI of each core */
hidden byte at;				/* used in d_step only */

#define load(core, word) \
	(buffer[AT(core, word)] == EMPTY -> memory[word] : buffer[AT(core, word)])

inline store(core, word, value)
{
	if
	:: d_step { memory[word] = value; buffer[AT(core, word)] = EMPTY }
	:: buffer[AT(core, word)] = value
	fi
}

/* For d_step: make everything visible that this core has stored, the release last. */
inline drain(core)
{
	at = 0;
	do
	:: at < LOCK ->
		if
		:: buffer[AT(core, at)] != EMPTY -> memory[at] = buffer[AT(core, at)]
		:: else
		fi;
		buffer[AT(core, at)] = EMPTY;
		at++
	:: else -> break
	od;
	if
	:: buffer[AT(core, LOCK)] != EMPTY -> holders?_
	:: else
	fi;
	buffer[AT(core, LOCK)] = EMPTY;
	at = 0
}

inline dsb(core)
{
	d_step { drain(core) }
}

inline lock(core)
{
	d_step { drain(core); holders!core }	/* LDADDA: take a ticket */
	holders?[eval(core)]			/* LDAR: until it is this core's turn */
}

inline unlock(core)
{
	buffer[AT(core, LOCK)] = 0;		/* STLR */
	if
	:: dsb(core)
	:: skip
	fi
}

/* MSR ICC_SGI1R_EL1 */
inline send_sgi(core)
{
	pending[core] = true
}

/* MRS ICC_IAR1_EL1 and a DSB; then ICC_EOIR1_EL1 and ICC_DIR_EL1. */
inline acknowledge(core)
{
	pending[core] = false
}
