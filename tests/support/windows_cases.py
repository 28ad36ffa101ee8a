r"""Values that `Path` may have at the start, and what is to become of them.

`{T}` is the directory, `%APPDATA%\Python\Python311\Scripts`; `{L}` is that in full. What is expected
is the raw value, written out: everything that was there, as it was, and one entry more; None means
that nothing may change.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

SZ, EXPAND, BINARY, DWORD, MULTI = 1, 2, 3, 4, 7

SHORT = r"%APPDATA%\Python\Python311\Scripts"


@dataclass(frozen=True)
class Case:
    """One value at the start, and what `ensure-path` leaves."""

    name: str
    kind: int | None  # None: there is no value
    text: str = ""
    after: str | None = None  # None: unchanged
    raw: bytes | None = None  # in place of `text`
    is_refused: bool = False
    is_verified: bool = True


def added(name: str, kind: int, text: str, entry: str = "{T}") -> Case:
    """Return the case of a value that lacks the directory."""
    return Case(name, kind, text, f"{entry};{text}" if text else entry)


def utf16(text: str) -> bytes:
    """Return `text` as the registry holds it."""
    return (text + "\0").encode("utf-16-le", "surrogatepass")


CASES = (
    Case("absent", None, after="{T}"),
    added("empty", EXPAND, ""),
    added("empty REG_SZ", SZ, "", "{L}"),
    added("one entry", EXPAND, r"C:\a"),
    added("one entry, REG_SZ", SZ, r"C:\a", "{L}"),
    added("REG_SZ in mixed case", SZ, r"C:\Mixed\Case", "{L}"),
    added("REG_SZ with a variable", SZ, r"C:\a;%USERPROFILE%\b", "{L}"),
    added("REG_SZ with our short form, which does not work there", SZ, "{T}", "{L}"),
    added("trailing separator", EXPAND, "C:\\a;"),
    added("two trailing separators", EXPAND, "C:\\a;;"),
    added("leading separator", EXPAND, ";C:\\a"),
    added("only a separator", EXPAND, ";"),
    added("doubled separator inside", EXPAND, "C:\\a;;C:\\b"),
    added("blanks around entries", EXPAND, " C:\\a ; C:\\b "),
    added("ours with a blank before it, which does not work", EXPAND, "C:\\a; {L};C:\\b"),
    added("ours with a blank behind it, which does not work", EXPAND, "C:\\a;{L} ;C:\\b"),
    added("ours as the name of a device, which does not work", EXPAND, r"C:\a;\\?\{L}"),
    added("only a blank", EXPAND, " "),
    added("variables, known and unknown", EXPAND, r"%SystemRoot%\x;%NoSuchVariable%\y;%"),
    added("a quoted separator", EXPAND, '"C:\\a;b";C:\\c'),
    added("ours inside quotes of another entry", EXPAND, '"C:\\a;{L}"'),
    added("an odd quote", EXPAND, '"C:\\a;C:\\b'),
    added("look-alike sibling", EXPAND, "{L}2"),
    added("the folder above", EXPAND, r"%APPDATA%\Python\Python311"),
    added("a folder below", EXPAND, "{L}\\sub"),
    added("ours with a prefix", EXPAND, "X{L}"),
    added("the unversioned directory", EXPAND, r"%APPDATA%\Python\Scripts"),
    added("another version", EXPAND, r"%APPDATA%\Python\Python399\Scripts"),
    added("with a drive only", EXPAND, "C:;C:\\"),
    added("non-ASCII", EXPAND, "C:\\Jürgen\\Größe;C:\\日本語"),
    added("non-BMP", EXPAND, "C:\\\U0001f40d\\Scripts"),
    added("a lone surrogate", EXPAND, "C:\\\ud83d\\x"),
    added("slashes", EXPAND, "C:/a/b;C:\\c/d"),
    added("dollars and percents", EXPAND, r"C:\$HOME\100%;C:\${x}"),
    added("network and device names", EXPAND, r"\\server\share\bin;\\?\C:\tools"),
    added("the Store's aliases", EXPAND, r"%USERPROFILE%\AppData\Local\Microsoft\WindowsApps;"),
    added("relative entries", EXPAND, r".;..\x;bin"),
    added("newline and tab", EXPAND, "C:\\a\r\n;\tC:\\b"),
    added("2,000 characters", EXPAND, ";".join(f"C:\\{i:07}" for i in range(182))),
    added("3,000 characters", EXPAND, ";".join(f"C:\\{i:07}" for i in range(273))),
    # Not verified: Wine's cmd fails with a PATH of that length.
    replace(
        added("31,998 characters", EXPAND, ";".join(f"C:\\{i:07}" for i in range(2909))),
        is_verified=False,
    ),
    # A second one would stay when the quote has been taken out.
    Case("ours after an odd quote, which does not work", EXPAND, '"C:\\a;{L}', is_refused=True),
    added("ours between a pair of quotes and an odd one", EXPAND, '"C:\\a;b";{T}2;"C:\\c'),
    Case("ours, and after it an odd quote", EXPAND, '"C:\\a;b";{T};"C:\\c'),
    Case("32,766 characters", EXPAND, "C:\\" + "x" * 32763, is_refused=True),
    Case("ours, short", EXPAND, "{T}"),
    Case("ours, in full", EXPAND, "{L}"),
    Case("ours, in full, REG_SZ", SZ, "C:\\a;{L}"),
    Case("ours in other case", EXPAND, "C:\\a;{U}"),
    Case("ours with a trailing backslash", EXPAND, "{L}\\"),
    Case("ours with slashes", EXPAND, "{S}"),
    Case("ours quoted", EXPAND, '"{L}";C:\\a'),
    Case("ours, quoted with a variable", EXPAND, '"{T}"'),
    Case("ours by another variable", EXPAND, r"%USERPROFILE%\AppData\Roaming\Python\Python311\Scripts"),
    Case("ours with variables in other case", EXPAND, r"%AppData%\python\PYTHON311\scripts"),
    Case("ours with ..", EXPAND, r"%APPDATA%\Python\Python311\Lib\..\Scripts"),
    Case("ours with doubled backslashes", EXPAND, r"%APPDATA%\\Python\\Python311\\Scripts"),
    Case("ours twice", EXPAND, "{T};C:\\a;{L}"),
    Case("REG_DWORD", DWORD, raw=b"\x01\0\0\0", is_refused=True),
    Case("REG_MULTI_SZ", MULTI, raw=utf16("C:\\a\0C:\\b\0"), is_refused=True),
    Case("REG_BINARY", BINARY, raw=b"C:\\a", is_refused=True),
    Case("of an unknown type", 4711, raw=utf16("C:\\a"), is_refused=True),
    Case("a NUL inside", EXPAND, raw=utf16("C:\\a\0;C:\\b"), is_refused=True),
    Case("a NUL inside, REG_SZ", SZ, raw=utf16("C:\\a\0;C:\\b"), is_refused=True),
    Case("half a character", EXPAND, raw=utf16("C:\\a")[:-1], is_refused=True),
    Case("without the closing NUL", EXPAND, "C:\\a", "{T};C:\\a", raw=utf16("C:\\a")[:-2]),
)
