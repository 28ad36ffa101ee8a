#!/bin/sh
# Install onpath for this user, and have it put the user scripts directory on PATH, proven.
#
#     curl -LsSf URL/install.sh | sh -s -- [OPTION ...] [ARGUMENT OF ensure-path ...]
#
# Runs in any POSIX sh; needs a Python and coreutils, no pip, no venv, no room in /tmp. Never asks, never
# uses sudo. In a checkout it installs that checkout. `sh install.sh --help` lists the options.

# What is onpath's own. With `configure` and `unconfigure`, all that another tool of one file would change.
TOOL=onpath      # its file is TOOL.pyz
NAME=ensure-path # what runs it; TOOL is another name for that
OLDEST_MINOR=9   # it runs on Python 3.9 and later
BUILD=tools/build_pyz.py
RELEASE_SHA256= # a release's script has these three filled in, by the program that builds the file
RELEASE_SIZE=
RELEASE_URL=
BASE_URL=${ONPATH_BASE_URL:-$RELEASE_URL}
PATIENCE_S=${ONPATH_TIMEOUT_S:-20} # without a byte; the whole may take 15 times that
FIRST_PYTHON=${ONPATH_PYTHON:-}
NO_MODIFY=${ONPATH_NO_MODIFY_PATH:-}

INVOKED_AS=$0
MARK="# $TOOL, put here by its install.sh, which takes it away with --uninstall"
NEWLINE='
'

main() {
    if [ -n "${ZSH_VERSION-}" ]; then emulate sh; fi
    set -eu # not at the top: a script that is cut after the word would print all variables
    drop_current_folder
    action=install from='' is_dry='' no_modify=$NO_MODIFY work='' made='' takes=''
    for word; do
        shift
        case $takes:$word in
            from:*) from=$word takes='' ;;
            :--from) takes=from ;;
            :--from=*) from=${word#--from=} ;;
            :--dry-run) is_dry=yes ;;
            :--uninstall) action=uninstall ;;
            :--no-modify-path) no_modify=1 ;;
            :--modify-path) no_modify=0 ;;
            :-h | :--help) action=usage ;;
            *) set -- "$@" "$word" ;;
        esac
    done
    [ -z "$takes" ] || die '--from needs a PATH: the file to install, its folder, or a checkout'
    case $action in
        install) do_install "$@" </dev/null ;;
        uninstall) do_uninstall "$@" </dev/null ;;
        *) give_usage ;;
    esac
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

give_usage() {
    printf '%s\n' "usage: install.sh [OPTION ...] [ARGUMENT OF $NAME ...]" '' \
        "  --from PATH        install this $TOOL.pyz, or that of this folder or checkout" \
        '  --no-modify-path   edit no startup file, now and in later runs (ONPATH_NO_MODIFY_PATH=1)' \
        '  --modify-path      edit them again (ONPATH_NO_MODIFY_PATH=0)' \
        '  --dry-run          say every step, and take none' \
        '  --uninstall        take everything back' '' \
        'ONPATH_BASE_URL says where to download from, ONPATH_PYTHON which Python to try first.'
}

do_install() {
    choose_python
    choose_source
    for each in "$NAME" "$TOOL"; do
        is_free "$scripts/$each" ||
            die "$scripts/$each was not put there by install.sh; remove it (pip uninstall $TOOL), then run this again"
    done
    take_step "using $python, working in $scripts" && begin_work
    case $kind in
        checkout) get_checkout ;;
        file) get_file ;;
        *) get_address ;;
    esac
    take_step "placing $scripts/$NAME, and $TOOL beside it" && place_file
    take_step "running $NAME $*" || return 0
    configure "$file" "$@" # not what was placed: another run may replace that meanwhile
}

do_uninstall() {
    choose_python
    if [ -z "$is_dry" ]; then sweep; fi
    if ! is_ours "$scripts/$NAME"; then
        tell "nothing to take back: there is no $scripts/$NAME of install.sh"
    elif take_step "taking back what $NAME edited, and $scripts/$NAME"; then
        unconfigure "$scripts/$NAME" "$@" || die "$scripts/$NAME stays until that is repaired; then run this again"
        made=$(made_before)
        outer=${made##*"$NEWLINE"}
        if [ -n "$made" ]; then take_work "${outer%/*}" || :; fi # a full disk is no reason to keep it
        if is_free "$scripts/$TOOL"; then rm -f "$scripts/$TOOL"; fi
        rm -f "$scripts/$NAME"
        clean_up
    fi
}

tell() {
    printf 'install.sh: %s\n' "$*" >&2
}

die() {
    tell "$*"
    exit 1
}

# Say a step, and whether to take it.
take_step() {
    tell "${is_dry:+(not done) }$*"
    [ -z "$is_dry" ]
}

# Prints the real program (no shim, nothing of a venv), the user's scripts directory, and the home, which
# Python knows from the password database where HOME is unset. Python 2 understands this too.
SNIPPET_ABOUT='
import sys
sys.path = [folder for folder in sys.path if folder]  # not the current one, which Python puts first
import os, sysconfig
if sys.version_info < (3, int(sys.argv[1])):
    sys.stdout.write("no it is Python %d.%d.%d" % sys.version_info[:3])
    sys.exit()
ask = getattr(sysconfig, "get_preferred_scheme", None)
is_framework = sys.platform == "darwin" and getattr(sys, "_framework", "")
scheme = ask("user") if ask else "osx_framework_user" if is_framework else "posix_user"
program = getattr(sys, "_base_executable", "") or sys.executable
lines = "ok", program, sysconfig.get_path("scripts", scheme), os.path.expanduser("~")
os.write(1, os.fsencode("\n".join(lines)))
'

# Run the candidates until one answers; set python, scripts and HOME.
choose_python() {
    if [ -z "${HOME-}" ]; then unset HOME; fi
    answer=''
    for each in ${FIRST_PYTHON:+"$FIRST_PYTHON"} python3 python3.14 python3.13 python3.12 python3.11 \
        python3.10 python3.9 python "${UV_PYTHON_INSTALL_DIR:-${HOME-}/.local/share/uv/python}"/*/bin/python3 \
        "${PYENV_ROOT:-${HOME-}/.pyenv}"/versions/*/bin/python3 /opt/homebrew/bin/python3 \
        /home/linuxbrew/.linuxbrew/bin/python3 /usr/local/bin/python3 /usr/bin/python3; do
        program=$(command -v "$each" 2>/dev/null) || continue
        if is_stub "$program"; then
            answer='no it only asks to install the developer tools'
        else
            answer=$("$program" -c "$SNIPPET_ABOUT" "$OLDEST_MINOR" 2>/dev/null) || answer=''
        fi
        case $answer in
            ok*) break ;;
            'no '*) tell "passing over $program: ${answer#no }" ;;
            *) tell "passing over $program: it does not run" ;;
        esac
    done
    case $answer in
        ok*) ;;
        *) die "no Python 3.$OLDEST_MINOR or later was found; install one (its package is python3), then run this again" ;;
    esac
    answer=${answer#ok"$NEWLINE"}
    python=${answer%%"$NEWLINE"*} answer=${answer#*"$NEWLINE"}
    scripts=${answer%%"$NEWLINE"*} HOME=${answer#*"$NEWLINE"}
    export HOME
    [ -d "$HOME" ] || die "the home directory $HOME does not exist; create it, or set HOME to yours"
}

# A Mac without a Python has a program of this name all the same; running it opens a window.
is_stub() {
    [ "$1" = /usr/bin/python3 ] && [ "$(uname)" = Darwin ] && ! xcode-select -p >/dev/null 2>&1
}

# Set kind and source: a checkout, a file, or the address of the release.
choose_source() {
    case $INVOKED_AS in
        */install.sh) here=${INVOKED_AS%/*} ;;
        install.sh) here=. ;;
        *) here='' ;; # piped into a shell; whose folder it runs in is not known
    esac
    if [ -z "$from" ] && [ -n "$here" ] && [ -f "$here/$BUILD" ]; then from=$here; fi
    if [ -n "$from" ] && [ -f "$from/$BUILD" ]; then
        kind=checkout source=$from
        return
    fi
    [ -n "$RELEASE_SHA256" ] || die "this is the install.sh of no release, and checks no file;" \
        "run it in a checkout, or take that of a release"
    if [ -z "$from" ]; then
        kind=address source=$BASE_URL/$TOOL.pyz
        is_safe "$source" || die "$source is not https; set ONPATH_BASE_URL to an https address"
    else
        kind=file source=$from
        if [ -d "$source" ]; then source=$from/$TOOL.pyz; fi
        [ -f "$source" ] || die "there is no file $source; name the $TOOL.pyz to install, or its folder"
    fi
}

# Https it must be, or a server of this machine.
is_safe() {
    schemes=https
    host=${1#http://}
    case ${host%%/*} in
        *@*) ;;
        localhost | localhost:* | 127.0.0.1 | 127.0.0.1:* | '[::1]' | '[::1]':*) schemes=http,https ;;
    esac
    case $schemes:$1 in
        https:https://* | http,https:http://*) ;;
        *) return 1 ;;
    esac
}

# Make a private folder, and the scripts directory. Never in /tmp, and a rename away: it is on the same disk.
begin_work() {
    sweep
    folder=$scripts
    until [ -d "${folder:-/}" ]; do
        made=$made${made:+$NEWLINE}$folder folder=${folder%/*}
    done
    if ! take_work "$folder" || ! (umask 022 && mkdir -p "$scripts") 2>/dev/null; then
        die "cannot write to $scripts; let yourself write there (chmod u+w), or make room on the disk"
    fi
    file=$work/$TOOL.pyz
}

# Make a private folder in a folder that stays. What is in `made` is noted there first, for the next run.
take_work() {
    trap clean_up EXIT
    trap 'exit 129' HUP
    trap 'exit 130' INT
    trap 'exit 143' TERM
    work=$1/.$NAME.$$
    mkdir -m 700 "$work" 2>/dev/null && { printf '%s\n' "$made" >"$work/made"; } 2>/dev/null
}

# Remove what killed runs left in the scripts directory and above: private folders, and folders made.
sweep() {
    above=$scripts
    while :; do
        for each in "$above/.$NAME."[0-9]*; do
            if [ -d "$each" ] && ! is_alive "${each##*.}"; then
                if [ -f "$each/made" ]; then remove_folders "$(cat "$each/made")"; fi
                rm -rf "$each"
            fi
        done
        if [ -z "$above" ] || [ "$above" = "$HOME" ]; then break; fi
        above=${above%/*}
    done
}

# Say whether the run of that number may go on. A zombie does not, and this one has not begun.
is_alive() {
    state=''
    { read -r state <"/proc/$1/stat"; } 2>/dev/null || :
    case $1:$state in
        "$$":* | *') Z '*) return 1 ;;
        *[!0-9]*:*) ;; # a name of somebody else's
        *) kill -0 "$1" 2>/dev/null ;;
    esac
}

# At the end, however it comes: leave nothing but what was placed. The note of what was made goes last.
# shellcheck disable=SC2317  # the trap calls it
clean_up() {
    remove_folders "$made"
    if [ -n "$work" ]; then rm -rf "$work"; fi
}

# Remove those of the folders, each on a line, that are empty.
remove_folders() {
    printf '%s\n' "$1" | while IFS= read -r each; do
        rmdir "$each" 2>/dev/null || :
    done
}

get_checkout() {
    take_step "building $TOOL.pyz from the checkout $source" || return 0
    if [ ! -d "$source/.cache/wheels" ]; then bring_pip; fi
    reason=$(TMPDIR=$work "$python" -I -B "$source/$BUILD" --output "$work" --bytecode "$python" 2>&1) ||
        die "cannot build it: ${reason##*"$NEWLINE"}"
}

# A checkout needs pip once, for what the file carries. A bare Debian has none; root gets it installed.
bring_pip() {
    if (cd / && "$python" -c 'import pip' || "$python" -I -c 'import ensurepip') 2>/dev/null; then return; fi
    if [ "$(id -u)" != 0 ] || ! command -v apt-get >/dev/null; then return; fi
    tell "installing python3-venv, since building from a checkout needs pip"
    { apt-get update -qq && apt-get install -qq -y --no-install-recommends python3-venv; } >&2 || :
}

get_file() {
    if take_step "copying $source"; then
        cp "$source" "$file" 2>/dev/null || die "cannot copy $source to $work; make room on the disk"
    fi
    check_sum
}

get_address() {
    if take_step "downloading $source"; then
        if [ -t 2 ]; then # progress is shown as it comes, and so is an error
            reason='see above'
            download || rm -f "$file"
        else
            reason=$(download 2>&1) || rm -f "$file"
        fi
        [ -f "$file" ] || die "cannot download $source (${reason##*"$NEWLINE"}); try again," \
            "or download it another way and add --from FILE"
    fi
    check_sum
}

# Follows no redirect to another scheme, and takes neither more bytes nor more time than there are.
download() {
    case $(command -v curl) in
        '' | /snap/*) ;; # a snap cannot write to hidden folders
        *)
            if [ -t 2 ]; then set -- -#; else set -- -sS; fi
            within_limits curl "$@" -fL --proto "=$schemes" --proto-redir "=$schemes" --tlsv1.2 --retry 2 -o "$file" \
                --connect-timeout "$PATIENCE_S" --speed-limit 1 --speed-time "$PATIENCE_S" "$source"
            return
            ;;
    esac
    if wget --version >/dev/null 2>&1; then # GNU's; others know no time limit
        if [ -t 2 ]; then set -- -q --show-progress; else set -- -nv; fi
        # It has no option against another scheme, so that one gets a proxy that is not there.
        export ftp_proxy=http://127.0.0.1:1
        if [ "$schemes" = https ]; then export http_proxy="$ftp_proxy"; fi
        within_limits wget "$@" -t 3 --waitretry=1 -T "$PATIENCE_S" -O "$file" "$source"
    else
        within_limits "$python" -I -c "$SNIPPET_FETCH" "$source" "$file" "$RELEASE_SIZE" "$PATIENCE_S" "$schemes"
    fi
}

# Run a program that may write no larger file than the release, and not for ever.
within_limits() {
    "$python" -I -c "$SNIPPET_LIMITED" "$PATIENCE_S" "$RELEASE_SIZE" "$@"
}

SNIPPET_LIMITED='
import resource, signal, subprocess, sys
limit_s, size = 15 * float(sys.argv[1]), int(sys.argv[2])
resource.setrlimit(resource.RLIMIT_FSIZE, (size, size))
signal.signal(signal.SIGINT, signal.SIG_DFL)
try:  # with SIGXFSZ ignored, as Python has it, so that the program itself says what is wrong
    sys.exit(subprocess.call(sys.argv[3:], timeout=limit_s, restore_signals=False))
except subprocess.TimeoutExpired:
    sys.exit("it takes more than %g s" % limit_s)
'

SNIPPET_FETCH='
import http.client, sys, urllib.error, urllib.request as request
source, file, size, timeout, schemes = sys.argv[1:]
opener = request.OpenerDirector()  # knows these schemes and no other, so follows no redirect to one
kinds = "ProxyHandler HTTPDefaultErrorHandler HTTPErrorProcessor HTTPRedirectHandler UnknownHandler"
for kind in kinds.split() + [scheme.upper() + "Handler" for scheme in schemes.split(",")]:
    if hasattr(request, kind):
        opener.add_handler(getattr(request, kind)())
    elif source.startswith("https"):
        sys.exit("there is neither curl nor wget, and this Python has no ssl: install curl")
for turn in range(3):
    try:
        with opener.open(source, timeout=float(timeout)) as answer, open(file, "wb") as target:
            raw = answer.read(int(size) + 1)
            target.write(raw[: int(size)])
        if len(raw) == int(size):
            break
        raise OSError("%d bytes came, and not %s" % (len(raw), size))
    except (OSError, http.client.HTTPException) as error:
        if turn == 2 or isinstance(error, urllib.error.HTTPError):
            sys.exit(str(error))
'

# That Python is always there, unlike sha256sum (not on a Mac), shasum and openssl.
check_sum() {
    take_step "checking that its SHA-256 is $RELEASE_SHA256" || return 0
    sum=$("$python" -I -c 'import hashlib, sys; print(hashlib.sha256(open(sys.argv[1], "rb").read()).hexdigest())' "$file")
    [ "$sum" = "$RELEASE_SHA256" ] || die "$source has the SHA-256 $sum: it is damaged, or not the real one;" \
        "nothing was installed; try again, and if it stays so, report it"
}

# What comes before the zip file: run it with the Python that was found, or with another where that is gone.
# shellcheck disable=SC2016  # it is the shell that reads the result that expands these
SNIPPET_START='
import os, shlex, sys
python, mark, folders, command = sys.argv[1:]
made = "".join("# made: %s\n" % each for each in folders.splitlines() if each)
os.write(1, os.fsencode("""#!/bin/sh
%s
%sfor python in %s python3 python; do
    command -v "$python" >/dev/null 2>&1 && exec "$python" "$0" "$@"
done
echo "%s: its Python is gone, and there is no other; install one, then run install.sh again" >&2
exit 127
""" % (mark, made, shlex.quote(python), command)))
'

place_file() {
    "$python" "$file" --version >/dev/null 2>&1 || die "$source does not start with $python; nothing was installed"
    { "$python" -I -c "$SNIPPET_START" "$python" "$MARK" "$(made_before)${made:+$NEWLINE}$made" "$NAME" && cat "$file"; } \
        >"$work/new" 2>/dev/null || die "cannot write to $scripts; make room on the disk"
    chmod 755 "$work/new"
    ln -s "$NAME" "$work/link" || die "cannot make links in $scripts"
    mv -f "$work/new" "$scripts/$NAME"
    mv -f "$work/link" "$scripts/$TOOL"
    made=''
}

# Print the folders that an earlier run made for the file, the inner ones first.
made_before() {
    [ -f "$scripts/$NAME" ] || return 0
    while IFS= read -r line; do
        case $line in
            '# made: '*) printf '%s\n' "${line#\# made: }" ;;
            for*) break ;;
        esac
    done <"$scripts/$NAME"
}

# Say whether a path is nobody's, or ours.
is_free() {
    if [ -L "$1" ]; then
        leads_to=$(readlink "$1") || die "cannot see where the link $1 leads; run this again"
        [ "$leads_to" = "$NAME" ]
    elif [ -e "$1" ]; then
        is_ours "$1"
    fi
}

is_ours() {
    [ -f "$1" ] && [ ! -L "$1" ] && { read -r line && read -r line; } <"$1" && [ "$line" = "$MARK" ]
}

# What only onpath does, with its file and the arguments that were given.

configure() {
    may_edit=$(keep_consent "$1") || die 'cannot remember whether to edit startup files; the line above says why'
    code=0
    "$python" "$@" || code=$?
    # Where it may edit nothing, it is no failure that PATH is as it was.
    if [ "$may_edit" = no ] && [ "$code" = 1 ]; then code=0; fi
    return "$code"
}

unconfigure() {
    no_modify=0
    keep_consent "$1" >/dev/null && "$python" "$@" --undo
}

# Keep for later runs what was said about editing, if anything was; print whether it may be done.
keep_consent() {
    if [ -n "$no_modify" ]; then export ONPATH_NO_MODIFY_PATH="$no_modify"; fi
    "$python" -I -c "$SNIPPET_CONSENT" "$1"
}

SNIPPET_CONSENT='
import sys
sys.path.insert(0, sys.argv[1])
from onpath import OnpathError, verbs
try:
    print("yes" if verbs.resolve_and_remember_consent() else "no")
except (OSError, OnpathError) as error:
    sys.exit("install.sh: %s" % error)
'

# In braces, so that nothing runs before the last byte is there.
{
    main "$@"
    exit
}
