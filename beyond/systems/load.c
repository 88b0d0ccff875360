// SPDX-License-Identifier: MIT
#include "load.h"

#include "bundle.h"
#include "cache.h"
#include "elf.h"
#include "error.h"
#include "frames.h"
#include "image.h"
#include "refusal.h"
#include "stage2.h"
#include "string.h"

/* A file that goes to one place. */
struct file {
	struct blob data;
	uint64_t ipa;
	uint64_t size;		/* in memory; at least that of the data */
};

static int find_member(const struct fdt *fdt, const char *property, struct blob *data)
{
	const char *name = fdt_string(fdt, fdt_path(fdt, "/chosen"), property, 0);
	struct cpio_member member;
	int error = name ? cpio_find(bundle(), name, &member) : E_NOT_FOUND;

	if (!error)
		*data = member.data;
	return error;
}

int load_find(struct guest *guest, const struct fdt *fdt)
{
	uint64_t ipa;
	int error = find_member(fdt, "schism,kernel", &guest->kernel);

	if (error)
		return REFUSED_TREE_KERNEL;
	/* A tree without this property has no initrd. */
	error = fdt_number(fdt, fdt_path(fdt, "/chosen"), "linux,initrd-start", &ipa);
	if (error)
		return error == E_NOT_FOUND ? 0 : error;
	return find_member(fdt, "schism,initrd", &guest->initrd) ? REFUSED_TREE_INITRD : 0;
}

/*
 * Make the frames of a member the VM's own. EL2 has only read the member, so the caches hold
 * no line of it that memory lacks: the boot loader cleaned what it put there (as Linux asks it
 * to, "Booting AArch64 Linux"). What follows its data in the last 2 MiB is
 * padding and the header of the next member: clear it.
 */
static int give(struct guest *guest, const struct file *file)
{
	uint64_t start = (uint64_t)file->data.data, end = start + file->data.size;
	uint64_t page = ALIGN_UP(end, PAGE_SIZE), size = ALIGN_UP(file->data.size, BLOCK_2M);

	memset((void *)end, 0, page - end);
	cache_clean_invalidate((void *)end, page - end);
	frames_wipe(page, start + size - page);
	return memory_give(guest, file->ipa, start, size);
}

static int place(struct guest *guest, const struct file *file, bool may_give)
{
	if (!memory_has(guest, file->ipa, file->size))
		return REFUSED_IMAGE_OUTSIDE;
	if (may_give && IS_ALIGNED(file->ipa | (uint64_t)file->data.data, BLOCK_2M) &&
	    memory_has(guest, file->ipa, ALIGN_UP(file->data.size, BLOCK_2M)))
		return give(guest, file);
	return memory_write(guest, file->ipa, file->data.data, file->data.size);
}

static int load_elf(struct guest *guest, struct blob data)
{
	struct elf_segment segment;
	unsigned int index = 0;
	struct elf elf;
	int error = elf_open(&elf, data, 0, BIT(s2_ipa_bits()));

	while (!error && elf_next(&elf, &index, &segment)) {
		if (!memory_has(guest, segment.ipa, segment.size))
			return REFUSED_ELF_OUTSIDE;
		error = memory_write(guest, segment.ipa, segment.data.data,
				     segment.data.size);
	}
	guest->entry = elf.entry;
	return error;
}

static int load_image(struct guest *guest, const struct image *image, bool may_give)
{
	const struct region *memory = &guest->memory.region[0];
	struct file file = { .data = guest->kernel, .size = image->size };
	int error = image_place(image, memory->ipa, memory->size, &file.ipa);

	guest->entry = file.ipa;
	return error ? error : place(guest, &file, may_give);
}

static int load_kernel(struct guest *guest, const struct fdt *fdt, bool may_give)
{
	struct blob data = guest->kernel;
	struct image image;
	int error = fdt_number(fdt, fdt_path(fdt, "/chosen"), "schism,load", &guest->entry);

	if (!error)			/* a flat binary */
		return memory_write(guest, guest->entry, data.data, data.size);
	error = image_open(&image, data);
	if (error == REFUSED_IMAGE_MAGIC || error == REFUSED_IMAGE_TRUNCATED)
		return load_elf(guest, data);
	return error ? error : load_image(guest, &image, may_give);
}

static int load_initrd(struct guest *guest, const struct fdt *fdt, bool may_give)
{
	struct file file = { .data = guest->initrd, .size = guest->initrd.size };

	if (!guest->initrd.data)
		return 0;
	if (fdt_number(fdt, fdt_path(fdt, "/chosen"), "linux,initrd-start", &file.ipa))
		return REFUSED_TREE_INITRD;
	return place(guest, &file, may_give);
}

/* Where Linux finds the device tree: x0, which is vCPU 0's context ID. */
static int load_tree(struct guest *guest, const struct fdt *fdt)
{
	const struct region *memory = &guest->memory.region[guest->memory.count - 1];
	uint64_t end = memory->ipa + memory->size, size = fdt->blob.size, ipa;

	if (fdt_number(fdt, fdt_path(fdt, "/chosen"), "schism,dtb", &ipa))
		ipa = ALIGN_DOWN(end - size, memory->size < 2 * BLOCK_2M ? 8 : BLOCK_2M);
	guest->context_id = ipa;
	return memory_write(guest, ipa, fdt->blob.data, size);
}

int load_all(struct guest *guest, const struct fdt *fdt,
	     bool (*may_give)(const struct guest *guest, struct blob member))
{
	int error = load_kernel(guest, fdt, may_give(guest, guest->kernel));

	if (!error)
		error = load_initrd(guest, fdt, may_give(guest, guest->initrd));
	if (!error)
		error = load_tree(guest, fdt);
	return error;
}
