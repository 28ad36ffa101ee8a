"""What distributions put into a new home and into /etc: the lines that read files or set PATH."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path


@dataclass(frozen=True)
class System:
    """A distribution: the files of a new home, and those of /etc where the shells here look for them."""

    home: dict[str, str] = field(default_factory=dict)
    etc: dict[str, str] = field(default_factory=dict)


DEBIAN_BASHRC = r"""# ~/.bashrc: executed by bash(1) for non-login shells.

# If not running interactively, don't do anything
case $- in
    *i*) ;;
      *) return;;
esac

HISTCONTROL=ignoreboth
shopt -s histappend
shopt -s checkwinsize
[ -x /usr/bin/lesspipe ] && eval "$(SHELL=/bin/sh lesspipe)"
PS1='${debian_chroot:+($debian_chroot)}\u@\h:\w\$ '
alias ls='ls --color=auto'
if [ -f ~/.bash_aliases ]; then
    . ~/.bash_aliases
fi
"""
UBUNTU_BASHRC = rf"""{DEBIAN_BASHRC}
alias alert='notify-send --urgency=low "$(history|tail -n1)"'
if ! shopt -oq posix; then
  if [ -f /usr/share/bash-completion/bash_completion ]; then
    . /usr/share/bash-completion/bash_completion
  fi
fi
"""
DEBIAN_PROFILE = """# ~/.profile: executed by the command interpreter for login shells.

# if running bash
if [ -n "$BASH_VERSION" ]; then
    # include .bashrc if it exists
    if [ -f "$HOME/.bashrc" ]; then
\t. "$HOME/.bashrc"
    fi
fi

# set PATH so it includes user's private bin if it exists
if [ -d "$HOME/bin" ] ; then
    PATH="$HOME/bin:$PATH"
fi

# set PATH so it includes user's private bin if it exists
if [ -d "$HOME/.local/bin" ] ; then
    PATH="$HOME/.local/bin:$PATH"
fi
"""
DEBIAN_ETC = {
    "profile": """# /etc/profile: system-wide .profile file for the Bourne shell (sh(1))
if [ "$(id -u)" -eq 0 ]; then
  PATH="/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
else
  PATH="/usr/local/bin:/usr/bin:/bin:/usr/local/games:/usr/games"
fi
export PATH
if [ "${PS1-}" ]; then
  if [ "${BASH-}" ] && [ "$BASH" != "/bin/sh" ]; then
    if [ -f /etc/bash.bashrc ]; then
      . /etc/bash.bashrc
    fi
  fi
fi
""",
    "bash.bashrc": """# System-wide .bashrc file for interactive bash(1) shells.
[ -z "${PS1-}" ] && return
shopt -s checkwinsize
""",
    "zsh/zprofile": "# /etc/zsh/zprofile: system-wide .zprofile file for zsh(1).\n",
}
SOURCE_PROFILE = "emulate sh -c 'source /etc/profile'\n"

FEDORA_BASHRC = """# .bashrc

# Source global definitions
if [ -f /etc/bashrc ]; then
    . /etc/bashrc
fi

# User specific environment
if ! [[ "$PATH" =~ "$HOME/.local/bin:$HOME/bin:" ]]; then
    PATH="$HOME/.local/bin:$HOME/bin:$PATH"
fi
export PATH

# User specific aliases and functions
if [ -d ~/.bashrc.d ]; then
    for rc in ~/.bashrc.d/*; do
        if [ -f "$rc" ]; then
            . "$rc"
        fi
    done
fi
unset rc
"""
FEDORA_BASH_PROFILE = """# .bash_profile

# Get the aliases and functions
if [ -f ~/.bashrc ]; then
    . ~/.bashrc
fi

# User specific environment and startup programs
"""
FEDORA_ETC = {
    "profile": """# /etc/profile
pathmunge () {
    case ":${PATH}:" in
        *:"$1":*)
            ;;
        *)
            if [ "$2" = "after" ] ; then
                PATH=$PATH:$1
            else
                PATH=$1:$PATH
            fi
    esac
}
if [ "${EUID:-$(id -ru)}" = "0" ] ; then
    pathmunge /usr/sbin
    pathmunge /usr/local/sbin
else
    pathmunge /usr/local/sbin after
    pathmunge /usr/sbin after
fi
export PATH
unset -f pathmunge
if [ -n "${BASH_VERSION-}" ] ; then
    if [ -f /etc/bashrc ] ; then
        . /etc/bashrc
    fi
fi
""",
    "bashrc": """# /etc/bashrc
if [ -z "$BASHRCSOURCED" ]; then
  BASHRCSOURCED="Y"
  [ "$PS1" ] && shopt -s histappend checkwinsize
fi
""",
    "bash.bashrc": "",  # Fedora's bash has none
    "zsh/zprofile": """_src_etc_profile()
{
    emulate -L ksh
    if [ -f /etc/profile ]; then
        source /etc/profile
    fi
}
_src_etc_profile
unset -f _src_etc_profile
""",
}

ARCH_BASHRC = r"""#
# ~/.bashrc
#

# If not running interactively, don't do anything
[[ $- != *i* ]] && return

alias ls='ls --color=auto'
alias grep='grep --color=auto'
PS1='[\u@\h \W]\$ '
"""
ARCH_ETC = {
    "profile": """# /etc/profile
append_path () {
    case ":$PATH:" in
        *:"$1":*)
            ;;
        *)
            PATH="${PATH:+$PATH:}$1"
    esac
}
append_path '/usr/local/sbin'
append_path '/usr/local/bin'
append_path '/usr/bin'
unset -f append_path
export PATH
if test "$BASH" &&\\
   test -n "$PS1" &&\\
   test -z "$POSIXLY_CORRECT" &&\\
   test "${0#-}" != sh &&\\
   test -r /etc/bash.bashrc
then
\t. /etc/bash.bashrc
fi
""",
    "bash.bashrc": "[[ $- != *i* ]] && return\nshopt -s checkwinsize\n",
    "zsh/zprofile": SOURCE_PROFILE,
}

ALPINE_ETC = {
    "profile": """export PATH="/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
export PAGER=less
umask 022
if [ -n "$BASH_VERSION" ]; then
\tPS1='\\h:\\w\\$ '
elif [ "$ZSH_VERSION" ]; then
\tPS1='%m:%~%# '
fi
""",
    "bash.bashrc": "",
}

# What /usr/libexec/path_helper does: the system's entries first, then what else was there.
PATH_HELPER = """new=
IFS='
'
for entry in $(cat /etc/paths /etc/paths.d/* 2>/dev/null); do new=${new:+$new:}$entry; done
set -f; IFS=:
for entry in $PATH; do
    case ":$new:" in *:"$entry":*) ;; *) new=$new:$entry ;; esac
done
printf 'PATH="%s"; export PATH;\\n' "$new"
"""
PATH_HELPED = """if [ -r /etc/path_helper ]; then
\teval `/bin/sh /etc/path_helper -s`
fi
"""
MACOS_ETC = {
    "paths": "/usr/local/bin\n/usr/bin\n/bin\n/usr/sbin\n/sbin\n",
    "path_helper": PATH_HELPER,
    "profile": f"""# System-wide .profile for sh(1)
{PATH_HELPED}
if [ "${{BASH-no}}" != "no" ]; then
\t[ -r /etc/bashrc ] && . /etc/bashrc
fi
""",
    "bashrc": '# System-wide .bashrc file for interactive bash(1) shells.\n[ -z "$PS1" ] && return\n',
    "bash.bashrc": "",
    "zsh/zshenv": "",
    "zsh/zprofile": f"# System-wide profile for interactive zsh(1) login shells.\n{PATH_HELPED}",
    "zsh/zshrc": "setopt BEEP\nPS1='%n@%m %1~ %# '\n",
}

SYSTEMS = {
    "Debian": System({".bashrc": DEBIAN_BASHRC, ".profile": DEBIAN_PROFILE}, DEBIAN_ETC),
    "Ubuntu": System(
        {".bashrc": UBUNTU_BASHRC, ".profile": DEBIAN_PROFILE},
        {**DEBIAN_ETC, "zsh/zprofile": SOURCE_PROFILE},
    ),
    "Fedora": System(
        {".bashrc": FEDORA_BASHRC, ".bash_profile": FEDORA_BASH_PROFILE, ".zshrc": "# .zshrc\n"},
        FEDORA_ETC,
    ),
    "Arch": System(
        {".bashrc": ARCH_BASHRC, ".bash_profile": "[[ -f ~/.bashrc ]] && . ~/.bashrc\n"}, ARCH_ETC
    ),
    "Alpine": System(etc=ALPINE_ETC),
    "macOS": System(etc=MACOS_ETC),
}


def put_files(folder: Path, files: dict[str, str]) -> None:
    """Write `files` into `folder`, by their names there."""
    for name, text in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text)
