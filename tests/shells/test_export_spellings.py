"""Every shell that may be /bin/sh prints its environment so that it is read back, byte for byte."""

from __future__ import annotations

import os
import shutil
import subprocess

import pytest
from hypothesis import given
from hypothesis import strategies as st

from onpath.probes import exports
from samples import BOUNDED

# A system's /bin/sh, and what it is on others: Debian, Fedora, Alpine, Android, Solaris, macOS.
SHELLS = {
    "sh": ("/bin/sh",),
    "dash": ("dash",),
    "bash": ("bash",),
    "bash as sh": ("bash", "--posix"),
    "busybox": ("busybox", "sh"),
    "mksh": ("mksh",),
    "ksh93": ("ksh93",),
    "yash": ("yash",),
    "zsh": ("zsh", "-f"),
    "zsh as sh": ("zsh", "--emulate", "sh"),
}
# Shells may make of these what they want; and PATH is the answer itself.
OF_THE_SHELL = {"_", "PWD", "OLDPWD", "SHLVL", "HOME", "PATH", "A__z", "OPTIND", "PPID", "IFS"}

VALUES = st.binary(max_size=20).map(lambda raw: os.fsdecode(raw.replace(b"\0", b"")))
HARD_SIGNS = st.text(st.sampled_from("'\"\\$`\n\t !#=;()é\x01\x1b\x7f"), max_size=12)


def exported(words: tuple[str, ...], environ: dict[str, str]) -> dict[str, str]:
    """Return what the shell prints of `environ`, read back."""
    program = shutil.which(words[0])
    if program is None:
        pytest.skip(f"{words[0]} is not installed")
    done = subprocess.run(
        [program, *words[1:], "-c", "export -p"],
        env={"PATH": "/usr/bin:/bin", "HOME": "/", "LC_ALL": "C.UTF-8", **environ},
        capture_output=True,
        check=True,
    )
    found = exports.parse(os.fsdecode(done.stdout))
    return {name: value for name, value in found.items() if name in environ}


@pytest.mark.parametrize("words", SHELLS.values(), ids=SHELLS)
@BOUNDED
@given(value=HARD_SIGNS, other=HARD_SIGNS | st.just(""))
def test_quotes_blanks_and_control_characters_come_back(
    words: tuple[str, ...], value: str, other: str
) -> None:
    environ = {"ONE": value, "TWO": other, "THREE": "3"}
    assert environ == exported(words, environ)


@pytest.mark.parametrize("words", SHELLS.values(), ids=SHELLS)
@BOUNDED
@given(value=VALUES)
def test_any_bytes_come_back(words: tuple[str, ...], value: str) -> None:
    """yash takes no variable that is not UTF-8, and zsh spells several of these alike."""
    if words[0] in {"yash", "zsh"} and not value.isascii():
        return
    assert {"ONE": value} == exported(words, {"ONE": value})
