#!/usr/bin/python
# Copyright: (c) The onpath developers
# MIT License (see LICENSE or https://opensource.org/license/mit)
"""Put directories on PATH in every shell of a user: a thin face on the library."""

from __future__ import annotations

DOCUMENTATION = r"""
---
module: onpath
short_description: Put directories on PATH in every shell of a user, proven or untouched
version_added: "0.1.0"
description:
  - Makes the commands of a directory run by their bare names in the shells of a user, and proves it
    in fresh shells.
  - A host on which that cannot be done is left as it was, to the byte. The task fails there, and
    V(msg) says why and what helps.
  - What works already is never edited, so a second run changes nothing.
  - The host needs Python 3.9 or later and nothing else. Nothing is installed there.
author:
  - The onpath developers (@onpath)
options:
  directory:
    description:
      - The directories, in the order in which they are to be on PATH. C(~) and relative names are
        those of the user who is served.
      - One that does not exist is made.
      - Without it, the user scripts directory of the host's Python, where C(pip install --user)
        puts commands.
    type: list
    elements: str
    aliases: [directories, path]
  user:
    description:
      - The user to serve. All is done with that user's rights alone, so the task needs root for
        anybody but its own user.
      - Without it, the user as whom the task runs. With C(become) that is the C(become_user).
    type: str
  for:
    description:
      - Contexts that must have it. Without it, V(login) and V(interactive), as far as the shells
        read a startup file for them.
      - V(unit), V(cron), V(container), V(notebook), V(sudo) and V(launchd) cannot be edited for.
        The task fails where the directory is
        missing there, and says what works instead.
    type: list
    elements: str
    choices: [login, interactive, session, command, ssh, editor, desktop, unit, cron, ci, container,
      notebook, sudo, launchd]
    aliases: [contexts]
  shell:
    description:
      - Names or paths of the shells to serve, or V(all) for every shell that is installed.
      - Without it, the user's login shell, and those with startup files in the home.
    type: list
    elements: str
    aliases: [shells]
  state:
    description:
      - V(present) puts the directories on PATH.
      - V(absent) takes back what was put for them, also what other runs of onpath have put. Every
        other byte stays. The options O(for),
        O(shell) and O(order) mean nothing then.
    type: str
    choices: [present, absent]
    default: present
  order:
    description:
      - V(prepend) and V(append) put the directories before or after the others, wherever they were,
        and prove that.
      - Without it, they stay where they are, and go before the others if they are missing.
    type: str
    choices: [prepend, append]
  python:
    description:
      - A path or a name. The scripts directory of that Python is meant, so it excludes O(directory).
    type: str
  timeout:
    description: Seconds that one shell may take if it works and does not merely wait. Without it, 30.
    type: float
  force:
    description: Go on despite a directory that others can write to, or a home of somebody else's.
    type: bool
    default: false
attributes:
  check_mode:
    support: full
    description: Can run in check_mode and return changed status prediction without modifying target.
  diff_mode:
    support: full
    description: Will return details on what has changed (or possibly needs changing in check_mode),
      when in diff mode.
  platform:
    support: full
    description: Target OS/families that can be operated against.
    platforms: posix
notes:
  - In check mode the run is rehearsed, as root on Linux, on a view of the file systems that is gone
    with the task, so that what it tells
    is what would come to be. Where no such view can be made, V(rehearsed) is false, and the first
      edits that would be tried are told.
  - The files of the user's shells are run, as they are when that user logs in.
seealso:
  - name: onpath
    description: The engine, its other faces, and what is proven how.
    link: https://pypi.org/project/onpath/
"""

EXAMPLES = r"""
- name: Have what pip install --user installs run by its name
  onpath.onpath.onpath:

- name: For another user, and in ssh HOST COMMAND too
  onpath.onpath.onpath:
    directory: ~/.local/bin
    user: alice
    for: [login, interactive, ssh]
  become: true

- name: Put a directory after the others, in every shell that is installed
  onpath.onpath.onpath:
    directory: /opt/tools/bin
    shell: [all]
    order: append

- name: Take it back
  onpath.onpath.onpath:
    directory: /opt/tools/bin
    state: absent
"""

RETURN = r"""
status:
  description:
    - C(effective), it was so already. C(changed), it was made so, or taken back. C(unchanged),
      there was nothing to take back.
    - C(missing) or C(partial), a context that is required lacks it or gave no answer. C(refused),
      it may not be taken back.
  returned: when the shells could be asked
  type: str
  sample: changed
directories:
  description: The directories, absolute.
  returned: when the shells could be asked
  type: list
  elements: str
  sample: [/home/alice/.local/bin]
user:
  description: The user who was served, or the number of one without a name.
  returned: when there is such a user
  type: str
  sample: alice
contexts:
  description: What became of each context. In check mode, what would become of it.
  returned: with state=present
  type: list
  elements: dict
  contains:
    context:
      description: The shell and the mode.
      type: str
      sample: bash login
    verdict:
      description: C(effective), C(shadowed), C(missing) or C(unknown).
      type: str
      sample: effective
    required:
      description: Whether it counts.
      type: bool
      sample: true
    reason:
      description: Why it is not effective, and what helps.
      type: str
      sample: ""
    file:
      description: What was edited for it, or an empty text.
      type: str
      sample: /home/alice/.profile
files:
  description: What was edited, or would be in check mode.
  returned: when the shells could be asked
  type: list
  elements: str
  sample: [/home/alice/.profile, /home/alice/.bashrc]
notes:
  description: Sentences about what else is worth knowing.
  returned: when the shells could be asked
  type: list
  elements: str
  sample: []
line:
  description: The line that makes it true in a session that is open.
  returned: with state=present, on success
  type: str
  sample: export PATH="$HOME/.local/bin:$PATH"
rehearsed:
  description: Whether what is told was tried for real, on a view that is gone.
  returned: in check mode, with state=present
  type: bool
  sample: true
"""

import os
import re
import sys
from typing import NamedTuple

from ansible.module_utils.basic import AnsibleModule

from ..module_utils import carried, child

TYPE_CHECKING = False  # as onpath has it
if TYPE_CHECKING:
    from typing import Literal

    from onpath import Edit, Outcome, Report
    from onpath.contexts import Mode

    from ..module_utils.child import Value

OPTIONS = {
    "directory": {"type": "list", "elements": "str", "aliases": ["directories", "path"]},
    "user": {"type": "str"},
    "for": {
        "type": "list",
        "elements": "str",
        "aliases": ["contexts"],
        "choices": [
            *("login", "interactive", "session", "command", "ssh", "editor", "desktop", "unit", "cron"),
            *("ci", "container", "notebook", "sudo", "launchd"),
        ],
    },
    "shell": {"type": "list", "elements": "str", "aliases": ["shells"]},
    "state": {"type": "str", "choices": ["present", "absent"], "default": "present"},
    "order": {"type": "str", "choices": ["prepend", "append"]},
    "python": {"type": "str"},
    "timeout": {"type": "float"},
    "force": {"type": "bool", "default": False},
}
# What the library advises to those who sit at a shell, and what does the same here.
WORDS = (
    ("run this again", "run the task again"),
    ("run ensure-path --undo", "run the task with state: absent"),
    ("ensure-path --undo takes", "state: absent takes"),
    ("ensure-path --undo puts", "state: absent puts"),
    ("ensure-path --timeout ", "set timeout: "),
    ("ensure-path --append", "order: append"),
    ("ensure-path --for session", "for: [session]"),
    ("insist with --force", "set force: true"),
    ("add --force", "set force: true"),
    ("name another with --python", "set python to another"),
    ("name one with --home", "give the user one"),
    ("name one with --shell: ensure-path --shell ", "name one in shell: "),
    ("leave out --shell", "leave out shell"),
    ("name another with --home", "give the user another"),
)


class Wish(NamedTuple):
    """What the task asks for."""

    directories: list[str]
    shells: list[str] | Literal["used", "all"]
    contexts: list[Mode] | None
    order: Literal["prepend", "append"] | None
    python: str | None
    timeout_s: float | None
    is_forced: bool
    is_absent: bool
    is_check: bool


def main() -> None:
    """Do what the task asks for, and tell Ansible."""
    module = AnsibleModule(
        argument_spec=OPTIONS,
        mutually_exclusive=[("directory", "python")],
        supports_check_mode=True,
    )
    reason = child.is_too_old()
    if reason:
        module.fail_json(msg=reason)
    named = module.params["shell"]
    wish = Wish(
        directories=module.params["directory"] or [],
        shells="all" if named == ["all"] else named or "used",
        contexts=module.params["for"],
        order=module.params["order"],
        python=module.params["python"],
        timeout_s=module.params["timeout"],
        is_forced=module.params["force"],
        is_absent=module.params["state"] == "absent",
        is_check=module.check_mode,
    )
    try:
        entry = child.entry_of(module.params["user"])
        carried.carry()
    except (child.UserError, carried.NotBuiltError) as error:
        module.fail_json(msg=str(error))
    if wish.is_check and not wish.is_absent:
        from ..module_utils import rehearsal  # noqa: PLC0415  (only then; it costs 10 ms)

        home = entry.pw_dir if entry else os.environ.get("HOME", "/")
        stage = rehearsal.Stage(home, wish.directories)
        answer = child.run(entry, lambda: act(wish, is_rehearsed=stage.is_set), stage.set)
    else:
        answer = child.run(entry, lambda: act(wish, is_rehearsed=False))
    if not module._diff:  # noqa: SLF001  (it is how Ansible tells)
        answer.pop("diff", None)
    answer["user"] = entry.pw_name if entry else str(os.geteuid())
    if answer.pop("failed", False):
        module.fail_json(**answer)
    module.exit_json(**answer)


def act(wish: Wish, *, is_rehearsed: bool) -> dict[str, Value]:
    """Return what is to be told to Ansible, after it was done or foretold. As the user who is served."""
    import onpath  # noqa: PLC0415  (through `carried`, and not before this is a process of its own)

    try:
        return take_back(wish) if wish.is_absent else put(wish, is_rehearsed=is_rehearsed)
    except onpath.OnpathError as error:
        has_left = isinstance(error, onpath.LeftError) and not wish.is_check
        return {"failed": True, "changed": has_left, "msg": worded(str(error))}
    except OSError as error:
        what = f"{error.filename}: " if error.filename else ""
        return {"failed": True, "msg": f"{what}{error.strerror or error}; nothing was changed"}


def put(wish: Wish, *, is_rehearsed: bool) -> dict[str, Value]:
    """Put the directories on PATH, or foretell it. Raises `OnpathError`."""
    import onpath  # noqa: PLC0415  (as above)

    directories = child.expanded(wish.directories)
    if wish.is_check and not is_rehearsed:
        report = onpath.diff(
            *directories,
            python=wish.python,
            shells=wish.shells,
            modes=wish.contexts,
            order=wish.order,
            timeout=wish.timeout_s,
            force=wish.is_forced,
        )
    else:
        report = onpath.ensure(
            *directories,
            python=wish.python,
            shells=wish.shells,
            modes=wish.contexts,
            order=wish.order,
            timeout=wish.timeout_s,
            force=wish.is_forced,
            whole=True,
        )
    answer = told(report)
    answer["contexts"] = [row(outcome) for outcome in report.outcomes]
    if report.activate and report.ok:
        answer["line"] = report.activate
    if wish.is_check:
        answer["rehearsed"] = is_rehearsed
    answer["changed"] = bool(report.edits or report.made)
    is_bound_to_fail = bool(report.refusals) or not (report.edits or report.made)
    if not report.ok and (is_bound_to_fail or not wish.is_check or is_rehearsed):
        answer["failed"] = True
        answer["changed"] = bool(report.edits or report.made) and not wish.is_check
        answer["msg"] = worded(why_not(report))
    return answer


def take_back(wish: Wish) -> dict[str, Value]:
    """Take back what was put for the directories, or foretell it. Raises `OnpathError`."""
    import onpath  # noqa: PLC0415  (as above)

    directories = child.expanded(wish.directories)

    def undo(*, dry_run: bool) -> Report:
        return onpath.undo(
            *directories,
            python=None if directories else wish.python or sys.executable,
            timeout=wish.timeout_s,
            force=wish.is_forced,
            dry_run=dry_run,
        )

    report = undo(dry_run=True)
    if not wish.is_check and not report.refusals:
        report = undo(dry_run=False)
    answer = told(report)
    answer["changed"] = report.status == "changed"
    if not report.ok:  # of all or nothing, nothing
        reasons = [f"{each.target} {each.reason}" for each in report.refusals]
        answer["failed"], answer["changed"] = True, False
        answer["msg"] = worded("nothing was taken back: " + "; ".join([*reasons, *report.notes]))
    return answer


def told(report: Report) -> dict[str, Value]:
    """Return what both states tell."""
    return {
        "status": report.status,
        "directories": [printable(each) for each in report.directories],
        "files": [printable(str(edit.target)) for edit in report.edits],
        "notes": [worded(note) for note in report.notes],
        "diff": [*map(folder_diff, report.made), *map(file_diff, report.edits)],
    }


def why_not(report: Report) -> str:
    """Return why not all is effective, with what helps."""
    lacking = [each for each in report.outcomes if each.is_required and not each.is_served]
    lacking = [each for each in lacking if not each.is_given_up]
    reasons = [f"{each.context}: {row(each)['reason'] or 'missing'}" for each in lacking]
    refused = (f"{each.target} {each.reason}" for each in report.refusals)
    reasons += [each for each in refused if not any(each in reason for reason in reasons)]
    facts = "; ".join([*reasons, *report.notes])
    return f"{', '.join(report.directories)} is not on PATH, and nothing was changed: {facts}"


def row(outcome: Outcome) -> dict[str, Value]:
    """Return what became of one context."""
    probe, edit = outcome.probe, outcome.edit
    is_served = outcome.is_served
    return {
        "context": str(outcome.context),
        "verdict": probe.verdict if probe else "unknown",
        "required": outcome.is_required,
        "reason": "" if is_served else worded(outcome.note or (probe.words if probe else "")),
        "file": printable(str(edit.target)) if edit else "",
    }


def file_diff(edit: Edit) -> dict[str, Value]:
    """Return what Ansible shows as a diff of one file."""
    name = printable(str(edit.target))
    return {
        "before_header": name if edit.before is not None else "/dev/null",
        "after_header": name if edit.after is not None else "/dev/null",
        "before": printable(edit.before or ""),
        "after": printable(edit.after or ""),
    }


def folder_diff(folder: str) -> dict[str, Value]:
    """Return what Ansible shows of a folder that is made, as its own module `file` has it."""
    name = printable(folder)
    return {
        "before_header": name,
        "after_header": name,
        "before": {"path": name, "state": "absent"},
        "after": {"path": name, "state": "directory"},
    }


def worded(text: str) -> str:
    """Return a sentence of the library with what is to be done in Ansible's words."""
    for theirs, ours in WORDS:
        # A cure repeats what else was asked for before what it changes.
        pattern = re.escape(theirs).replace(r"ensure\-path\ \-\-", r"ensure-path (?:[^;]*? )?--")
        text = re.sub(pattern, ours, text)
    return printable(text)


def printable(text: str) -> str:
    """Return `text` with bytes that are no UTF-8 shown, since Ansible passes on text alone."""
    return text.encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace")


if __name__ == "__main__":
    main()
