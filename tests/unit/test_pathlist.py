"""The entries of a PATH: what is found is what goes, and nothing else moves."""

from __future__ import annotations

from typing import Callable

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from onpath import pathlist
from samples import BOUNDED

# Few letters, so that entries often are the same under different spellings.
ENTRIES = st.lists(st.sampled_from(["/", "a", "b", ".", ".."]), max_size=6).map("".join)
PATHS = st.lists(ENTRIES, max_size=6).map(tuple)


@pytest.mark.parametrize(
    ("path", "entries"),
    [
        ("", ()),
        ("/bin", ("/bin",)),
        ("/bin:/usr/bin", ("/bin", "/usr/bin")),
        ("/bin:", ("/bin", "")),
        (":", ("", "")),
        ("/bin::/bin", ("/bin", "", "/bin")),
    ],
)
def test_a_path_is_split_at_colons(path: str, entries: tuple[str, ...]) -> None:
    """An empty entry means the current directory and counts; an empty PATH has none."""
    assert entries == pathlist.entries(path)


@BOUNDED
@given(PATHS.filter(lambda path: path != ("",)))
def test_entries_are_what_was_joined(path: tuple[str, ...]) -> None:
    assert path == pathlist.entries(":".join(path))


@pytest.mark.parametrize(
    ("entry", "normal"),
    [
        ("/a/b/", "/a/b"),
        ("//a//b", "/a/b"),
        ("/a/./b", "/a/b"),
        ("/a/../b", "/a/../b"),
        ("a/b/", "a/b"),
        ("./a", "a"),
        ("/", "/"),
        ("~/a", "~/a"),
    ],
)
def test_an_entry_has_one_normal_spelling(entry: str, normal: str) -> None:
    """`..` stays, as behind a link it leads elsewhere; `~` is a name like any other in a PATH."""
    assert normal == pathlist.normal(entry)


@BOUNDED
@given(ENTRIES)
def test_the_normal_spelling_is_its_own(entry: str) -> None:
    assert pathlist.normal(entry) == pathlist.normal(pathlist.normal(entry))


def resolve(entry: str) -> str:
    """Follow the only link that there is: `b` leads to `a`."""
    return pathlist.normal(entry).replace("b", "a")


RESOLVES = st.sampled_from([None, resolve])


@BOUNDED
@given(PATHS, ENTRIES)
@example(("/a/", "", "//a", "/b"), "/a")
def test_the_indices_are_those_of_the_directory_under_any_spelling(
    path: tuple[str, ...], directory: str
) -> None:
    same = [pathlist.normal(entry) == pathlist.normal(directory) for entry in path]
    wanted = [i for i, entry in enumerate(path) if entry and same[i]]
    assert wanted == list(pathlist.indices_of(path, directory))
    assert wanted in ([], list(pathlist.indices_of(path, directory, resolve)))


@pytest.mark.parametrize(
    ("path", "indices"),
    [
        (("/x", "/b"), (1,)),
        (("/b", "/a"), (1,)),
        (("b", "/x"), ()),
        (("/x",), ()),
    ],
)
def test_another_name_counts_where_the_own_one_is_not_there(
    path: tuple[str, ...], indices: tuple[int, ...]
) -> None:
    """A relative entry never does: it is somewhere else in every folder."""
    assert indices == pathlist.indices_of(path, "/a", resolve)
    assert () == pathlist.indices_of(path, "/c", None)


@pytest.mark.parametrize(
    ("path", "index"),
    [(("/a",), 0), (("/x", "/b"), 1), (("/x", "/b", "/a"), 1), (("b", "/x", "/a"), 2)],
)
def test_the_first_is_the_directory_by_whatever_name(path: tuple[str, ...], index: int) -> None:
    assert index == pathlist.first_of(path, "/a", resolve)


@BOUNDED
@given(PATHS, ENTRIES, RESOLVES)
def test_without_leaves_all_others_in_their_order(
    path: tuple[str, ...], directory: str, how: Callable[[str], str] | None
) -> None:
    rest = pathlist.without(path, directory, how)
    assert () == pathlist.indices_of(rest, directory, how)
    assert rest == pathlist.without(rest, directory, how)
    others = iter(path)
    assert all(entry in others for entry in rest)  # in their order
    for entry in path:
        if entry not in rest:
            assert resolve(directory) == resolve(entry)


@BOUNDED
@given(PATHS, ENTRIES, ENTRIES)
def test_what_is_put_is_found_there(path: tuple[str, ...], directory: str, other: str) -> None:
    if directory:
        assert len(path) in pathlist.indices_of((*path, directory, other), directory)


def test_an_empty_entry_is_never_the_directory() -> None:
    """It is wherever the user happens to be."""
    assert () == pathlist.indices_of(("", "."), "/")
