//! What can be the same or differ between reports: one table. A feature is known with its values (none is a value too:
//! no security program), or it is not known. What follows from them is in `two` and `groups`.

use crate::facts::Value;
use crate::facts::key::Key;
use crate::facts::keys;
use crate::facts::target::{Target, is_reference};
use crate::net::PortState;
use crate::report::Report;
use crate::report::redact::has_label;
use crate::session::diagnosis::{Diagnosis, Outcome};
use crate::text::small_sort::{Gather, SmallSort};
use crate::text::{beginning, one_line};
use jiff::Timestamp;
use serde::Serialize;
use std::collections::BTreeMap;
use std::net::IpAddr;

/// More of a value than this says nothing: names of hosts end at 253.
const MOST_BYTES: usize = 256;
/// More values than this has no feature of ours: the server's addresses.
const MOST_VALUES: usize = 64;

/// What part of a case a feature belongs to. Which of them can matter to a verdict is said in `steps`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum About {
    /// Whose account it is.
    Account,
    /// What the mail program has.
    Settings,
    /// Which mail program.
    Program,
    /// The computer that measured.
    Machine,
    /// The network it is in, and the way from there.
    Network,
    /// How names become addresses there.
    Names,
    /// The mail server as it answered.
    Server,
    /// By what and how it was measured.
    Measurement,
    /// When.
    Time,
    /// What came of it: it follows from the verdict's cause and explains nothing.
    Finding,
}

/// A feature of a report.
pub struct Feature {
    /// Its name in JSON.
    pub id: &'static str,
    /// Its name in words.
    pub says: &'static str,
    /// What it belongs to.
    pub about: About,
    read: fn(&Report) -> Option<Vec<String>>,
}

/// All features, in the order in which they are shown.
pub const FEATURES: &[Feature] = &[
    feature("account", "account", About::Account, |report| one(Some(&report.account.address))),
    feature("domain", "mail domain", About::Account, domain),
    feature("provider", "provider", About::Account, provider),
    feature("user", "log-in name", About::Account, |report| one(report.account.settings.user.as_ref())),
    feature("server", "server in use", About::Settings, |report| {
        one(report.account.in_use.as_ref().map(|way| way.server.to_lowercase()).as_ref())
    }),
    feature("port", "port and encryption", About::Settings, |report| {
        let way = report.account.in_use.as_ref()?;
        Some(vec![format!("{} {}", way.port, way.security.says())])
    }),
    feature("program", "mail program", About::Program, |report| {
        one(Some(&report.program().map(str::to_owned).or_else(|| report.account.client.clone())?))
    }),
    feature("outlook", "Outlook installed here", About::Program, |report| at(report, &keys::settings::OUTLOOK)),
    feature("machine", "computer", About::Machine, |report| one(report.machine.hostname.as_ref())),
    feature("system", "system", About::Machine, |report| one(Some(&report.machine.os))),
    feature("tls-library", "TLS library", About::Machine, |report| one(Some(&report.machine.tls_library))),
    feature("security", "security program", About::Machine, security),
    feature("public-address", "public address", About::Network, public_address),
    feature("internet-provider", "internet provider", About::Network, |report| at(report, &keys::isp::ISP)),
    feature("gateway", "first router", About::Network, gateway),
    feature("routers", "router on the way", About::Network, routers),
    feature("stops-behind", "last router that answered", About::Network, stops_behind),
    feature("family", "address family", About::Network, family),
    feature("vpn", "VPN", About::Network, |report| {
        or_none(report, keys::protection::VPN.check, &keys::protection::VPN)
    }),
    feature("proxy", "web proxy", About::Network, |report| {
        or_none(report, keys::protection::PROXY.check, &keys::protection::PROXY)
    }),
    feature("interceptor", "interceptor", About::Network, |report| {
        let check = own(report, keys::certificate::CERTIFICATE.check)?;
        let measured = of(report, &check, &keys::certificate::CERTIFICATE)?;
        let named = of(report, &check, &keys::certificate::INTERCEPTOR).unwrap_or_default();
        let unnamed = measured.iter().any(|is| is == "intercepted") && named.is_empty();
        Some(if unnamed { vec!["not named".to_owned()] } else { named })
    }),
    feature("resolver", "DNS server", About::Names, |report| at(report, &keys::dns_own::SERVERS)),
    feature("addresses", "server's addresses in DNS", About::Names, |report| {
        at(report, &keys::dns_server::ADDRESSES).map(|mut addresses| {
            addresses.small_sort();
            addresses
        })
    }),
    feature("dns", "the server's name in DNS", About::Names, |report| at(report, &keys::dns_server::RESULT)),
    feature("server-address", "server address that opened", About::Server, |report| {
        of(report, &own(report, keys::port::ADDRESS.check)?, &keys::port::ADDRESS)
    }),
    feature("certificate", "certificate", About::Server, |report| {
        of(report, &own(report, keys::certificate::CERTIFICATE.check)?, &keys::certificate::CERTIFICATE)
    }),
    feature("issuer", "certificate issued by", About::Server, |report| {
        of(report, &own(report, keys::certificate::ISSUER.check)?, &keys::certificate::ISSUER)
    }),
    feature("fingerprint", "certificate's SHA-256", About::Server, |report| {
        of(report, &own(report, keys::certificate::FINGERPRINT.check)?, &keys::certificate::FINGERPRINT)
    }),
    feature("version", "version of mailtriage", About::Measurement, |report| one(Some(&report.tool.version))),
    feature("measured-on", "measured on", About::Measurement, |report| {
        Some(vec![report.account.measured_on.word().replace('-', " ")])
    }),
    feature("day", "day (UTC)", About::Time, |report| Some(vec![began(report)?.strftime("%Y-%m-%d").to_string()])),
    feature("hour", "hour of the day (UTC)", About::Time, |report| {
        Some(vec![began(report)?.strftime("%H:00 to %H:59").to_string()])
    }),
    feature("port-state", "the port", About::Finding, port_state),
    feature("tls", "TLS version", About::Finding, |report| {
        of(report, &own(report, keys::smtp::TLS_VERSION.check)?, &keys::smtp::TLS_VERSION)
    }),
    feature("log-in", "log-in", About::Finding, |report| at(report, &keys::login::RESULT)),
    feature("sending", "permission to send", About::Finding, |report| at(report, &keys::sending::RESULT)),
];

const fn feature(
    id: &'static str,
    says: &'static str,
    about: About,
    read: fn(&Report) -> Option<Vec<String>>,
) -> Feature {
    Feature { id, says, about, read }
}

/// The row with this id.
pub fn by_id(id: &str) -> Option<&'static Feature> {
    FEATURES.iter().find(|feature| feature.id == id)
}

/// A verdict, as far as reports are compared by it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Verdict {
    /// What it means for the account.
    pub outcome: Outcome,
    /// The cause's name.
    pub cause: String,
    /// The headline.
    pub title: String,
    /// How certain it is.
    pub certainty: String,
    /// The step of the guide that decided.
    #[serde(skip)]
    pub step: String,
}

impl From<&Diagnosis> for Verdict {
    fn from(diagnosis: &Diagnosis) -> Self {
        Verdict {
            outcome: diagnosis.outcome,
            cause: bounded(&diagnosis.cause),
            title: bounded(diagnosis.title.trim_end_matches('.')),
            certainty: diagnosis.certainty.word().to_owned(),
            step: bounded(diagnosis.last_step().unwrap_or_default()),
        }
    }
}

/// A verdict at a time.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Moment {
    /// When the run began.
    pub at: Timestamp,
    /// What came of it.
    pub verdict: Verdict,
}

/// What is kept of a report: some short texts.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Features {
    /// The file that it was read from.
    pub file: String,
    /// The case; empty if it has no id.
    pub case: String,
    /// The verdict of the last run, and when that began.
    pub last: Moment,
    /// The runs before it.
    pub before: Vec<Moment>,
    /// Whether names were left out of it.
    pub redacted: bool,
    /// The values of each feature that is known.
    pub features: BTreeMap<&'static str, Vec<String>>,
}

impl Features {
    /// The features of a report; `None` if nothing was measured for it.
    pub fn of(report: &Report, file: &str) -> Option<Self> {
        let last = Moment { at: began(report)?, verdict: Verdict::from(report.diagnosis.as_ref()?) };
        let before = report.runs.split_last().map_or(&[][..], |(_, before)| before).iter().filter_map(|run| {
            Some(Moment { at: run.started.parse().ok()?, verdict: Verdict::from(run.diagnosis.as_ref()?) })
        });
        let known = FEATURES.iter().filter_map(|feature| {
            let values = (feature.read)(report)?;
            Some((feature.id, values.iter().take(MOST_VALUES).map(|value| bounded(value)).collect::<Vec<_>>()))
        });
        let features: BTreeMap<&'static str, Vec<String>> = known.gather();
        Some(Features {
            file: bounded(file),
            case: bounded(&report.id),
            last,
            before: before.collect(),
            redacted: features.values().flatten().any(|value| has_label(value)),
            features,
        })
    }

    /// The values of a feature, if they are known.
    pub fn values(&self, id: &str) -> Option<&[String]> {
        self.features.get(id).map(Vec::as_slice)
    }

    /// The only or the first value of a feature.
    pub fn value(&self, id: &str) -> Option<&str> {
        self.values(id)?.first().map(String::as_str)
    }

    /// Whether both belong to one case.
    pub fn is_same_case(&self, other: &Features) -> bool {
        !self.case.is_empty() && self.case == other.case
    }
}

/// A text as one line of bounded length.
fn bounded(text: &str) -> String {
    let line = one_line(beginning(text, 4 * MOST_BYTES));
    match line.len() > MOST_BYTES {
        true => format!("{}...", beginning(&line, MOST_BYTES)),
        false => line,
    }
}

/// When the last run began.
fn began(report: &Report) -> Option<Timestamp> {
    report.runs.last()?.started.parse().ok()
}

fn one(value: Option<&String>) -> Option<Vec<String>> {
    value.filter(|value| !value.trim().is_empty()).map(|value| vec![value.clone()])
}

/// The id of the check of this kind about the port in use.
fn own(report: &Report, check: &str) -> Option<String> {
    Some(Target::in_use(report.account.in_use.as_ref()?.port).id(check))
}

/// What a check found, as it is written: something may have been left out.
fn of<T>(report: &Report, id: &str, key: &Key<T>) -> Option<Vec<String>> {
    Some(match report.finding(id)?.facts.get(key.name.as_ref())? {
        Value::List(list) => list.clone(),
        value => vec![value.to_string()],
    })
}

/// The same for a check that there is once.
fn at<T>(report: &Report, key: &Key<T>) -> Option<Vec<String>> {
    of(report, key.check, key)
}

/// The same, if a check that was made finds none where it says nothing.
fn or_none<T>(report: &Report, check: &str, key: &Key<T>) -> Option<Vec<String>> {
    is_made(report, check).then(|| of(report, check, key).unwrap_or_default())
}

fn is_made(report: &Report, check: &str) -> bool {
    use crate::check::Outcome::{Skipped, Unknown};
    report.finding(check).is_some_and(|finding| !matches!(finding.outcome, Skipped | Unknown))
}

fn domain(report: &Report) -> Option<Vec<String>> {
    let (_, domain) = report.account.address.rsplit_once('@')?;
    one(Some(&domain.to_lowercase()))
}

fn provider(report: &Report) -> Option<Vec<String>> {
    let id = report.account.expected.as_ref().and_then(|expected| expected.provider.as_ref());
    one(report.provider().map(str::to_owned).as_ref().or(id))
}

fn security(report: &Report) -> Option<Vec<String>> {
    let check = keys::protection::PRODUCTS.check;
    let products = or_none(report, check, &keys::protection::PRODUCTS)?;
    let firewall = of(report, check, &keys::protection::FIREWALL).unwrap_or_default();
    Some(products.into_iter().chain(firewall).collect())
}

/// Our address as the mail server saw it, otherwise as another company's server did.
fn public_address(report: &Report) -> Option<Vec<String>> {
    let elsewhere = || {
        let references = report.checks.iter().filter(|check| is_reference(&check.finding.id));
        references.filter_map(|check| of(report, &check.finding.id, &keys::reference::SEEN_AS)?.pop()).next()
    };
    one(report.machine.seen_as.clone().or_else(elsewhere).as_ref())
}

/// The hops on the ways that were traced, those that answered.
fn hops(report: &Report) -> Option<Vec<String>> {
    let check = keys::hops::HOPS.check;
    let is_router = |hop: &String| hop.parse::<IpAddr>().is_ok() || has_label(hop);
    let ways = [of(report, check, &keys::hops::HOPS), of(report, check, &keys::hops::CONTRAST_HOPS)];
    let mut routers: Vec<String> = ways.into_iter().flatten().flatten().filter(is_router).collect();
    let mut seen = std::collections::HashSet::new();
    routers.retain(|router| seen.insert(router.clone()));
    (!routers.is_empty()).then_some(routers)
}

fn first_router(report: &Report) -> Option<Vec<String>> {
    of(report, &own(report, keys::leaves::FIRST_ROUTER.check)?, &keys::leaves::FIRST_ROUTER)
}

fn gateway(report: &Report) -> Option<Vec<String>> {
    let first_hop = || {
        let hop = of(report, keys::hops::HOPS.check, &keys::hops::HOPS)?.into_iter().next()?;
        (hop.parse::<IpAddr>().is_ok() || has_label(&hop)).then(|| vec![hop])
    };
    first_router(report).or_else(first_hop)
}

fn routers(report: &Report) -> Option<Vec<String>> {
    hops(report).or_else(|| first_router(report))
}

/// Where the connections to a port that does not answer stop: behind nobody, if it does answer.
fn stops_behind(report: &Report) -> Option<Vec<String>> {
    let check = keys::hops::LAST_HEARD.check;
    let port = report.fact(check, &keys::hops::PORT)?;
    if port != report.account.in_use.as_ref()?.port {
        return None;
    }
    match report.fact(check, &keys::hops::DISTANCE) {
        Some(_) => Some(vec![]),
        None => of(report, check, &keys::hops::LAST_HEARD),
    }
}

/// What each address family that was tried does at the port in use.
fn families(report: &Report) -> Option<Vec<(&'static str, PortState)>> {
    let check = own(report, keys::port::STATE.check)?;
    let families = [("IPv4", &keys::port::STATE_V4), ("IPv6", &keys::port::STATE_V6)];
    let states = families.into_iter().filter_map(|(family, key)| Some((family, report.fact(&check, key)?)));
    let states: Vec<_> = states.collect();
    (!states.is_empty()).then_some(states)
}

fn family(report: &Report) -> Option<Vec<String>> {
    Some(families(report)?.into_iter().map(|(family, _)| family.to_owned()).collect())
}

fn port_state(report: &Report) -> Option<Vec<String>> {
    let states = families(report)?;
    Some(match states.as_slice() {
        [(_, state)] => vec![state.says().to_owned()],
        states => states.iter().map(|(family, state)| format!("{family} {}", state.says())).collect(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn each_feature_has_its_own_name() {
        let ids: BTreeSet<&str> = FEATURES.iter().map(|feature| feature.id).collect();
        let says: BTreeSet<&str> = FEATURES.iter().map(|feature| feature.says).collect();
        assert_eq!((ids.len(), says.len()), (FEATURES.len(), FEATURES.len()));
    }

    #[test]
    fn the_docs_have_the_table_of_features() {
        let word = |about: About| serde_json::to_value(about).unwrap().as_str().unwrap().to_owned();
        let row = |feature: &Feature| format!("| `{}`: {} | {} |\n", feature.id, feature.says, word(feature.about));
        let table: String = FEATURES.iter().map(row).collect();
        let docs = include_str!("../../docs/compare.md").replace("\r\n", "\n");
        assert!(docs.contains(&table), "docs/compare.md needs this table:\n{table}");
    }

    #[test]
    fn a_text_of_ten_megabytes_is_kept_as_its_beginning() {
        let long = bounded(&"x y\n".repeat(1_000_000));
        assert!(long.len() < 300 && long.starts_with("x y x y") && long.ends_with("..."), "{long}");
        assert_eq!(bounded("as it\nis"), "as it is");
    }
}
