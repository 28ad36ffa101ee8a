"""Whose a file is, and who else could have put it there: why it is not this user's to edit."""

from __future__ import annotations

import os
import stat

from onpath.host import folders, ways
from onpath.host.unix import is_private, user_name, user_word


def ownership_refusal(path: str, info: os.stat_result, uid: int) -> str | None:
    """Return why a file of somebody else's is not for this user: who may write it, and who else may."""
    if uid in {info.st_uid, 0}:
        return names_refusal(info, os.path.dirname(path), uid)
    owner = user_name(info.st_uid)
    cure = folders.ownership_cure(path, uid)
    fact = f"belongs to {owner or info.st_uid}"
    is_group_ours = is_private(info.st_gid, {uid})
    others = ""
    if os.access(path, os.W_OK):
        if info.st_mode & stat.S_IWOTH:
            others = "everybody"
        elif info.st_mode & stat.S_IWGRP and not is_group_ours:
            others = "its group"
        elif owner is None or info.st_uid == 0 or is_group_ours:
            return None
    ask = folders.ASK_OWNER
    if others:
        fact += f", and {others} can write to it"
        ask = "ask its owner to let nobody but you write there"
    return f"{fact}; run {cure}" if cure else f"{fact}; {ask}"


def names_refusal(info: os.stat_result, folder: str, uid: int) -> str | None:
    """Return why a file with several names is not the one that it seems to be: others gave it this name.

    Whoever owns a folder can make a name there for a file of somebody else's, the private ones of root
    among them.
    """
    owner = os.stat(folder).st_uid
    if info.st_nlink < 2 or info.st_uid == owner or ways.is_trusted(owner, uid):  # noqa: PLR2004
        return None
    name, other = (user_name(each) or each for each in (info.st_uid, owner))
    return f"has several names and belongs to {name}, but its folder to {other}; move it away"


def link_refusal(path: str, uid: int) -> str | None:
    """Return why `path` is not reached: somebody else made a link on the way; it may lead anywhere."""
    found = ways.foreign_link(path, uid)
    if not found:
        return None
    link, owner = found
    cure = f"run {sudo(uid)}chown -h {user_word(uid)} {folders.spelled(link)}"
    return (
        f"is reached by the link {link}, which belongs to {user_name(owner) or owner}; "
        f"remove the link, or if you trust it {cure}"
    )


def sudo(uid: int) -> str:
    """Return the word before a command that only root may run."""
    return "sudo " if uid else ""
