//! Mail servers that misbehave in answer to one command: encrypted from the start, after STARTTLS, and in the clear.

use super::suite::{Case, Fits};
use mailtriage::cli::Detail;

/// A state of the dialogue: its name, what a sound server waits for in it, and what it says.
type State = (&'static str, &'static str, &'static str);

struct Protocol {
    name: &'static str,
    port: u16,
    security: &'static str,
    /// The first state that no other protocol has as well.
    from: usize,
    sound: &'static [State],
}

const GREETING: State = ("the connection", "", "S: 220 {host} ESMTP ready");
const STARTTLS: State = ("STARTTLS", "C: STARTTLS", "S: 220 2.0.0 Ready to start TLS\n-- TLS");
const HELLO: State = ("EHLO", "C: EHLO *", "S: 250-{host} Hello [{client}]\nS: 250 AUTH PLAIN LOGIN");
const LOG_IN: State = ("AUTH", "C: AUTH * anna@example.com correct horse", "S: 235 2.7.0 Accepted");
const MAIL: State = ("MAIL", "C: MAIL *", "S: 250 2.1.0 Ok");
const RCPT: State = ("RCPT", "C: RCPT *", "S: 250 2.1.5 Ok");
const RSET: State = ("RSET", "C: RSET", "S: 250 2.0.0 Ok");
const QUIT: State = ("QUIT", "C: QUIT", "S: 221 2.0.0 Bye\n-- close");
/// As the sound one, but it asks for name and password one after the other.
const IN_STEPS: [State; 3] = [
    ("EHLO", "C: EHLO *", "S: 250-{host}\nS: 250 AUTH LOGIN"),
    ("AUTH LOGIN", "C: AUTH LOGIN", "S: 334 VXNlcm5hbWU6"),
    ("the name of AUTH LOGIN", "C: *", "S: 334 UGFzc3dvcmQ6"),
];
const PASSWORD_STEP: State = ("the password of AUTH LOGIN", "C: *", "S: 235 2.7.0 Accepted");
const BEFORE_TLS: State = ("EHLO before TLS", "C: EHLO *", "S: 250-{host} Hello [{client}]\nS: 250 STARTTLS");
const PIPELINING: State = ("EHLO", "C: EHLO *", "S: 250-{host}\nS: 250-PIPELINING\nS: 250 AUTH PLAIN LOGIN");

const PROTOCOLS: &[Protocol] = &[
    Protocol {
        name: "STARTTLS on 587",
        port: 587,
        security: "starttls",
        from: 0,
        sound: &[GREETING, BEFORE_TLS, STARTTLS, HELLO, LOG_IN, MAIL, RCPT, RSET, QUIT],
    },
    Protocol {
        name: "STARTTLS on 587, log-in in steps",
        port: 587,
        security: "starttls",
        from: 4,
        sound: &[GREETING, BEFORE_TLS, STARTTLS, IN_STEPS[0], IN_STEPS[1], IN_STEPS[2], PASSWORD_STEP, MAIL],
    },
    Protocol {
        name: "STARTTLS on 587, pipelining",
        port: 587,
        security: "starttls",
        from: 5,
        sound: &[GREETING, BEFORE_TLS, STARTTLS, PIPELINING, LOG_IN, MAIL, RCPT, RSET, QUIT],
    },
    Protocol {
        name: "implicit TLS on 465",
        port: 465,
        security: "implicit",
        from: 0,
        sound: &[GREETING, HELLO, LOG_IN, MAIL, RCPT, RSET, QUIT],
    },
    Protocol {
        name: "implicit TLS on 465, log-in in steps",
        port: 465,
        security: "implicit",
        from: 2,
        sound: &[GREETING, IN_STEPS[0], IN_STEPS[1], IN_STEPS[2], PASSWORD_STEP, MAIL],
    },
    Protocol {
        name: "in the clear on 25, without a log-in",
        port: 25,
        security: "none",
        from: 0,
        sound: &[GREETING, ("EHLO", "C: EHLO *", "S: 250-{host}\nS: 250 SIZE 1000000"), MAIL, RCPT, RSET, QUIT],
    },
    Protocol {
        name: "in the clear on 25, with a log-in",
        port: 25,
        security: "none",
        from: 1,
        sound: &[
            GREETING,
            HELLO,
            ("AUTH without a secret", "C: AUTH *", "S: 334 "),
            ("the end of AUTH", "C: *", "S: 501 5.7.0 Aborted"),
        ],
    },
];

/// What it does in place of an answer, and which causes say no more than that.
const MISBEHAVES: &[(&str, &str, Fits)] = &[
    ("silence", "-- silence", SILENCE),
    ("a drip", "-- send 2\n-- 20 s\n-- send 5\n-- silence", SILENCE),
    ("the end", "-- close", BREAKS_OFF),
    ("half a reply, then the end", "-- send 250-so f\n-- close", BREAKS_OFF),
    ("half a reply, then silence", "-- send 250-so f\n-- silence", SILENCE),
    ("a line a second, without end", "-- endless 250-and so on", ENDLESS),
    ("a flood of lines", "-- flood 250-and so on\\r\\n", ENDLESS),
    ("a flood without a line end", "-- flood 250 and so on ", ENDLESS),
    ("a flood of zeros", "-- flood \\x00", NO_SMTP),
    ("a flood of whole replies", "-- flood 250 Ok\\r\\n", UNASKED),
    ("a flood of line ends", "-- flood \\r\\n", NO_SMTP),
    ("no code", "S: ok, go on", NO_SMTP),
    ("a code from nowhere", "S: 999 what", NO_SMTP),
    ("a code of two digits", "S: 25 what", NO_SMTP),
    ("a huge code", "S: 25000000000000000000 what", NO_SMTP),
    ("zeros", "-- send \\x00\\x00\\x00\\x00\\x0d\\x0a", NO_SMTP),
    ("escape sequences", "-- send \\x1b[2J\\x9b31m\\x07\\xe2\\x80\\xae\\x0d\\x0a", NO_SMTP),
    ("two replies to one question", "S: 250 one\nS: 250 two", UNASKED),
    ("an empty line", "-- send \\x0d\\x0a", NO_SMTP),
    ("codes that differ within one reply", "S: 250-one\nS: 550 two", CODES_DIFFER),
];

const SILENCE: Fits = Fits {
    causes: &["server-too-slow", "smtp-protocol-error", "blocked-network"],
    because: "what never comes, or never to its end, is slow or in no protocol; who keeps it back was not seen",
};
const BREAKS_OFF: Fits = Fits {
    causes: &["smtp-protocol-error", "server-rejects-client", "server-misconfigured", "wrong-port", "tls-intercepted"],
    because: "a connection that ends: the server turns us away, hangs up, or somebody else does",
};
const ENDLESS: Fits = Fits {
    causes: &["server-too-slow", "smtp-protocol-error"],
    because: "an answer without end is in no protocol, and not the account's fault",
};
const NO_SMTP: Fits = Fits {
    causes: &["smtp-protocol-error", "smtp-intercepted", "wrong-port", "server-rejects-client"],
    because: "what is not SMTP comes from a broken server, or from somebody else",
};
const UNASKED: Fits = Fits {
    causes: &["smtp-protocol-error", "smtp-intercepted", "server-rejects-client", "server-misconfigured"],
    because: "what comes unasked makes no sense and need not be the server's own; in answer to STARTTLS, it does not begin",
};
const CODES_DIFFER: Fits = Fits {
    causes: &[
        "smtp-protocol-error",
        "server-rejects-client",
        "server-misconfigured",
        "sender-not-allowed",
        "undetermined",
        "auth-not-offered",
    ],
    because: "the last line's code counts (RFC 5321 section 4.2.1), and it is a refusal that gives no reason",
};

const AFTER: Fits = Fits {
    causes: &["healthy", "smtp-protocol-error"],
    because: "sender and recipient are accepted: what the server makes of RSET and QUIT stops no mail",
};
const CANCELLED: Fits = Fits {
    causes: &["undetermined"],
    because: "a log-in in the clear is begun and cancelled, which no mail program does; it is not tried there",
};

pub fn cases() -> Vec<Case> {
    let mut cases = Vec::new();
    for protocol in PROTOCOLS {
        for at in protocol.from..protocol.sound.len() {
            for (what, does, fits) in MISBEHAVES {
                cases.push(case(protocol, at, what, does, *fits));
            }
        }
    }
    cases
}

fn case(protocol: &Protocol, at: usize, what: &str, does: &str, fits: Fits) -> Case {
    let state = protocol.sound[at].0;
    let fits = match state {
        "RSET" | "QUIT" => AFTER,
        "the end of AUTH" => CANCELLED,
        _ => fits,
    };
    let place = format!("{}, in answer to {state}", protocol.name);
    let mut case = Case::new("answers", what, place, fits);
    case.detail = Detail::Bounded;
    let Protocol { port, security, .. } = protocol;
    case.account = format!("settings = {{ server = \"smtp.example.com\", port = {port}, security = {security:?} }}\n");
    case.world = format!("[dialogue]\nhostile = {:?}\n", dialogue(protocol.sound, at, does));
    for other in [25, 465, 587].iter().filter(|other| *other != port) {
        case.world += &format!("[host.\"smtp.example.com\".port.{other}]\nclosed = true\n");
    }
    case.world += &format!("[host.\"smtp.example.com\".port.{port}]\ndialogue = \"hostile\"\n");
    case
}

fn dialogue(sound: &[State], at: usize, does: &str) -> String {
    let parts = sound.iter().enumerate().take(at + 1);
    let parts = parts.map(|(index, (_, waits, says))| format!("{waits}\n{}", if index == at { does } else { says }));
    parts.collect::<Vec<_>>().join("\n")
}
