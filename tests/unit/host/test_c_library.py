"""What Python has no word for is called in the C library, or is told to be missing."""

from __future__ import annotations

import errno
import os
import sys
from typing import TYPE_CHECKING

import pytest

from onpath.host import c_library

if TYPE_CHECKING:
    from pathlib import Path

if sys.platform == "win32":
    pytest.skip("Windows has another library", allow_module_level=True)


@pytest.fixture(autouse=True)
def nothing_was_called(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(c_library, "_functions", {})


def test_a_call_has_its_result_and_the_error_number(tmp_path: Path) -> None:
    folder = tmp_path / "folder"
    path = os.fsencode(folder)
    made = c_library.call("mkdir", path, 0o700)
    assert made is not None
    assert made[0] == 0
    assert folder.is_dir()
    assert c_library.call("mkdir", path, 0o700) == (-1, errno.EEXIST)
    assert c_library.call("rmdir", b"%s/none" % path) == (-1, errno.ENOENT)


def test_a_function_that_is_not_there_is_told_so() -> None:
    assert c_library.call("onpath_has_no_such_function") is None


def test_a_python_without_the_means_has_no_functions(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "_ctypes", None)
    assert c_library.call("getpid") is None
