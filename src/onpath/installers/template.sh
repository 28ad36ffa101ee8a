#!/bin/sh
# Install @NAME@ for this user, in an environment of its own, and have its commands on PATH, proven.
#
#     curl -LsSf URL/install.sh | sh
#     sh install.sh [OPTION ...]        (--help lists the options)
#
# Runs in any POSIX sh. Never asks, never uses sudo. What it does:
#
# 1. It looks for a Python that is new enough (choose_python); where there is none, uv may provide one.
# 2. That Python gets the program below (BOOTSTRAP), which unpacks in memory what the script carries
#    (print_carried: onpath, checked by its SHA-256; `--unpack DIR` writes it to DIR, to be read).
# 3. onpath (onpath/installers/engine.py) makes an environment below the user's data folder with uv, or
#    with venv and pip, and installs what SETTINGS say; sees that it starts; links its commands in
#    ~/.local/bin; puts that directory on PATH, and proves it in fresh shells.
#
# The second run upgrades: built beside, put in place by one rename. `--uninstall` takes everything back.
# Written by `onpath installer`, see docs/installers.md there.

# What is installed.
SETTINGS='
@SETTINGS@
'
TOOL=@NAME@
NEEDS='@NEEDS@'
FIRST_PYTHON=${ONPATH_PYTHON:-}
NEWLINE='
'

main() {
    if [ -n "${ZSH_VERSION-}" ]; then emulate sh; fi
    set -eu # not at the top: a script that is cut after the word would print all variables
    drop_current_folder
    if [ -z "${HOME-}" ]; then unset HOME; fi
    choose_python
    print_all | "$python" -I - "$@"
}

# Have neither the shell nor any Python look for anything in the folder that this happens to run in.
drop_current_folder() {
    unset PYTHONPATH PYTHONINSPECT
    rest=${PATH-}: kept=''
    while [ -n "$rest" ]; do
        case $rest in
            /*) kept=$kept${kept:+:}${rest%%:*} ;;
        esac
        rest=${rest#*:}
    done
    PATH=$kept
}

# Run the candidates until one answers that it will do; set python and HOME.
choose_python() {
    answer=''
    for each in ${FIRST_PYTHON:+"$FIRST_PYTHON"} python3 python3.14 python3.13 python3.12 python3.11 \
        python3.10 python3.9 python "${UV_PYTHON_INSTALL_DIR:-${HOME-}/.local/share/uv/python}"/*/bin/python3 \
        "${PYENV_ROOT:-${HOME-}/.pyenv}"/versions/*/bin/python3 /opt/homebrew/bin/python3 \
        /home/linuxbrew/.linuxbrew/bin/python3 /usr/local/bin/python3 /usr/bin/python3; do
        if try_python "$each"; then break; fi
    done
    case $answer in
        ok*) ;;
        *) provide_python ;;
    esac
    answer=${answer#ok"$NEWLINE"}
    python=${answer%%"$NEWLINE"*} HOME=${answer#*"$NEWLINE"}
    export HOME
    [ -d "$HOME" ] || die "the home directory $HOME does not exist; create it, or set HOME to yours"
}

# Ask a candidate; say why it is passed over. Fails unless it will do.
try_python() {
    program=$(command -v "$1" 2>/dev/null) || return 1
    if is_stub "$program"; then
        answer='no it only asks to install the developer tools'
    else
        answer=$(print_question | "$program" -I - --about 2>/dev/null) || answer=''
    fi
    case $answer in
        ok*) return 0 ;;
        'no '*) tell "passing over $program: ${answer#no }; $TOOL needs $NEEDS" ;;
        *) tell "passing over $program: it does not run, or is no Python 3" ;;
    esac
    return 1
}

# A Mac without a Python has a program of this name all the same; running it opens a window.
is_stub() {
    [ "$1" = /usr/bin/python3 ] && [ "$(uname)" = Darwin ] && ! xcode-select -p >/dev/null 2>&1
}

# Let uv, if it is there, look for a Python, or bring one that it checks.
provide_python() {
    if command -v uv >/dev/null 2>&1 && [ "${ONPATH_UV-}" != 0 ]; then
        tell "letting uv provide a Python $NEEDS"
        found=$(cd / && find_with_uv) || found=''
        if [ -n "$found" ] && try_python "$found"; then return 0; fi
    fi
    die "no Python $NEEDS was found; install one (its package is python3), or uv, which brings one; then run this again"
}

find_with_uv() {
    uv python find "$NEEDS" 2>/dev/null || { uv python install "$NEEDS" >&2 && uv python find "$NEEDS"; }
}

tell() {
    printf 'install.sh: %s\n' "$*" >&2
}

die() {
    tell "$*"
    exit 1
}

# Print the program for Python: with all that the script carries, or only to ask a Python what it is.
print_all() {
    printf '%s\n' "$BOOTSTRAP" 'main(r"""'"$SETTINGS"'""", """'
    print_carried
    printf '%s\n' '""")'
}

print_question() {
    printf '%s\n' "$BOOTSTRAP" 'main(r"""'"$SETTINGS"'""", "")'
}

# src/onpath/installers/bootstrap.py of onpath @VERSION@, as it is.
# shellcheck disable=SC2016 # nothing in it is the shell's
BOOTSTRAP='@BOOTSTRAP@'

# onpath @VERSION@: a zip file, in base64.
print_carried() {
    printf '%s\n' '@CARRIED@'
}

# In braces, so that nothing runs before the last byte is there.
{
    main "$@"
    exit
}
