"""The web servers on Outlook's way to a mailbox, and a box that opens what is encrypted.

    exchange_servers.py web ADDRESS CHAIN.pem ROLE [date=DAYS] [tls=VERSION]   443 and 80: a row of ROLES
    exchange_servers.py inspect CHAIN.pem                                      443 redirected: opens it, and passes it on
    exchange_servers.py post ADDRESS CHAIN.pem PORT ROLE NAME DOMAIN           SMTP as Microsoft or Google speak: a row of POST

`date` shifts the header Date, `tls` is the newest version that is spoken (1.0, 1.1). Standard library only. Each serves
until it is killed.
"""

import asyncio
import contextlib
import email.utils
import socket
import ssl
import struct
import sys
import time

from other_servers import served

WINDOWS = ["WWW-Authenticate: Negotiate", "WWW-Authenticate: NTLM"]
TOKEN = ['WWW-Authenticate: Bearer realm="", authorization_uri="https://login.microsoftonline.com/common/oauth2/authorize"']
SETTINGS = (
    '<?xml version="1.0"?><Autodiscover xmlns="http://schemas.microsoft.com/exchange/autodiscover/responseschema/2006">'
    "<Response><Account><Protocol><Type>IMAP</Type><Server>mail.hoster.test</Server></Protocol></Account></Response>"
    "</Autodiscover>"
)


def json_of(url):
    return "200 OK", ["Content-Type: application/json"], f'{{"Protocol":"AutodiscoverV1","Url":"{url}"}}'


def sends_to(url):
    return "302 Found", [f"Location: {url}"], ""


def script(chooses):
    body = f"""// Chooses the web proxy. The old one: "PROXY 192.168.77.1:8080"
function FindProxyForURL(url, host) {{ if (isPlainHostName(host)) {{ return "{chooses}"; }} return "{chooses}"; }}
"""
    return [("/proxy.pac", ("200 OK", ["Content-Type: application/x-ns-proxy-autoconfig"], body)), ("/", ("404 Not Found", [], "<html>"))]


# What answers at a path that begins so, in lower case; the last row is for every other.
ROLES = {
    "microsoft": [
        ("/autodiscover/autodiscover.json", json_of("https://outlook.office365.com/autodiscover/autodiscover.xml")),
        ("/autodiscover/", ("401 Unauthorized", TOKEN, "")),
        ("/mapi/", ("401 Unauthorized", TOKEN, "")),
        ("/ews/", ("401 Unauthorized", TOKEN, "")),
        ("/", sends_to("https://outlook.office365.com/owa/")),
    ],
    # The mailbox has stayed with the company.
    "hybrid": [
        ("/autodiscover/autodiscover.json", json_of("https://mail.fabrikam.test/autodiscover/autodiscover.xml")),
        ("/", ("401 Unauthorized", TOKEN, "")),
    ],
    "sign-in": [("/", ("200 OK", [], "<html>Sign in to your account</html>"))],
    "outage": [("/", ("503 Service Unavailable", ["Retry-After: 300"], "Service unavailable"))],
    "exchange": [
        ("/autodiscover/", ("401 Unauthorized", WINDOWS, "")),
        ("/mapi/", ("401 Unauthorized", WINDOWS, "")),
        ("/ews/", ("401 Unauthorized", WINDOWS, "")),
        ("/owa", ("200 OK", [], "<html>Outlook</html>")),
        ("/", sends_to("/owa/")),
    ],
    # The web server of Windows runs, what stands behind it does not.
    "exchange-stopped": [
        ("/autodiscover/", ("401 Unauthorized", WINDOWS, "")),
        ("/", ("503 Service Unavailable", ["Server: Microsoft-HTTPAPI/2.0"], "<h2>Service Unavailable</h2>")),
    ],
    "website": [("/", ("404 Not Found", [], "<html>Not found</html>"))],
    "welcome": [("/", ("200 OK", [], "<html>Welcome to our website</html>"))],
    "asks-for-password": [("/autodiscover/", ("401 Unauthorized", ['WWW-Authenticate: Basic realm="cPanel"'], "")), ("/", ("200 OK", [], "<html>"))],
    "other-settings": [("/autodiscover/", ("200 OK", ["Content-Type: text/xml"], SETTINGS)), ("/", ("200 OK", [], "<html>"))],
    "sends-to-microsoft": [("/", sends_to("https://autodiscover-s.outlook.com/autodiscover/autodiscover.xml"))],
    "sends-in-a-circle": [("/", sends_to("/autodiscover/autodiscover.xml"))],
    "sends-inside": [("/", sends_to("https://192.168.77.1/autodiscover/autodiscover.xml"))],
    # Scripts that choose a web proxy; the first is there, the second is not.
    "names-proxy": script("PROXY 192.168.77.1:3128"),
    "names-dead-proxy": script("PROXY 192.168.77.1:3129"),
    "names-both": script("PROXY 192.168.77.1:3129; PROXY 192.168.77.1:3128"),
    "names-direct": script("PROXY 192.168.77.1:3128; DIRECT"),
    "blocked-page": [("/", ("403 Forbidden", [], "<html>This site is blocked by your organisation</html>"))],
}


# What a mail server of Microsoft's or Google's says: to a sender, to a recipient in the organisation's own domain and to one
# outside, to a log-in; "encrypts" whether it offers STARTTLS. What is not named is accepted.
DENIED = "550 5.7.64 TenantAttribution; Relay Access Denied [AM5EUR02FT000.eop-EUR02.prod.protection.outlook.com]"
POST = {
    "inside-only": {"outside": DENIED},
    "relay": {},
    "direct-send-off": {
        "own": "550 5.7.68 TenantInboundAttribution; Direct Send not allowed for this organization from unauthorized sources",
        "outside": DENIED,
    },
    "stranger": {"own": DENIED, "outside": DENIED},
    "listed": {
        "own": "550 5.7.1 Service unavailable, Client host [198.51.100.130] blocked using Spamhaus. To request removal from this list"
        " see https://www.spamhaus.org/query/ip/198.51.100.130 (AS3130).",
        "outside": "550 5.7.1 Service unavailable, Client host [198.51.100.130] blocked using Spamhaus. (AS3130).",
    },
    "log-in-off": {
        "log-in": "535 5.7.139 Authentication unsuccessful, SmtpClientAuthentication is disabled for the Tenant. Visit"
        " https://aka.ms/smtp_auth_disabled for more information.",
    },
    "passwords-off": {"log-in": "535 5.7.139 Authentication unsuccessful, basic authentication is disabled."},
    "high-volume": {"log-in": "235 2.7.0 Authentication successful", "outside": "550 5.5.105 External sending is not supported for High Volume Email"},
    "google-stranger": {
        "own": "550 5.7.1 Invalid credentials for relay [198.51.100.130]. The IP address you've registered in your Workspace SMTP"
        " Relay service doesn't match the domain of the account this email is being sent from. x - gsmtp",
        "outside": "550 5.7.1 Invalid credentials for relay [198.51.100.130]. x - gsmtp",
    },
    "google-inside-only": {"outside": "550 5.1.1 The email account that you tried to reach does not exist. x - gsmtp"},
}


async def post(reader, writer, role, name, domain, tls):
    says = POST[role]
    encrypted = False
    writer.write(f"220 {name} Microsoft ESMTP MAIL Service ready\r\n".encode())
    while line := (await reader.readline()).decode("latin-1").strip():
        verb = line.split(" ")[0].upper()
        if verb == "EHLO":
            more = ["AUTH LOGIN XOAUTH2"] if "log-in" in says and encrypted else []
            lines = [f"{name} Hello [198.51.100.130]", "SIZE 157286400", *more, *([] if encrypted else ["STARTTLS"]), "8BITMIME"]
            answer = "\r\n".join(f"250-{text}" for text in lines[:-1]) + f"\r\n250 {lines[-1]}"
        elif verb == "STARTTLS":
            writer.write(b"220 2.0.0 SMTP server ready\r\n")
            await writer.start_tls(tls)
            encrypted = True
            continue
        elif verb == "AUTH":
            for question in ("VXNlcm5hbWU6", "UGFzc3dvcmQ6")[int(" " in line[5:].strip()) :]:
                writer.write(f"334 {question}\r\n".encode())
                await reader.readline()
            answer = says.get("log-in", "504 5.7.4 Unrecognized authentication type")
        elif verb == "RCPT":
            answer = says.get("own" if f"@{domain}>" in line else "outside", "250 2.1.5 Recipient OK")
        elif verb in ("MAIL", "RSET", "NOOP"):
            answer = "250 2.1.0 OK"
        elif verb == "QUIT":
            writer.write(b"221 2.0.0 Service closing transmission channel\r\n")
            return
        else:
            answer = "500 5.3.3 Unrecognized command"
        writer.write(answer.encode() + b"\r\n")
        await writer.drain()


async def web(reader, writer, role, days):
    request = await reader.readuntil(b"\r\n\r\n")
    path = request.split(b" ", 2)[1].decode("latin-1").lower()
    status, more, body = next(answer for begins, answer in ROLES[role] if path.startswith(begins))
    date = email.utils.formatdate(time.time() + days * 86400, usegmt=True)
    lines = [f"HTTP/1.1 {status}", f"Date: {date}", *more, f"Content-Length: {len(body)}", "Connection: close", "", body]
    writer.write("\r\n".join(lines).encode())


async def inspect(reader, writer):
    """To where the client wanted to go, under the name that it asked for (SO_ORIGINAL_DST, linux/netfilter_ipv4.h)."""
    wanted = writer.get_extra_info("socket").getsockopt(socket.SOL_IP, 80, 16)
    port, *address = struct.unpack("!2xH4B8x", wanted)
    trusting = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    trusting.check_hostname = False
    trusting.verify_mode = ssl.CERT_NONE
    asked = getattr(writer.get_extra_info("ssl_object"), "asked", None)
    far_reader, far_writer = await asyncio.open_connection(".".join(map(str, address)), port, ssl=trusting, server_hostname=asked)

    async def copy(source, sink):
        with contextlib.suppress(OSError, ssl.SSLError):
            while data := await source.read(4096):
                sink.write(data)
                await sink.drain()
        sink.close()

    await asyncio.gather(copy(reader, far_writer), copy(far_reader, writer))


def tls_of(chain, newest=None):
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    if newest:
        tls.set_ciphers("ALL:@SECLEVEL=0")
        tls.minimum_version = ssl.TLSVersion.TLSv1
        tls.maximum_version = {"1.0": ssl.TLSVersion.TLSv1, "1.1": ssl.TLSVersion.TLSv1_1}[newest]
    tls.load_cert_chain(chain)
    return tls


async def main(kind, *arguments):
    if kind == "inspect":
        tls = tls_of(arguments[0])
        tls.sni_callback = lambda tls_object, name, _context: setattr(tls_object, "asked", name)
        await asyncio.start_server(served(inspect), "0.0.0.0", 443, ssl=tls)
    elif kind == "post":
        address, chain, port, role, name, domain = arguments
        talk = served(post, role, name, domain, tls_of(chain))
        await asyncio.start_server(talk, address, int(port))
    else:
        address, chain, role, *more = arguments
        options = dict(option.split("=") for option in more)
        talk = served(web, role, float(options.get("date", 0)))
        await asyncio.start_server(talk, address, 443, ssl=tls_of(chain, options.get("tls")))
        await asyncio.start_server(talk, address, 80)
    await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
