# SPDX-License-Identifier: MIT
# The options of a build, and config.h, which gives them to the sources.

space := $() $()
hash  := \#

# An option: its default, the least that it may be, and the folders whose sources may use
# it, as CONFIG_<name>. Elsewhere that name is unknown to the compiler.
define option
OPTIONS += $(1)
$(1) ?= $(2)
DEFAULT_$(1) := $(2)
LEAST_$(1) := $(3)
FOLDERS_$(1) := $(4)
endef
memory_map := common lab03-% lab04-% lab05-% lab06-% grader/%
$(eval $(call option,SLOT_PAGES,1024,64,$(memory_map)))
$(eval $(call option,GUARD_PAGES,4,1,$(memory_map)))
$(eval $(call option,SLICE_US,100,10,lab05-vcpu lab05-vcpu/open lab05-vcpu/guests/sleeper lab06-guests lab06-guests/open))
$(eval $(call option,ROUNDS,8,0,lab06-guests lab06-guests/open lab06-guests/guests/%_os))
$(eval $(call option,TRACE,0,0,lab05-vcpu lab05-vcpu/open lab06-guests lab06-guests/open grader/qemu/driver))

# Values are checked when a stage is built, not when this file is read. Until then one that
# is not a number counts as the default, because it could break the names of files.
too_small    = $(shell $(foreach o,$(OPTIONS),[ "$($(o))" -ge $(LEAST_$(o)) ] 2>/dev/null || echo $(o);))
check_values = $(foreach o,$(too_small),$(error $(o)=$($(o)): give a number, $(LEAST_$(o)) or more))
no_digits    = $(subst 0,,$(subst 1,,$(subst 2,,$(subst 3,,$(subst 4,,$(subst 5,,$(subst 6,,$(subst 7,,$(subst \
	8,,$(subst 9,,$(1)))))))))))
is_default   = $(or $(call no_digits,$($(1))),$(filter $(DEFAULT_$(1)),$($(1))))

# $(1): a folder. $(2): a slot, if code of a guest is compiled for it. Options that are not
# at their defaults name the directory of the folder's objects, and so does the slot:
# build/obj/default/lab05-vcpu, build/obj/SLICE_US-30+TRACE-1/lab05-vcpu.
options_of    = $(foreach o,$(OPTIONS),$(if $(filter $(FOLDERS_$(o)),$(1:solutions/%=%)),$(o)))
changed       = $(foreach o,$(options_of),$(if $(call is_default,$(o)),,$(o)-$($(o))))
object_folder = $(OBJ)/$(or $(subst $(space),+,$(strip $(changed) $(2:%=slot-%))),default)/$(1)

# The config.h in that directory, as words for printf.
config_h = '/* Written by make. */' \
	$(foreach o,$(options_of),'$(hash)define CONFIG_$(o) $($(o))') $(2:%='$(hash)define GUEST_SLOT %')
