"""A private environment with a tool in it: made by uv, or by venv and pip, or by pip alone."""

from __future__ import annotations

import glob
import os
import re
import shutil
import subprocess
import sys

from onpath.errors import OnpathError
from onpath.host.directories import find_program
from onpath.values import TYPE_CHECKING, replace

from .about import BASE
from .configuration import (
    NAMED,
    OF_PIP,
    OF_UV,
    SHARED,
    corrected,
    forbidding,
    pip_config,
    uv_config,
    without_user,
)
from .patience import whole_s
from .steps import Log, run, temporary

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from .jobs import Job

UNKNOWN_OPTION = "error: unexpected argument"  # of uv, before 0.2
ANSWER_S = 120.0  # that a program may take to say its version, on a machine with much to do
PIP = "pip-25.0.1-py3-none-any.whl"  # fetched where there is neither pip nor ensurepip
PIP_SHA256 = "c46efd13b6aa8279f33f2864459c8ce587ea6a1a59ee20de055868d8f7688f7f"
PIP_MAX_BYTES = 4 << 20
OF_ANOTHER_PYTHON = ("VIRTUAL_ENV", "CONDA_PREFIX", "__PYVENV_LAUNCHER__")
# What pip and uv (and rustup, which pip asks) make in a home, by the variable that leads it elsewhere.
OWN_FOLDERS = {
    "UV_CACHE_DIR": "~/.cache/uv",
    "UV_CREDENTIALS_DIR": "~/.local/share/uv",
    "PIP_CACHE_DIR": "~/.cache/pip",
    "RUSTUP_HOME": "~/.rustup",
}
TEMPORARY = ("TMPDIR", "TEMP", "TMP")  # variables that name the folder for temporary files


def find_uv(environ: Mapping[str, str]) -> str:
    """Return the uv that is on PATH and runs, or an empty text."""
    uv = _named_uv(environ)
    return uv if uv and _answers([uv, "--version"], environ) else ""


def _named_uv(environ: Mapping[str, str]) -> str:
    """Return the uv that is on PATH, whether it runs or not, or an empty text."""
    is_wanted = environ.get("ONPATH_UV") != "0"
    return (is_wanted and find_program("uv", environ)) or ""


def build(job: Job) -> str:
    """Make the environment, with the tool in it; return by which means. Raises `OnpathError`."""
    with Log() as log, temporary() as folder:
        # What pip and uv leave there when they are killed goes with the run.
        told = dict.fromkeys(TEMPORARY, folder) if folder else {}
        job = replace(job, environ={**job.environ, **told})
        uv = _named_uv(job.environ)
        os.makedirs(job.scratch)
        if not uv:
            _tell(job)
        try:
            means = _with_uv(job, uv, log) if uv else _with_pip(job, log)
        except OSError as error:
            raise OnpathError(
                f"{error.filename or job.folder} cannot be written ({error.strerror or error}); make "
                "room on the disk, or let yourself write there, then run this again"
            ) from None
        log.is_kept = False
        return means


def _with_uv(job: Job, uv: str, log: Log) -> str:
    corrections, variables = corrected(job.environ)
    environ = {**_shared(job, is_for_uv=True), **variables}
    words = [*_source_words(job), *_what_words(job)]
    if not job.settings.lock:
        words += corrections
    if job.wheels:
        words.append("--offline")
    command = [uv, "pip", "install", "--no-progress", "--python", job.python, *words]

    def meanwhile() -> None:
        _tell(job)
        job.meanwhile()

    try:
        if not _make_venv(job):  # at a third of the cost of the same by uv, which asks the Python first
            run(job, log, [uv, "venv", "--quiet", "--python", BASE, job.folder], environ, "uv venv")
        run(job, log, command, environ, "uv pip install", meanwhile=meanwhile)
    except (OSError, OnpathError):
        is_old = UNKNOWN_OPTION in log.said()
        if not is_old and _answers([uv, "--version"], environ):  # asked only now: most of them run
            raise
        job.say(f"{uv} {'is too old' if is_old else 'does not run'}; taking pip")
        return _with_pip(job, log)
    return "uv"


def _tell(job: Job) -> None:
    job.say(f"installing {' '.join(job.requirements)}, for {BASE}")


def _with_pip(job: Job, log: Log) -> str:
    environ = _shared(job, is_for_uv=False)
    is_target = not _make_venv(job)
    python = BASE if is_target else job.python
    pip = _find_pip(job, log, python, environ)
    words = [*_source_words(job), *_what_words(job), "--no-compile", "--no-warn-script-location"]
    detail = os.path.join(job.scratch, "pip.log")
    words += ["--log", detail]
    if is_target:
        words += ["--target", os.path.join(job.folder, "lib")]
    options = ["--disable-pip-version-check", "--no-input", "--progress-bar", "off", "--retries", "2"]
    command = [*pip, "install", *options, *words]
    run(job, log, command, environ, "pip install", meanwhile=job.meanwhile, detail=detail)
    return "pip --target" if is_target else "venv and pip"


def _make_venv(job: Job) -> bool:
    """Make an empty environment, if this Python can. pip is not put into it: that takes seconds."""
    try:
        import venv  # noqa: PLC0415  (a bare Debian may lack it)
    except ImportError:
        if job.is_windows and not find_uv(job.environ):
            raise OnpathError("this Python has no module venv; install Python from python.org") from None
        os.makedirs(job.folder, exist_ok=True)
        return False

    class Builder(venv.EnvBuilder):
        def setup_scripts(self, _context: object) -> None:
            """Do nothing: nobody activates it."""

    Builder(symlinks=not job.is_windows, with_pip=False).create(job.folder)
    if job.is_windows and not os.path.exists(job.python):  # a Python without venv's own launcher
        for file in (BASE, *glob.glob(os.path.join(glob.escape(os.path.dirname(BASE)), "*.dll"))):
            shutil.copy2(file, os.path.dirname(job.python))
    return True


def _find_pip(job: Job, log: Log, python: str, environ: Mapping[str, str]) -> list[str]:
    """Return the words that run a pip with `python`: the one of this machine, or one that is fetched."""
    is_own = python == BASE
    if is_own and _answers([python, "-I", "-m", "pip", "--version"], environ):
        return [python, "-I", "-m", "pip"]
    for pip in pips():
        runner = os.path.join(pip, "pip" if os.path.isfile(pip) else "__pip-runner__.py")
        if _answers([python, runner, "--version"], environ):
            return [python, runner]
    return [python, os.path.join(_fetch_pip(job, log), "pip")]


def pips() -> Iterator[str]:
    """Yield where a pip is: the folder of the one of this Python, and the wheel of its spare one."""
    import importlib.util  # noqa: PLC0415
    import sysconfig  # noqa: PLC0415

    if sys.flags.no_site:  # as a script starts its Python, which cannot see what is installed then
        import site  # noqa: PLC0415

        site.main()
    found = importlib.util.find_spec("pip")
    if found and found.origin:
        folder = os.path.dirname(found.origin)
        if os.path.exists(os.path.join(folder, "__pip-runner__.py")):
            yield folder
    ensurepip = importlib.util.find_spec("ensurepip")
    folders = [str(sysconfig.get_config_var("WHEEL_PKG_DIR") or "")]
    if ensurepip and ensurepip.origin:
        folders.append(os.path.join(os.path.dirname(ensurepip.origin), "_bundled"))
    for folder in filter(None, folders):
        yield from sorted(glob.glob(os.path.join(glob.escape(folder), "pip-*.whl")), reverse=True)


def _answers(command: list[str], environ: Mapping[str, str]) -> bool:
    """Say whether a program tells its version, whatever the user has told pip, uv and Python besides."""
    besides = ("PIP_", "UV_", "PYTHON")
    try:
        done = subprocess.run(
            command,
            env={
                **{name: value for name, value in environ.items() if not name.startswith(besides)},
                "PIP_CONFIG_FILE": os.devnull,
            },
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=ANSWER_S,
            check=False,
            cwd=os.path.abspath(os.sep),  # the folder here may be gone, which pip does not bear
        )
    except (OSError, subprocess.SubprocessError):
        return False
    return done.returncode == 0


def _fetch_pip(job: Job, log: Log) -> str:
    """Fetch the pip whose SHA-256 is known here, and return the file."""
    import hashlib  # noqa: PLC0415
    from http.client import HTTPException  # noqa: PLC0415

    cure = "install pip (its package is python3-pip or python3-venv), then run this again"
    if not job.wheels and "--no-index" in forbidding(job.environ):
        raise OnpathError(f"there is no pip, and the index, which has it, may not be asked; {cure}")
    job.say("fetching pip, which this Python lacks")
    try:
        if job.wheels:
            with open(os.path.join(job.wheels, PIP), "rb") as opened:
                raw = opened.read()
        else:
            raw = _download_pip(job.page("pip"), job.patience_s)
    except (OSError, ValueError, LookupError, HTTPException) as error:
        raise OnpathError(
            f"there is no pip, and no {PIP} in {job.source} ({without_user(str(error))}); {cure}"
        ) from None
    found = hashlib.sha256(raw).hexdigest()
    if found != PIP_SHA256:
        raise OnpathError(f"the {PIP} that came has another SHA-256 ({found}); {cure}")
    file = os.path.join(job.scratch, PIP)
    with open(file, "wb") as opened:
        opened.write(raw)
    log.note(f"fetched {PIP}")
    return file


def _download_pip(page: str, limit_s: float) -> bytes:
    import urllib.parse  # noqa: PLC0415

    from . import answers  # noqa: PLC0415

    text = answers.get(page, limit_s, PIP_MAX_BYTES).decode("utf-8", "replace")
    found = re.search(rf'href="([^"]*{re.escape(PIP)}[^"]*)"', text)
    if not found:
        raise LookupError(f"{page} does not list it")
    file = urllib.parse.urljoin(page, found[1].replace("&amp;", "&"))
    return answers.get(file, limit_s, PIP_MAX_BYTES)


def _source_words(job: Job) -> list[str]:
    words = ["--index-url", job.settings.index_url] if job.settings.index_url else []
    if job.wheels:
        words = ["--no-index", "--find-links", job.wheels]
    return [*words, *(each for each in forbidding(job.environ) if each not in words)]


def _what_words(job: Job) -> list[str]:
    """Return what is installed: by name, or those files whose hashes are locked."""
    if not job.settings.lock:
        return list(job.requirements)
    file = os.path.join(job.scratch, "locked.txt")
    with open(file, "w", encoding="utf-8", newline="\n") as opened:
        opened.write("\n".join(job.settings.lock) + "\n")
    return ["--require-hashes", "--no-deps", "-r", file]


def _shared(job: Job, *, is_for_uv: bool) -> dict[str, str]:
    """Return the environment for pip or uv, in which each has what the user has told the other."""
    left_out = {*OF_PIP, *OF_UV, *OF_ANOTHER_PYTHON}
    told = {
        name: value
        for name, value in job.environ.items()
        if name not in left_out and not name.startswith("PYTHON")  # as `-I` has it
    }
    # By variables alone: no variable takes back what a file of pip's says of where it installs.
    told = {**pip_config(told), **told, "PIP_CONFIG_FILE": os.devnull}
    if job.settings.lock:  # beside hashes pip takes no constraints
        told = {n: v for n, v in told.items() if n not in {"PIP_CONSTRAINT", "UV_CONSTRAINT"}}
    # uv reads its own, unless told otherwise.
    in_files = {} if is_for_uv else uv_config(job.environ)
    for of_pip, of_uv, older in SHARED:
        value_of_pip = told.get(of_pip, "")
        value_of_uv = told.get(of_uv) or told.get(older) or in_files.get(of_uv, "")
        if is_for_uv and value_of_pip and not value_of_uv:
            told[of_uv] = value_of_pip
        elif not is_for_uv and value_of_uv and not value_of_pip:
            told[of_pip] = NAMED.sub("", value_of_uv)
    for name, folder in OWN_FOLDERS.items():  # who has none yet shall have none afterwards
        if name not in told and not os.path.isdir(os.path.expanduser(folder)):
            told[name] = os.path.join(job.scratch, os.path.basename(folder))
    limit = whole_s(job.patience_s)
    told.setdefault("UV_HTTP_TIMEOUT" if is_for_uv else "PIP_DEFAULT_TIMEOUT", limit)
    return {**told, "UV_PYTHON_DOWNLOADS": "never", "PIP_USER": "0"}
