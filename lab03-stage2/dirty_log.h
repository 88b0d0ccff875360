/* SPDX-License-Identifier: MIT */
/*
 * The open task: which pages of a VM were written, as live migration and snapshots
 * need to know. The VM's mappings must not change otherwise while its log is on, and
 * vm_destroy() must not be called.
 */
#ifndef DIRTY_LOG_H
#define DIRTY_LOG_H

#include "vm.h"

/*
 * Start the VM's log: no page is written yet. From the return on, the first write to
 * each writable page of the slot and the mailbox is a permission fault in stage 2.
 * 0; E_EXISTS if it is on; or E_NO_MEMORY with nothing changed: no block is split.
 */
int dirty_log_start(struct vm *vm);

/*
 * The VM's write to `ipa`, any byte of a page, was a permission fault in stage 2. If
 * the log caused it, note the page as written, make it writable, and return true: the
 * VM can repeat the instruction, which does not fault again. False if the log is off,
 * or the page is writable, not mapped, or read-only without the log.
 */
bool dirty_log_fault(struct vm *vm, uint64_t ipa);

/*
 * Store the IPAs of written pages, ascending, to `ipas`: the first `max` of them if
 * there are more. Any `max` is valid if the array has room for all pages. Return their
 * number. These pages are not written any more: from the return on, the next write to
 * each faults again. 0 if the log is off.
 */
size_t dirty_log_collect(struct vm *vm, uint64_t *ipas, size_t max);

/*
 * Stop the log: forget what it noted, and make each page writable that was before the
 * start. 0, or E_NOT_FOUND if it is off.
 */
int dirty_log_stop(struct vm *vm);

#endif
