#!/usr/bin/env python3
"""Writes first inputs for the fuzz targets into corpus/: from replies found in public, pages of the guide, a report of
the lab, and handshakes made here. What the fuzzers find later is added by `tests/fuzz.sh keep`.
"""
import json, pathlib, ssl, struct, subprocess, tempfile, tomllib

HERE = pathlib.Path(__file__).parent
ROOT = HERE.parent


def seed(target, name, content):
    folder = HERE / "corpus" / target
    folder.mkdir(parents=True, exist_ok=True)
    (folder / name).write_bytes(content if isinstance(content, bytes) else content.encode())


def crlf(text):
    return text.replace("\r\n", "\n").replace("\n", "\r\n").encode()


def replies():
    found = tomllib.loads((ROOT / "tests/replies/found.toml").read_text())["found"]
    greeting = "220 mx.example.com ESMTP ready\n250-mx.example.com\n250-STARTTLS\n250-SIZE 1000\n250 AUTH PLAIN LOGIN\n"
    for index, row in enumerate(found):
        if row["at"] == "pasted":
            if index % 3 == 0:
                seed("pasted", f"found-{index}", row["said"])
            if index % 15 == 0:
                seed("tables", f"found-{index}", row["said"])
        elif index % 20 == 0:
            # Closed or silent at the end; whole, or cut into pieces.
            ends = bytes([index // 20 % 2, index % 7])
            seed("smtp", f"found-{index}", ends + crlf(greeting + row["said"] + "\n250 2.1.0 Ok\n"))
    seed("smtp", "not-smtp", b"\1\0HTTP/1.1 400 Bad Request\r\n\r\n")
    seed("smtp", "bytes", b"\1\3220 \x1b[31mred\x9b\r\n250-\xff\xfe\r\nx\r\n250 ok\r\n")


def log_ins():
    said = {
        0: "235 2.7.0 Authentication successful\n",
        1: "334 VXNlcm5hbWU6\n334 UGFzc3dvcmQ6\n535 5.7.8 no: Tr0ub4dor&3\n",
        2: "334 PDE4OTYuNjk3MTcwOTUyQHBvc3RvZmZpY2U+\n535 5.7.8 no\n",
        3: "334 \n334 cj1hYmMscz1BQUFBQUFBQSxpPTQwOTY=\n535 no\n",
        5: "334 eyJzdGF0dXMiOiI0MDAifQ==\n535 5.7.8 no\n",
        6: "500 line too long: AUTH XOAUTH2 VHIwdWI0ZG9yJjM=\n",
    }
    for which, words in said.items():
        seed("sasl", f"log-in-{which}", bytes([which, which % 2, 0]) + crlf(words))


def handshakes():
    with tempfile.TemporaryDirectory() as folder:
        folder = pathlib.Path(folder)
        for kind, key in (("rsa", "rsa:2048"), ("ec", "ec")):
            more = ["-pkeyopt", "ec_paramgen_curve:P-256"] if kind == "ec" else []
            subprocess.run(
                ["openssl", "req", "-x509", "-newkey", key, *more, "-nodes", "-days", "9000", "-keyout", folder / "key",
                 "-out", folder / kind, "-subj", "/O=Example/CN=smtp.example.com", "-addext",
                 "subjectAltName=DNS:smtp.example.com,DNS:*.example.net,IP:203.0.113.5", "-addext",
                 "authorityInfoAccess=caIssuers;URI:http://example.com/ca"],
                check=True, capture_output=True)
            seed("certificate", kind, ssl.PEM_cert_to_DER_cert((folder / kind).read_text()))
            for version in (ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3):
                server, client = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER), ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
                server.load_cert_chain(folder / kind, folder / "key")
                client.maximum_version = version
                sent, answered = ssl.MemoryBIO(), ssl.MemoryBIO()
                for context, into, out, side in ((client, answered, sent, False), (server, sent, answered, True)):
                    try:
                        name = None if side else "smtp.example.com"
                        context.wrap_bio(into, out, server_side=side, server_hostname=name).do_handshake()
                    except ssl.SSLWantReadError:
                        pass
                    if not side:
                        hello = out.read()
                        seed("client_hello", f"{kind}-{version.name}", hello)
                        sent.write(hello)
                seed("hello", f"{kind}-{version.name}", b"\1\0" + answered.read())
    seed("hello", "alert", b"\1\0\x15\3\1\0\2\2\x46")
    seed("hello", "plain", b"\1\0220 mx.example.com ESMTP\r\n")
    # TLS 1.2 with DHE: ServerHello, ServerKeyExchange, ServerHelloDone.
    hello = b"\x02" + (38).to_bytes(3, "big") + b"\3\3" + b"\7" * 32 + b"\0\0\x9e\0"
    key = b"\0\x80" + b"\xff" * 128 + b"\0\1\2\0\2\7\7\4\1\0\0"
    flight = hello + b"\x0c" + len(key).to_bytes(3, "big") + key + b"\x0e\0\0\0"
    seed("hello", "dhe", b"\1\0\x16\3\3" + struct.pack(">H", len(flight)) + flight)


def web():
    seed("http", "moved", b"\1\0" + crlf("HTTP/1.1 302 Found\nLocation: http://portal/\nDate: Mon, 23 Nov 2026 10:00:00 GMT\n\nhi"))
    seed("http", "length", b"\0\5" + crlf("HTTP/1.0 200 OK\nContent-Length: 2\nServer: cloudflare\n\nok"))
    seed("http", "none", b"\0\0" + crlf("HTTP/1.1 204 No Content\nX-Served-By: cache\n\n"))
    seed("autoconfig", "two", """<?xml version="1.0"?><clientConfig version="1.1"><emailProvider id="example.com">
<incomingServer type="imap"><hostname>imap.example.com</hostname><port>993</port></incomingServer>
<outgoingServer type="smtp"><hostname>smtp.%EMAILDOMAIN%</hostname><port>465</port><socketType>SSL</socketType>
<username>%EMAILADDRESS%</username><authentication>password-cleartext</authentication></outgoingServer>
<outgoingServer type="smtp"><hostname>smtp.example.com</hostname><port>587</port><socketType>STARTTLS</socketType>
<authentication>OAuth2</authentication></outgoingServer></emailProvider></clientConfig>""")
    seed("autoconfig", "odd", '<!DOCTYPE x [<!ENTITY a "b">]><clientConfig><outgoingServer type="smtp"><!-- c --><hostname><![CDATA[a.b]]></hostname><port>&#50;5</port>&a;</outgoingServer></clientConfig>')


def machine():
    prefs = {
        "mail.accountmanager.accounts": "account1", "mail.account.account1.identities": "id1",
        "mail.identity.id1.useremail": "anna@example.com", "mail.identity.id1.smtpServer": "smtp1",
        "mail.smtpserver.smtp1.hostname": "smtp.example.com", "mail.smtpserver.smtp1.port": 465,
        "mail.smtpserver.smtp1.try_ssl": 3, "mail.smtpserver.smtp1.username": "anna",
        "mail.smtpservers": "smtp1",
    }
    lines = "".join(f"user_pref({json.dumps(name)}, {json.dumps(value)});\n" for name, value in prefs.items())
    index = "[Install1]\nDefault=a.default\n\n[Profile0]\nName=default\nIsRelative=1\nPath=a.default\nDefault=1\n"
    seed("stored", "thunderbird", "\0" + index + "\0" + lines)
    for number, text in enumerate([
        "[Account: 1]\naddress=a@example.com\nsmtp_server=s.example\nssl_smtp=2\nset_smtpport=1\nsmtp_port=587\nuse_smtp_auth=1\nuser_id=a\n",
        "[Mail Transport]\nBackendName=smtp\n[Authentication]\nHost=s.example\nPort=587\nUser=a\nMethod=PLAIN\n[Security]\nMethod=none\n"
        "\0[Mail Identity]\nAddress=a@example.com\n[Mail Submission]\nTransportUid=way\n",
        "[Account]\nsender_mailboxes=A <a@example.com>;\n[Outgoing]\nhost=s.example\nport=587\ntransport_security=start-tls\nlogin=a\n",
        "defaults\ntls on\naccount a\nhost s.example\nfrom a@example.com\nauth on\nuser \"a\"\naccount default : a\n",
        "set from='A <a@example.com>' smtp_url=\"smtp://a:b@s.example:587/\" nossl_starttls\nunset ssl_force_tls\n",
        '<MessageAccount><SMTP_Server type="SZ">s.example</SMTP_Server><SMTP_Port type="DWORD">1d1</SMTP_Port>'
        '<SMTP_Email_Address type="SZ">a@example.com</SMTP_Email_Address></MessageAccount>',
        "[General]\ndefault-transport=1\n[Transport 1]\nid=1\nhost=s.example\nport=465\nencryption=SSL\nauth=true\nuser=a\n"
        "\0[Identity #0]\nEmail Address=a@example.com\n",
        "[Compatibility]\nLastVersion=128.3.0_1/1\n"], 1):
        seed("stored", f"program-{number}", chr(number) + text)
    apple = ROOT / "tests/stored/apple"
    for which, file in enumerate([apple / "types.binary.plist", apple / "mail.mobileconfig", ROOT / "tests/stored/outlook/2016.reg"], 9):
        seed("stored", f"handed-{which}", bytes([which]) + file.read_bytes()[:20_000].replace(b"x" * 5000, b""))
    seed("stored", "handed-list", b"\x09" + (apple / "Accounts.plist").read_bytes())
    seed("stored", "handed-signed", b"\x0a" + (apple / "in-pieces.mobileconfig").read_bytes()[:12_000])
    for name in ["2007", "2010", "2013", "2016", "365", "damaged"]:
        seed("registry", name, (ROOT / f"tests/stored/outlook/{name}.reg").read_text())
    seed("hosts", "usual", "127.0.0.1 localhost\n# 10.0.0.1 off.example\n10.9.9.9\tSMTP.example.com mail # old\n::1 ip6\n")
    for number, typed in enumerate([
        "anna@example.com", '"anna b"@bücher.example', "Anna <anna@gmial.com>", "smtp.gmail.com:587", "smtps://mail.gmx.net",
        "smtp,office365,com", "192.0.2.1", "[2001:db8::1]:465", "smtp.example.com\u200b", "xn--bcher-kva.example."]):
        seed("settings", f"typed-{number}", typed)
    for number, words in enumerate([
        "Avast Mail Scanner Root", "ekrn.exe", "p4fd00.dip0.t-ipconnect.de", "Amazon EC2", "Server: cloudflare",
        "Windows 7 Professional", "0x80042109", "535 5.7.8 Error: authentication failed", "smtp.gmail.com"]):
        seed("tables", f"words-{number}", words)
    seed("text", "name", "müßig\n550 <MÜSSIG@example.com>: \x1b[31m\u202e not known")
    seed("text", "bytes", b"anna\nC:\\Users\\Anna\\x \x9b\xff anna%40example.com")


def edit(number, value):
    value = value.encode()
    return struct.pack(">HB", number, len(value)) + value


def reports():
    report = json.loads((HERE / "src/report.json").read_text())
    edits = [
        edit(9, "a\u202eb") + edit(40, "\x1b]0;x\x07"), edit(12, "\U0001f468\u200d\U0001f469") + edit(300, "x" * 200),
        edit(500, "\x7f\xff\xff\xff\xff\xff\xff\xff") + edit(620, "\u0301\u0301"), edit(700, "") + edit(3, "2026-99-99T00:00:00Z"),
        edit(11, "TLS0;x\x07"),
    ]
    for number, content in enumerate(edits):
        seed("report", f"edit-{number}", content)
        seed("screen", f"edit-{number}", bytes([79, 23, number]) + content)
    checks = report["runs"][0]["checks"]
    small = json.loads(json.dumps(report))
    small["runs"][0]["checks"] = [check for check in checks if check["id"] in ("dns.server", "smtp.587")]
    small["runs"][0]["checks"][0]["evidence"] = []
    seed("report_json", "small", json.dumps(small, ensure_ascii=False))
    small["runs"] = []
    seed("report_json", "none", json.dumps(small, ensure_ascii=False))
    seed("report_json", "newer", '{"schema": "mailtriage.report/9"}')
    head = {"journal": "mailtriage.journal/1", "account": {"address": "anna@example.com", "measured_on": "this-machine"},
            "machine": report["machine"], "runs_as": "", "begun": "2026-11-23T14:03:20Z"}
    for number, ids in enumerate([("dns.server", "port.587"), ("smtp.587",), ("login", "certificate.587")]):
        some = [check for check in checks if check["id"] in ids]
        heads = [{"id": check["id"], "group": check["group"], "title": check["title"], "needs": []} for check in some]
        events = [{"began": {"at": "2026-11-23T14:03:20Z", "keeps": []}}]
        events.append({"check": {"event": "planned", "checks": heads, "complete": True}})
        for check in some:
            events.append({"check": {"event": "started", "id": check["id"], "at_ms": 3}})
            events.append({"check": {"event": "fact", "id": check["id"], "key": "state", "value": "open"}})
            events.append({"check": {"event": "finished", "finding": check}})
        events += [{"answered": {"question": "hotspot", "answer": "no"}}, {"noted": "nine"},
                   {"ended": {"at": "2026-11-23T14:03:29Z"}}]
        lines = [json.dumps(line, ensure_ascii=False) for line in [head, *events]]
        seed("journal", f"run-{number}", "\n".join(lines) + "\n")
        if "login" in ids:
            seed("journal", "unknown-word", "\n".join(lines).replace('"password-wrong"', '"rassword-wrong"') + "\n")


def pages():
    guide = ROOT / "docs/guide"
    names = sorted(str(path.relative_to(guide)) for path in guide.rglob("*.md") if path.name != "README.md")
    for name in ("firewall", "settings", "also", "certainty", "causes/offline", "causes/password-wrong", "programs/other"):
        text = (guide / f"{name}.md").read_text()
        seed("guide", name.replace("/", "-"), bytes([names.index(f"{name}.md") % 256]) + text.encode())
        if len(text) < 4000:
            seed("markdown", name.replace("/", "-"), text)
    seed("markdown", "nested", "# T\n\n1. a\n   - b\n     * c\n2) d\n\n| a | b |\n|--|--|\n| `x` is | [y](z.md) |\n")
    seed("placeholders", "some", "{server} and {said} {wanted.port} {certificate.names} {user} {address}")
    seed("placeholders", "odd", "a { b } {} {port {port}} `{server}` [x](../programs/other.md#y)")


for make in (replies, log_ins, handshakes, web, machine, reports, pages):
    make()
