# SPDX-License-Identifier: MIT
# The labs, and the guests that each stage embeds: the n-th goes into slot n.

LAB_DIRS := lab01-boot lab02-mmu lab03-stage2 lab04-traps lab05-vcpu lab06-guests

GUESTS_1 :=
GUESTS_2 :=
GUESTS_3 :=
GUESTS_4 := registers hypercalls uart smc undefined sysregs peek_el2 peek_guard \
	peek_other survivor
GUESTS_5 := hog hog sums signer sgis sgis hog sleeper sleeper pattern pattern \
	signer signer ticks ticks
GUESTS_6 := counter_os memwalk_os
