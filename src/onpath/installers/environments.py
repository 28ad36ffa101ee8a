"""A private environment with a tool in it: made by uv, or by venv and pip, or by pip alone.

What needs long has a time limit, may write no file above a size, tells on a terminal that it works, and
writes what it says into a log, which stays where it fails.
"""

from __future__ import annotations

import glob
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from contextlib import contextmanager, suppress

from onpath.errors import OnpathError
from onpath.host.directories import find_program
from onpath.host.session import text_of
from onpath.probes import orphans, spawn
from onpath.values import TYPE_CHECKING, dataclass, replace

from .about import BASE as BASE  # noqa: PLC0414  (others take it from here)
from .patience import patience_s, whole_s
from .place import HOME, SCRATCH, remove
from .settings import normal

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from .settings import Settings

PATIENCE_S = 20.0  # without a byte from the index
ANSWER_S = 120.0  # that a program may take to say its version, on a machine with much to do
WHOLE = 90  # times that may the whole take
MAX_FILE_BYTES = 4 << 30
OPEN_FILES = 64  # at once, with which uv, pip and the proof do well
END_WITH_PARENT = 1  # PR_SET_PDEATHSIG of prctl(2)
TICK_S = 0.02
SHOWN_S = 0.5  # how often a terminal is told
PIP_FROM = (22, 3)  # has a runner for other Pythons
PIP = "pip-25.0.1-py3-none-any.whl"  # fetched where there is neither pip nor ensurepip
PIP_SHA256 = "c46efd13b6aa8279f33f2864459c8ce587ea6a1a59ee20de055868d8f7688f7f"
PIP_MAX_BYTES = 4 << 20
PYPI = "https://pypi.org/simple"
TEMPORARY = ("TMPDIR", "TEMP", "TMP")  # variables that name the folder for temporary files
SPINNER = "|/-\\"
COMMAND = "$ "  # before a line of the log that is a command

# What decides what pip installs, where, and for which Python; here it is told.
OF_PIP = (
    *("PIP_USER", "PIP_TARGET", "PIP_PREFIX", "PIP_ROOT", "PIP_PYTHON", "PIP_REQUIRE_VIRTUALENV"),
    *("PIP_REQUIREMENT", "PIP_EDITABLE", "PIP_GROUP", "PIP_NO_DEPS", "PIP_DRY_RUN"),
    *("PIP_PLATFORM", "PIP_PYTHON_VERSION", "PIP_ABI", "PIP_IMPLEMENTATION"),
    # Told by options anyway, and what a newer pip takes (raw) is an error for an older one.
    *("PIP_PROGRESS_BAR", "PIP_RETRIES", "PIP_LOG", "PIP_NO_INPUT", "PIP_DISABLE_PIP_VERSION_CHECK"),
)
# The same of uv; and links into its cache, which may be removed at any time.
OF_UV = (
    *("UV_PYTHON", "UV_PROJECT", "UV_WORKING_DIRECTORY", "UV_WORKING_DIR", "UV_SYSTEM_PYTHON"),
    "UV_LINK_MODE",
)
# The same in a file of uv's, on its own line or in a table on one; `tomllib` is of Python 3.11.
OF_UV_FILES = re.compile(
    r"""(?m)^\s*(?:\[pip\]\s*|pip\s*\.\s*|pip\s*=\s*\{(?:[^"'\n]|"[^"\n]*"|'[^'\n]*')*?)?"""
    r"""(?<![\w-])["']?(?P<name>target|prefix|link-mode|no-deps)["']?\s*=\s*(?P<value>[^\s,}#]*)"""
)
OF_DEFAULT = re.compile(r"(?m)^\s*default\s*=\s*true\b")  # of a table of an index there
OF_ANOTHER_PYTHON = ("VIRTUAL_ENV", "CONDA_PREFIX", "__PYVENV_LAUNCHER__")
# What is said to one of the two counts for both: pip's variable, uv's, and an older one of uv's.
SHARED = (
    ("PIP_INDEX_URL", "UV_DEFAULT_INDEX", "UV_INDEX_URL"),
    ("PIP_EXTRA_INDEX_URL", "UV_INDEX", "UV_EXTRA_INDEX_URL"),
    ("PIP_FIND_LINKS", "UV_FIND_LINKS", ""),
    ("PIP_CERT", "SSL_CERT_FILE", ""),
    ("PIP_CONSTRAINT", "UV_CONSTRAINT", ""),
)

NAMED = re.compile(r"^[\w.-]+=(?=\w+://)")  # uv gives an index a name
# What pip and uv (and rustup, which pip asks) make in a home, by the variable that leads it elsewhere.
OWN_FOLDERS = {
    "UV_CACHE_DIR": "~/.cache/uv",
    "UV_CREDENTIALS_DIR": "~/.local/share/uv",
    "PIP_CACHE_DIR": "~/.cache/pip",
    "RUSTUP_HOME": "~/.rustup",
}

# What an index has is not found where one of these is set, and pip and uv do not say why.
NARROWING = ("PIP_NO_INDEX", "PIP_UPLOADED_PRIOR_TO", "UV_EXCLUDE_NEWER")
OFF = {"", "0", "false", "no", "off", "n", "f"}

NO_INDEX = (
    "{source} does not answer as an index does{odd}; see whether its address is right "
    "(PIP_INDEX_URL), and whether the network wants a log-in first"
)
HAS_NOT = "{source} has no {missing}; see whether {doubt}{narrowed}"
# Which words of pip or uv mean what: the fact and the cure. The first that is found counts; what it
# has in parentheses is what is missing.
CAUSES = {
    r"No space left on device|os error 28|Errno 28|Disk quota exceeded": (
        "the disk is full; make room, then run this again"
    ),
    r"DO NOT MATCH THE HASHES|[Hh]ash mismatch": (
        "a file came that has not the hash that is known of it: it is cut, damaged, or not the real "
        "one; try again, and if it stays so, report it"
    ),
    r"error occurred during configuration: option ([\w-]+):|environment variable `(\w+)` with invalid"
    r"|error: invalid value '[^']*' for '--([\w-]+)": (
        "this {program} does not take what is set as {setting}; take that out, or have a {program} "
        "that knows it, then run this again"
    ),
    r"Hashes are required in --require-hashes mode|In `--require-hashes` mode": (
        "{program} is told to take nothing without a hash, and this script has none; lift that "
        "(PIP_REQUIRE_HASHES, UV_REQUIRE_HASHES), or ask its author for one that has them (--lock)"
    ),
    r"511 (?:Server Error|Network Auth)": NO_INDEX,
    r"407 Client Error|407 Proxy Auth|Proxy Authentication Required": (
        "the proxy wants a user and a password; put them into its address "
        "(HTTPS_PROXY=http://USER:PASSWORD@HOST:PORT), then run this again"
    ),
    r"40[13] (?:Client Error|Unauthorized|Forbidden)|HTTP status client error \(40[13]": (
        "{source} refuses {what}; see whether the name is right, and the user and the password in its "
        "address (PIP_INDEX_URL), then run this again"
    ),
    # Not 404 of a page: so an index says that it has no such package.
    r"HTTP status client error \((?!408|429)(4\d\d)|HTTP error (4\d\d) while getting"
    r"|Could not fetch URL \S+ (?!404|408|429)(4\d\d) Client Error": (
        "{source} answers {told} where it is asked for {what}; see whether its address is right "
        "(PIP_INDEX_URL), and what the network lets through, then run this again"
    ),
    # Of a file that is a page in truth: no zip file, and no metadata.
    r"Failed to read from zip file|Wheel '[^']+' located at \S+ is invalid|BadZipFile"
    r"|Metadata field Name not found|invalid metadata entry 'name'": (
        "{source} sent something that is no package; see whether the network wants a log-in first, "
        "then run this again, and if it stays so, report it"
    ),
    r"Failed to establish a new connection|Connection (?:refused|reset|broken)|Could not resolve"
    r"|dns error|timed out|TimeoutError|ConnectTimeout|network timeout|tcp connect error|ProxyError"
    r"|error sending request|Cannot connect|IncompleteRead|Network is unreachable"
    r"|Name or service not known|Temporary failure|CERTIFICATE|connection closed"
    r"|end of file before message|Remote end closed|Failed to fetch|request or response body error"
    r"|HTTP error 5|HTTP status server error|too many 5\d\d error|5\d\d (?:Server|Internal)"
    r"|429 (?:Client Error|Too Many)": (
        "{source} cannot be reached, or breaks off; see whether the network and the proxy "
        "work (PIP_INDEX_URL names another index), then run this again"
    ),
    r"got Content-Type|Unsupported `Content-Type`|No connection adapters|Location' value"
    r"|Exceeded \d+ redirects|too many redirects|Cannot determine archive format": NO_INDEX,
    r"network was disabled": (
        "uv is told to be offline, and has no {what}; let it ask the network (UV_OFFLINE, "
        "uv.toml), or take pip (ONPATH_UV=0), then run this again"
    ),
    r"requires a different Python|Requires-Python|depends on Python|does not satisfy Python"
    r"|requires Python|current Python version": (
        "{what} needs another Python than {python}; install one that it runs on, and name it with "
        "ONPATH_PYTHON"
    ),
    # pip; and uv, which tells the whole story of a search
    r"No matching distribution found for (\S+)": HAS_NOT,
    r"Could not find a version that satisfies the requirement (\S+)": HAS_NOT,
    r"Because (\S+) was not found in": HAS_NOT,
    r"Because there (?:is|are) no versions? of (\S+) and (?:you require|[^,]* depends? on) \1": HAS_NOT,
    r"Because only (?:\S+ is|the following versions of \S+ are) available.*? and "
    r"(?:you require|[^,]* depends? on) ([^\s,]+)": HAS_NOT,
    r"ResolutionImpossible|conflicting dependencies|[Nn]o solution found": (
        "{what} cannot be had with all that it needs, as some of that excludes each other; choose "
        "another version (--version), or lift what holds one fast (PIP_CONSTRAINT, UV_CONSTRAINT)"
    ),
    r"No matching distribution found|[Nn]o versions? of|there is no version": HAS_NOT,
    r"File too large|File size limit exceeded|os error 27": (
        "a file has more bytes than this shell lets a program write, or more than 4 GiB; lift that "
        "(ulimit -f unlimited), then run this again"
    ),
    r"Permission denied|Read-only file system|Operation not permitted": (
        "something cannot be written; see the log, and run this again when that is repaired"
    ),
}


@dataclass(frozen=True)
class Job:
    """What is to be installed, by whose Python, and who is told of it."""

    settings: Settings
    requirements: tuple[str, ...]
    folder: str  # of the environment
    environ: Mapping[str, str]
    is_windows: bool
    wheels: str = ""  # a folder with all that is needed; empty: the index
    say: Callable[[str], None] = print
    shows_progress: bool = False
    meanwhile: Callable[[], None] = lambda: None  # what can be done while the index is waited for

    @property
    def what(self) -> str:
        """What is installed, in words."""
        return self.requirements[0]

    @property
    def python(self) -> str:
        """The Python of the environment."""
        parts = ("Scripts", "python.exe") if self.is_windows else ("bin", "python")
        return os.path.join(self.folder, *parts)

    @property
    def scratch(self) -> str:
        """A folder for what is needed only while it is built."""
        return f"{self.folder}{SCRATCH}"

    @property
    def home(self) -> str:
        """A home for what is started only to see that it starts: it may write there at once."""
        return f"{self.folder}{HOME}"

    @property
    def source(self) -> str:
        """Where it is taken from, in words."""
        return source_of(self.settings, self.environ, self.wheels)


def source_of(settings: Settings, environ: Mapping[str, str], wheels: str) -> str:
    """Return where a tool is taken from, in words: of an address without user and password."""
    if wheels:
        return f"the folder {wheels}"
    return f"the index {_without_user(index_of(settings, environ))}"


def index_of(settings: Settings, environ: Mapping[str, str]) -> str:
    """Return the address of the index: the author's, or the one that the user has told pip or uv."""
    told = {**_uv_config(environ), **_pip_config(environ), **environ}
    given = (told.get(name) for name in SHARED[0])
    return settings.index_url or NAMED.sub("", next(filter(None, given), PYPI))


def _without_user(text: str) -> str:
    """Return `text` without the user and the password of an address: logs of a CI are public."""
    return re.sub(r"//[^/\s]*@", "//", text)


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
    with _Log() as log, _temporary() as temporary:
        # What pip and uv leave there when they are killed goes with the run.
        told = dict.fromkeys(TEMPORARY, temporary) if temporary else {}
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


def _with_uv(job: Job, uv: str, log: _Log) -> str:
    corrections, variables = _corrected(job.environ)
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
            _run(job, log, [uv, "venv", "--quiet", "--python", BASE, job.folder], environ, "uv venv")
        _run(job, log, command, environ, "uv pip install", meanwhile=meanwhile)
    except (OSError, OnpathError):
        if _answers([uv, "--version"], environ):  # asked only now: most of them run
            raise
        job.say(f"{uv} does not run; taking pip")
        return _with_pip(job, log)
    return "uv"


def _corrected(environ: Mapping[str, str]) -> tuple[list[str], dict[str, str]]:
    """Return the options and the variables that correct the files of uv.

    Those files may say where `uv pip` installs, and nothing takes that back. Raises `OnpathError` then.
    """
    words: list[str] = []
    variables: dict[str, str] = {}
    for file in _uv_files(environ):
        for found in OF_UV_FILES.finditer(text_of(file)):
            if found["name"] in {"target", "prefix"}:
                raise OnpathError(
                    f"{file} says where uv installs ({found['name']}); take that line out, or set "
                    "ONPATH_UV=0 to have pip do it, then run this again"
                )
            if found["name"] == "no-deps":
                words = ["--deps"]
            elif "symlink" in found["value"]:
                variables["UV_LINK_MODE"] = "copy"
    return words, variables


def _uv_files(environ: Mapping[str, str]) -> list[str]:
    """Return where the files of uv lie, which it reads wherever it runs."""
    if environ.get("UV_NO_CONFIG", "").lower() in {"1", "true", "yes", "on"}:
        return []
    if environ.get("UV_CONFIG_FILE"):
        return [environ["UV_CONFIG_FILE"]]
    config = environ.get("APPDATA") or environ.get("XDG_CONFIG_HOME") or os.path.expanduser("~/.config")
    shared = environ.get("XDG_CONFIG_DIRS", "").split(os.pathsep)
    folders = [config, *shared, "/etc/xdg", "/etc", environ.get("PROGRAMDATA", "")]
    return [os.path.join(folder, "uv", "uv.toml") for folder in folders if folder]


def _uv_config(environ: Mapping[str, str]) -> dict[str, str]:
    """Return the index that uv's own files say, as its variable."""
    for file in _uv_files(environ):
        text = text_of(file)
        tables = re.split(r"(?m)^\s*(?=\[)", text)
        chosen = [
            each for each in tables if re.match(r"\[\[index\]\]", each) and OF_DEFAULT.search(each)
        ]
        words = r"(?m)^\s*url\s*=\s*" if chosen else r"(?m)^\s*index-url\s*=\s*"
        found = re.search(words + r"""["']([^"'\s]+)["']""", chosen[0] if chosen else text)
        if found:
            return {"UV_DEFAULT_INDEX": found[1]}
    return {}


def _tell(job: Job) -> None:
    job.say(f"installing {' '.join(job.requirements)}, for {BASE}")


def _with_pip(job: Job, log: _Log) -> str:
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
    _run(job, log, command, environ, "pip install", meanwhile=job.meanwhile, detail=detail)
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


def _find_pip(job: Job, log: _Log, python: str, environ: Mapping[str, str]) -> list[str]:
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
        run = subprocess.run(
            command,
            env={
                **{name: value for name, value in environ.items() if not name.startswith(besides)},
                "PIP_CONFIG_FILE": os.devnull,
            },
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=ANSWER_S,
            check=False,
        )
    except (OSError, subprocess.SubprocessError):
        return False
    return run.returncode == 0


def _fetch_pip(job: Job, log: _Log) -> str:
    """Fetch the pip whose SHA-256 is known here, and return the file."""
    import hashlib  # noqa: PLC0415
    from http.client import HTTPException  # noqa: PLC0415

    cure = "install pip (its package is python3-pip or python3-venv), then run this again"
    job.say("fetching pip, which this Python lacks")
    try:
        if job.wheels:
            with open(os.path.join(job.wheels, PIP), "rb") as opened:
                raw = opened.read()
        else:
            raw = _download_pip(_page_of("pip", job), patience_s(job.environ, PATIENCE_S))
    except (OSError, ValueError, LookupError, HTTPException) as error:
        raise OnpathError(
            f"there is no pip, and no {PIP} in {job.source} ({_without_user(str(error))}); {cure}"
        ) from None
    found = hashlib.sha256(raw).hexdigest()
    if found != PIP_SHA256:
        raise OnpathError(f"the {PIP} that came has another SHA-256 ({found}); {cure}")
    file = os.path.join(job.scratch, PIP)
    with open(file, "wb") as opened:
        opened.write(raw)
    log.note(f"fetched {PIP}")
    return file


def _page_of(name: str, job: Job) -> str:
    """Return the address at which the index has the files of the package `name`."""
    return f"{index_of(job.settings, job.environ).rstrip('/')}/{name}/"


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
    if job.wheels:
        return ["--no-index", "--find-links", job.wheels]
    return ["--index-url", job.settings.index_url] if job.settings.index_url else []


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
    told = {**_pip_config(told), **told, "PIP_CONFIG_FILE": os.devnull}
    if job.settings.lock:  # beside hashes pip takes no constraints
        told = {n: v for n, v in told.items() if n not in {"PIP_CONSTRAINT", "UV_CONSTRAINT"}}
    in_files = {} if is_for_uv else _uv_config(job.environ)  # uv reads its own, unless told otherwise
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
    limit = whole_s(patience_s(job.environ, PATIENCE_S))
    told.setdefault("UV_HTTP_TIMEOUT" if is_for_uv else "PIP_DEFAULT_TIMEOUT", limit)
    return {**told, "UV_PYTHON_DOWNLOADS": "never", "PIP_USER": "0"}


def _pip_config(environ: Mapping[str, str]) -> dict[str, str]:
    """Return what pip's own files say, as its variables, but for what decides where it installs."""
    import configparser  # noqa: PLC0415

    own = environ.get("PIP_CONFIG_FILE", "")
    if own == os.devnull:  # "none at all", as pip has it
        return {}
    home = environ.get("HOME") or os.path.expanduser("~")
    config = environ.get("XDG_CONFIG_HOME") or os.path.join(home, ".config")
    files = ["/etc/pip.conf", "/etc/xdg/pip/pip.conf"]
    folders = (os.path.join(home, ".pip"), os.path.join(config, "pip"))
    files += [os.path.join(folder, "pip.conf") for folder in folders]
    if environ.get("APPDATA"):
        files.append(os.path.join(environ["APPDATA"], "pip", "pip.ini"))
    parser = configparser.RawConfigParser()
    try:
        parser.read([*files, own])
    except (configparser.Error, UnicodeDecodeError):
        return {}
    found: dict[str, str] = {}
    for section in ("install", "global"):  # the first counts
        for option, value in parser.items(section) if parser.has_section(section) else ():
            name = "PIP_" + option.upper().replace("-", "_")
            if value and name not in OF_PIP:
                found.setdefault(name, " ".join(value.split()))
    return found


@contextmanager
def _temporary() -> Iterator[str]:
    """Make a folder for temporary files, and remove it; an empty text where none can be made."""
    folder = ""
    try:
        with suppress(OSError):
            folder = tempfile.mkdtemp(prefix="onpath-install-")
        yield folder
    finally:
        if folder:
            remove(folder)


class _Log:
    """A file for what programs say; it stays if `is_kept`, and is named then."""

    def __init__(self) -> None:
        self.is_kept = True
        self.file = ""
        self.descriptor = -1

    def __enter__(self) -> _Log:  # noqa: PYI034  (nothing is derived from it)
        try:
            self.descriptor, self.file = tempfile.mkstemp(prefix="onpath-install-", suffix=".log")
        except OSError:  # no room for it
            self.descriptor = os.open(os.devnull, os.O_WRONLY)
        return self

    def __exit__(self, *_error: object) -> None:
        os.close(self.descriptor)
        if self.file and (not self.is_kept or not os.path.getsize(self.file)):
            os.unlink(self.file)

    def note(self, text: str) -> None:
        """Add a line."""
        os.write(self.descriptor, f"{text}\n".encode("utf-8", "surrogateescape"))

    def text(self) -> str:
        """Return what is in it."""
        try:
            with open(self.file, encoding="utf-8", errors="replace") as opened:
                return opened.read()
        except OSError:
            return ""


def _run(
    job: Job,
    log: _Log,
    command: Sequence[str],
    environ: Mapping[str, str],
    name: str,
    *,
    meanwhile: Callable[[], None] = lambda: None,
    detail: str = "",
) -> None:
    """Run a program to its end, within the limits. Raises `OnpathError`.

    `detail` is a file in which the program says more, as why pip skips the page of an index.
    """
    log.note(f"{COMMAND}{' '.join(command)}")
    start, watch = time.monotonic(), spawn.Watch()
    limit_s = WHOLE * patience_s(job.environ, PATIENCE_S)
    process = subprocess.Popen(
        command,
        env=dict(environ),
        cwd=os.path.abspath(os.sep),  # no pyproject.toml or uv.toml above it has a say
        stdin=subprocess.DEVNULL,
        stdout=log.descriptor,
        stderr=log.descriptor,
        preexec_fn=None if job.is_windows else _limits(),  # noqa: PLW1509  (there are no threads)
    )
    try:
        meanwhile()
        shown_at = start
        while process.poll() is None:
            now = time.monotonic()
            if now - start > limit_s:
                raise OnpathError(
                    f"{name} takes more than {limit_s:g} s; see whether the network works, or give "
                    "it more time (ONPATH_TIMEOUT_S, of which this is ninety times as much)"
                )
            if job.shows_progress and now - shown_at > SHOWN_S:
                shown_at = now
                turn = SPINNER[int((now - start) / SHOWN_S) % len(SPINNER)]
                sys.stderr.write(f"\r  {turn} {name}, {now - start:.0f} s\x1b[K")
                sys.stderr.flush()
            watch.wait(TICK_S)
    finally:
        watch.release()
        if job.shows_progress:
            sys.stderr.write("\r\x1b[K")
        if process.returncode is None:
            process.kill()
            process.wait()
    if process.returncode:
        for line in _skipped(detail):
            log.note(line)
        if process.returncode < 0:  # a program that a signal ends says nothing
            log.note(f"error: {signal.strsignal(-process.returncode)}")
        raise OnpathError(_explained(job, log.text(), name, log.file, environ))


def _narrowed(name: str, environ: Mapping[str, str]) -> str:
    """Return the rest of a cure: which settings keep from pip or uv what an index has."""
    family = "UV_" if name.startswith("uv") else "PIP_"
    given = [each for each in NARROWING if environ.get(each, "").lower() not in OFF]
    told = [_setting(each) for each in given if each.startswith(family)]
    return f", and whether {' or '.join(told)} hides it" if told else ""


def _setting(variable: str) -> str:
    """Return by which names a user may have set what `variable` says: those of pip's files too."""
    family, _, rest = variable.partition("_")
    option = rest.lower().replace("_", "-")
    return f"{variable} (in pip.conf: {option})" if family == "PIP" else variable


def _skipped(detail: str) -> list[str]:
    """Return the lines of pip's own log that say which pages it could not get, and why."""
    try:
        with open(detail, encoding="utf-8", errors="replace") as opened:
            return [line.rstrip() for line in opened if "Could not fetch URL" in line]
    except OSError:
        return []


def _limits() -> Callable[[], None]:
    """Return what a child does first: it may write no file above a size, and ends when this run does."""
    if sys.platform == "win32":
        raise NotImplementedError
    import resource  # noqa: PLC0415

    def limit() -> None:
        hard = resource.getrlimit(resource.RLIMIT_FSIZE)[1]
        size = MAX_FILE_BYTES if hard == resource.RLIM_INFINITY else min(MAX_FILE_BYTES, hard)
        resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
        orphans.prctl(END_WITH_PARENT, spawn.KILL)

    return limit


def check_files() -> None:
    """Raise `OnpathError` unless enough files can be open at once; let that be as many as may be."""
    if sys.platform == "win32":
        return
    import resource  # noqa: PLC0415  (not on every system)

    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if not 0 <= soft < OPEN_FILES:  # unlimited may be -1
        return
    if 0 <= hard < OPEN_FILES:
        raise OnpathError(
            f"this shell lets a program have only {hard} files open at once; lift that "
            f"(ulimit -n {OPEN_FILES}, in a new shell), then run this again"
        )
    resource.setrlimit(resource.RLIMIT_NOFILE, (OPEN_FILES, hard))


def _is_asked_for(job: Job, requirement: str) -> bool:
    """Say whether the author or the user has named that, or only what they named needs it."""
    names = (re.split(r"[^\w.-]", each, maxsplit=1)[0] for each in (requirement, *job.requirements))
    name, *asked = map(normal, names)
    return bool(job.settings.lock) or name in asked


def _explained(job: Job, text: str, name: str, log: str, environ: Mapping[str, str]) -> str:
    """Return the sentence about what pip or uv has failed of: the fact, and the cure.

    `environ` is what it was started with, the settings of pip's own files among it.
    """
    said = "\n".join(line for line in text.splitlines() if not line.startswith(COMMAND))
    flat = " ".join(said.split())  # uv may break a line anywhere
    found, told, odd = "", "", ""
    for pattern, words in CAUSES.items():
        match = re.search(pattern, flat)
        if match:
            found, told = words, next(filter(None, match.groups()), "")
            break
    if found in {"", HAS_NOT} and not job.wheels:
        from . import answers  # noqa: PLC0415  (only where something failed)

        odd = answers.oddity(_page_of(job.settings.name, job), patience_s(job.environ, PATIENCE_S))
    if odd:
        found, odd = NO_INDEX, f", but {odd}"
    missing, doubt = told or job.what, "the name and the version are right"
    if not _is_asked_for(job, missing):
        missing += f", which {job.what} needs"
        doubt = "another version does without it (--version)"
    version = "{}.{}.{}".format(*sys.version_info)
    python = f"Python {version} ({BASE})"
    if not found:
        lines = [line.strip() for line in said.splitlines() if line.strip()]
        last = [line for line in lines if re.match(r"(?i)(error|.*error:)", line)] or lines or [""]
        found = f"{name} failed ({last[-1]}); see the log"
    narrowed = "" if job.wheels else _narrowed(name, environ)
    fields = {"missing": missing, "doubt": doubt, "narrowed": narrowed, "told": told, "odd": odd}
    program = fields["program"] = name.partition(" ")[0]
    fields["setting"] = _setting("PIP_" + told.upper().replace("-", "_")) if program == "pip" else told
    sentence = found  # what a program said may have braces in it
    for field, value in {**fields, "source": job.source, "what": job.what, "python": python}.items():
        sentence = sentence.replace(f"{{{field}}}", value)
    where = f" (the log is {log})" if log else ""
    return f"{sentence}{where}"
