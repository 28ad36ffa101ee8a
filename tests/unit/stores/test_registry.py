"""`onpath.stores.registry`: what is pure, on any system; and writing, on a registry in memory.

The real registry is in test_windows.py. In memory is what cannot be had there: a program that
changes the value at the worst moment, and a key that may not be written.
"""

from __future__ import annotations

import sys
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest

from onpath.errors import ChangedError, RefusedError
from onpath.model import Value
from onpath.places.user_registry import USER_KEY, USER_PATH
from onpath.stores import registry
from onpath.stores.registry import REG_EXPAND_SZ, REG_SZ

if TYPE_CHECKING:
    from collections.abc import Callable


class Memory:
    """A registry with one value, behind the functions of `winreg` that are used."""

    KEY_READ, KEY_SET_VALUE, HKEY_CURRENT_USER = 1, 2, "HKCU"

    def __init__(self, value: tuple[int, str] | None) -> None:
        self.value = value
        self.after_write: Callable[[], None] = lambda: None
        self.denied: set[int] = set()

    def OpenKey(self, _root: str, _path: str, _reserved: int, access: int) -> Memory:  # noqa: N802
        """Return the key, or deny it."""
        if access in self.denied:
            raise PermissionError(13, "Access is denied")
        return self

    CreateKeyEx = OpenKey

    def SetValueEx(self, _key: Any, _name: str, _reserved: int, kind: int, text: str) -> None:  # noqa: N802
        """Change the value, and let somebody else act."""
        self.value = (kind, text)
        self.after_write()

    def DeleteValue(self, _key: Any, _name: str) -> None:  # noqa: N802
        """Remove the value."""
        self.value = None

    def query(self, _key: Any, _name: str) -> tuple[int, bytes] | None:
        """Return type and bytes, in place of `registry._query`."""
        return self.value and (self.value[0], (self.value[1] + "\0").encode("utf-16-le"))

    def __enter__(self) -> Memory:  # noqa: PYI034  (Python 3.9 has no Self)
        return self

    def __exit__(self, *_error: object) -> None:
        pass


@pytest.fixture
def memory(monkeypatch: pytest.MonkeyPatch) -> Memory:
    made = Memory((REG_SZ, r"C:\a"))
    monkeypatch.setattr(registry, "_winreg", lambda: made)
    monkeypatch.setattr(registry, "_query", made.query)
    return made


def utf16(text: str) -> bytes:
    return text.encode("utf-16-le", "surrogatepass")


@pytest.mark.parametrize(
    ("raw", "text"),
    [
        (utf16("C:\\a\0"), "C:\\a"),
        (utf16("C:\\a"), "C:\\a"),
        (utf16("\0"), ""),
        (b"", ""),
        (utf16("\U0001f40d\ud83d\0"), "\U0001f40d\ud83d"),
    ],
)
def test_a_string_is_read_with_or_without_its_closing_nul(raw: bytes, text: str) -> None:
    assert Value(text, expands=True) == registry.decode(REG_EXPAND_SZ, raw)
    assert Value(text, expands=False) == registry.decode(REG_SZ, raw)


@pytest.mark.parametrize(
    ("kind", "raw", "words"),
    [
        (4, b"\1\0\0\0", "REG_DWORD"),
        (7, utf16("a\0\0"), "REG_MULTI_SZ"),
        (0, b"", "REG_NONE"),
        (4711, b"", "type 4711"),
        (REG_SZ, utf16("a\0b\0"), "NUL"),
        (REG_SZ, utf16("a\0\0"), "NUL"),
        (REG_EXPAND_SZ, b"a\0b", "half a character"),
    ],
)
def test_what_is_no_plain_string_is_refused_with_a_cure(kind: int, raw: bytes, words: str) -> None:
    with pytest.raises(RefusedError, match=f"{words}.*set it again"):
        registry.decode(kind, raw)


def test_a_value_is_read_with_or_without_its_type(memory: Memory) -> None:
    assert Value(r"C:\a", expands=False) == registry.read_value(USER_PATH)
    assert r"C:\a" == registry.read(USER_PATH)
    memory.value = (REG_EXPAND_SZ, "")
    assert Value("", expands=True) == registry.read_value(USER_PATH)
    assert "" == registry.read(USER_PATH)
    memory.value = None
    assert registry.read_value(USER_PATH) is None
    assert registry.read(USER_PATH) is None


def test_a_diff_compares_entries() -> None:
    """One a line: the whole value would be a line that nobody can read."""
    assert ["C:\\a\n", '"C:\\b;c"\n', "\n"] == registry.lines('C:\\a;"C:\\b;c";')
    assert [] == registry.lines(None)


def test_half_a_character_is_shown_by_its_number_in_a_diff() -> None:
    """No output can have it."""
    assert ["C:\\\\ud83d\n", "C:\\\xfc\n"] == registry.lines("C:\\\ud83d;C:\\\xfc")


def test_a_write_makes_no_folder_and_leaves_nothing_beside_a_value(memory: Memory) -> None:
    assert () == registry.folders_to_make(USER_PATH)
    assert () == registry.write(USER_PATH, "new", r"C:\a")
    registry.sweep(USER_PATH)
    assert (REG_SZ, "new") == memory.value


def test_a_write_keeps_the_type(memory: Memory) -> None:
    registry.write(USER_PATH, r"C:\b;C:\a", r"C:\a")
    assert (REG_SZ, r"C:\b;C:\a") == memory.value


def test_a_value_is_made_as_one_that_expands(memory: Memory) -> None:
    memory.value = None
    registry.write(USER_PATH, "%APPDATA%", None)
    assert (REG_EXPAND_SZ, "%APPDATA%") == memory.value
    registry.write(USER_PATH, None, "%APPDATA%")
    assert memory.value is None


def test_a_value_that_has_changed_since_is_left_alone(memory: Memory) -> None:
    with pytest.raises(ChangedError, match="run this again"):
        registry.write(USER_PATH, "new", "old")
    assert (REG_SZ, r"C:\a") == memory.value


def test_a_value_that_somebody_overwrites_at_once_is_noticed(memory: Memory) -> None:
    def overwrite() -> None:
        memory.value = (REG_SZ, "theirs")

    memory.after_write = overwrite
    with pytest.raises(ChangedError):
        registry.write(USER_PATH, "ours", r"C:\a")
    assert (REG_SZ, "theirs") == memory.value


@pytest.mark.skipif(sys.version_info < (3, 11), reason="asks Windows whether it is a Store Python")
def test_a_key_that_may_not_be_written_is_refused_beforehand(memory: Memory) -> None:
    assert registry.refusal(USER_PATH, 0) is None
    memory.denied = {memory.KEY_READ | memory.KEY_SET_VALUE}
    assert f"cannot be written (access is denied); {registry.ALLOW}" == registry.refusal(USER_PATH, 0)


@pytest.mark.parametrize(
    ("version", "answer", "is_refused"),
    [((3, 10), 122, True), ((3, 9), 122, True), ((3, 10), 15700, False), ((3, 11), 122, False)],
)
def test_a_store_python_before_3_11_is_refused(
    version: tuple[int, int],
    answer: int,
    *,
    is_refused: bool,
    memory: Memory,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    kernel = SimpleNamespace(GetCurrentPackageFullName=lambda *_: answer)
    fake = SimpleNamespace(WinDLL=lambda _: kernel, byref=id, c_uint32=int)
    monkeypatch.setattr(registry, "_ctypes", lambda: fake)
    monkeypatch.setattr(sys, "version_info", version)
    reason = registry.refusal(USER_PATH, 0)
    assert is_refused == bool(reason)
    assert not reason or "Microsoft Store app before 3.11" in reason
    assert memory.value


def test_a_fresh_environment_has_the_machines_path_before_the_users() -> None:
    machine = [
        ("Path", Value(r"%SystemRoot%\x", expands=True)),
        ("Tools", Value(r"C:\t", expands=False)),
    ]
    user = [("PATH", Value(r"%TOOLS%;%B%", expands=True)), ("B", Value("b", expands=False))]
    made = registry.regenerate({"SYSTEMROOT": r"C:\W"}, [machine, user])
    assert {"SYSTEMROOT": r"C:\W", "TOOLS": r"C:\t", "PATH": r"C:\W\x;C:\t;b", "B": "b"} == made


def test_a_string_that_does_not_expand_stays_as_it_is_in_a_fresh_environment() -> None:
    user = [("Path", Value("%A%", expands=False)), ("A", Value("a", expands=False))]
    assert "C:\\m;%A%" == registry.regenerate({"PATH": "C:\\m;"}, [user])["PATH"]


class Keys(Memory):
    """Several keys, each with its values in the order in which Windows tells them."""

    def __init__(self, keys: dict[str, list[tuple[str, object, int]]]) -> None:
        super().__init__(None)
        self.keys = keys
        self.HKEY_LOCAL_MACHINE = "HKLM"

    def OpenKey(self, root: str, path: str, _reserved: int, _access: int) -> Any:  # noqa: N802
        """Return the values, behind what `with` needs."""
        long = {"HKCU": "HKEY_CURRENT_USER", "HKLM": "HKEY_LOCAL_MACHINE"}[root]
        opened = Memory(None)
        opened.value = self.keys.get(f"{long}\\{path}", [])  # type: ignore[assignment]
        return opened

    def QueryInfoKey(self, key: Any) -> tuple[int, int, int]:  # noqa: N802
        """Return how many values there are, in the middle."""
        return 0, len(key.value), 0

    def EnumValue(self, key: Any, index: int) -> tuple[str, object, int]:  # noqa: N802
        """Return one of them."""
        found: tuple[str, object, int] = key.value[index]
        return found


def test_what_a_session_has_redirected_is_as_at_logon_in_a_fresh_environment(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """APPDATA, say, which test runners and portable programs set for what they start."""
    keys: dict[str, list[tuple[str, object, int]]] = {
        registry.VOLATILE_KEY: [("APPDATA", r"C:\Users\Ada\AppData\Roaming", REG_SZ)],
        USER_KEY: [("Path", r"%APPDATA%\x", REG_EXPAND_SZ)],
    }
    monkeypatch.setattr(registry, "_winreg", lambda: Keys(keys))
    made = registry.fresh_environment({"AppData": r"D:\portable", "USERPROFILE": r"C:\Users\Ada"})
    assert r"C:\Users\Ada\AppData\Roaming\x" == made["PATH"]
    assert r"C:\Users\Ada" == made["USERPROFILE"]


def test_a_name_that_no_variable_can_have_is_left_out_of_a_fresh_environment(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """No process could be started with it."""
    values = [("A=B", "c", REG_SZ), ("", "d", REG_SZ), ("E", "e", REG_SZ), ("F", 1, 4)]
    monkeypatch.setattr(registry, "_winreg", lambda: Keys({USER_KEY: [*values]}))
    assert {"E": "e"} == registry.fresh_environment({})


class Moving(Keys):
    """Another program removes the first value, once, while they are told; then it is there again."""

    def __init__(self, values: list[tuple[str, object, int]]) -> None:
        super().__init__({USER_KEY: values})
        self.first, self.changes = values[0], 0

    def QueryInfoKey(self, key: Any) -> tuple[int, int, int]:  # noqa: N802
        """Return when there was a change, too."""
        return 0, len(key.value), self.changes

    def EnumValue(self, key: Any, index: int) -> tuple[str, object, int]:  # noqa: N802
        """Return what has this number at that moment."""
        if index == 1 and self.changes == 0:
            self.changes = 1
            key.value.remove(self.first)
        if index >= len(key.value):
            key.value.append(self.first)
            raise OSError(259)  # no more items
        return super().EnumValue(key, index)


def test_values_that_move_while_they_are_read_are_read_again(monkeypatch: pytest.MonkeyPatch) -> None:
    """Else one would be missing: the Path of the machine, say."""
    values: list[tuple[str, object, int]] = [(name, name, REG_SZ) for name in ("A", "PATH", "C")]
    moving = Moving(values)
    monkeypatch.setattr(registry, "_winreg", lambda: moving)
    assert {"A": "A", "PATH": "PATH", "C": "C"} == registry.fresh_environment({})
    assert 1 == moving.changes


def test_a_path_that_is_still_to_be_made_is_expanded_with_what_its_key_has_by_then() -> None:
    """It comes last in its key, and before the next one."""
    user = [("APPDATA", Value(r"D:\mine", expands=True))]
    volatile = [("APPDATA", Value(r"C:\roaming", expands=False))]
    keys = [[("Path", Value(r"C:\m", expands=False))], user, volatile]
    assert {"PATH": r"C:\m", "APPDATA": r"D:\mine"} == registry.regenerate({}, keys, 1)
    assert {} == registry.regenerate({}, [[], [], []], 1)


def test_path_is_expanded_with_what_is_there_at_its_turn() -> None:
    machine = [("Path", Value(r"C:\m", expands=True)), ("M", Value("m", expands=True))]
    user = [
        *(("A", Value("a", expands=True)), ("Path", Value(r"%A%;%TOOLS%;%B%", expands=True))),
        *(("TOOLS", Value(r"%A%\t", expands=True)), ("B", Value("b", expands=False))),
    ]
    fresh = registry.regenerate({}, [machine, user])
    assert r"C:\m;a;%TOOLS%;b" == fresh["PATH"]
    at_its_turn = registry.regenerate({}, [machine, user], 1)
    assert {"A": "a", "B": "b", "M": "m", "PATH": fresh["PATH"]} == at_its_turn
    assert {"PATH": fresh["PATH"]} == registry.regenerate({}, [machine, user], 0)
    assert registry.regenerate({}, [machine, user[:1]], 1) == registry.regenerate(
        {}, [machine, user[:1]]
    )
