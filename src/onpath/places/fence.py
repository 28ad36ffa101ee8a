r"""A block of ours between two marker comments in somebody else's text. Pure.

    # >>> onpath: ~/.local/bin >>> put there by ensure-path; `ensure-path --undo` takes it out
    ...
    # <<< onpath <<<

Each block has a key (its directory), so that a file can hold several. `#` begins a comment in every
shell language. The closing marker keeps what byte-exact removal needs to know: `(joined)`, a newline
was added before the block; `(new file)`, there was no file before.
"""

from __future__ import annotations

from onpath.errors import CorruptFenceError
from onpath.model import TOP
from onpath.values import TYPE_CHECKING, dataclass, replace

if TYPE_CHECKING:
    from collections.abc import Iterator

OPENING = "# >>> onpath: "
HINT = " >>> put there by ensure-path; `ensure-path --undo` takes it out"
CLOSING = "# <<< onpath"
JOINED = " (joined)"
NEW_FILE = " (new file)"
CLOSED = " <<<"

BOM = "\ufeff"


@dataclass(frozen=True)
class Block:
    """A block found in a text: its key, its lines, and where it lies."""

    key: str
    body: str
    start: int  # offset of the opening marker
    stop: int  # offset after the newline of the closing marker
    flags: str  # JOINED, NEW_FILE

    @property
    def joined(self) -> bool:
        """Whether a newline was added before the block."""
        return JOINED in self.flags

    @property
    def new_file(self) -> bool:
        """Whether there was no file before."""
        return NEW_FILE in self.flags


def key(directory: str, home: str) -> str:
    """Return `directory` as it is spelled in a marker: `~` for the home, odd bytes percent-encoded.

    A comment must be plain too: csh expands `!` in it, and yash stops at a byte that is not UTF-8.
    """
    home = home.rstrip("/")
    if home and (directory + "/").startswith(home + "/"):
        directory = "~" + directory[len(home) :]
    safe = b"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789/._~+-@"
    raw = directory.encode("utf-8", "surrogateescape")
    return "".join(chr(byte) if byte in safe else f"%{byte:02X}" for byte in raw)


def directory(name: str, home: str) -> str:
    """Return the directory whose key is `name`."""
    if name == "~" or name.startswith("~/"):
        name = home.rstrip("/") + name[1:]
    head, *pieces = name.encode().split(b"%")
    raw = b"".join([head, *(bytes([int(piece[:2], 16)]) + piece[2:] for piece in pieces)])
    return raw.decode("utf-8", "surrogateescape")


def blocks(text: str) -> tuple[Block, ...]:
    """Return our blocks in `text`. Markers that do not pair up raise `CorruptFenceError`."""
    if OPENING not in text and CLOSING not in text:
        return ()
    found: list[Block] = []
    opened: tuple[str, int, int] | None = None
    for start, line in _lines(text):
        marker = line.rstrip("\r\n")
        if marker.startswith(OPENING):
            if opened:
                raise CorruptFenceError("a block of onpath is opened twice; repair or remove it by hand")
            name, arrow, _ = marker[len(OPENING) :].partition(" >>>")
            if not arrow:
                raise CorruptFenceError("an onpath marker is damaged; repair or remove it by hand")
            opened = (name, start, start + len(line))
        elif marker.startswith(CLOSING):
            if not opened:
                raise CorruptFenceError("a block of onpath is closed but not opened; remove it by hand")
            name, begin, inner = opened
            found.append(
                Block(
                    key=name,
                    body=text[inner:start],
                    start=begin,
                    stop=start + len(line),
                    flags="".join(flag for flag in (JOINED, NEW_FILE) if flag in marker),
                )
            )
            opened = None
    if opened:
        raise CorruptFenceError("a block of onpath is opened but not closed; remove it by hand")
    names = [block.key for block in found]
    if len(set(names)) < len(names):
        raise CorruptFenceError("there are two blocks of onpath for one directory; remove one by hand")
    return tuple(found)


def insert(text: str | None, name: str, body: str, position: str = TOP) -> str:
    """Return `text` with `body` (lines, each ended) fenced at `position`.

    A block of the same key is replaced where it is, if it is at that position already.
    `None` is a file that does not exist.
    """
    here = _find(text or "", name)
    if text is not None and here:
        if _is_at(text, here, position):
            fresh = _render(replace(here, body=body))
            return text[: here.start] + fresh + text[here.stop :]
        text = _cut(text, here)
    flags = NEW_FILE if text is None else ""
    text = text or ""
    at = _top(text) if position == TOP else len(text)
    before, after = text[:at], text[at:]
    if before not in {"", BOM} and not before.endswith("\n"):
        before, flags = before + "\n", JOINED + flags
    return before + _render(Block(name, body, 0, 0, flags)) + after


def remove(text: str | None, name: str | None = None) -> str | None:
    """Return `text` without the block of key `name`, or without any block of ours.

    What others wrote after a block keeps its own lines. `None`: nothing is left of a file that
    did not exist before.
    """
    while text is not None:
        block = next((b for b in reversed(blocks(text)) if name in {None, b.key}), None)
        if block is None:
            break
        text = _cut(text, block)
    return text


def bodies(text: str | None) -> dict[str, str]:
    """Return the body of each of our blocks in `text`, by key."""
    return {block.key: block.body for block in blocks(text or "")}


def _cut(text: str, block: Block) -> str | None:
    """Return `text` without `block`. What its marks say passes on to a block that stays."""
    before, after = text[: block.start], text[block.stop :]
    rest = before + after
    others = blocks(rest)
    neighbour = next((b for b in others if block.start in {b.start, b.stop}), None)
    if block.joined and neighbour:
        rest = _mark(rest, neighbour, JOINED)
    elif block.joined and not after:
        # The newline that was added before the block, as an editor may have saved it since.
        is_crlf = text[block.start : block.stop].endswith("\r\n") and before.endswith("\r\n")
        rest = before[:-2] if is_crlf else before[:-1]
    if block.new_file and others:
        rest = _mark(rest, blocks(rest)[0], NEW_FILE)
    return None if block.new_file and not rest else rest


def _mark(text: str, block: Block, flag: str) -> str:
    """Return `text` with `flag` in the closing marker of `block`."""
    if flag in block.flags:
        return text
    return text[: block.start] + _render(replace(block, flags=block.flags + flag)) + text[block.stop :]


def _render(block: Block) -> str:
    # Always "\n": sh, zsh and csh take a "\r" for part of the last word.
    return f"{OPENING}{block.key}{HINT}\n{block.body}{CLOSING}{block.flags}{CLOSED}\n"


def _find(text: str, name: str) -> Block | None:
    return next((block for block in blocks(text) if block.key == name), None)


def _is_at(text: str, block: Block, position: str) -> bool:
    """Say whether there is nothing but blocks of ours between `block` and that end of `text`."""
    if position == TOP:
        between = [b for b in blocks(text) if b.start < block.start]
        gap = block.start - _top(text)
    else:
        between = [b for b in blocks(text) if b.start > block.start]
        gap = len(text) - block.stop
    return gap == sum(b.stop - b.start for b in between)


def _top(text: str) -> int:
    """Return the offset after a BOM, a `#!` line and an encoding comment: these must stay first."""
    at = len(BOM) if text.startswith(BOM) else 0
    for _ in range(2):
        stop = text.find("\n", at) + 1 or len(text)
        line = text[at:stop]
        is_encoding = line.startswith("#") and ("coding:" in line or "coding=" in line)
        if not (line.startswith("#!") or is_encoding):
            break
        at = stop
    return at


def _lines(text: str) -> Iterator[tuple[int, str]]:
    """Yield each line of `text` after a BOM, with its ending and offset. Only a newline ends one."""
    start = len(BOM) if text.startswith(BOM) else 0
    while start < len(text):
        stop = text.find("\n", start) + 1 or len(text)
        yield start, text[start:stop]
        start = stop
