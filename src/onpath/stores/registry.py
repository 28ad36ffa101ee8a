"""Values of the Windows registry: read raw, write with their type kept, tell the running programs.

Whatever only Windows has is imported inside functions, so that this module imports everywhere.
"""

from __future__ import annotations

from contextlib import suppress

from onpath import winpath
from onpath.errors import ChangedError, RefusedError
from onpath.model import RegistryValue, Value
from onpath.places.user_registry import MACHINE_KEY, NEW_USER_PATH, USER_KEY
from onpath.values import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from typing import Any

VOLATILE_KEY = r"HKEY_CURRENT_USER\Volatile Environment"

REG_SZ, REG_EXPAND_SZ = 1, 2
KINDS = (
    *("REG_NONE", "REG_SZ", "REG_EXPAND_SZ", "REG_BINARY", "REG_DWORD", "REG_DWORD_BIG_ENDIAN"),
    *("REG_LINK", "REG_MULTI_SZ"),
)
ALLOW = "let your account read and write its key (regedit, Permissions)"
CURE = "set it again under 'Edit environment variables'"

# Windows itself sets these at logon, before it looks into the registry.
FIXED = (
    *("SYSTEMROOT", "SYSTEMDRIVE", "WINDIR", "COMSPEC", "OS", "COMPUTERNAME", "USERNAME", "USERDOMAIN"),
    *("USERPROFILE", "HOMEDRIVE", "HOMEPATH", "APPDATA", "LOCALAPPDATA", "PROGRAMDATA", "PUBLIC"),
    *("ALLUSERSPROFILE", "PROGRAMFILES", "PROGRAMFILES(X86)", "PROGRAMW6432", "LOGONSERVER"),
    *("COMMONPROGRAMFILES", "COMMONPROGRAMFILES(X86)", "COMMONPROGRAMW6432", "SESSIONNAME"),
)
# What a new user has under `USER_KEY`: Windows copies it from the profile `Default` at the first logon.
OF_NEW_USER = (
    ("TEMP", Value(r"%USERPROFILE%\AppData\Local\Temp", expands=True)),
    ("TMP", Value(r"%USERPROFILE%\AppData\Local\Temp", expands=True)),
    ("Path", Value(NEW_USER_PATH, expands=True)),
)
JOINED = ("PATH", "LIBPATH", "OS2LIBPATH")  # the machine's and the user's, in this order

WM_SETTINGCHANGE, HWND_BROADCAST, SMTO_ABORTIFHUNG = 0x001A, 0xFFFF, 0x0002
WINDOW_MS = 200  # for one window that does not answer; there may be dozens (Scoop#6706)
BROADCAST_S = 2.0  # for all of them
READINGS = 5  # of a key that other programs change meanwhile

FILE_NOT_FOUND, MORE_DATA = 2, 234  # winerror.h
IS_PACKAGED = 122  # GetCurrentPackageFullName: the buffer is too small, so there is a name


def read(target: RegistryValue) -> str | None:
    """Return the text of the value, or None where there is none. Raises `RefusedError`."""
    value = read_value(target)
    return value.text if value else None


def read_value(target: RegistryValue) -> Value | None:
    """Return the value, or None if there is none. Raises `RefusedError` if it is not a plain string."""
    winreg = _winreg()
    try:
        with _open(target, winreg.KEY_READ) as key:
            raw = _query(key, target.name)
    except FileNotFoundError:
        return None
    except OSError as error:
        raise RefusedError(f"cannot be read ({_words(error)}); {ALLOW}") from None
    return decode(*raw) if raw else None


def decode(kind: int, raw: bytes) -> Value:
    """Return what a value of type `kind` says. Raises `RefusedError` if it is not a plain string."""
    if kind not in {REG_SZ, REG_EXPAND_SZ}:
        name = KINDS[kind] if kind < len(KINDS) else f"of type {kind}"
        raise RefusedError(f"is {name} and not a string; {CURE}")
    if len(raw) % 2:
        raise RefusedError(f"ends in half a character; {CURE}")
    text = raw.decode("utf-16-le", "surrogatepass").removesuffix("\0")
    if "\0" in text:
        raise RefusedError(f"holds a NUL, after which Windows sees nothing; {CURE}")
    return Value(text, kind == REG_EXPAND_SZ)


def refusal(target: RegistryValue, _uid: int) -> str | None:
    """Return why `target` may not or cannot be edited, without writing anything; else None."""
    if _is_virtual():
        return (
            "would be changed only for this Python: it is a Microsoft Store app before 3.11, whose "
            "registry Windows keeps apart; run this with another Python and --python"
        )
    winreg = _winreg()
    try:
        with _open(target, winreg.KEY_READ | winreg.KEY_SET_VALUE):
            pass
    except FileNotFoundError:
        pass  # it will be made
    except OSError as error:
        return f"cannot be written ({_words(error)}); {ALLOW}"
    try:
        read_value(target)
    except RefusedError as error:
        return str(error)
    return None


def write(
    target: RegistryValue, text: str | None, before: str | None, _spare: str = ""
) -> tuple[str, ...]:
    """Make `text` the value of `target` (None: delete it), and keep its type.

    Raises `ChangedError` if it is no longer `before`, or was overwritten at the same moment.
    """
    winreg = _winreg()
    root, _, path = target.key.partition("\\")
    access = winreg.KEY_READ | winreg.KEY_SET_VALUE
    with winreg.CreateKeyEx(getattr(winreg, root), path, 0, access) as key:
        raw = _query(key, target.name)
        if (decode(*raw).text if raw else None) != before:
            raise _changed(target)
        if text is None:
            if raw:
                winreg.DeleteValue(key, target.name)
        else:
            winreg.SetValueEx(key, target.name, 0, raw[0] if raw else REG_EXPAND_SZ, text)
        raw = _query(key, target.name)
        if (decode(*raw).text if raw else None) != text:
            raise _changed(target)
    return ()


def folders_to_make(_target: RegistryValue) -> tuple[str, ...]:
    """Return nothing: a key needs no folder."""
    return ()


def sweep(
    _target: RegistryValue, *, spare: str = "", is_own: bool = False, has_spares: bool = False
) -> None:
    """Do nothing: a write leaves nothing beside a value."""
    del spare, is_own, has_spares


def spare(_target: RegistryValue, _nonce: str) -> str:
    """Return nothing: a value has no second name."""
    return ""


def lines(text: str | None) -> list[str]:
    """Return the entries of the value, each on a line; half a character by its number."""
    shown = (text or "").encode("utf-8", "backslashreplace").decode()
    return [f"{entry}\n" for entry in winpath.entries(shown)]


def announce() -> None:
    """Tell every window that the environment has changed, within `BROADCAST_S`.

    Explorer takes the news over, so that what it starts from now on has the new PATH. A window that
    does not answer costs `WINDOW_MS`; the sum of them does not hold up the caller.
    """
    import threading  # noqa: PLC0415  (only runs that changed something)

    thread = threading.Thread(target=_broadcast, daemon=True)
    thread.start()
    thread.join(BROADCAST_S)


def fresh_environment(
    environ: Mapping[str, str], *, is_new_user: bool = False, is_for_path: bool = False
) -> dict[str, str]:
    """Return the environment, with upper-case names, that a newly started program will get.

    `environ` is this process's, for what Windows itself sets at logon and does not tell: a session may
    have changed it. Of one `is_new_user`, nothing that this user has set counts. With `is_for_path` it
    is what Windows expands the user's Path with, or the machine's: what comes later is not there yet.
    """
    own = {name.upper(): value for name, value in environ.items()}
    fixed = {name: own[name] for name in FIXED if name in own}
    if is_new_user:
        return regenerate(fixed, (_values(MACHINE_KEY), OF_NEW_USER), 0 if is_for_path else None)
    volatile = _values(VOLATILE_KEY)
    fixed.update((n.upper(), value.text) for n, value in volatile if n.upper() in FIXED)
    keys = (_values(MACHINE_KEY), _values(USER_KEY), volatile)
    return regenerate(fixed, keys, 1 if is_for_path else None)


def regenerate(
    fixed: Mapping[str, str], keys: Iterable[Iterable[tuple[str, Value]]], paths_key: int | None = None
) -> dict[str, str]:
    """Return `fixed` with the values of `keys` added in the way of Explorer. Pure.

    In each key first those that do not expand, then the others, in their order (`regenerate` of
    microsoft/terminal, src/inc/til/env.h). With `paths_key` only what is there when the Path of that key
    is expanded, and PATH.
    """
    made = dict(fixed)
    seen: dict[str, str] | None = None
    for number, key in enumerate(keys):
        values = list(key)
        for expands in (False, True):
            for name, value in values:
                if value.expands is not expands:
                    continue
                text = winpath.expand(value.text, made) if expands else value.text
                name = name.upper()  # noqa: PLW2901
                if name == "PATH" and number == paths_key and expands:
                    seen = dict(made)
                if name in JOINED and made.get(name):
                    text = made[name] + ("" if made[name].endswith(";") else ";") + text
                made[name] = text
        if number == paths_key and seen is None:  # a new one would come last in its key
            seen = dict(made)
    if seen is None:
        return made
    return {**seen, "PATH": made["PATH"]} if "PATH" in made else seen


def _values(key_name: str) -> list[tuple[str, Value]]:
    """Return the strings of a key; what is none, and what no environment can hold, is left out.

    Values are told by their numbers, which move while another program removes one or adds one: then
    they are read again.
    """
    winreg = _winreg()
    found: list[tuple[str, Value]] = []
    with suppress(OSError), _open(RegistryValue(key_name, ""), winreg.KEY_READ) as key:
        for _ in range(READINGS):
            before = winreg.QueryInfoKey(key)
            found = _enumerate(winreg, key, before[1])
            if winreg.QueryInfoKey(key) == before:  # with the time of the last change
                break
    return found


def _enumerate(winreg: Any, key: Any, count: int) -> list[tuple[str, Value]]:
    found: list[tuple[str, Value]] = []
    with suppress(OSError):  # there are fewer by now
        for number in range(count):
            name, text, kind = winreg.EnumValue(key, number)  # cuts at a NUL, as Windows does
            if kind in {REG_SZ, REG_EXPAND_SZ} and name and "=" not in name:
                found.append((name, Value(text, kind == REG_EXPAND_SZ)))
    return found


def _open(target: RegistryValue, access: int) -> Any:
    winreg = _winreg()
    root, _, path = target.key.partition("\\")
    return winreg.OpenKey(getattr(winreg, root), path, 0, access)


def _query(key: Any, name: str) -> tuple[int, bytes] | None:
    """Return type and bytes of a value. Not by `winreg`, which hides what follows a NUL."""
    ctypes = _ctypes()
    query = ctypes.WinDLL("advapi32").RegQueryValueExW
    number = ctypes.POINTER(ctypes.c_ulong)
    query.argtypes = [
        ctypes.c_void_p,
        ctypes.c_wchar_p,
        ctypes.c_void_p,
        number,
        ctypes.c_void_p,
        number,
    ]
    kind, size = ctypes.c_ulong(0), ctypes.c_ulong(0)
    error = query(key.handle, name, None, kind, None, size)
    while error in {0, MORE_DATA}:
        buffer = ctypes.create_string_buffer(size.value + 2)
        size.value += 2
        error = query(key.handle, name, None, kind, buffer, size)
        if not error:
            return kind.value, buffer.raw[: size.value]
    if error == FILE_NOT_FOUND:
        return None
    raise OSError(error, ctypes.FormatError(error))


def _broadcast() -> None:
    ctypes = _ctypes()
    send = ctypes.WinDLL("user32").SendMessageTimeoutW
    send.argtypes = [
        *(ctypes.c_void_p, ctypes.c_uint, ctypes.c_size_t, ctypes.c_wchar_p),
        *(ctypes.c_uint, ctypes.c_uint, ctypes.POINTER(ctypes.c_size_t)),
    ]
    answer = ctypes.c_size_t(0)
    send(HWND_BROADCAST, WM_SETTINGCHANGE, 0, "Environment", SMTO_ABORTIFHUNG, WINDOW_MS, answer)


def _is_virtual() -> bool:
    """Say whether this is a Store Python before 3.11 (its manifest does not switch that off)."""
    import sys  # noqa: PLC0415

    if sys.version_info >= (3, 11):
        return False
    ctypes = _ctypes()
    try:
        name = ctypes.WinDLL("kernel32").GetCurrentPackageFullName
    except AttributeError:
        return False  # Windows 7
    return bool(name(ctypes.byref(ctypes.c_uint32(0)), None) == IS_PACKAGED)


def _changed(target: RegistryValue) -> ChangedError:
    where = f"{target.key}\\{target.name}"
    return ChangedError(f"{where} has changed since the plan was made; run this again")


def _words(error: OSError) -> str:
    return (error.strerror or str(error)).lower().rstrip(".\r\n")


def _winreg() -> Any:
    import winreg  # noqa: PLC0415

    return winreg


def _ctypes() -> Any:
    import ctypes  # noqa: PLC0415

    return ctypes
