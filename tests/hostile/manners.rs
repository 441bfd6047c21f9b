//! Mail servers that keep to the form of a reply and not to its sense: lists, codes, challenges and line ends that no sound
//! server sends, each at one place of both protocols.

use super::suite::{Case, Fits};
use mailtriage::cli::Detail;

/// Any end that accuses neither the network nor the password.
const NO_PASSWORD: Fits = Fits {
    causes: &[
        "smtp-protocol-error",
        "server-rejects-client",
        "server-misconfigured",
        "server-busy",
        "server-too-slow",
        "auth-mechanism-unsupported",
        "auth-not-offered",
        "undetermined",
    ],
    because: "the server's answer to the log-in is not about the password",
};
const NO_CHANGE: Fits =
    Fits { causes: &["healthy"], because: "what it says too much or oddly does not stop an account from sending" };
const SENDER: Fits = Fits {
    causes: &[
        "smtp-protocol-error",
        "server-misconfigured",
        "server-busy",
        "server-too-slow",
        "recipient-rejected",
        "server-rejects-client",
        "undetermined",
        "healthy",
    ],
    because: "the log-in was accepted, and what came then is no mail server's answer",
};
const NO_OFFER: Fits = Fits {
    causes: &["auth-not-offered", "auth-mechanism-unsupported", "undetermined", "healthy", "smtp-protocol-error"],
    because: "it names no kind of log-in that anybody knows",
};
const NO_EHLO: Fits = Fits {
    causes: &[
        "smtp-protocol-error",
        "server-rejects-client",
        "server-too-slow",
        "server-misconfigured",
        "smtp-intercepted",
        "undetermined",
        "auth-not-offered",
    ],
    because: "the answer to EHLO is none, and the server's own",
};

/// What it is, after which command it comes (nothing: with the connection), what it says there, and what follows from that.
type Manner = (&'static str, &'static str, &'static str, Fits);

const MANNERS: &[Manner] = &[
    ("a thousand keywords", "EHLO", "-- many", NO_EHLO),
    ("AUTH fifty times", "EHLO", "-- auths", NO_CHANGE),
    (
        "AUTH with escape sequences",
        "EHLO",
        "-- send 250-x\\x0d\\x0a250 AUTH \\x1b[2J PLA\\xe2\\x80\\xaeIN\\x0d\\x0a",
        NO_OFFER,
    ),
    (
        "a size of forty digits",
        "EHLO",
        "S: 250-{host}\nS: 250-SIZE 9999999999999999999999999999999999999999\nS: 250 AUTH PLAIN",
        NO_CHANGE,
    ),
    ("a negative size", "EHLO", "S: 250-{host}\nS: 250-SIZE -1\nS: 250 AUTH PLAIN", NO_CHANGE),
    ("AUTH in small letters", "EHLO", "S: 250-{host}\nS: 250 auth plain login", NO_CHANGE),
    ("AUTH without a kind", "EHLO", "S: 250-{host}\nS: 250 AUTH", NO_OFFER),
    ("STARTTLS once more", "EHLO", "S: 250-{host}\nS: 250-STARTTLS\nS: 250 AUTH PLAIN", NO_CHANGE),
    ("200 in place of 250", "EHLO", "S: 200 hello", NO_EHLO),
    ("354 in answer to EHLO", "EHLO", "S: 354 go on", NO_EHLO),
    ("a web page", "EHLO", "-- send <html>\\x0d\\x0a<body>\\x0d\\x0a", NO_EHLO),
    ("two bytes a letter", "EHLO", "-- send \\xff\\xfe2\\x005\\x000\\x00\\x0d\\x00\\x0a\\x00", NO_EHLO),
    ("a greeting of two thousand letters", "", "-- long", NO_CHANGE),
    ("zeros in the greeting", "", "-- send 220 ma\\x00il\\x00 ESMTP\\x0d\\x0a", NO_CHANGE),
    ("line feeds alone", "", "-- send 220 mail ESMTP\\x0a", NO_CHANGE),
    ("challenges without end", "AUTH", "-- endless 334 Z28gb24=", NO_PASSWORD),
    ("a challenge that is no Base64", "AUTH", "S: 334 ***", NO_PASSWORD),
    ("accepted and refused at once", "AUTH", "S: 235 2.7.0 Accepted\nS: 535 5.7.8 Refused", NO_PASSWORD_OR_FINE),
    ("250 in place of 235", "AUTH", "S: 250 2.0.0 Ok", NO_PASSWORD_OR_FINE),
    ("221 in answer to AUTH", "AUTH", "S: 221 2.0.0 Bye\n-- close", NO_PASSWORD),
    ("354 in answer to AUTH", "AUTH", "S: 354 go on", NO_PASSWORD),
    ("421 in answer to AUTH", "AUTH", "S: 421 4.3.2 shutting down\n-- close", NO_PASSWORD),
    ("503 in answer to AUTH", "AUTH", "S: 503 5.5.1 Bad sequence of commands", NO_PASSWORD),
    ("502 in answer to AUTH", "AUTH", "S: 502 5.5.2 Command not implemented", NO_PASSWORD),
    ("a reply in single bytes", "AUTH", "-- send 2\n-- send 3\n-- send 5\n-- send \\x20ok\\x0d\\x0a", NO_CHANGE),
    ("354 in answer to MAIL", "MAIL", "S: 354 go on", SENDER),
    ("530 after the log-in", "MAIL", "S: 530 5.7.0 Authentication required", REFUSED),
    ("251 in answer to RCPT", "RCPT", "S: 251 2.1.5 User not local; will forward", NO_CHANGE),
    ("252 in answer to RCPT", "RCPT", "S: 252 2.1.5 Cannot verify the user", NO_CHANGE_OR_SENDER),
    ("421 in answer to RCPT", "RCPT", "S: 421 4.3.2 shutting down\n-- close", SENDER),
    ("a reply for each recipient that never was", "RCPT", "S: 250 2.1.5 Ok\nS: 550 5.1.1 No such user", SENDER),
];

const NO_PASSWORD_OR_FINE: Fits = Fits {
    causes: &[
        "healthy",
        "smtp-protocol-error",
        "server-misconfigured",
        "server-rejects-client",
        "server-busy",
        "undetermined",
    ],
    because: "it accepts, and then says something else as well: not the password",
};
const REFUSED: Fits = Fits {
    causes: &["sender-not-allowed", "auth-not-sent", "server-misconfigured", "undetermined"],
    because: "it refuses the sender, and says that nobody has logged in",
};
const NO_CHANGE_OR_SENDER: Fits = Fits {
    causes: &["healthy", "recipient-rejected", "undetermined"],
    because: "252 neither accepts nor refuses (RFC 5321 section 3.5.3)",
};

pub fn cases() -> Vec<Case> {
    let protocols = [("STARTTLS on 587", 587, "starttls"), ("implicit TLS on 465", 465, "implicit")];
    let all = protocols.iter().flat_map(|protocol| MANNERS.iter().map(|manner| case(*protocol, manner)));
    all.collect()
}

fn case((name, port, security): (&str, u16, &str), (what, after, says, fits): &Manner) -> Case {
    let place =
        if after.is_empty() { format!("{name}, as the greeting") } else { format!("{name}, as the answer to {after}") };
    let mut case = Case::new("manners", *what, place, *fits);
    case.detail = Detail::Bounded;
    case.account = format!("settings = {{ server = \"smtp.example.com\", port = {port}, security = {security:?} }}\n");
    case.world = format!("[dialogue]\nhostile = {:?}\n", dialogue(port == 587, after, &in_full(says)));
    for other in [25, 465, 587].iter().filter(|other| **other != port) {
        case.world += &format!("[host.\"smtp.example.com\".port.{other}]\nclosed = true\n");
    }
    case.world += &format!("[host.\"smtp.example.com\".port.{port}]\ndialogue = \"hostile\"\n");
    case
}

/// What is too long to stand in the table.
fn in_full(says: &str) -> String {
    match says {
        "-- many" => (0..1_000).map(|at| format!("S: 250-X{at}\n")).collect::<String>() + "S: 250 AUTH PLAIN LOGIN",
        "-- auths" => {
            "S: 250-{host}\n".to_owned() + &"S: 250-AUTH X-ODD PLAIN LOGIN\n".repeat(49) + "S: 250 AUTH PLAIN"
        }
        "-- long" => format!("S: 220 {} ESMTP", "a".repeat(2_000)),
        says => says.to_owned(),
    }
}

/// A sound dialogue, but for the answer to one command.
fn dialogue(starttls: bool, after: &str, says: &str) -> String {
    let mut parts = Vec::new();
    let mut step = |command: &str, waits: &str, sound: &str| {
        parts.push(format!("{waits}\n{}", if command == after { says } else { sound }));
    };
    step("", "", "S: 220 {host} ESMTP ready");
    if starttls {
        step("before", "C: EHLO *", "S: 250-{host}\nS: 250 STARTTLS");
        step("STARTTLS", "C: STARTTLS", "S: 220 2.0.0 Ready to start TLS\n-- TLS");
    }
    step("EHLO", "C: EHLO *", "S: 250-{host} Hello [{client}]\nS: 250 AUTH PLAIN LOGIN");
    step("AUTH", "C: AUTH *", "S: 235 2.7.0 Accepted");
    step("MAIL", "C: MAIL *", "S: 250 2.1.0 Ok");
    step("RCPT", "C: RCPT *", "S: 250 2.1.5 Ok");
    step("RSET", "C: RSET", "S: 250 2.0.0 Ok");
    step("QUIT", "C: QUIT", "S: 221 2.0.0 Bye\n-- close");
    parts.join("\n")
}
