# SPDX-License-Identifier: MIT
"""A release as a commit on a student repository, which has a history of its own.

The repository may have files that no release brought, such as a course's workflows: they stay.
"""

from __future__ import annotations

import os
from pathlib import Path

from ..core.git import Git, GitError
from ..core.kit import GraderError
from ..core.released import MANIFEST, Files, sums
from ..core.scratch_folder import scratch
from .folder import write_tree


def commit(files: Files, place: Path, message: str) -> str:
    """Commit the files on the repository's branch; create it if it is not there.

    Return a line about what was done.
    """
    if place.exists() and not place.is_dir():
        raise GraderError(f"OUT={place}: a file, not a repository")
    if not place.exists() or not any(place.iterdir()):
        place.mkdir(parents=True, exist_ok=True)
        Git(place)("init", "-q", "-b", "main")
    git = Git(place)
    try:
        folder = Path(git("rev-parse", "--absolute-git-dir"))
    except GitError:
        raise GraderError(f"OUT={place}: not a git repository, and not empty") from None
    bare = git("rev-parse", "--is-bare-repository") == "true"
    if not bare and Path(git("rev-parse", "--show-toplevel")) != place.resolve():
        raise GraderError(f"OUT={place}: inside of another repository, not one of its own")
    if not bare and git("status", "--porcelain"):
        raise GraderError(f"OUT={place}: it has changes that are not committed")
    git.need_name()
    parent = git.maybe("rev-parse", "-q", "--verify", "HEAD")
    with scratch() as name:
        tree = _tree(files, Path(name), folder, parent)
    if parent and tree == git("rev-parse", "HEAD^{tree}"):
        return f"{place}: has this release already"
    new = git("commit-tree", tree, *(["-p", parent] if parent else []), "-m", message)
    if bare:
        git("update-ref", git("symbolic-ref", "HEAD"), new)
    elif parent:
        git("merge", "-q", "--ff-only", new)
    else:
        git("reset", "-q", "--hard", new)  # it was empty
    return f"{place}: commit {new[:10]} on {git('symbolic-ref', '--short', 'HEAD')}"


def _tree(files: Files, work: Path, folder: Path, parent: str) -> str:
    """Create the new tree: the old one without the files of its release, with those of ours."""
    content = work / "content"
    write_tree(files, content)
    environment = {**os.environ, "GIT_DIR": str(folder), "GIT_WORK_TREE": str(content),
                   "GIT_INDEX_FILE": str(work / "index")}
    git = Git(content, environment)
    if parent:
        git("read-tree", parent)
        old = sums(git.maybe("show", f"{parent}:{MANIFEST}"))
        gone = "".join(f"{path}\0" for path in [*old, MANIFEST])
        git("update-index", "--force-remove", "-z", "--stdin", given=gone)
    git("-c", "core.autocrlf=false", "-c", "core.fileMode=true", "add", "--force", *_tops(files))
    return git("write-tree")


def _tops(files: Files) -> list[str]:
    return sorted({path.parts[0] for path in files})
