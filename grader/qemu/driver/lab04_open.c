// SPDX-License-Identifier: MIT
/*
 * For the contract of the real-time clock: VMs that never run, a clock that the script
 * sets, and accesses as the handler of data aborts makes them.
 */
#include "driver.h"

#include "aperture.h"
#include "sysreg.h"
#include "vrtc.h"

#define NO_APERTURE	UINT64_MAX
#define TWICE		(UINT64_MAX - 1)

static struct vm vms[VM_MAX];
static uint64_t ticks, ahead;	/* the second clock is ahead of the first */
static unsigned int looks;	/* in one access */

void lab04_rate(uint64_t hz);
void lab04_time(uint64_t now, uint64_t lead);
uint64_t lab04_vm(unsigned int id, bool second);
uint64_t lab04_again(unsigned int id, bool second);
struct result lab04_read(unsigned int id, uint64_t offset, unsigned int size);
struct result lab04_write(unsigned int id, uint64_t offset, unsigned int size, uint64_t value);

/* The rate of the script's clock, which is not that of the machine's counter. */
void lab04_rate(uint64_t hz)
{
	write_sysreg(cntfrq_el0, hz);
}

void lab04_time(uint64_t now, uint64_t lead)
{
	ticks = now;
	ahead = lead;
}

static uint64_t first_time(void)
{
	looks++;
	return ticks;
}

static uint64_t second_time(void)
{
	looks++;
	return ticks + ahead;
}

/* A new VM in this slot, whatever was there before. */
uint64_t lab04_vm(unsigned int id, bool second)
{
	vms[id] = (struct vm){ .id = id, .in_use = true, .name = "script" };
	return lab04_again(id, second);
}

uint64_t lab04_again(unsigned int id, bool second)
{
	return vrtc_create(&vms[id], second ? second_time : first_time);
}

/* An access in three arguments: the upper half of `where` is the size. */
static uint64_t read_device(uint64_t aperture, uint64_t where, uint64_t unused)
{
	const struct aperture *a = (const struct aperture *)aperture;

	(void)unused;
	return a->ops->read(a->device, (uint32_t)where, where >> 32);
}

static uint64_t write_device(uint64_t aperture, uint64_t where, uint64_t value)
{
	const struct aperture *a = (const struct aperture *)aperture;

	a->ops->write(a->device, (uint32_t)where, where >> 32, value);
	return 0;
}

static struct result access(uint64_t (*device)(uint64_t aperture, uint64_t where, uint64_t value),
			    unsigned int id, uint64_t offset, uint64_t size, uint64_t value)
{
	const struct aperture *a = aperture_find(&vms[id], VRTC_IPA + offset, size);
	struct result result;

	if (!a)
		return (struct result){ 0, NO_APERTURE };
	looks = 0;
	result = contract_timed(device, (uint64_t)a,
				size << 32 | (VRTC_IPA + offset - a->ipa), value);
	if (looks > 1)
		result.x1 = TWICE;
	return result;
}

/* Return what the device returns, and its instructions, NO_APERTURE or TWICE. */
struct result lab04_read(unsigned int id, uint64_t offset, unsigned int size)
{
	return access(read_device, id, offset, size, 0);
}

struct result lab04_write(unsigned int id, uint64_t offset, unsigned int size, uint64_t value)
{
	return access(write_device, id, offset, size, value);
}

const void *const lab04_open_functions[] = {
	lab04_rate, lab04_time, lab04_vm, lab04_again, lab04_read, lab04_write,
};
