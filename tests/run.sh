#!/bin/sh
# Run the tests: tests/run.sh [ARGUMENT OF PYTEST ...]
#
# Sets up what they need: packages of the system where it may, all else in .cache/ of the checkout.
# What is there is not fetched again. PYTHON names the Python to test with, python3 if unset.
set -eu

SHELLS="bash zsh dash ash posh ksh93 mksh yash tcsh bsd-csh fish nu nu-0.98 xonsh xonsh-0.14 elvish rc"
PACKAGES="bash zsh dash busybox posh ksh93u+m mksh yash tcsh csh fish elvish rc shellcheck shfmt
    python3 python3-venv procps acl attr tmux screen curl wget strace openssh-server openssh-client
    iproute2 gpg-agent gpgconf"
# Cron, sudo, and the scripts of display managers: unpacked only.
UNPACKED="cron sudo x11-common gdm3 sddm lightdm gnome-session-bin"

main() {
    cd "$(dirname "$0")/.."
    cache=$PWD/.cache
    bin=$cache/shells/bin
    mkdir -p "$bin"
    # So that nothing lands in the home of whoever runs this.
    export PIP_CACHE_DIR="$cache/pip" PIP_DISABLE_PIP_VERSION_CHECK=1 npm_config_cache="$cache/npm"
    export PATH="$bin:$PATH"

    install_packages
    make_environment
    link ash "$(command -v busybox)"
    link nu "$(fetch_nu 0.115.1)"
    link nu-0.98 "$(fetch_nu 0.98.0)"
    link xonsh "$(fetch_xonsh 0.25.0)"
    link xonsh-0.14 "$(fetch_xonsh 0.14.4)"
    # Fetches what onpath.pyz carries, once, before several tests at a time would.
    [ -d "$cache/wheels" ] || "$cache/venv/bin/python" tools/build_pyz.py --output "$cache/dist" >&2
    unpack_packages
    sh tests/support/wine/setup.sh "$cache/wine" || say "the tests on Windows are skipped"
    report_missing

    # Else each Python that the tests start would compile again what it imports.
    unset PYTHONDONTWRITEBYTECODE

    # Most tests wait for a shell, so there may be more of them than processors.
    if [ -n "${CI-}" ]; then set -- -n 4 --dist worksteal "$@"; fi
    "$cache/venv/bin/python" -m pytest --slow "$@"
}

say() {
    printf 'tests/run.sh: %s\n' "$*" >&2
}

install_packages() {
    command -v apt-get >/dev/null && command -v dpkg-query >/dev/null || return 0
    command -v npm >/dev/null || PACKAGES="$PACKAGES nodejs npm"
    set --
    for package in $PACKAGES; do
        case $(dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null) in
            installed) ;;
            *) set -- "$@" "$package" ;;
        esac
    done
    [ $# -gt 0 ] || return 0
    if ! as_root true 2>/dev/null; then
        say "not installed, as that needs root: $*"
        return 0
    fi
    apt update || say "cannot update the lists of packages; trying with the old ones"
    # One by one where one of them is unknown here.
    apt install "$@" || for package; do apt install "$package" || say "not installed: $package"; done
}

# Unpack programs and scripts that the tests run from .cache/, so that no daemon is ever installed.
unpack_packages() {
    command -v apt-get >/dev/null && command -v dpkg-deb >/dev/null || return 0
    mkdir -p "$cache/packages"
    for package in $UNPACKED; do
        [ ! -d "$cache/packages/$package" ] || continue
        rm -rf "$cache/packages/new"
        mkdir "$cache/packages/new"
        if (cd "$cache/packages/new" && apt-get -q download "$package" && dpkg-deb -x ./*.deb . && rm ./*.deb) >&2; then
            mv "$cache/packages/new" "$cache/packages/$package"
        else
            say "not unpacked: $package"
        fi
    done
}

apt() {
    as_root env DEBIAN_FRONTEND=noninteractive apt-get -q -y --no-install-recommends "$@" >&2
}

as_root() {
    if [ "$(id -u)" = 0 ]; then "$@"; else sudo -n "$@"; fi
}

# Make the environment of the tests, and make it again where the Python or what the project needs has changed.
make_environment() {
    : "${PYTHON:=python3}"
    finder=tests/support/snippets_finder.py
    key="$("$PYTHON" -c 'import sys; print(sys.version_info[:2])') $(cat pyproject.toml $finder | cksum) $PWD"
    [ "$(cat "$cache/venv/key" 2>/dev/null)" != "$key" ] || return 0
    rm -rf "$cache/venv"
    "$PYTHON" -m venv "$cache/venv"
    # Older ones cannot install what has no setup.py so that it can be edited.
    "$cache/venv/bin/python" -m pip install -q 'pip>=21.3' >&2
    "$cache/venv/bin/python" -m pip install -q -e '.[test]' >&2
    # The tests start this Python some ten thousand times, and pip's finder would double what that takes.
    packages=$("$cache/venv/bin/python" -c 'import sysconfig; print(sysconfig.get_path("purelib"))')
    rm -f "$packages"/__editable__*onpath*.pth
    cp $finder "$packages"
    printf '%s\nimport snippets_finder\n' "$PWD/src" >"$packages/onpath.pth"
    printf '%s\n' "$key" >"$cache/venv/key"
}

# Let the name $1 run the program $2; where that is empty, there is none.
link() {
    if [ -n "$2" ]; then ln -sf "$2" "$bin/$1"; else say "cannot get $1"; fi
}

# Fetch nushell $1 and print its path. Its releases are in npm's registry too, a package for each platform.
fetch_nu() {
    folder=$cache/shells/nu-$1
    case $(uname -sm) in
        'Linux x86_64') package=@nushell/linux-x64@$1 ;;
        'Linux aarch64') package=@nushell/linux-arm64@$1 ;;
        *) return 1 ;;
    esac
    if [ ! -e "$folder/ready" ]; then
        rm -rf "$folder"
        mkdir "$folder"
        (cd "$folder" && npm pack --silent "$package" && tar -xzf ./*.tgz && rm ./*.tgz) >&2 &&
            "$folder/package/bin/nu" --version >&2 && : >"$folder/ready" || return 1
    fi
    printf '%s\n' "$folder/package/bin/nu"
}

# Install xonsh $1 and print its path. The first Python that it works with: not all old ones do
# with a new one.
fetch_xonsh() {
    folder=$cache/shells/xonsh-$1
    [ -e "$folder/ready" ] || for python in "$PYTHON" python3.12 python3.11 python3.10 python3.9; do
        rm -rf "$folder"
        "$python" -m venv "$folder" >&2 || continue
        "$folder/bin/python" -m pip install -q "xonsh==$1" >&2 || continue
        HOME=$folder "$folder/bin/xonsh" -c 'pass' </dev/null >&2 || continue
        : >"$folder/ready"
        break
    done
    [ -e "$folder/ready" ] && printf '%s\n' "$folder/bin/xonsh"
}

report_missing() {
    missing=
    for shell in $SHELLS; do command -v "$shell" >/dev/null || missing="$missing $shell"; done
    [ -z "$missing" ] || say "not installed, their tests are skipped:$missing"
}

{
    main "$@"
    exit
}
