//! What an error means that a person has pasted. Nothing is known about the phase in which it came but what the text itself
//! tells. Which of its words are a server's is found in `parts`; how a message that came back is taken apart is in `bounce`.

use super::about::{
    IN_ORDER, OTHERS, RECEIVES, REFUSED_BY_NUMBER, SENDS, is_about_mail, is_elsewhere, is_of_a_failure,
    is_of_something_else, shows_mail,
};
use super::bounce::{self, Bounce};
use super::held::{Found, PLAIN_REFUSALS};
use super::limit::{self, Limit};
use super::parts::{Part, begins_with_code, first_sentences, phase_told, server_parts, without_wrapping};
use super::program_errors::{self, ProgramError};
use super::replies::{Phase, Row, Words};
use super::stage::stage;
use super::{outlook_errors, sense};
use crate::text::fold::folded;
use crate::text::small_sort::SmallSort;
use crate::text::{beginning, one_line};

/// How much of a pasted text is read, in bytes: an error with its details has a few hundred, a log some thousand.
const MOST_READ: usize = 16 * 1024;

/// Whose words tell what a pasted error means.
#[derive(Debug, Clone, Copy, PartialEq, Eq, strum::IntoStaticStr, strum::VariantNames)]
#[strum(serialize_all = "kebab-case")]
pub enum By {
    /// A message that came back.
    Bounce,
    /// A server's sentence.
    Server,
    /// The mail program's or library's own sentence.
    Program,
    /// One of Outlook's numbers alone.
    Number,
    /// Nothing in it is in our tables.
    Nobody,
}

/// What a pasted error says.
#[derive(Debug, PartialEq, Eq)]
pub struct Pasted {
    /// What it means; `None` if its words name no cause.
    pub cause: Option<&'static str>,
    /// Its sentences are in none of our tables, and the cause is what its words seem to mean: no more than a hint.
    pub is_guess: bool,
    /// Whose words say so.
    pub by: By,
    /// The message that came back, if it is one.
    pub bounce: Option<Bounce>,
    /// What else it says for certain, of several problems in one text: at most [`MOST_ALSO`].
    pub also: Vec<&'static str>,
}

/// How many further causes of a text are named.
pub const MOST_ALSO: usize = 3;

/// Reads a pasted error. What somebody quotes of an earlier message counts after what he writes himself.
pub fn read(text: &str) -> Pasted {
    let parts =
        unquoted(text).map_or_else(|| vec![text.to_owned()], |(own, quoted)| vec![own, quoted, text.to_owned()]);
    let mut bounce = None;
    let mut found = Vec::new();
    for part in &parts {
        let of_part = bounce::read(part);
        found.extend(match &of_part {
            Some(bounce) => bounced(bounce, part),
            None => meant(beginning(part, MOST_READ), false),
        });
        bounce = bounce.or(of_part);
    }
    if let Some(first) = found.first().copied() {
        return Pasted { cause: Some(first.cause), is_guess: first.is_guess, by: first.by, bounce, also: also(&found) };
    }
    let numbers = outlook_errors::in_text(text);
    let decides = numbers.iter().find(|row| row.decides && bounce.is_none()).and_then(|row| row.suggests.first());
    let by = match (&bounce, numbers.is_empty()) {
        (Some(_), _) => By::Bounce,
        (None, true) => By::Nobody,
        (None, false) => By::Number,
    };
    Pasted { cause: decides.map(String::as_str), is_guess: false, by, bounce, also: Vec::new() }
}

/// What is said besides the first thing.
fn also(found: &[Found]) -> Vec<&'static str> {
    let mut also = Vec::new();
    for more in found.iter().skip(1).filter(|more| !more.is_guess) {
        if found[0].cause != more.cause && !also.contains(&more.cause) {
            also.push(more.cause);
        }
    }
    also.truncate(MOST_ALSO);
    also
}

/// What somebody writes and what he quotes, if he does both.
fn unquoted(text: &str) -> Option<(String, String)> {
    let is_quoted = |line: &&str| line.starts_with("> ") || line.trim_end() == ">";
    let (quoted, own): (Vec<&str>, Vec<&str>) = text.lines().partition(is_quoted);
    let has_words = |lines: &[&str]| lines.iter().any(|line| line.contains(char::is_alphabetic));
    let quoted: Vec<&str> = quoted.into_iter().map(|line| line.trim_start_matches(['>', ' '])).collect();
    (has_words(&own) && has_words(&quoted)).then(|| (own.join("\n"), quoted.join("\n")))
}

/// What is kept of an error that somebody gives as a file: all of it, of a long message that came back its report, of
/// another long text its beginning.
pub fn kept(text: &str) -> String {
    if text.len() <= MOST_READ {
        return text.to_owned();
    }
    let kept = bounce::short(text).unwrap_or_else(|| beginning(text, MOST_READ).to_owned());
    format!("{kept}\n[the rest is left out: {} bytes in all]", text.len())
}

/// What the words of a message that came back mean. The account's own server has taken the message: what a server says
/// about its own rules of relaying is then about the recipient's domain, and a name that is not found is the recipient's.
fn bounced(bounce: &Bounce, text: &str) -> Vec<Found> {
    let others = bounce::others(text);
    // The words of a text without a report's fields are about its one recipient.
    let is_told = others.is_empty() && !bounce.words.contains(char::is_alphabetic);
    let told = if is_told { bounce::told(text) } else { bounce.words.clone() };
    let mut found: Vec<Found> = of_recipient(bounce.status.as_deref(), &told, text).into_iter().collect();
    for (status, words) in others {
        found.extend(of_recipient(status.as_deref(), &words, text));
    }
    found
}

/// What is said of one recipient.
fn of_recipient(status: Option<&str>, told: &str, text: &str) -> Option<Found> {
    let by_status = || status.and_then(bounce::by_status);
    let by_words = meant(beginning(told, MOST_READ), true).first().copied();
    // What the words seem to mean says less than a status that is clear.
    let sure = by_words.filter(|found| !found.is_guess);
    let found = sure.or_else(|| Some(Found::sure(by_status()?, By::Bounce))).or(by_words)?;
    let told = folded(told).replace("your message", "the message");
    let says = |words: &[&str]| words.iter().any(|word| told.contains(word));
    let is_refused_by_own_server = OWN_SERVER.iter().any(|port| text.contains(port));
    let cause = match found.cause {
        "auth-not-sent" if !says(&["authent", "log in", "login"]) => "recipient-rejected",
        "dns-name-not-found" => "recipient-rejected",
        "server-refusing" if !is_refused_by_own_server => "recipient-rejected",
        "account-locked" if !says(&["your", "sender", "sending", "outbound", "tenant", "traffic"]) => {
            "recipient-rejected"
        }
        "smtp-intercepted" => by_status()?,
        cause if is_refused_by_own_server => cause,
        // It has the message: what it cannot reach is the recipient's server.
        "port-25-blocked-by-isp" | "server-unreachable" | "unstable-connection" => "server-cannot-deliver",
        "server-rejects-client" => "recipient-side-blocks",
        "content-rejected" if says(&["spam", "junk", "unsolicited", "bulk"]) && !says(&["header"]) => {
            "recipient-side-blocks"
        }
        "quota-exceeded" if limit::named(&told) == Some(Limit::Mailbox) => "recipient-mailbox-full",
        cause => cause,
    };
    // What a program says in a message that came back is a server's report.
    let by = if found.by == By::Program { By::Bounce } else { found.by };
    Some(Found { cause, by, ..found })
}

/// In the log of a mail server that hands its mail to the account's own: the ports for that.
const OWN_SERVER: [&str; 2] = ["]:587", "]:465"];

/// What words mean, and whose they are, the first problem first. The server's words count more than what the program makes
/// of them. Without any number, a text must be known to be about mail, or show it.
fn meant(text: &str, is_mail: bool) -> Vec<Found> {
    let text = without_wrapping(text);
    let text = text.as_str();
    let is_of_others = || !begins_with_code(text) && OTHERS.is_match(text) && !SENDS.is_match(text);
    if !is_mail && (is_elsewhere(text) || is_of_others()) {
        return Vec::new();
    }
    let is_about_receiving = RECEIVES.is_match(text) && !SENDS.is_match(text);
    let parts = server_parts(text);
    let refuses = parts.iter().any(|part| !part.has_code('2'));
    if !refuses && IN_ORDER.is_match(text) {
        return Vec::new();
    }
    let told = phase_told(text);
    let mut by_server = meaning(&parts, told, is_mail);
    if by_server.is_empty() {
        by_server = meaning(&first_sentences(&parts), told, is_mail);
    }
    // Without a number and without "the server responded" nobody knows whose words they are.
    let whole = one_line(text);
    let whole = Part { words: Words::without_code(&whole), code: None, said: whole };
    let by_program = || by_program(text, &parts, &whole, is_mail).filter(|_| !is_about_receiving);
    let is_vague = by_server.first().is_some_and(|(row, _)| row.is_only_for_greetings()) && told.is_none();
    let mut found: Vec<Found> = by_server.into_iter().map(|(_, found)| found).collect();
    // A connection that is closed after a refusal says nothing.
    let tells = |found: &Found| found.cause != "unstable-connection" || !REFUSED_BY_NUMBER.is_match(text);
    let seems = || seems(&parts, &whole, is_mail || told.is_some()).filter(tells);
    if found.is_empty() {
        let program = by_program();
        // "The connection is closed" may be a server's own words, which say why.
        let closes = program.is_some_and(|found| found.cause == "unstable-connection") && !parts.is_empty();
        found.extend(if closes { seems().or(program) } else { program });
    }
    if found.is_empty() && parts.is_empty() && !is_about_receiving && (is_mail || is_about_mail(text)) {
        // Kinds of sentences that servers reply with: what a program calls its folders and settings may read alike.
        let is_error = is_mail || told.is_some() || is_of_a_failure(text);
        let kinds = meaning(std::slice::from_ref(&whole), told, is_mail).into_iter();
        let said = |(row, found): (&Row, Found)| Found {
            is_guess: found.is_guess || !(is_error || row.is_one_sentence()),
            ..found
        };
        found.extend(kinds.map(said));
    }
    let is_foreign = is_of_something_else(text) || (is_about_receiving && parts.is_empty());
    // "Blocked" is about this computer if it is a greeting: what else the words name is nearer.
    if (found.is_empty() || is_vague) && !is_foreign {
        found = seems().into_iter().collect();
    }
    found.retain(|found| !(found.is_at_odds && LIGHTLY_SAID.contains(&found.cause)));
    for found in &mut found {
        // No recipient has been named yet: "invalid address" is the sender's.
        if told == Some(Phase::Mail) && found.cause == "recipient-rejected" {
            found.cause = "sender-not-allowed";
        }
    }
    found
}

/// Causes whose words are said of so much that they are not even a hint where the sense of the whole is another.
const LIGHTLY_SAID: [&str; 3] = ["recipient-rejected", "server-unreachable", "server-misconfigured"];

/// What the mail program's own words mean.
fn by_program(text: &str, parts: &[Part<'_>], whole: &Part<'_>, came_back: bool) -> Option<Found> {
    // A program that asks for the password does so after any refusal: if the server's words are there, they say why.
    let may_say = |row: &&ProgramError| match row.cause.as_str() {
        "password-wrong" => parts.is_empty(),
        // A connection that is closed after a refusal says nothing.
        "unstable-connection" => !REFUSED_BY_NUMBER.is_match(text),
        // A server that has answered is reached.
        "server-unreachable" => !parts.iter().any(|part| part.has_code('2') || part.has_code('5')),
        _ => true,
    };
    let rows: Vec<_> = program_errors::in_text(text).into_iter().filter(may_say).collect();
    let first = rows.first()?;
    // "Could not authenticate" is also said where no server was found.
    let is_plain = PLAIN_REFUSALS.contains(&first.cause.as_str());
    let row = rows.iter().find(|row| is_plain && row.root).unwrap_or(first);
    // "Authentication failed" is said of any log-in: what else the text says is the reason.
    let reason = || whole.words.meaning(Phase::Auth).filter(|row| row.is_reason_in(Phase::Auth));
    let reason = Some(row).filter(|row| row.cause == "password-wrong").and_then(|_| reason());
    let found = match reason {
        Some(reason) => Found::sure(reason.pasted(), By::Server),
        None => Found::sure(&row.cause, By::Program),
    };
    let found = found.held_against(&[whole.as_said(true)], came_back).of_a_delivery(text);
    // "Timed out" is said of databases and proxies too.
    let is_vague = ["server-unreachable", "unstable-connection"].contains(&found.cause);
    let is_of_mail = came_back || !parts.is_empty() || shows_mail(text);
    Some(Found { is_guess: found.is_guess || row.vague || is_vague && !is_of_mail, ..found })
}

/// What the words seem to mean: the server's, or, if none can be told apart, all of them.
fn seems(parts: &[Part<'_>], whole: &Part<'_>, is_mail: bool) -> Option<Found> {
    let parts = if parts.is_empty() { std::slice::from_ref(whole) } else { parts };
    let refusals = parts.iter().filter(|part| !part.has_code('2'));
    let said = refusals.map(|part| part.as_said(is_mail || part.code.is_some()));
    let row = sense::of(&said.collect::<Vec<_>>())?;
    let by = if parts.iter().any(|part| part.code.is_some()) { By::Server } else { By::Program };
    Some(Found { is_guess: true, ..Found::sure(&row.cause, by) })
}

/// What each part says, the most telling first; numbers alone may be anybody's, so only sentences count.
fn meaning(parts: &[Part<'_>], told: Option<Phase>, came_back: bool) -> Vec<(&'static Row, Found)> {
    let mut found: Vec<_> = parts.iter().filter_map(|part| Some((row_of(part, told)?, part))).collect();
    // What is refused for good counts more than what is put off.
    found.small_sort_by_key(|(row, part)| (part.has_code('4'), stage(&row.cause), row.tier));
    found.into_iter().map(|(row, part)| (row, Found::reply(row, part, came_back).of_a_delivery(&part.said))).collect()
}

/// The most telling row of one part.
fn row_of(part: &Part<'_>, told: Option<Phase>) -> Option<&'static Row> {
    // "220-We do not authorize the use of this system for bulk mail" refuses nothing.
    if part.has_code('2') {
        return None;
    }
    let phases = told.as_slice();
    let phases = if phases.is_empty() { likely_phases(part) } else { phases };
    // A few words that somebody types are about the own account, not about the recipient's.
    let phases = if part.is_typed() { &[Phase::Mail, Phase::Rcpt, Phase::Data, Phase::Banner] } else { phases };
    // "Rejected" alone is about the computer in a greeting: nobody says that this is one.
    let is_nowhere = told.is_none() && part.code.is_none();
    let rows = phases.iter().filter_map(|phase| part.words.meaning(*phase));
    let rows = rows.filter(|row| !(is_nowhere && row.is_only_for_greetings()));
    rows.filter(|row| row.goes_by_words() && row.cause != "undetermined").min_by_key(|row| row.tier)
}

/// The phases in which a reply may have come, the likeliest first. A recipient's "account is disabled" is not a log-in's.
fn likely_phases(part: &Part<'_>) -> &'static [Phase] {
    use Phase::{Auth, Banner, Data, Ehlo, Mail, Rcpt, Starttls};
    match part.code {
        Some("534" | "535" | "538" | "525" | "526" | "435") => &[Auth],
        Some("432" | "454") => &[Auth, Mail, Rcpt, Data, Starttls],
        _ if part.words.are_about_a_log_in() => &[Auth, Mail, Rcpt, Data, Banner, Ehlo],
        _ if part.words.are_about_encryption() => &[Rcpt, Mail, Data, Banner, Ehlo, Starttls],
        _ => &[Rcpt, Mail, Data, Banner, Ehlo],
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    #[test]
    fn unknown_words_mean_nothing() {
        assert_eq!(read("it says error 550 somewhere").cause, None);
        assert_eq!(read("535 5.7.8 The moon is in the wrong house").cause, None);
        assert_eq!(read("").by, By::Nobody);
    }

    #[test]
    fn what_is_too_long_is_kept_in_short() {
        let long = format!("{}\n535 5.7.8 no", "Outlook says ".repeat(100_000));
        assert!(kept(&long).len() < MOST_READ + 100);
        let report = "Final-Recipient: rfc822; x@example.org\nAction: failed\nStatus: 5.1.1\n\n";
        let long = format!("{}{report}{}", "<p>A page of HTML</p>\n".repeat(2_000), "returned ".repeat(10_000));
        let again = read(&kept(&long));
        assert_eq!((again.cause, again.by), (Some("recipient-rejected"), By::Bounce));
    }

    #[rstest]
    #[case(
        "Task 'anna' reported error (0x800CCC78): 'The server responded: 550 5.7.1 Relaying denied'",
        "auth-not-sent"
    )]
    // Several replies at once: the one that says something counts, wherever it is.
    #[case(
        "0x800CCC0F\n421 4.3.2 Service not active\nthen at 9:40\n535 5.7.139 Authentication unsuccessful, \
         SmtpClientAuthentication is disabled for the Tenant. Visit https://example.com",
        "smtp-auth-disabled"
    )]
    // The lines of a reply, pasted as one.
    #[case(
        "550-5.4.5 Daily user sending limit exceeded. For more 550-5.4.5 sending limits go to 550 5.4.5 x",
        "quota-exceeded"
    )]
    // A recipient's account is not the caller's.
    #[case("550 5.2.1 The email account that you tried to reach is disabled.", "recipient-rejected")]
    // The program's "Mailbox unavailable" and "check the password" are not the server's.
    #[case("Mailbox unavailable. The server response was: 5.7.1 Unable to relay", "auth-not-sent")]
    fn pasted_errors(#[case] text: &str, #[case] means: &str) {
        assert_eq!(read(text).cause, Some(means));
    }

    #[test]
    fn the_root_of_several_problems_comes_first() {
        let read = |text: &str| {
            let read = read(text);
            (read.cause.unwrap_or_default(), read.also)
        };
        let log = "9:40 535 5.7.8 Username and Password not accepted\n9:41 550 5.1.1 <x@example.org>: User unknown";
        assert_eq!(read(log), ("password-wrong", vec!["recipient-rejected"]));
        let later = "9:39 451 4.3.2 Please try again later\n9:40 535 5.7.8 Username and Password not accepted";
        assert_eq!(read(later), ("password-wrong", vec!["server-busy"]));
        let program = "php_network_getaddresses: getaddrinfo failed\nSMTP Error: Could not authenticate.";
        assert_eq!(read(program), ("dns-name-not-found", vec![]));
        let quoted = "Now it says 550 5.7.1 Relaying denied\n\n> On Monday it was\n> 535 5.7.8 Username and Password not accepted";
        assert_eq!(read(quoted), ("auth-not-sent", vec!["password-wrong"]));
        let bounce = "Reporting-MTA: dns; mail.example.com\n\nFinal-Recipient: rfc822; x@example.org\nAction: failed\nStatus: 5.1.1\n\n\
            Final-Recipient: rfc822; y@example.net\nAction: failed\nStatus: 5.2.2\nDiagnostic-Code: smtp; 552 5.2.2 Mailbox full";
        assert_eq!(read(bounce), ("recipient-rejected", vec!["recipient-mailbox-full"]));
    }

    #[rstest]
    #[case("Message not delivered. DKIM authentication error", "domain-not-authenticated")]
    #[case("Der Mailserver des Empfängers wurde nicht gefunden", "recipient-rejected")]
    #[case("550 5.1.1 recipient rejected: quota violation", "recipient-mailbox-full")]
    fn a_plain_refusal_with_a_reason_is_that_and_a_guess(#[case] text: &str, #[case] means: &str) {
        let read = read(text);
        assert_eq!((read.cause, read.is_guess), (Some(means), true));
    }
}
