# SPDX-License-Identifier: MIT
"""Where tests build, and what with."""

from __future__ import annotations

import os
import shutil

from grader.core.kit import KIT

# One directory a worker of pytest-xdist: each compiles a source once for all of its tests.
# A test that builds with other options (OPT=, WERROR=1), or whose image must stay while a
# command of make builds the same stage otherwise, has a directory of its own.
BUILD = KIT / "build/test" / os.environ.get("PYTEST_XDIST_WORKER", "main")
OWN = f"BUILD={BUILD.relative_to(KIT)}"

COMPILERS = ("aarch64-linux-gnu-gcc", "aarch64-none-elf-gcc", "aarch64-elf-gcc", "clang")
# What differs between copies of the kit and between build directories is not in an object: the
# prefix that -ffile-prefix-map cuts off, and the path of config.h, which is therefore given by a
# name made of its contents. The cache cannot be written inside of a sandbox.
CACHED = """#!/bin/sh
export CCACHE_DIR='{cache}' CCACHE_NOHASHDIR=1 CCACHE_IGNOREOPTIONS='-ffile-prefix-map=*'
[ -w "$CCACHE_DIR" ] || exec '{compiler}' "$@"
before=
for word; do
	shift
	case $before$word in
	-include*/config.h)
		name=$CCACHE_DIR/$(cksum < "$word" | tr ' ' -).h
		[ -e "$name" ] || {{ cp "$word" "$name.$$" && mv "$name.$$" "$name"; }}
		word=$name ;;
	esac
	before=$word
	set -- "$@" "$word"
done
exec '{ccache}' '{compiler}' "$@"
"""


def cache_compilers() -> None:
    """Let ccache compile, if it is installed: many tests build the same in a copy of the kit."""
    ccache, folder, cache = shutil.which("ccache"), KIT / "build/test/compilers", \
        KIT / "build/test/ccache"
    if ccache is None or str(folder) in os.environ["PATH"] or set("':") & set(str(folder)):
        return
    folder.mkdir(parents=True, exist_ok=True)
    cache.mkdir(exist_ok=True)
    for name in COMPILERS:
        if compiler := shutil.which(name):
            script = folder / name
            script.write_text(CACHED.format(cache=cache, ccache=ccache, compiler=compiler))
            script.chmod(0o755)
    os.environ["PATH"] = f"{folder}{os.pathsep}{os.environ['PATH']}"
