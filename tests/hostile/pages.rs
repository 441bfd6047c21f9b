//! Web servers: those of autodiscovery, encrypted, and those that show portals, in the clear. The mail server is sound:
//! nothing that a web server says may put the blame on it.

use super::certificates::{ROOT, leaf_for_web};
use super::server::{Done, Peer, Replace, replace, tls, trust};
use super::suite::{Case, Fits};
use std::sync::Arc;
use tokio::io::{AsyncReadExt, AsyncWriteExt, BufReader, duplex};

const SOUND: Fits = Fits { causes: &["healthy"], because: "the mail server takes the account's mail" };
const SOUND_OR_ANOTHER: Fits = Fits {
    causes: &["healthy", "wrong-server", "wrong-port", "wrong-security", "dns-name-not-found", "undetermined"],
    because: "the provider's own file names servers, and they are not there",
};

/// What a web server sends, and then again and again.
pub type Answer = fn() -> (Vec<u8>, Vec<u8>);

pub fn once(answer: impl Into<Vec<u8>>) -> (Vec<u8>, Vec<u8>) {
    (answer.into(), vec![])
}

pub fn again(answer: impl Into<Vec<u8>>, bytes: impl Into<Vec<u8>>) -> (Vec<u8>, Vec<u8>) {
    (answer.into(), bytes.into())
}

pub fn page(body: &str) -> (Vec<u8>, Vec<u8>) {
    once(format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n{body}", body.len()))
}

fn servers(server: &str) -> String {
    format!(
        "<clientConfig version=\"1.1\"><emailProvider id=\"example.com\"><domain>example.com</domain>{server}\
         </emailProvider></clientConfig>"
    )
}

fn outgoing(host: &str, port: &str) -> String {
    format!(
        "<outgoingServer type=\"smtp\"><hostname>{host}</hostname><port>{port}</port><socketType>STARTTLS</socketType>\
         <authentication>password-cleartext</authentication></outgoingServer>"
    )
}

pub const ANSWERS: &[(&str, Answer, Fits)] = &[
    ("silence", || once(""), SOUND),
    ("a flood of zeros", || again("", [0; 64]), SOUND),
    ("a head without end", || again("HTTP/1.1 200 OK\r\n", "X-Head: and so on\r\n"), SOUND),
    ("a status line without end", || again("HTTP/1.1 200 ", "OK and so on "), SOUND),
    ("a body without end", || again("HTTP/1.1 200 OK\r\n\r\n", "and so on\n"), SOUND),
    ("a status that is no number", || once("HTTP/1.1 OK\r\n\r\n"), SOUND),
    ("a status of 99999", || once("HTTP/1.1 99999 What\r\nContent-Length: 0\r\n\r\n"), SOUND),
    (
        "a length of more than there is",
        || once("HTTP/1.1 200 OK\r\nContent-Length: 99999999999999999999999\r\n\r\nshort"),
        SOUND,
    ),
    ("a negative length", || once("HTTP/1.1 200 OK\r\nContent-Length: -5\r\n\r\nshort"), SOUND),
    ("two lengths", || once("HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Length: 500\r\n\r\nshort"), SOUND),
    (
        "chunks that nobody asked for",
        || once("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nffffffffffffffff\r\nx"),
        SOUND,
    ),
    ("chunks without end", || again("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", "1\r\nx\r\n"), SOUND),
    ("what says that it is gzip", || again("HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\n\r\n\x1f", [0; 512]), SOUND),
    (
        "a redirect to itself",
        || once("HTTP/1.1 302 Found\r\nLocation: /mail/config-v1.1.xml\r\nContent-Length: 0\r\n\r\n"),
        SOUND,
    ),
    (
        "a redirect elsewhere",
        || once("HTTP/1.1 302 Found\r\nLocation: http://203.0.113.99/\r\nContent-Length: 0\r\n\r\n"),
        SOUND,
    ),
    (
        "a redirect to a script",
        || once("HTTP/1.1 302 Found\r\nLocation: javascript:alert(1)\r\nContent-Length: 0\r\n\r\n"),
        SOUND,
    ),
    (
        "a redirect with control characters",
        || once("HTTP/1.1 302 Found\r\nLocation: http://a/\x1b[2J\u{202e}\r\nContent-Length: 0\r\n\r\n"),
        SOUND,
    ),
    (
        "a date beyond all calendars",
        || once("HTTP/1.1 200 OK\r\nDate: Fri, 99 Foo 999999 99:99:99 GMT\r\nContent-Length: 0\r\n\r\n"),
        SOUND,
    ),
    ("another protocol", || once("SSH-2.0-OpenSSH_9.6\r\n"), SOUND),
    ("an empty file", || page(""), SOUND),
    (
        "XML whose entities grow",
        || {
            let grow: String = (1..30).map(|at| format!("<!ENTITY e{at} \"&e{};&e{};\">", at - 1, at - 1)).collect();
            page(&format!("<!DOCTYPE x [<!ENTITY e0 \"ha\">{grow}]>{}", servers(&outgoing("&e29;", "587"))))
        },
        SOUND_OR_ANOTHER,
    ),
    (
        "XML that names a file",
        || {
            page(&format!(
                "<!DOCTYPE x [<!ENTITY f SYSTEM \"file:///etc/passwd\">]>{}",
                servers(&outgoing("&f;", "587"))
            ))
        },
        SOUND_OR_ANOTHER,
    ),
    ("XML 50,000 levels deep", || page(&"<a>".repeat(50_000)), SOUND),
    ("XML that stops", || page("<clientConfig><emailProvider><outgoingServer type=\"smtp\"><hostname>smtp."), SOUND),
    ("1,000 servers", || page(&servers(&outgoing("smtp.example.com", "587").repeat(1_000))), SOUND),
    ("a server of no name", || page(&servers(&outgoing("", "587"))), SOUND_OR_ANOTHER),
    ("port 0", || page(&servers(&outgoing("smtp.example.com", "0"))), SOUND_OR_ANOTHER),
    ("port 99999", || page(&servers(&outgoing("smtp.example.com", "99999"))), SOUND_OR_ANOTHER),
    (
        "a name with control characters",
        || page(&servers(&outgoing("smtp\u{1b}[2J.example.com", "587"))),
        SOUND_OR_ANOTHER,
    ),
    ("a name of 10,000 letters", || page(&servers(&outgoing(&"a".repeat(10_000), "587"))), SOUND_OR_ANOTHER),
];

pub fn answers(
    mut peer: Peer<impl tokio::io::AsyncRead + tokio::io::AsyncWrite + Unpin + Send + 'static>,
    answer: Answer,
) -> Done {
    Box::pin(async move {
        while peer.line().await.len() > 2 {}
        let (first, more) = answer();
        peer.send(&first).await;
        match (first.is_empty(), more.is_empty()) {
            (_, false) => peer.flood(&more).await,
            (true, true) => peer.wait().await,
            (false, true) => {
                let _ = peer.stream.shutdown().await;
                let mut rest = [0; 16];
                while matches!(peer.stream.read(&mut rest).await, Ok(1..)) {}
            }
        }
    })
}

pub fn web(answer: Answer) -> Replace {
    Arc::new(move |_| {
        let (ours, theirs) = duplex(16 * 1024);
        tokio::spawn(answers(Peer { stream: BufReader::new(theirs) }, answer));
        Box::new(ours)
    })
}

pub fn encrypted_web(names: &[&str], answer: Answer) -> Replace {
    let (chain, key) = leaf_for_web(names);
    let acceptor = tls(chain, key);
    Arc::new(move |_| {
        let (ours, theirs) = duplex(16 * 1024);
        let acceptor = acceptor.clone();
        tokio::spawn(async move {
            if let Ok(stream) = acceptor.accept(theirs).await {
                answers(Peer { stream: BufReader::new(stream) }, answer).await;
            }
        });
        Box::new(ours)
    })
}

/// Autodiscovery's own server. Neither SRV nor a known MX leads anywhere else.
const AUTOCONFIG: &str = r#"
[dns]
"_submission._tcp.example.com" = []
"_submissions._tcp.example.com" = []
[host."autoconfig.example.com"]
v4 = ["203.0.113.8"]
port.443 = { pages = {}, implicit = true }
"#;

pub fn cases() -> Vec<Case> {
    let mut cases = Vec::new();
    for (what, answer, fits) in ANSWERS {
        let mut found = Case::new("web servers", *what, "autodiscovery", *fits);
        found.account = "settings = {}\n".to_owned();
        found.world = AUTOCONFIG.to_owned();
        found.change = Box::new(|job| {
            trust(job, &ROOT.0);
            replace(
                job,
                &[([203, 0, 113, 8], 443)],
                encrypted_web(&["autoconfig.example.com", "example.com"], *answer),
            );
        });
        cases.push(found);
        let mut portal = Case::new("web servers", *what, "the pages that show portals", SOUND);
        portal.change = Box::new(|job| replace(job, &[([203, 0, 113, 80], 80), ([203, 0, 113, 81], 80)], web(*answer)));
        cases.push(portal);
    }
    cases
}
