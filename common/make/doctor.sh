#!/bin/sh
# SPDX-License-Identifier: MIT
# The doctor: list the tools found, with one sentence for each that is missing or too old.
#
#   doctor.sh                          every tool with its version, then the sentences
#   doctor.sh build|run|beyond|count|grade|gdb|picture|book  silent if that can work, else sentences on stderr
#   doctor.sh missing [book|dev|skippable]  lines of "tool problem", for setup.sh
#
# Without jinja2 everything works, but grading writes no HTML page.
#
# CROSS, LLVM, PYTHON and QEMU are make's variables; if one is empty, the tool is searched
# for. This script runs before every `make run`, so it starts only the tools that it asks.

both='qemu gdb python pytest rich'
student="make cross $both jinja2 dtc"
book='sphinx myst furo weasyprint'
dev='clang lld xdist git jsonschema pyflakes mypy shellcheck cppcheck ccache hypothesis cpio sanitizers bwrap'
# Tests that need one of these are skipped without it, and say so.
skippable='chromium hostcc similar spin'

# describe <tool>: set its name for sentences, the oldest version that works and the versions
# that we have tested. No other file states a version.
describe() {
	case $1 in
	make)	name='GNU Make'		minimum=4.3	tested=4.3-4.4	;;
	cross)	name='AArch64 GCC'	minimum=10	tested=10-14	;;
	qemu)	name='QEMU'		minimum=7.2	tested=7.2-10.0	;;
	gdb)	name='gdb for AArch64'	minimum=any	tested=13-16	;;
	python)	name='Python'		minimum=3.9	tested=3.11-3.13 ;;
	pytest)	name='pytest'		minimum=7	tested=7.2-8.3	;;
	rich)	name='rich'		minimum=12	tested=13.3-13.9 ;;
	jinja2)	name='jinja2'		minimum=2.11	tested=3.1	;;
	clang)	name='clang'		minimum=14	tested=14-19	;;
	lld)	name='lld'		minimum=14	tested=14-19	;;
	xdist)	name='pytest-xdist'	minimum=any	tested=3.1	;;
	git)	name='git'		minimum=any	tested=2.39	;;
	jsonschema)
		name='jsonschema'	minimum=4.0	tested=4.10	;;
	chromium)
		name='Chromium'		minimum=any	tested=156	;;
	bwrap)	name='bubblewrap'	minimum=any	tested=0.8	;;
	pyflakes) name='pyflakes'	minimum=any	tested=2.5-3.2	;;
	mypy)	name='mypy'		minimum=1.0	tested=1.0-1.15	;;
	shellcheck)
		name='ShellCheck'	minimum=any	tested=0.9-0.10 ;;
	cppcheck) name='cppcheck'	minimum=2.10	tested=2.10-2.17 ;;
	ccache)	name='ccache'		minimum=4.0	tested=4.7-4.11	;;
	hypothesis)
		name='Hypothesis'	minimum=6.0	tested=6.67	;;
	dtc)	name='dtc'		minimum=1.4	tested=1.6	;;
	cpio)	name='cpio'		minimum=any	tested=2.13	;;
	sanitizers)
		name='sanitizers'	minimum=any	tested=14	;;
	hostcc)	name='C compiler for this machine'
					minimum=any	tested=12-14	;;
	similar) name='similarity-tester' minimum=any	tested=3.0	;;
	spin)	name='Spin'		minimum=6.4	tested=6.5	;;
	sphinx)	name='Sphinx'		minimum=5.1	tested=5.3-8.1	;;
	myst)	name='MyST parser'	minimum=0.18	tested=0.18-4.0	;;
	furo)	name='furo'		minimum=any	tested=2022-2024 ;;
	weasyprint)
		name='WeasyPrint'	minimum=53	tested=57-62	;;
	esac
}

# look <tool>: set found (the command; empty if there is none), version (empty if the command
# does not run) and searched (where we looked).
look() {
	case $1 in
	# macOS has an old make, and Homebrew calls the new one gmake.
	make)	first gmake make && ask --version ;;
	cross)	if [ -n "${CROSS:-}" ]; then
			first "${CROSS}gcc"
		else
			first aarch64-none-elf-gcc aarch64-elf-gcc aarch64-linux-gnu-gcc
		fi && ask -dumpfullversion ;;
	qemu)	first "${QEMU:-qemu-system-aarch64}" && ask --version ;;
	gdb)	first gdb-multiarch aarch64-none-elf-gdb aarch64-elf-gdb \
			aarch64-linux-gnu-gdb || native_gdb && ask --version ;;
	clang)	first clang && ask --version ;;
	lld)	first ld.lld && ask --version ;;
	git)	first git && ask --version ;;
	chromium)
		first chromium chromium-browser google-chrome \
			"/Applications/Google Chrome.app/Contents/MacOS/Google Chrome" &&
			ask --version ;;
	bwrap)	first bwrap && ask --version ;;
	shellcheck)
		first shellcheck && ask --version ;;
	cppcheck)
		first cppcheck && ask --version ;;
	ccache)	first ccache && ask --version ;;
	dtc)	first dtc && ask --version ;;
	cpio)	first cpio && ask --version ;;
	sanitizers)
		first clang && can_sanitize && ask --version ;;
	# Spin calls gcc by that name.
	hostcc)	first gcc && ask --version ;;
	similar)
		first sim_c && version=- ;;	# it prints none
	spin)	first spin && ask -V ;;
	weasyprint)
		first weasyprint && ask --version ;;
	python)	choose_python; module "$python_version" ;;
	pytest)	choose_python; module "$pytest_version" ;;
	rich)	choose_python; module "$rich_version" ;;
	jinja2)	choose_python; module "$jinja2_version" ;;
	xdist)	choose_python; module "$xdist_version" ;;
	jsonschema)
		choose_python; module "$jsonschema_version" ;;
	pyflakes)
		choose_python; module "$pyflakes_version" ;;
	mypy)	choose_python; module "$mypy_version" ;;
	hypothesis)
		choose_python; module "$hypothesis_version" ;;
	sphinx)	choose_python; module "$sphinx_version" ;;
	myst)	choose_python; module "$myst_version" ;;
	furo)	choose_python; module "$furo_version" ;;
	esac
}

# first <command>...: set found to the first that exists.
first() {
	searched="looked for $*"
	for found; do
		! command -v "$found" >/dev/null || return 0
	done
	found=
	return 1
}

# Fedora's gdb knows every architecture; Debian's plain gdb knows only the host's.
native_gdb() {
	searched='looked for gdb-multiarch, aarch64-*-gdb and a gdb with AArch64 support'
	gdb -nx -batch -ex 'set architecture aarch64' >/dev/null 2>&1 && found=gdb
}

# The runtime libraries of clang's sanitizers are in a package of their own.
can_sanitize() {
	searched='clang cannot link with -fsanitize=address,fuzzer'
	echo 'int LLVMFuzzerTestOneInput(void) { return 0; }' |
		clang -fsanitize=address,fuzzer -x c - -o /dev/null >/dev/null 2>&1 || { found=; false; }
}

# ask <option>: set version to the first dotted number that the found tool prints.
ask() {
	text=$("$found" "$1" 2>/dev/null </dev/null)
	ended=$?
	major=${text%%.*}
	minor=${text#*.}
	version=${major##*[!0-9]}.${minor%%[!0-9.]*}
	case $version in
	[0-9]*.[0-9]*) ;;
	*) version= ;;
	esac
}

# PackageNotFoundError is an ImportError, like the error if the module itself is missing.
probe='
import sys
def have(package):
    try:
        from importlib.metadata import version
        return version(package)
    except ImportError:
        return "-"
modules = ("pytest", "rich", "jinja2", "pytest-xdist", "jsonschema", "pyflakes", "mypy",
           "hypothesis", "sphinx", "myst-parser", "furo")
print("%d.%d.%d" % sys.version_info[:3], *map(have, modules))
'

# The first python3 may have no pytest (pyenv, conda) while packages were installed for
# /usr/bin/python3. Take the one with the most modules, counted in the order of need: to
# grade, to write the page, to test the kit, to make the book. Of two equals take the later,
# because setup.sh can install what that one lacks.
choose_python() {
	[ -z "${rank:-}" ] || return 0
	rank=0 python='' versions='- - - - - - - - - - - -'
	for candidate in ${PYTHON:-python3 /usr/bin/python3}; do
		answer=$("$candidate" -c "$probe" 2>/dev/null </dev/null) || continue
		can=0
		for one in $answer; do
			[ "$one" != - ] || break
			can=$((can + 1))
		done
		[ $can -ge $rank ] || continue
		rank=$can python=$candidate versions=$answer
		[ $rank -lt 12 ] || break
	done
	read -r python_version pytest_version rich_version jinja2_version \
		xdist_version jsonschema_version pyflakes_version mypy_version \
		hypothesis_version sphinx_version myst_version furo_version <<-EOF
		$versions
	EOF
}

# module <version>: set what look() sets, from what the chosen Python printed.
module() {
	found=$python version=$1
	searched="looked in ${python:-${PYTHON:-python3 and /usr/bin/python3}}"
	[ "$1" != - ] || found=
}

# at_least <version> <minimum>: compare major and minor.
at_least() {
	[ "$2" != any ] || return 0
	have=$1.0 want=$2.0
	have_minor=${have#*.} want_minor=${want#*.}
	[ "${have%%.*}" -gt "${want%%.*}" ] || {
		[ "${have%%.*}" -eq "${want%%.*}" ] &&
		[ "${have_minor%%.*}" -ge "${want_minor%%.*}" ]
	}
}

# diagnose <tool>: set problem to what is wrong with it (empty: nothing), and remedy to what
# to do about it.
diagnose() {
	found='' version='' problem='' remedy='run ./setup.sh'
	! contains "$book" "$1" || remedy='run ./setup.sh --book'
	! contains "$dev $skippable" "$1" || remedy='run ./setup.sh --dev'
	describe "$1"
	look "$1"
	if [ -z "$found" ]; then
		problem="$name is missing ($searched)"
	elif [ -z "$version" ]; then
		problem="$name does not run ($found prints no version and ends with status $ended)"
	elif ! at_least "$version" "$minimum"; then
		problem="$name $version is too old ($found; $minimum or newer is needed)"
	fi
}

contains() {
	case " $1 " in *" $2 "*) ;; *) false ;; esac
}

# check <tool>...: print a sentence for each problem.
check() {
	status=0
	for tool; do
		diagnose "$tool"
		[ -z "$problem" ] || { echo "$problem: $remedy" >&2; status=1; }
	done
	return $status
}

# report <needed tools>: print the table of all tools, then the sentences.
report() {
	status=0 sentences=
	line='%-16s %-32s %-14s %-7s %s\n'
	# shellcheck disable=SC2059 # one format for all lines
	printf "$line" tool found version minimum tested
	for tool in $student $book $dev $skippable; do
		diagnose "$tool"
		# shellcheck disable=SC2059
		printf "$line" "$name" "$(command -v "${found:--}" || echo -)" \
			"${version:--}" "$minimum" "$tested"
		[ -n "$problem" ] || continue
		if contains "$1" "$tool"; then
			status=1
		else
			problem="optional: $problem"
		fi
		sentences="$sentences$problem: $remedy
"
	done
	printf '\n%s\n' 'Two mistakes in a stage hang or abort QEMU itself: lab05-vcpu/README.md#debug-it'
	[ -z "$sentences" ] || printf '\n%s' "$sentences"
	return $status
}

missing() {
	for tool; do
		diagnose "$tool"
		[ -z "$problem" ] || echo "$tool $problem"
	done
}

# macOS has no namespaces, which the sandbox for submissions needs; Homebrew's clang has its
# sanitizers.
[ "$*" != 'missing dev' ] || [ "$(uname -s)" != Darwin ] || dev=${dev% sanitizers bwrap}

compiler=cross
[ "${LLVM:-}" != 1 ] || compiler='clang lld'

# The lists below are words on purpose.
# shellcheck disable=SC2086
case $* in
'')		report "make $compiler $both" ;;
build)		check $compiler ;;
run)		check $compiler qemu ;;
beyond)		check $compiler qemu python dtc ;;
count)		check hostcc ;;
grade)		check $compiler qemu gdb python pytest rich ;;
gdb)		check gdb ;;
picture)	check qemu gdb python jinja2 ;;
book)		check python $book ;;
missing)	missing $student ;;
'missing book')	missing make python $book ;;
'missing dev')	missing $student $book $dev ;;
'missing skippable')	missing $skippable ;;
*)		echo "doctor.sh: cannot check '$*'; build, run, beyond, count, grade, gdb, picture and book are known" >&2
		exit 2 ;;
esac
