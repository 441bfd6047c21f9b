//! The report's words for what servers say and do in a dialogue; and the dialogue's lines as evidence. No I/O here.

use crate::check::{Ctx, Kind, Notebook};
use crate::facts::words::{Ehlo, Foreign, Handshake, Starttls, Stops, TooWeak};
use crate::probe::hello;
use crate::probe::secure::{FailureKind, NotSecured, Weakness};
use crate::probe::smtp::{Line, NoReply, Reply, Side};
use crate::text::{Mark, Text, is_inner};
use std::net::IpAddr;
use std::time::Duration;

/// Writes a dialogue's lines into the evidence, with the names in them marked.
pub(crate) fn write_lines(ctx: &Ctx, book: &mut Notebook, lines: &[Line]) {
    let account = &ctx.account;
    let addresses = [account.address.to_string(), account.address.ascii()];
    let addresses = addresses.iter().chain(&account.from).chain(&account.to);
    let log_in_name = account.log_in_name(ctx.wanted());
    let hostname = ctx.machine.local().hostname.unwrap_or_default();
    for line in lines {
        let (kind, what) = match line.side {
            Side::Client => (Kind::Sent, "sent"),
            Side::Server => (Kind::Received, "received"),
        };
        let mut text = Text::from(line.text.as_str());
        for address in addresses.clone() {
            text = text.marking(Mark::User, address);
        }
        // What we send contains it only encoded; a word of a command that looks the same is no name.
        if line.side == Side::Server {
            text = text.marking(Mark::User, &log_in_name);
        }
        text = text.marking(Mark::Inner, &hostname);
        for addr in addresses_in(&line.text) {
            let mark = if is_inner(addr) { Mark::Inner } else { Mark::Host };
            text = text.marking(mark, &addr.to_string());
        }
        book.saw_kind_at(line.at, kind, what, text);
    }
}

/// Why EHLO returned no list of extensions.
pub(super) enum NoEhlo {
    Busy(Reply),
    Refused(Reply),
    None(NoReply),
}

impl NoEhlo {
    pub(super) fn word(&self) -> Ehlo {
        match self {
            NoEhlo::Busy(_) => Ehlo::Busy,
            NoEhlo::Refused(_) => Ehlo::Refused,
            NoEhlo::None(NoReply::Silent | NoReply::Unfinished(_)) => Ehlo::TooSlow,
            NoEhlo::None(_) => Ehlo::Closes,
        }
    }

    pub(super) fn note_stop(&self, book: &mut Notebook) {
        if let NoEhlo::None(why) = self {
            book.note(crate::facts::keys::smtp::STOPS, stops(why));
        }
    }

    pub(crate) fn says(&self) -> String {
        match self {
            NoEhlo::Busy(reply) | NoEhlo::Refused(reply) => format!("EHLO is answered with {}", reply.joined()),
            NoEhlo::None(why) => format!("no answer to EHLO: {}", says(why)),
        }
    }
}

/// Why there was no reply, in words.
pub(crate) fn says(why: &NoReply) -> String {
    match why {
        NoReply::Silent => "nothing came in time".to_owned(),
        NoReply::Unfinished(_) => "the reply never ended".to_owned(),
        NoReply::Closed(_) => "the server closed the connection".to_owned(),
        NoReply::Broken(why) => format!("the connection broke ({why})"),
        NoReply::NotSmtp(_) => "what came is not SMTP".to_owned(),
        NoReply::TooLong(what, _) => format!("the reply is longer than {what}"),
        NoReply::Early => "a reply came before the question".to_owned(),
        NoReply::Senseless(why) => (*why).to_owned(),
    }
}

/// The report's word for how a server stops answering.
pub(crate) fn stops(why: &NoReply) -> Stops {
    match why {
        NoReply::Silent => Stops::Silent,
        NoReply::Unfinished(_) | NoReply::TooLong(..) => Stops::Endless,
        NoReply::Closed(_) | NoReply::Broken(_) => Stops::Closes,
        NoReply::NotSmtp(_) | NoReply::Early | NoReply::Senseless(_) => Stops::Malformed,
    }
}

/// A reply that turns the client away, found in what came instead of TLS.
pub(super) fn refusal(received: &[u8]) -> Option<Reply> {
    let line = received.split(|byte| *byte == b'\n').next()?;
    let line = line.strip_suffix(b"\r").unwrap_or(line).to_vec();
    let code = std::str::from_utf8(line.get(..3)?).ok()?.parse().ok().filter(|code| (400..600).contains(code))?;
    Some(Reply { code, lines: vec![line], elapsed: Duration::ZERO })
}

/// The report's word for a handshake that failed.
pub(super) fn handshake_word(failure: &NotSecured) -> Handshake {
    match failure.kind {
        FailureKind::Certificate => Handshake::Certificate,
        FailureKind::Alert(70 | 40 | 71 | 86) | FailureKind::NothingInCommon => Handshake::NoCommonVersion,
        FailureKind::TooWeak(_) => Handshake::TooWeak,
        FailureKind::Alert(alert) if !hello::is_refusal(alert) => Handshake::Senseless,
        FailureKind::Senseless => Handshake::Senseless,
        FailureKind::Alert(_) | FailureKind::Other => Handshake::Refused,
        FailureKind::NotTls => Handshake::NotTls,
        FailureKind::Cut => Handshake::Cut,
        FailureKind::Silent => Handshake::Silent,
        FailureKind::TooLong => Handshake::TooLong,
    }
}

/// The report's word for what the library refused as too weak.
pub(super) fn weakness_word(weakness: Weakness) -> TooWeak {
    match weakness {
        Weakness::KeyExchange => TooWeak::KeyExchange,
        Weakness::ExchangeSignature => TooWeak::ExchangeSignature,
        Weakness::Suites => TooWeak::Suites,
        Weakness::Renegotiation => TooWeak::Renegotiation,
    }
}

/// The report's word for what an EHLO reply says about STARTTLS.
pub(super) fn starttls_word(reply: &Reply) -> Starttls {
    let keywords = reply.keywords();
    if keywords.iter().any(|keyword| keyword == "STARTTLS" || keyword.starts_with("STARTTLS ")) {
        Starttls::Offered
    } else if keywords.iter().any(|keyword| keyword.len() >= 6 && keyword.starts_with("XXXX")) {
        Starttls::Masked
    } else {
        Starttls::Missing
    }
}

/// A firewall that overwrites the greeting leaves asterisks and a few digits.
pub(super) fn is_masked(text: &str) -> bool {
    text.len() >= 4 && text.chars().all(|c| matches!(c, '*' | '0' | '2' | ' ')) && text.contains('*')
}

/// The protocol, other than SMTP, that begins like this.
pub(super) fn foreign_protocol(bytes: &[u8]) -> Foreign {
    let begins = |prefix: &[u8]| bytes.get(..prefix.len()).is_some_and(|start| start.eq_ignore_ascii_case(prefix));
    match bytes {
        _ if begins(b"* ") => Foreign::Imap,
        _ if begins(b"+OK") || begins(b"-ERR") => Foreign::Pop3,
        _ if begins(b"HTTP/") || begins(b"<") => Foreign::Http,
        _ if begins(b"SSH-") => Foreign::Ssh,
        [21..=23, 3, ..] => Foreign::Tls,
        _ => Foreign::Unknown,
    }
}

/// Whether EHLO may use this name. Mail programs give an underscore as it is, although no host's name may have one.
pub(super) fn is_plain_name(name: &str) -> bool {
    !name.is_empty() && name.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'.' | b'_'))
}

/// The address in an EHLO reply such as `mail.example.com Hello [203.0.113.9]`: ours, as the server sees it.
pub(crate) fn address_in(text: &str) -> Option<IpAddr> {
    text.split_once(' ').and_then(|(_, rest)| addresses_in(rest).next())
}

/// The addresses in a text.
pub(super) fn addresses_in(text: &str) -> impl Iterator<Item = IpAddr> + '_ {
    text.split(|c: char| !(c.is_ascii_hexdigit() || matches!(c, '.' | ':')))
        .map(|word| word.trim_matches('.').trim_end_matches(':'))
        // What is left of `[IPv6:2001:db8::7]` (RFC 5321 section 4.1.3); no address in use begins so.
        .map(|word| word.strip_prefix("6:").unwrap_or(word))
        .filter(|word| word.contains('.') || word.matches(':').count() >= 2)
        .filter_map(|word| word.parse().ok())
}

/// Whether a greeting is a file server's, which has the same number (RFC 959 section 5.4) and names its program or protocol.
pub(super) fn is_ftp(greeting: &str) -> bool {
    let greeting = greeting.to_ascii_lowercase();
    greeting.contains("ftp") && !greeting.contains("smtp") && !greeting.contains("mail")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn our_address_in_the_ehlo_reply() {
        let seen = |text| address_in(text).map(|addr: IpAddr| addr.to_string());
        assert_eq!(seen("smtp.example.com at your service, [198.51.100.20]").as_deref(), Some("198.51.100.20"));
        assert_eq!(seen("mail.example.com Hello pc [2001:db8::7], pleased").as_deref(), Some("2001:db8::7"));
        assert_eq!(seen("mail.example.com Hello [IPv6:2001:db8::7]").as_deref(), Some("2001:db8::7"));
        assert_eq!(seen("mail.example.com"), None);
        assert_eq!(seen("mx1.example.com Hello 12:30"), None);
    }

    #[test]
    fn masks_and_foreigners() {
        assert!(is_masked("********************2******0***") && !is_masked("mail.example.com ESMTP"));
        assert_eq!(foreign_protocol(b"* OK ready"), Foreign::Imap);
        assert_eq!(foreign_protocol(b"+OK POP3"), Foreign::Pop3);
    }
}
