"""What `export -p` of bash or of any /bin/sh prints, and bash's `export -pf`, read back. Pure.

dash and busybox print 'single' quotes, bash "double" ones and $'...', ksh and zsh what is shortest.
"""

from __future__ import annotations

ESCAPES = {
    "n": "\n",
    "t": "\t",
    "r": "\r",
    "a": "\a",
    "b": "\b",
    "f": "\f",
    "v": "\v",
    "e": "\x1b",
    "E": "\x1b",
}
PLAIN = {"'": frozenset(), '"': frozenset("\\$`")}  # quotes, and what may not stand in a plain value
ARRAYS = frozenset("aA")  # of bash's attributes
MAX_CHARACTER, SURROGATES, REPLACEMENT = 0x10FFFF, range(0xD800, 0xE000), 0xFFFD
OCTAL, HEX = "01234567", "0123456789abcdefABCDEF"
DIGITS = {"x": 2, "u": 4, "U": 8}  # how many hexadecimal ones follow; mksh writes the last two


def parse(text: str) -> dict[str, str]:
    """Return the variables that have a value in `text`."""
    found: dict[str, str] = {}
    for line in text.split("\n"):  # most are plain; all signs one by one take a ms
        name, sign, value = _assignment(line).partition("=")
        quote = value[:1]
        if (not sign and name.isidentifier()) or not line:
            continue  # one without a value
        is_plain = quote in PLAIN and value.find(quote, 1) == len(value) - 1
        if not name.isidentifier() or not is_plain or not PLAIN[quote].isdisjoint(value):
            return _parse_any(text)
        found[name] = value[1:-1]
    return found


def functions(text: str) -> dict[str, str]:
    """Return the variables by which bash hands on the functions in `text`."""
    found: dict[str, str] = {}
    while text:
        name, sign, rest = text.partition(" () \n")
        body, end, text = rest.partition(f"\ndeclare -fx {name}\n")
        if not (sign and end):
            break
        found[f"BASH_FUNC_{name}%%"] = f"() {body}"
    return found


def _assignment(line: str) -> str:
    """Return what follows `export` or, in bash, `declare` and the attributes."""
    command, _, rest = line.partition(" ")
    return rest.partition(" ")[2] if command == "declare" else rest if command == "export" else ""


def _parse_any(text: str) -> dict[str, str]:
    found: dict[str, str] = {}
    attributes = ""
    for word in _words(text):
        name, sign, value = word.partition("=")
        if not sign and word.startswith("-"):
            attributes = word
        elif sign and name.isidentifier() and ARRAYS.isdisjoint(attributes):  # no child gets an array
            found[name] = value
    return found


def _words(text: str) -> list[str]:
    """Return the words of `text`, without their quotes."""
    words: list[str] = []
    word: list[str] | None = None
    at = 0
    while at < len(text):
        sign = text[at]
        if sign in " \t\n":
            if word is not None:
                words.append("".join(word))
            word, at = None, at + 1
            continue
        word = [] if word is None else word
        if sign == "'":
            piece, at = _until(text, at + 1)
        elif sign == '"':
            piece, at = _double(text, at + 1)
        elif text.startswith("$'", at):
            piece, at = _escaped(text, at + 2)
        elif sign == "\\":
            piece, at = text[at + 1 : at + 2], at + 2
        else:
            piece, at = sign, at + 1
        word.append(piece)
    if word is not None:
        words.append("".join(word))
    return words


def _until(text: str, start: int) -> tuple[str, int]:
    stop = text.find("'", start)
    stop = len(text) if stop < 0 else stop
    return text[start:stop], stop + 1


def _double(text: str, at: int) -> tuple[str, int]:
    found = []
    while at < len(text) and text[at] != '"':
        if text[at] == "\\" and text[at + 1 : at + 2] in set('$`"\\\n'):
            at += 1
            found.append("" if text[at] == "\n" else text[at])
        else:
            found.append(text[at])
        at += 1
    return "".join(found), at + 1


def _escaped(text: str, at: int) -> tuple[str, int]:
    found = bytearray()
    while at < len(text) and text[at] != "'":
        sign, at = text[at], at + 1
        piece, at = _escape(text, at) if sign == "\\" else (_encoded(sign), at)
        found += piece
    return found.decode("utf-8", "surrogateescape"), at + 1


def _escape(text: str, at: int) -> tuple[bytes, int]:
    """Return the bytes that a backslash before `at` means, and where the rest begins."""
    sign, rest = text[at : at + 1], at + 1
    if sign in DIGITS:
        number, rest = _number(text, rest, HEX, DIGITS[sign])
        return bytes([number]) if sign == "x" else _encoded(chr(number)), rest
    if sign and sign in OCTAL:
        number, rest = _number(text, at, OCTAL, 3)
        return bytes([number & 0xFF]), rest
    if sign and sign in "CM" and text.startswith("-", rest):  # zsh: control, and the eighth bit
        is_both = text.startswith("\\C-", rest + 1)
        piece, rest = (
            _escape(text, rest + 2)
            if is_both
            else (_encoded(text[rest + 1 : rest + 2]) or b"\0", rest + 2)
        )
        if sign == "M":
            return bytes([piece[0] | 0x80]), rest
        return b"\x7f" if piece == b"?" else bytes([piece[0] & 0x1F]), rest
    return _encoded(ESCAPES.get(sign, sign)), rest


def _number(text: str, at: int, digits: str, most: int) -> tuple[int, int]:
    """Return the number at `at`, of at most so many digits, and where the rest begins."""
    is_bracketed = digits == HEX and text.startswith("[", at)  # ksh93
    start = at = at + is_bracketed
    while at < start + most and text[at : at + 1] in set(digits):
        at += 1
    number = int(text[start:at] or "0", 8 if digits == OCTAL else 16)
    is_character = number <= MAX_CHARACTER and number not in SURROGATES
    return number if is_character else REPLACEMENT, at + is_bracketed


def _encoded(text: str) -> bytes:
    return text.encode("utf-8", "surrogateescape")
