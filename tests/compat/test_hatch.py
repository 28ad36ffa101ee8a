"""Real `hatch python install` with this repository's userpath, typed at the prompts of real shells."""

from __future__ import annotations

import io
import tarfile
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING

import pytest

import compat
from judging import assert_served

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from compat import Environment
    from programs import Require

ARCHIVE = "cpython-3.12.7%2B20241016-any-install_only.tar.gz"


@pytest.fixture(scope="module")
def source() -> Iterator[str]:
    """Serve a Python distribution that holds nothing but a program, and give its address."""
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w:gz") as archive:
        program = tarfile.TarInfo("python/bin/python3")
        program.mode, text = 0o755, b"#!/bin/sh\n"
        program.size = len(text)
        archive.addfile(program, io.BytesIO(text))

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.send_header("Content-Length", str(len(packed.getvalue())))
            self.end_headers()
            self.wfile.write(packed.getvalue())

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}/{ARCHIVE}"
        server.shutdown()


@pytest.mark.parametrize("name", compat.SHELLS)
def test_a_python_that_hatch_installs_is_on_path_in_the_shell_in_which_it_was_asked_for(
    name: str, hatch: Environment, source: str, home: Path, require: Require
) -> None:
    """hatch itself names that shell, by shellingham; of a second run it hears that all is done.

    shellingham knows no `ksh93`. It looks on among the processes above, where a terminal has no other
    shell and a test has, and then hatch takes SHELL.
    """
    require(name)
    env = {"HATCH_PYTHON_CUSTOM_SOURCE_3_12": source}
    words = (hatch.bin / "hatch", "python", "install", "3.12")
    code, told = compat.typed(name, home, *words, env=env, is_orphan=name == "ksh93")
    assert code == 0, told
    directory = home / ".local" / "share" / "hatch" / "pythons" / "3.12" / "python" / "bin"
    assert str(directory) in told.replace("\n", "")
    assert_served(name, home, directory)
    question = f"import userpath; print(userpath.in_new_path({str(directory)!r}, [{name!r}]))"
    assert (0, "True\n") == compat.typed(name, home, hatch.python, "-c", question)
