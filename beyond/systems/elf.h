/* SPDX-License-Identifier: MIT */
/*
 * ELF64 programs, read in place (System V ABI, "Object Files" and "Program Loading";
 * ELF for the Arm 64-bit Architecture).
 */
#ifndef ELF_H
#define ELF_H

#include "blob.h"

struct elf {
	struct blob headers;	/* the program headers */
	struct blob file;
	uint64_t entry;		/* IPA of the first instruction */
};

struct elf_segment {
	uint64_t ipa;		/* p_paddr */
	uint64_t size;		/* bytes in memory; those after `data` are zero */
	struct blob data;	/* the bytes in the file; at most `size` */
};

/*
 * Check that the file is a program that needs no relocation, that its segments are
 * disjoint and inside of the VM's memory [ipa, ipa + size), and that its entry is in
 * the file's part of an executable one. 0 or a refusal, REFUSED_ELF_*.
 */
int elf_open(struct elf *elf, struct blob file, uint64_t ipa, uint64_t size);

/*
 * Step to the next segment that takes memory; `*index` is 0 for the first call. False
 * if there is none. `elf` was accepted by elf_open().
 */
bool elf_next(const struct elf *elf, unsigned int *index, struct elf_segment *segment);

#endif
