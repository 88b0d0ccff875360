# SPDX-License-Identifier: MIT
"""Mistakes of lab 3: VTCR_EL2, stage-2 descriptors, VMs, TLB maintenance, activation."""

from __future__ import annotations

from . import mutant

STAGE2 = "lab03-stage2/stage2.c"
VM = "lab03-stage2/vm.c"

MAP_SLOT = "s2_map(&vm->s2, slot, slot, SLOT_SIZE, PROT_W | PROT_X);"
MAP_MAILBOX = "s2_map(&vm->s2, mailbox, mailbox, MAILBOX_SIZE, PROT_W);"
MAILBOX = "mailbox = MAILBOX_ADDR(vm->id);"
IPAS2 = '\t__asm__ volatile("tlbi ipas2e1is, %0" :: "r"(ipa >> PAGE_SHIFT) : "memory");\n'
VMALLE1 = '\t__asm__ volatile("tlbi vmalle1is" ::: "memory");\n'
VMALLS12 = '\t__asm__ volatile("tlbi vmalls12e1is" ::: "memory");\n'
BETWEEN = (
    "\t/*\n\t * A TLB may also combine both stages in one entry from VA to PA, which\n"
    "\t * has no IPA to match: invalidate all stage-1 entries of the VMID, after\n"
    "\t * those of stage 2.\n\t */\n\tdsb(ish);\n"
)
ACTIVATE = "\twrite_sysreg(vttbr_el2, s2_vttbr(s2));\n\twrite_sysreg(hcr_el2"
VTTBR = "FIELD_PREP(VTTBR_EL2_VMID, s2->vmid) | (uint64_t)s2->root"

# Mistakes that earlier graders gave full marks.
ONCE_UNSEEN = [
    mutant(
        "VTCR_EL2 changed instead of written",
        "lab03.1.written",
        STAGE2,
        "\t\t     VTCR_EL2_RES1 |\n",
        "\t\t     read_sysreg(vtcr_el2) | VTCR_EL2_RES1 |\n",
    ),
]

MUTANTS = [
    # Task 1
    mutant("VTCR_EL2 without RES1", "lab03.1.start", STAGE2, "VTCR_EL2_RES1 |\n\t\t     ", ""),
    mutant("SL0 for level 2", "lab03.1.start", STAGE2, "FIELD_PREP(VTCR_EL2_SL0, 1)",
           "FIELD_PREP(VTCR_EL2_SL0, 0)"),
    mutant("SL0 for level 0", "lab03.1.start", STAGE2, "FIELD_PREP(VTCR_EL2_SL0, 1)",
           "FIELD_PREP(VTCR_EL2_SL0, 2)"),
    mutant("T0SZ is the number of bits", "lab03.1.start", STAGE2, "64 - s2_ipa_bits()", "s2_ipa_bits()"),
    mutant("T0SZ one too small", "lab03.1.start", STAGE2, "64 - s2_ipa_bits()", "63 - s2_ipa_bits()"),
    mutant("T0SZ one too large", "lab03.1.start", STAGE2, "64 - s2_ipa_bits()", "65 - s2_ipa_bits()"),
    mutant("T0SZ of the PA, SL0 of 40 bits", "lab03.1.start", STAGE2, "64 - s2_ipa_bits()",
           "64 - cpu_pa_bits()"),
    mutant("PS left at 32 bits", "lab03.1.walks", STAGE2,
           "FIELD_PREP(TCR_EL2_PS, cpu_pa_range()) |\n\t\t     ", ""),
    mutant("PS fixed at 48 bits", "lab03.1.cortex_a53", STAGE2, "cpu_pa_range()", "5"),
    mutant("16 KiB granule", "lab03.1.walks", STAGE2, "TCR_TG0_4K", "(U64(2) << 14)"),
    mutant("walks not shareable", "lab03.1.walks", STAGE2, "TCR_TG0_4K | TCR_SH0_INNER", "TCR_TG0_4K"),
    mutant("walks not cacheable", "lab03.1.walks", STAGE2, " |\n\t\t     TCR_ORGN0_WBWA | TCR_IRGN0_WBWA",
           ""),
    # Task 2
    mutant("AF forgotten", "lab03.2.access_flag", STAGE2, "PTE_AF | S2_S2AP_R", "S2_S2AP_R"),
    mutant("AttrIndx instead of MemAttr", "lab03.2.memory_type", STAGE2,
           "S2_MEMATTR_NORMAL_WB", "FIELD_PREP(S1_ATTRINDX, MAIR_INDEX_NORMAL)"),
    mutant("MemAttr not shifted", "lab03.2.memory_type", STAGE2, "S2_MEMATTR_NORMAL_WB", "0xf"),
    mutant("devices as memory", "lab03.2.memory_type", STAGE2, "S2_MEMATTR_DEVICE_nGnRE",
           "S2_MEMATTR_NORMAL_WB"),
    mutant("devices nGnRnE", "lab03.2.memory_type", STAGE2, "S2_MEMATTR_DEVICE_nGnRE", "0"),
    mutant("memory not shareable", "lab03.2.memory_type", STAGE2, " | PTE_SH_INNER", ""),
    mutant("memory outer shareable", "lab03.2.memory_type", STAGE2, "PTE_SH_INNER", "PTE_SH_OUTER"),
    mutant("reads not allowed", "lab03.2.access", STAGE2, "PTE_AF | S2_S2AP_R", "PTE_AF"),
    mutant("stage 1's AP in stage 2", "lab03.2.access", STAGE2,
           "\tif (prot & PROT_W)\n\t\tattributes |= S2_S2AP_W;",
           "\tif (!(prot & PROT_W))\n\t\tattributes |= S1_AP_RO;"),
    mutant("everything writable", "lab03.2.access", STAGE2, "\tif (prot & PROT_W)\n", ""),
    mutant("no kind is writable", "lab03.2.access", STAGE2, "\t\tattributes |= S2_S2AP_W;", "\t\t;"),
    mutant("XN 0b01", "lab03.2.execute", STAGE2, "S2_XN", "S1_PXN"),
    mutant("XN 0b11", "lab03.2.execute", STAGE2, "|= S2_XN", "|= S2_XN | S1_PXN"),
    mutant("XN inverted", "lab03.2.execute", STAGE2, "!(prot & PROT_X)", "(prot & PROT_X)"),
    mutant("XN forgotten", "lab03.2.execute", STAGE2, "\t\tattributes |= S2_XN;", "\t\t;"),
    mutant("devices executable", "lab03.2.execute", STAGE2, "!(prot & PROT_X) || (prot & PROT_DEVICE)",
           "!(prot & PROT_X)"),
    # Task 3
    mutant("one VMID for all VMs", "lab03.3.vmids", VM, "id + 1", "1"),
    mutant("VMIDs from 0", "lab03.3.vmids", VM, "id + 1", "id"),
    mutant("id never taken", "lab03.3.vmids", VM, "vm->in_use = true;", ""),
    mutant("guard counted into the slot", "lab03.3.map", VM, MAP_SLOT,
           MAP_SLOT.replace("SLOT_SIZE", "SLOT_SIZE + GUARD_SIZE")),
    mutant("first page of the guard mapped", "lab03.3.map", VM, MAP_SLOT,
           MAP_SLOT.replace("SLOT_SIZE", "SLOT_SIZE + PAGE_SIZE")),
    mutant("slot rounded up to whole blocks", "lab03.3", VM, MAP_SLOT,
           MAP_SLOT.replace("SLOT_SIZE", "(SLOT_SIZE + BLOCK_2M - 1) / BLOCK_2M * BLOCK_2M")),
    mutant("last page of the slot forgotten", "lab03.3.map", VM, MAP_SLOT,
           MAP_SLOT.replace("SLOT_SIZE", "SLOT_SIZE - PAGE_SIZE")),
    mutant("slot of the next VM", "lab03.3.map", VM, MAP_SLOT,
           "s2_map(&vm->s2, SLOT_ADDR(vm->id + 1), SLOT_ADDR(vm->id + 1), SLOT_SIZE, PROT_W | PROT_X);"),
    mutant("every VM mapped to slot 0", "lab03.3.map", VM, MAP_SLOT, MAP_SLOT.replace("slot, slot", "slot, SLOT_ADDR(0)")),
    mutant("slots without room for the guard", "lab03.3.map", VM, "slot = SLOT_ADDR(vm->id)",
           "slot = GUEST_WINDOW_BASE + vm->id * SLOT_SIZE"),
    mutant("mailbox of the other VM", "lab03.3.map", VM, MAILBOX, "mailbox = MAILBOX_ADDR(vm->id ^ 1);"),
    mutant("mailboxes without a guard", "lab03.3.map", VM, MAILBOX,
           "mailbox = MAILBOX_BASE + vm->id * MAILBOX_SIZE;"),
    mutant("all mailboxes in every VM", "lab03.3.map", VM, MAP_MAILBOX,
           "s2_map(&vm->s2, MAILBOX_BASE, MAILBOX_BASE, VM_MAX * 2 * MAILBOX_SIZE, PROT_W);"),
    mutant("mailbox forgotten", "lab03.3.map", VM, f"\tif (!error)\n\t\terror = {MAP_MAILBOX}\n", ""),
    mutant("mailbox of two pages", "lab03.3.map", VM, MAP_MAILBOX,
           MAP_MAILBOX.replace("MAILBOX_SIZE", "2 * MAILBOX_SIZE")),
    mutant("UART mapped to the VM", "lab03.3.map", VM, MAP_MAILBOX,
           f"{MAP_MAILBOX}\n\tif (!error)\n\t\terror = s2_map(&vm->s2, VUART_IPA, VUART_IPA, VUART_SIZE,"
           " PROT_W | PROT_DEVICE);"),
    mutant("mailbox executable", "lab03.3.permissions", VM, MAP_MAILBOX,
           MAP_MAILBOX.replace("PROT_W", "PROT_W | PROT_X")),
    mutant("slot not executable", "lab03.3.permissions", VM, MAP_SLOT, MAP_SLOT.replace(" | PROT_X", "")),
    mutant("slot not writable", "lab03.3.permissions", VM, MAP_SLOT, MAP_SLOT.replace("PROT_W | ", "")),
    mutant("slot as a device", "lab03.3.permissions", VM, MAP_SLOT, MAP_SLOT.replace("PROT_X", "PROT_DEVICE")),
    mutant("slot not handed over", "lab03.3.view", VM, "error = hand_over(slot, SLOT_SIZE);", "error = 0;"),
    mutant("mailbox not handed over", "lab03.3.view", VM,
           "\tif (!error)\n\t\terror = hand_over(mailbox, MAILBOX_SIZE);\n", ""),
    mutant("slot page by page", "lab03.4.blocks", VM, MAP_SLOT,
           "0;\n\tfor (uint64_t at = 0; !error && at < SLOT_SIZE; at += PAGE_SIZE)\n"
           "\t\terror = s2_map(&vm->s2, slot + at, slot + at, PAGE_SIZE, PROT_W | PROT_X);"),
    mutant("VM without memory not undone", "lab03.5.few_pages", VM, "\t\t\tvm_destroy(vm);\n\t\t\treturn NULL;",
           "\t\t\treturn NULL;"),
    mutant("VM without memory keeps its tables", "lab03.5.few_pages", VM, "\t\t\tvm_destroy(vm);\n\t\t\treturn NULL;",
           "\t\t\tvm->in_use = false;\n\t\t\treturn NULL;"),
    mutant("error of map_memory() ignored", "lab03.5.few_pages", VM, "\t\tif (map_memory(vm)) {",
           "\t\tif (map_memory(vm) > 0) {"),
    mutant("error of s2_create() ignored", "lab03.5.few_pages", VM, "\t\tif (s2_create(&vm->s2, id + 1))\n\t\t\treturn NULL;\n",
           "\t\ts2_create(&vm->s2, id + 1);\n"),
    mutant("id taken before the table is there", "lab03.5.few_pages", VM,
           "\t\tif (s2_create(&vm->s2, id + 1))\n\t\t\treturn NULL;\n\t\tvm->in_use = true;\n",
           "\t\tvm->in_use = true;\n\t\tif (s2_create(&vm->s2, id + 1))\n\t\t\treturn NULL;\n"),
    mutant("one VM too many", "lab03.5.vms", VM, "id < VM_MAX; id++", "id <= VM_MAX; id++"),
    mutant("one VM too few", "lab03.5.vms", VM, "id < VM_MAX; id++", "id < VM_MAX - 1; id++"),
    mutant("VM without its name", "lab03.3.vmids", VM, ".id = id, .name = name", ".id = id"),
    mutant("destroyed VM's slot left in EL2", "lab03.5.reused", VM,
           "\ttake_back(SLOT_ADDR(vm->id), SLOT_SIZE);\n", ""),
    mutant("destroyed VM's mailbox left in EL2", "lab03.5.reused", VM,
           "\ttake_back(MAILBOX_ADDR(vm->id), MAILBOX_SIZE);\n", ""),
    mutant("destroyed VM's tables left", "lab03.5.no_page_lost", VM, "\tpt_destroy(&vm->s2);\n", ""),
    mutant("destroyed VM's id left", "lab03.5.reused", VM, "\tvm->in_use = false;\n", ""),
    mutant("destroyed VM's tables given back before its VMID is forgotten", "lab03.5.forgotten_vm", VM,
           "\ts2_forget_vmid(&vm->s2);\n\tpt_destroy(&vm->s2);\n",
           "\tstruct pgtable s2 = vm->s2;\n\n\tpt_destroy(&vm->s2);\n\ts2_forget_vmid(&s2);\n"),
    mutant("destroyed VM's VMID not forgotten", "lab03.5", VM, "\ts2_forget_vmid(&vm->s2);\n", ""),
    # Task 4
    mutant("VMID not in VTTBR_EL2", "lab03.5.red_vttbr", STAGE2, VTTBR, "(uint64_t)s2->root"),
    mutant("VMID not shifted", "lab03.5.red_vttbr", STAGE2, "FIELD_PREP(VTTBR_EL2_VMID, s2->vmid)",
           "s2->vmid"),
    mutant("VMID in bits 63 to 56", "lab03.5.red_vttbr", STAGE2,
           "FIELD_PREP(VTTBR_EL2_VMID, s2->vmid)", "((uint64_t)s2->vmid << 56)"),
    mutant("root table one page off", "lab03.5.red_vttbr", STAGE2, VTTBR, f"{VTTBR} | PAGE_SIZE"),
    mutant("offset inside the page lost", "lab03.4.offset", STAGE2, " + ipa % pt_entry_size(level)", ""),
    mutant("offset inside a page used for a block", "lab03.4.ranges", STAGE2,
           "(leaf & PTE_ADDR) + ipa % pt_entry_size(level)", "(leaf & PTE_ADDR) | (ipa & (BLOCK_2M - 1))"),
    mutant("IPA used as the PA", "lab03.4", STAGE2, "(leaf & PTE_ADDR) + ipa % pt_entry_size(level)", "ipa"),
    mutant("VMID of 7 bits", "lab03.5", STAGE2, "FIELD_PREP(VTTBR_EL2_VMID, s2->vmid)", "FIELD_PREP(VTTBR_EL2_VMID, s2->vmid & 127)"),
    mutant("HCR_EL2 overwritten", "lab03.5", STAGE2, "read_sysreg(hcr_el2) | HCR_EL2_VM", "HCR_EL2_VM"),
    mutant("offset inside a block lost", "lab03.4.offset", STAGE2, "ipa % pt_entry_size(level)",
           "ipa % PAGE_SIZE"),
    mutant("attributes left in the PA", "lab03.4.offset", STAGE2, "(leaf & PTE_ADDR)", "leaf"),
    mutant("walk always finds", "lab03.4.unmap", STAGE2, "\tif (!leaf)\n\t\treturn E_NOT_FOUND;\n", ""),
    mutant("no TLBI at all", "lab03.5.forgotten", STAGE2, f"{IPAS2}{BETWEEN}{VMALLE1}", "\t(void)ipa;\n"),
    mutant("no TLBI VMALLE1", "lab03.5.forgotten", STAGE2, VMALLE1, ""),
    mutant("no TLBI IPAS2E1", "lab03.4", STAGE2, IPAS2, "\t(void)ipa;\n"),
    mutant("TLBI IPAS2E1 with the address itself", "lab03.4.barriers", STAGE2, IPAS2,
           IPAS2.replace(" >> PAGE_SHIFT", "")),
    mutant("TLBI VAE1IS for all of stage 1", "lab03.4.barriers", STAGE2, VMALLE1,
           VMALLE1.replace("vmalle1is", "vae1is, xzr")),
    mutant("TLBI VMALLE1 first", "lab03.4.barriers", STAGE2, f"{IPAS2}{BETWEEN}{VMALLE1}",
           f"{VMALLE1}\tdsb(ish);\n{IPAS2}"),
    mutant("TLBI of EL2's regime", "lab03.5.forgotten", STAGE2, f"{IPAS2}{BETWEEN}{VMALLE1}",
           IPAS2.replace("ipas2e1is", "vae2is")),
    mutant("no DSB before TLBI IPAS2E1", "lab03.4", STAGE2, f"\tdsb(ishst);\n{IPAS2}", IPAS2),
    mutant("no DSB between the two TLBI", "lab03.4", STAGE2, BETWEEN, ""),
    mutant("no DSB after TLBI VMALLE1", "lab03.4", STAGE2, f"{VMALLE1}\tdsb(ish);", VMALLE1),
    # Task 5
    mutant("VTTBR_EL2 not written", "lab03.5.red_vttbr", STAGE2, ACTIVATE, "\t(void)s2;\n\twrite_sysreg(hcr_el2"),
    mutant("HCR_EL2.VM not set", "lab03.5.red_vttbr", STAGE2, "HCR_EL2_VM | HCR_EL2_RW", "HCR_EL2_RW"),
    mutant("HCR_EL2 overwritten", "lab03.5.red_vttbr", STAGE2,
           "read_sysreg(hcr_el2) | HCR_EL2_VM | HCR_EL2_RW", "HCR_EL2_VM"),
    mutant("no ISB after HCR_EL2", "lab03.5", STAGE2, "\tisb();\t\t/* an AT instruction may come next */\n",
           ""),
    mutant("VMID not forgotten", "lab03.5", STAGE2, VMALLS12, ""),
    mutant("only stage 1 of a VMID forgotten", "lab03.5", STAGE2, VMALLS12,
           VMALLS12.replace("vmalls12e1is", "vmalle1is")),
    mutant("no DSB before TLBI VMALLS12E1", "lab03.5", STAGE2, f"\tdsb(ishst);\n{VMALLS12}", VMALLS12),
    mutant("no DSB after TLBI VMALLS12E1", "lab03.5", STAGE2, f"{VMALLS12}\tdsb(ish);\n", VMALLS12),
    *ONCE_UNSEEN,
]
