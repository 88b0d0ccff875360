#!/bin/sh
# SPDX-License-Identifier: MIT
# Install the tools that are missing, and nothing else.
#
#   ./setup.sh            what a student needs to build, run, debug and grade
#   ./setup.sh --book     what `make book` needs, and no more
#   ./setup.sh --dev      all of these, and what only the kit's own tests need; Chromium and
#                         Spin are optional: tests that need them are skipped without
#   ./setup.sh --dry-run  only list what would be installed
#
# Only common/make/doctor.sh says which tools are needed, how to find them and how new they
# must be. This file says what the packages are called.
set -u

doctor=$(dirname "$0")/common/make/doctor.sh

# One line for each tool. pip: marks what Homebrew does not package.
packages() {
	cat <<-'EOF'
	# tool  apt-get                dnf                       pacman                 brew
	make    make                   make                      make                   make
	cross   gcc-aarch64-linux-gnu  gcc-aarch64-linux-gnu     aarch64-linux-gnu-gcc  aarch64-elf-gcc
	qemu    qemu-system-arm        qemu-system-aarch64-core  qemu-system-aarch64    qemu
	gdb     gdb-multiarch          gdb                       aarch64-linux-gnu-gdb  aarch64-elf-gdb
	python  python3                python3                   python                 python
	pytest  python3-pytest         python3-pytest            python-pytest          pip:pytest
	rich    python3-rich           python3-rich              python-rich            pip:rich
	jinja2  python3-jinja2         python3-jinja2            python-jinja           pip:jinja2
	clang   clang                  clang                     clang                  llvm
	lld     lld                    lld                       lld                    lld
	xdist   python3-pytest-xdist   python3-pytest-xdist      python-pytest-xdist    pip:pytest-xdist
	git     git                    git-core                  git                    git
	jsonschema python3-jsonschema  python3-jsonschema        python-jsonschema      pip:jsonschema
	chromium chromium              chromium                  chromium               google-chrome
	dtc     device-tree-compiler   dtc                       dtc                    dtc
	cpio    cpio                   cpio                      cpio                   cpio
	sanitizers libclang-rt-dev     compiler-rt               compiler-rt            -
	hostcc  build-essential        gcc                       gcc                    -
	similar similarity-tester      -                         -                      -
	spin    spin                   -                         -                      spin
	bwrap   bubblewrap             bubblewrap                bubblewrap             -
	pyflakes pyflakes3             python3-pyflakes          python-pyflakes        pip:pyflakes
	mypy    mypy                   python3-mypy              mypy                   pip:mypy
	shellcheck shellcheck          ShellCheck                shellcheck             shellcheck
	cppcheck cppcheck              cppcheck                  cppcheck               cppcheck
	ccache  ccache                 ccache                    ccache                 ccache
	hypothesis python3-hypothesis  python3-hypothesis        python-hypothesis      pip:hypothesis
	sphinx  python3-sphinx         python3-sphinx            python-sphinx          pip:sphinx
	myst    python3-myst-parser    python3-myst-parser       python-myst-parser     pip:myst-parser
	furo    furo                   python3-furo              python-sphinx-furo     pip:furo
	weasyprint weasyprint          weasyprint                python-weasyprint      weasyprint
	EOF
}

die() {
	echo "setup.sh: $*" >&2
	exit 1
}

# package_of <tool>: print its package for $manager, or Debian's if there is no manager.
package_of() {
	packages | while read -r tool apt dnf pacman brew; do
		[ "$tool" = "$1" ] || continue
		case $manager in
		dnf)	echo "$dnf" ;;
		pacman)	echo "$pacman" ;;
		brew)	echo "$brew" ;;
		*)	# Ubuntu's package installs a snap, where snaps work.
			case "$tool ${ids:-}" in
			'chromium ubuntu'*) echo - ;;
			*)	echo "$apt" ;;
			esac ;;
		esac
	done
}

# A derived distribution names its parents in ID_LIKE.
find_manager() {
	if [ "$(uname -s)" = Darwin ]; then
		ids=macos
	else
		# shellcheck disable=SC1090 # the path is the system's
		ids=$(. "${OS_RELEASE:-/etc/os-release}" 2>/dev/null &&
			echo "${ID:-unnamed}${ID_LIKE:+ $ID_LIKE}")
	fi
	for id in $ids; do
		case $id in
		debian|ubuntu)	manager='apt-get' ;;
		fedora)		manager=dnf ;;
		arch)		manager=pacman ;;
		macos)		manager=brew ;;
		*)		continue ;;
		esac
		! command -v "$manager" >/dev/null || return 0
	done
	manager=
}

# find_missing: print lines of "tool problem" (see doctor.sh).
find_missing() {
	# shellcheck disable=SC2086 # an empty level must not be an argument
	sh "$doctor" missing $level
}

list_missing() {
	printf '%s\n' "$missing" "$extra" | while read -r tool problem; do
		[ -z "$tool" ] || printf '  %-25s %s\n' "$(package_of "$tool")" "$problem"
	done
}

# find_skippable: print the same for tools that only some tests need.
find_skippable() {
	[ "$level" != dev ] || sh "$doctor" missing skippable
}

# packages_of <lines of "tool problem">: print the package of each tool that has one.
packages_of() {
	echo "$1" | while read -r tool _; do
		[ -z "$tool" ] || package_of "$tool"
	done | grep -vx -e - || :
}

say_skipped() {
	find_skippable | while read -r _ problem; do
		echo "setup.sh: optional: $problem: tests that need it are skipped"
	done
}

run() {
	"$@" || die "failed, for the reason above: $*"
}

level='' dry_run=no
for option; do
	case $option in
	--book)		level=book ;;
	--dev)		level=dev ;;
	--dry-run)	dry_run=yes ;;
	--help)		sed -n '3,/^set/s/^# \{0,1\}//p' "$0"; exit 0 ;;
	*)		echo "setup.sh: unknown option '$option' (try --help)" >&2; exit 2 ;;
	esac
done

missing=$(find_missing) && skippable=$(find_skippable) || exit
[ -z "$missing$skippable" ] || find_manager
extra=''
[ -z "$(packages_of "$skippable")" ] || extra=$skippable
if [ -z "$missing$extra" ]; then
	say_skipped
	echo "setup.sh: nothing to install, every tool is here"
	exit 0
fi

if [ -z "$manager" ]; then
	echo "setup.sh: install these (the names are Debian's), then run make doctor:" >&2
	list_missing >&2
	die "do not know how to install on this system (${ids:-no os-release})"
fi

# shellcheck disable=SC2046,SC2116,SC2005 # in one line
names=$(echo $(packages_of "$missing" | grep -v '^pip:'))
modules=$(packages_of "$missing" | sed -n 's/^pip://p')

refresh=''
case $manager in
apt-get)
	refresh='apt-get update'
	install='env DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends' ;;
dnf)
	install='dnf install -y --setopt=install_weak_deps=False' ;;
pacman)
	# No -Sy: new lists with old packages break the system, and upgrading
	# everything is the user's decision.
	install='pacman -S --needed --noconfirm' ;;
brew)
	install='brew install' ;;
esac

# Homebrew refuses to run as root; the others need root.
as_root=''
if [ "$dry_run" = no ] && [ "$manager" != brew ] && [ "$(id -u)" -ne 0 ]; then
	command -v sudo >/dev/null ||
		die "no permission to install and no sudo; as root, run:" \
			"${refresh:+$refresh && }$install $names"
	as_root=sudo
fi

echo "setup.sh: to be installed with $manager:"
list_missing
[ "$dry_run" = no ] || exit 0

# These are command lines and lists, to be split into words.
# shellcheck disable=SC2086,SC2046
{
	[ -z "$refresh" ] || run $as_root $refresh
	[ -z "$names" ] || run $as_root $install $names
	# Apple's Python accepts packages for one user; Homebrew's Python refuses pip.
	[ -z "$modules" ] || run "${PYTHON:-/usr/bin/python3}" -m pip install --user $modules
	[ -z "$extra" ] || $as_root $install $(packages_of "$extra") ||
		echo "setup.sh: that was optional"
}

missing=$(find_missing) extra=''
if [ -n "$missing" ]; then
	echo "setup.sh: installed, but not good enough:" >&2
	list_missing >&2
	die "$manager offers nothing better on this system"
fi
say_skipped
echo "setup.sh: done, every tool is here"
