"""The look at PATH that an installation does not wait for, and what it is taken for."""

from __future__ import annotations

import subprocess
import sys

import pytest

LONG = """p = Probe(Context("login", "bash"), "missing", path=("/a",) * 60000)
    return Report("missing", request.directories, (Outcome(p.context, p),), answers=(p,))"""
# In a process of its own: the one of the tests has threads, and may not be forked.
BEGIN = """
import os, time
from onpath import verbs
from onpath.errors import OnpathError
from onpath.installers import proof
from onpath.model import Context, Outcome, Probe, Report

def check(request):
    {body}

verbs.check = check
looking = proof.Look("/x", (), {{"HOME": "/nowhere"}})
"""


def run(body: str, then: str) -> subprocess.CompletedProcess[str]:
    """Begin a look that is `body`, and do `then`."""
    code = BEGIN.format(body=body) + then
    return subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=False, timeout=60
    )


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no fork")
@pytest.mark.parametrize(
    ("body", "told"),
    [
        (LONG, "/x 60000 login"),
        ('raise OnpathError("no; why")', "None"),
        ("os.kill(os.getpid(), 9)", "None"),
    ],
    ids=["more than a pipe holds", "an error", "killed"],
)
def test_a_look_tells_what_it_saw_or_nothing(body: str, told: str) -> None:
    done = run(
        body,
        "r = looking.report()\n"
        "print(r and f'{r.directories[0]} {len(r.answers[0].path)} {r.outcomes[0].context.mode}')\n"
        "looking.end()\n",
    )
    assert (0, told) == (done.returncode, done.stdout.strip()), done


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no fork")
def test_a_look_that_nobody_needs_any_more_is_ended() -> None:
    done = run(
        "time.sleep(600)",
        "pid = looking.pid\nlooking.end()\nlooking.end()\n"
        "try: os.kill(pid, 0)\nexcept ProcessLookupError: print('gone')\n",
    )
    assert (0, "gone") == (done.returncode, done.stdout.strip()), done
