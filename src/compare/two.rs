//! Two reports side by side: what is the same, what differs, and which difference can explain that the verdicts are not
//! the same. Two reports show what goes together; they prove no cause.

use super::features::{About, FEATURES, Feature, Features};
use super::steps::can_matter;
use crate::check::Finding;
use crate::report::Report;
use crate::report::compare::{Change, Found, findings};
use crate::report::redact::has_label;
use serde::Serialize;

/// What two reports are to each other.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Pair {
    /// The same account on the same computer in the same network, or the same case, at two times.
    BeforeAfter,
    /// The same computer in two networks.
    TwoNetworks,
    /// The same account on two computers.
    TwoComputers,
    /// Two accounts.
    TwoAccounts,
    /// What it is cannot be told, since names were left out.
    Unknown,
}

/// Two reports, the earlier one first.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Two {
    /// What they are to each other.
    pub pair: Pair,
    /// Whether both have the same cause.
    pub same_verdict: bool,
    /// The features that are the same.
    pub same: Vec<Both>,
    /// Those that differ, and can explain that the verdicts do.
    pub explains: Vec<Both>,
    /// Those that differ, and cannot.
    pub other: Vec<Both>,
    /// Those that cannot be compared: not measured in one of them, or left out.
    pub not_compared: Vec<Both>,
    /// The checks whose findings differ.
    pub checks: Vec<Differing>,
    /// How many checks found the same.
    pub checks_same: usize,
}

/// A feature in both reports.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Both {
    /// The feature.
    pub feature: &'static str,
    /// Its values in the earlier report; absent if they are not known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub first: Option<Vec<String>>,
    /// And in the later one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub second: Option<Vec<String>>,
}

/// A check whose findings differ.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Differing {
    /// Its id.
    pub id: String,
    /// Its question.
    pub title: String,
    /// What it found in the earlier report; absent if it was not made.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub first: Option<Seen>,
    /// And in the later one.
    pub second: Seen,
}

/// What a check found.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Seen {
    /// Its state, in the words of the screen.
    pub state: &'static str,
    /// What it says.
    pub summary: String,
}

/// How a feature's values compare.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Likeness {
    Same,
    Differ,
    NotComparable,
}

/// Compares two reports, the earlier one first.
pub fn two(first: &Features, second: &Features, reports: [&Report; 2]) -> Two {
    let verdicts = [&first.last.verdict, &second.last.verdict];
    let same_verdict = verdicts[0].cause == verdicts[1].cause;
    let found = findings_of(reports, first.is_same_case(second));
    let mut two = Two {
        pair: pair(first, second),
        same_verdict,
        same: vec![],
        explains: vec![],
        other: vec![],
        not_compared: vec![],
        checks: found.changes.iter().map(differing).collect(),
        checks_same: found.same,
    };
    for feature in FEATURES {
        let Some(likeness) = likeness(feature, first, second) else { continue };
        let values = |report: &Features| report.values(feature.id).map(<[String]>::to_vec);
        let both = Both { feature: feature.id, first: values(first), second: values(second) };
        match likeness {
            Likeness::Same => two.same.push(both),
            Likeness::NotComparable => two.not_compared.push(both),
            Likeness::Differ if !same_verdict && can_matter(feature.about, verdicts) => two.explains.push(both),
            Likeness::Differ => two.other.push(both),
        }
    }
    two
}

/// How a feature compares; `None` if neither report knows it.
fn likeness(feature: &Feature, first: &Features, second: &Features) -> Option<Likeness> {
    let (a, b) = match (first.values(feature.id), second.values(feature.id)) {
        (Some(a), Some(b)) => (a, b),
        (None, None) => return None,
        _ => return Some(Likeness::NotComparable),
    };
    let left_out = [a, b].map(|values| values.iter().any(|value| has_label(value)));
    Some(match left_out {
        [false, false] if a == b => Likeness::Same,
        [false, false] => Likeness::Differ,
        // Within a case, a label means the same name in every copy.
        [true, true] if first.is_same_case(second) && a == b => Likeness::Same,
        _ => Likeness::NotComparable,
    })
}

fn pair(first: &Features, second: &Features) -> Pair {
    let compared = |id: &str| {
        let feature = FEATURES.iter().find(|feature| feature.id == id)?;
        likeness(feature, first, second).filter(|likeness| *likeness != Likeness::NotComparable)
    };
    let differs = |id: &str| compared(id) == Some(Likeness::Differ);
    let network = ["public-address", "gateway"].iter().any(|id| differs(id));
    match (compared("account"), compared("machine")) {
        (Some(Likeness::Differ), _) => Pair::TwoAccounts,
        (_, Some(Likeness::Differ)) => Pair::TwoComputers,
        _ if network => Pair::TwoNetworks,
        _ if first.is_same_case(second) => Pair::BeforeAfter,
        (Some(_), Some(_)) => Pair::BeforeAfter,
        _ => Pair::Unknown,
    }
}

/// The findings of the later report next to those of the earlier one. Where names were left out of two cases, what a check
/// says cannot be compared, only how it ended.
fn findings_of<'a>(reports: [&'a Report; 2], is_same_case: bool) -> Found<'a> {
    let [first, second] = reports;
    let mut found = findings(|id| first.finding(id), second.checks.iter().map(|check| (&check.finding, false)));
    let is_comparable = |change: &Change<'_>| {
        let labels = [change.before, Some(change.after)]
            .map(|finding: Option<&Finding>| finding.is_some_and(|finding| has_label(&finding.summary)));
        labels == [false, false] || is_same_case && labels == [true, true]
    };
    let all = found.changes.len();
    found.changes.retain(|change| {
        is_comparable(change) || change.before.is_none_or(|before| before.outcome != change.after.outcome)
    });
    found.same += all - found.changes.len();
    found
}

fn differing(change: &Change<'_>) -> Differing {
    let seen = |finding: &Finding| Seen { state: finding.outcome.state(), summary: finding.summary.clone() };
    Differing {
        id: change.after.id.clone(),
        title: change.after.title.clone(),
        first: change.before.map(seen),
        second: seen(change.after),
    }
}

/// Which parts of a case these features belong to, each once.
pub fn parts(both: &[Both]) -> Vec<About> {
    let mut parts = Vec::new();
    for about in both.iter().filter_map(|both| Some(super::features::by_id(both.feature)?.about)) {
        if !parts.contains(&about) {
            parts.push(about);
        }
    }
    parts
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::compare::cases::tests::report;

    fn compared(a: &[(&'static str, &str)], b: &[(&'static str, &str)], cases: [&str; 2]) -> (Pair, Option<Likeness>) {
        let (a, b) = (report(cases[0], 1, "offline", a), report(cases[1], 2, "healthy", b));
        let server = FEATURES.iter().find(|feature| feature.id == "server").unwrap();
        (pair(&a, &b), likeness(server, &a, &b))
    }

    #[test]
    fn a_label_means_the_same_only_within_a_case() {
        let (host, other) = ([("server", "[host-1]")], [("server", "[host-2]")]);
        assert_eq!(compared(&host, &host, ["a", "a"]).1, Some(Likeness::Same));
        assert_eq!(compared(&host, &host, ["a", "b"]).1, Some(Likeness::NotComparable));
        assert_eq!(compared(&host, &other, ["", ""]).1, Some(Likeness::NotComparable));
        let plain = [("server", "smtp.example.com")];
        assert_eq!(compared(&host, &plain, ["a", "a"]).1, Some(Likeness::NotComparable));
        assert_eq!(compared(&plain, &[("server", "")], ["a", "b"]).1, Some(Likeness::Differ));
        assert_eq!(compared(&plain, &[], ["a", "b"]).1, Some(Likeness::NotComparable));
        assert_eq!(compared(&[], &[], ["a", "b"]).1, None);
    }

    #[test]
    fn what_two_reports_are_to_each_other() {
        let at =
            |machine, address| [("account", "anna@example.com"), ("machine", machine), ("public-address", address)];
        let pair = |a: &[(&'static str, &str)], b: &[(&'static str, &str)]| compared(a, b, ["a", "b"]).0;
        let here = at("PC-17", "198.51.100.1");
        assert_eq!(pair(&here, &here), Pair::BeforeAfter);
        assert_eq!(pair(&here, &at("PC-17", "203.0.113.1")), Pair::TwoNetworks);
        assert_eq!(pair(&here, &at("PC-18", "203.0.113.1")), Pair::TwoComputers);
        assert_eq!(pair(&here, &[("account", "ben@example.com")]), Pair::TwoAccounts);
        assert_eq!(pair(&here, &[("account", "[mailbox]@[domain]")]), Pair::Unknown);
    }
}
