//! Servers whose TLS handshake is wrong: lies about lengths, records that never end, alerts, garbage. What is sound up to
//! there is the dialogue; the certificates are in `certificates`.

use super::server::{Done, MAIL_SERVER, Peer, replace, that};
use super::suite::{Case, Fits};
use std::sync::Arc;
use tokio::io::AsyncWriteExt;

/// What a server does once it has read the ClientHello.
type Talk = fn(Peer) -> Done;

const ENDLESS: Fits = Fits {
    causes: &["smtp-protocol-error", "server-too-slow", "wrong-port"],
    because: "what never ends is in no protocol, and no version, no certificate and no password was judged",
};
const SILENT: Fits =
    Fits { causes: &["server-too-slow", "smtp-protocol-error"], because: "nothing was refused: it did not come" };
const GARBAGE: Fits = Fits {
    causes: &["smtp-protocol-error", "smtp-intercepted", "wrong-security", "wrong-port"],
    because: "what is not TLS comes from a broken server, or from somebody else; it says nothing about versions",
};
const ENDS: Fits = Fits {
    causes: &["smtp-protocol-error", "server-rejects-client", "server-misconfigured", "wrong-port", "tls-intercepted"],
    because: "a connection that ends: the server turns us away, hangs up, or somebody else does",
};
const REFUSES: Fits = Fits {
    causes: &["tls-version-mismatch", "tls-too-weak", "server-misconfigured"],
    because: "a fatal alert refuses what was offered, or says that the server cannot",
};
const INTERNAL: Fits = Fits {
    causes: &["server-misconfigured", "smtp-protocol-error"],
    because: "the server itself says that the fault is its own, or that our bytes were changed; no version was refused",
};
const NO_CERTIFICATE: Fits = Fits {
    causes: &["smtp-protocol-error", "certificate-untrusted", "server-misconfigured", "tls-intercepted"],
    because: "there is no certificate that anybody could read",
};

/// A handshake message of TLS 1.2 in records.
fn records(messages: &[u8]) -> Vec<u8> {
    messages
        .chunks(16_000)
        .flat_map(|part| [&[22, 3, 3][..], &(part.len() as u16).to_be_bytes(), part].concat())
        .collect()
}

fn message(kind: u8, body: &[u8]) -> Vec<u8> {
    [&[kind][..], &(body.len() as u32).to_be_bytes()[1..], body].concat()
}

fn server_hello() -> Vec<u8> {
    // With renegotiation_info (RFC 5746), without which libraries do not go on.
    message(2, &[&[3, 3][..], &[7; 32], &[0, 0xc0, 0x2f, 0, 0, 5, 0xff, 1, 0, 1, 0]].concat())
}

/// A certificate message, with what it says about the length of its list.
fn certificate(der: &[u8], list: usize) -> Vec<u8> {
    let length = |of: usize| (of as u32).to_be_bytes()[1..].to_vec();
    message(11, &[length(list), length(der.len()), der.to_vec()].concat())
}

/// Sends this, then keeps the connection.
fn then_waits(mut peer: Peer, bytes: Vec<u8>) -> Done {
    Box::pin(async move {
        peer.send(&bytes).await;
        peer.wait().await;
    })
}

/// Sends this, then ends the connection.
fn then_ends(mut peer: Peer, bytes: Vec<u8>) -> Done {
    Box::pin(async move {
        peer.send(&bytes).await;
        let _ = peer.stream.shutdown().await;
    })
}

/// Sends the first, then the second again and again.
fn then_floods(mut peer: Peer, first: Vec<u8>, bytes: Vec<u8>) -> Done {
    Box::pin(async move {
        peer.send(&first).await;
        peer.flood(&bytes).await;
    })
}

fn flight(messages: &[Vec<u8>]) -> Vec<u8> {
    records(&messages.concat())
}

const HANDSHAKES: &[(&str, Talk, Fits)] = &[
    ("silence", |peer| then_waits(peer, vec![]), SILENT),
    ("the end", |peer| then_ends(peer, vec![]), ENDS),
    ("garbage without end", |peer| then_floods(peer, vec![], b"\x00\x01garbage".to_vec()), GARBAGE),
    ("one line of garbage", |peer| then_waits(peer, b"\x00\x01garbage\r\n".to_vec()), GARBAGE),
    ("a reply in plain text", |peer| then_waits(peer, b"250 go on\r\n".to_vec()), GARBAGE),
    ("a web server's answer", |peer| then_ends(peer, b"HTTP/1.1 400 Bad Request\r\n\r\n".to_vec()), GARBAGE),
    ("half a record", |peer| then_waits(peer, vec![22, 3, 3, 0x40, 0, 2, 0, 0]), SILENT),
    ("half a record, then the end", |peer| then_ends(peer, vec![22, 3, 3, 0x40, 0, 2, 0, 0]), ENDS),
    ("half a record's head", |peer| then_ends(peer, vec![22, 3]), ENDS),
    ("a record of 65,535 bytes", |peer| then_floods(peer, vec![22, 3, 3, 0xff, 0xff], vec![0; 100]), GARBAGE),
    ("an empty record", |peer| then_waits(peer, vec![22, 3, 3, 0, 0]), GARBAGE_OR_SILENT),
    ("empty records without end", |peer| then_floods(peer, vec![], vec![22, 3, 3, 0, 0]), ENDLESS_OR_GARBAGE),
    ("a record of an unknown kind", |peer| then_waits(peer, vec![99, 3, 3, 0, 2, 1, 1]), GARBAGE),
    ("data before the handshake", |peer| then_waits(peer, vec![23, 3, 3, 0, 2, 1, 1]), GARBAGE),
    ("a change of cipher at once", |peer| then_waits(peer, vec![20, 3, 3, 0, 1, 1]), GARBAGE_OR_SILENT),
    ("a ClientHello in answer", |peer| then_waits(peer, flight(&[message(1, &[3; 80])])), GARBAGE),
    ("a ServerHello of garbage", |peer| then_waits(peer, flight(&[message(2, &[0xff; 70])])), GARBAGE_OR_REFUSES),
    ("a ServerHello of no length", |peer| then_waits(peer, flight(&[message(2, &[])])), GARBAGE),
    (
        "a ServerHello that lies about its length",
        |peer| then_waits(peer, records(&[&[2, 0, 0xff, 0xff][..], &[3; 60]].concat())),
        GARBAGE_OR_SILENT,
    ),
    (
        "a version that does not exist",
        |peer| then_waits(peer, flight(&[message(2, &[&[9, 9][..], &[7; 32], &[0, 0xc0, 0x2f, 0]].concat())])),
        GARBAGE_OR_REFUSES,
    ),
    (
        "a cipher suite that was not offered",
        |peer| then_waits(peer, flight(&[message(2, &[&[3, 3][..], &[7; 32], &[0, 0, 1, 0]].concat())])),
        GARBAGE_OR_REFUSES,
    ),
    ("a ServerHello, then silence", |peer| then_waits(peer, flight(&[server_hello()])), SILENT),
    ("a ServerHello, then the end", |peer| then_ends(peer, flight(&[server_hello()])), ENDS),
    ("ServerHellos without end", |peer| then_floods(peer, vec![], flight(&[server_hello()])), ENDLESS_OR_GARBAGE),
    (
        "a handshake message of 16 MiB",
        |peer| {
            let head = [&[22, 3, 3, 0x40, 0, 11, 0xff, 0xff, 0xff][..], &[0; 0x4000 - 4]].concat();
            then_floods(peer, [flight(&[server_hello()]), head].concat(), records(&[0; 16_000]))
        },
        ENDLESS,
    ),
    (
        "a chain of certificates without end",
        |peer| then_floods(peer, flight(&[server_hello()]), flight(&[certificate(&[0x30; 900], 903)])),
        ENDLESS_OR_NO_CERTIFICATE,
    ),
    (
        "a certificate that does not parse",
        |peer| then_waits(peer, flight(&[server_hello(), certificate(b"no certificate", 17), message(14, &[])])),
        NO_CERTIFICATE,
    ),
    (
        "a certificate list shorter than its certificate",
        |peer| then_waits(peer, flight(&[server_hello(), certificate(&[0x30; 90], 9), message(14, &[])])),
        NO_CERTIFICATE_OR_GARBAGE,
    ),
    (
        "a certificate list longer than its message",
        |peer| then_waits(peer, flight(&[server_hello(), certificate(&[0x30; 90], 9_000), message(14, &[])])),
        NO_CERTIFICATE_OR_GARBAGE,
    ),
    (
        "an empty certificate list",
        |peer| then_waits(peer, flight(&[server_hello(), message(11, &[0, 0, 0]), message(14, &[])])),
        NO_CERTIFICATE,
    ),
    // user_canceled, which ends nothing by itself (RFC 8446 section 6.1).
    ("warnings without end", |peer| then_floods(peer, vec![], vec![21, 3, 3, 0, 2, 1, 90]), ENDLESS_OR_GARBAGE),
    ("close_notify without end", |peer| then_floods(peer, vec![], vec![21, 3, 3, 0, 2, 1, 0]), ENDS),
    ("an alert of no length", |peer| then_waits(peer, vec![21, 3, 3, 0, 0]), GARBAGE_OR_SILENT),
    ("an alert of an unknown number", |peer| then_ends(peer, vec![21, 3, 3, 0, 2, 2, 201]), INTERNAL_OR_REFUSES),
    ("alert 10, unexpected message", |peer| then_ends(peer, vec![21, 3, 3, 0, 2, 2, 10]), INTERNAL),
    ("alert 20, bad record MAC", |peer| then_ends(peer, vec![21, 3, 3, 0, 2, 2, 20]), INTERNAL),
    ("alert 40, handshake failure", |peer| then_ends(peer, vec![21, 3, 3, 0, 2, 2, 40]), REFUSES),
    ("alert 50, decode error", |peer| then_ends(peer, vec![21, 3, 3, 0, 2, 2, 50]), INTERNAL),
    ("alert 70, protocol version", |peer| then_ends(peer, vec![21, 3, 3, 0, 2, 2, 70]), REFUSES),
    ("alert 80, internal error", |peer| then_ends(peer, vec![21, 3, 3, 0, 2, 2, 80]), INTERNAL),
    ("alert 112, unrecognized name", |peer| then_ends(peer, vec![21, 3, 3, 0, 2, 2, 112]), UNKNOWN_NAME),
    ("a byte a second", |mut peer| Box::pin(async move { peer.drip(&flight(&[server_hello()])).await }), SILENT),
];

const GARBAGE_OR_SILENT: Fits = Fits {
    causes: &["smtp-protocol-error", "smtp-intercepted", "server-too-slow", "wrong-security", "wrong-port"],
    because: "it makes no sense, and then nothing comes",
};
const ENDLESS_OR_GARBAGE: Fits = Fits {
    causes: &["smtp-protocol-error", "smtp-intercepted", "server-too-slow", "wrong-port"],
    because: "it makes no sense, without end",
};
const GARBAGE_OR_REFUSES: Fits = Fits {
    causes: &["smtp-protocol-error", "tls-version-mismatch", "tls-too-weak"],
    because: "it makes no sense, or chooses what nobody offered",
};
const ENDLESS_OR_NO_CERTIFICATE: Fits = Fits {
    causes: &["smtp-protocol-error", "certificate-untrusted", "tls-intercepted"],
    because: "no certificate that anybody could read, without end",
};
const NO_CERTIFICATE_OR_GARBAGE: Fits = NO_CERTIFICATE;
const INTERNAL_OR_REFUSES: Fits = Fits {
    causes: &["server-misconfigured", "smtp-protocol-error", "tls-too-weak"],
    because: "it refuses, and nobody knows why",
};
const UNKNOWN_NAME: Fits = Fits {
    causes: &["server-misconfigured", "smtp-protocol-error", "wrong-server", "tls-version-mismatch"],
    because: "the server does not know the name that it was asked for (RFC 6066 section 3)",
};

pub fn cases() -> Vec<Case> {
    let mut cases = Vec::new();
    for (what, talk, fits) in HANDSHAKES {
        for (port, security) in [(587, "starttls"), (465, "implicit")] {
            let mut case = Case::new("handshakes", *what, format!("TLS on {port}"), *fits);
            case.account =
                format!("settings = {{ server = \"smtp.example.com\", port = {port}, security = {security:?} }}\n");
            let other = if port == 587 { 465 } else { 587 };
            case.world = format!("[host.\"smtp.example.com\".port.{other}]\nclosed = true\n");
            let talk = *talk;
            case.change = Box::new(move |job| {
                let by = that(move |mut peer| {
                    Box::pin(async move {
                        if peer.until_hello(port == 465).await {
                            talk(peer).await;
                        }
                    })
                });
                replace(job, &[(MAIL_SERVER, port)], Arc::clone(&by));
            });
            cases.push(case);
        }
    }
    cases
}
