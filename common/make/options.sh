#!/bin/sh
# SPDX-License-Identifier: MIT
# options.sh BUILD KIND TOOL...: print which of the options below the tool knows. KIND is
# gcc, clang or ld. Each tool is asked once; its answer is kept in BUILD/options.
set -u

# Distributions and users' configurations turn on hardening for applications. In code that
# runs before memory is set up, and that saves and restores the guests' registers, it is
# wrong, or at least changes what an exit costs.
hardening() {
	cat <<-'EOT'
	--no-default-config		of clang: a distribution's file of options
	-mbranch-protection=none	signs return addresses, while the keys are a guest's
	-mharden-sls=none		adds barriers after each return and indirect branch
	-fcf-protection=none		the same idea on another architecture; an error here
	-fno-stack-clash-protection	writes to pages below the stack, which has a guard
	-ftrivial-auto-var-init=uninitialized	clears variables, at a cost, and hides bugs
	-fzero-call-used-regs=skip	clears registers on return
	-U_FORTIFY_SOURCE		calls checking functions of a C library
	EOT
}

# Other options that not every version knows.
linker() {
	cat <<-'EOT'
	--no-warn-rwx-segments		guests are one segment, with all rights
	EOT
}

build=$1 kind=$2
shift 2
path=$(command -v "$1") || exit 0		# the doctor reports what is missing
# The target of a link has the version in its name: aarch64-linux-gnu-gcc-12.
path=$(readlink -f "$path" 2>/dev/null || echo "$path")
name=$(echo "$kind$path" | tr -c 'A-Za-z0-9.+\n-' _)
answer=$build/options/$name

knows() {
	case $kind in
	ld)	"$@" --help 2>/dev/null | grep -q -e "$option" ;;
	*)	"$@" -Werror "$option" -x c -c -o /dev/null /dev/null 2>/dev/null ;;
	esac
}

# Ask again if this file has changed.
# shellcheck disable=SC3013 # dash, bash and busybox know -nt
if [ ! -e "$answer" ] || [ "$0" -nt "$answer" ]; then
	known=
	case $kind in ld) list=linker ;; *) list=hardening ;; esac
	for option in $($list | sed 's/[	 ].*//'); do
		! knows "$@" || known="$known $option"
	done
	mkdir -p "$build/options" && echo "${known# }" > "$answer.$$" && mv "$answer.$$" "$answer"
fi
cat "$answer"
