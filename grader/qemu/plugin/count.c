// SPDX-License-Identifier: MIT
/*
 * A TCG plugin: how often each instruction of EL2 is executed, and how many instructions the
 * guests execute, on all cores together.
 *
 *	-plugin count.so,out=FILE,size=BYTES
 *
 * EL2's text is `size` bytes, from the first instruction that the machine executes. Whether an
 * instruction lies there is decided when QEMU translates it, by the host's address of its
 * memory: a guest may use the same virtual address, but no VM has EL2's text mapped. Counted
 * is each instruction, not each block, because a trap may leave a block in its middle.
 *
 * FILE gets "guests COUNT", then a line "OFFSET COUNT BEFORE" for each of EL2's that was
 * executed: how often, and how often of that before the first instruction of a guest.
 *
 * The declarations are those that this file needs of QEMU's plugin API, so that no header of
 * QEMU is needed. API=1 is QEMU 7.2 to 8.2, API=2 QEMU 9.0 and later.
 */
#include <inttypes.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define EXPORT	__attribute__((visibility("default")))
#define ADD	0	/* QEMU_PLUGIN_INLINE_ADD_U64 */

struct qemu_plugin_tb;
struct qemu_plugin_insn;
typedef uint64_t plugin_id;

void qemu_plugin_register_vcpu_tb_trans_cb(plugin_id id,
					   void (*call)(plugin_id, struct qemu_plugin_tb *));
void qemu_plugin_register_atexit_cb(plugin_id id, void (*call)(plugin_id, void *), void *data);
size_t qemu_plugin_tb_n_insns(const struct qemu_plugin_tb *tb);
struct qemu_plugin_insn *qemu_plugin_tb_get_insn(const struct qemu_plugin_tb *tb, size_t n);
void *qemu_plugin_insn_haddr(const struct qemu_plugin_insn *insn);

/* The largest text of EL2, in instructions. counts[WORDS] is the guests'. */
#define WORDS	65536
static uint64_t counts[WORDS + 1], before[WORDS];

#if API == 1
void qemu_plugin_register_vcpu_insn_exec_inline(struct qemu_plugin_insn *insn, int op,
						void *counter, uint64_t value);

static void prepare(void)
{
}

static void count(struct qemu_plugin_insn *insn, size_t n)
{
	qemu_plugin_register_vcpu_insn_exec_inline(insn, ADD, &counts[n], 1);
}

static void gather(void)
{
}
#else
struct qemu_plugin_scoreboard;
struct entry {		/* qemu_plugin_u64 */
	struct qemu_plugin_scoreboard *score;
	size_t offset;
};

struct qemu_plugin_scoreboard *qemu_plugin_scoreboard_new(size_t size);
uint64_t qemu_plugin_u64_sum(struct entry entry);
void qemu_plugin_register_vcpu_insn_exec_inline_per_vcpu(struct qemu_plugin_insn *insn, int op,
							 struct entry entry, uint64_t value);

static struct qemu_plugin_scoreboard *score;

static void prepare(void)
{
	score = qemu_plugin_scoreboard_new(sizeof(counts));
}

static struct entry entry(size_t n)
{
	return (struct entry){ score, n * sizeof(counts[0]) };
}

static void count(struct qemu_plugin_insn *insn, size_t n)
{
	qemu_plugin_register_vcpu_insn_exec_inline_per_vcpu(insn, ADD, entry(n), 1);
}

static void gather(void)
{
	for (size_t n = 0; n <= WORDS; n++)
		counts[n] = qemu_plugin_u64_sum(entry(n));
}
#endif

static const char *out;
static uint64_t size;		/* of EL2's text, in bytes; 0: there is no EL2 */
static uintptr_t text;		/* where it is in QEMU's memory */
static int guest_seen;

static void see_guest(void)
{
	gather();
	memcpy(before, counts, sizeof(before));
	guest_seen = 1;
}

static void translated(plugin_id id, struct qemu_plugin_tb *tb)
{
	(void)id;
	for (size_t n = 0; n < qemu_plugin_tb_n_insns(tb); n++) {
		struct qemu_plugin_insn *insn = qemu_plugin_tb_get_insn(tb, n);
		uintptr_t at = (uintptr_t)qemu_plugin_insn_haddr(insn);

		if (!text)
			text = at;
		if (at - text < size) {
			count(insn, (at - text) / 4);
			continue;
		}
		if (!guest_seen)	/* it is translated, but not yet executed */
			see_guest();
		count(insn, WORDS);
	}
}

static void ended(plugin_id id, void *unused)
{
	FILE *file = fopen(out, "w");

	(void)id;
	(void)unused;
	if (!file)
		return;
	gather();
	fprintf(file, "guests %" PRIu64 "\n", counts[WORDS]);
	for (size_t n = 0; n < WORDS; n++)
		if (counts[n])
			fprintf(file, "%zu %" PRIu64 " %" PRIu64 "\n", 4 * n, counts[n],
				before[n]);
	fclose(file);
}

EXPORT int qemu_plugin_version = API;

EXPORT int qemu_plugin_install(plugin_id id, const void *info, int argc, char **argv);

EXPORT int qemu_plugin_install(plugin_id id, const void *info, int argc, char **argv)
{
	(void)info;
	for (int n = 0; n < argc; n++) {
		if (!strncmp(argv[n], "out=", 4))
			out = argv[n] + 4;
		else if (!strncmp(argv[n], "size=", 5))
			size = strtoull(argv[n] + 5, NULL, 0);
		else
			return 1;
	}
	if (!out || size > 4 * WORDS)
		return 1;
	prepare();
	qemu_plugin_register_vcpu_tb_trans_cb(id, translated);
	qemu_plugin_register_atexit_cb(id, ended, NULL);
	return 0;
}
