"""`onpath.winpath`, on any system."""

from __future__ import annotations

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from onpath import winpath
from onpath.model import APPEND, PREPEND
from samples import BOUNDED

ENVIRON = {
    "APPDATA": r"C:\Users\Ada\AppData\Roaming",
    "USERPROFILE": r"C:\Users\Ada",
    "TWO": r"C:\a;C:\b",
}
T = r"C:\Users\Ada\AppData\Roaming\Python\Python311\Scripts"

LAW = settings(BOUNDED, max_examples=max(100, BOUNDED.max_examples))  # they cost next to nothing
PIECES = st.lists(
    st.sampled_from([";", '"', "%", "C:\\a", "%APPDATA%", T, "\\", "/", " ", "..", "ü"]), max_size=12
).map("".join)


@pytest.mark.parametrize(
    ("path", "entries"),
    [
        ("", ()),
        (";", ("", "")),
        (r"C:\a;C:\b;", (r"C:\a", r"C:\b", "")),
        (r'"C:\a;b";C:\c', (r'"C:\a;b"', r"C:\c")),
        (r'C:\"a;b"c;d', (r'C:\"a;b"c', "d")),
        (r'"C:\a;C:\b', (r'"C:\a', r"C:\b")),
        (r'"C:\a;b";C:\c;"C:\d;C:\e', (r'"C:\a;b"', r"C:\c", r'"C:\d', r"C:\e")),
    ],
)
def test_entries_end_at_semicolons_outside_of_quotes(path: str, entries: tuple[str, ...]) -> None:
    assert entries == winpath.entries(path)


@LAW
@given(PIECES)
def test_entries_joined_are_the_path(path: str) -> None:
    assert path == ";".join(winpath.entries(path))


@pytest.mark.parametrize(
    ("text", "expanded"),
    [
        ("%APPDATA%", ENVIRON["APPDATA"]),
        ("%appdata%\\x", ENVIRON["APPDATA"] + "\\x"),
        ("%NONE%\\%USERPROFILE%", "%NONE%\\" + ENVIRON["USERPROFILE"]),
        ("100%", "100%"),
        ("%%", "%%"),
        ("$APPDATA ${APPDATA} '%USERPROFILE%'", f"$APPDATA ${{APPDATA}} '{ENVIRON['USERPROFILE']}'"),
    ],
)
def test_only_percent_names_are_expanded(text: str, expanded: str) -> None:
    assert expanded == winpath.expand(text, ENVIRON)


@pytest.mark.parametrize(
    "entry",
    [
        T,
        T.upper(),
        T.replace("\\", "/"),
        T + "\\",
        f'"{T}"',
        r"%APPDATA%\Python\Python311\Scripts",
        r"%userprofile%\AppData\Roaming\Python\Python311\Scripts\\",
        r"%APPDATA%\Python\Python311\Lib\..\Scripts",
        r"%APPDATA%\\Python\.\Python311\Scripts",
    ],
)
def test_spellings_of_the_directory_are_found(entry: str) -> None:
    assert (1,) == winpath.indices_of(f"C:\\a;{entry};C:\\b", T, ENVIRON)


@pytest.mark.parametrize(
    "entry",
    [
        "",
        T + "2",
        T[:-1],
        f" {T}",
        r"%APPDATA%\Python\Python312\Scripts",
        f"X{T}",
        f"{T}\\sub",
        "C:",
        "\\",
    ],
)
def test_lookalikes_are_not(entry: str) -> None:
    assert () == winpath.indices_of(f"C:\\a;{entry};C:\\b", T, ENVIRON)


@pytest.mark.parametrize(
    ("entry", "is_whole"),
    [
        *(
            (r"C:\a", True),
            ("c:/a", True),
            ("C:\\", True),
            ('"C:\\a b"', True),
            (r"\\server\share\a", True),
        ),
        *(("", False), (".", False), ("bin", False), (r"..\bin", False), (r"\bin", False), ("/", False)),
        *(("C:", False), ("C:bin", False), ("%NONE%", False), ("%NONE%\\bin", False)),
        *(("C:\\a ", False), ('"C:\\a "', False), (r"\\?\C:\a", False), ("//./C:/a", False)),
    ],
)
def test_an_entry_that_is_not_the_same_for_every_program_is_known(entry: str, *, is_whole: bool) -> None:
    assert is_whole == winpath.is_whole(entry)


@pytest.mark.parametrize("entry", [".", "Scripts", r"\Python\Scripts", "C:Scripts"])
def test_nobody_is_asked_whether_an_entry_of_the_current_folder_is_the_directory(entry: str) -> None:
    """It would be, in a terminal that is there, and nowhere else."""
    assert () == winpath.indices_of(f"C:\\a;{entry}", T, {}, lambda one, _: one == entry)


def test_nothing_is_expanded_where_the_value_does_not() -> None:
    assert () == winpath.indices_of(r"%APPDATA%\Python\Python311\Scripts", T, {})


def test_a_variable_may_hold_several_entries() -> None:
    assert (0,) == winpath.indices_of("%TWO%", r"c:\B", ENVIRON)


def test_behind_a_quote_without_its_pair_nothing_counts() -> None:
    assert (0,) == winpath.indices_of(f'{T};"C:\\a;{T}', T, ENVIRON)


@pytest.mark.parametrize(
    ("path", "culprit"),
    [
        ("", None),
        (r'C:\a;"C:\b;c";C:\d', None),
        (r'C:\"a;b"c;C:\d', None),
        (r'C:\a;"C:\b;C:\c', r'"C:\b'),
        (r'C:\a;C:\b";C:\c', r'C:\b"'),
        (r'C:\a";C:\b;"C:\c";C:\d', r'C:\a"'),  # another's quote is no pair
        (r'"C:\a;b";"C:\c;C:\d', r'"C:\c'),
        (r'C:\a";"C:\b;C:\c;"C:\d', r'C:\a"'),
        (r'"%X%\a;x";C:\c"d', r'C:\c"d'),
        (r'C:\"a"b"c', r'C:\"a"b"c'),
    ],
)
def test_the_entry_with_the_unpaired_quote_is_named(path: str, culprit: str | None) -> None:
    assert culprit == winpath.unpaired(path)


@pytest.mark.parametrize(
    ("path", "culprit"),
    [
        (T, None),
        (r"C:\a", None),
        (f'"{T}"', None),
        (f'{T};"C:\\a', None),
        (f'"C:\\a;b";{T};"C:\\c', None),
        (f'"C:\\a;{T}', r'"C:\a'),
        (f'"C:\\a;{T};C:\\b"', r'"C:\a'),  # both have lost their pair
        (f'"{T};C:\\a', f'"{T}'),
        (f'{T}"', f'{T}"'),
        (f'{T};"C:\\a;{T}', None),  # the first is found
    ],
)
def test_the_entry_that_hides_a_directory_is_named(path: str, culprit: str | None) -> None:
    assert culprit == winpath.hiding(path, T)


@LAW
@given(PIECES)
def test_what_a_quote_hides_cmd_does_not_search(path: str) -> None:
    wanted = winpath.normal(T)
    there = [e for e in winpath.plain_entries(path) if winpath.normal(e) == wanted]
    if winpath.hiding(path, T):
        assert there
        assert wanted not in map(winpath.normal, winpath.searched(path, pairs_quotes=True))
    elif there:
        assert wanted in map(winpath.normal, winpath.searched(path, pairs_quotes=True))


@LAW
@given(PIECES)
def test_cmd_searches_the_first_entries_and_powershell_those_without_quotes(path: str) -> None:
    found = winpath.searched(path, pairs_quotes=True)
    assert winpath.entries(path)[: len(found)] == found
    if not path.count('"') % 2:
        assert winpath.entries(path) == found
    plain = winpath.searched(path, pairs_quotes=False)
    assert "".join(plain).count('"') == 0
    if '"' not in path:
        assert winpath.entries(path) == plain == found


def test_the_machines_path_comes_before_the_users() -> None:
    for machine in (r"C:\m", "C:\\m;"):
        assert r"C:\m;C:\u" == winpath.join(machine, r"C:\u")
    assert r"C:\m" == winpath.join(r"C:\m", "")
    assert r"C:\u" == winpath.join("", r"C:\u")


def test_another_name_of_the_same_directory_is_found_by_asking() -> None:
    def same(one: str, other: str) -> bool:
        return one == r"C:\PROGRA~1\x" and other == r"C:\Program Files\x"

    assert (1,) == winpath.indices_of(r"C:\a;C:\PROGRA~1\x", r"C:\Program Files\x", {}, same)


@LAW
@given(PIECES, st.sampled_from([PREPEND, APPEND]))
def test_removing_what_was_inserted_gives_the_same_text_back(path: str, order: str) -> None:
    entry = r"%APPDATA%\new"
    after = winpath.insert(path, entry, order)
    indices = [i for i, piece in enumerate(winpath.entries(after)) if piece == entry]
    assume(indices)  # an odd quote may swallow it
    assert path == winpath.remove(after, indices[-1 if order == APPEND else 0])


@LAW
@given(PIECES)
def test_an_inserted_entry_is_there(path: str) -> None:
    after = winpath.insert(path, T, PREPEND)
    assert 0 in winpath.indices_of(after, T, ENVIRON)


@pytest.mark.parametrize(
    ("directory", "short"),
    [
        (T, r"%APPDATA%\Python\Python311\Scripts"),
        (T.lower(), r"%APPDATA%\python\python311\scripts"),
        (r"C:\Users\Ada\.local\bin", r"%USERPROFILE%\.local\bin"),
        (r"C:\Users\Adam\bin", r"C:\Users\Adam\bin"),
        (r"C:\Users\Ada", r"C:\Users\Ada"),
        (r"D:\tools", r"D:\tools"),
    ],
)
def test_the_short_form_survives_a_renamed_profile(directory: str, short: str) -> None:
    assert short == winpath.with_variable(directory, ENVIRON)
