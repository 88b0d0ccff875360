// SPDX-License-Identifier: MIT
#include "vendor.h"

#include "calls.h"
#include "guest.h"
#include "smccc.h"

static uint64_t all_exits(const struct vcpu *vcpu)
{
	uint64_t sum = 0;

	for (unsigned int class = 0; class < EXIT_CLASSES; class++)
		sum += vcpu->exits[class];
	return sum;
}

/* 5c415b37-8f0e-4e0b-a6c4-1d2b7a90e3f5, a word in each register. */
static enum trap_result uid(struct vcpu *vcpu)
{
	vcpu->x[0] = 0x375b415c;
	vcpu->x[1] = 0x0b4e0e8f;
	vcpu->x[2] = 0x2b1dc4a6;
	vcpu->x[3] = 0xf5e3907a;
	return TRAP_RESUME;
}

enum trap_result vendor_call(struct vcpu *vcpu, uint32_t function)
{
	struct guest *guest = guest_of(vcpu->vm);

	switch (function) {
	case VENDOR_MAP:
		return call_result(vcpu, memory_map(guest, vcpu->x[1], vcpu->x[2]));
	case VENDOR_UNMAP:
		return call_result(vcpu, memory_unmap(guest, vcpu->x[1], vcpu->x[2]));
	case VENDOR_YIELD:
		vcpu->x[0] = SMCCC_SUCCESS;
		return TRAP_RESCHEDULE;
	case VENDOR_COUNT:
		return call_result(vcpu, all_exits(vcpu));
	case VENDOR_UID:
		return uid(vcpu);
	case VENDOR_REVISION:
		vcpu->x[0] = 1;
		vcpu->x[1] = 0;
		return TRAP_RESUME;
	default:
		return call_result(vcpu, SMCCC_NOT_SUPPORTED);
	}
}
