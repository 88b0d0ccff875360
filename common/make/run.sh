#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# run.sh IMAGE [QEMU OPTION...]: boot an image on the one machine of the kit
# (qemu.args); options given here come last, so they win.
#
# QEMU warns "icount sleep disabled and no active timers" when every core is
# asleep for good, which is a normal state of a parked machine. That one line is
# taken out of stderr; everything else that QEMU has to say gets through.
set -u
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
image=$1
shift
sh "$here/doctor.sh" run || exit 1
mapfile -t machine < <(tr ' ' '\n' < "$here/qemu.args") 2>/dev/null
exec "${QEMU:-qemu-system-aarch64}" "${machine[@]}" -kernel "$image" "$@" \
	2> >(grep -v --line-buffered 'icount sleep disabled and no active timers' >&2)
