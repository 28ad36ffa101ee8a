"""A job of the installer, for tests of what happens to it."""

from __future__ import annotations

import os

from onpath.installers.jobs import Job
from onpath.installers.settings import Settings

NO_FILES = {"PIP_CONFIG_FILE": os.devnull}


def job(folder: str = "/nowhere/1", **environ: str) -> Job:
    """Return a job of a tool called cow."""
    return Job(Settings("cow", "cow"), ("cow==1.0",), folder, environ, is_windows=False)
