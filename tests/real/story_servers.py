"""Servers and boxes that people's stories are about (stories.tsv), for worlds in which no real server behaves like that.

    story_servers.py server WORD CHAIN.pem   a mail server on 7025 and 7587 (STARTTLS) and 7465 (TLS): see SERVERS
    story_servers.py box WORD CHAIN.pem      a box on 7000 that connections were led to, and that passes them on: see BOXES
    story_servers.py web ADDRESS CHAIN.pem   a website on 80 and 443
    story_servers.py dns WORD ADDRESS        DNS on UDP 5354 that asks ADDRESS and changes its answers: see FILTERS

A server is a row of SERVERS: what it says otherwise than a sound one. Standard library only (Python 3.11 or later). Each
serves until it is killed.
"""

import asyncio
import contextlib
import dataclasses
import socket
import ssl
import struct
import subprocess
import sys

from other_servers import served

PATIENCE = 90  # some of them say a line every few seconds

NAME = "mail.example.test"


@dataclasses.dataclass
class Server:
    """What a server says, where it is not what a sound server would say."""

    greeting: tuple = (f"220 {NAME} ESMTP",)
    greet_after: float = 0
    waits_for_client: bool = False  # a proxy that wants to see the first bytes before it connects anywhere
    at_once: str = ""  # "close" or "reset": what happens instead of a greeting
    ehlo: tuple = ("PIPELINING", "8BITMIME")
    auth: str = "AUTH PLAIN LOGIN"
    auth_in_clear: bool = False
    pause: float = 0  # before each reply
    replies: dict = dataclasses.field(default_factory=dict)  # VERB: reply; a list is said one after the other
    on_refusal: tuple = ()  # a command that is run when a log-in was refused; {address} is the client's
    version: str = ""  # the only TLS version
    client_certificate: bool = False
    name_needed: bool = False  # without SNI, the handshake is refused
    handshake_after: float = 0
    closes_after: str = ""  # the verb after whose reply the connection is closed
    reply_and_reset: str = ""  # the verb that is answered by a reset


BUSY_BACKEND = "454 4.7.0 Temporary authentication failure: Connection lost to authentication server"
SERVERS = {
    "mute": Server(greeting=()),
    "waits-for-client": Server(waits_for_client=True),
    "closes": Server(at_once="close"),
    "resets": Server(at_once="reset"),
    "ssh": Server(greeting=("SSH-2.0-OpenSSH_9.2p1 Debian-2",)),
    "imap": Server(greeting=("* OK [CAPABILITY IMAP4rev1 STARTTLS LOGINDISABLED] Dovecot ready.",)),
    "pop": Server(greeting=("+OK Dovecot ready.",)),
    "ftp": Server(greeting=("220 (vsFTPd 3.0.5)",), replies={"EHLO": "530 Please login with USER and PASS.", "HELO": "530 Please login with USER and PASS."}),
    "backend-gone": Server(replies={"AUTH": BUSY_BACKEND}),
    "backend-gone-closes": Server(closes_after="AUTH", replies={"AUTH": BUSY_BACKEND}),
    "greylists": Server(replies={"RCPT": "450 4.2.0 <anna@example.test>: Recipient address rejected: Greylisted, see http://postgrey.schweikert.ch/help/example.test.html"}),
    "open-resolver": Server(replies={"RCPT": "554 5.7.1 Service unavailable; Client host [192.168.77.2] blocked using zen.spamhaus.org; Error: open resolver; https://check.spamhaus.org/returnc/pub/203.0.113.5/"}),
    "old-auth": Server(auth="AUTH=PLAIN LOGIN"),
    "only-windows": Server(auth="AUTH GSSAPI NTLM"),
    "auth-switched-off": Server(replies={"AUTH": "504 5.7.4 Unrecognized authentication type"}),
    "client-certificate": Server(client_certificate=True),
    "client-certificate-1.2": Server(client_certificate=True, version="1.2"),
    "name-needed": Server(name_needed=True),
    "tls13-only": Server(version="1.3"),
    "drips": Server(pause=6),
    "geo": Server(greeting=("554 5.7.1 Connections from your country are not accepted here",)),
    "from-your-address": Server(replies={"AUTH": "535 5.7.0 Too many failed log-ins from your IP address, try again in 30 minutes"}),
    "suspended": Server(replies={"AUTH": "535 5.7.8 Mailbox suspended, please contact billing"}),
    "callout": Server(replies={"RCPT": ["550-Verification failed for <anna@example.test>", "550-No Such User Here", "550 Sender verify failed"]}),
    "bans": Server(
        replies={"AUTH": "535 5.7.8 Error: authentication failed: (reason unavailable)"},
        on_refusal=("nft", "add", "element", "inet", "story", "banned", "{ {address} }"),
    ),
    "parked": Server(auth="", ehlo=("8BITMIME",)),
    "closes-at-starttls": Server(reply_and_reset="STARTTLS"),
    "mailbox-full": Server(replies={"MAIL": "452 4.2.2 Mailbox is full, quota exceeded"}),
    "tls-late": Server(handshake_after=7),
    "disabled-at-mail": Server(replies={"MAIL": "554 5.7.1 Account disabled: outgoing spam was detected, contact support"}),
    "no-service": Server(greeting=("554 No SMTP service here",)),
    "hangs-up-at-log-in": Server(reply_and_reset="AUTH"),
    "listed": Server(greeting=("554 5.7.1 Service unavailable; Client host [192.168.77.2] blocked using zen.spamhaus.org",)),
    "too-many-errors": Server(greeting=("421 4.7.0 mail.example.test Error: too many connections from 192.168.77.2",)),
}


async def converse(server, reader, writer, tls, encrypted):
    """One connection, from the greeting to its end."""

    async def say(*lines):
        await asyncio.sleep(server.pause)
        for line in lines:
            writer.write(line.encode() + b"\r\n")
        await writer.drain()

    if server.at_once:
        if server.at_once == "reset":
            reset(writer)
        return
    if server.waits_for_client:
        await reader.readexactly(1)
        return
    await asyncio.sleep(server.greet_after)
    if not server.greeting:
        await reader.read()
        return
    await say(*server.greeting)
    if server.greeting[0][0] in "45":
        return
    while line := await reader.readline():
        verb = line.decode("latin-1").split(" ")[0].strip().upper()
        if verb == server.reply_and_reset:
            reset(writer)
            return
        if verb in server.replies and verb != "AUTH":
            reply = server.replies[verb]
            await say(*(reply if isinstance(reply, list) else [reply]))
        elif verb == "EHLO":
            lines = [NAME, *server.ehlo, *([] if encrypted or not tls else ["STARTTLS"])]
            if server.auth and (encrypted or server.auth_in_clear or not tls):
                lines.append(server.auth)
            await say(*[f"250-{line}" for line in lines[:-1]], f"250 {lines[-1]}")
        elif verb == "STARTTLS" and tls and not encrypted:
            await say("220 2.0.0 Ready to start TLS")
            # What comes in the meantime is for TLS: read now, it would be lost.
            writer.transport.pause_reading()
            await asyncio.sleep(server.handshake_after)
            await writer.start_tls(tls)
            encrypted = True
        elif verb == "AUTH":
            await log_in(server, line, reader, writer, say)
        elif verb == "QUIT":
            await say("221 2.0.0 Bye")
            return
        else:
            await say("250 2.0.0 Ok")
        if verb == server.closes_after:
            return


async def log_in(server, line, reader, writer, say):
    words = line.split()
    if words[1:2] and words[1].upper() == b"LOGIN":
        for question in ("VXNlcm5hbWU6", "UGFzc3dvcmQ6"):
            await say(f"334 {question}")
            await reader.readline()
    elif len(words) == 2 and "AUTH" not in server.replies:
        await say("334 ")
        await reader.readline()
    await say(server.replies.get("AUTH", "235 2.7.0 Authentication successful"))
    if server.on_refusal:
        address = writer.get_extra_info("peername")[0].removeprefix("::ffff:")
        subprocess.run([word.replace("{address}", address) for word in server.on_refusal], check=False)


def reset(writer):
    """Ends the connection with a reset instead of an orderly close."""
    connection = writer.get_extra_info("socket")
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    writer.transport.abort()


def tls_of(server, chain):
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    tls.load_cert_chain(chain)
    if server.version:
        tls.minimum_version = tls.maximum_version = ssl.TLSVersion[f"TLSv{server.version.replace('.', '_')}"]
    if server.client_certificate:
        tls.verify_mode = ssl.CERT_REQUIRED
        tls.load_verify_locations(chain)
    if server.name_needed:
        tls.sni_callback = lambda _connection, name, _tls: None if name else ssl.ALERT_DESCRIPTION_UNRECOGNIZED_NAME
    return tls


# --- boxes -----------------------------------------------------------------------------------------------------------


def strip(line):
    return b"" if b"STARTTLS" in line.upper() else line


def mask(line):
    """As a PIX or ASA does it: stars in the greeting, X in place of what it does not know."""
    if line.startswith(b"220") and b"TLS" not in line:
        return b"220 " + b"*" * (len(line) - 6) + b"\r\n"
    return line.replace(b"STARTTLS", b"XXXXXXXA")


BOXES = {
    "strip": strip,  # what the server says, line by line, without the offer of STARTTLS
    "mask": mask,
    "alg": None,  # hangs up as soon as the client asks for encryption
    "inspect": None,  # its own certificate for the server's, in front of port 465
}


async def box(word, reader, writer, tls):
    """Passes a connection on to where it was meant to go, and meddles with it."""
    connection = writer.get_extra_info("socket")
    where = connection.getsockopt(socket.SOL_IP, 80, 16)  # SO_ORIGINAL_DST
    port, address = struct.unpack_from("!2xH4s", where)
    far_reader, far_writer = await asyncio.open_connection(socket.inet_ntoa(address), port, ssl=unverified() if tls else None)

    async def up():
        while data := await reader.read(4096):
            if word == "alg" and data.upper().startswith(b"STARTTLS"):
                reset(writer)
                break
            far_writer.write(data)
            await far_writer.drain()
        far_writer.close()

    async def down():
        changes = BOXES[word]
        while data := await (far_reader.readline() if changes else far_reader.read(4096)):
            writer.write(changes(data) if changes else data)
            await writer.drain()
        writer.close()

    await asyncio.gather(up(), down())


def unverified():
    tls = ssl.create_default_context()
    tls.check_hostname, tls.verify_mode = False, ssl.CERT_NONE
    return tls


# --- DNS -------------------------------------------------------------------------------------------------------------

FILTERS = {
    "zero": b"\0\0\0\0",  # the mail server's name alone leads to 0.0.0.0, as a filter for advertisements says it
    "gone": None,  # the mail server's name alone does not exist
}


class Filter(asyncio.DatagramProtocol):
    """Asks another resolver, and has an answer of its own for the mail server's name."""

    def __init__(self, word, upstream):
        self.word, self.upstream = word, upstream

    def connection_made(self, transport):
        self.transport = transport

    def datagram_received(self, data, address):
        asyncio.ensure_future(self.answer(data, address))

    async def answer(self, data, address):
        if b"\4mail\7example\4test\0" in data.lower():
            end = data.index(b"\0", 12) + 5
            has_answer = FILTERS[self.word] and data[end - 4 : end - 2] == b"\0\1"
            code = 0 if FILTERS[self.word] else 3
            head = data[:2] + bytes([0x84 | data[2] & 1, 0x80 | code, 0, 1, 0, int(bool(has_answer)), 0, 0, 0, 0])
            record = b"\xc0\x0c\0\1\0\1\0\0\0\x3c\0\4" + FILTERS[self.word] if has_answer else b""
            self.transport.sendto(head + data[12:end] + record, address)
            return
        loop = asyncio.get_running_loop()
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as onward, contextlib.suppress(OSError, TimeoutError):
            onward.setblocking(False)
            onward.connect((self.upstream, 53))
            await loop.sock_sendall(onward, data)
            self.transport.sendto(await asyncio.wait_for(loop.sock_recv(onward, 4096), 3), address)


async def web(reader, writer):
    await reader.readuntil(b"\r\n\r\n")
    writer.write(b"HTTP/1.1 404 Not Found\r\nServer: Apache/2.4.62 (Debian)\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")


async def main(role, word, argument):
    listen = asyncio.start_server
    if role == "server":
        server = SERVERS[word]
        tls = tls_of(server, argument)

        async def talk(reader, writer, encrypted):
            await converse(server, reader, writer, tls if word != "parked" else None, encrypted)

        for port in (7025, 7587):
            await listen(served(talk, False, seconds=PATIENCE), None, port)
        in_clear = server.at_once or server.waits_for_client
        await listen(served(talk, True, seconds=PATIENCE), None, 7465, ssl=None if in_clear else tls)
    elif role == "box":
        tls = None
        if word == "inspect":
            tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            tls.load_cert_chain(argument)

        async def pass_on(reader, writer):
            await box(word, reader, writer, tls)

        await listen(served(pass_on, seconds=PATIENCE), "0.0.0.0", 7000, ssl=tls)
    elif role == "web":
        tls = tls_of(Server(), argument)
        await listen(served(web, seconds=PATIENCE), word, 80)
        await listen(served(web, seconds=PATIENCE), word, 443, ssl=tls)
    elif role == "dns":
        loop = asyncio.get_running_loop()
        await loop.create_datagram_endpoint(lambda: Filter(word, argument), ("0.0.0.0", 5354))
    await asyncio.Event().wait()


asyncio.run(main(*sys.argv[1:]))
