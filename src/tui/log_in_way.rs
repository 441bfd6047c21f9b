//! By which way a password would go from the log-in box, worked out once for each change of the session.

use crate::facts::{Derived, Known, Value};
use crate::session::Session;

/// By which way a log-in would go.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum LogInWay {
    /// Over a connection whose certificate verifies.
    Proven {
        /// The server.
        host: String,
        /// Its port.
        port: u16,
        /// Whose certificate it is, in words.
        proof: String,
    },
    /// To a server whose certificate does not verify: only after its name has been typed.
    Unproven(Unproven),
    /// None; why not.
    None(&'static str),
}

/// A server that shows a certificate which does not verify.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unproven {
    /// The server that is in use.
    pub host: String,
    /// Whose certificate it shows, in words.
    pub shown: String,
    /// That certificate's serial number, so that only this one is accepted.
    pub serial: Option<String>,
}

/// By which way a log-in would go now.
pub fn log_in_way(session: &Session, facts: &Derived) -> LogInWay {
    if facts.get("login.reason").and_then(Known::word) == Some("account-locked") {
        return LogInWay::None("the account is locked: another try makes it worse");
    }
    proven(session)
        .or_else(|| unproven(session).map(LogInWay::Unproven))
        .unwrap_or(LogInWay::None("no encrypted way offers a log-in: anyone on the way could read the password"))
}

/// The first way that offers a log-in behind a certificate that verifies.
fn proven(session: &Session) -> Option<LogInWay> {
    let run = session.run()?;
    let in_use = run.in_use()?;
    let text = |id: &str, key: &str| match run.check(id)?.facts.get(key)? {
        Value::Word(word) => Some(word.clone()),
        Value::List(list) => list.first().cloned(),
        Value::Number(number) => Some(number.to_string()),
    };
    let wanted = run.wanted.iter().flat_map(|wanted| &wanted.choices).map(|choice| choice.port);
    std::iter::once(in_use.port).chain(wanted).chain([587, 465]).find_map(|port| {
        let offers = text(&format!("smtp.{port}"), "auth")?;
        let certificate = format!("certificate.{port}");
        let verified = text(&certificate, "verified").as_deref() == Some("yes");
        let proof = format!(
            "certificate of {}, from {}, valid to {}",
            text(&certificate, "names").unwrap_or_default(),
            text(&certificate, "issuer").unwrap_or_default(),
            text(&certificate, "until").unwrap_or_default().split('T').next().unwrap_or_default()
        );
        let host = in_use.host.clone();
        (verified && !offers.is_empty()).then_some(LogInWay::Proven { host, port, proof })
    })
}

/// The server in use, where a certificate is shown in its place that does not verify.
fn unproven(session: &Session) -> Option<Unproven> {
    let run = session.run()?;
    let in_use = run.in_use()?;
    let text = |id: &str, key: &str| run.check(id)?.facts.get(key)?.text();
    let is_shown = text(&format!("smtp.{}", in_use.port), "handshake").as_deref() == Some("certificate");
    let certificate = format!("certificate.{}", in_use.port);
    let serial = text(&certificate, "serial");
    let issuer = text(&certificate, "issuer").unwrap_or_else(|| "an unknown issuer".to_owned());
    let names = text(&certificate, "names").unwrap_or_else(|| "no name".to_owned());
    is_shown.then(|| Unproven { host: in_use.host, shown: format!("for {names}, issued by {issuer}"), serial })
}
