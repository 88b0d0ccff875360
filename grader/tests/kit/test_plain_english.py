# SPDX-License-Identifier: MIT
"""Prose, comments and messages of the whole kit avoid the words in quality/words.txt."""

from __future__ import annotations

import io
import re
import subprocess
import tokenize
from functools import lru_cache
from pathlib import Path

import pytest

from grader.core.kit import KIT

WORDS = KIT / "grader/quality/words.txt"
ALLOWED = KIT / "grader/quality/words_allowed.txt"
PATTERNS = ("*.md", "*.py", "*.c", "*.h", "*.S", "*.ld", "*.mk", "*.sh", "*.j2", "Makefile")
C_TEXT = re.compile(r'/\*.*?\*/|//[^\n]*|"(?:\\.|[^"\\\n])*"', re.DOTALL)


def rows(path: Path) -> list[list[str]]:
    lines = path.read_text().splitlines()
    return [line.split(" = ") for line in lines if line and not line.startswith("#")]


def whole_words(expression: str) -> re.Pattern[str]:
    """Compile an expression whose words may be on two lines of a comment."""
    return re.compile(rf"\b(?:{expression})\b".replace(" ", r"[\s#*]+"), re.IGNORECASE)


@lru_cache
def words() -> list[tuple[re.Pattern[str], str]]:
    return [(whole_words(expression), better) for expression, better in rows(WORDS)]


@lru_cache
def any_word() -> re.Pattern[str]:
    return whole_words("|".join(expression for expression, _ in rows(WORDS)))


def tracked() -> list[Path]:
    if not (KIT / ".git").exists():
        pytest.skip("this is no clone: nothing says which files belong to the kit")
    argv = ["git", "ls-files", "--", *PATTERNS]
    done = subprocess.run(argv, cwd=KIT, capture_output=True, text=True, check=True)
    return [KIT / name for name in done.stdout.splitlines()]


def pieces(path: Path, text: str) -> list[tuple[int, str]]:
    """Return what a file says to people, with line numbers."""
    if path.suffix == ".py":
        tokens = tokenize.generate_tokens(io.StringIO(text).readline)
        kinds = (tokenize.STRING, tokenize.COMMENT, getattr(tokenize, "FSTRING_MIDDLE", -1))
        found = [(token.start[0], token.string) for token in tokens if token.type in kinds]
        return [(number, re.sub(r"\{[^{}\n]*\}", "", piece)) for number, piece in found]
    if path.suffix in (".c", ".h", ".S"):
        quoted = C_TEXT.finditer(text)
        return [(text.count("\n", 0, match.start()) + 1, match.group(0)) for match in quoted]
    return list(enumerate(text.splitlines(), 1))


def offences(name: str, path: Path, text: str) -> list[str]:
    """Return a line for each use of a word that is not allowed in this file."""
    allowed = [phrase for file, phrase, _ in rows(ALLOWED) if file == name]
    found = []
    for number, piece in pieces(path, text):
        for phrase in allowed:
            piece = piece.replace(phrase, "")
        for word, better in words() if any_word().search(piece) else ():
            for match in word.finditer(piece):
                at = number + piece.count("\n", 0, match.start())
                used = " ".join(match.group(0).split())
                found.append(f"{name}:{at}: '{used}': write {better}")
    return found


def test_the_kit_is_in_plain_english() -> None:
    paths = [path for path in tracked() if path != Path(__file__)]  # it quotes what is wrong
    found = [
        line
        for path in paths
        for line in offences(path.relative_to(KIT).as_posix(), path, path.read_text())
    ]
    assert found == []


@pytest.mark.parametrize(
    ("file", "line"),
    [
        ("README.md", "The grader tells the score."),
        ("setup.sh", "# It goes on behind the last line."),
        ("grader/core/kit.py", 'MESSAGE = "the stage runs for ever"'),
        ("common/lib/string.c", "/* Whoever calls this\n * waits for\n * ever. */"),
    ],
)
def test_a_word_of_the_list_is_found(file: str, line: str) -> None:
    text = (KIT / file).read_text()
    assert offences(file, KIT / file, text) == []
    assert offences(file, KIT / file, f"{text}\n{line}\n")


def test_every_exception_is_used_and_has_a_reason() -> None:
    for file, phrase, reason in rows(ALLOWED):
        assert phrase in (KIT / file).read_text() and reason
