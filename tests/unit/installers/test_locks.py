"""Lock files of both kinds, as requirements with hashes."""

from __future__ import annotations

import sys

import pytest

from onpath.errors import UsageError
from onpath.installers import locks

ONE, TWO = "a" * 64, "b" * 64


def test_requirements_are_joined_and_comments_dropped() -> None:
    text = (
        f"# made by uv\ncow==1.0 \\\n    --hash=sha256:{ONE} \\\n    --hash=sha256:{TWO}\n    # via x\n"
    )
    assert (f"cow==1.0 --hash=sha256:{ONE} --hash=sha256:{TWO}",) == locks.lines(text)


@pytest.mark.skipif(sys.version_info < (3, 11), reason="this Python reads no TOML")
def test_a_pylock_says_for_which_pythons_it_is() -> None:
    text = 'lock-version = "1.0"\nrequires-python = ">=3.12"\n'
    assert (">=3.12",) == locks.pythons(text)
    assert () == locks.pythons('lock-version = "1.0"\n')
    assert () == locks.pythons(f"cow==1.0 --hash=sha256:{ONE}") == locks.pythons("")


def test_a_marker_stays() -> None:
    line = f"cow==1.0 ; python_version < '3.12' --hash=sha256:{ONE}"
    assert (line,) == locks.lines(line)


@pytest.mark.skipif(sys.version_info < (3, 11), reason="this Python reads no TOML")
def test_a_pylock_is_taken_with_all_of_its_hashes() -> None:
    text = f"""
lock-version = "1.0"
[[packages]]
name = "cow"
version = "1.0"
marker = "python_version > '3.8'"
[[packages.wheels]]
url = "https://example.org/cow.whl"
hashes.sha256 = "{TWO}"
[packages.sdist]
url = "https://example.org/cow.tar.gz"
hashes.sha256 = "{ONE}"
"""
    line = f"cow==1.0 ; python_version > '3.8' --hash=sha256:{ONE} --hash=sha256:{TWO}"
    assert (line,) == locks.lines(text)


WHEELS = 'lock-version = "1.0"\n[[packages]]\nname = "cow"\nversion = "1.0"\n'


@pytest.mark.skipif(sys.version_info < (3, 11), reason="this Python reads no TOML")
@pytest.mark.parametrize(
    ("files", "narrow"),
    [
        (('name = "cow-1.0-cp313-cp313-linux_x86_64.whl"',), ("cow-1.0-cp313-cp313-linux_x86_64.whl",)),
        (('url = "https://x/cow-1.0-cp39-abi3-win32.whl"',), ("cow-1.0-cp39-abi3-win32.whl",)),
        (('name = "cow-1.0-py3-none-any.whl"',), ()),
        (('name = "cow-1.0-cp313-cp313-a.whl"', 'name = "cow-1.0-cp312-cp312-a.whl"'), ()),
    ],
)
def test_a_lock_for_one_kind_of_machine_is_told_from_one_for_all(
    files: tuple[str, ...], narrow: tuple[str, ...]
) -> None:
    """`pip lock` writes the one wheel of each package that its own machine takes."""
    text = WHEELS + "".join(f"[[packages.wheels]]\n{file}\nhashes.sha256 = '{ONE}'\n" for file in files)
    assert narrow == locks.narrow(text)
    assert () == locks.narrow(f"{text}[packages.sdist]\nurl = 'https://x/cow-1.0.tar.gz'\n")
    assert () == locks.narrow(f"cow==1.0 --hash=sha256:{ONE}")


BAD = {
    "": "names no package",
    "cow==1.0": "is not pinned with hashes",
    f"cow>=1.0 --hash=sha256:{ONE}": "is not pinned with hashes",
    "cow==1.0 --hash=md5:abc": "is not pinned with hashes",
    "--index-url https://x": "is not taken",
    f"cow==1.0\u00e9 --hash=sha256:{ONE}": "cannot be put into a script",
}
BAD_TOML = {
    'lock-version = "2.0"': "has another version than 1",
    'lock-version = "1.0"\n[[packages]]\nname="a"\nversion="1"': "has no sha256",
    'lock-version = "1.0"\n[[packages]]\nname="a"\nvcs.type="git"': "is no file of an index",
    "lock-version = ": "cannot be read",
    "[[packages]]\nname = 'cow": "cannot be read",
    "packages = []": "has another version than 1",
    'lock-version = "1.0"\n[[packages]]\nversion="1"': "a package without a name in the lock",
}


@pytest.mark.parametrize("text", [*BAD, *(BAD_TOML if sys.version_info >= (3, 11) else ())])
def test_what_locks_nothing_is_refused_with_a_cure(text: str) -> None:
    with pytest.raises(UsageError, match={**BAD, **BAD_TOML}[text]) as caught:
        locks.lines(text)
    assert "; " in str(caught.value)


@pytest.mark.skipif(sys.version_info >= (3, 11), reason="this Python reads TOML")
def test_a_python_without_toml_says_so() -> None:
    with pytest.raises(UsageError, match="run it with Python 3"):
        locks.lines('lock-version = "1.0"')


@pytest.mark.parametrize(
    ("named", "line", "words"),
    [
        ({"ox": ""}, "cow==1.0", "has no ox, and nothing else is installed; lock a requirement of it"),
        ({"cow": "==2.0"}, "cow==1.0", "has cow 1.0, which is not ==2.0; leave --version out"),
        ({"cow": ""}, "cow==1.0 ; 'dev' in extras", "lock it without extras and groups"),
        ({"cow": ""}, "cow==1.0 ; nonsense", "lock it without extras and groups"),
    ],
)
def test_a_lock_that_cannot_give_what_is_asked_for_is_told_to_the_author(
    named: dict[str, str], line: str, words: str
) -> None:
    with pytest.raises(UsageError, match=words):
        locks.check(locks.lines(f"{line} --hash=sha256:{ONE}"), named)


def test_a_lock_that_has_all_is_taken_whatever_the_names_are_written_like() -> None:
    lines = locks.lines(f"Cow_X[loud]==1.0 ; python_version >= '3' --hash=sha256:{ONE}")
    locks.check(lines, {"cow-x": ">=1"})


def test_the_project_itself_is_no_file_of_an_index() -> None:
    with pytest.raises(UsageError, match=r"-e \. in the lock file is no file of an index"):
        locks.lines(f"-e .\ncow==1.0 --hash=sha256:{ONE}")
    assert locks.lines(f"# not a lock-version\ncow==1.0 --hash=sha256:{ONE}")
