"""Small decoders of the languages for which `onpath.shells.quote` spells strings: what a word means.

Written from the manuals, apart from the quoting itself.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Callable

from onpath.shells import quote
from samples import HOME

ELSEWHERE = "/elsewhere/o'home"  # the home in which a word is read


@dataclass(frozen=True)
class Language:
    """How a language spells a string: the quoting under test, the home, literals and their escapes."""

    quote: Callable[[str, str], str]
    home: tuple[str, str]  # before and behind the literal of what is below the home
    literal: str
    escapes: dict[str, str]


SINGLE_DOUBLED = r"'((?:[^']|'')*)'"
LANGUAGES = {
    "fish": Language(
        quote.fish, ('"$HOME"', ""), r"'((?:[^'\\]|\\[\\'])*)'", {"\\\\": "\\", "\\'": "'"}
    ),
    "csh": Language(
        quote.csh, ('"${HOME}"', ""), r"'((?:[^'!]|\\!|'\\'')*)'", {"'\\''": "'", "\\!": "!"}
    ),
    "rc": Language(quote.rc, ("$home^", ""), SINGLE_DOUBLED, {"''": "'"}),
    "elvish": Language(quote.elvish, ("$E:HOME", ""), SINGLE_DOUBLED, {"''": "'"}),
    "nushell": Language(
        quote.nushell,
        ("($env.HOME + ", ")"),
        r'"((?:[^"\\]|\\["\\])*)"',
        {"\\\\": "\\", '\\"': '"'},
    ),
    "powershell": Language(
        quote.powershell,
        ("($env:HOME + ", ")"),
        "'((?:[^'\u2018\u2019\u201a\u201b]|''|\u2018\u2018|\u2019\u2019|\u201a\u201a|\u201b\u201b)*)'",
        {mark * 2: mark for mark in "'\u2018\u2019\u201a\u201b"},
    ),
}


def read(language: Language, word: str) -> str:
    """Return what `word` means in `language`; fail where it is more than one literal."""
    before, behind = language.home
    plain = re.fullmatch(r'"\$(?:HOME|\{HOME\})([\w/.+-]*)"', word, re.ASCII)
    if plain:
        return ELSEWHERE + plain[1]
    is_below = word.startswith(before)
    if is_below:
        word = word[len(before) : len(word) - len(behind)]
    match = re.fullmatch(language.literal, word)
    assert match, f"{word!r} is not one literal"
    pattern = "|".join(map(re.escape, language.escapes))
    text = re.sub(pattern, lambda found: language.escapes[found[0]], match[1])
    return (ELSEWHERE if is_below else "") + text


def moved(directory: str, home: str = ELSEWHERE) -> str:
    """Return where `directory` is for a user whose home is `home`."""
    rest = quote.below(directory, HOME)
    return directory if rest is None else home + rest


def read_environment_d(word: str) -> str:
    """Return what `word` means in environment.d; fail where it is more than a home and a literal."""
    is_below = word.startswith("${HOME}")
    literal = word[len("${HOME}") :] if is_below else word
    assert re.fullmatch(r"""(?:\\[^\n]|\$\$|[^\\$"'\s])*""", literal), f"{word!r} is not one literal"
    text = re.sub(r"\\(.)|\$\$", lambda found: found[1] or "$", literal)
    return (ELSEWHERE if is_below else "") + text
