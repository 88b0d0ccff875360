// SPDX-License-Identifier: MIT
#include "sysreg_trap.h"

#include "panic.h"

#define ROWS_MAX	64

/* With one more row as a sentinel for find(). */
static struct sysreg_trap rows[ROWS_MAX + 1];
static struct sysreg_trap *end = rows;

void sysreg_trap_add(const struct sysreg_trap *row)
{
	if (end == rows + ROWS_MAX)
		panic("no room for a trapped system register, 0x%lx", row->reg);
	*end++ = *row;
}

/* op0 = 3, op1 = 0, CRn = 0, CRm = 1 to 7: what HCR_EL2.TID3 traps. */
static bool is_id_register(uint64_t reg)
{
	return (reg & ~(ISS_SYS_CRM | ISS_SYS_OP2)) == ISS_SYS(3, 0, 0, 0, 0) &&
	       FIELD_GET(ISS_SYS_CRM, reg) >= 1 &&
	       FIELD_GET(ISS_SYS_CRM, reg) <= 7;
}

/* The row of a register, or the sentinel, which has no handlers. */
static const struct sysreg_trap *find(uint64_t reg)
{
	const struct sysreg_trap *row = rows;

	end->reg = reg;
	while (row->reg != reg)
		row++;
	return row;
}

/* Do the access if the register is emulated in that direction. */
static bool emulate(struct vcpu *vcpu, uint64_t reg, bool read, unsigned int rt)
{
	const struct sysreg_trap *row;

	if (read && is_id_register(reg)) {
		vcpu_write_x(vcpu, rt, id_register_for_guest(reg));
		return true;
	}
	row = find(reg);
	if (read ? !row->read : !row->write)
		return false;
	if (read)
		vcpu_write_x(vcpu, rt, row->read(vcpu));
	else
		row->write(vcpu, vcpu_read_x(vcpu, rt));
	return true;
}

enum trap_result sysreg_handle(struct vcpu *vcpu, uint64_t esr)
{
	if (!emulate(vcpu, esr & ISS_SYS_REG, esr & ISS_SYS_READ,
		     FIELD_GET(ISS_SYS_RT, esr)))
		return inject_undefined(vcpu, esr);
	trap_skip_instruction();
	return TRAP_RESUME;
}
