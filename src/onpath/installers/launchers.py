"""Programs for Windows that start a tool's command. A batch file would do for a shell alone.

cmd reads the arguments of a batch file once more (`a&b` runs `b`, `%OS%` is filled in) and asks after a
Ctrl-C whether to end it; Git Bash, and a program that starts another by its bare name, find none at all.

Such a program is the launcher of distlib, which every pip carries and uses for the commands that it
installs: it starts the interpreter of the line that follows it, with itself as the script, a zip file.
"""

from __future__ import annotations

import io
import os
import sysconfig
import zipfile

from . import environments

# By what the Python says of its platform (distlib, scripts.py).
STUBS = {"win-amd64": "t64.exe", "win-arm64": "t64-arm.exe", "win32": "t32.exe"}
FOLDER = "_vendor/distlib"  # in pip
EPOCH = (1980, 1, 1, 0, 0, 0)  # the same bytes each time
# What it imports is of the Python itself; what the user sets for Python is for the tool alone.
FLAGS = " -I -S"
# A Ctrl-C reaches the tool too, which decides. Its exit code may be that of a crash, beyond a C long.
PROGRAM = """\
import signal, subprocess, sys
signal.signal(signal.SIGINT, signal.SIG_IGN)
folder = {folder!r}
try:
    with open(folder + "\\\\current.cmd", encoding="ascii") as file:
        number = file.read().rpartition("%~dp0")[2].strip().strip('"')
    words = [folder + "\\\\" + number + {program!r}, *sys.argv[1:]]
    code = subprocess.call(words, close_fds=False)
except OSError as error:
    sys.exit(f"{name} cannot be started ({{error}}); run its install script again")
sys.exit(code - (1 << 32) if code >> 31 else code)
"""

BESIDE = """\
import os, runpy, sys
file = os.path.join(os.path.dirname(os.path.abspath(sys.argv[0])), {name!r})
runpy.run_path(file, run_name="__main__")
"""


def stub() -> bytes:
    """Return the launcher of the pip that this Python carries; nothing where it carries none."""
    name = STUBS.get(sysconfig.get_platform(), "")
    for pip in environments.pips() if name else ():
        try:
            if os.path.isfile(pip):
                with zipfile.ZipFile(pip) as wheel:
                    return wheel.read(f"pip/{FOLDER}/{name}")
            with open(os.path.join(pip, *FOLDER.split("/"), name), "rb") as file:
                return file.read()
        except (OSError, KeyError, zipfile.BadZipFile):  # a distribution may leave it out
            continue
    return b""


def make(stub: bytes, python: str, folder: str, command: str, mark: str) -> bytes:
    """Return the program that runs `command` of the environment in use in the tool's `folder`. Pure.

    `python` starts it; `mark` is its last line, which tells whose it is.
    """
    text = PROGRAM.format(folder=folder, program=f"\\Scripts\\{command}.exe", name=command)
    return _pack(stub, f'"{python}"{FLAGS}', text, mark)


def beside(stub: bytes, python: str, name: str, mark: str) -> bytes:
    """Return the program that has `python` run the file `name` in its own folder. Pure."""
    return _pack(stub, f'"{python}"', BESIDE.format(name=name), mark)


def _pack(stub: bytes, interpreter: str, text: str, mark: str) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr(zipfile.ZipInfo("__main__.py", EPOCH), text)
        archive.comment = f"\n{mark}\n".encode()
    return stub + f"#!{interpreter}\n".encode() + packed.getvalue()
