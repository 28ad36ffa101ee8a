"""Runs in Windows' own Python, with the real registry; each line of its output is an answer in JSON.

inside_windows.py serve        the others, as it is told on its standard input: lines of words, in JSON
inside_windows.py cases PART PARTS     values of windows_cases.py: ensure, ensure again, undo
inside_windows.py laws WHOSE N the same for N values that Hypothesis makes up; of the user or the machine
inside_windows.py get [WHOSE] | set KIND HEX [WHOSE] | reset    the raw `Path`
inside_windows.py share | unshare KIND HEX         a directory for every user, and the machine's `Path`
inside_windows.py autorun TEXT     what every cmd of the machine runs first; nothing: no more
inside_windows.py variable NAME TEXT   a variable of the user's; nothing: no more
inside_windows.py unprivileged ARGV...     a program without an administrator's rights: its exit code
inside_windows.py listen S | mute S                a window that does, and one that does not answer
inside_windows.py machine FOLDER   put it on the machine's Path, or take it away
inside_windows.py machine_end FOLDER   the same at its end
inside_windows.py announce     how long telling all windows takes
inside_windows.py fill N FOLDER    a `Path` with which PATH and the directory have N characters
inside_windows.py command FOLDER NAME   a command that says that it ran
inside_windows.py write FILE TEXT | remove FILE    a file, and the folders above it
inside_windows.py runs NAME...     which of these commands run by name, in each shell with a fresh PATH
"""

from __future__ import annotations

import contextlib
import ctypes
import io
import json
import os
import sys
import time
import traceback
from typing import Any, Callable, cast

import windows_cases
from windows_cases import CASES, EXPAND, SZ

winreg: Any = __import__("winreg")
c: Any = ctypes
Raw = tuple[int, bytes]


USER, MACHINE = "user", "machine"
KEYS = {
    USER: (winreg.HKEY_CURRENT_USER, "Environment"),
    MACHINE: (
        winreg.HKEY_LOCAL_MACHINE,
        r"SYSTEM\CurrentControlSet\Control\Session Manager\Environment",
    ),
}
TOOLS = r"C:\Program Files\onpath test\bin"  # for every user: where others cannot write


def key(whose: str = USER) -> Any:
    """Open the key of the user's environment, or of the machine's."""
    return winreg.CreateKeyEx(*KEYS[whose], 0, winreg.KEY_ALL_ACCESS)


def get(whose: str = USER) -> Raw | None:
    """Return type and bytes of `Path`, asked of Windows without a detour."""
    with key(whose) as opened:
        kind, size = c.c_ulong(), c.c_ulong(200_000)
        buffer = c.create_string_buffer(size.value)
        query = c.WinDLL("advapi32").RegQueryValueExW
        handle = c.c_void_p(opened.handle)
        error = query(handle, c.c_wchar_p("Path"), None, c.byref(kind), buffer, c.byref(size))
    return None if error else (kind.value, buffer.raw[: size.value])


def put(raw: Raw | None, whose: str = USER) -> None:
    """Make `raw` the value `Path`, or remove it."""
    with key(whose) as opened:
        handle, name = c.c_void_p(opened.handle), c.c_wchar_p("Path")
        library = c.WinDLL("advapi32")
        if raw is None:
            library.RegDeleteValueW(handle, name)
        else:
            data = c.create_string_buffer(raw[1], len(raw[1]))
            error = library.RegSetValueExW(handle, name, 0, raw[0], data, len(raw[1]))
            assert not error, error


def shown(raw: Raw | None) -> list[Any] | None:
    return None if raw is None else [raw[0], raw[1].hex()]


def directory() -> str:
    return os.path.join(os.environ["APPDATA"], "Python", "Python311", "Scripts")


def filled(text: str) -> str:
    """Return `text` with the directory in place of its placeholders."""
    full = directory()
    for mark, value in (
        ("{T}", windows_cases.SHORT),
        ("{L}", full),
        ("{U}", full.upper()),
        ("{S}", full.replace("\\", "/")),
    ):
        text = text.replace(mark, value)
    return text


def ensure(**options: Any) -> tuple[int, list[str]]:
    """Ensure the directory, and return the exit code and why anything was refused."""
    import onpath  # noqa: PLC0415

    report = onpath.ensure(directory(), **options)
    return report.exit_code, [refusal.reason for refusal in report.refusals]


def cases(part: str, parts: str) -> list[Any]:
    """Return, for each of some cases, what `ensure` said and left, twice, and what `undo` left."""
    import onpath  # noqa: PLC0415

    seen = []
    for case in CASES[int(part) :: int(parts)]:
        raw = case.raw if case.raw is not None else windows_cases.utf16(filled(case.text))
        put(None if case.kind is None else (case.kind, raw))
        before = get()
        first, reasons = ensure(verify=case.is_verified)
        after = get()
        # Without a look, which would tell it that all is there.
        second, _ = ensure(verify=case.is_refused)
        again = get()
        onpath.undo()
        expected = None if case.after is None else windows_cases.utf16(filled(case.after)).hex()
        seen.append(
            {
                "before": shown(before),
                "expected": expected,
                "exit": [first, second],
                "reasons": reasons,
                "after": shown(after),
                "again": shown(again),
                "undone": shown(get()),
            }
        )
    put(None)
    return seen


def laws(whose: str, examples: str) -> int:
    """Let Hypothesis make so many values up: kept but for one entry, stable, and undone exactly."""
    from hypothesis import HealthCheck, example, given, settings  # noqa: PLC0415
    from hypothesis import strategies as st  # noqa: PLC0415

    import onpath  # noqa: PLC0415

    is_system = whose == MACHINE
    full = TOOLS if is_system else directory()
    origin = get(whose)
    pieces = st.sampled_from(
        [
            *(";", '"', "%", "\\", "/", " ", "..", "C:\\a", "%APPDATA%", "%SystemRoot%", "Scripts"),
            *(filled("{T}"), filled("{L}"), filled("{U}"), "\\Python\\Python311", TOOLS),
            *("ü", "\U0001f40d", "\ud83d"),
        ]
    )
    letters = st.characters(blacklist_characters="\0")
    values = st.lists(st.one_of(pieces, pieces, st.text(letters, max_size=4)), max_size=9).map("".join)
    count = 0

    @settings(
        max_examples=int(examples),
        derandomize=True,
        deadline=None,
        database=None,
        suppress_health_check=list(HealthCheck),
    )
    @given(values, st.sampled_from([SZ, EXPAND]), st.sampled_from(["prepend", "append", None]))
    @example("%;" + filled("{T}"), EXPAND, "prepend")
    def law(text: str, kind: int, order: str | None) -> None:
        nonlocal count
        count += 1
        start = (kind, windows_cases.utf16(text))
        put(start, whose)
        options: dict[str, Any] = {"verify": False, "order": order, "system": is_system}
        onpath.ensure(full, **options)
        after = get(whose)
        assert after is not None
        assert after[0] == kind
        new = after[1].decode("utf-16-le", "surrogatepass")[:-1]
        text = start[1].decode("utf-16-le", "surrogatepass")[:-1]
        entry = filled("{T}") if kind == EXPAND and not is_system else full
        allowed = {text, f"{entry};{text}", f"{text};{entry}", f"{text}{entry};"}
        if order:
            allowed |= moved(text, full)
        assert new in (allowed if text else {entry})
        onpath.ensure(full, **options)
        assert get(whose) == after
        onpath.undo(system=is_system)
        assert get(whose) == start

    law()
    put(origin, whose)
    return count


def moved(text: str, full: str) -> set[str]:
    """Return what `text` can be when its own entry for the directory `full` is the first or the last."""
    found: set[str] = set()
    entries = text.split(";")
    for number, entry in enumerate(entries):
        plain = os.path.normpath(os.path.expandvars(entry).replace('"', ""))
        if os.path.normcase(plain) == os.path.normcase(full):
            rest = ";".join(entries[:number] + entries[number + 1 :])
            found |= {f"{entry};{rest}", f"{rest};{entry}", f"{rest}{entry};"} if rest else {entry}
    return found


def window(seconds: float, *, is_mute: bool) -> list[str]:
    """Have a window for `seconds`, and return what it was told; a mute one looks at nothing."""
    user = c.WinDLL("user32")
    told: list[str] = []
    procedure = c.WINFUNCTYPE(c.c_ssize_t, c.c_void_p, c.c_uint, c.c_size_t, c.c_void_p)
    user.DefWindowProcW.argtypes = [c.c_void_p, c.c_uint, c.c_size_t, c.c_void_p]
    user.DefWindowProcW.restype = c.c_ssize_t

    def answer(handle: Any, message: int, first: int, second: Any) -> int:
        if message == 0x001A:  # WM_SETTINGCHANGE
            told.append(f"{first} {c.wstring_at(second) if second else ''}")
        return int(user.DefWindowProcW(handle, message, first, second))

    class WindowClass(c.Structure):  # type: ignore[misc]
        _fields_ = (
            ("style", c.c_uint),
            ("procedure", procedure),
            ("extra", c.c_int),
            ("extra2", c.c_int),
            ("instance", c.c_void_p),
            ("icon", c.c_void_p),
            ("cursor", c.c_void_p),
            ("brush", c.c_void_p),
            ("menu", c.c_wchar_p),
            ("name", c.c_wchar_p),
        )

    kept = procedure(answer)
    made = WindowClass(procedure=kept, name="onpath-test")
    assert user.RegisterClassW(c.byref(made))
    user.CreateWindowExW.restype = c.c_void_p
    user.CreateWindowExW.argtypes = [
        *(c.c_ulong, c.c_wchar_p, c.c_wchar_p, c.c_ulong, c.c_int, c.c_int, c.c_int, c.c_int),
        *(c.c_void_p, c.c_void_p, c.c_void_p, c.c_void_p),
    ]
    handle = user.CreateWindowExW(0, "onpath-test", "onpath-test", 0, 0, 0, 9, 9, None, None, None, None)
    assert handle
    say("ready")
    end = time.monotonic() + seconds
    message = c.create_string_buffer(64)
    while time.monotonic() < end and not told:
        if not is_mute:
            while user.PeekMessageW(message, None, 0, 0, 1):
                user.DispatchMessageW(message)
        time.sleep(0.01)
    return told


def reset() -> None:
    """Take back what onpath put anywhere, and let there be no `Path`."""
    import onpath  # noqa: PLC0415

    onpath.undo()
    put(None)


def share() -> list[Any] | None:
    """Make a directory for every user with a command in it; return the machine's `Path`."""
    command(TOOLS, "hello")
    return shown(get(MACHINE))


def unshare(kind: str, raw: str) -> None:
    """Take back all that `share` and onpath have made; `raw` is the machine's `Path` again."""
    import shutil  # noqa: PLC0415

    import onpath  # noqa: PLC0415

    onpath.undo(system=True)
    put((int(kind), bytes.fromhex(raw)), MACHINE)
    shutil.rmtree(os.path.dirname(TOOLS))
    reset()


def variable(name: str, text: str = "") -> None:
    """Make `text` the user's variable `name`, behind all that he has; nothing: there is none."""
    with winreg.CreateKeyEx(winreg.HKEY_CURRENT_USER, "Environment", 0, winreg.KEY_ALL_ACCESS) as opened:
        if text:
            winreg.SetValueEx(opened, name, 0, winreg.REG_EXPAND_SZ, text)
        else:
            winreg.DeleteValue(opened, name)


def autorun(text: str = "") -> None:
    """Make `text` what every cmd of the machine runs first; nothing: no more."""
    where = r"Software\Microsoft\Command Processor"
    with winreg.CreateKeyEx(winreg.HKEY_LOCAL_MACHINE, where, 0, winreg.KEY_ALL_ACCESS) as opened:
        if text:
            winreg.SetValueEx(opened, "AutoRun", 0, winreg.REG_SZ, text)
        else:
            winreg.DeleteValue(opened, "AutoRun")


def unprivileged(*argv: str) -> int:
    """Run a program with this account, and without the rights of its group of administrators."""
    import subprocess  # noqa: PLC0415

    class Startup(c.Structure):  # type: ignore[misc]
        _fields_ = (("size", c.c_ulong), ("rest", c.c_byte * 100))

    class Started(c.Structure):  # type: ignore[misc]
        _fields_ = (("process", c.c_void_p), ("thread", c.c_void_p), ("numbers", c.c_ulong * 2))

    security, kernel = c.WinDLL("advapi32"), c.WinDLL("kernel32")
    kernel.GetCurrentProcess.restype = c.c_void_p
    token, less, sid, code = (c.c_void_p() for _ in range(4))
    own = c.c_void_p(kernel.GetCurrentProcess())
    assert security.OpenProcessToken(own, 0xF01FF, c.byref(token))
    assert security.ConvertStringSidToSidW(c.c_wchar_p("S-1-5-32-544"), c.byref(sid))
    without = (c.c_void_p * 2)(sid.value, None)  # SID_AND_ATTRIBUTES
    nothing = (0, None, 0, None)
    assert security.CreateRestrictedToken(token, 1, 1, without, *nothing, c.byref(less))
    line = c.create_unicode_buffer(subprocess.list2cmdline(argv))
    startup, started = Startup(c.sizeof(Startup)), Started()
    words = (None, None, True, 0, None, None, c.byref(startup), c.byref(started))
    assert security.CreateProcessAsUserW(less, None, line, *words)
    process = c.c_void_p(started.process)
    kernel.WaitForSingleObject(process, 100_000)
    kernel.GetExitCodeProcess(process, c.byref(code))
    return (code.value or 0) & 0xFFFFFFFF


def machine(folder: str) -> str:
    """Put `folder` in front of the machine's Path, or take it away if it is there; return it."""
    from onpath.places.user_registry import MACHINE_PATH  # noqa: PLC0415
    from onpath.stores import registry  # noqa: PLC0415

    before = registry.read(MACHINE_PATH) or ""
    after = before.replace(f"{folder};", "") if folder in before else f"{folder};{before}"
    registry.write(MACHINE_PATH, after, before)
    return folder


def machine_end(entry: str) -> str:
    """Put `entry` at the end of the machine's Path, or take it away if it is there; return it."""
    from onpath.places.user_registry import MACHINE_PATH  # noqa: PLC0415
    from onpath.stores import registry  # noqa: PLC0415

    before = registry.read(MACHINE_PATH) or ""
    after = before.replace(f";{entry}", "") if entry in before else f"{before};{entry}"
    registry.write(MACHINE_PATH, after, before)
    return entry


def fill(length: int, folder: str) -> str:
    """Make the user's `Path` one to which only the directory is missing for a PATH of `length`.

    `folder` is its last entry; those before it do not exist.
    """
    from onpath import winpath  # noqa: PLC0415
    from onpath.places.user_registry import MACHINE_PATH  # noqa: PLC0415
    from onpath.stores import registry  # noqa: PLC0415

    machine = winpath.expand(registry.read(MACHINE_PATH) or "", registry.fresh_environment(os.environ))
    room = length - len(winpath.join(machine, f"{directory()};;{folder}"))
    text = ";".join([f"C:\\{number:037}" for number in range(room // 41)])
    text += ";" * (room > len(text)) + "x" * (room - len(text) - 1)
    put((EXPAND, windows_cases.utf16(f"{text};{folder}")))
    return text


def command(folder: str, name: str) -> None:
    """Put a command into `folder` that says that it ran."""
    write(rf"{folder}\{name}.cmd", f"@echo ran {name}\n")


def write(file: str, text: str) -> None:
    """Make a file of `text`, and the folders above it; its name may have variables."""
    file = os.path.expandvars(file)
    os.makedirs(os.path.dirname(file), exist_ok=True)
    with open(file, "w", encoding="utf-8") as opened:
        opened.write(text)


def runs(*names: str) -> dict[str, list[str]]:
    """Return which of `names` run by name, in each shell that is here, with a fresh PATH."""
    import subprocess  # noqa: PLC0415

    from onpath.host import windows  # noqa: PLC0415
    from onpath.shells import WINDOWS_ROWS  # noqa: PLC0415
    from onpath.stores import registry  # noqa: PLC0415

    environ, host = registry.fresh_environment(os.environ), cast("Any", None)
    found: dict[str, list[str]] = {}
    for shell in windows.find_shells(host, (), is_all=True, variables=lambda: environ):
        how: Any = WINDOWS_ROWS[shell.name].windows
        found[shell.name] = []
        for name in names:
            line = f'"{shell.program}" {how.arguments.format(text=name)}'
            done = subprocess.run(
                line, env=environ, stdin=subprocess.DEVNULL, capture_output=True, check=False
            )
            if done.stdout.strip() == f"ran {name}".encode():
                found[shell.name].append(name)
    return found


def announce() -> float:
    """Tell all windows, and return how many seconds that took."""
    from onpath.stores import registry  # noqa: PLC0415

    started = time.monotonic()
    registry.announce()
    return time.monotonic() - started


COMMANDS: dict[str, Callable[..., Any]] = {
    "cases": cases,
    "laws": laws,
    "get": lambda whose=USER: shown(get(whose)),
    "set": lambda kind, raw, whose=USER: put((int(kind), bytes.fromhex(raw)), whose),
    "share": share,
    "unshare": unshare,
    "autorun": autorun,
    "variable": variable,
    "unprivileged": unprivileged,
    "reset": reset,
    "listen": lambda seconds: window(float(seconds), is_mute=False),
    "mute": lambda seconds: window(float(seconds), is_mute=True),
    "announce": announce,
    "command": command,
    "write": write,
    "remove": os.remove,
    "fill": lambda length, folder: fill(int(length), folder),
    "runs": runs,
    "machine": machine,
    "machine_end": machine_end,
}


def serve() -> None:
    """Do what each line says; tell what came of it, or what went wrong."""
    say("ready")
    for line in sys.stdin:
        name, *words = json.loads(line)
        said = io.StringIO()
        try:
            with contextlib.redirect_stdout(said), contextlib.redirect_stderr(said):
                answer = COMMANDS[name](*words)
        except Exception:  # noqa: BLE001  (whatever it is, a test is told)
            say({"wrong": said.getvalue() + traceback.format_exc()})
        else:
            say({"answer": answer})


def say(answer: object) -> None:
    """Write one line."""
    sys.stdout.write(json.dumps(answer) + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    if sys.argv[1] == "serve":
        serve()
    else:
        say(COMMANDS[sys.argv[1]](*sys.argv[2:]))
