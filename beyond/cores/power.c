// SPDX-License-Identifier: MIT
/*
 * The protocol of power.pml, function by inline. A vCPU's power changes under its VM's lock
 * alone, and only OFF to ON_PENDING is another core's to do.
 */
#include "power.h"

#include "barrier.h"
#include "build.h"
#include "guest.h"
#include "smccc.h"
#include "vcore.h"

enum power power_of(const struct vcore *vcore)
{
	return __atomic_load_n(&vcore->power, __ATOMIC_ACQUIRE);
}

static void set_power(struct vcore *vcore, enum power power)
{
	__atomic_store_n(&vcore->power, power, __ATOMIC_RELEASE);
}

static int64_t try_cpu_on(struct vcore *vcore, uint64_t entry, uint64_t context_id)
{
	if (vcore->power == POWER_ON)
		return PSCI_ALREADY_ON;
	if (vcore->power == POWER_ON_PENDING)
		return PSCI_ON_PENDING;
	vcore->entry = entry;
	vcore->context_id = context_id;
	set_power(vcore, POWER_ON_PENDING);
	return SMCCC_SUCCESS;
}

int64_t power_cpu_on(struct guest *guest, unsigned int index, uint64_t entry,
		     uint64_t context_id)
{
	struct vcore *vcore = guest->cpu[index];
	int64_t result;

	lock_take(&guest->power.lock);
	result = try_cpu_on(vcore, entry, context_id);
	lock_release(&guest->power.lock);
	if (result == SMCCC_SUCCESS)
		core_kick(vcore->core);
	return result;
}

static bool all_off(const struct guest *guest)
{
	for (unsigned int i = 0; i < guest->cpu_count; i++)
		if (guest->cpu[i]->power != POWER_OFF)
			return false;
	return true;
}

/*
 * The last vCPU has gone off, and the lock is held, so no call starts another one. After a
 * reset vCPU 0 boots again; else the VM is gone. True if its core has to be kicked.
 */
static bool finish(struct guest *guest)
{
	struct vcore *first = guest->cpu[0];

	if (guest->power.ending == ENDING_RESET && !guest_boot(guest)) {
		__atomic_store_n(&guest->power.ending, ENDING_NOT, __ATOMIC_RELEASE);
		try_cpu_on(first, guest->entry, guest->context_id);
		return true;
	}
	guest_end(guest);
	return false;
}

/* With the lock held. True if vCPU 0's core has to be kicked. */
static bool turn_off(struct vcore *vcore)
{
	struct guest *guest = vcore_guest(vcore);

	set_power(vcore, POWER_OFF);	/* first: its interrupts go to those that are on */
	vcore_stop(vcore);
	return all_off(guest) && finish(guest);
}

void power_cpu_off(struct vcore *vcore)
{
	struct guest *guest = vcore_guest(vcore);
	bool kick;

	lock_take(&guest->power.lock);
	kick = turn_off(vcore);
	lock_release(&guest->power.lock);
	if (kick)
		core_kick(guest->cpu[0]->core);
}

void power_end(struct guest *guest, enum ending ending)
{
	lock_take(&guest->power.lock);
	if (guest->power.ending == ENDING_NOT)
		__atomic_store_n(&guest->power.ending, ending, __ATOMIC_RELEASE);
	lock_release(&guest->power.lock);
	for (unsigned int i = 0; i < guest->cpu_count; i++)
		core_kick(guest->cpu[i]->core);
}

void power_take_word(struct vcore *vcore)
{
	struct guest *guest = vcore_guest(vcore);
	bool kick = false;

	lock_take(&guest->power.lock);
	/* The end comes first: a vCPU that starts now would outlive its VM. */
	if (guest->power.ending && vcore->power != POWER_OFF) {
		kick = turn_off(vcore);
	} else if (vcore->power == POWER_ON_PENDING) {
		vcore_start(vcore);
		set_power(vcore, POWER_ON);
	}
	lock_release(&guest->power.lock);
	if (kick)
		core_kick(guest->cpu[0]->core);
}
