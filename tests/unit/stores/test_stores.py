"""Each target goes to the store of its medium, and the machine is looked at through the stores."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING

import pytest

from onpath import stores
from onpath.host import flags
from onpath.model import File, Installed, RegistryValue, Value
from onpath.places.user_registry import USER_PATH
from onpath.shells import startup
from onpath.stores import files, registry
from samples import make_host

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from onpath.model import Target

FILE = File("/home/ada/.profile")
FUNCTIONS: dict[str, Callable[[Target], object]] = {
    "read": stores.read,
    "refusal": lambda target: stores.refusal(target, 1000),
    "write": lambda target: stores.write(target, "new", "old", "spare"),
    "folders_to_make": stores.folders_to_make,
    "sweep": lambda target: stores.sweep(target, has_spares=True),
    "spare": lambda target: stores.spare(target, "0123456789ab"),
    "lines": lambda target: stores.lines(target, "text"),
}


@pytest.mark.parametrize("name", FUNCTIONS)
@pytest.mark.parametrize(
    ("target", "store"), [(FILE, files), (USER_PATH, registry)], ids=["file", "value"]
)
def test_each_target_goes_to_the_store_of_its_medium(
    monkeypatch: pytest.MonkeyPatch, name: str, target: Target, store: object
) -> None:
    asked: list[tuple[object, ...]] = []
    for each in (files, registry):
        monkeypatch.setattr(each, name, lambda *words, each=each, **_: asked.append((each, *words)))
    FUNCTIONS[name](target)
    words = {
        "refusal": (target, 1000),
        "write": (target, "new", "old", "spare"),
        "spare": (target, "0123456789ab"),
        "lines": ("text",),
    }
    # Where a backup lies, and whether other names are of other files.
    more = ("", False) if (name, store) == ("write", files) else ()
    assert [(store, *words.get(name, (target,)), *more)] == asked


@pytest.mark.parametrize(
    ("targets", "told"),
    [
        ((), []),
        ((FILE, File("/other")), [files]),
        ((USER_PATH, RegistryValue("other", "Path")), [registry]),
        ((FILE, USER_PATH, FILE), [files, registry]),
    ],
)
def test_each_medium_tells_of_its_changes_once(
    monkeypatch: pytest.MonkeyPatch, targets: tuple[Target, ...], told: list[object]
) -> None:
    """On Windows it takes up to two seconds."""
    announced: list[object] = []
    for each in (files, registry):
        monkeypatch.setattr(each, "announce", lambda each=each: announced.append(each))
    stores.announce(targets)
    assert told == announced


def test_both_stores_have_the_same_names() -> None:
    """So that no caller asks which one it has."""
    for name in (*FUNCTIONS, "announce"):
        assert hasattr(files, name)
        assert hasattr(registry, name)


@pytest.mark.skipif(sys.platform == "win32", reason="files of Unix")
def test_the_machine_has_the_files_that_are_there(tmp_path: Path) -> None:
    """And every name of one file is the same."""
    there = tmp_path / "there"
    there.write_text("text")
    (tmp_path / "link").symlink_to(there)
    machine = stores.machine(make_host(str(tmp_path)))
    assert "text" == machine.read(File(str(there)))
    assert machine.read(File(f"{tmp_path}/nothing")) is None
    assert machine.refusal(File(str(there))) is None
    assert "is not a regular file; move it away" == machine.refusal(File(str(tmp_path)))
    assert [True, False] == [machine.is_there(f"{tmp_path}/{name}") for name in ("there", "nothing")]
    assert machine.identity(str(there)) == machine.identity(f"{tmp_path}/link")


def test_the_machine_asks_for_versions_and_the_registry_only_when_it_is_asked(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Each costs time that most runs need not spend."""
    asked: list[object] = []
    host = make_host(environ={"HOME": "/home/ada", "A": "b"})

    def version_matches(shell: Installed, specifier: str) -> bool:
        asked.append((shell.name, specifier))
        return True

    def value(target: RegistryValue) -> Value:
        asked.append(target)
        return Value("C:\\a", expands=True)

    monkeypatch.setattr(startup, "version_matches", version_matches)
    monkeypatch.setattr(registry, "read_value", value)
    monkeypatch.setattr(registry, "fresh_environment", lambda environ, **_: dict(environ))
    machine = stores.machine(host)
    assert [] == asked
    assert machine.version_matches(Installed("nushell", "/bin/nu"), ">=1")
    assert Value("C:\\a", expands=True) == machine.value(USER_PATH)
    assert {"HOME": "/home/ada", "A": "b"} == machine.variables()
    assert [("nushell", ">=1"), USER_PATH] == asked


def test_two_names_are_one_directory_where_the_system_says_so(tmp_path: Path) -> None:
    machine = stores.machine(make_host())
    assert machine.is_same(str(tmp_path), f"{tmp_path}/.")
    assert not machine.is_same(str(tmp_path), f"{tmp_path}/nothing")


def test_a_file_with_its_folders_is_not_begun_where_nothing_can_be_renamed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Else what was begun under another name would stay in a folder with `chattr +a` for ever."""
    monkeypatch.setattr(flags, "is_file_append_only", str(tmp_path).__eq__)
    with pytest.raises(PermissionError):
        stores.put(f"{tmp_path}/state/onpath/receipt.json", "")
    assert [] == os.listdir(tmp_path)
    (tmp_path / "state").mkdir()
    stores.put(f"{tmp_path}/state/onpath/receipt.json", "")
    assert os.path.isfile(tmp_path / "state/onpath/receipt.json")
