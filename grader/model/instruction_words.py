# SPDX-License-Identifier: MIT
"""Encodings of A64 instructions without operands (Arm ARM, "A64 Base Instructions")."""

ISB = 0xD503_3FDF
SB = 0xD503_30FF
WFI = 0xD503_207F
NOP = 0xD503_201F
ERET = 0xD69F_03E0
MSR_DAIFCLR_ALL = 0xD503_4FFF
MSR_SPSEL_0 = 0xD500_40BF
