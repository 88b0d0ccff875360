// SPDX-License-Identifier: MIT
/* GICR: RD_base and SGI_base of each vCPU. Any vCPU may access those of any other. */
#include "banks.h"
#include "lists.h"
#include "mmio_frames.h"

#define GICR_IIDR	0x0004
#define WAKER_BITS	(GICR_WAKER_PROCESSOR_SLEEP | GICR_WAKER_CHILDREN_ASLEEP)

static struct vcore *accessor(void)
{
	return vcore_of(this_cpu()->loaded);
}

/* Affinity in the upper half; the number of the vCPU; Last. */
static uint64_t typer(const struct guest *guest, const struct vcore *vcore)
{
	uint64_t value = FIELD_PREP(GICR_TYPER_AFFINITY, vcore->index) | vcore->index << 8;

	return vcore->index == guest->cpu_count - 1 ? value | GICR_TYPER_LAST : value;
}

static uint64_t read_rd(const struct guest *guest, const struct vcore *vcore,
			uint64_t offset, unsigned int size)
{
	if (offset == GICR_TYPER && size == 8)
		return typer(guest, vcore);
	if (size != 4)
		return 0;
	switch (offset) {
	case GICR_CTLR:
		return gic_write_pending(vcore) ? GICR_CTLR_RWP : 0;
	case GICR_IIDR:
		return GIC_IIDR_VALUE;
	case GICR_TYPER:
		return typer(guest, vcore);
	case GICR_TYPER + 4:
		return typer(guest, vcore) >> 32;
	case GICR_WAKER:
		return vcore->gic.asleep ? WAKER_BITS : 0;
	case GIC_PIDR2:
		return GIC_PIDR2_VALUE;
	default:
		return 0;
	}
}

static void write_waker(struct vcore *vcore, uint32_t value)
{
	struct vcore *me = accessor();
	struct lock *lock = &vcore_guest(me)->gic.lock;

	lock_take(lock);
	gic_fold(me);
	vcore->gic.asleep = value & GICR_WAKER_PROCESSOR_SLEEP;
	if (vcore != me)
		gic_leave_word(vcore, GIC_MORE | GIC_LESS);
	gic_fill(me);
	lock_release(lock);
}

/* The vCPU whose pair of frames it is; its aperture has no frames beyond the last. */
static struct vcore *owner(struct guest *guest, uint64_t offset)
{
	return guest->cpu[offset / GICR_FRAME_SIZE];
}

static struct bank_access common(struct vcore *vcore)
{
	return (struct bank_access){ accessor(), vcore, 0, &vcore->gic.bank };
}

/* Bank 0 of the common part: all that SGI_base has. */
static bool is_common(uint64_t offset)
{
	offset -= GICR_SGI_BASE;
	return offset >= GIC_IGROUPR && offset < GIC_IGRPMODR && bank_number(offset) == 0;
}

static uint64_t gicr_read(void *device, uint64_t offset, unsigned int size)
{
	struct vcore *vcore = owner(device, offset);
	struct bank_access access;

	offset %= GICR_FRAME_SIZE;
	if (offset < GICR_SGI_BASE)
		return read_rd(device, vcore, offset, size);
	if (!is_common(offset))
		return 0;
	access = common(vcore);
	return bank_read(&access, offset - GICR_SGI_BASE, size);
}

static void gicr_write(void *device, uint64_t offset, unsigned int size, uint64_t value)
{
	struct vcore *vcore = owner(device, offset);
	struct bank_access access;

	offset %= GICR_FRAME_SIZE;
	if (offset == GICR_WAKER && size == 4)
		write_waker(vcore, value);
	if (!is_common(offset))
		return;
	access = common(vcore);
	bank_write(&access, offset - GICR_SGI_BASE, size, value);
}

const struct aperture_ops gicr_ops = { .read = gicr_read, .write = gicr_write };
