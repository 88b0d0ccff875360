// SPDX-License-Identifier: MIT
#include "exercise.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "cpio.h"
#include "elf.h"
#include "error.h"
#include "fdt.h"
#include "image.h"
#include "refusal.h"

/* The properties to ask each node for. */
static const char *const names[] = {
	"#address-cells", "#size-cells", "phandle", "reg", "compatible", "interrupts", "status",
};
#define NAMES	(sizeof(names) / sizeof(names[0]))

static FILE *report;

/* A promise of a header. Unlike assert(), NDEBUG does not remove it. */
#define promise(condition) do {							\
	if (!(condition)) {							\
		fprintf(stderr, "broken promise: %s\n", #condition);		\
		abort();							\
	}									\
} while (0)

__attribute__((format(printf, 1, 2)))
static void say(const char *format, ...)
{
	va_list args;

	if (!report)
		return;
	va_start(args, format);
	vfprintf(report, format, args);
	va_end(args);
}

static void say_bytes(const void *data, uint64_t size)
{
	const uint8_t *bytes = data;
	unsigned int sum = 0;

	for (uint64_t i = 0; i < size; i++) {
		sum += bytes[i];	/* a byte outside would be noticed here */
		say("%02x", bytes[i]);
	}
	say(sum == 0 && size ? " zeros\n" : "\n");
}

/* A name in hexadecimal: it may have any characters. */
static void say_name(const char *before, const char *name)
{
	say("%s ", before);
	for (; *name; name++)
		say("%02x", (uint8_t)*name);
}

static void say_result(const char *what, int result)
{
	say("%s: %s\n", what, refusal_sentence(result));
	promise(result == 0 || result == E_NOT_FOUND ||
		(result > REFUSED_BASE && result < REFUSED_END));
}

static bool is_part(struct blob part, struct blob whole)
{
	return part.data >= whole.data &&
	       blob_has(whole, part.data - whole.data, part.size);
}

static void exercise_cpio(struct blob file, const char *name)
{
	struct cpio_member member = { 0 }, found;
	uint64_t end = 0;
	int result;

	while ((result = cpio_next(file, &member)) > 0) {
		promise(is_part(member.data, file));
		promise(member.next > end);
		promise((const uint8_t *)member.name + strlen(member.name) < member.data.data);
		end = member.data.data - file.data + member.data.size;
		say("member %" PRIu64 " %" PRIu64 " ", end - member.data.size, member.data.size);
		say_bytes(member.name, strlen(member.name));
	}
	say_result("end", result);
	result = cpio_find(file, name, &found);
	if (result == 0)
		say("found %" PRIu64 "\n", (uint64_t)(found.data.data - file.data));
	else
		say_result("find", result);
}

static void say_property(const struct fdt *fdt, uint32_t node, const char *name)
{
	struct blob value = fdt_property(fdt, node, name);
	const char *string;
	uint64_t number;
	int result;

	result = fdt_number(fdt, node, name, &number);
	promise((result == E_NOT_FOUND) == !value.data);
	if (!value.data)
		return;
	promise(is_part(value, fdt->structure));
	say("%s ", name);
	say_bytes(value.data, value.size);
	if (result == 0)
		say("number %" PRIx64 "\n", number);
	for (unsigned int i = 0; (string = fdt_string(fdt, node, name, i)); i++) {
		say("string ");
		say_bytes(string, strlen(string));
	}
	promise(fdt_take_cells(&value, 3, &number) == REFUSED_FDT_VALUE);
	while (value.size && fdt_take_cells(&value, 2, &number) == 0)
		say("cells %" PRIx64 "\n", number);
	say("left %" PRIu64 "\n", value.size);
}

static void say_reg(const struct fdt *fdt, uint32_t node)
{
	struct fdt_range range;
	uint32_t i = 0;
	int result;

	while ((result = fdt_reg(fdt, node, i, &range)) == 0 && i++ < 100)
		say("reg %" PRIx64 " %" PRIx64 "\n", range.address, range.size);
	promise(result <= 0);
	say_result("reg", result);
}

/* Walk a node and those below it. `path` is that of its parent, with a slash. */
static void say_node(const struct fdt *fdt, uint32_t node, const char *path)
{
	const char *name = fdt_name(fdt, node), *compatible;
	uint32_t child = FDT_NONE, found;
	char below[1024];
	uint64_t phandle;

	promise(name);
	say("node ");
	say_bytes(name, strlen(name));
	for (size_t i = 0; i < NAMES; i++)
		say_property(fdt, node, names[i]);
	say_reg(fdt, node);

	for (unsigned int i = 0; (compatible = fdt_string(fdt, node, "compatible", i)); i++) {
		say("compatible");
		for (found = fdt->root; (found = fdt_compatible(fdt, found, compatible)) != FDT_NONE;)
			say_name("", fdt_name(fdt, found));
		say("\n");
	}
	if (fdt_number(fdt, node, "phandle", &phandle) == 0) {
		found = fdt_phandle(fdt, phandle);
		promise(found != FDT_NONE && found <= node);
		say_name("phandle of", fdt_name(fdt, found));
		say("\n");
	}
	if (snprintf(below, sizeof(below), "%s%s", path, name) < (int)sizeof(below) - 2) {
		found = fdt_path(fdt, below);
		/* Of two nodes with one path only the first can be found. */
		say_name("path", below);
		say_name(" finds", found == FDT_NONE ? "nothing" : fdt_name(fdt, found));
		say("\n");
		strcat(below, node == fdt->root ? "" : "/");
		while ((child = fdt_child(fdt, node, child)) != FDT_NONE) {
			promise(child > node && fdt_parent(fdt, child) == node);
			say_node(fdt, child, below);
		}
	}
	say("up\n");
}

static void exercise_fdt(struct blob file)
{
	struct fdt_range range;
	struct fdt fdt;
	int result = fdt_open(&fdt, file);

	say_result("open", result);
	if (result)
		return;
	for (uint32_t i = 0; (result = fdt_reservation(&fdt, i, &range)) == 0; i++)
		say("reserved %" PRIx64 " %" PRIx64 "\n", range.address, range.size);
	promise(result == E_NOT_FOUND);
	promise(fdt_path(&fdt, "/") == fdt.root && fdt_parent(&fdt, fdt.root) == FDT_NONE);
	promise(fdt_path(&fdt, "/no such node") == FDT_NONE);
	promise(fdt_phandle(&fdt, UINT64_MAX) == FDT_NONE);
	promise(fdt_child(&fdt, FDT_NONE, FDT_NONE) == FDT_NONE);
	say_node(&fdt, fdt.root, "/");
}

static void exercise_elf(struct blob file, uint64_t start, uint64_t size)
{
	struct elf_segment segment, other;
	struct elf elf;
	int result = elf_open(&elf, file, start, size);
	bool entered = false;

	say_result("open", result);
	if (result)
		return;
	for (unsigned int i = 0; elf_next(&elf, &i, &segment);) {
		promise(segment.size && range_inside(segment.ipa, segment.size, start, size));
		promise(segment.data.size <= segment.size && is_part(segment.data, file));
		for (unsigned int j = i; elf_next(&elf, &j, &other);)
			promise(segment.ipa + segment.size <= other.ipa ||
				other.ipa + other.size <= segment.ipa);
		entered |= range_inside(elf.entry, 4, segment.ipa, segment.data.size);
		say("segment %" PRIx64 " %" PRIx64 " ", segment.ipa, segment.size);
		say_bytes(segment.data.data, segment.data.size);
	}
	promise(entered && elf.entry % 4 == 0);
	say("entry %" PRIx64 "\n", elf.entry);
}

static void exercise_image(struct blob file, uint64_t start, uint64_t size)
{
	struct image image;
	uint64_t address;
	int result = image_open(&image, file);

	say_result("open", result);
	if (result)
		return;
	promise(image.size >= file.size);
	say("offset %" PRIx64 " size %" PRIx64 " pages %x %s\n", image.text_offset, image.size,
	    image.page_size, image.low ? "low" : "anywhere");
	result = image_place(&image, start, size, &address);
	if (result == 0) {
		promise(range_inside(address, image.size, start, size));
		promise((address - image.text_offset) % IMAGE_ALIGN == 0);
		say("address %" PRIx64 "\n", address);
	} else {
		say_result("place", result);
	}
}

void exercise(const char *format, struct blob file, uint64_t start, uint64_t size,
	      const char *name, FILE *out)
{
	report = out;
	if (!strcmp(format, "cpio"))
		exercise_cpio(file, name);
	else if (!strcmp(format, "fdt"))
		exercise_fdt(file);
	else if (!strcmp(format, "elf"))
		exercise_elf(file, start, size);
	else if (!strcmp(format, "image"))
		exercise_image(file, start, size);
	else
		abort();		/* an unknown format */
}
