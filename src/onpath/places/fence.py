r"""A block of ours between two marker comments in somebody else's text. Pure.

    # --- onpath: ~/.local/bin --- put there by ensure-path, taken out by ensure-path --undo
    ...
    # --- onpath end ---

Each block has a key (its directory), so that a file can hold several. `#` begins a comment in every
shell language; but where a quote or a here-document is open, or `#` follows another character, a marker
is text of the user's, so it has no sign that any shell expands or obeys there. A block that an editor
has indented since is still one. The closing marker keeps what byte-exact removal needs to know:
`joined`, a newline was added before the block; `new file`, there was no file before; and a sum of the
lines between the two, since what the user has written there is not ours to take out. Markers of earlier
releases, without a sum, and of the first ones (`# >>> onpath: ...`, `# <<< onpath <<<`) are read too.
"""

from __future__ import annotations

from onpath.errors import CorruptFenceError
from onpath.model import TOP
from onpath.values import TYPE_CHECKING, dataclass, replace

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Iterator

    FindTop = Callable[[str], int]  # the offset after what a language wants first in a text of its own

OPENING = "# --- onpath: "
OPENED = " ---"
HINT = " --- put there by ensure-path, taken out by ensure-path --undo"
CLOSING = "# --- onpath end"
CLOSED = " ---"
# (how a marker starts, what follows the key): of these releases, and of the first ones.
OPENINGS = ((OPENING, OPENED), ("# >>> onpath: ", " >>>"))
CLOSINGS = (CLOSING, "# <<< onpath")
JOINED = "joined"
NEW_FILE = "new file"
SUM = "sum "  # of the lines between the markers, in hexadecimal digits

BOM = "\ufeff"
BLANKS = " \t"


@dataclass(frozen=True)
class Block:
    """A block found in a text: its key, its lines, and where it lies."""

    key: str
    body: str
    start: int  # offset of the opening marker
    stop: int  # offset after the newline of the closing marker
    joined: bool = False  # a newline was added before the block
    new_file: bool = False  # there was no file before
    sum: str = ""  # of its lines when they were written, if the marker has it

    @property
    def is_changed(self) -> bool:
        """Whether others have changed what is between the markers."""
        return bool(self.sum) and self.sum != _sum(self.body)


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
    """Return the directory whose key is `name`; what no key holds stands for itself."""
    raw, *pieces = name.encode("utf-8", "surrogateescape").split(b"%")
    for piece in pieces:
        digits = piece[:2]
        is_byte = len(digits) == 2 and not digits.strip(b"0123456789ABCDEF")  # noqa: PLR2004
        raw += bytes([int(digits, 16)]) + piece[2:] if is_byte else b"%" + piece
    found = raw.decode("utf-8", "surrogateescape")
    is_below = found == "~" or found.startswith("~/")
    return home.rstrip("/") + found[1:] if is_below else found


def blocks(text: str) -> tuple[Block, ...]:
    """Return our blocks in `text`. Markers that do not pair up raise `CorruptFenceError`."""
    found: list[Block] = []
    opened: tuple[str, int, int] | None = None
    for start, stop in _plain_or_paired(text, _markers(text)):
        marker = text[start:stop].lstrip(BLANKS).rstrip("\r\n")
        if marker.startswith(CLOSINGS):
            if not opened:
                raise CorruptFenceError(f"{_at(text, start)} closed but not opened; remove it by hand")
            name, begin, inner = opened
            joined, new_file = JOINED in marker, NEW_FILE in marker
            total = marker.partition(SUM)[2].partition(CLOSED)[0]
            found.append(Block(name, text[inner:start], begin, stop, joined, new_file, total))
            opened = None
        else:
            if opened:
                raise CorruptFenceError(f"{_at(text, start)} opened twice; repair or remove it by hand")
            named = _key_of(marker)
            if named is None:
                raise CorruptFenceError(f"{_at(text, start)} damaged; repair or remove it by hand")
            opened = (named, start, stop)
    if opened:
        raise CorruptFenceError(f"{_at(text, opened[1])} opened but not closed; remove it by hand")
    keys: set[str] = set()
    for block in found:
        if block.key in keys:
            raise CorruptFenceError(f"{_at(text, block.start)} a second one; remove one by hand")
        keys.add(block.key)
    return tuple(found)


def _at(text: str, start: int) -> str:
    """Return how a sentence on a block begins in which something is wrong; `start` is its marker."""
    line = text.count("\n", 0, start) + 1
    return f"has a block of onpath in line {line} that is"


def _check_own(text: str, gone: Iterable[Block]) -> None:
    """Raise `CorruptFenceError` if one of the blocks that are to go has something of others in it."""
    for block in gone:
        if block.is_changed:
            raise CorruptFenceError(
                f"{_at(text, block.start)} not as ensure-path has written it; "
                "move your own lines out of it, or remove it by hand"
            )


def _sum(body: str) -> str:
    """Return a sum of `body` that stays the same if an editor only indents or breaks its lines anew."""
    import zlib  # noqa: PLC0415  (only runs that find a block, or write one)

    return f"{zlib.crc32(''.join(body.split()).encode('utf-8', 'surrogatepass')):08x}"


def insert(
    text: str | None, name: str, body: str, position: str = TOP, find_top: FindTop | None = None
) -> str:
    """Return `text` with `body` (lines, each ended) fenced at `position`.

    A block of the same key is replaced where it is, if it is at that position already. `None` is a file
    that does not exist. `find_top` is that of its language, where it has a rule of its own.
    """
    found = blocks(text or "")
    here = next((block for block in found if block.key == name), None)
    if text is not None and here:
        _check_own(text, (here,))
        top = _top(text, found, find_top) if position == TOP else None
        if _is_at(text, found, here, top):
            return text[: here.start] + _render(replace(here, body=body, sum="")) + text[here.stop :]
        text = _cut(text, found, (here,))
        found = blocks(text or "")
    new_file, text = text is None, text or ""
    at = _top(text, found, find_top) if position == TOP else len(text)
    before, after = text[:at], text[at:]
    is_clear = not before or before.endswith("\n") or (find_top is not None and before == BOM)
    joined = not is_clear
    fresh = _render(Block(name, body, 0, 0, joined=joined, new_file=new_file))
    return before + "\n" * joined + fresh + after


def remove(text: str | None, *names: str) -> str | None:
    """Return `text` without the blocks that have one of these keys, or without any block of ours.

    What others wrote after a block keeps its own lines. `None`: nothing is left of a file that
    did not exist before.
    """
    found = blocks(text or "")
    gone = tuple(block for block in found if not names or block.key in names)
    _check_own(text or "", gone)
    return _cut(text, found, gone) if text is not None and gone else text


def bare(text: str | None) -> str | None:
    """Return `text` without any block of ours, whatever is in it: to be compared, and not to be kept."""
    found = blocks(text or "")
    return _cut(text, found, found) if text is not None and found else text


def check_own(text: str | None, names: Collection[str]) -> None:
    """Raise `CorruptFenceError` if a block that has one of these keys has something of others in it.

    For who writes several, one after the other: the line that is named is that before the first.
    """
    _check_own(text or "", (block for block in blocks(text or "") if block.key in names))


def bodies(text: str | None) -> dict[str, str]:
    """Return the body of each of our blocks in `text`, by key."""
    return {block.key: block.body for block in blocks(text or "")}


def _cut(text: str, found: tuple[Block, ...], gone: Iterable[Block]) -> str | None:
    """Return `text` without the blocks `gone` of `found`, in one pass from the last to the first.

    What the marks of a block that goes say passes on to one that stays.
    """
    going = {block.start for block in gone}
    blocks = list(found)
    # The lines of others: before the first block, between two, and after the last.
    gaps = [
        text[start:stop]
        for start, stop in zip(
            [0, *(block.stop for block in found)], [*(block.start for block in found), len(text)]
        )
    ]
    kept = -1  # the nearest block that stays, of those looked at
    is_clear = not gaps[-1]  # nothing is between here and that block, or the end
    for i in range(len(blocks) - 1, -1, -1):
        block = blocks[i]
        if block.start not in going:
            kept, is_clear = i, not gaps[i]
            continue
        if block.joined and i and not gaps[i]:
            blocks[i - 1] = replace(blocks[i - 1], joined=True)
        elif block.joined and is_clear and kept >= 0:
            blocks[kept] = replace(blocks[kept], joined=True)
        elif block.joined and is_clear:
            gaps[i] = _unjoined(gaps[i], text[block.stop - 2 : block.stop])
        if block.new_file and (i or kept >= 0):
            heir = 0 if i else kept
            blocks[heir] = replace(blocks[heir], new_file=True)
        is_clear = is_clear and not gaps[i]
    pieces = [gaps[0]]
    for old, new, gap in zip(found, blocks, gaps[1:]):
        if old.start not in going:
            pieces.append(text[old.start : old.stop] if new == old else _render(new))
        pieces.append(gap)
    rest = "".join(pieces)
    is_of_ours = blocks[0].new_file and kept < 0
    return None if is_of_ours and not rest else rest


def _unjoined(before: str, ending: str) -> str:
    r"""Return `before` without the newline that was added to it, as an editor may have saved it since.

    `ending` is that of the block: `\r\n` if the editor did so to all lines.
    """
    if ending == "\r\n" and before.endswith("\r\n"):
        return before[:-2]
    return before.removesuffix("\n")


def _render(block: Block) -> str:
    # Always "\n": sh, zsh and csh take a "\r" for part of the last word.
    marks = [mark for mark, is_set in ((JOINED, block.joined), (NEW_FILE, block.new_file)) if is_set]
    closing = ", ".join([CLOSING, *marks, SUM + (block.sum or _sum(block.body))]) + CLOSED
    return f"{OPENING}{block.key}{HINT}\n{block.body}{closing}\n"


def _key_of(marker: str) -> str | None:
    """Return the key in an opening marker, or None if that is damaged."""
    start, arrow = next(each for each in OPENINGS if marker.startswith(each[0]))
    name, sign, _ = marker[len(start) :].partition(arrow)
    return name if sign else None


def _is_at(text: str, found: tuple[Block, ...], block: Block, top: int | None) -> bool:
    """Say whether nothing but blocks of ours is between `block` and `top`, or the end of `text`."""
    if top is not None:
        between = [b for b in found if top <= b.start < block.start]
        gap = block.start - top
    else:
        between = [b for b in found if b.start > block.start]
        gap = len(text) - block.stop
    return gap == sum(b.stop - b.start for b in between)


def _top(text: str, found: tuple[Block, ...], find_top: FindTop | None) -> int:
    """Return the offset after what stays first.

    Without a rule of the language (`find_top`) these are a BOM's line, a `#!` line and an encoding
    comment. Most shells take a BOM for a part of the first word. It spoils that line, which may go on in
    the next one, and none after it.
    """
    if find_top:
        return _top_among(text, found, find_top)
    limit = found[0].start if found else len(text)
    if text.startswith(BOM) and limit == len(BOM) and found:
        return found[0].stop  # of a release that put it there, for another directory
    at, is_spoilt = 0, text.startswith(BOM)
    for _ in range(2):
        stop = text.find("\n", at) + 1 or len(text)
        line = text[at:stop].lstrip(BOM)
        is_encoding = line.startswith("#") and ("coding:" in line or "coding=" in line)
        if not (line.startswith("#!") or is_encoding or is_spoilt):
            break
        at, is_spoilt = stop, False
        while not line.startswith("#") and line.rstrip("\r\n").endswith("\\") and at < len(text):
            stop = text.find("\n", at) + 1 or len(text)
            at, line = stop, text[at:stop]
    return min(at, limit)


def _top_among(text: str, found: tuple[Block, ...], find_top: FindTop) -> int:
    """Return the offset that `find_top` tells of the lines of others, before any block that is there."""
    starts, stops = (0, *(block.stop for block in found)), (*(b.start for b in found), len(text))
    left = find_top("".join(text[start:stop] for start, stop in zip(starts, stops)))
    for start, stop in zip(starts, stops):
        if left <= stop - start:
            return start + left
        left -= stop - start
    return len(text)


def _plain_or_paired(text: str, markers: Iterable[tuple[int, int]]) -> Iterator[tuple[int, int]]:
    """Yield those of `markers` that are ours: of indented ones those alone that pair up.

    Whoever puts a block into an `if` has an editor that indents it. Any other indented marker is text of
    the user's, such as an example.
    """
    opened: tuple[int, int] | None = None
    for start, stop in markers:
        marker = text[start:stop]
        plain = marker.lstrip(BLANKS)
        width = len(marker) - len(plain)
        if not width:
            opened = None
            yield start, stop
        elif plain.startswith(CLOSING):
            if opened and text.startswith(marker[:width], opened[0]):
                yield from (opened, (start, stop))
            opened = None
        else:
            opened = (start, stop) if HINT in marker else None


def _markers(text: str) -> Iterator[tuple[int, int]]:
    """Yield where each line that begins as a marker starts and stops, in their order.

    Only a newline ends a line. A text of millions of lines is searched, not cut into them. A byte order
    mark may come before a marker in any line: without the block above it that line may be the first. So
    may blanks.
    """
    signs = [*(start for start, _ in OPENINGS), *CLOSINGS]
    found = [_find(text, sign, 0) for sign in signs]
    while (at := min(found)) < len(text):
        stop = text.find("\n", at) + 1 or len(text)
        yield _indented(text, at), stop
        for i, sign in enumerate(signs):
            if found[i] < stop:
                found[i] = _find(text, sign, stop)


def _find(text: str, sign: str, start: int) -> int:
    """Return where `sign` is first at or after `start` as the first text of its line, or the end."""
    while (at := text.find(sign, start)) >= 0:
        before = _indented(text, at)
        before -= text.startswith(BOM, before - 1) if before else 0
        if not before or text[before - 1] == "\n":
            return at
        start = at + len(sign)
    return len(text)


def _indented(text: str, at: int) -> int:
    """Return where the blanks before `at` begin."""
    while at and text[at - 1] in BLANKS:
        at -= 1
    return at
