/* SPDX-License-Identifier: MIT */
/*
 * Why a file was refused: a code and a sentence for each reason. The codes are
 * negative and differ from those of error.h, so a function may return either.
 */
#ifndef REFUSAL_H
#define REFUSAL_H

#define REFUSALS(X)								\
	X(CPIO_TRUNCATED, "the bundle ends inside of a member or has no trailer")	\
	X(CPIO_MAGIC, "a member of the bundle does not begin with 070701 (newc)")	\
	X(CPIO_NUMBER, "a header of the bundle has a number that is not hexadecimal")	\
	X(CPIO_NAME, "a name in the bundle is empty or does not end in its field")	\
	X(FDT_TRUNCATED, "the device tree is shorter than its header says")		\
	X(FDT_MAGIC, "the device tree does not begin with d00dfeed")			\
	X(FDT_VERSION, "the device tree is not compatible with version 17")		\
	X(FDT_SIZE, "the device tree is larger than 2 MiB")				\
	X(FDT_BLOCK, "a block of the device tree is misaligned or outside of it")	\
	X(FDT_RESERVATION, "the device tree reserves memory that wraps around")		\
	X(FDT_STRINGS, "a property's name is not in the device tree's strings block")	\
	X(FDT_TOKEN, "the device tree has an unknown or incomplete token")		\
	X(FDT_NESTING, "the device tree's nodes are not nested in one root node")	\
	X(FDT_DEPTH, "the device tree is more than 16 levels deep")			\
	X(FDT_NAME, "a node of the device tree has no name or one with a slash")	\
	X(FDT_ORDER, "the device tree has a property after a subnode")			\
	X(FDT_VALUE, "a property of the device tree has a value of a wrong length")	\
	X(FDT_REG, "a reg property of the device tree wraps around")			\
	X(ELF_TRUNCATED, "the ELF file ends before a part that its headers name")	\
	X(ELF_MAGIC, "the file is not ELF")						\
	X(ELF_KIND, "the ELF file is not a little-endian 64-bit program for AArch64")	\
	X(ELF_DYNAMIC, "the ELF file needs a dynamic linker or relocation")		\
	X(ELF_HEADERS, "the ELF file has program headers of a wrong size or over 64")	\
	X(ELF_SEGMENT, "a segment of the ELF file is larger in the file than in memory") \
	X(ELF_OUTSIDE, "a segment of the ELF file is outside of the VM's memory")	\
	X(ELF_OVERLAP, "two segments of the ELF file overlap")				\
	X(ELF_ENTRY, "the ELF file's entry is unaligned or not in executable code")	\
	X(IMAGE_TRUNCATED, "the kernel is shorter than an Image's header")		\
	X(IMAGE_COMPRESSED, "the kernel is compressed: decompress it on the host")	\
	X(IMAGE_MAGIC, "the kernel is not an arm64 Image")				\
	X(IMAGE_SIZE, "the Image does not say how much memory it needs (Linux < 3.17)")	\
	X(IMAGE_ENDIAN, "the Image is big-endian")					\
	X(IMAGE_OUTSIDE, "the Image does not fit into the VM's memory")			\
	X(TREE_DEVICE, "EL2 has no such device")					\
	X(TREE_CPU, "vCPUs are not numbered 0, 1, ... in their order, or there is none")	\
	X(TREE_MEMORY, "the device tree describes no memory")				\
	X(TREE_KERNEL, "the bundle has no member that schism,kernel names")		\
	X(TREE_INITRD, "the bundle has no member that schism,initrd names")

#define REFUSAL_CODE(name, sentence)	REFUSED_##name,

enum refusal {
	REFUSED_BASE = -128,
	REFUSALS(REFUSAL_CODE)
	REFUSED_END
};

_Static_assert(REFUSED_END < -32, "the codes of error.h begin at -1 and go down");

/* One sentence, without a full stop. error_name(code) if `code` is not a refusal. */
const char *refusal_sentence(int code);

#endif
