# For Intune (Devices, Scripts and remediations: as detection script, run with the logged-on credentials) or for a scheduled
# task by Group Policy (User Configuration, Preferences, Scheduled Tasks). The program lies beside this script or in
# %ProgramFiles%\mailtriage. A row of each computer lands in the share; nothing is installed, no password is asked for.
param(
    [string]$Address = "",
    [string]$Share = "\\files.example.com\mailtriage$"
)

$program = @("$PSScriptRoot\mailtriage.exe", "$env:ProgramFiles\mailtriage\mailtriage.exe") |
    Where-Object { Test-Path $_ } | Select-Object -First 1
if (-not $program) { Write-Output "mailtriage.exe was not found"; exit 1 }

# Without an address: the only account that Outlook has stored.
$arguments = @("check")
if ($Address) { $arguments += $Address } else { $arguments += "--from-client=outlook" }
$out = Join-Path $env:TEMP ("mailtriage-{0}-{1}.jsonl" -f $env:COMPUTERNAME, [guid]::NewGuid())
$arguments += @("--format", "row", "--redact", "names", "--output", $out)

& $program $arguments
$code = $LASTEXITCODE
if (Test-Path $out) {
    $row = Get-Content -Raw -Encoding UTF8 $out | ConvertFrom-Json
    Write-Output ("{0}: {1}" -f $row.outcome, $row.title)
    if (Test-Path $Share) { Copy-Item $out (Join-Path $Share (Split-Path -Leaf $out)) }
    Remove-Item $out
}
# Intune: 0 is no issue, 1 is one. What is not sure (3) is none that a script could mend.
if ($code -eq 1 -or $code -eq 2) { exit 1 } else { exit 0 }
