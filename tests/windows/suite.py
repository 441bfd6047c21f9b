#!/usr/bin/env python3
"""What is tried with the Windows program under Wine. world.sh runs it as an ordinary user on the caller's PC of its network.

    suite.py            everything that the sound network shows
    suite.py TEST …     these alone
"""

import hashlib
import json
import os
import pathlib
import re
import shutil
import ssl
import struct
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor

from computer import (
    ADDRESS,
    EXE,
    HOME,
    KILLED,
    MOST_KILLED,
    PC,
    SYSTEM,
    WINE,
    Windows,
    console,
    evidence,
    facts,
    hexadecimal,
    key,
    registry,
    report,
    same,
    verdict,
    windows_path,
)
from exchange import outlook_told, proxy_script


# --- the lab ---------------------------------------------------------------------------------------------------------


def scenarios(sound):
    """Every practice scenario has the same verdict as on this system."""
    listed = subprocess.run([PC / "mailtriage", "practice", "--list"], capture_output=True, text=True, check=True).stdout
    names = re.findall(r"^  (\S+) ", listed, re.MULTILINE)
    assert len(names) > 90, names

    def result(run, name):
        for _ in range(4):
            done = run("practice", name, "--format", "json")
            if BAD_SIGNATURE not in done.stdout:
                break
        return verdict(report(done)), done.returncode

    def native(*words):
        return subprocess.run([PC / "mailtriage", *words], capture_output=True, timeout=120, check=False)

    def wrong(names, at_once):
        with ThreadPoolExecutor(at_once) as pool:
            theirs = list(pool.map(lambda name: result(sound.run, name), names))
            ours = list(pool.map(lambda name: result(native, name), names))
        return {name: f"{seen}, here {wanted}" for name, seen, wanted in zip(names, theirs, ours) if seen != wanted}

    # The lab's time is real time: they mostly wait. What differs amid others is asked again by itself.
    differ = wrong(wrong([name for name in names if name not in DIFFERENT], 16), 1)
    assert not differ, differ


# TRUST_E_CERT_SIGNATURE: Wine 8 refuses an ECDSA signature now and then, one in a hundred. The next run has others.
BAD_SIGNATURE = b"(os error -2146869244)"

DIFFERENT = {
    # SChannel takes a key of 1,024 bits, and the lab's server, which only shows its certificate, then hangs up.
    "certificate-weak-key",
}


# --- the network -----------------------------------------------------------------------------------------------------


def trusted(sound):
    """SChannel, with the server's issuer among Windows' own roots; Windows' resolver."""
    for port, security in ((587, "starttls"), (465, "implicit")):
        seen, code = sound.check(port=port, security=security)
        same((verdict(seen), code), ("healthy:certain", 0), f"{port}")
        same(facts(seen, "login").get("result"), "accepted", f"log-in on {port}")
    same(seen["machine"]["tls_library"], "SChannel")
    assert re.match(r"Windows \d+\.\d+\.\d+.* \(.+\)$", seen["machine"]["os"]), seen["machine"]["os"]
    same(facts(seen, "dns.own").get("servers"), ["192.168.77.1"])


def untrusted(sound):
    """The same without that issuer, and with it as a file: a password goes only where the certificate verifies."""
    stranger = Windows("stranger", Windows("bare"))
    for port, security in ((587, "starttls"), (465, "implicit")):
        seen, code = stranger.check(port=port, security=security)
        same((seen["diagnosis"]["cause"], code), ("certificate-untrusted", 1), f"{port}")
        same(facts(seen, "login").get("result"), "not-tried", f"log-in on {port}")
    seen, code = stranger.check("--ca-file", windows_path(PC / "root.pem"))
    same((verdict(seen), code), ("healthy:certain", 0), "with --ca-file")


def wrong_password(sound):
    seen, code = sound.check(password="not this one")
    same((seen["diagnosis"]["cause"], facts(seen, "login").get("result"), code), ("password-wrong", "rejected", 1))


def refused(sound):
    seen, code = sound.check()
    same((facts(seen, "port.587").get("state"), code), ("refused", 1))
    assert "10061" in evidence(seen, "port.587"), evidence(seen, "port.587")


def silent(sound):
    seen, code = sound.check()
    same((facts(seen, "port.587").get("state"), code), ("filtered", 1))
    assert "10060" in evidence(seen, "port.587"), evidence(seen, "port.587")


def forbidden(sound):
    seen, code = sound.check()
    same((facts(seen, "port.587").get("state"), seen["diagnosis"]["cause"], code), ("denied", "blocked-local", 1))
    assert "10013" in evidence(seen, "port.587"), evidence(seen, "port.587")


def hosts_file(sound):
    """Windows' own, on drive C:."""
    own = Windows("hosts", sound)
    file = own.folder / "drive_c/windows/system32/drivers/etc/hosts"
    file.parent.mkdir(parents=True, exist_ok=True)
    file.unlink(missing_ok=True)
    file.write_bytes(b"# old\r\n203.0.113.5 mail.example.test\r\n")
    same(facts(own.check()[0], "dns.server").get("hosts-file"), "yes")
    same(facts(sound.check()[0], "dns.server").get("hosts-file"), "no")


# --- the registry ----------------------------------------------------------------------------------------------------


def switches(sound):
    """Proxy, Windows Firewall and its rules, Security Center, TLS versions, the Outlook that is installed."""
    own = Windows("switches", sound)
    policy = SYSTEM + r"\Services\SharedAccess\Parameters\FirewallPolicy"
    tls = SYSTEM + r"\Control\SecurityProviders\SCHANNEL\Protocols"
    rule = "v2.31|Action=Block|Active=TRUE|Dir=Out|Protocol=6|RPort=587|App=C:\\\\Office\\\\OUTLOOK.EXE|Name=No mail at all|"
    own.put(
        registry(
            key(
                r"HKEY_CURRENT_USER\Software\Microsoft\Windows\CurrentVersion\Internet Settings",
                '"ProxyEnable"=dword:00000001',
                '"ProxyServer"="http=web:8080;https=ref-a.test:443"',
            ),
            key(policy + r"\PublicProfile", '"EnableFirewall"=dword:00000001'),
            key(policy + r"\FirewallRules", f'"one"="{rule}"', f'"two"="{rule.replace("Out", "In")}"'),
            key(
                r"HKEY_LOCAL_MACHINE\SOFTWARE\Microsoft\Security Center\Provider\Av\{1}",
                '"DISPLAYNAME"="Example Antivirus"',
                r'"REPORTINGEXE"="C:\\windows\\system32\\services.exe"',
            ),
            key(r"HKEY_LOCAL_MACHINE\SOFTWARE\Microsoft\Office\16.0\Outlook\InstallRoot", r'"Path"="C:\\Office\\"'),
            key(r"HKEY_CURRENT_USER\Software\Microsoft\Office\16.0\Outlook\Preferences", '"UseNewOutlook"=dword:00000001'),
            key(tls + r"\TLS 1.0\Client", '"Enabled"=dword:00000000'),
            key(tls + r"\TLS 1.2\Client", '"Enabled"=dword:00000001', '"DisabledByDefault"=dword:00000000'),
        )
    )
    seen, _ = own.check("--full", "--client", "outlook-2016")
    same(facts(seen, "protection").get("proxy"), "ref-a.test:443")
    same(facts(seen, "protection").get("firewall"), "Windows Firewall")
    same(facts(seen, "protection").get("rules"), ["No mail at all"])
    same(facts(seen, "protection").get("products"), ["Example Antivirus"])
    same([facts(seen, "settings").get(name) for name in ("outlook", "outlook.new")], ["Outlook 2016", "yes"])
    same(facts(seen, "clients").get("policy"), ["TLSv1.0 off", "TLSv1.2 on"])
    bare, _ = sound.check("--full", "--client", "outlook-2016")
    same([facts(bare, "protection").get(name) for name in ("proxy", "rules")], [None, None], "without them")


def outlook(sound):
    """Profiles as Outlook 2007 to 365 writes them, binary values included; damaged ones; none."""
    own = Windows("outlook", Windows("bare"))
    old = r"Software\Microsoft\Windows NT\CurrentVersion\Windows Messaging Subsystem"
    keys = [r"HKEY_CURRENT_USER\Software\Microsoft\Office", r"HKEY_LOCAL_MACHINE\Software\Microsoft\Office", rf"HKEY_CURRENT_USER\{old}"]
    without = "".join(f"[-{name}]\n" for name in keys)
    for name, wanted in STORED.items():
        own.put((PC / "outlook" / f"{name}.reg").read_text("utf-8").replace("\n\n", f"\n\n{without}\n", 1))
        done = own.run("check", "--from-client=outlook", "--only", "settings", "--format", "text", "--no-references")
        said = (done.stdout + done.stderr).decode("utf-8")
        listed = [line.strip() for line in said.splitlines() if line.startswith("  Outlook")]
        missing = [line for line in wanted if line not in said] or (listed and listed != wanted)
        assert not missing, f"{name}: {wanted} is not\n{said}"


# What the text says of each: the list if there are several accounts, otherwise the account and where it comes from.
STORED = {
    "2007": ["anna@example.com", "mail.example.com, port 25", "as stored in Outlook 2007"],
    "2010": [
        "Outlook 2010: anna@example.com, smtp.example.com, port 587, STARTTLS",
        "Outlook 2010: old@example.net, mail.example.net, port 465, SSL/TLS",
    ],
    "2013": ["anna@example.com", "smtp.example.com, port 465", "as stored in Outlook 2013"],
    "2016": [
        "Outlook 2016: anna@example.org, an Exchange account",
        "Outlook 2016: info@example.com, smtp.example.com, port 25, Auto",
    ],
    "365": [
        "Outlook for Microsoft 365 (16.0.17928.20114): anna@example.org, an Exchange account",
        "Outlook for Microsoft 365 (16.0.17928.20114): anna@example.com, smtp.example.com, port 587, STARTTLS",
    ],
    "damaged": ["anna@example.com", "smtp.example.com, port 587", "as stored in Outlook 2016"],
    "none": ["has stored an account here"],
}


# --- files, folders and text -------------------------------------------------------------------------------------------


def text(sound):
    """UTF-8, whether the output is a pipe, a file or a console."""
    assert "cafés" in sound.run("guide", "captive-portal").stdout.decode("utf-8")
    file = HOME / "redirected.txt"
    with file.open("wb") as out:
        words = [WINE, EXE, "guide", "captive-portal"]
        subprocess.run(words, env=sound.environment, stdout=out, stderr=subprocess.DEVNULL, timeout=120, check=False)
    assert "cafés" in file.read_text("utf-8")
    with console(sound, "guide", "captive-portal") as window:
        window.wait_for("cafés")


def names_and_lengths(sound):
    """A folder with spaces, umlauts and other scripts, deeper than 260 characters."""
    folder = HOME / "Schöne Grüße 日本"
    while len(str(folder)) < 320:
        folder /= "noch ein längerer Ordner"
    folder.mkdir(parents=True)
    target = folder / "Bericht für Anna.json"
    done = sound.run("practice", "587-silent", "--format", "json", "--output", windows_path(target), cwd=folder)
    same(done.returncode, 1, done.stderr.decode())
    same(json.loads(target.read_text("utf-8"))["diagnosis"]["cause"], "blocked-network")
    again = sound.run("practice", "587-silent", "--format", "json", "--output", windows_path(target))
    same(again.returncode, 2, "over an existing file")
    # The program itself may be there too.
    shutil.copy(EXE, folder)
    shutil.copy(PC / "bcryptprimitives.dll", folder)
    same(sound.wine(folder / EXE.name, "--version").stdout.decode().split()[0], "mailtriage")


def read_only(sound):
    """From a folder that cannot be written, and leaving nothing behind anywhere."""
    own = Windows("read-only", sound)

    def files():
        return {path for path in own.folder.rglob("*") if path.is_file()}

    before = files()
    for code, *words in (
        (1, "practice", "587-silent", "--format", "text"),
        (0, "guide", "0x800CCC0F"),
        (0, "providers", "gmail.com"),
        (2, "check", "--from-client"),
        (3, "check", ADDRESS, "--only", "settings", "--no-references"),
    ):
        done = own.run(*words, cwd=PC)
        same(done.returncode, code, f"{words}: {done.stderr.decode()}")
        same(files() - before, set(), f"what {words} leaves behind")


def in_use(sound):
    """A file that a running program keeps to itself is named; nothing waits, and nothing is taken from it."""
    own = Windows("in-use", sound)
    profile = pathlib.Path(own.roaming(), "Thunderbird", "abc.work")
    profile.mkdir(parents=True)
    (profile.parent / "profiles.ini").write_text("[Profile0]\nName=work\nIsRelative=1\nPath=abc.work\n")
    prefs = profile / "prefs.js"
    prefs.write_text(PREFS)
    check = ("check", "--from-client=thunderbird", "--only", "settings", "--format", "text", "--no-references")
    assert b"smtp.example.com, port 465" in own.run(*check).stdout, "nobody holds it"
    words = [WINE, PC / "helper.exe", "hold", windows_path(prefs)]
    with subprocess.Popen(words, env=own.environment, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL) as holds:
        same(holds.stdout.readline().strip(), b"held")
        done = own.run(*check)
        holds.kill()
    assert done.returncode == 2 and b"prefs.js was not read" in done.stderr, done.stderr
    same(prefs.read_text(), PREFS)


PREFS = """user_pref("mail.accountmanager.accounts", "account1");
user_pref("mail.account.account1.identities", "id1");
user_pref("mail.identity.id1.useremail", "anna@example.com");
user_pref("mail.identity.id1.smtpServer", "smtp1");
user_pref("mail.smtpserver.smtp1.hostname", "smtp.example.com");
user_pref("mail.smtpserver.smtp1.port", 465);
user_pref("mail.smtpserver.smtp1.try_ssl", 3);
"""


def handed(sound):
    """regedit's own export of a profile, as a technician gets it from the caller."""
    own = Windows("handed", sound)
    own.put((PC / "outlook" / "2010.reg").read_text("utf-8"))
    export = HOME / "profile.reg"
    export.unlink(missing_ok=True)
    subsystem = r"HKEY_CURRENT_USER\Software\Microsoft\Windows NT\CurrentVersion\Windows Messaging Subsystem"
    own.wine("regedit", "/E", windows_path(export), subsystem)
    for program in ([WINE, EXE], [PC / "mailtriage"]):
        file = windows_path(export) if program[0] == WINE else export
        words = [*program, "check", "anna@example.com", f"--from-client={file}", "--only", "settings", "--format", "text", "--no-references"]
        said = subprocess.run(words, env=sound.environment, capture_output=True, timeout=120, check=False)
        assert b"smtp.example.com, port 587, STARTTLS" in said.stdout, said


def rights(sound):
    """Whether it runs with an administrator's rights, as Windows' token says. Wine gives those to everybody at first."""
    for before, has_them in (((), True), ((PC / "helper.exe", "limited"), False)):
        with console(sound, before=before) as window:
            window.wait_for("New case")
            shown = "with administrator rights" in window.tmux("capture-pane", "-p", "-t", "screen")
            same(shown, has_them, f"administrator rights, {before}")


def light(sound):
    """As it is released: its size, and how soon it has started under Wine."""
    if not os.environ.get("RELEASE"):
        return
    assert EXE.stat().st_size <= 10_000_000, EXE.stat().st_size

    starts = 9.0
    # The best of several: other work on the machine can only slow it down.
    for attempt in range(40):
        began = time.monotonic()
        sound.wine(EXE, "--version")
        starts = min(starts, time.monotonic() - began)
        if attempt >= 6 and starts <= 0.2:
            break
    print(f"windows: {EXE.stat().st_size} bytes; started and ended within {starts * 1000:.0f} ms under Wine", flush=True)
    assert starts <= 0.2, starts


def dressed(_):
    """Version, icon and manifest are in the file."""
    content = EXE.read_bytes()
    version = subprocess.run([PC / "mailtriage", "--version"], capture_output=True, text=True, check=True).stdout.split()[1]
    for word in ("VS_VERSION_INFO", "ProductVersion", version, "mailtriage.exe"):
        assert word.encode("utf-16-le") in content, word
    for word in (b'level="asInvoker"', b"longPathAware", b">UTF-8</activeCodePage>", b"\x89PNG\r\n"):
        assert word in content, word


# --- the screen --------------------------------------------------------------------------------------------------------


def dashboard(sound):
    """A case by keys: the verdict, its page, a check, a note with umlauts, the help, and out."""
    with console(sound, "practice", "587-silent") as window:
        window.wait_for("CANNOT SEND.*Port 587 is blocked")
        window.wait_for("all .* checks done")
        window.press("Enter")
        window.wait_for("Do this now")
        window.press("Escape", "m", "Größe", "ß")
        window.wait_for("Größeß")
        window.press("Enter", "?")
        window.wait_for("Type to search")
        window.press("Escape", "q", "y")
        window.ends_with(1)


def control_c(sound):
    """In a run without a screen it ends the program at once."""
    with console(sound, "practice", "587-silent", "--format", "text") as window:
        time.sleep(3)
        window.press("C-c")
        code = int(window.wait_for(r"ended with (\d+)", "keys", seconds=5)[1])
        assert code != 1, "it went on to its verdict"
        assert "CANNOT SEND" not in window.tmux("capture-pane", "-p", "-t", "screen")


def closed(sound):
    """A window that is closed keeps the session for the next start."""
    with console(sound, ADDRESS) as window:
        window.wait_for("Result.*certain|all .* checks done")
        window.close()
        window.wait_for("program has ended")
    with console(sound) as window:
        window.wait_for("A session was interrupted")
        window.wait_for(ADDRESS)
        window.press("q")


def trust(windows, certificate):
    """Adds an issuer to Windows' own roots: a certificate there is a property of the number 32, of encoding 1."""
    der = ssl.PEM_cert_to_DER_cert(certificate.read_text())
    serialised = struct.pack("<III", 32, 1, len(der)) + der
    store = r"HKEY_LOCAL_MACHINE\Software\Microsoft\SystemCertificates\Root\Certificates"
    windows.put(registry(key(store + "\\" + hashlib.sha1(der).hexdigest().upper(), f'"Blob"=hex:{hexadecimal(serialised)}')))


TESTS = [
    *(scenarios, trusted, untrusted, wrong_password, hosts_file, switches, outlook, in_use, handed),
    *(proxy_script, outlook_told),
    *(text, names_and_lengths, read_only, light, dressed, rights, dashboard, control_c, closed),
]


def main():
    """Runs the tests that are named, or all."""
    bare = Windows("bare")
    sound = Windows("sound", bare)
    if not (HOME / "trusted").exists():
        trust(sound, PC / "root.pem")
        (HOME / "trusted").touch()
    failed = 0
    for test in [globals()[name] for name in sys.argv[1:]] or TESTS:
        began = time.monotonic()
        try:
            test(sound)
            word = "ok"
        except (AssertionError, subprocess.TimeoutExpired, ValueError, OSError) as why:
            failed += 1
            word = f"FAILED: {why}"
        print(f"windows: {test.__name__:<18} {time.monotonic() - began:4.0f} s  {word}", flush=True)
    for windows in (bare, sound):
        windows.stop()
    if KILLED:
        print(f"windows: {len(KILLED)} runs were killed under Wine and made again: {KILLED}", flush=True)
    sys.exit(bool(failed or len(KILLED) > MOST_KILLED))


if __name__ == "__main__":
    main()
