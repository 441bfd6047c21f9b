//! The other side's own words on the first page, exactly as received: each with the command that it answers, where and
//! when.

use super::super::{Check, Report};
use super::Quote;
use crate::check::{Evidence, Kind};
use crate::facts::key::Key;
use crate::facts::keys;
use crate::facts::target::Target;
use crate::facts::words::Greeting;

/// What the server said where it refused something.
pub(super) fn said(report: &Report) -> Vec<Quote> {
    use keys::{login, sending, smtp};
    let port = report.account.in_use.as_ref().map_or(0, |way| way.port);
    let own = Target::in_use(port).id(smtp::GREETING.check);
    let refuses = matches!(report.fact(&own, &smtp::GREETING), Some(Greeting::Refuses | Greeting::Busy));
    let mut replies = vec![(login::REPLY.check, login::REPLY), (sending::REPLY.check, sending::REPLY)];
    if refuses {
        replies.push((&own, smtp::BANNER));
    }
    replies.extend([smtp::EHLO_REPLY, smtp::STARTTLS_REPLY, smtp::AUTH_CLEAR_REPLY].map(|key| (own.as_str(), key)));
    replies.iter().filter_map(|(id, key)| quote(report, id, key, port)).collect()
}

/// A reply that a check wrote down, as its lines came.
fn quote(report: &Report, id: &str, key: &Key<String>, port: u16) -> Option<Quote> {
    use keys::{login, sending};
    let reply = report.shown(id, key)?;
    let check = report.check(id)?;
    let exchange = exchanges(check).into_iter().rev().find(|exchange| exchange.answers(&reply));
    let command = match exchange.as_ref().and_then(|exchange| exchange.command) {
        _ if id == login::REPLY.check => log_in(report),
        Some(command) => format!("to {}", command.detail),
        None if *key.name == *keys::smtp::BANNER.name => "as its greeting".to_owned(),
        None => String::new(),
    };
    // Both go on in the dialogue of the log-in, which may be on another port.
    let by_log_in = [login::REPLY.check, sending::REPLY.check].contains(&id);
    let port = report.fact(login::PORT.check, &login::PORT).filter(|_| by_log_in).unwrap_or(port);
    let own = report.shown(&format!("port.{port}"), &keys::port::LOCAL_PORT);
    let own = own.map_or_else(String::new, |own| format!(" from local port {own}"));
    let at = exchange.as_ref().and_then(|exchange| report.time(check, exchange.lines.first()?.at_ms));
    let at = at.map_or_else(String::new, |at| format!(" at {}", at.strftime("%H:%M:%S.%3f UTC")));
    let lines = exchange
        .map_or_else(|| vec![reply], |exchange| exchange.lines.iter().map(|line| line.detail.clone()).collect());
    Some(Quote { context: format!("{command} on port {port}{own}{at}:").trim_start().to_owned(), lines })
}

/// Such as "to AUTH PLAIN as anna@example.com".
fn log_in(report: &Report) -> String {
    use keys::login::{MECHANISM, USER};
    let mechanism = report.shown(MECHANISM.check, &MECHANISM).unwrap_or_default();
    let user = report.shown(USER.check, &USER).map_or_else(String::new, |user| format!(" as {user}"));
    format!("to AUTH {mechanism}{user}")
}

/// A command and the lines that came back; the greeting answers none.
struct Exchange<'a> {
    command: Option<&'a Evidence>,
    lines: Vec<&'a Evidence>,
}

impl Exchange<'_> {
    /// Whether these lines are that reply: it begins with the same code.
    fn answers(&self, reply: &str) -> bool {
        let code = reply.get(..3).unwrap_or(reply);
        self.lines.first().is_some_and(|line| line.detail.starts_with(code))
    }
}

fn exchanges(check: &Check) -> Vec<Exchange<'_>> {
    let mut exchanges = vec![Exchange { command: None, lines: vec![] }];
    for evidence in &check.finding.evidence {
        match evidence.kind {
            Kind::Sent => exchanges.push(Exchange { command: Some(evidence), lines: vec![] }),
            Kind::Received => {
                if let Some(last) = exchanges.last_mut() {
                    last.lines.push(evidence);
                }
            }
            Kind::Remark | Kind::Route | Kind::LogIn => {}
        }
    }
    exchanges
}
