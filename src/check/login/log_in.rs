//! Is the password accepted? One attempt per password, and only over a connection whose certificate verifies.

use crate::account::Security;
use crate::check::engine::{Check, Handshake, How, Lane, Need, Scope, always};
use crate::check::smtp::again::prepare;
use crate::check::smtp::talk;
use crate::check::smtp::words::{says, stops, write_lines};
use crate::check::tls::certificate;
use crate::check::{Ctx, Group, Kind, Notebook, Role, Target, Verdict};
use crate::facts::Facts;
use crate::facts::derive::Input;
use crate::facts::derive::log_in::{By, LogInWay, log_in_way};
use crate::facts::key::Key;
use crate::facts::keys::certificate as certificate_keys;
use crate::facts::keys::login as keys;
use crate::facts::keys::smtp as smtp_keys;
use crate::facts::observed::{Observations, Observed};
use crate::facts::replies::{self, Phase};
use crate::facts::words::{At, LogIn, Stops, With};
use crate::probe::certificate::parse;
use crate::probe::sasl::{Exchange, FOR_PASSWORDS, FOR_TOKENS, NoAnswer};
use crate::probe::secret::Attempt;
use crate::probe::secure::{Verify, secure};
use crate::probe::smtp::{Dialogue, NoReply, REPLY, Reply};
use crate::text::Text;
use crate::text::small_sort::Gather;
use std::collections::BTreeMap;

pub(crate) static CHECK: Check = Check {
    kind: "login",
    group: Group::Login,
    question: "Is the password accepted?",
    when: always,
    needs,
    facts: keys::ALL,
    how: How::LogIn(|ctx, book, attempt| Box::pin(run(ctx, book, attempt))),
};

/// It also waits for the ports that it may fall back to, one after the other.
fn needs(scope: &Scope<'_>) -> Vec<Need> {
    if scope.in_use.is_none() {
        return vec![];
    }
    let own = scope.target();
    let others = scope.targets.iter().copied().filter(|target| *target != own);
    let mut needs = vec![Need::After(talk::CHECK.at(own))];
    needs.extend(others.map(|target| Need::Later(talk::CHECK.at(target))));
    // For a log-in despite an unverified certificate: the very certificate that was examined.
    needs.push(Need::Later(certificate::CHECK.at(own)));
    needs
}

async fn run(ctx: &Ctx, book: &mut Notebook, attempt: Option<&Attempt>) -> Verdict {
    book.note(keys::GIVEN, attempt.is_some());
    let Some(attempt) = attempt else {
        book.note(keys::RESULT, LogIn::NotTried);
        return Verdict::skipped("not tested: no password was given");
    };
    let is_token = attempt.secret.is_token();
    if is_token {
        book.note(keys::WITH, With::Token);
    }
    let Ready { target, mut dialogue, offered } = match ready(ctx, book, attempt).await {
        Ok(ready) => ready,
        Err(NoWay { result, why }) => {
            book.note(keys::RESULT, result);
            return Verdict::skipped(Text::from("not tried: ").append(why));
        }
    };
    book.note(keys::PORT, target.port);
    if target.role == Role::Wanted {
        book.note(keys::SERVER, At::Wanted);
    }
    let ours = if is_token { &FOR_TOKENS[..] } else { &FOR_PASSWORDS };
    let Some(mechanism) = ours.iter().copied().find(|name| offered.iter().any(|offer| offer == name)) else {
        book.note(keys::RESULT, LogIn::NotTried);
        book.note(keys::OFFERED, offered.clone());
        dialogue.quit().await;
        return Verdict::skipped(format!("not tried: the server offers only {}", offered.join(", ")));
    };
    book.note(keys::MECHANISM, mechanism);
    let user = ctx.account.log_in_name(ctx.wanted());
    book.note(keys::USER, user.as_str());
    let says = Text::from(format!("{mechanism} as ")).user(&user).say(format!(" on port {}", target.port));
    book.saw_kind(Kind::LogIn, "log-in", says);
    let host = ctx.host(target.role).unwrap_or_default();
    book.note(keys::HOST, host);
    let exchange = Exchange { mechanism, user: &user, host, port: target.port, attempt };
    let (mut reply, document) = exchange.run(&mut dialogue).await;
    if let Some(document) = document {
        note_document(book, &document);
    }
    let other = offered.iter().any(|name| name == LOGIN).then_some(LOGIN).filter(|_| mechanism == PLAIN);
    if let (Some(other), Ok(refused)) = (other, &reply) {
        match blames(refused) {
            Blames::Mechanism => {
                book.note(keys::MECHANISM_NEXT, other);
                book.saw("the refusal is about the mechanism", format!("no password was checked; {other} is tried"));
                reply = Exchange { mechanism: other, ..exchange }.run(&mut dialogue).await.0;
            }
            Blames::Unclear => book.note(keys::UNTRIED, vec![other.to_owned()]),
            Blames::Other => {}
        }
    }
    write_lines(ctx, book, &dialogue.lines);
    dialogue.lines.clear();
    sum_up(ctx, book, target, dialogue, reply)
}

const PLAIN: &str = "PLAIN";
const LOGIN: &str = "LOGIN";

/// What a refusal of PLAIN is about.
#[derive(Debug, PartialEq, Eq)]
enum Blames {
    /// The mechanism: no password was checked, so another mechanism costs the account nothing.
    Mechanism,
    /// That is not clear: it may have cost an attempt.
    Unclear,
    /// The password, the account or the moment; or nothing, because it was accepted.
    Other,
}

/// 504 is the code for a mechanism that is not supported (RFC 4954 section 4); after 535, whatever its words, the account
/// may be one attempt nearer to being locked.
fn blames(reply: &Reply) -> Blames {
    if reply.is_positive() {
        return Blames::Other;
    }
    let words = reply.joined().to_ascii_lowercase();
    let names_mechanism = ["unrecognized authentication", "mechanism", "authentication type"];
    let denies = ["unrecognized", "not supported", "unsupported", "unknown", "not implemented", "not enabled"];
    let says = |list: &[&str]| list.iter().any(|part| words.contains(part));
    let meaning = replies::meaning(Phase::Auth, &reply.joined(), &reply.as_seen()).map(|row| row.cause.as_str());
    match (reply.code, meaning) {
        (504, _) => Blames::Mechanism,
        (535, Some("auth-mechanism-unsupported")) => Blames::Unclear,
        (535, _) => Blames::Other,
        (500..=599, _) if says(&names_mechanism) && says(&denies) => Blames::Mechanism,
        (500..=599, None | Some("password-wrong" | "auth-mechanism-unsupported")) => Blames::Unclear,
        _ => Blames::Other,
    }
}

/// Why the log-in is not tried.
struct NoWay {
    result: LogIn,
    why: Text,
}

impl NoWay {
    fn because(why: impl Into<Text>) -> Self {
        NoWay { result: LogIn::NotTried, why: why.into() }
    }
}

/// The connection for the log-in, or why there is none.
async fn ready(ctx: &Ctx, book: &mut Notebook, attempt: &Attempt) -> Result<Ready, NoWay> {
    let by = if attempt.secret.is_token() { By::Token } else { By::Password };
    let way = decide(ctx, by).await;
    let (target, host) = match &way {
        LogInWay::Through { target, host } | LogInWay::Unproven { target, host } => (*target, host),
        _ => return Err(no_way(way)),
    };
    if let Some(agreed) = attempt.agreed.as_ref().filter(|to| to.host != *host || to.port != target.port) {
        let why = Text::from("it would now go to ").host(host).say(format!(", port {}, and not to ", target.port));
        return Err(NoWay::because(why.host(&agreed.host).say(format!(", port {}, as agreed", agreed.port))));
    }
    match way {
        LogInWay::Unproven { .. } => over_unverified(ctx, book, target, host, attempt).await,
        _ => over_verified(ctx, target, host).await,
    }
}

/// Where the log-in is made, once everything that decides it has ended.
async fn decide(ctx: &Ctx, by: By) -> LogInWay {
    let none = Facts::new();
    let answers = BTreeMap::new();
    loop {
        let findings = ctx.findings();
        let checks = findings.iter().map(|(id, finding)| {
            let runs = Observed { done: false, facts: &none, why_not: None };
            (id.as_str(), finding.as_ref().map_or(runs, |finding| finding.observed()))
        });
        let seen = Observations { checks: checks.gather(), plan_complete: true };
        let account = &ctx.account;
        let input = Input { account, said: None, wanted: ctx.wanted(), seen: &seen, answers: &answers };
        let way = log_in_way(input, by);
        let LogInWay::Pending(ids) = way else { return way };
        for id in &ids {
            ctx.wait_for(id).await;
        }
    }
}

/// Why a password may not be sent anywhere.
fn no_way(way: LogInWay) -> NoWay {
    match way {
        LogInWay::NotOffered => NoWay { result: LogIn::NotOffered, why: Text::from("the server offers no log-in") },
        LogInWay::NoPasswords => NoWay::because("the provider accepts no passwords from mail programs"),
        LogInWay::NoServer => NoWay::because("no server is known"),
        LogInWay::NotVouched { host } => NoWay::because(
            Text::from("only DNS says that ")
                .host(&host)
                .say(" is the server of this domain; type it as the server to confirm it"),
        ),
        _ => NoWay::because(NONE_SAFE),
    }
}

const NONE_SAFE: &str = "no encrypted connection with a verified certificate offers a log-in";

fn sum_up(
    ctx: &Ctx,
    book: &mut Notebook,
    target: Target,
    dialogue: Dialogue,
    reply: Result<Reply, NoAnswer>,
) -> Verdict {
    let reply = match reply {
        Ok(reply) => reply,
        Err(NoAnswer::Ours(why)) => {
            book.note(keys::RESULT, LogIn::NotTried);
            return Verdict::unknown(format!("not completed: {why} (our own SASL library)"));
        }
        Err(NoAnswer::Theirs(why)) => {
            book.note(keys::STOPS, stops(&why));
            // It is not known why it broke off, so no reason is given here.
            book.note(keys::RESULT, LogIn::Temporary);
            return Verdict::fail(format!("no answer to the log-in: {}", says(&why)));
        }
    };
    if reply.code == 235 {
        book.note(keys::RESULT, LogIn::Accepted);
        ctx.logged_in(dialogue);
        let in_clear = ctx.case().is_some_and(|case| case.in_use.security == Security::None);
        let how = match book.has(&keys::UNVERIFIED) {
            true => ", over a connection with an unverified certificate",
            false if in_clear => ", over TLS, which the mail program does not use",
            false => "",
        };
        return Verdict::pass(format!("accepted on port {}{how}", target.port));
    }
    tokio::spawn(dialogue.quit());
    // 235 alone means that the log-in is accepted (RFC 4954 section 4).
    if reply.is_positive() {
        book.note(keys::STOPS, Stops::Malformed);
        book.note(keys::RESULT, LogIn::Temporary);
        return Verdict::fail(format!("neither accepted nor refused: {}", reply.joined()));
    }
    book.note(keys::RESULT, if reply.is_temporary() { LogIn::Temporary } else { LogIn::Rejected });
    note_refusal(book, &REFUSAL, Phase::Auth, &reply);
    Verdict::fail(format!("refused: {}", reply.joined()))
}

/// Where a refusal is written down.
pub(super) struct RefusalKeys {
    pub(super) reply: Key<String>,
    pub(super) code: Key<u16>,
    pub(super) reason: Key<String>,
    pub(super) advice: Key<String>,
}

static REFUSAL: RefusalKeys =
    RefusalKeys { reply: keys::REPLY, code: keys::CODE, reason: keys::REASON, advice: keys::ADVICE };

/// Writes down a refusal: the server's own words, and what they mean according to the table.
pub(super) fn note_refusal(book: &mut Notebook, keys: &RefusalKeys, phase: Phase, reply: &Reply) {
    book.note(keys.reply.clone(), reply.joined());
    book.note(keys.code.clone(), reply.code);
    if let Some(row) = replies::meaning(phase, &reply.joined(), &reply.as_seen()) {
        book.note(keys.reason.clone(), row.cause.as_str());
        book.note(keys.advice.clone(), row.advice.as_str());
        book.saw("this reply means", row.advice.as_str());
    }
}

/// A connection for the log-in, and what is offered there.
struct Ready {
    target: Target,
    dialogue: Dialogue,
    offered: Vec<String>,
}

/// The connection that the dialogue kept for the log-in; if it has ended meanwhile, a new one.
async fn over_verified(ctx: &Ctx, target: Target, host: &str) -> Result<Ready, NoWay> {
    if let Some(dialogue) = ctx.lane(target).and_then(Lane::take_dialogue) {
        let offered = ctx.fact(&talk::CHECK.at(target), &smtp_keys::AUTH).unwrap_or_default();
        return Ok(Ready { target, dialogue, offered });
    }
    greet(encrypted_again(ctx, target, host, Verify::Yes).await?).await
}

/// Encrypted, but to whoever shows the certificate there: only for a person who typed the server's name for it. Never
/// unencrypted: everybody on the way could read along.
async fn over_unverified(
    ctx: &Ctx,
    book: &mut Notebook,
    target: Target,
    host: &str,
    attempt: &Attempt,
) -> Result<Ready, NoWay> {
    let typed = attempt.unverified.as_deref().ok_or_else(|| NoWay::because(NONE_SAFE))?;
    if !host.eq_ignore_ascii_case(typed) {
        return Err(NoWay::because(
            Text::from("the name typed to log in despite an unverified certificate is not ").host(host),
        ));
    }
    // The certificate that the person saw; without a screen, the one that this run has examined.
    let mut shown = attempt.shown.clone();
    if shown.is_none() {
        let looks = certificate::CHECK.at(target);
        ctx.wait_for(&looks).await;
        shown = ctx.fact(&looks, &certificate_keys::FINGERPRINT);
    }
    let shown = shown.ok_or_else(|| NoWay::because("there is no certificate to compare the server's with"))?;
    let again = encrypted_again(ctx, target, host, Verify::No).await?;
    if again.fingerprint != Some(shown) {
        return Err(NoWay::because("the server now shows a different certificate from the one that was seen"));
    }
    let ready = greet(again).await?;
    book.note(keys::UNVERIFIED, true);
    book.saw(
        "log-in despite an unverified certificate",
        "requested by typing the server's name: whoever presents this certificate can read the password",
    );
    Ok(ready)
}

/// An encrypted dialogue on a new connection, and the fingerprint of the certificate shown there.
struct Again {
    target: Target,
    /// How the connection before this one was opened: whether the greeting comes only now, and the name for EHLO.
    handshake: Handshake,
    dialogue: Dialogue,
    fingerprint: Option<String>,
}

fn not_opened_again(target: Target) -> NoWay {
    NoWay::because(format!("the connection to port {} could not be opened again", target.port))
}

async fn encrypted_again(ctx: &Ctx, target: Target, host: &str, verify: Verify) -> Result<Again, NoWay> {
    let handshake = ctx.lane(target).and_then(Lane::handshake).ok_or_else(|| not_opened_again(target))?;
    let stream = prepare(ctx, handshake).await.ok_or_else(|| not_opened_again(target))?;
    let secured = secure(stream, host, &ctx.tls, verify, REPLY).await;
    let secured = secured.map_err(|why| NoWay::because(format!("{} again: {}", target.port, why.said)))?;
    let fingerprint = secured.leaf.as_ref().and_then(|leaf| parse(leaf).ok()).map(|leaf| leaf.fingerprint);
    let dialogue = Dialogue::resume(secured.stream, Vec::new(), verify == Verify::Yes);
    Ok(Again { target, handshake: handshake.clone(), dialogue, fingerprint })
}

/// The greeting, if it comes only now, and EHLO.
async fn greet(again: Again) -> Result<Ready, NoWay> {
    let Again { target, handshake, mut dialogue, .. } = again;
    let failed = |_: NoReply| not_opened_again(target);
    if handshake.implicit {
        dialogue.reply(REPLY).await.map_err(failed)?;
    }
    let hello = format!("EHLO {}", handshake.name);
    let offered = dialogue.ask(hello.as_bytes(), None, REPLY).await.map_err(failed)?.mechanisms();
    Ok(Ready { target, dialogue, offered })
}

/// What a server says about a token that it refuses (RFC 7628 section 3.2.2): the status, and the scope that it wants.
fn note_document(book: &mut Notebook, document: &[u8]) {
    let text = crate::text::visible(document.get(..2_000).unwrap_or(document));
    book.saw_kind(Kind::Received, "the server says about the token", text.as_str());
    let Ok(serde_json::Value::Object(fields)) = serde_json::from_slice(document) else { return };
    for (field, key) in [("status", keys::TOKEN_STATUS), ("scope", keys::TOKEN_SCOPE)] {
        if let Some(value) = fields.get(field) {
            let value = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
            book.note(key, crate::text::visible_str(&value));
        }
    }
}
