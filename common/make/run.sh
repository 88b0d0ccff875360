#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# run.sh IMAGE [QEMU OPTION...]: boot an image on the kit's machine (qemu.args). Options
# given here come last, so they override those.
#
# On a terminal, a run that is silent for five seconds says what to do. A run that prints
# nothing for PATIENCE seconds (10; 0: no limit) of QEMU's processor time is stopped; a busy
# host does not shorten that time. Output to a file or a pipe has plain line ends, without
# the carriage returns that a terminal needs. Ctrl-C and SIGTERM stop every run, even if QEMU
# ignores them: its main loop hangs when virtual time reaches its end, for example after a
# WFI with the timer on and CNTV_CVAL_EL0 = ~0.
set -u
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
image=$1
shift
patience=${PATIENCE:-10}
case $patience in
*[!0-9]*)	echo "run: PATIENCE=$patience: give a number of seconds, or 0" >&2; exit 2 ;;
esac
sh "$here/doctor.sh" run || exit 1

# If no log can be written, nothing watches the run, and the line ends stay.
folder=$(mktemp -d "${TMPDIR:-/tmp}/schism-uart.XXXXXX" 2>/dev/null) || folder=
log=${folder:+$folder/log}
log=${log:-/dev/null}
[ "$folder" ] || patience=0
tty=$(stty -g 2>/dev/null) || tty=
watcher=
filter=

cleanup() {
	[ -z "$watcher" ] || kill "$watcher" 2>/dev/null
	[ -z "$filter" ] || wait "$filter"	# it ends with QEMU
	[ -z "$folder" ] || rm -rf "$folder"
	[ -z "$tty" ] || stty "$tty"	# QEMU leaves it raw if it is killed
}

# Give a process a second to end, then kill it.
await() {
	for _ in 1 2 3 4 5 6 7 8 9 10; do
		kill -0 "$1" 2>/dev/null || return
		sleep 0.1
	done
	kill -KILL "$1" 2>/dev/null && wait "$1" 2>/dev/null
}

# finish STATUS [MESSAGE]: end QEMU, even if it ignores the signal or its reader has stalled.
finish() {
	trap '' INT TERM HUP USR1
	kill -TERM "$qemu" 2>/dev/null
	await "$qemu"
	[ -z "$filter" ] || await "$filter"
	[ $# -lt 2 ] || echo "run: $2" >&2
	exit "$1"
}

# Print QEMU's processor time in whole seconds. /proc counts hundredths.
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

# Signal this script when QEMU has been silent for too long. The log is emptied each time,
# because a run may last for days.
watch_silence() {
	local now since=0 silent=0
	trap 'kill "$nap"; exit' TERM
	while sleep 1 & nap=$!; wait "$nap"; do
		if ! kill -0 "$qemu"; then	# this script was killed
			rm -rf "$folder"
			return
		fi
		now=$(used)
		if [ -s "$log" ]; then
			: > "$log"
			since=$now
			silent=0
			continue
		fi
		silent=$((silent + 1))
		[ "$silent" -ne 5 ] || hint
		if [ "$((now - since))" -ge "$patience" ]; then
			kill -USR1 $$
			return
		fi
	done
}

# Say once what to do with a silent run, on a terminal.
hint() {
	printf 'run: silent for 5 s. Ctrl-C ends it; then make trace TAIL=20 shows where it is.\r\n' >&3
	hint() { :; }
}

# The words of qemu.args, or of the file QEMU_ARGS, with a copy of the UART's output in $log.
machine=()
# shellcheck disable=SC2013 # words on purpose
for word in $(cat "${QEMU_ARGS:-$here/qemu.args}"); do
	case $word in
	-serial)	word=-chardev ;;
	stdio)		word="stdio,id=uart,logfile=${log//,/,,},logappend=on" ;;
	esac
	machine+=("$word")
done

# Where util-linux is installed, QEMU ends with this script even if the script is killed.
leash=''
! command -v setpriv >/dev/null || leash='setpriv --pdeathsig KILL --'

trap cleanup EXIT
exec 4>&1
if [ -t 2 ]; then exec 3>&2; else exec 3> /dev/null; fi
if [ ! -t 1 ] && [ "$folder" ] && mkfifo "$folder/out"; then
	sed -u "s/$(printf '\r')\$//" < "$folder/out" 3>&- 4>&- &
	filter=$!
	exec 4> "$folder/out"
fi
# shellcheck disable=SC2086 # the leash is words
$leash "${QEMU:-qemu-system-aarch64}" "${machine[@]}" -serial chardev:uart -kernel "$image" "$@" \
	<&0 >&4 3>&- 4>&- &
qemu=$!
exec 4>&-
trap 'finish 130' INT
trap 'finish 143' TERM HUP
trap 'finish 1 "QEMU printed nothing for $patience seconds of processor time and was stopped (PATIENCE=0: wait without end)"' USR1
if [ "$patience" -gt 0 ]; then
	watch_silence <&- >/dev/null 2>&1 &
	watcher=$!
fi
wait "$qemu"
