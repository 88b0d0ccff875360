/* SPDX-License-Identifier: MIT */
/*
 * The virtual real-time clock of the open task: a PL031 without its interrupt line, at
 * VRTC_IPA of each VM. Arm DDI 0224, "PrimeCell Real Time Clock (PL031) Technical Reference
 * Manual", chapter 3. README.md, "Open task", says what the manual leaves open.
 */
#ifndef VRTC_H
#define VRTC_H

#include "bits.h"

/* The address of the machine's real one. Never mapped at stage 2. */
#define VRTC_IPA	U64(0x09010000)
#define VRTC_SIZE	U64(0x00001000)	/* of the aperture */

/*
 * Registers of 32 bits. A reset clears all but the identification. Bits without a name
 * read as zero and ignore writes.
 */
#define RTCDR		0x000	/* data: the time in seconds, read-only */
#define RTCMR		0x004	/* match: the time of the alarm */
#define RTCLR		0x008	/* load: a write sets the time */
#define RTCCR		0x00c	/* control */
#define RTCCR_EN	BIT(0)	/* on; a write of 0 has no effect */
#define RTCIMSC		0x010	/* interrupt mask: 1 lets it through */
#define RTCRIS		0x014	/* raw interrupt status, read-only */
#define RTCMIS		0x018	/* RTCRIS & RTCIMSC, read-only */
#define RTCICR		0x01c	/* interrupt clear: bit 0 of a write; reads as zero */
#define RTC_ALARM	BIT(0)	/* the one bit of RTCIMSC, RTCRIS, RTCMIS, RTCICR */
#define RTCPERIPHID0	0xfe0	/* 4 registers, read-only: 0x31, 0x10, 0x04, 0x00 */
#define RTCPCELLID0	0xff0	/* and 4 more: 0x0d, 0xf0, 0x05, 0xb1 */

struct vm;

/*
 * Add a clock to `vm`, as after a reset. It takes the time from now() alone, a counter of
 * CNTFRQ_EL0 ticks a second that never decreases and may use all 64 bits. Two VMs may have
 * different ones. An access calls now() once at most. 0, or an error of aperture_add(); then
 * nothing has changed.
 */
int vrtc_create(struct vm *vm, uint64_t (*now)(void));

#endif
