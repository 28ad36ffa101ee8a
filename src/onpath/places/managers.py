"""Programs that manage dotfiles: who they are for a file, and their own way to change it. Reads only."""

from __future__ import annotations

import os

from onpath.host.session import text_of


def note(path: str, home: str) -> str | None:
    """Return who else writes `path` and what the user should do about it, or None."""
    real = os.path.realpath(path)
    below = os.path.relpath(path, home)
    if real.startswith("/nix/store/"):
        return (
            "home-manager or NixOS writes it: add the directory to `home.sessionPath` "
            "(or environment.sessionVariables) there"
        )
    if real.startswith("/gnu/store/"):
        return (
            "Guix Home writes it: add the directory to `home-environment-variables-service-type` there"
        )
    by_chezmoi = _chezmoi_note(path, below, home)
    if by_chezmoi:
        return by_chezmoi
    if _yadm_has(below, home):
        return f"yadm manages it: commit an edit with `yadm commit {path}`"
    is_link = real != os.path.join(os.path.realpath(home), below)
    repository = _repository(real) if is_link else None
    if repository:
        return f"it is a link into the repository {repository}: commit an edit there"
    return None


# What chezmoi's source names can have before the name ("Source state attributes").
CHEZMOI_ATTRIBUTES = frozenset(
    (
        *("after", "before", "create", "dot", "empty", "encrypted", "exact", "executable", "external"),
        *("literal", "modify", "once", "onchange", "private", "readonly", "remove", "run", "symlink"),
    )
)
CHEZMOI_SUFFIXES = (".tmpl", ".literal", ".age", ".asc")  # the last two of what is encrypted
CHEZMOI_CONFIGS = ("chezmoi.toml", "chezmoi.yaml", "chezmoi.json", "chezmoi.jsonc")
CHEZMOI_TEMPLATES = (".tmpl", ".tmpl.age", ".tmpl.asc")
SOURCE_DIR = r"""(?m)^[\s{]*["']?sourceDir["']?\s*[:=]\s*["']?([^"'\n#,]+)"""


def _chezmoi_note(path: str, below: str, home: str) -> str | None:
    """Return what the user of chezmoi should do about an edit of `path`, or None.

    Its source names: `.zshrc` is `dot_zshrc`, attributes come before, `.tmpl` after it. The command
    `re-add` leaves templates and scripts as they are.
    """
    source, attributes, name = _chezmoi_source(home), frozenset[str](), ""
    for part in below.split("/"):
        names = ((each, *_chezmoi_target(each)) for each in _names(source))
        found = next(((each, had) for each, had, target in names if target == part), None)
        if found is None and "exact" in attributes:
            return f"chezmoi removes what it does not know there: run `chezmoi add {path}` to keep it"
        if found is None:
            return None
        name, attributes = found
        source = os.path.join(source, name)
    if "create" in attributes:
        return None  # only where there is none
    if "modify" in attributes or name.endswith(CHEZMOI_TEMPLATES):
        return f"chezmoi makes it anew: run `chezmoi edit {path}` to make the same edit there"
    return f"chezmoi manages it: run `chezmoi re-add {path}` to keep an edit"


def _chezmoi_source(home: str) -> str:
    """Return the folder of chezmoi's source names: where its configuration says, and `.chezmoiroot`."""
    folder = os.path.join(home, ".local", "share", "chezmoi")
    for name in CHEZMOI_CONFIGS:
        text = text_of(os.path.join(home, ".config", "chezmoi", name))
        if not text:
            continue
        import re  # noqa: PLC0415  (few have one, and it takes longer to import than all of onpath)

        told = re.search(SOURCE_DIR, text)
        if told:
            below = re.sub(r"^~(?=/|$)", ".", told.group(1).strip())
            folder = os.path.join(home, below)
    return os.path.join(folder, text_of(os.path.join(folder, ".chezmoiroot")).strip())


def _chezmoi_target(name: str) -> tuple[frozenset[str], str]:
    """Return the attributes of the source name `name`, and the name that it means."""
    attributes: set[str] = set()
    while "_" in name and "literal" not in attributes:
        attribute, _, rest = name.partition("_")
        if attribute not in CHEZMOI_ATTRIBUTES:
            break
        attributes.add(attribute)
        name = rest
        if attribute == "dot":
            break
    for suffix in reversed(CHEZMOI_SUFFIXES if "encrypted" in attributes else CHEZMOI_SUFFIXES[:2]):
        name = name.removesuffix(suffix)
    return frozenset(attributes), f".{name}" if "dot" in attributes else name


def _yadm_has(below: str, home: str) -> bool:
    """The index of a git repository holds the names of its files, each after its length."""
    index = os.path.join(home, ".local", "share", "yadm", "repo.git", "index")
    name = os.fsencode(below)
    try:
        with open(index, "rb") as file:
            return bytes([len(name) & 0xFF]) + name + b"\0" in file.read()
    except OSError:
        return False


def _repository(path: str) -> str | None:
    folder = os.path.dirname(path)
    while folder not in {"", "/"}:
        if os.path.exists(os.path.join(folder, ".git")):
            return folder
        folder = os.path.dirname(folder)
    return None


def _names(folder: str) -> list[str]:
    try:
        return os.listdir(folder)
    except OSError:
        return []
