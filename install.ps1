<#
.SYNOPSIS
    Install onpath for this user, and have it put the user scripts directory on PATH, proven.
.DESCRIPTION
    irm URL | iex
    powershell -ExecutionPolicy ByPass -File install.ps1 [OPTION ...] [ARGUMENT OF ensure-path ...]

    Runs in Windows PowerShell 5.1 and PowerShell 7, in Constrained Language Mode too; needs a Python 3.9
    or later and nothing else. PowerShell only finds that Python, which does the rest. Leaves no variable,
    no function and no preference in the session; only $env:Path and $LASTEXITCODE change.

    --from PATH        install this onpath.pyz, or that of this folder
    --no-modify-path   do not edit PATH, now and in later runs (ONPATH_NO_MODIFY_PATH=1)
    --modify-path      edit it again (ONPATH_NO_MODIFY_PATH=0)
    --dry-run          say every step, and take none
    --uninstall        take everything back

    ONPATH_BASE_URL says where to download from, ONPATH_PYTHON which Python to try first,
    ONPATH_TIMEOUT_S after how many seconds without a byte to give up; the whole may take 15 times that.
#>
& {
    Set-StrictMode -Version Latest
    # The caller's own may stop at the first line on standard error, or at an exit code that is not 0.
    $ErrorActionPreference = 'Continue'
    $PSNativeCommandUseErrorActionPreference = $false
    $ReleaseSha256 = '' # a release's script has these three filled in, by the program that builds the file
    $ReleaseSize = ''
    $ReleaseUrl = ''

    # No double quote in it: Windows PowerShell 5.1 loses them in the arguments of programs.
    $Program = @'
import hashlib, os, shlex, subprocess, sys, sysconfig, threading, urllib.request
TOOL, COMMAND, MINOR, WINDOWS = 'onpath', 'ensure-path', 9, os.name == 'nt'
if sys.version_info < (3, MINOR):
    sys.exit('it is Python %d.%d.%d' % sys.version_info[:3])
get_scheme = getattr(sysconfig, 'get_preferred_scheme', lambda _: 'nt_user' if WINDOWS else 'posix_user')
scripts = sysconfig.get_path('scripts', get_scheme('user'))
python = getattr(sys, '_base_executable', '') or sys.executable
file = os.path.join(scripts, TOOL + '.pyz')
names = [os.path.join(scripts, name + ('.cmd' if WINDOWS else '')) for name in (COMMAND, TOOL)]
mark = ('@rem ' if WINDOWS else '# ') + TOOL + ', put here by its install.ps1'
base = os.environ.get('APPDATA') or os.path.expanduser('~')

def say(text):
    sys.stderr.write('install.ps1: %s\n' % text)
    sys.stderr.flush()

def die(text):
    say(text)
    sys.exit(1)

def step(text):
    say(('(not done) ' if '--dry-run' in options else '') + text)
    return '--dry-run' not in options

def is_loopback(url):
    return url.startswith('http://') and url[7:].split('/')[0].split(':')[0] in ('localhost', '127.0.0.1')

class SafeRedirects(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, request, answer, code, message, headers, url):
        if not url.startswith('https://') and not is_loopback(url):
            raise OSError('it leads to %s, which is not https' % url)
        return super().redirect_request(request, answer, code, message, headers, url)

def give_up(url, limit_s):
    say('cannot download %s (it takes more than %g s); try again, or download it another way and add '
        '--from FILE' % (url, limit_s))
    os._exit(1)

def fetch(url, wanted):
    if not url.startswith('https://') and not is_loopback(url):
        die(url + ' is not https; set ONPATH_BASE_URL to an https address')
    timeout_s = float(os.environ.get('ONPATH_TIMEOUT_S') or 20)
    watchdog = threading.Timer(15 * timeout_s, give_up, (url, 15 * timeout_s))
    watchdog.daemon = True
    watchdog.start()
    for turn in range(3):
        try:
            with urllib.request.build_opener(SafeRedirects).open(url, timeout=timeout_s) as answer:
                raw = answer.read(wanted + 1) # one that sends without end fills no memory
            if len(raw) == wanted:
                watchdog.cancel()
                return raw
            reason = '%d bytes came, and not %d' % (len(raw), wanted)
        except Exception as error:
            reason = str(error) or type(error).__name__
    die('cannot download %s (%s); try again, or download it another way and add --from FILE' % (url, reason))

def get(sha256, size, url):
    source = options.get('--from') or (os.environ.get('ONPATH_BASE_URL') or url) + '/' + TOOL + '.pyz'
    if os.path.isdir(source):
        source = os.path.join(source, TOOL + '.pyz')
    if not sha256:
        die('this is the install.ps1 of no release, and checks no file; take that of a release')
    if not step(('copying ' if '--from' in options else 'downloading ') + source):
        return b''
    try:
        raw = open(source, 'rb').read() if '--from' in options else fetch(source, int(size))
    except OSError as error:
        die('cannot read %s (%s); name the file to install, or its folder' % (source, error.strerror))
    found = hashlib.sha256(raw).hexdigest()
    if found != sha256:
        die('%s has the SHA-256 %s and not %s: it is damaged, or not the real one; nothing was installed; '
            'try again, and if it stays so, report it' % (source, found, sha256))
    return raw

def is_ours(name):
    return os.path.isfile(name) and mark in open(name, errors='replace').read()

def place(raw):
    others = [name.replace('.cmd', '.exe') for name in names if WINDOWS] # Windows takes these first
    for name in [name for name in names + others if os.path.lexists(name) and not is_ours(name)]:
        die('%s was not put there by install.ps1; remove it (pip uninstall %s), then run this again' % (name, TOOL))
    if not step('placing %s, and what runs it beside it' % file):
        return
    program = python
    for variable in ('LOCALAPPDATA', 'USERPROFILE') if WINDOWS else (): # short, and plain where a name is not
        value = os.environ.get(variable)
        if value and program.startswith(value + os.sep):
            program = '%' + variable + '%' + program[len(value):].replace('%', '%%')
    quote = chr(34)
    text = '@' + quote + program + quote + ' ' + quote + '%~dp0' + TOOL + '.pyz' + quote + ' %*\n' + mark + '\n'
    if not WINDOWS:
        words = ' '.join(map(shlex.quote, (program, file)))
        text = '#!/bin/sh\n' + mark + '\nexec ' + words + ' ' + quote + '$@' + quote + '\n'
    data = text.encode('oem' if WINDOWS else 'utf-8')
    try:
        os.makedirs(scripts, exist_ok=True)
        for name, data in [(file, raw)] + [(name, data) for name in names]:
            with open(name + '.new', 'wb') as stream:
                stream.write(data)
            os.chmod(name + '.new', 0o755)
            os.replace(name + '.new', name)
    except OSError as error:
        die('cannot write to %s (%s); repair that, then run this again' % (scripts, error.strerror))

def run(*words):
    environ = dict(os.environ)
    if modify:
        environ['ONPATH_NO_MODIFY_PATH'] = modify
    settle = 'import sys; sys.path.insert(0, sys.argv[1]); from onpath import verbs; print(verbs.resolve_and_remember_consent())'
    may_edit = subprocess.run([python, '-I', '-c', settle, file], env=environ, stdout=subprocess.PIPE).stdout
    code = subprocess.call([python, file] + list(words), env=environ)
    return 0 if code == 1 and may_edit.startswith(b'False') else code

options, rest, words = {}, [], sys.argv[4:]
while words:
    word = words.pop(0)
    name, _, value = word.partition('=')
    if name == '--from':
        options[name] = value or (words.pop(0) if words else die('--from needs a PATH'))
    elif word in ('--dry-run', '--uninstall', '--modify-path', '--no-modify-path'):
        options[word] = True
    elif word != '--tell':
        rest.append(word)
    else: # the directory, for the session: what is below APPDATA as plain letters, whatever the user is called
        sys.stdout.write(os.path.relpath(scripts, base) if scripts.startswith(base) else scripts)
        sys.exit()
modify = '1' if '--no-modify-path' in options else '0' if '--modify-path' in options else ''
if '--uninstall' in options:
    if not is_ours(names[0]):
        say('nothing to take back: there is no %s of install.ps1' % names[0])
    elif step('taking back what %s edited, and %s' % (COMMAND, file)):
        modify = '0'
        if run('--undo', *rest):
            die('%s stays until that is repaired; then run this again' % file)
        for name in [file] + [name for name in names if is_ours(name)]:
            os.unlink(name)
    sys.exit(0)
raw = get(*[word.strip('=') for word in sys.argv[1:4]])
place(raw)
if not step('running %s %s' % (COMMAND, ' '.join(rest))):
    sys.exit(0)
sys.exit(run(*rest))
'@

    # Arguments are this script's own; of a function or a script that pipes it into iex they are not.
    $Caller = (Get-Variable -Name MyInvocation -Scope 1 -ValueOnly).MyCommand
    $IsOwn = $Caller.CommandType -eq 'Script' -or $Caller.Name -like '*install*.ps1'
    $Words = @(if ($IsOwn) { $args })

    $global:LASTEXITCODE = 1
    $Found = $null
    foreach ($Candidate in @($env:ONPATH_PYTHON), @('py', '-3'), @('python3'), @('python')) {
        $Name = $Candidate[0]
        $Flags = @($Candidate | Select-Object -Skip 1)
        if (-not $Name -or -not (Get-Command -Name $Name -CommandType Application -ErrorAction Ignore)) { continue }
        # The Store's stand-ins end with 9009, and say where to buy.
        $Answer = & $Name @Flags -I -c $Program '=' '=' '=' --tell 2>$null # -I: no module of this folder
        if ($LASTEXITCODE -eq 0 -and $Answer) {
            $Found = $Name
            break
        }
    }
    if (-not $Found) {
        $global:LASTEXITCODE = 1
        Write-Warning ('install.ps1: no Python 3.9 or later was found; install one from ' +
            'https://www.python.org/downloads/ (or: winget install Python.Python.3.13), then run this again')
        return
    }
    & $Found @Flags -I -c $Program "=$ReleaseSha256" "=$ReleaseSize" "=$ReleaseUrl" @Words
    $Code = $LASTEXITCODE

    # This session's own PATH; that of new ones is the registry's.
    $Base = if ($env:APPDATA) { $env:APPDATA } else { $HOME }
    $Scripts = if (Split-Path -Path $Answer -IsAbsolute) { "$Answer" } else { Join-Path $Base "$Answer" }
    $Separator = if ($env:OS -eq 'Windows_NT') { ';' } else { ':' }
    $Entries = @("$env:PATH" -split $Separator)
    if ($Code -in 0, 3 -and $Entries -notcontains $Scripts -and (Test-Path -LiteralPath $Scripts)) {
        $env:PATH = (@($Scripts) + $Entries) -join $Separator
    }
    $global:LASTEXITCODE = $Code
} @args

# As a script of its own it has an exit code; piped into iex, `exit` would close the caller's window.
if ($MyInvocation.MyCommand.Name -like '*install*.ps1') { exit $LASTEXITCODE }
