#!/bin/sh
# A real Windows CPython in Wine, without a display: tests/support/wine/setup.sh FOLDER
#
# Only from packages of Debian and of PyPI, by name. python311.dll, the modules in C and their DLLs
# are those of python.org, as the wheel of panda3d for Windows carries them; the library in Python is
# that of a Python 3.11 of this machine, whose patch level need not be the same. What is there is not
# made again.
set -eu

PACKAGES="wine wine64 gcc-mingw-w64-x86-64"
WHEELS="pip packaging platformdirs shellingham hypothesis"

main() {
    source=$(cd "$(dirname "$0")" && pwd)
    mkdir -p "$1"
    folder=$(cd "$1" && pwd)
    key=$(cat "$source/setup.sh" "$source/python.c" | cksum)
    [ "$(cat "$folder/ready" 2>/dev/null)" != "$key" ] || exit 0
    [ "$(uname -sm)" = 'Linux x86_64' ] || fail "Wine runs Windows' x86_64 programs only on such a Linux"
    python=$(find_python) || fail "no Python 3.11 is here, whose library Windows' needs; install one"
    install_packages
    rm -rf "$folder/Python311" "$folder/prefix" "$folder/ready"
    make_python
    make_prefix
    printf '%s\n' "$key" >"$folder/ready"
}

fail() {
    printf 'tests/support/wine/setup.sh: %s\n' "$*" >&2
    exit 1
}

find_python() {
    for each in python3.11 python3 "$source/../../../.cache/venv/bin/python"; do
        if "$each" -c 'import sys; sys.exit(sys.version_info[:2] != (3, 11))' 2>/dev/null; then
            command -v "$each"
            return
        fi
    done
    return 1
}

install_packages() {
    missing=
    for package in $PACKAGES; do
        dpkg-query -W "$package" >/dev/null 2>&1 || missing="$missing $package"
    done
    [ -n "$missing" ] || return 0
    [ "$(id -u)" = 0 ] || fail "installing$missing needs root; install them, or run this as root"
    apt-get -q update >&2
    # shellcheck disable=SC2086  # one word for each package
    DEBIAN_FRONTEND=noninteractive apt-get -q -y --no-install-recommends install $missing >&2
}

make_python() {
    root=$folder/Python311
    mkdir -p "$root/DLLs" "$folder/download"
    pip download -q --no-deps --only-binary=:all: --platform win_amd64 --python-version 3.11 \
        -d "$folder/download" panda3d==1.10.16
    "$python" "$source/unpack.py" "$folder/download" "$root"
    rm -rf "$folder/download"
    # shellcheck disable=SC2086  # as above
    pip install -q --only-binary=:all: --platform win_amd64 --python-version 3.11 \
        --target "$root/Lib/site-packages" $WHEELS
    x86_64-w64-mingw32-gcc -O2 -s -municode "$source/python.c" -o "$root/python.exe"
}

pip() {
    "$source/../../../.cache/venv/bin/python" -m pip --disable-pip-version-check "$@" >&2
}

make_prefix() {
    export HOME="$folder" WINEPREFIX="$folder/prefix" WINEDEBUG=-all
    export WINEDLLOVERRIDES='mscoree=;mshtml=;winemenubuilder.exe=d' # no questions about .NET
    unset DISPLAY
    wineboot -i </dev/null >/dev/null 2>&1
    wine winecfg -v win10 </dev/null >/dev/null 2>&1
    # So that programs can have windows, which nobody sees.
    wine reg add 'HKCU\Software\Wine\Drivers' /v Graphics /t REG_SZ /d null /f </dev/null >/dev/null 2>&1
    wineserver -w
    # Documents and the like are links to folders of Linux; each prefix shall have its own.
    find "$WINEPREFIX/drive_c/users" -type l -exec rm {} \; -exec mkdir {} \;
    # Wine's powershell.exe does nothing, whatever it is told: worse than none.
    rm -f "$WINEPREFIX"/drive_c/windows/*/WindowsPowerShell/v1.0/powershell.exe
}

{
    main "$@"
    exit
}
