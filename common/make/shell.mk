# SPDX-License-Identifier: MIT
# `make linux SHELL=1` asks for a shell. But SHELL is also make's own name for the program that
# runs its commands, so give that back. This file comes before the first $(shell).
interactive :=
ifneq ($(filter 1,$(SHELL)),)
interactive := 1
INTERACTIVE := 1
ICOUNT      := 0
endif
override SHELL := /bin/sh
