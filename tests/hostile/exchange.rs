//! Web servers on Outlook's way to an Exchange mailbox: those that autodiscover asks, Microsoft's own as somebody might play
//! them, and a web proxy. The mailbox is at Microsoft 365. Nothing that they say may lead anywhere inside, or put the blame
//! on anybody else.

use super::certificates::{ROOT, leaf_for_web};
use super::pages::{ANSWERS, Answer, again, encrypted_web, once, page, web};
use super::server::{Peer, Replace, replace, tls, trust};
use super::suite::{Case, Fits};
use std::sync::Arc;
use tokio::io::{BufReader, duplex};

const WEBSITE: [u8; 4] = [203, 0, 113, 90];
const OUTLOOK: [u8; 4] = [203, 0, 113, 73];
const SIGN_IN: [u8; 4] = [203, 0, 113, 74];
const PROXY: [u8; 4] = [203, 0, 113, 93];
const SCRIPT: [u8; 4] = [203, 0, 113, 94];

const OPEN: Fits = Fits { causes: &["undetermined"], because: "the servers of the mailbox are sound" };
const MISLED: Fits = Fits {
    causes: &["undetermined", "autodiscover-misled"],
    because: "autodiscover leads somewhere else than to Microsoft",
};
const SHUT: Fits = Fits {
    causes: &["undetermined", "exchange-unreachable", "exchange-service"],
    because: "this server answers in no usable way, or with an error",
};

/// What only a web server of these says.
const MORE: &[(&str, Answer)] = &[
    ("a redirect to http", || sends_to("http://plain.contoso.example/autodiscover/autodiscover.xml")),
    ("a redirect to a private address", || sends_to("https://192.168.1.1/autodiscover/autodiscover.xml")),
    ("a redirect to this computer", || sends_to("https://127.0.0.1:8443/")),
    ("a redirect to this computer by IPv6", || sends_to("https://[::1]/")),
    ("a redirect to an address inside that is hidden in IPv6", || sends_to("https://[::ffff:10.0.0.1]/")),
    ("a redirect to a file", || sends_to("file:///etc/passwd")),
    ("a redirect to data", || sends_to("data:text/html,x")),
    ("a redirect to FTP", || sends_to("ftp://files.example/")),
    ("a redirect to nowhere", || sends_to("https:///")),
    ("a redirect of 100,000 letters", || sends_to(&format!("https://{}.example/", "a".repeat(100_000)))),
    ("redirects without end", || {
        once("HTTP/1.1 302 Found\r\nLocation: ../x/y/z\r\nContent-Length: 0\r\n\r\n".to_owned())
    }),
    ("a page of 100 MB", || again("HTTP/1.1 200 OK\r\nContent-Length: 104857600\r\n\r\n<html>", "<x/>")),
    ("a bomb of gzip", || {
        // The head of a gzip member, a stored block, and then what would unpack to zeros.
        again("HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\n\r\n\x1f\u{8}\0\0\0\0\0\0\u{3}", [0x62; 512])
    }),
    ("1,000 ways to log in", || {
        once(format!("HTTP/1.1 401 X\r\n{}Content-Length: 0\r\n\r\n", "WWW-Authenticate: NTLM\r\n".repeat(1_000)))
    }),
    ("a way to log in with control characters", || {
        once("HTTP/1.1 401 X\r\nWWW-Authenticate: B\x1b[2Jasic\r\nContent-Length: 0\r\n\r\n")
    }),
    ("a status of 600", || once("HTTP/1.1 600 What\r\nContent-Length: 0\r\n\r\n")),
    ("JSON that is a list", || page("[1, 2, 3]")),
    ("JSON that is a number", || page("5")),
    ("JSON whose address is a number", || page(r#"{"Protocol":"AutodiscoverV1","Url":5}"#)),
    ("JSON without an address", || page(r#"{"Protocol":"AutodiscoverV1","Url":null}"#)),
    ("JSON that sends to a private address", || page(r#"{"Url":"https://192.168.1.1/autodiscover/autodiscover.xml"}"#)),
    ("JSON that sends to this computer", || page(r#"{"Url":"https://localhost/autodiscover/autodiscover.xml"}"#)),
    ("JSON that sends to http", || page(r#"{"Url":"http://mail.contoso.example/"}"#)),
    ("JSON that sends to a script", || page(r#"{"Url":"javascript:alert(1)"}"#)),
    ("JSON with control characters", || page("{\"Url\":\"https://a\\u001b[2J\\u202e.example/\"}")),
    ("JSON 100,000 levels deep", || page(&"[".repeat(100_000))),
    ("JSON that stops", || page(r#"{"Protocol":"AutodiscoverV1","Url":"https://mail."#)),
    ("a script of proxies without end", || {
        let named: String = (0..20_000).map(|at| format!("PROXY p{at}.contoso.example:8080; ")).collect();
        page(&format!("function FindProxyForURL(url, host) {{ return \"DIRECT; {named}\"; }}"))
    }),
    ("a script that names this computer and control characters", || {
        page(
            "function FindProxyForURL() { return 'DIRECT; PROXY 127.0.0.1:587; PROXY a\u{1b}[2J\u{202e}:80; PROXY :0'; }",
        )
    }),
    ("a script that never ends its quotation", || {
        page(&format!("FindProxyForURL \"DIRECT\" /* \"PROXY {}", "\\\"'`".repeat(50_000)))
    }),
    ("an XML whose entities grow", || {
        let grow: String = (1..30).map(|at| format!("<!ENTITY e{at} \"&e{};&e{};\">", at - 1, at - 1)).collect();
        page(&format!("<!DOCTYPE x [<!ENTITY e0 \"ha\">{grow}]><html>&e29;</html>"))
    }),
];

fn sends_to(url: &str) -> (Vec<u8>, Vec<u8>) {
    once(format!("HTTP/1.1 302 Found\r\nLocation: {url}\r\nContent-Length: 0\r\n\r\n"))
}

/// A whole answer, a byte a second.
fn dripping(names: &[&str]) -> Replace {
    let (chain, key) = leaf_for_web(names);
    let acceptor = tls(chain, key);
    Arc::new(move |_| {
        let (ours, theirs) = duplex(4_096);
        let acceptor = acceptor.clone();
        tokio::spawn(async move {
            if let Ok(stream) = acceptor.accept(theirs).await {
                let mut peer = Peer { stream: BufReader::new(stream) };
                while peer.line().await.len() > 2 {}
                peer.drip(b"HTTP/1.1 401 Unauthorized\r\nWWW-Authenticate: Basic\r\nContent-Length: 0\r\n\r\n").await;
            }
        });
        Box::new(ours)
    })
}

/// The domain's website; its autodiscover is an alias of Microsoft's.
const ALIAS: &str = r#"
fault = []
[host."contoso.example"]
v4 = ["203.0.113.90"]
port.443 = { pages = {}, implicit = true }
"#;
/// The name autodiscover has an address of its own, without and with encryption.
const OWN_NAME: &str = r#"
fault = []
[dns]
"autodiscover.contoso.example" = ["A 203.0.113.90"]
[host."autodiscover.contoso.example"]
v4 = ["203.0.113.90"]
port.80 = { pages = {} }
port.443 = { pages = {}, implicit = true }
"#;
/// A web proxy, and no way out but that.
const BY_PROXY: &str = r#"
machine.proxy = "203.0.113.93:3128"
[host."proxy.contoso.example"]
v4 = ["203.0.113.93"]
port.3128.pages."*" = ""
[[fault]]
at = "router"
does = "drop"
ports = [80, 443]
"#;

/// A script chooses the web proxy; the way without one is open.
const BY_SCRIPT: &str = r#"
fault = []
machine.proxy-script = "http://pac.contoso.example/proxy.pac"
[host."pac.contoso.example"]
v4 = ["203.0.113.94"]
port.80.pages."*" = ""
"#;

/// Where such a server stands, what it may come to, its world, and how it takes the place of the lab's.
struct Stand {
    place: &'static str,
    fits: Fits,
    world: &'static str,
    at: &'static [([u8; 4], u16)],
    encrypted: Option<&'static [&'static str]>,
}

const STANDS: &[Stand] = &[
    Stand {
        place: "the domain's website",
        fits: OPEN,
        world: ALIAS,
        at: &[(WEBSITE, 443)],
        encrypted: Some(&["contoso.example"]),
    },
    Stand {
        place: "the name autodiscover",
        fits: MISLED,
        world: OWN_NAME,
        at: &[(WEBSITE, 443)],
        encrypted: Some(&["autodiscover.contoso.example"]),
    },
    Stand {
        place: "the name autodiscover, without encryption",
        fits: MISLED,
        world: OWN_NAME,
        at: &[(WEBSITE, 80)],
        encrypted: None,
    },
    Stand {
        place: "the mailbox's server",
        fits: SHUT,
        world: "fault = []",
        at: &[(OUTLOOK, 443)],
        encrypted: Some(&["outlook.office365.com"]),
    },
    Stand {
        place: "the sign-in server",
        fits: SHUT,
        world: "fault = []",
        at: &[(SIGN_IN, 443)],
        encrypted: Some(&["login.microsoftonline.com"]),
    },
    Stand {
        place: "the script that chooses the web proxy",
        fits: OPEN,
        world: BY_SCRIPT,
        at: &[(SCRIPT, 80)],
        encrypted: None,
    },
    Stand { place: "the web proxy", fits: SHUT, world: BY_PROXY, at: &[(PROXY, 3128)], encrypted: None },
];

fn case(stand: &'static Stand, what: &str, replaced: impl Fn() -> Replace + Send + Sync + 'static) -> Case {
    let mut case = Case::new("servers of Exchange", what, stand.place, stand.fits);
    case.base = "exchange-shut";
    case.world = stand.world.to_owned();
    case.change = Box::new(move |job| {
        trust(job, &ROOT.0);
        replace(job, stand.at, replaced());
    });
    case
}

pub fn cases() -> Vec<Case> {
    // From the empty file on they are about autoconfig's own format.
    let others = || ANSWERS.iter().take_while(|(what, ..)| *what != "an empty file");
    let answers = || others().map(|(what, answer, _)| (*what, *answer)).chain(MORE.iter().copied());
    let mut cases = Vec::new();
    for stand in STANDS {
        for (what, answer) in answers() {
            cases.push(case(stand, what, move || match stand.encrypted {
                Some(names) => encrypted_web(names, answer),
                None => web(answer),
            }));
        }
        if let Some(names) = stand.encrypted {
            cases.push(case(stand, "a byte a second", move || dripping(names)));
        }
    }
    cases
}
