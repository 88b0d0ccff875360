# SPDX-License-Identifier: MIT
# The labs of the kit, and the guests that each stage embeds: the n-th goes into slot n.

# A kit for students may have fewer labs, and solutions of some.
LAB_DIRS := $(filter $(wildcard lab*),lab01-boot lab02-mmu lab03-stage2 lab04-traps lab05-vcpu lab06-guests)
LAB_NUMBERS    := $(wordlist 1,$(words $(LAB_DIRS)),1 2 3 4 5 6)
SOLVED_NUMBERS := $(wordlist 1,$(words $(wildcard $(LAB_DIRS:%=solutions/%))),$(LAB_NUMBERS))

comma := ,
# A word for sh, whatever is in it.
quoted = '$(subst ','\'',$(1))'

GUESTS_1 :=
GUESTS_2 :=
GUESTS_3 :=
GUESTS_4 := registers hypercalls uart smc undefined sysregs peek_el2 peek_guard \
	peek_other survivor
GUESTS_5 := hog hog sums signer sgis sgis hog sleeper sleeper pattern pattern \
	signer signer ticks ticks
GUESTS_6 := counter_os memwalk_os
