//! What the log-in box says about where a password would go. That is decided by [`crate::facts::derive::log_in`], as
//! it is for the check that sends the password.

use crate::facts::derive::log_in::{By, LogInWay};
use crate::facts::keys::certificate;
use crate::guide::page::Page;
use crate::session::diagnosis::Diagnosis;
use crate::session::{Session, guide};

/// Where a log-in would go.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Destination {
    /// Over a connection whose certificate verifies.
    Proven {
        /// The server's name.
        host: String,
        /// The server's port.
        port: u16,
        /// The certificate's holder and issuer, in words.
        proof: String,
    },
    /// To a server whose certificate does not verify; only once its name has been typed.
    Unproven(Unproven),
    /// Nowhere; the reason.
    None(String),
}

/// A server that shows a certificate which does not verify.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unproven {
    /// The server that is in use.
    pub host: String,
    /// The server's port.
    pub port: u16,
    /// The holder and issuer of the certificate that it shows, in words.
    pub shown: String,
    /// That certificate's fingerprint, so that only this one is accepted.
    pub fingerprint: Option<String>,
}

/// Where a log-in with a password would go now. A cause whose page says so ends all attempts.
pub fn destination(session: &Session, diagnosis: &Diagnosis) -> Destination {
    let none = |why: &str| Destination::None(why.to_owned());
    if let Some(why) = guide().cause(&diagnosis.cause).and_then(Page::no_log_in) {
        return none(why);
    }
    let (Some(run), Some(way)) = (session.run(), session.log_in_way(By::Password)) else {
        return none("nothing is measured yet");
    };
    match way {
        LogInWay::Through { target, host } => {
            let id = target.id(certificate::NAMES.check);
            let names = run.fact(&id, &certificate::NAMES).unwrap_or_default();
            let until = run.fact(&id, &certificate::UNTIL).unwrap_or_default();
            let proof = format!(
                "certificate of {}, from {}, valid to {}",
                names.first().unwrap_or(&host),
                run.fact(&id, &certificate::ISSUER).unwrap_or_default(),
                until.split('T').next().unwrap_or_default()
            );
            Destination::Proven { host, port: target.port, proof }
        }
        LogInWay::Unproven { target, host } => {
            let id = target.id(certificate::NAMES.check);
            let names = run.fact(&id, &certificate::NAMES).unwrap_or_default();
            let name = names.first().map_or("no name", String::as_str);
            let issuer = run.fact(&id, &certificate::ISSUER).unwrap_or_else(|| "an unknown issuer".to_owned());
            let shown = format!("for {name}, issued by {issuer}");
            Destination::Unproven(Unproven {
                host,
                port: target.port,
                shown,
                fingerprint: run.fact(&id, &certificate::FINGERPRINT),
            })
        }
        LogInWay::NotVouched { host } => none(&format!(
            "only DNS says that {host} is the server of this domain; to confirm it, type it as the server"
        )),
        LogInWay::Pending(_) => none("the checks that decide where it would go are still running"),
        LogInWay::NotOffered => none("the server offers no log-in"),
        LogInWay::NoPasswords => none("the provider accepts no passwords from mail programs"),
        LogInWay::NoServer => none("no server is known"),
        LogInWay::NoneSafe => {
            none("no encrypted connection offers a log-in: anybody in between could read the password")
        }
    }
}
