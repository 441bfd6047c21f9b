"""What Windows and Outlook hold about the way to Exchange: a script that chooses the web proxy, run by Windows itself (Wine has
an engine for it), and what Outlook was told and remembers. suite.py runs these.
"""

import contextlib
import http.server
import threading

from computer import Windows, facts, hexadecimal, key, registry, same

SETTINGS = r"HKEY_CURRENT_USER\Software\Microsoft\Windows\CurrentVersion\Internet Settings"
OFFICE = r"HKEY_CURRENT_USER\Software\Microsoft\Office\16.0"
POLICY = r"HKEY_CURRENT_USER\Software\Policies\Microsoft\Office\16.0"
INSTALLED = key(r"HKEY_LOCAL_MACHINE\SOFTWARE\Microsoft\Office\16.0\Outlook\InstallRoot", r'"Path"="C:\\Office\\"')
EXCHANGE = ("--client", "outlook-2016", "--answer", "account-type=exchange")

# By the host; the address that it gives for Microsoft is put together, so that only who runs it knows.
SCRIPT = """function FindProxyForURL(url, host) {
    if (dnsDomainIs(host, ".office365.com")) return "PROXY " + "127." + "0.0.1:" + (8000 + 81);
    return "PROXY 127.0.0.1:9; DIRECT";
}
"""


@contextlib.contextmanager
def served(body):
    """A web server on this computer with one page; gives its address."""

    class Page(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            self.send_response(200)
            self.send_header("Content-Type", "application/x-ns-proxy-autoconfig")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body.encode())

        def log_message(self, *_):
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Page)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_address[1]}/proxy.pac"
    server.shutdown()


def connection(flags, script):
    """The value DefaultConnectionSettings as Windows writes it."""
    texts = b"".join(len(text).to_bytes(4, "little") + text for text in (b"", b"", script.encode()))
    data = bytes([0x46, 0, 0, 0, 9, 0, 0, 0, flags, 0, 0, 0]) + texts + bytes(32)
    return key(SETTINGS + r"\Connections", f'"DefaultConnectionSettings"=hex:{hexadecimal(data)}')


def proxy_script(sound):
    """By its value, and by the connection's; Windows runs it, and says what it chooses."""
    own = Windows("script", sound)
    with served(SCRIPT) as address:
        own.put(registry(key(SETTINGS, f'"AutoConfigURL"="{address}"')))
        seen, _ = own.check(*EXCHANGE)
        found = facts(seen, "proxy")
        same([found.get(name) for name in ("script", "state")], [address, "loads"], "by its value")
        same((found.get("names"), found.get("named"), found.get("others")), (["127.0.0.1:9"], "dead", "yes"))
        same(found.get("chosen"), ["127.0.0.1:8081"], "what Windows says")
        own.put(registry(f'[{SETTINGS}]\n"AutoConfigURL"=-\n\n', connection(0x05, address)))
        same(facts(own.check(*EXCHANGE)[0], "proxy").get("script"), address, "by the connection's")
        own.put(registry(connection(0x01, address)))
        same(facts(own.check(*EXCHANGE)[0], "proxy").get("script"), None, "switched off")
    own.put(registry(connection(0x05, address)))
    same(facts(own.check(*EXCHANGE)[0], "proxy").get("state"), "shut", "a server that is gone")
    with served("<html>Sign in</html>") as page:
        own.put(registry(connection(0x05, page)))
        same(facts(own.check(*EXCHANGE)[0], "proxy").get("state"), "not-a-script", "a page in its place")
    same(facts(sound.check(*EXCHANGE)[0], "proxy").get("state"), None, "without one")


def outlook_told(sound):
    """Values of the user and of a policy, the directory of the session, and a stored answer."""
    own = Windows("told", sound)
    values = ('"ExcludeHttpsRootDomain"=dword:00000001', '"PreferLocalXML"=dword:00000001', r'"example.test"="C:\\it\\mail.xml"')
    own.put(
        registry(
            INSTALLED,
            key(OFFICE + r"\Outlook\AutoDiscover", *values),
            key(POLICY + r"\Outlook\AutoDiscover", '"ExcludeExplicitO365Endpoint"=dword:00000001'),
            key(OFFICE + r"\Common\Identity", '"EnableADAL"=dword:00000000'),
            key(r"HKEY_CURRENT_USER\Volatile Environment", '"USERDNSDOMAIN"="CORP.EXAMPLE.TEST"'),
        )
    )
    folder = own.roaming().parent / "Local/Microsoft/Outlook/16"
    folder.mkdir(parents=True)
    (folder / "AutoD.anna@example.test.xml").write_text(ANSWER)
    found = facts(own.check(*EXCHANGE)[0], "outlook")
    told = ["ExcludeExplicitO365Endpoint = 1 (policy)", "ExcludeHttpsRootDomain = 1", "PreferLocalXML = 1", "EnableADAL = 0"]
    same(found.get("told"), told)
    same([found.get(name) for name in ("skips", "by-policy", "old-sign-in")], [["microsoft", "website"], "yes", "yes"])
    same([found.get(name) for name in ("file", "directory")], [r"C:\it\mail.xml", "corp.example.test"])
    same(found.get("remembers"), "old.example.test")
    same(facts(sound.check(*EXCHANGE)[0], "outlook"), {}, "without Outlook")


ANSWER = """<?xml version="1.0" encoding="utf-8"?>
<Autodiscover xmlns="http://schemas.microsoft.com/exchange/autodiscover/responseschema/2006"><Response>
<User><AutoDiscoverSMTPAddress>anna@example.test</AutoDiscoverSMTPAddress></User><Account><Protocol Type="mapiHttp">
<MailStore><ExternalUrl>https://old.example.test/mapi/emsmdb/?MailboxId=1&amp;x=2</ExternalUrl></MailStore>
</Protocol></Account></Response></Autodiscover>
"""
