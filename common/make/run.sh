#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# run.sh IMAGE [QEMU OPTION...]: boot an image on the one machine of the kit
# (qemu.args); options given here come last, so they win.
#
# A run that stands still is ended: one that prints nothing for PATIENCE seconds (10;
# 0: never) of QEMU's processor time, which a busy host does not shorten. Ctrl-C and
# SIGTERM end every run. QEMU may be past hearing them: its main loop hangs if virtual
# time comes to its end, as after CNTV_CVAL_EL0 = ~0 with the timer on and a WFI.
set -u
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
image=$1
shift
patience=${PATIENCE:-10}
case $patience in
*[!0-9]*)	echo "run: PATIENCE=$patience: give a number of seconds, or 0" >&2; exit 2 ;;
esac
sh "$here/doctor.sh" run || exit 1

# Without the right to write there it is a run that nothing watches.
log=$(mktemp "${TMPDIR:-/tmp}/schism-uart.XXXXXX" 2>/dev/null) || log=/dev/null
[ "$log" != /dev/null ] || patience=0
tty=$(stty -g 2>/dev/null) || tty=
watcher=

cleanup() {
	[ -z "$watcher" ] || kill "$watcher" 2>/dev/null
	[ "$log" = /dev/null ] || rm -f "$log"
	[ -z "$tty" ] || stty "$tty"	# a QEMU that was killed leaves it raw
}

# finish STATUS [WORDS]: QEMU gets a second to end by itself.
finish() {
	trap '' INT TERM HUP USR1
	kill -TERM "$qemu" 2>/dev/null
	for _ in 1 2 3 4 5 6 7 8 9 10; do
		kill -0 "$qemu" 2>/dev/null || break
		sleep 0.1
	done
	kill -KILL "$qemu" 2>/dev/null && wait "$qemu" 2>/dev/null
	[ $# -lt 2 ] || echo "run: $2" >&2
	exit "$1"
}

# The processor time of QEMU, in whole seconds. /proc counts in hundredths.
used() {
	local stat
	if read -r stat 2>/dev/null < "/proc/$qemu/stat"; then
		# shellcheck disable=SC2086 # words on purpose
		set -- ${stat##*) }
		echo $(((${12} + ${13}) / 100))
	else
		ps -o time= -p "$qemu" |
			awk -F: '{ for (i = 1; i <= NF; i++) s = 60 * s + $i; print int(s) }'
	fi
}

# Ask this script to stop when QEMU has been silent for too long. What it has printed is
# thrown away, as a run may go on for days.
watch_silence() {
	local now since=0
	trap 'kill "$nap"; exit' TERM
	while sleep 1 & nap=$!; wait "$nap"; do
		if ! kill -0 "$qemu"; then	# this script was killed
			rm -f "$log"
			return
		fi
		now=$(used)
		if [ -s "$log" ]; then
			: > "$log"
			since=$now
		elif [ "$((now - since))" -ge "$patience" ]; then
			kill -USR1 $$
			return
		fi
	done
}

# The words of qemu.args, with a copy of all that the UART prints in $log.
machine=()
# shellcheck disable=SC2013 # words, not lines
for word in $(cat "$here/qemu.args"); do
	case $word in
	-serial)	word=-chardev ;;
	stdio)		word="stdio,id=uart,logfile=${log//,/,,},logappend=on" ;;
	esac
	machine+=("$word")
done

# Where util-linux is at hand, QEMU ends with this script even if that is killed.
leash=''
! command -v setpriv >/dev/null || leash='setpriv --pdeathsig KILL --'

trap cleanup EXIT
# shellcheck disable=SC2086 # the leash is words
$leash "${QEMU:-qemu-system-aarch64}" "${machine[@]}" -serial chardev:uart -kernel "$image" "$@" <&0 &
qemu=$!
trap 'finish 130' INT
trap 'finish 143' TERM HUP
trap 'finish 1 "QEMU printed nothing for $patience seconds of processor time and was stopped (PATIENCE=0: wait without end)"' USR1
if [ "$patience" -gt 0 ]; then
	watch_silence <&- >/dev/null 2>&1 &
	watcher=$!
fi
wait "$qemu"
