<#
.SYNOPSIS
    Install @NAME@ for this user, in an environment of its own, and have its commands on PATH, proven.
.DESCRIPTION
    irm URL/install.ps1 | iex
    powershell -ExecutionPolicy ByPass -File install.ps1 [OPTION ...]    (--help lists the options)

    Runs in Windows PowerShell 5.1 and PowerShell 7, in Constrained Language Mode too. Never asks. Leaves no
    variable, no function and no preference in the session; only $env:Path and $LASTEXITCODE change.

    1. It looks for a Python that is new enough; where there is none, uv may provide one.
    2. That Python gets the program below ($Bootstrap), which unpacks in memory what the script carries
       ($Carried: onpath, checked by its SHA-256; --unpack DIR writes it to DIR, to be read).
    3. onpath (onpath/installers/engine.py) makes an environment below the user's data folder with uv, or
       with venv and pip, and installs what $Settings say; sees that it starts; puts its commands into the
       user's scripts directory, that on PATH, and proves it in fresh shells.

    The second run upgrades: built beside, put in place by one rename. --uninstall takes everything back.
    Written by `onpath installer`, see docs/installers.md there.
#>
& {
    Set-StrictMode -Version Latest
    # The caller's own may stop at the first line on standard error, or at an exit code that is not 0.
    $ErrorActionPreference = 'Continue'
    $PSNativeCommandUseErrorActionPreference = $false

    # What is installed.
    $Settings = @'
@SETTINGS@
'@
    $Needs = '@NEEDS@'

    # src/onpath/installers/bootstrap.py of onpath @VERSION@, as it is.
    $Bootstrap = @'
@BOOTSTRAP@
'@

    # onpath @VERSION@: a zip file, in base64.
    $Carried = @'
@CARRIED@
'@

    # Arguments are this script's own; of a function or a script that pipes it into iex they are not.
    $Caller = (Get-Variable -Name MyInvocation -Scope 1 -ValueOnly).MyCommand
    $IsOwn = $Caller.CommandType -eq 'Script' -or $Caller.Name -like '*install*.ps1'
    $Words = @(if ($IsOwn) { $args })

    # On standard input: Windows takes no argument that is so long, and 5.1 loses double quotes in them.
    $Question = $Bootstrap, 'main(r"""', $Settings, '""", "")'
    $Program = $Bootstrap, 'main(r"""', $Settings, '""", """', $Carried, '""")'

    $global:LASTEXITCODE = 1
    $Found = $null
    $Candidates = @($env:ONPATH_PYTHON), @('py', '-3'), @('python3'), @('python'), @('uv')
    foreach ($Candidate in $Candidates) {
        $Name = $Candidate[0]
        $Flags = @($Candidate | Select-Object -Skip 1)
        if (-not $Name -or -not (Get-Command -Name $Name -CommandType Application -ErrorAction Ignore)) { continue }
        if ($Name -eq 'uv') {
            if ($env:ONPATH_UV -eq '0') { continue }
            Write-Warning "install.ps1: letting uv provide a Python $Needs"
            $Name = & $Candidate[0] python find $Needs 2>$null
            if (-not $Name) {
                & $Candidate[0] python install $Needs
                $Name = & $Candidate[0] python find $Needs
            }
            if (-not $Name) { continue }
        }
        # The Store's stand-ins end with 9009, and say where to buy.
        $Answer = @($Question | & $Name @Flags -I - '--about' 2>$null)
        if ($LASTEXITCODE -eq 0 -and $Answer -contains 'ok') {
            $Found = $Name
            break
        }
        if ("$Answer" -like 'no *') { Write-Warning "install.ps1: passing over ${Name}: $Answer; @NAME@ needs $Needs" }
    }
    if (-not $Found) {
        $global:LASTEXITCODE = 1
        Write-Warning ("install.ps1: no Python $Needs was found; install one from " +
            'https://www.python.org/downloads/ (or: winget install Python.Python.3.13), then run this again')
        return
    }
    $Program | & $Found @Flags -I - @Words
    $Code = $LASTEXITCODE

    # This session's own PATH; that of new ones is the registry's.
    $IsWindowsHere = $env:OS -eq 'Windows_NT'
    $Separator = if ($IsWindowsHere) { ';' } else { ':' }
    $Scripts = if ($IsWindowsHere) { Join-Path $env:APPDATA 'Python\Scripts' } else { Join-Path $HOME '.local/bin' }
    $Entries = @("$env:PATH" -split $Separator)
    if ($Code -in 0, 3 -and $Entries -notcontains $Scripts -and (Test-Path -LiteralPath $Scripts)) {
        $env:PATH = (@($Scripts) + $Entries) -join $Separator
    }
    $global:LASTEXITCODE = $Code
} @args

# As a script of its own it has an exit code; piped into iex, `exit` would close the caller's window.
if ($MyInvocation.MyCommand.Name -like '*install*.ps1') { exit $LASTEXITCODE }
