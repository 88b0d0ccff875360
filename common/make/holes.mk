# SPDX-License-Identifier: MIT
# Written by make starters: the files with holes.
HOLES := \
	lab01-boot/boot.S \
	lab01-boot/exception.c \
	lab01-boot/uart.c \
	lab01-boot/vectors.S \
	lab02-mmu/el2_mmu.c \
	lab02-mmu/pgtable.c \
	lab03-stage2/stage2.c \
	lab03-stage2/vm.c \
	lab04-traps/abort.c \
	lab04-traps/guest_memory.c \
	lab04-traps/hypercall.c \
	lab04-traps/traps.c \
	lab04-traps/vcpu.c \
	lab04-traps/world_switch.S \
	lab05-vcpu/context.c \
	lab05-vcpu/fpsimd.h \
	lab05-vcpu/gic.c \
	lab05-vcpu/sched.c \
	lab05-vcpu/slice.c \
	lab05-vcpu/vgic.c \
	lab05-vcpu/vtimer.c \
	lab06-guests/guests/counter_os/main.c \
	lab06-guests/guests/memwalk_os/main.c \
	lab06-guests/guests/memwalk_os/mmu.c \
	lab06-guests/guests/runtime/console.c \
	lab06-guests/guests/runtime/log.c \
	lab06-guests/guests/runtime/start.S \
	lab06-guests/machine.c \
	lab06-guests/report.c
