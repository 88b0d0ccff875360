// SPDX-License-Identifier: MIT
/* GICD, the distributor's frame. */
#include "banks.h"
#include "lists.h"
#include "mmio_frames.h"

#define GICD_TYPER	0x0004
#define GICD_IIDR	0x0008
#define GICD_IROUTER	0x6000
#define GICD_IROUTER_END (GICD_IROUTER + 8 * GIC_INTIDS)

/* ITLinesNumber, 16 bits of INTID, affinity level 3 may be other than 0. */
#define TYPER_VALUE	((GIC_BANKS - 1) | U64(0xf) << 19 | BIT(24))

#define ROUTER_BITS	(GENMASK(39, 32) | GICD_IROUTER_IRM | GENMASK(23, 0))

static struct vcore *accessor(void)
{
	return vcore_of(this_cpu()->loaded);
}

static bool any_write_pending(const struct guest *guest)
{
	for (unsigned int i = 0; i < guest->cpu_count; i++)
		if (gic_write_pending(guest->cpu[i]))
			return true;
	return false;
}

static uint64_t read_control(const struct guest *guest)
{
	return guest->gic.ctlr | GICD_CTLR_DS | GICD_CTLR_ARE |
	       (any_write_pending(guest) ? GICD_CTLR_RWP : 0);
}

/* A group is turned on or off for all vCPUs. */
static void write_control(struct guest *guest, uint32_t value)
{
	struct vcore *me = accessor();

	lock_take(&guest->gic.lock);
	gic_fold(me);
	guest->gic.ctlr = value & (GICD_CTLR_ENABLE_GRP1 | GICD_CTLR_ENABLE_GRP0);
	for (unsigned int i = 0; i < guest->cpu_count; i++)
		if (guest->cpu[i] != me)
			gic_leave_word(guest->cpu[i], GIC_MORE | GIC_LESS);
	gic_fill(me);
	lock_release(&guest->gic.lock);
}

/* IROUTER: 64 bits, or either half. */
static uint64_t read_router(const struct guest *guest, uint64_t offset, unsigned int size)
{
	unsigned int intid = (offset - GICD_IROUTER) / 8;
	uint64_t router = intid < GIC_PRIVATE ? 0 : guest->gic.router[intid];

	if (size == 8)
		return router;
	return size == 4 ? router >> 8 * (offset & 4) : 0;
}

static void write_router(struct guest *guest, uint64_t offset, unsigned int size,
			 uint64_t value)
{
	unsigned int intid = (offset - GICD_IROUTER) / 8, shift = 8 * (offset & 4);
	uint64_t *router = &guest->gic.router[intid];
	uint32_t bit = BIT(intid % 32);
	struct vcore *me = accessor();

	if (intid < GIC_PRIVATE || size < 4)
		return;
	lock_take(&guest->gic.lock);
	gic_fold(me);
	/* The vCPU that had it looks, and so does the one that gets it. */
	gic_leave_words(guest, NULL, intid / 32, bit, GIC_LESS);
	if (size == 4)
		value = (*router & ~(U64(0xffffffff) << shift)) | (value & 0xffffffff) << shift;
	*router = value & ROUTER_BITS;
	gic_leave_words(guest, NULL, intid / 32, bit, GIC_MORE);
	gic_fill(me);
	lock_release(&guest->gic.lock);
}

static struct bank_access common(struct guest *guest, uint64_t offset)
{
	unsigned int n = bank_number(offset);

	return (struct bank_access){ accessor(), NULL, n, &guest->gic.bank[n % GIC_BANKS] };
}

/* The first bank is the vCPUs' own; those beyond the last do not exist. */
static bool has_bank(const struct bank_access *access)
{
	return access->n && access->n < GIC_BANKS;
}

/* The registers that no driver reads often. */
static uint64_t read_rare(const struct guest *guest, uint64_t offset, unsigned int size)
{
	if (offset >= GICD_IROUTER && offset < GICD_IROUTER_END)
		return read_router(guest, offset, size);
	if (size != 4)
		return 0;
	switch (offset) {
	case GICD_CTLR:		return read_control(guest);
	case GIC_PIDR2:		return GIC_PIDR2_VALUE;
	default:		return 0;
	}
}

static uint64_t gicd_read(void *device, uint64_t offset, unsigned int size)
{
	struct guest *guest = device;

	if (size == 4 && offset == GICD_TYPER)
		return TYPER_VALUE;
	if (size == 4 && offset == GICD_IIDR)
		return GIC_IIDR_VALUE;
	if (offset >= GIC_IGROUPR && offset < GIC_IGRPMODR) {
		struct bank_access access = common(guest, offset);

		return has_bank(&access) ? bank_read(&access, offset, size) : 0;
	}
	return read_rare(guest, offset, size);
}

static void gicd_write(void *device, uint64_t offset, unsigned int size, uint64_t value)
{
	struct guest *guest = device;

	if (offset >= GIC_IGROUPR && offset < GIC_IGRPMODR) {
		struct bank_access access = common(guest, offset);

		if (has_bank(&access))
			bank_write(&access, offset, size, value);
	} else if (offset >= GICD_IROUTER && offset < GICD_IROUTER_END) {
		write_router(guest, offset, size, value);
	} else if (offset == GICD_CTLR && size == 4) {
		write_control(guest, value);
	}
}

const struct aperture_ops gicd_ops = { .read = gicd_read, .write = gicd_write };
