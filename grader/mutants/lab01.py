# SPDX-License-Identifier: MIT
"""Mistakes of lab 1: reset, the UART, vectors, the first exception."""

from __future__ import annotations

from . import mutant

BOOT = "lab01-boot/boot.S"
VECTORS = "lab01-boot/vectors.S"
EXCEPTION = "lab01-boot/exception.c"
UART = "lab01-boot/uart.c"

MUTANTS = [
    mutant("ELR not advanced behind a BRK", "lab01.6.once", EXCEPTION, "frame->elr += 4;", ""),
]
