"""The program that both scripts give to a Python, run as they run it."""

from __future__ import annotations

import base64
import hashlib
import io
import json
import signal
import subprocess
import sys
import zipfile
import zlib
from typing import TYPE_CHECKING

import pytest

import pythons
from onpath.installers import script

if TYPE_CHECKING:
    from pathlib import Path

NOW = list(sys.version_info[:3])


def run(
    *words: str,
    pythons_: object = None,
    carried: bytes = b"",
    digest: str = "",
    program: str = sys.executable,
) -> subprocess.CompletedProcess[str]:
    """Run the bootstrap on standard input."""
    text = script.program(*script.BOOTSTRAP)
    values = {
        "script": "install.sh",
        "pythons": pythons_ or [[[3, 9, 0], [4, 0, 0]]],
        "onpath_sha256": digest,
    }
    packed = base64.encodebytes(zlib.compress(carried)).decode()
    text += f'\nmain(r"""\n{json.dumps(values)}\n""", """{packed}""")\n'
    return subprocess.run(
        [program, "-I", "-", *words], input=text, capture_output=True, text=True, check=False
    )


def archive(code: str) -> bytes:
    """Return a zip file in which the engine is `code`."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as zipped:
        zipped.writestr("onpath/__init__.py", "")
        zipped.writestr("onpath/installers/__init__.py", "")
        zipped.writestr("onpath/installers/engine.py", code)
        zipped.writestr("onpath/data.txt", "data")
    return buffer.getvalue()


CODE = """
import onpath
def main(settings, words):
    data = onpath.__loader__.get_data(onpath.__path__[0] + "/data.txt")
    print(settings["script"], words, data.decode(), __name__, flush=True)
    return 7
"""


def test_a_python_that_will_do_says_where_it_is(home: Path) -> None:
    lines = run("--about").stdout.split("\n")
    assert ["ok", getattr(sys, "_base_executable", "") or sys.executable, str(home)] == lines


def test_one_that_will_not_says_its_version() -> None:
    after = [NOW[0], NOW[1], NOW[2] + 1]
    done = run("--about", pythons_=[[after, [4, 0, 0]], [[3, 0, 0], NOW]])
    assert f"no it is Python {NOW[0]}.{NOW[1]}.{NOW[2]}" == done.stdout


@pytest.mark.parametrize("version", ["3.6", "3.7", "3.8"])
def test_an_old_python_gets_far_enough_to_say_so(version: str) -> None:
    python = pythons.find(version)
    if python is None:
        pytest.skip(f"there is no Python {version}")
    done = run("--about", program=str(python))
    assert done.stdout.startswith(f"no it is Python {version}."), done


def test_what_is_carried_is_run_from_memory() -> None:
    raw = archive(CODE)
    done = run("a", "b", carried=raw, digest=hashlib.sha256(raw).hexdigest())
    assert (7, "install.sh ['a', 'b'] data onpath.installers.engine\n") == (
        done.returncode,
        done.stdout,
    ), done


def test_what_is_damaged_is_not_run() -> None:
    done = run(carried=archive(CODE), digest="0" * 64)
    assert (1, "") == (done.returncode, done.stdout)
    assert "install.sh: this script is damaged; download it again\n" == done.stderr


def test_what_is_carried_can_be_unpacked(tmp_path: Path) -> None:
    raw = archive(CODE)
    assert (
        0
        == run("--unpack", str(tmp_path), carried=raw, digest=hashlib.sha256(raw).hexdigest()).returncode
    )
    assert CODE == (tmp_path / "onpath" / "installers" / "engine.py").read_text()


def test_what_is_unpacked_takes_the_place_of_nothing(tmp_path: Path) -> None:
    raw = archive(CODE)
    digest = hashlib.sha256(raw).hexdigest()
    (tmp_path / "data.txt").write_text("mine")
    for words in ([str(tmp_path)], [], [str(tmp_path / "a"), "b"], [str(tmp_path / "data.txt")]):
        done = run("--unpack", *words, carried=raw, digest=digest)
        assert (1, 1) == (done.returncode, len(done.stderr.splitlines())), done
        assert "install.sh: " in done.stderr
        assert "; name " in done.stderr
    assert ["data.txt"] == [each.name for each in tmp_path.iterdir()]


@pytest.mark.skipif(sys.platform == "win32", reason="signals of Unix")
def test_interrupted_before_there_is_anything_to_take_back_it_ends_without_a_word() -> None:
    carried = archive("import os, signal\nos.kill(os.getpid(), signal.SIGINT)\n")
    done = run(carried=carried, digest=hashlib.sha256(carried).hexdigest())
    assert (-signal.SIGINT, "", "") == (done.returncode, done.stdout, done.stderr)


@pytest.mark.parametrize("word", ["--help", "-h", "--uninstall"])
def test_any_python_will_do_to_help_and_to_take_back(word: str) -> None:
    later = [[[NOW[0], NOW[1] + 1, 0], [4, 0, 0]]]
    assert run("--about", pythons_=later).stdout.startswith("no it is Python ")
    assert run("--about", "--quiet", word, pythons_=later).stdout.startswith("ok\n")
