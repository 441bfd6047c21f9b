"""The other servers of the test bed: two companies' mail servers for comparison, and the boxes that get in the way.

    other_servers.py reference NAME ADDRESS CHAIN.pem   mail on 25, 465 and 587, web on 80 and 443
    other_servers.py portal                             a sign-in page on 80, whatever was asked for
    other_servers.py relay CHAIN.pem                    a stranger's mail server on 587
    other_servers.py scanner CHAIN.pem                  mail on 465 and 587 and web on 443, for every name
    other_servers.py mail-proxy                         mail on 2525, for every server, without encryption
    other_servers.py login-alone CHAIN.pem              a mail server on 5870 that takes AUTH LOGIN, and not PLAIN
    other_servers.py own NAME CHAIN.pem                 a machine's own mail server on 25, 465 and 587
    other_servers.py web-proxy ADDRESS CHAIN.pem        a content delivery network's web ports
    other_servers.py turn-away                          "no service" on 2421, whoever connects
    other_servers.py weak WHAT CHAIN.pem                mail on 2588 with TLS 1.2 that is too weak: see WEAK
    other_servers.py introspect ADDRESS                 an authorization server's endpoint on 127.0.0.1:8081
    other_servers.py pass PORT ADDRESS                  a program on 127.0.0.1 that passes all on to port 587 there
    other_servers.py truncate                           DNS on UDP 5353 that only says "ask by TCP"
    other_servers.py resolver WORD                      DNS on 5353: nxdomain, servfail, nodata or one address for all

Standard library only (Python 3.11 or later, for start_tls). Each serves until it is killed.
"""

import asyncio
import contextlib
import email.utils
import os
import ssl
import sys


# Cipher lists of servers that are too weak in one thing; level 0 is what lets OpenSSL have it at all.
WEAK = {
    "dh": "DHE:@SECLEVEL=0",
    "key": "ALL:@SECLEVEL=0",
    "signature": "ALL:@SECLEVEL=0",
    "signatures": "ECDHE:@SECLEVEL=0",
    "suites": "CAMELLIA128-SHA:@SECLEVEL=0",
}


async def smtp(reader, writer, name, tls, encrypted):
    def say(*lines):
        for line in lines:
            writer.write(line.encode() + b"\r\n")

    seen_as = writer.get_extra_info("peername")[0]
    say(f"220 {name} ESMTP")
    while line := await reader.readline():
        verb = line.decode("latin-1").split(" ")[0].strip().upper()
        if verb == "EHLO":
            say(f"250-{name} Hello [{seen_as}]", *([] if encrypted or not tls else ["250-STARTTLS"]), "250-8BITMIME", "250 PIPELINING")
        elif verb == "STARTTLS" and tls and not encrypted:
            say("220 2.0.0 Ready to start TLS")
            await writer.start_tls(tls)
            encrypted = True
        elif verb in ("HELO", "RSET", "NOOP"):
            say("250 2.0.0 Ok")
        elif verb == "QUIT":
            say("221 2.0.0 Bye")
            break
        else:
            say("502 5.5.2 Error: command not recognized")
        await writer.drain()


async def http(reader, writer, portal):
    request = await reader.readuntil(b"\r\n\r\n")
    path = request.split(b" ", 2)[1]
    if path == b"/sign-in":
        status, body, more = "200 OK", b"<html>Please sign in</html>", "Content-Type: text/html\r\n"
    elif portal:
        status, body, more = "302 Found", b"", "Location: http://portal.test/sign-in\r\n"
    elif path == b"/generate_204":
        status, body, more = "204 No Content", b"", ""
    else:
        status, body, more = "404 Not Found", b"Not found\n", ""
    length = "" if status.startswith("204") else f"Content-Length: {len(body)}\r\n"
    date = email.utils.formatdate(usegmt=True)
    head = f"HTTP/1.1 {status}\r\nDate: {date}\r\n{more}{length}Connection: close\r\n\r\n"
    writer.write(head.encode() + body)


def served(talk, *arguments, seconds=60):
    """A connection's life: talk, then close; a client that leaves early or says nothing for so long is no error."""

    async def connection(reader, writer):
        with contextlib.suppress(OSError, EOFError, TimeoutError, ssl.SSLError, ValueError, IndexError):
            await asyncio.wait_for(talk(reader, writer, *arguments), seconds)
            await writer.drain()
        writer.close()
        with contextlib.suppress(OSError, TimeoutError, ssl.SSLError):
            await asyncio.wait_for(writer.wait_closed(), 5)

    return connection


async def introspect(reader, writer, address):
    """What an authorization server says of a token (RFC 7662)."""
    request = await reader.readuntil(b"\r\n\r\n")
    active = b"token=ya29.right&" in request.replace(b" ", b"&")
    body = (f'{{"active": true, "email": "{address}", "scope": "smtp"}}' if active else '{"active": false}').encode()
    writer.write(b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\nConnection: close\r\n\r\n" % len(body) + body)


async def web_proxy(reader, writer):
    await reader.readuntil(b"\r\n\r\n")
    writer.write(b"HTTP/1.1 403 Forbidden\r\nServer: cloudflare\r\nCF-RAY: 0-TEST\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")


async def turn_away(_reader, writer):
    writer.write(b"421 mail.example.test : No SMTP service (MBL-B)\r\n")


async def passed_on(reader, writer, address):
    async def copy(source, sink):
        while data := await source.read(4096):
            sink.write(data)
            await sink.drain()
        sink.close()

    far_reader, far_writer = await asyncio.open_connection(address, 587)
    await asyncio.gather(copy(reader, far_writer), copy(far_reader, writer))


async def mail_proxy(reader, writer):
    writer.write(b"220 proxy ESMTP\r\n")
    while line := await reader.readline():
        verb = line.split(b" ")[0].strip().upper()
        known = verb in (b"EHLO", b"HELO", b"MAIL", b"RCPT", b"RSET", b"NOOP", b"QUIT")
        writer.write(b"250 Requested mail action okay, completed\r\n" if known else b"502 Command not implemented\r\n")
        await writer.drain()


async def login_alone(reader, writer, tls):
    writer.write(b"220 mail.example.test ESMTP\r\n")
    encrypted = False
    while line := await reader.readline():
        verb = line.upper().split()
        if verb[:1] == [b"EHLO"]:
            more = b"250-AUTH PLAIN LOGIN\r\n" if encrypted else b"250-STARTTLS\r\n"
            writer.write(b"250-mail.example.test\r\n" + more + b"250 8BITMIME\r\n")
        elif verb[:1] == [b"STARTTLS"]:
            writer.write(b"220 2.0.0 Ready to start TLS\r\n")
            await writer.start_tls(tls)
            encrypted = True
        elif verb[:2] == [b"AUTH", b"LOGIN"]:
            for question in (b"VXNlcm5hbWU6", b"UGFzc3dvcmQ6"):
                writer.write(b"334 " + question + b"\r\n")
                await reader.readline()
            writer.write(b"235 2.7.0 Authentication successful\r\n")
        elif verb[:1] == [b"AUTH"]:
            writer.write(b"553 5.3.0 Auth failure\r\n")
        else:
            writer.write(b"250 2.0.0 Ok\r\n")
        await writer.drain()


class Resolver(asyncio.DatagramProtocol):
    """The same for every question, by UDP; by TCP through `by_tcp`."""

    def __init__(self, word):
        self.word = word

    def connection_made(self, transport):
        self.transport = transport

    def datagram_received(self, data, address):
        self.transport.sendto(self.answer(data), address)

    def answer(self, data):
        end = 12
        while data[end]:
            end += data[end] + 1
        question = data[12 : end + 5]
        code = {"nxdomain": 3, "servfail": 2}.get(self.word, 0)
        has_answer = self.word not in ("nxdomain", "servfail", "nodata") and question[-4:-2] == b"\0\1"
        head = data[:2] + bytes([0x84 | data[2] & 1, 0x80 | code, 0, 1, 0, int(has_answer), 0, 0, 0, 0])
        record = b"\xc0\x0c\0\1\0\1\0\0\0\x3c\0\4" + bytes(map(int, self.word.split("."))) if has_answer else b""
        return head + question + record

    async def by_tcp(self, reader, writer):
        data = await reader.readexactly(int.from_bytes(await reader.readexactly(2), "big"))
        answer = self.answer(data)
        writer.write(len(answer).to_bytes(2, "big") + answer)


class Truncate(asyncio.DatagramProtocol):
    """The question back, with the bits QR and TC (RFC 1035 section 4.1.1)."""

    def connection_made(self, transport):
        self.transport = transport

    def datagram_received(self, data, address):
        self.transport.sendto(data[:2] + bytes([data[2] | 0x82, 0x80]) + data[4:6] + bytes(6) + self.question(data), address)

    def question(self, data):
        end = 12
        while data[end]:
            end += data[end] + 1
        return data[12 : end + 5]


async def main(role, *arguments):
    listen = asyncio.start_server
    if role in ("reference", "relay", "scanner", "login-alone", "own", "web-proxy"):
        tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        tls.load_cert_chain(arguments[-1])
    if role == "weak":
        tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        tls.set_ciphers(WEAK[arguments[0]])
        tls.maximum_version = ssl.TLSVersion.TLSv1_2
        tls.load_cert_chain(arguments[1])
        if arguments[0] == "dh":
            tls.load_dh_params(os.path.join(os.path.dirname(arguments[1]), "dh.pem"))
        await listen(served(smtp, "mail.example.test", tls, False), None, 2588)
    if role == "reference":
        name, addresses = arguments[0], arguments[1].split(",")
        for port in (25, 587):
            await listen(served(smtp, name, tls, False), addresses, port)
        await listen(served(smtp, name, tls, True), addresses, 465, ssl=tls)
        await listen(served(http, False), addresses, 80)
        await listen(served(http, False), addresses, 443, ssl=tls)
    elif role == "scanner":
        await listen(served(smtp, "mail.example.test", tls, False), None, 587)
        await listen(served(smtp, "mail.example.test", tls, True), None, 465, ssl=tls)
        await listen(served(http, False), None, 443, ssl=tls)
    elif role == "mail-proxy":
        await listen(served(mail_proxy), None, 2525)
    elif role == "login-alone":
        await listen(served(login_alone, tls), None, 5870)
    elif role == "portal":
        await listen(served(http, True), None, 80)
    elif role == "relay":
        await listen(served(smtp, "gateway.hotel.test", tls, False), None, 587)
    elif role == "own":
        for port in (25, 587):
            await listen(served(smtp, arguments[0], tls, False), None, port)
        await listen(served(smtp, arguments[0], tls, True), None, 465, ssl=tls)
    elif role == "web-proxy":
        await listen(served(web_proxy), arguments[0], 80)
        await listen(served(web_proxy), arguments[0], 443, ssl=tls)
    elif role == "turn-away":
        await listen(served(turn_away), None, 2421)
    elif role == "introspect":
        await listen(served(introspect, arguments[0]), "127.0.0.1", 8081)
    elif role == "pass":
        await listen(served(passed_on, arguments[1]), "127.0.0.1", int(arguments[0]))
    elif role == "resolver":
        resolver = Resolver(arguments[0])
        await asyncio.get_running_loop().create_datagram_endpoint(lambda: resolver, ("0.0.0.0", 5353))
        await listen(served(resolver.by_tcp), "0.0.0.0", 5353)
    elif role == "truncate":
        await asyncio.get_running_loop().create_datagram_endpoint(Truncate, ("0.0.0.0", 5353))
    await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
