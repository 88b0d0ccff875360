// SPDX-License-Identifier: MIT
#include "clock.h"

#include "counter.h"
#include "device.h"
#include "el2_mmu.h"
#include "error.h"
#include "guest.h"
#include "mmio.h"
#include "panic.h"
#include "vrtc.h"
#include "vtimer.h"
#include "wait.h"

static uint32_t start_seconds;		/* the machine's clock, when EL2 read it */
static uint64_t start_ticks;		/* and CNTPCT_EL0 at that moment */

void clock_init(void)
{
	/* It is where lab 4's open task has a VM's. */
	if (el2_map(VRTC_IPA, VRTC_IPA, PAGE_SIZE, PROT_W | PROT_DEVICE))
		panic("the machine's clock cannot be mapped");
	start_seconds = mmio_read32(VRTC_IPA + RTCDR);
	start_ticks = counter_now();
}

static uint64_t seconds_since_start(uint64_t now)
{
	return (now - start_ticks) / read_sysreg(cntfrq_el0);
}

static uint32_t time_of(const struct clock *clock, uint64_t now)
{
	return start_seconds + seconds_since_start(now) + clock->offset;
}

/* The alarm is at the next moment at which the clock is RTCMR: at once if it is now. */
static void set_alarm(struct clock *clock, uint64_t now)
{
	uint32_t left = clock->match - time_of(clock, now);

	clock->due = left ? start_ticks + (seconds_since_start(now) + left) *
			    read_sysreg(cntfrq_el0) : now;
}

static void update_line(struct guest *guest)
{
	struct clock *clock = &guest->clock;
	bool up = clock->ris & clock->imsc;

	if (up == clock->line_up)
		return;
	clock->line_up = up;
	gic_set_line(guest, clock->intid, up);
}

/* With the lock. */
static void let_it_ring(struct guest *guest, uint64_t now)
{
	struct clock *clock = &guest->clock;

	if (now >= clock->due) {
		clock->ris = RTC_ALARM;
		clock->due = VTIMER_NEVER;
	}
	update_line(guest);
}

static uint32_t read_id(uint64_t offset)
{
	static const uint8_t id[] = { 0x31, 0x10, 0x04, 0x00,
				      0x0d, 0xf0, 0x05, 0xb1 };

	return offset % 4 ? 0 : id[(offset - RTCPERIPHID0) / 4];
}

static uint64_t read_register(const struct clock *clock, uint64_t offset, uint64_t now)
{
	if (offset >= RTCPERIPHID0)
		return read_id(offset);
	switch (offset) {
	case RTCDR:	return time_of(clock, now);
	case RTCMR:	return clock->match;
	case RTCLR:	return clock->load;
	case RTCCR:	return 1;		/* it runs, always */
	case RTCIMSC:	return clock->imsc;
	case RTCRIS:	return clock->ris;
	case RTCMIS:	return clock->ris & clock->imsc;
	default:	return 0;
	}
}

static void write_register(struct clock *clock, uint64_t offset, uint32_t value,
			   uint64_t now)
{
	switch (offset) {
	case RTCMR:
		clock->match = value;
		set_alarm(clock, now);
		break;
	case RTCLR:
		clock->load = value;
		clock->offset += value - time_of(clock, now);
		set_alarm(clock, now);
		break;
	case RTCIMSC:
		clock->imsc = value & RTC_ALARM;
		break;
	case RTCICR:
		clock->ris &= ~value;
		break;
	}
}

static uint64_t clock_read(void *device, uint64_t offset, unsigned int size)
{
	struct guest *guest = device;
	uint64_t now = counter_now(), value;

	(void)size;
	lock_take(&guest->clock.lock);
	let_it_ring(guest, now);
	value = read_register(&guest->clock, offset, now);
	lock_release(&guest->clock.lock);
	return value;
}

/* The core of vCPU 0 waits for the alarm, so it has to know of a new one. */
static void clock_write(void *device, uint64_t offset, unsigned int size, uint64_t value)
{
	struct guest *guest = device;
	struct vcpu *first = &guest->cpu[0]->vcpu;
	uint64_t now = counter_now();

	(void)size;
	lock_take(&guest->clock.lock);
	write_register(&guest->clock, offset, value, now);
	let_it_ring(guest, now);
	lock_release(&guest->clock.lock);
	if (this_cpu()->loaded == first)
		core_timer_changed(first);
	else
		core_kick(guest->cpu[0]->core);
}

static const struct aperture_ops clock_ops = {
	.read = clock_read,
	.write = clock_write,
};

void clock_reset(struct guest *guest)
{
	guest->clock = (struct clock){
		.lock = LOCK_INIT(LOCK_DEVICE),
		.exists = guest->clock.exists,
		.intid = guest->clock.intid,
		.due = VTIMER_NEVER,
	};
}

int clock_create(struct guest *guest, const struct fdt *fdt, uint32_t node)
{
	if (guest->clock.exists)
		return E_EXISTS;
	guest->clock.exists = true;
	clock_reset(guest);
	return device_create(guest, fdt, node, &clock_ops, &guest->clock.intid);
}

uint64_t clock_deadline(const struct guest *guest)
{
	return guest->clock.imsc ? __atomic_load_n(&guest->clock.due, __ATOMIC_RELAXED) :
				   VTIMER_NEVER;
}

void clock_update(struct guest *guest, uint64_t now)
{
	if (clock_deadline(guest) > now)
		return;
	lock_take(&guest->clock.lock);
	let_it_ring(guest, now);
	lock_release(&guest->clock.lock);
}
