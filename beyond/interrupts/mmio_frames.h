/* SPDX-License-Identifier: MIT */
/*
 * The register frames of the virtual GIC, as apertures whose device is the struct guest:
 * GICD, and the pair of frames of each redistributor. Arm IHI 0069, chapter 12. Accesses of a
 * size that a register does not have are RAZ/WI, and so is all that is reserved.
 */
#ifndef MMIO_FRAMES_H
#define MMIO_FRAMES_H

#include "aperture.h"

extern const struct aperture_ops gicd_ops;	/* in gicd.c */
extern const struct aperture_ops gicr_ops;	/* in gicr.c */

/* Registers that a distributor and a redistributor's SGI_base frame have in common. */
#define GIC_IGROUPR	0x080	/* and the six after it: 0x80 bytes each */
#define GIC_IPRIORITYR	0x400
#define GIC_ITARGETSR	0x800
#define GIC_ICFGR	0xc00
#define GIC_IGRPMODR	0xd00

#define GIC_IIDR_VALUE	0x43b	/* implementer: Arm */
#define GIC_PIDR2	0xffe8
#define GIC_PIDR2_VALUE	0x3b	/* ArchRev 3: GICv3 */

/*
 * Which interrupts an access is about: bank `n` of the distributor, or bank 0 of the vCPU
 * `owner`. `me` is the vCPU that does it; it is loaded.
 */
struct bank_access {
	struct vcore *me;
	struct vcore *owner;		/* NULL: the distributor's */
	unsigned int n;
	struct gic_bank *bank;
};

/*
 * A register of the common part, at `offset` in its frame; the bank is that of the offset.
 * In bank_registers.c.
 */
uint64_t bank_read(const struct bank_access *access, uint64_t offset, unsigned int size);
void bank_write(const struct bank_access *access, uint64_t offset, unsigned int size,
		uint64_t value);

/* The bank that an offset of the common part belongs to; GIC_BANKS or more: there is none. */
unsigned int bank_number(uint64_t offset);

/* True if a vCPU that is on has yet to see that something of it was taken back: RWP. */
bool gic_write_pending(const struct vcore *vcore);

#endif
