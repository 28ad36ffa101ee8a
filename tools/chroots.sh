#!/bin/sh
# The matrix of shells in the Debians of other years: tools/chroots.sh [SUITE ...] [-- ARGUMENT OF pytest ...]
#
# Makes a root of each suite in .cache/chroots with debootstrap, installs the shells that it has, and runs the
# tests of every shell in it, with its Python. Prints a table of versions and results. Needs root, and about
# 600 MB a suite; what is there is not fetched again. MIRROR names another server.
set -eu

SUITES="bullseye bookworm trixie sid"
: "${MIRROR:=http://deb.debian.org/debian}"
PACKAGES="python3 procps ca-certificates bash zsh dash busybox posh ksh mksh yash tcsh csh fish elvish rc xonsh
    python3-prompt-toolkit"
TESTS=tests/shells/test_every_shell.py
# The last four are for Pythons older than that of the environment, which is the one that pip asks.
NEEDED="pytest>=8,<9 hypothesis<6.142 jsonschema packaging platformdirs<5 shellingham iniconfig<2.2 exceptiongroup tomli
    typing-extensions"
# How each shell tells its version; the first line counts.
# shellcheck disable=SC2016  # the sh in the root expands these
VERSIONS='
tell() { printf "    %s " "$1"; shift; "$@" 2>&1 | head -n 1; }
package() { tell "$1" dpkg-query -W -f "\${Version}\n" "$1"; }
tell bash bash -c "echo \$BASH_VERSION"; tell zsh zsh -c "echo \$ZSH_VERSION"; tell fish fish --version
tell ksh93 ksh93 -c "echo \${.sh.version}"; tell mksh mksh -c "echo \$KSH_VERSION"; tell yash yash --version
tell tcsh tcsh --version; tell elvish elvish -version; tell xonsh xonsh --version; tell ash busybox
for each in dash posh csh rc; do package "$each"; done'

main() {
    cd "$(dirname "$0")/.."
    suites=''
    while [ $# -gt 0 ] && [ "$1" != -- ]; do
        suites="$suites $1"
        shift
    done
    if [ $# -gt 0 ]; then shift; fi
    if [ $# = 0 ]; then set -- "$TESTS"; fi
    [ "$(id -u)" = 0 ] || die 'a root can only be made by root; run it with sudo'
    command -v debootstrap >/dev/null || die 'there is no debootstrap; apt-get install debootstrap'
    [ -x .cache/venv/bin/python ] || die 'there is no environment of the tests yet; run tests/run.sh once'
    cache=$PWD/.cache/chroots
    mkdir -p "$cache"
    failed=''
    for suite in ${suites:-$SUITES}; do
        root=$cache/$suite
        make_root
        give_tests
        run_tests "$@" || failed="$failed $suite"
    done
    for suite in ${suites:-$SUITES}; do tell_result; done
    [ -z "$failed" ] || die "tests failed in$failed; see $cache/SUITE.tests"
}

die() {
    printf 'chroots.sh: %s\n' "$*" >&2
    exit 1
}

# Make $root, and install the shells; one that a suite does not have is passed over.
make_root() {
    [ ! -e "$root/ready" ] || return 0
    [ -e "$root/etc/debian_version" ] || debootstrap --variant=minbase "$suite" "$root" "$MIRROR" >&2
    cp /etc/resolv.conf "$root/etc/resolv.conf"
    in_root apt-get -q -o Acquire::Check-Valid-Until=false update >&2 # a mirror may lag
    for package in $PACKAGES; do
        in_root env DEBIAN_FRONTEND=noninteractive apt-get -q -y --no-install-recommends install "$package" >&2 ||
            printf 'chroots.sh: %s has no %s\n' "$suite" "$package" >&2
    done
    # Names that the tests know the shells by.
    [ ! -x "$root/bin/busybox" ] || ln -sf /bin/busybox "$root/usr/local/bin/ash"
    : >"$root/ready"
}

# Put the checkout into $root, with what the tests need for its Python.
give_tests() {
    version=$(in_root python3 -c 'import sys; print("%d.%d" % sys.version_info[:2])')
    if [ ! -d "$root/opt/site-$version" ]; then
        # shellcheck disable=SC2086  # words
        .cache/venv/bin/python -m pip install -q --target "$root/opt/site-$version" --python-version "$version" \
            --only-binary=:all: $NEEDED >&2
    fi
    rm -rf "$root/opt/checkout" "$root/opt/source" "$root/opt/env"
    mkdir -p "$root/opt/checkout" "$root/opt/source"
    cp -R tests tools shells src docs install.sh install.ps1 pyproject.toml README.md "$root/opt/checkout"
    cp -R src/onpath "$root/opt/source/onpath"
    cp -R shells "$root/opt/source/onpath/snippets"
    in_root python3 -m venv --without-pip /opt/env
    printf '%s\n' /opt/source "/opt/site-$version" >"$root/opt/env/lib/python$version/site-packages/own.pth"
    printf '#!/opt/env/bin/python\nfrom onpath.cli import command\n\ncommand()\n' >"$root/opt/env/bin/ensure-path"
    chmod +x "$root/opt/env/bin/ensure-path"
}

run_tests() {
    in_root sh -c "$VERSIONS" >"$cache/$suite.versions" 2>&1 </dev/null
    in_root sh -c 'cd /opt/checkout && exec /opt/env/bin/python -m pytest -q -p no:cacheprovider --slow "$@"' sh "$@" \
        >"$cache/$suite.tests" 2>&1
}

# Run a command in $root, in namespaces of its own: mounts and processes end with it.
in_root() {
    # shellcheck disable=SC2016  # the inner sh expands these
    env -i PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin HOME=/root LANG=C.UTF-8 \
        TERM=xterm-256color unshare --mount --pid --fork --propagation private sh -c '
            root=$1; shift
            mount -t proc proc "$root/proc" && mount --rbind /dev "$root/dev" && mount -t tmpfs tmpfs "$root/run" &&
                exec chroot "$root" "$@"' sh "$root" "$@"
}

tell_result() {
    printf '\n%s: %s\n' "$suite" "$(tail -n 1 "$cache/$suite.tests")"
    cat "$cache/$suite.versions"
}

{
    main "$@"
    exit
}
