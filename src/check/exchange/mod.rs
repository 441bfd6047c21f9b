//! Exchange and Microsoft 365 as Outlook connects: where it finds the mailbox, and whether the way there is open, by
//! HTTPS and through the system's web proxy. Nothing is signed in to.

pub(super) mod autodiscover;
pub(super) mod outlook;
pub(super) mod proxy;
pub(super) mod road;
mod web;

use crate::account::Source;
use crate::account::client::Exchange;
use crate::account::provider::Kind;
use crate::check::engine::Scope;
use crate::net::{Answer, Record};

/// The server of every mailbox at Microsoft.
const MICROSOFT: &str = "outlook.office365.com";

/// Whether the account may be one of the type Exchange: by the provider, or otherwise by the mail program. Many a web host
/// has Exchange for domains of its customers, but not for its own.
fn may_be_exchange(scope: &Scope<'_>) -> bool {
    let (Some(account), Some(wanted)) = (scope.account, scope.wanted) else { return false };
    match (wanted.provider().map(|row| row.kind), account.client().map(|client| client.exchange)) {
        (_, Some(Exchange::No)) => false,
        (Some(kind), _) if is_microsoft(kind) => true,
        (Some(Kind::Other) | None, exchange) => exchange.is_some() && wanted.source != Source::Table,
        _ => false,
    }
}

fn is_microsoft(kind: Kind) -> bool {
    matches!(kind, Kind::MicrosoftWork | Kind::MicrosoftPersonal)
}

/// Whether a host is Microsoft's own for Exchange Online or its autodiscover.
fn is_microsofts(host: &str) -> bool {
    let host = host.trim_end_matches('.').to_ascii_lowercase();
    ["outlook.com", "office365.com", "office.com", "microsoftonline.com"]
        .iter()
        .any(|domain| host.strip_suffix(domain).is_some_and(|rest| rest.is_empty() || rest.ends_with('.')))
}

/// Whether a name is an alias of one of Microsoft's.
pub(super) fn leads_to_microsoft(answer: &Answer) -> bool {
    let Answer::Records(records) = answer else { return false };
    records.iter().any(|record| matches!(record, Record::Cname(name) if is_microsofts(name)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hosts_of_microsofts() {
        assert!(is_microsofts("autodiscover-s.outlook.com.") && is_microsofts("outlook.office365.com"));
        assert!(!is_microsofts("outlook.com.example.net") && !is_microsofts("notoutlook.com"));
    }
}
