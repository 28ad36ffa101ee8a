"""Programs that manage dotfiles: who they are for a file, and their own way to change it. Reads only."""

from __future__ import annotations

import os


def note(path: str, home: str) -> str | None:
    """Return who else writes `path` and what the user should do about it, or None."""
    real = os.path.realpath(path)
    below = os.path.relpath(path, home)
    if real.startswith("/nix/store/"):
        return (
            "home-manager or NixOS writes it: add the directory to `home.sessionPath` "
            "(or environment.sessionVariables) there"
        )
    if _chezmoi_has(below, home):
        return f"chezmoi manages it: run `chezmoi re-add {path}` to keep an edit"
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
        *("after", "before", "create", "empty", "encrypted", "exact", "executable", "external"),
        *("literal", "modify", "once", "onchange", "private", "readonly", "remove", "run", "symlink"),
    )
)


def _chezmoi_has(below: str, home: str) -> bool:
    """chezmoi's source names: `.zshrc` is `dot_zshrc`, attributes come before, `.tmpl` after it."""
    source = os.path.join(home, ".local", "share", "chezmoi")
    for part in below.split("/"):
        found = (name for name in _names(source) if part == _chezmoi_target(name))
        name = next(found, None)
        if name is None:
            return False
        source = os.path.join(source, name)
    return True


def _chezmoi_target(name: str) -> str:
    """Return the target that the source name `name` means."""
    name = name.removesuffix(".tmpl")
    while "_" in name:
        attribute, _, rest = name.partition("_")
        if attribute == "dot":
            return f".{rest}"
        if attribute not in CHEZMOI_ATTRIBUTES:
            break
        name = rest
    return name


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
