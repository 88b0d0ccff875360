# SPDX-License-Identifier: MIT
# VMs under the hypervisor of beyond/: make linux, make beyond.

# Of a VM: NAME:vcpus=4,memory=56M,work=shell,... (grader/vms/description.py).
VMS          ?=
LINUX_VMS    := $(if $(interactive),linux:work=shell,$(or $(VMS),linux linux))
lab_guest_os := $(filter counter_os% memwalk_os%,$(VMS))
LAB_GUESTS   := $(BUILD)/lab06-solved6/guest

# $(1): the command, $(2): the VMs, $(3): what runs them
run_vms = COMMAND=$(1) $(module) grader.commands.$(or $(3),beyond) --image $(BEYOND_IMAGE) --folder $(BEYOND)/vms \
	--downloads $(BUILD)/linux --lab-guests $(LAB_GUESTS) --vms '$(2)' \
	--cores '$(or $(CORES),2)' --memory '$(MEMORY)' --suite '$(SUITE)' --mirror '$(MIRROR)' \
	$(if $(KERNEL),--kernel '$(KERNEL)') $(if $(INITRD),--initrd '$(INITRD)') $(if $(DTB),--dtb '$(DTB)') \
	$(if $(filter 1,$(INTERACTIVE)),--interactive) $(if $(filter 0,$(ICOUNT)),--no-icount) \
	$(if $(filter 1,$(BARE)),--bare) $(if $(QEMU_OPTIONS),--qemu-options='$(QEMU_OPTIONS)')

.PHONY: linux beyond beyond_lab_guests
linux: $(if $(filter 1,$(BARE)),,beyond_build) ## boot two Debian kernels at once (SHELL=1: a shell; SUITE=s, MIRROR=m; KERNEL=f INITRD=f)
	@sh common/make/doctor.sh beyond
	@$(call run_vms,linux,$(LINUX_VMS))

beyond: beyond_build $(if $(lab_guest_os),beyond_lab_guests) ## boot VMS="a b" of beyond/vms/, or KERNEL=f DTB=f (CORES=n, MEMORY=512M)
	@sh common/make/doctor.sh beyond
	@$(call run_vms,beyond,$(VMS))

beyond_lab_guests:
	@$(MAKE) LAB=6 SOLVED=6 $(LAB_GUESTS)/0-counter_os.elf $(LAB_GUESTS)/1-memwalk_os.elf
