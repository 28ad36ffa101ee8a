"""A callback plugin of Ansible that writes each result as a line of JSON, with how long it took."""

from __future__ import annotations

DOCUMENTATION = """
name: telling
type: aggregate
short_description: writes results
description: writes each result as a line of JSON to the file that ONPATH_TOLD names
"""

import json
import os
import time
from typing import TYPE_CHECKING, Any

from ansible.plugins.callback import CallbackBase

if TYPE_CHECKING:
    from typing import Protocol

    class Named(Protocol):
        """A task or a host."""

        def get_name(self) -> str:
            """Return its name."""

    class Result(Protocol):
        """What came of a task on a host."""

        _host: Named
        _task: Named
        _result: dict[str, Any]


class CallbackModule(CallbackBase):  # type: ignore[misc]  # Ansible has no types here
    """Told by Ansible what happens."""

    CALLBACK_VERSION = 2.0
    CALLBACK_TYPE = "aggregate"
    CALLBACK_NAME = "telling"

    def __init__(self, *words: object, **options: object) -> None:
        super().__init__(*words, **options)
        self.started: dict[tuple[str, str], float] = {}

    def v2_runner_on_start(self, host: Named, task: Named) -> None:
        """Note when."""
        self.started[host.get_name(), task.get_name()] = time.monotonic()

    def v2_runner_on_ok(self, result: Result) -> None:
        """Write it."""
        self._tell(result, is_ok=True)

    def v2_runner_on_failed(self, result: Result, ignore_errors: bool = False) -> None:
        """Write it."""
        self._tell(result, is_ok=False)

    def v2_runner_on_unreachable(self, result: Result) -> None:
        """Write it."""
        self._tell(result, is_ok=False)

    def _tell(self, result: Result, *, is_ok: bool) -> None:
        host, task = result._host.get_name(), result._task.get_name()
        took_s = time.monotonic() - self.started[host, task]
        line = {"host": host, "task": task, "is_ok": is_ok, "took_s": took_s, "result": result._result}
        with open(os.environ["ONPATH_TOLD"], "a") as told:
            told.write(json.dumps(line) + "\n")
