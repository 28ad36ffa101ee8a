"""Why pip or uv has failed, by its own words: the fact, and the cure."""

from __future__ import annotations

import re
import sys

from onpath.values import TYPE_CHECKING

from .about import BASE
from .configuration import OFF, index_of, without_user
from .settings import normal

if TYPE_CHECKING:
    from collections.abc import Mapping

    from .jobs import Job

# What an index has is not found where one of these is set, and pip and uv do not say why.
FOR_BOTH = "PIP_NO_INDEX"  # whichever of the two was told: configuration.forbidding
NARROWING = (
    *(FOR_BOTH, "PIP_UPLOADED_PRIOR_TO", "UV_EXCLUDE_NEWER"),
    *("PIP_NO_BINARY", "PIP_ONLY_BINARY", "UV_NO_BINARY", "UV_NO_BUILD"),
)

NO_INDEX = (
    "{source} does not answer as an index does{odd}; see whether its address is right "
    "(PIP_INDEX_URL), and whether the network wants a log-in first"
)
NO_SCHEME = (
    "{source} has an address that does not say how it is reached; begin it with https:// "
    "(PIP_INDEX_URL), then run this again"
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
    r"Failed to parse: `?(\S+\.toml)`?": (
        "uv does not take {told}; the log names the line; repair that, then run this again"
    ),
    r"[Ff]ailed to open file `([^`]+)`|error: File not found: (\S+)"
    r"|Could not open requirements file: [^:]+: '([^']+)'": (
        "{program} is told to read {told}{by}, and it is not there; take that out, or make the file, "
        "then run this again"
    ),
    r"Failed to initialize cache at `([^`]+)`": (
        "uv cannot keep its cache in {told}; let yourself write there, or let UV_CACHE_DIR name a "
        "folder of your own, then run this again"
    ),
    r"Hashes are required in --require-hashes mode|In `?--require-hashes`? mode": (
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
    r"not a trusted or secure host": (
        "pip takes nothing from {source}, as its address begins with http://; name one with https://, "
        "or have pip trust it (PIP_TRUSTED_HOST), then run this again"
    ),
    # One besides the index may be meant.
    r"Failed to fetch: `?([^`\s]+)|Failed to fetch|Failed to establish a new connection"
    r"|Connection (?:refused|reset|broken|aborted)|connection (?:error|broken)|Could not resolve"
    r"|dns error|timed out|TimeoutError|ConnectTimeout|network timeout|tcp connect error"
    r"|ProxyError|error sending request"
    r"|Cannot connect|IncompleteRead|Network is unreachable|Name or service not known"
    r"|Temporary failure|CERTIFICATE|connection closed|end of file before message"
    r"|Remote end closed|request or response body error"
    r"|HTTP error 5|HTTP status server error|too many 5\d\d error|5\d\d (?:Server|Internal)"
    r"|429 (?:Client Error|Too Many)": (
        "{reached} cannot be reached, or breaks off; see whether the network and the proxy "
        "work ({chosen}), then run this again"
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


def explained(job: Job, said: str, name: str, log: str, environ: Mapping[str, str]) -> str:
    """Return the sentence about what pip or uv has failed of: the fact, and the cure.

    `environ` is what it was started with, the settings of pip's own files among it.
    """
    flat = " ".join(said.split())  # uv may break a line anywhere
    found, told, odd = "", "", ""
    for pattern, words in CAUSES.items():
        match = re.search(pattern, flat)
        if match:
            found, told = words, next(filter(None, match.groups()), "")
            break
    if found in {"", HAS_NOT} and not job.wheels:
        from . import answers  # noqa: PLC0415  (only where something failed)

        odd = answers.oddity(job.page(job.settings.name), job.patience_s)
    if odd:
        found, odd = NO_INDEX, f", but {odd}"
    address = index_of(job.settings, job.environ)
    if found == HAS_NOT and "://" not in address and not address.startswith(("/", ".", "~")):
        found = NO_SCHEME
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
    fields["by"] = _named_by(told, environ)
    index, asked = map(without_user, (address, told))
    is_index = not asked or asked.startswith(index.rstrip("/"))
    besides = "" if is_index else " and ".join(map(_setting, _settings_above(asked, environ)))
    fields["reached"] = job.source if is_index else asked
    fields["chosen"] = f"{besides} names it" if besides else "PIP_INDEX_URL names another index"
    fields["setting"] = _setting("PIP_" + told.upper().replace("-", "_")) if program == "pip" else told
    sentence = found  # what a program said may have braces in it
    for field, value in {**fields, "source": job.source, "what": job.what, "python": python}.items():
        sentence = sentence.replace(f"{{{field}}}", value)
    where = f" (the log is {log})" if log else ""
    return f"{sentence}{where}"


def _is_asked_for(job: Job, requirement: str) -> bool:
    """Say whether the author or the user has named that, or only what they named needs it."""
    names = (re.split(r"[^\w.-]", each, maxsplit=1)[0] for each in (requirement, *job.requirements))
    name, *asked = map(normal, names)
    return bool(job.settings.lock) or name in asked


def _narrowed(name: str, environ: Mapping[str, str]) -> str:
    """Return the rest of a cure: which settings keep from pip or uv what an index has."""
    family = "UV_" if name.startswith("uv") else "PIP_"
    given = [each for each in NARROWING if environ.get(each, "").lower() not in OFF]
    told = [_setting(each) for each in given if each.startswith(family) or each == FOR_BOTH]
    return f", and whether {' or '.join(told)} hides it" if told else ""


def _settings_above(address: str, environ: Mapping[str, str]) -> list[str]:
    """Return the settings of pip or uv that name the index of `address`; uv's may give it a name."""
    found = []
    for name, value in environ.items():
        words = value.split() if name.startswith(("PIP_", "UV_")) else []
        tops = [without_user(word[word.find("http") :]).rstrip("/") for word in words if "://" in word]
        found += [name for top in tops if address.startswith(top)]
    return list(dict.fromkeys(found))


def _named_by(value: str, environ: Mapping[str, str]) -> str:
    """Return by which settings of pip or uv there is that value."""
    names = [n for n in environ if n.startswith(("PIP_", "UV_")) and value in environ[n].split()]
    return f" by {' and '.join(map(_setting, names))}" if names else ""


def _setting(variable: str) -> str:
    """Return by which names a user may have set what `variable` says: those of pip's files too."""
    family, _, rest = variable.partition("_")
    option = rest.lower().replace("_", "-")
    return f"{variable} (in pip.conf: {option})" if family == "PIP" else variable
