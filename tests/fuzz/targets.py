"""What is fuzzed: each target takes any bytes, and asserts the laws of one module.

A target has the words that its texts are made of, so that a made-up text is often nearly a right one.
Tests, `run.py` and the corpus share them: what fails is kept in `corpus/NAME/` and tried for ever.
"""

from __future__ import annotations

import ast
import contextlib
import ntpath
import os
import random
import tempfile
import zlib
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Callable

from languages import ELSEWHERE, LANGUAGES, moved, read, read_environment_d
from onpath import pathlist, receipts, winpath
from onpath.cli import grammar
from onpath.errors import CorruptFenceError, UnspellableError, UsageError
from onpath.model import APPEND, END, PREPEND, TOP, File, Pending, Receipt
from onpath.places import fence
from onpath.request import FINDS_ONE
from onpath.shells import quote
from samples import HOME

if TYPE_CHECKING:
    from collections.abc import Iterator

CORPUS = Path(__file__).with_name("corpus")


@dataclass(frozen=True)
class Target:
    """A law of one module: of its name, what checks it, and the words of its texts."""

    name: str
    check: Callable[[bytes], None]
    words: tuple[bytes, ...]

    def corpus(self) -> list[bytes]:
        """Return the texts that are kept."""
        return [file.read_bytes() for file in sorted((CORPUS / self.name).iterdir())]

    def make_up(self, chance: random.Random) -> bytes:
        """Return a text: words and odd bytes, or one of the corpus with a part changed."""
        pieces = [self._piece(chance) for _ in range(chance.randrange(12))]
        if chance.random() < 0.5:
            return b"".join(pieces)
        text = bytearray(chance.choice(self.corpus_once()))
        for piece in pieces[:3]:
            at = chance.randrange(len(text) + 1)
            text[at : at + chance.choice((0, 0, 1, len(piece), 40))] = piece
        return bytes(text)

    def corpus_once(self) -> list[bytes]:
        """Return the corpus, read once."""
        if self.name not in READ:
            READ[self.name] = self.corpus() or [b""]
        return READ[self.name]

    def _piece(self, chance: random.Random) -> bytes:
        if chance.random() < 0.8:
            return chance.choice(self.words)
        return bytes(chance.randrange(256) for _ in range(chance.randrange(1, 4)))


READ: dict[str, list[bytes]] = {}


def decoded(data: bytes) -> str:
    """Return `data` as the text of a file."""
    return data.decode("utf-8", "surrogateescape")


def chosen(data: bytes) -> random.Random:
    """Return the chance that `data` decides: the same for the same bytes."""
    return random.Random(zlib.crc32(data))  # noqa: S311


# Blocks in a text.

KEYS = ("~/.local/bin", "/opt/tools", "~/a%20b")
BODIES = ("", "export PATH\n", "if true\n  x\nfi\n", "\r\n", "# coding: x\n")


def check_fence(data: bytes) -> None:
    """What is put in is taken out to the byte; damaged markers are refused, whatever is asked."""
    text = decoded(data)
    chance = chosen(data)
    key, body, position = chance.choice(KEYS), chance.choice(BODIES), chance.choice((TOP, END))
    try:
        found = fence.blocks(text)
    except CorruptFenceError:
        with contextlib.suppress(CorruptFenceError):
            fence.insert(text, key, body, position)
            raise AssertionError("damaged markers were not refused") from None
        with contextlib.suppress(CorruptFenceError):
            fence.remove(text)
            raise AssertionError("damaged markers were not refused") from None
        return
    if any(block.is_changed for block in found):
        with contextlib.suppress(CorruptFenceError):
            fence.remove(text)
            raise AssertionError("what others have put into a block was taken out") from None
        return
    once = fence.insert(text, key, body, position)
    assert once == fence.insert(once, key, body, position)
    assert fence.bodies(once)[key] == body
    if not found:
        assert fence.remove(once, key) == text
        assert fence.remove(text) == text
    bare = fence.remove(once)
    assert not fence.blocks(bare or "")
    assert fence.remove(bare) == bare
    own = {bare_line(line) for b in found for line in text[b.start : b.stop].split("\n")}
    rest = map(bare_line, (bare or "").split("\n"))
    for line in map(bare_line, text.split("\n")):
        assert line in own or not line or line in rest, line


def bare_line(line: str) -> str:
    """Return `line` without what may stand before the first one and at the end of each."""
    return line.lstrip("\ufeff").rstrip("\r")


def fence_words() -> Iterator[bytes]:
    """Yield lines of every kind, and the markers as they are written today and were once."""
    for text in (None, "x\n", "x"):
        for position in (TOP, END):
            block = fence.insert(text, KEYS[0], "export PATH\n", position)
            yield from (line.encode() for line in block.splitlines(keepends=True))
            yield block.encode()
    yield from (
        b"# >>> onpath: ~/x >>>\n",
        b"# <<< onpath <<<\n",
        b"# <<< onpath (joined) (new file) <<<\n",
    )
    yield from (
        b"\xef\xbb\xbf",
        b"#!/bin/sh\n",
        b"# coding: utf-8\n",
        b"\n",
        b"\r\n",
        b"\r",
        b"x",
        b"return\n",
    )
    yield from (
        b"\xff\xfe",
        b"\x00",
        b"\x0c",
        b"\xc2\x85",
        b"\xe2\x80\xa8",
        b"# >>> ",
        b"onpath: ",
        b" >>>",
    )


# Entries of a PATH.


def check_pathlist(data: bytes) -> None:
    """What is found is what goes, and nothing else moves."""
    path = decoded(data)
    entries = pathlist.entries(path)
    assert ":".join(entries) == path
    directory = chosen(data).choice((*entries, "/a/b", "/"))
    if not directory:
        return
    found = pathlist.indices_of(entries, directory)
    assert {pathlist.normal(entries[i]) for i in found} <= {pathlist.normal(directory)}
    left = pathlist.without(entries, directory)
    assert left == tuple(entry for i, entry in enumerate(entries) if i not in found)
    assert not pathlist.indices_of(left, directory)
    for entry in entries:
        assert pathlist.normal(pathlist.normal(entry)) == pathlist.normal(entry)


# The PATH of Windows.

VARIABLES = {"APPDATA": r"C:\Users\Ada\AppData\Roaming", "TWO": r"C:\a;C:\b", "ODD": 'C:\\"x'}
SCRIPTS = r"C:\Users\Ada\AppData\Roaming\Python\Python311\Scripts"


def check_winpath(data: bytes) -> None:
    """Entries joined are the path; what is put in is found, and taken out to the sign."""
    path = decoded(data)
    entries = winpath.entries(path)
    assert ";".join(entries) == path
    assert ";".join(winpath.plain_entries(path)) == path
    for pairs_quotes in (True, False):
        assert set(winpath.searched(path, pairs_quotes=pairs_quotes)) <= {
            *entries,
            *winpath.plain_entries(path),
        }
    winpath.expand(path, VARIABLES)
    odd = winpath.unpaired(path)
    assert (odd is None) == (path.count('"') % 2 == 0)
    winpath.hiding(path, SCRIPTS)
    if entries:  # one of them: all of six hundred took ten times as long as the rest
        index = chosen(data).randrange(len(entries))
        assert winpath.replace(path, index, entries[index]) == path
    if odd is not None:
        return
    for order in (PREPEND, APPEND):
        once = winpath.insert(path, SCRIPTS, order)
        found = winpath.indices_of(once, SCRIPTS, {})
        at = 0 if order == PREPEND else len(winpath.entries(once)) - 1 - once.endswith(";")
        assert at in found
        if path:
            assert winpath.remove(once, at) == path
    spelled = winpath.with_variable(SCRIPTS, VARIABLES)
    assert winpath.normal(winpath.expand(spelled, VARIABLES)) == winpath.normal(SCRIPTS)
    assert ntpath.normcase(winpath.normal(path)) == winpath.normal(path)


# A name as a word of each language.


def check_quote(data: bytes) -> None:
    """In every language it is one literal that means the name, or it is refused in words."""
    name = decoded(data.translate(None, b"\0\n:"))
    directory = chosen(data).choice(("/opt/", f"{HOME}/", f"{HOME}2/", "/")) + name
    for language in LANGUAGES.values():
        with contextlib.suppress(UnspellableError):
            assert read(language, language.quote(directory, HOME)) == moved(directory)
    with contextlib.suppress(UnspellableError):
        assert read_environment_d(quote.environment_d(directory, HOME)) == moved(directory)
    with contextlib.suppress(UnspellableError):
        word = quote.xonsh(directory, HOME)
        before = "(__xonsh__.env['HOME'] + "
        is_below = word.startswith(before)
        literal: str = ast.literal_eval(word[len(before) : -1] if is_below else word)
        assert (ELSEWHERE if is_below else "") + literal == moved(directory)
    assert posix_means(quote.posix(directory, HOME)) == moved(directory)


def posix_means(word: str) -> str:
    """Return what a shell of the POSIX family makes of `word`; fail where that is not one literal."""
    meant = ""
    while word:
        if word.startswith("\\"):
            meant, word = meant + word[1], word[2:]
            continue
        mark, word = word[0], word[1:]
        assert mark in "'\"", "not quoted"
        inner, closing, word = word.partition(mark)
        assert closing, "the quote is open"
        if mark == '"':
            assert not set(inner.replace("$HOME", "", 1)) & set("$`\\!")
            inner = inner.replace("$HOME", ELSEWHERE, 1)
        meant += inner
    return meant


# A receipt that somebody has edited.

# In memory where that can be: a disk needs five times as long as the code that is tried.
IN_MEMORY = "/dev/shm" if os.access("/dev/shm", os.W_OK) else None  # noqa: S108  (private names in it)
# Who ends without a clean-up, as atheris does, has it in a folder that somebody else removes.
FOLDER = tempfile.TemporaryDirectory(prefix="fuzz-", dir=os.environ.get("FUZZ_FOLDER", IN_MEMORY))


def check_receipt(data: bytes) -> None:
    """Whatever is in its place: no error, and every name in it is a full path that a system can have.

    What is understood can be written, and is understood again as the same.
    """
    receipt = written(data)
    pending = receipt.pending or Pending("")
    targets = [*(entry.target for entry in receipt.entries), *(target for target, _ in pending.targets)]
    for path in (
        *(*receipt.files, *receipt.folders, *pending.folders, *pending.directories, *pending.private),
        *(target.path for target in targets if isinstance(target, File)),
    ):
        assert os.path.isabs(path), path
        assert "\0" not in path, path
        os.fsencode(path)
    receipts.foreign_reason(FOLDER.name, HOME)
    receipts.outside_reason("/nowhere", receipt, HOME)
    if receipt != receipts.EMPTY:
        text = receipts.receipt_edit(FOLDER.name, receipt, HOME).after or ""
        again = written(text.encode())
        assert text == receipts.receipt_edit(FOLDER.name, again, HOME).after


def written(data: bytes) -> Receipt:
    """Write `data` in the place of the receipt, and return what is understood of it."""
    Path(FOLDER.name, receipts.RECEIPT).write_bytes(data)
    return receipts.load(FOLDER.name, HOME)


# The words of a command line.


def check_grammar(data: bytes) -> None:
    """It is understood, or refused in words; what follows `--` are directories as they stand."""
    words = decoded(data).split("\n")
    try:
        found = grammar.parse(words)
    except UsageError:
        return
    assert found == grammar.parse(words)
    if found["action"] in grammar.ACTIONS or set(FINDS_ONE).isdisjoint(found):
        assert grammar.parse([*words, "--", "-x"])["directories"][-1] == "-x"
    if found["action"] not in grammar.ACTIONS and "--" not in words:
        assert set(found["directories"]) <= set(words)


def spelled() -> Iterator[bytes]:
    """Yield the options, with and without a value."""
    for option in grammar.OPTIONS:
        for name in option.names:
            yield f"{name}\n".encode()
            yield f"{name}=\n".encode()
            yield from (f"{name}={choice}\n".encode() for choice in option.choices[:2])
    yield from (
        b"bash\n",
        b"login\n",
        b"5\n",
        b"nan\n",
        b"1e309\n",
        b"--\n",
        b"-\n",
        b"~/x\n",
        b"\n",
        b"=",
        b"-",
    )


JSON = (
    *(
        b"{",
        b"}",
        b"[",
        b"]",
        b",",
        b":",
        b'"',
        b"null",
        b"true",
        b"1",
        b"-1e999",
        b"\\u0000",
        b"\\ud800",
    ),
    *(b'"version": ', b'"version": 1', b'"version": 2', b'"version": 3', b'"files": ["~/.bashrc"]'),
    *(
        b'"receipt": "~/.local/state/onpath/receipt.json"',
        b'"files": [',
        b'"folders": [',
        b'"entries": [{',
    ),
    *(
        b'"~/.bashrc"',
        b'"/etc/passwd"',
        b'"~"',
        b'"../x"',
        b'"relative"',
        b'"/tmp/a\\u0000b"',
        b'"/\\udce9"',
    ),
    *(
        b'"key": "HKEY_CURRENT_USER\\\\Environment"',
        b'"name": "Path"',
        b'"text": "x"',
        b'"order": "append"',
    ),
    *(
        b'"created": true',
        b'"replaced": ""',
        b'"joined": true',
        b'"pending": {"nonce": "0ab",',
        b'"targets": [{"path": "~/.bashrc", "real": "~/.bashrc", "was": ""}',
        b'"private": ["/tmp/onpath-0ab"]',
        b'"directories": [',
        b'"keys": [',
        b'"moved_from": 1',
        b'"path": "~/x"',
        b"\xff",
    ),
)
PATH_WORDS = (
    b":",
    b"/",
    b"a",
    b"b",
    b".",
    b"..",
    b"/a/b",
    b"/a//b/",
    b"~",
    b"\xff",
    b"/a/b:",
    b"::",
    b"//",
)
WINDOWS_WORDS = (
    *(b";", b'"', b"%", b"C:\\a", b"%APPDATA%", b"%TWO%", b"%ODD%", SCRIPTS.encode(), b"\\", b"/", b" "),
    *(
        b"..",
        b"\xc3\xbc",
        b"%appdata%\\Python\\Python311\\Scripts",
        b"C:",
        b"\\\\server\\share",
        b"\xff",
    ),
)
NAME_WORDS = (
    *(b"$HOME", b"${PATH}", b"`id`", b"$(id)", b" ", b"\t", b"'", b'"', b"\\", b"''", b"!", b"!!", b"~"),
    *(
        b"*",
        b"?",
        b"[a]",
        b"{a,b}",
        b"&",
        b";",
        b"|",
        b"<",
        b">",
        b"(",
        b")",
        b"#",
        b"%",
        b"%PATH%",
        b"^",
    ),
    *(
        b"=",
        b"-n",
        b"\xc3\xa9",
        b"\xe9",
        b"\xe2\x80\x98",
        b"\xe2\x80\x99",
        b"\r",
        b"\x01",
        b"\x7f",
        b"@x",
    ),
    *(b"$env:X", b"$E:X", b"\xef\xb7\x90", b"\xf0\x9f\x98\x80", b"a", b"/", b"bin", b"$$", b"\\\\"),
)

TARGETS = {
    target.name: target
    for target in (
        Target("fence", check_fence, tuple(fence_words())),
        Target("pathlist", check_pathlist, PATH_WORDS),
        Target("winpath", check_winpath, WINDOWS_WORDS),
        Target("quote", check_quote, NAME_WORDS),
        Target("receipt", check_receipt, JSON),
        Target("grammar", check_grammar, tuple(spelled())),
    )
}
