# SPDX-License-Identifier: MIT
"""make update: bring a newer release of the kit into a student's work.

FROM is an archive, a folder, or a git repository. In a clone, without FROM, it is the
repository that the clone is of, and the update is a merge commit.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from pathlib import Path

from ..core.atomic_write import write_bytes
from ..core.git import Git, GitError
from ..core.kit import KIT, GraderError
from ..core.released import MANIFEST, MODES, Files
from ..core.scratch_folder import scratch
from .new_release import from_archive, from_folder, from_git, read
from .stage import command
from .update_plan import Plan, plan

SAVED = "before-update"


def update(kit: Path, source: str) -> Iterator[str]:
    """Update the kit, and yield the lines to print."""
    place = Path(source)
    if source and place.is_file():
        yield from _apply(kit, from_archive(place))
    elif source and place.is_dir() and not _is_repository(place):
        yield from _apply(kit, from_folder(place))
    elif source and not place.exists() and ":" not in source:
        raise GraderError(f"FROM={source}: there is no such file or folder")
    elif (kit / ".git").exists():
        yield from _update_clone(kit, source)
    elif source:
        with scratch() as folder:
            git = Git(Path(folder))
            git("init", "-q", "--bare")
            git("fetch", "-q", "--depth=1", _address(source), "HEAD")
            yield from _apply(kit, from_git(git, git("rev-parse", "FETCH_HEAD")))
    else:
        raise GraderError("where is the new release? FROM=archive, folder or repository")


def _is_repository(place: Path) -> bool:
    return (place / ".git").exists() or (place / "HEAD").is_file() and (place / "objects").is_dir()


def _address(source: str) -> str:
    return str(Path(source).resolve()) if Path(source).exists() else source


def _update_clone(kit: Path, source: str) -> Iterator[str]:
    """Fetch, and commit the update as a merge."""
    git = Git(kit)
    git.need_name()
    if git("status", "--porcelain", "--untracked-files=no"):
        raise GraderError("you have changes that are not committed: git commit -am 'My work'")
    if source:
        git("fetch", "-q", _address(source), "HEAD")
    elif git.maybe("rev-parse", "-q", "--verify", "@{upstream}"):
        git("fetch", "-q")
        git("fetch", "-q", ".", git("rev-parse", "--symbolic-full-name", "@{upstream}"))
    else:
        raise GraderError("this branch follows no other: give FROM=repository")
    new = git("rev-parse", "FETCH_HEAD")
    try:
        git("merge-base", "--is-ancestor", new, "HEAD")
    except GitError:
        made = plan(kit, from_git(git, new))
        yield from _merge(kit, git, new, made)
    else:
        yield "nothing new: this clone has the last release"


def _merge(kit: Path, git: Git, new: str, made: Plan) -> Iterator[str]:
    """Let git merge what is not the kit's, and write what is."""
    before = read(kit / "VERSION").strip()
    yield from _save(kit, made)
    for path in made.saved:
        if not git.maybe("ls-files", "--", str(path)):
            (kit / path).unlink(missing_ok=True)  # git would refuse to write it
    try:
        git.maybe("merge", "-q", "--no-commit", "--no-ff", "--allow-unrelated-histories",
                  "-X", "ours", new)
        git("rev-parse", "-q", "--verify", "MERGE_HEAD")
        _write(kit, made)
        names = "".join(f"{path}\0" for path in made.after
                        if (kit / path).exists() or git.maybe("ls-files", "--", str(path)))
        git("add", "--all", "--force", "--pathspec-from-file=-", "--pathspec-file-nul", given=names)
        left = git("diff", "--name-only", "--diff-filter=U").splitlines()
        if left:
            raise GraderError(f"git cannot merge {left[0]}, which is not the kit's: make it equal "
                              f"to that of commit {new[:10]}, commit, and update again")
        version = read(kit / "VERSION").strip()
        git("commit", "-q", "--no-verify", "-m", f"Update to release {version} of Schism Labs")
    except (GraderError, OSError):
        git.maybe("reset", "-q", "--hard")  # nothing was uncommitted
        raise
    yield _summary(kit, made, before)


def _apply(kit: Path, new: Files) -> Iterator[str]:
    """Update files. The list of the release is written last, so it can be done again."""
    if (kit / MANIFEST).is_file() and (kit / MANIFEST).read_bytes() == new[MANIFEST].data:
        yield "nothing new: this kit is of that release"
        return
    before = read(kit / "VERSION").strip()
    made = plan(kit, new)
    yield from _save(kit, made)
    _write(kit, made)
    yield _summary(kit, made, before)


def _save(kit: Path, made: Plan) -> list[str]:
    """Save what the update replaces of the student's. Return a line for each file."""
    number = 1
    while (kit / f"{SAVED}-{number}").exists():
        number += 1
    folder = Path(f"{SAVED}-{number}")
    for path, data in made.saved.items():
        write_bytes(kit / folder / path, data)
    for path, data in made.offered.items():
        write_bytes(kit / folder / "new" / path, data)
    return [f"{path}: {why}" + _where(folder, path, made) for path, why in made.notes.items()]


def _where(folder: Path, path: Path, made: Plan) -> str:
    if path in made.saved:
        return f"; saved as {folder / path}"
    return f"; the new one is {folder / 'new' / path}" if path in made.offered else ""


def _write(kit: Path, made: Plan) -> None:
    for path, file in made.after.items():
        place = kit / path
        if file is None:
            place.unlink(missing_ok=True)
            _remove_if_empty(place.parent, kit)
        elif path != MANIFEST and not (place.is_file() and place.read_bytes() == file.data):
            write_bytes(place, file.data, MODES[file.executable])
    listed = made.after[MANIFEST]
    assert listed
    write_bytes(kit / MANIFEST, listed.data, MODES[False])


def _remove_if_empty(folder: Path, kit: Path) -> None:
    while folder != kit and folder.is_dir() and not any(folder.iterdir()):
        folder.rmdir()
        folder = folder.parent


def _summary(kit: Path, made: Plan, before: str) -> str:
    version = read(kit / "VERSION").strip()
    files = f"{len(made.merged)} file{'s' * (len(made.merged) > 1)}"
    kept = f"; your text in the holes of {files} is kept" if made.merged else ""
    return f"updated from release {before} to {version}{kept}"


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="make update", description=__doc__)
    parser.add_argument("--from", dest="source", default="")
    options = parser.parse_args(arguments)
    for line in update(KIT, options.source):
        print(line)
    return 0


if __name__ == "__main__":
    raise SystemExit(command("update", main))
