# SPDX-License-Identifier: MIT
# Which tools to use: CROSS if given, else the first cross compiler found; with LLVM=1
# clang and lld.

override CROSS := $(or $(CROSS),$(shell for p in aarch64-none-elf- aarch64-elf- aarch64-linux-gnu-; do \
	if command -v $${p}gcc >/dev/null; then echo $$p; break; fi; done))

ifeq ($(LLVM),1)
CC      := clang --target=aarch64-none-elf
LD      := ld.lld
OBJCOPY := $(firstword $(shell command -v llvm-objcopy 2>/dev/null) \
	$(shell ls /usr/lib/llvm-*/bin/llvm-objcopy 2>/dev/null) $(CROSS)objcopy)
else
CC      := $(CROSS)gcc
LD      := $(CROSS)ld
OBJCOPY := $(CROSS)objcopy
endif

QEMU ?= qemu-system-aarch64
GDB  ?= $(firstword $(foreach g,gdb-multiarch aarch64-none-elf-gdb aarch64-elf-gdb \
	aarch64-linux-gnu-gdb gdb,$(if $(shell command -v $(g) 2>/dev/null),$(g))))

# The first python3 in PATH may lack pytest while the distribution's has it. Only commands
# that use Python search for it, because starting it takes time.
imports = $(firstword $(foreach p,python3 /usr/bin/python3,$(if $(shell $(p) -c \
	'import sys; from importlib.util import find_spec as f; sys.exit(not all(map(f, sys.argv[1:])))' \
	$(1) 2>/dev/null && echo yes),$(p))))
find_python = $(or $(call imports,pytest rich jinja2),$(call imports,pytest rich),python3)
python = $(or $(PYTHON),$(find_python))

# `$(module) name` runs a Python module. Bytecode goes to the build directory.
module = PYTHONDONTWRITEBYTECODE= PYTHONPYCACHEPREFIX=$(if $(filter /%,$(BUILD)),,"$$PWD"/)$(BUILD)/pycache $(python) -m
