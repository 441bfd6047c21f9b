//! What of this case works today and ends soon: what one run saw, asked of the table in `facts::forecast`.

use super::lookup::Lookup;
use super::run::Run;
use crate::account::MeasuredOn;
use crate::facts::derive::Derivation;
use crate::facts::forecast::{Case, Ending, forecast};
use crate::facts::keys::{certificate, dns_domain, tls};
use crate::facts::words::{Accepts, Dates};
use jiff::Timestamp;
use jiff::tz::TimeZone;

/// On the day of the run.
pub(super) fn ends(os: &str, run: &Run, derived: &Derivation) -> Vec<Ending> {
    let case = Lookup::new(run, derived);
    let own = |check: &str| case.own_id(check).unwrap_or_default();
    let accepts = |version: &str| case.get(&own("tls"), &tls::VERSION.of(version));
    let is_any = |versions: [&str; 2], word: Accepts| versions.iter().any(|version| accepts(version) == Some(word));
    let is_valid = case.get(&own("certificate"), &certificate::DATES) == Some(Dates::Hold);
    let until: Option<Timestamp> =
        case.get(&own("certificate"), &certificate::UNTIL).and_then(|until| until.parse().ok());
    // An Exchange account signs in by HTTPS.
    let word = |fact: &str| derived.facts.get(fact).and_then(|is| is.word());
    let account_type = word("answer.account-type");
    let by_exchange = account_type == Some("exchange");
    let exchangers: Vec<String> = case.get(dns_domain::MX.check, &dns_domain::MX).unwrap_or_default();
    // A server that receives mail, or relays by address, is given no password.
    let sends_without_log_in = matches!(word("relay"), Some("any" | "direct" | "own-domain"))
        || case.in_use.as_ref().is_some_and(|own| own.port == 25 && exchangers.contains(&own.host));
    let day = |at: Timestamp| at.to_zoned(TimeZone::UTC).date();
    let known = Case {
        provider: case.provider.map_or("", |row| row.kind.word()),
        program: run.account.client().map_or("", |client| client.id.as_str()),
        os: if run.account.measured_on == MeasuredOn::ThisMachine { os } else { "" },
        without_password: by_exchange || case.is("login.with", "token") || sends_without_log_in,
        mailbox: word("exchange.mailbox").filter(|_| by_exchange).unwrap_or_default(),
        by_smtp: !by_exchange && (account_type.is_some() || word("settings.read") == Some("yes")),
        old_tls: is_any(["TLSv1.0", "TLSv1.1"], Accepts::Accepted)
            && ["TLSv1.2", "TLSv1.3"].iter().all(|version| accepts(version) == Some(Accepts::Rejected)),
        certificate_until: until.filter(|_| is_valid).map(day),
    };
    forecast(&known, day(run.started))
}
