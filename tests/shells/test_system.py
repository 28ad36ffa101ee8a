"""`--system` in a machine of its own: a new user is served, and undo gives every byte of /etc back."""

from __future__ import annotations

import importlib
import os
import subprocess
import sys
import sysconfig
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

import namespaces
import onpath
from commands import HELLO, PROGRAM
from every_user import AS_USER, HOME, MARKS, UID, USER, Done, run_steps
from programs import FETCHED
from systems import SYSTEMS
from terminals import COMMAND, INTERACTIVE, LOGIN, MODES, PROGRAMS, SESSION, find
from unpacked import unpacked

if TYPE_CHECKING:
    from programs import Require

if sys.platform == "win32":
    pytest.skip("shells of Unix", allow_module_level=True)

D = "/opt/tool set/bin"
PROFILE, BASHRC = "/etc/profile.d/onpath.sh", "/etc/bash.bashrc"
# What each shell reads of the system.
SERVED = {
    "bash": (LOGIN, INTERACTIVE, SESSION),
    "zsh": MODES,
    "dash": (LOGIN, SESSION),
    "ash": (LOGIN, SESSION),
    "posh": (LOGIN, SESSION),
    "ksh93": (LOGIN, INTERACTIVE, SESSION),
    "mksh": (LOGIN, SESSION),
    "tcsh": MODES,
    "csh": MODES,
    "fish": MODES,
    "xonsh": (LOGIN, INTERACTIVE),  # before 0.14 it reads none with -c
    "nu": (LOGIN, INTERACTIVE),
}


@pytest.fixture(scope="module", autouse=True)
def machine(tmp_path_factory: pytest.TempPathFactory) -> None:
    """Skip where there can be no machine of its own; let root find the fetched shells in it."""
    if reason := namespaces.why_not(tmp_path_factory.mktemp("etc"), namespaces.enter_machine):
        pytest.skip(reason)
    os.environ["SHELLS"] = str(FETCHED)


def check(done: Done, name: str, directory: str = D) -> None:
    """Assert that the command runs by its name, and that `directory` is once on PATH."""
    for mode, heard in zip(SERVED[name], done.heard):
        assert heard.ran == f"{directory}/{HELLO}", (name, mode, heard)
        assert heard.path.count(directory) == 1, (name, mode, heard)


def test_a_new_user_is_served_in_every_shell_that_reads_a_file_of_the_system(
    tmp_path: Path, require: Require
) -> None:
    require("bash")
    absent = [name for name in SERVED if find(name) is None]
    for name in absent if os.environ.get("CI") else ():
        require(name)
    served = [name for name in SERVED if name not in absent]
    words = ("--system", D)
    steps = (
        ("put", D),
        ("tree",),
        *(("ask", name, SERVED[name][0]) for name in served),
        ("run", "--check", *words),
        ("run", *words),
        *(("ask", name, *SERVED[name]) for name in served),
        ("tree",),
        ("run", *words),
        ("tree",),
        ("run", "--undo", "--system"),
        ("tree",),
    )
    _, before, *rest = run_steps(tmp_path, {}, steps)
    asked, rest = rest[: len(served)], rest[len(served) :]
    looked, first, *rest = rest
    told, rest = rest[: len(served)], rest[len(served) :]
    after, second, again, undone, restored = rest

    assert [""] * len(served) == [done.heard[0].ran for done in asked]
    assert looked.run.code == 1, looked.run
    assert f"To put it there:  ensure-path --timeout 60 --system '{D}'" in looked.run.stdout
    assert first.run.code == 0, first.run
    for name, done in zip(served, told):
        check(done, name)
    for path in (PROFILE, BASHRC):
        assert before.tree.get(path) != after.tree[path], path
    assert "-rw-r--r--" == after.tree[PROFILE][0]
    assert second.run.code == 0, second.run
    assert "added" not in second.run.stdout
    assert after.tree == again.tree
    assert undone.run.code == 0, undone.run
    assert before.tree == restored.tree
    if absent:
        pytest.skip(f"not installed, and so not asked: {', '.join(absent)}")


ON_SYSTEMS = ("Ubuntu", "Fedora", "Arch", "Alpine", "macOS")


@pytest.mark.parametrize("system", ON_SYSTEMS)
def test_it_holds_with_the_files_of_other_systems(tmp_path: Path, require: Require, system: str) -> None:
    """In Arch, Ubuntu and macOS what zsh reads later sets PATH again."""
    names = ("bash", "zsh", "ash") if system == "Alpine" else ("bash", "zsh")
    for name in names:
        require(name)
    skeleton = {f"skel/{name}": text for name, text in SYSTEMS[system].home.items()}
    steps = (
        ("put", D),
        ("tree",),
        ("run", "--system", *(w for name in names for w in ("--shell", name)), "--for", LOGIN, D),
        *(("ask", name, LOGIN, SESSION) for name in names),
        ("run", "--system", "--for", INTERACTIVE, "--for", COMMAND, "--shell", "zsh", D),
        ("ask", "zsh", INTERACTIVE, COMMAND),
        ("run", "--undo", "--system"),
        ("tree",),
    )
    _, before, first, *told, more, zsh, undone, restored = run_steps(
        tmp_path, {**SYSTEMS[system].etc, **skeleton}, steps
    )
    assert 0 == first.run.code == more.run.code, (first.run, more.run)
    for done in (*told, zsh):
        for heard in done.heard:
            assert (f"{D}/{HELLO}", 1) == (heard.ran, heard.path.count(D)), (system, heard)
    assert undone.run.code == 0
    assert before.tree == restored.tree


def test_where_path_helper_reads_files_of_lines_one_of_them_is_ours(
    tmp_path: Path, require: Require
) -> None:
    """As in macOS, whose updates replace /etc/profile and /etc/zprofile."""
    for name in ("bash", "zsh"):
        require(name)
    words = ("--system", "--shell", "bash", "--shell", "zsh", "--for", LOGIN, "--for", SESSION)
    steps = (
        ("shell", "mkdir -p /usr/libexec /etc/paths.d && ln -sf /etc/path_helper /usr/libexec/"),
        ("put", D),
        ("tree",),
        ("run", *words, D),
        ("ask", "bash", LOGIN, SESSION),
        ("ask", "zsh", LOGIN, SESSION),
        ("tree",),
        ("run", *words, D),
        ("tree",),
        ("run", "--undo", "--system"),
        ("tree",),
        ("run", *words, "--prepend", D),
        ("ask", "bash", LOGIN, SESSION),
    )
    done = run_steps(tmp_path, SYSTEMS["macOS"].etc, steps)
    _, _, before, first, bash, zsh, after, second, again, undone, restored, moved, front = done
    assert 0 == first.run.code == second.run.code == undone.run.code == moved.run.code, done
    for heard in (*bash.heard, *zsh.heard):
        assert (f"{D}/{HELLO}", D) == (heard.ran, heard.path[-1])
    assert {
        "/etc/paths.d/onpath",
        "/var/lib/onpath/receipt.json",
    } == after.tree.keys() - before.tree.keys()
    assert after.tree == again.tree
    assert before.tree == restored.tree
    for heard in front.heard:
        assert (f"{D}/{HELLO}", D) == (heard.ran, heard.path[0]), moved.run


def test_a_later_file_that_sets_path_is_met_by_a_later_one(tmp_path: Path, require: Require) -> None:
    """It sets PATH for all but root, whose own shells would prove nothing."""
    require("bash")
    files = {"profile.d/zz-site.sh": '[ "$(id -u)" = 0 ] || PATH=/usr/local/bin:/usr/bin:/bin\n'}
    words = ("--system", "--shell", "bash", "--for", LOGIN, D)
    steps = (("put", D), ("run", *words), ("ask", "bash", LOGIN), ("tree",))
    _, first, done, after = run_steps(tmp_path, files, steps)
    assert first.run.code == 0, first.run
    assert f"{D}/{HELLO}" == done.heard[0].ran
    assert PROFILE not in after.tree
    assert "/etc/profile.d/zzz-onpath.sh" in after.tree


def test_what_no_new_user_proves_is_put_back(tmp_path: Path, require: Require) -> None:
    """A file of the user's own comes after all of the system's: it is told, and nothing stays."""
    require("bash")
    require("zsh")
    line = "PATH=/usr/local/bin:/usr/bin:/bin\n"
    files = {"skel/.profile": line, "skel/.bashrc": line, "skel/.zlogin": line, "skel/.zshrc": line}
    words = ("--system", "--shell", "bash", "--shell", "zsh", D)
    _, before, first, after = run_steps(
        tmp_path, files, (("put", D), ("tree",), ("run", *words), ("tree",))
    )
    assert first.run.code == 1, first.run
    assert "was put back as it was" in first.run.stderr
    assert before.tree == after.tree


def test_a_shell_that_a_file_of_the_system_starts_is_served_too(
    tmp_path: Path, require: Require
) -> None:
    """Though it lies where nobody looks for shells."""
    nu = require("nu").resolve()
    require("bash")
    run = '[ "$(id -u)" = 0 ] || case $- in *i*) exec "/opt/tool set/nu" --login;; esac\n'
    steps = (
        ("put", D),
        ("shell", f'cp "{nu}" "/opt/tool set/nu" && chmod 755 "/opt/tool set/nu"'),
        ("shell", f'PATH=/usr/bin:/bin exec {PROGRAM} --timeout 60 --system --for {LOGIN} "$@"', D),
        ("tree",),
    )
    *_, done, after = run_steps(tmp_path, {"profile.d/zz-nu.sh": run}, steps)
    (row,) = [line.split() for line in done.run.stdout.splitlines() if line.split()[:1] == ["nushell"]]
    assert [LOGIN, "added"] == row[1:3], done.run
    assert "/usr/local/share/nushell/vendor/autoload/onpath.nu" in after.tree


# What makes a directory unfit, and what the refusal says.
UNFIT = (
    (f"mkdir -p '{D}' && chmod 777 '{D}'", f"everybody can write to '{D}'"),
    (f"mkdir -p '{D}' && chmod 777 /opt", "everybody can write to /opt"),
    (f"mkdir -p '{D}' && chmod 1777 /opt", "everybody can write to /opt"),  # until it is tidied up
    (f"mkdir -p '{D}' && chown {UID} '{D}'", f"belongs to {USER}, so"),
    (f"mkdir -p '{D}' && chgrp {UID} '{D}' && chmod g+w '{D}'", f"the group {USER} can write to"),
    (
        f"mkdir -p /home/x && chown {UID} /home/x && ln -s /home/x '{D}'",
        f"/home/x belongs to {USER}, so",
    ),
    (f"mkdir -p '{D}' && setfacl -m u:{UID}:rwx '{D}'", f"{USER} can write to"),
    (f"mkdir -p '{D}' && chmod 700 '/opt/tool set'", "other users may not search"),
)
TIDY = "rm -rf '/opt/tool set' /home/x; chmod 755 /opt; mkdir '/opt/tool set'"


def test_a_directory_that_others_can_write_to_is_refused(tmp_path: Path) -> None:
    """Also through a parent, a group, a link or an access list; and there is no way around it."""
    has_lists = any(map(os.path.exists, ("/usr/bin/setfacl", "/bin/setfacl")))
    unfit = [each for each in UNFIT if has_lists or "setfacl" not in each[0]]
    words = ("--system", "--shell", "bash", D)
    times = ("shell", f"stat -L -c %y '{D}' /opt")  # root has not even put a proof there
    each = (times, ("tree",), ("run", *words), ("run", "--force", *words), ("tree",), times)
    steps = [step for make, _ in unfit for step in (("shell", TIDY), ("shell", make), *each)]
    found = run_steps(tmp_path, {}, steps)
    for number, (make, fact) in enumerate(unfit):
        _, made, first, before, refused, forced, after, last = found[8 * number : 8 * number + 8]
        assert not made.run.code, (make, made.run)
        assert refused.run.code == 1, (make, refused.run)
        assert fact.replace("'", "") in refused.run.stderr, (make, refused.run)
        assert "--force" not in refused.run.stderr
        assert forced.run.code == 2, forced.run
        assert before.tree == after.tree
        assert first.run == last.run
    if not has_lists:
        pytest.skip("setfacl is not installed, so no access list was tried; apt-get install acl")


def test_who_is_not_root_gets_one_line_that_works_as_root(tmp_path: Path, require: Require) -> None:
    require("bash")
    user = " ".join(AS_USER)
    line = 'run="$("$@" 2>&1)"; code=$?; printf "%s" "$run"; exit $code'
    told = (f"cd {HOME} && {line}", *user.split(), "PROGRAM", "--system", "--shell", "bash", D)
    told = tuple(str(PROGRAM) if word == "PROGRAM" else word for word in told)
    (first,) = run_steps(tmp_path, {}, (("shell", *told),))
    assert first.run.code == 1
    assert 1 == len(first.run.stdout.splitlines()), first.run
    _, cure = first.run.stdout.split("; run sudo ")
    folder = tmp_path / "second"
    folder.mkdir()
    _, again, done = run_steps(folder, {}, (("put", D), ("shell", cure), ("ask", "bash", LOGIN)))
    assert again.run.code == 0, again.run
    assert f"{D}/{HELLO}" == done.heard[0].ran


# By its nonce the private folder of a run, and all that it has started, is told from those of others.
LEFT = """n=$(cat /nonce); rm /nonce; ls -d "/dev/shm/onpath-$n" "/tmp/onpath-$n"
grep -l "$n" /proc/[0-9]*/environ"""
# The process of the other user learns that its run was killed, and may still put away what is its own.
STAYS = """n=$(cat /nonce); rm /nonce
for _ in $(seq 300); do
    left=$(ls -d "/dev/shm/onpath-$n" "/tmp/onpath-$n"; grep -l "$n" /proc/[0-9]*/environ)
    [ "$left" ] || break
    sleep 0.1
done 2>/dev/null
echo "$left"
"""
MARKER = f"{MARKS}/edited"
# The shells wait once there is an edit, and say so.
SLOW = {"profile.d/slow.sh": f"if [ -e {PROFILE} ]; then : >{MARKER}; sleep 600; fi\n"}


def test_a_run_that_is_killed_leaves_nothing_after_an_undo(tmp_path: Path, require: Require) -> None:
    require("bash")
    steps = (
        ("put", D),
        ("tree",),
        ("stop", "KILL", MARKER, "--system", "--shell", "bash", D),
        ("tree",),
        ("shell", "rm /etc/profile.d/slow.sh"),
        ("run", "--undo", "--system"),
        ("shell", STAYS),
        ("tree",),
    )
    _, before, _, killed, _, undone, left, after = run_steps(tmp_path, SLOW, steps)
    assert PROFILE in killed.tree
    assert undone.run.code == 0, undone.run
    assert not left.run.stdout.strip(), left.run
    gone = {name: each for name, each in before.tree.items() if name != "/etc/profile.d/slow.sh"}
    assert gone == after.tree


@pytest.mark.parametrize("signal", ["INT", "TERM", "HUP"])
def test_a_run_that_is_interrupted_puts_all_back_at_once(
    tmp_path: Path, require: Require, signal: str
) -> None:
    """The process that has started the shells is another user's by then, and has ended as well."""
    require("bash")
    steps = (
        ("put", D),
        ("tree",),
        ("stop", signal, MARKER, "--system", "--shell", "bash", D),
        ("shell", LEFT),
        ("tree",),
    )
    _, before, stopped, left, after = run_steps(tmp_path, SLOW, steps)
    assert stopped.run.code == 130, stopped.run
    assert not left.run.stdout.strip(), left.run
    assert before.tree == after.tree


def test_no_shell_is_started_with_any_right_of_root(tmp_path: Path, require: Require) -> None:
    """Neither its user, its groups and its capabilities, nor a file that it has open, nor its home."""
    require("bash")
    told = "/run/told"
    # In one write, since several shells look at the same time.
    look = f"""caps=$(sed -n 's/^Cap\\(Prm\\|Eff\\|Amb\\):.//p' /proc/self/status)
echo "$(id -u) $(id -G)" $caps $HOME $(ls -l /proc/$$/fd | grep -c shadow) >>{told}
"""
    line = f'exec 7</etc/shadow; exec {PROGRAM} "$@"'
    steps = (
        ("put", D),
        ("shell", f": >{told}; chmod 666 {told}"),
        ("shell", line, "--system", "--shell", "bash", "--for", LOGIN, D),
        ("shell", f"cat {told}; rm {told}; id -u nobody; id -G nobody"),
    )
    *_, done, heard = run_steps(tmp_path, {"profile.d/look.sh": look}, steps)
    assert done.run.code == 0, done.run
    *lines, uid, groups = heard.run.stdout.splitlines()
    assert len(lines) > 1, "no shell has looked"
    for own_uid, own_groups, *capabilities, home, files in map(str.split, lines):
        assert (uid, groups, "0") == (own_uid, own_groups, files)
        assert ["0000000000000000"] * 3 == capabilities
        assert not home.startswith(("/root", "/home"))


def test_a_link_of_root_to_a_file_of_every_user_is_not_edited_for_root_alone(
    tmp_path: Path, require: Require
) -> None:
    require("bash")
    home = f"{MARKS}/home"
    line = (
        f"mkdir {home}; ln -s /etc/profile {home}/.profile; ln -s /etc/bash.bashrc {home}/.bashrc; "
        f'HOME={home} {PROGRAM} "$@"; code=$?; rm -r {home}; exit $code'
    )
    steps = (("put", D), ("tree",), ("shell", line, "--shell", "bash", D), ("tree",))
    files = {"profile": "# of every user\n", "bash.bashrc": "# of every user\n"}
    _, before, done, after = run_steps(tmp_path, files, steps)
    told = "~/.profile leads to /etc/profile, which every user's shells read, so it was left alone; put"
    assert told in done.run.stderr, done.run
    assert done.run.code != 0
    for path in ("/etc/profile", "/etc/bash.bashrc"):
        assert before.tree[path] == after.tree[path]


def test_it_may_lie_where_root_alone_can_look(tmp_path: Path, require: Require) -> None:
    """In /root, or in a home of 0750 from which sudo runs it; a shell on a terminal needs the most."""
    require("zsh")
    private = f"{MARKS}/private"
    source = Path(onpath.__file__).parent
    snippets = next(iter(importlib.import_module("onpath.snippets").__path__))
    line = (
        f"mkdir -m 700 {private}; cp -r {source} {private}; cp -r {snippets} {private}/onpath/snippets; "
        f'PYTHONPATH={private} {sys.executable} -m onpath "$@"; code=$?; rm -r {private}; exit $code'
    )
    steps = (
        ("put", D),
        ("shell", line, "--system", "--shell", "zsh", "--shell", "bash", D),
        ("ask", "zsh", *SERVED["zsh"]),
    )
    _, done, heard = run_steps(tmp_path, {"zsh/zshrc": "# zsh\n"}, steps)
    assert done.run.code == 0, done.run
    check(heard, "zsh")


def test_the_umask_of_root_keeps_nobody_out(tmp_path: Path, require: Require) -> None:
    require("fish")
    line = f'umask 077; exec {PROGRAM} "$@"'
    words = ("--system", "--shell", "fish", "/opt/new/bin")
    done, after, undone = run_steps(
        tmp_path, {}, (("shell", line, *words), ("tree",), ("run", "--undo", "--system"))
    )
    assert done.run.code == 0, done.run
    assert "drwxr-xr-x" == after.tree["/opt/new/bin"][0]
    assert undone.run.code == 0


def test_without_the_right_to_become_another_user_nothing_is_done(
    tmp_path: Path, require: Require
) -> None:
    require("bash")
    line = f'exec setpriv --bounding-set=-setuid,-setgid {PROGRAM} "$@"'
    words = ("--system", "--shell", "bash", D)
    _, before, done, after = run_steps(
        tmp_path, {}, (("put", D), ("tree",), ("shell", line, *words), ("tree",))
    )
    assert done.run.code == 1
    assert "cannot become nobody" in done.run.stderr, done.run
    assert before.tree == after.tree


def test_the_desktop_of_every_user_has_it(tmp_path: Path) -> None:
    generator = "/usr/lib/systemd/user-environment-generators/30-systemd-environment-d-generator"
    if not Path(generator).exists():
        pytest.skip("this machine has no systemd that reads environment.d")
    words = ("--system", "--for", "desktop", "--shell", "bash", D)
    user = " ".join(AS_USER)
    steps = (
        ("put", D),
        ("tree",),
        ("run", *words),
        ("shell", f"env -i HOME={HOME} PATH=/usr/bin:/bin {user} {generator}"),
        ("run", "--undo", "--system"),
        ("tree",),
    )
    _, before, done, told, undone, after = run_steps(tmp_path, {}, steps)
    assert done.run.code == 0, done.run
    assert "/etc/environment.d/99-onpath.conf" in done.run.stdout
    assert D in told.run.stdout.replace("\\ ", " ").replace("\\", "")
    assert undone.run.code == 0
    assert before.tree == after.tree


def test_a_session_of_debians_xsession_has_it(tmp_path: Path) -> None:
    """LightDM's and xdm's read no profile; the script is Debian's own, run as the new user."""
    etc = unpacked("x11-common", "etc")
    files = {str(path.relative_to(etc)): path.read_text() for path in etc.rglob("*") if path.is_file()}
    files["X11/default-display-manager"] = "/usr/bin/xdm\n"
    script = f"#!/bin/sh\ncommand -v {HELLO} >{MARKS}/found\n"
    session = (
        f"printf '%s' '{script}' >{MARKS}/session; chmod 755 {MARKS}/session; rm -f {MARKS}/found; "
        f"env -i HOME={HOME} USER={USER} LOGNAME={USER} PATH=/usr/bin:/bin {' '.join(AS_USER)} "
        f"/bin/sh /etc/X11/Xsession {MARKS}/session; cat {MARKS}/found; rm -r {MARKS}/*"
    )
    words = ("--system", "--for", "desktop", "--shell", "bash", D)
    steps = (
        ("put", D),
        ("tree",),
        ("shell", session),
        ("run", *words),
        ("shell", session),
        ("run", *words),
        ("tree",),
        ("run", "--undo", "--system"),
        ("tree",),
    )
    _, before, bare, first, served, second, after, undone, last = run_steps(tmp_path, files, steps)
    assert (0, 0, 0) == (first.run.code, second.run.code, undone.run.code), (first.run, second.run)
    assert ("", f"{D}/{HELLO}") == (bare.run.stdout, served.run.stdout.strip()), served.run
    assert "already there" in second.run.stdout
    assert {"/etc/X11/Xsession.d/39onpath", "/var/lib/onpath/receipt.json"} <= set(after.tree)
    assert before.tree == last.tree


def test_the_library_does_the_same(tmp_path: Path, require: Require) -> None:
    require("bash")
    text = (
        "import onpath, sys; D = sys.argv[1]; bash = {'shells': ['bash'], 'system': True}; "
        "print(onpath.check(D, **bash).status, onpath.ensure(D, **bash).require().status, "
        "onpath.check(D, **bash).ok, onpath.undo(system=True).status)"
    )
    python = PROGRAM.with_name("python")
    _, done = run_steps(tmp_path, {}, (("put", D), ("shell", f'{python} -c "$@"', text, D)))
    assert "missing changed True changed" == done.run.stdout.strip(), done.run


def test_every_shell_of_the_table_is_told_of() -> None:
    """Else a new shell would be left out of the tests above."""
    assert {"yash", "elvish", "rc"} == {
        name for name in PROGRAMS if "-" not in name and name != "pwsh" and name not in SERVED
    }


# What a root with busybox alone may have for /etc/profile; and who reads what is put there.
PROFILES = {
    "none": ("", PROFILE_ALONE := "/etc/profile"),
    "Alpine's": (SYSTEMS["Alpine"].etc["profile"], PROFILE_ALONE),
    "with a folder": ('for each in /etc/profile.d/*.sh; do . "$each"; done\n', PROFILE),
}
IN_BUSYBOX = """
look() {
    find /etc /var /home /opt/x | sort
    find /etc /opt/x -type f | sort | while read -r file; do sha256sum "$file"; done
}
hello() { for shell in sh ash; do "$python" -c "$become" "$shell" 2>&1; done; }
run() {
    printf '[%s]\\n' "$*"
    HOME=/root PYTHONDONTWRITEBYTECODE=1 "$python" -m onpath --timeout 60 --system "$@" 2>&1
    echo "code $?"
}
python=$0 become=$3 directory=/opt/x/bin
mkdir -p "$directory" && printf '#!/bin/sh\\necho it ran from $0\\n' >"$directory/hello" || exit
chmod 755 "$directory/hello"
case $1 in ?*) printf '%s' "$1" >/etc/profile ;; esac
case $2 in */profile.d/*) mkdir /etc/profile.d; echo : >/etc/profile.d/own.sh ;; esac
look >/tmp/before; hello
run "$directory"; hello; look >/tmp/after
run "$directory"; look >/tmp/again
run --undo; look >/tmp/end
for each in after again end; do
    if [ "$(cat "/tmp/$each")" = "$(cat /tmp/before)" ]; then
        echo "$each as before"
    else
        echo "$each changed"
    fi
done
case $(cat /tmp/again) in "$(cat /tmp/after)") echo "again as after" ;; esac
"""
# As login(1) starts the shell of a user.
BECOME = """import os, sys
os.setgroups([])
os.setgid(4242)
os.setuid(4242)
environ = {"HOME": "/home/newcomer", "USER": "newcomer", "PATH": "/usr/bin:/bin"}
os.execve(f"/bin/{sys.argv[1]}", [f"-{sys.argv[1]}", "-c", "hello"], environ)
"""


def names_of(program: Path) -> list[str]:
    """Return `program` and all that its links lead to."""
    found = [program]
    while found[-1].is_symlink():
        found.append(found[-1].parent / found[-1].readlink())
    return [str(each) for each in found]


@pytest.mark.parametrize("kind", PROFILES)
def test_a_new_user_of_a_root_with_busybox_alone_is_served(
    tmp_path: Path, require: Require, kind: str
) -> None:
    """And every byte is given back."""
    busybox = require("ash").resolve()
    text, path = PROFILES[kind]
    library = sysconfig.get_path("stdlib") if sys.base_prefix == "/usr" else sys.base_prefix + "/lib"
    source = Path(onpath.__file__).parents[2]
    folders = ("/lib", "/lib64", library, sys.prefix, str(source))
    root = tmp_path / "root"
    root.mkdir()
    script = Path(__file__).parents[1] / "support" / "busybox_root.sh"
    done = subprocess.run(
        [
            *("unshare", "--mount", "--pid", "--fork", "--propagation", "private", "/bin/sh", script),
            *(root, IN_BUSYBOX, sys.executable, text, path, BECOME),
        ],
        env={
            "PATH": "/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin",
            "PYTHONS": "\n".join(names_of(Path(sys.executable))[1:] or [sys.executable]),
            "FOLDERS": "\n".join(each for each in folders if os.path.isdir(each)),
            "BUSYBOX": str(busybox),
        },
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    lines = done.stdout.splitlines()
    assert not done.returncode, done
    ran = "it ran from /opt/x/bin/hello"
    assert 2 == lines.count(ran), done.stdout
    assert lines.index(ran) > lines.index("[/opt/x/bin]")
    assert ["code 0"] * 3 == [line for line in lines if line.startswith("code ")], done.stdout
    assert f"ash        login        added by {path}" in done.stdout, done.stdout
    assert ["after changed", "again changed", "end as before", "again as after"] == lines[-4:]
