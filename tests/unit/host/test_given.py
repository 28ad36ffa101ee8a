"""The locale that Python gives itself is told from one that it was given."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from onpath.host import given

TELL = """
import os
from onpath.host.given import without_coerced
own = dict(os.environ)
print("LC_CTYPE" in own, "LC_CTYPE" in without_coerced(own))
"""


@pytest.mark.skipif(not os.path.exists(given.GIVEN), reason="nothing tells what a program was given")
@pytest.mark.parametrize(
    ("environ", "told"),
    [
        ({"LC_ALL": "C"}, "False False"),  # that, Python leaves alone
        ({"LANG": "C"}, "True False"),
        ({}, "True False"),
        ({"LC_CTYPE": "C.UTF-8"}, "True True"),
    ],
)
def test_only_what_python_has_put_there_itself_goes(environ: dict[str, str], told: str) -> None:
    done = subprocess.run(
        [sys.executable, "-c", TELL], env=environ, capture_output=True, text=True, check=True
    )
    assert told == done.stdout.strip()


def test_where_nothing_tells_what_was_given_all_stays(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(given, "GIVEN", os.devnull + "/none")
    monkeypatch.setenv("LC_CTYPE", "C.UTF-8")
    assert "C.UTF-8" == given.without_coerced(dict(os.environ))["LC_CTYPE"]


def test_another_environment_than_this_process_has_stays(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("LC_CTYPE", raising=False)
    assert {"LC_CTYPE": "C.UTF-8"} == given.without_coerced({"LC_CTYPE": "C.UTF-8"})
