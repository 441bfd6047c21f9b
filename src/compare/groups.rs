//! Many cases, grouped by their verdicts, and for each verdict what sets its cases apart from the others: counted on both
//! sides, and held against chance. That something goes together makes it no cause.

use super::cases::Case;
use super::chance::Chance;
use super::features::{About, FEATURES, Feature};
use crate::report::redact::has_label;
use crate::session::diagnosis::Outcome;
use crate::session::guide;
use crate::text::is_inner;
use crate::text::small_sort::{Gather, SmallSort};
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet};

/// By chance alone, at most this share of the comparisons of a group would show something that is called a difference;
/// divided by the number of values that were tried (Bonferroni's correction).
const CHANCE: f64 = 0.05;
/// A value is worth telling if the shares on the two sides are at least this far apart.
const APART: f64 = 0.5;
/// A result that only one case has is worth telling if at most one case in so many has one like that.
const OUTLIERS: usize = 4;
/// At most so many traits are told of a group.
const MOST_TRAITS: usize = 6;
/// The traits of the largest groups are looked for; of the others, the numbers are told.
const MOST_GROUPS: usize = 30;

/// What many cases have in common, and what sets them apart.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Many {
    /// The groups: all that fail, if they do by several causes, then each verdict; the largest first.
    pub groups: Vec<Group>,
    /// What is the same in all cases of which it is known, if there are at least two.
    pub common: Vec<Valued>,
    /// The cases that do not fit.
    pub outliers: Vec<Outlier>,
}

/// The cases with one verdict.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Group {
    /// The cause's name; absent for all that fail, by whatever cause.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cause: Option<String>,
    /// The verdict in words.
    pub title: String,
    /// How many cases have it, of all.
    pub cases: Count,
    /// What sets them apart, what distinguishes most first.
    pub traits: Vec<Trait>,
}

/// So many of so many.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[expect(missing_docs, reason = "the names say it")]
pub struct Count {
    pub have: usize,
    pub of: usize,
}

impl Count {
    fn share(self) -> f64 {
        if self.of == 0 { 0.0 } else { self.have as f64 / self.of as f64 }
    }
}

/// A value of a feature.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[expect(missing_docs, reason = "the names say it")]
pub struct Valued {
    pub feature: &'static str,
    pub value: String,
}

/// What sets the cases of a group apart.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Trait {
    /// The values: several, if exactly the same cases have them, so that nobody can tell which of them matters.
    pub values: Vec<Valued>,
    /// How many cases of the group have it, of those of which it is known.
    pub here: Count,
    /// And how many of the other cases.
    pub others: Count,
    /// What that says.
    pub says: Relation,
    /// How likely a difference like that, or a greater one, is by chance; not corrected.
    pub chance: f64,
    /// For a private address, behind how many public addresses it was seen: it may be several devices.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub networks: Option<usize>,
}

/// What a trait says.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Relation {
    /// It sets the group apart: chance is not likely to.
    Separates,
    /// It would, but there are too few cases to rule out chance.
    TooFew,
    /// All of the group have it; of the others it is not known.
    Shared,
}

/// A case that does not fit.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Outlier {
    /// Its file.
    pub file: String,
    /// Why not.
    pub why: Odd,
    /// The verdict that it has, or does not have although others with the trait do.
    pub verdict: String,
    /// The trait, if it is about one.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub values: Vec<Valued>,
}

/// Why a case does not fit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Odd {
    /// No other case has its verdict.
    OnlyOne,
    /// It has the verdict without the trait that sets the others with it apart.
    WithoutTrait,
    /// It has that trait, and another verdict.
    OtherVerdict,
}

/// Which cases have each value, and of which cases each feature is known. What was left out of a report is not known:
/// `[host-1]` of two cases is not the same host.
struct Table<'a> {
    having: BTreeMap<(usize, &'a str), Vec<usize>>,
    known: Vec<Vec<bool>>,
    networks: Vec<Option<&'a str>>,
}

impl<'a> Table<'a> {
    fn of(cases: &'a [Case]) -> Self {
        let mut table = Table {
            having: BTreeMap::new(),
            known: vec![vec![false; cases.len()]; FEATURES.len()],
            networks: cases.iter().map(|case| case.report.value("public-address")).collect(),
        };
        for (row, feature) in FEATURES.iter().enumerate().filter(|(_, feature)| is_circumstance(feature)) {
            for (number, case) in cases.iter().enumerate() {
                let Some(values) = case.report.values(feature.id) else { continue };
                if values.iter().any(|value| has_label(value)) {
                    continue;
                }
                table.known[row][number] = true;
                for value in values.iter().gather::<BTreeSet<_>>() {
                    table.having.entry((row, value.as_str())).or_default().push(number);
                }
            }
        }
        table
    }

    /// Behind how many public addresses a private one was seen, as far as that is known.
    fn networks(&self, value: &str, having: &[usize]) -> Option<usize> {
        let is_shared = |addr: std::net::IpAddr| is_inner(addr) && !addr.is_loopback();
        value.parse().is_ok_and(is_shared).then(|| {
            let behind = having.iter().filter_map(|case| self.networks[*case]);
            behind.filter(|network| !has_label(network)).gather::<BTreeSet<_>>().len()
        })
    }
}

fn is_circumstance(feature: &Feature) -> bool {
    feature.about != About::Finding
}

fn valued(row: usize, value: &str) -> Valued {
    Valued { feature: FEATURES[row].id, value: value.to_owned() }
}

/// The groups of these cases.
pub fn many(cases: &[Case]) -> Many {
    let table = Table::of(cases);
    let chance = Chance::up_to(cases.len());
    let mut by_cause: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
    for (number, case) in cases.iter().enumerate() {
        by_cause.entry(case.report.last.verdict.cause.as_str()).or_default().push(number);
    }
    let mut verdicts: Vec<(Option<&str>, Vec<usize>)> =
        by_cause.into_iter().map(|(cause, members)| (Some(cause), members)).collect();
    // The faults first: what those that can send have in common is the other side of the same.
    let can_send = |members: &[usize]| members.iter().all(|case| outcome(&cases[*case]) == Outcome::CanSend);
    verdicts.small_sort_by_key(|(_, members)| (can_send(members), std::cmp::Reverse(members.len())));
    let failing: Vec<usize> = (0..cases.len()).filter(|case| fails(&cases[*case])).collect();
    let causes = verdicts.iter().filter(|(_, members)| members.iter().any(|case| fails(&cases[*case]))).count();
    if causes > 1 && failing.len() < cases.len() {
        verdicts.insert(0, (None, failing));
    }
    // Where every case is another one, none stands out.
    let single = verdicts.iter().filter(|(_, members)| members.len() == 1).count();
    let is_regular = single * OUTLIERS <= cases.len();
    let mut outliers = Vec::new();
    let mut groups = Vec::new();
    for (place, (cause, members)) in verdicts.into_iter().enumerate() {
        let traits = match place < MOST_GROUPS && members.len() > 1 {
            true => traits(&table, &chance, &members, cases.len()),
            false => vec![],
        };
        let group = group(cases, cause, &members, traits);
        match members.as_slice() {
            [only] if is_regular && cause.is_some() => outliers.push(outlier(cases, &group, *only, Odd::OnlyOne, &[])),
            _ => outliers.extend(odd(cases, &table, &group, &members)),
        }
        groups.push(group);
    }
    Many { groups, common: common(&table, cases.len()), outliers }
}

fn outcome(case: &Case) -> Outcome {
    case.report.last.verdict.outcome
}

fn fails(case: &Case) -> bool {
    matches!(outcome(case), Outcome::CannotSend | Outcome::Unreliable)
}

fn group(cases: &[Case], cause: Option<&str>, members: &[usize], traits: Vec<Trait>) -> Group {
    let title = match (cause, members) {
        (None, _) => "cannot send, or only now and then".to_owned(),
        // The title of one case may name its server.
        (Some(_), [only]) => cases[*only].report.last.verdict.title.clone(),
        (Some(cause), _) => guide().headline(cause).to_owned(),
    };
    Group { cause: cause.map(str::to_owned), title, cases: Count { have: members.len(), of: cases.len() }, traits }
}

fn traits(table: &Table<'_>, chance: &Chance, members: &[usize], all: usize) -> Vec<Trait> {
    let mut is_member = vec![false; all];
    members.iter().for_each(|case| is_member[*case] = true);
    let known: Vec<(usize, usize)> = table
        .known
        .iter()
        .map(|known| {
            let here = members.iter().filter(|case| known[**case]).count();
            (here, known.iter().filter(|known| **known).count() - here)
        })
        .collect();
    let tried = table.having.values().filter(|having| having.len() > 1).count().max(1);
    // Values that exactly the same cases have cannot be told apart.
    let mut found: BTreeMap<(&[usize], usize, usize), Trait> = BTreeMap::new();
    for ((row, value), having) in table.having.iter().filter(|(_, having)| having.len() > 1) {
        let have = having.iter().filter(|case| is_member[**case]).count();
        let (of_here, of_others) = known[*row];
        let here = Count { have, of: of_here };
        let others = Count { have: having.len() - have, of: of_others };
        let probability = chance.of(here.have, here.of, others.have, others.of);
        let Some(says) = relation(here, others, probability * tried as f64, all > members.len()) else { continue };
        let found = found.entry((having.as_slice(), of_here, of_others)).or_insert_with(|| Trait {
            values: vec![],
            here,
            others,
            says,
            chance: probability,
            networks: table.networks(value, having),
        });
        found.values.push(valued(*row, value));
    }
    let mut traits: Vec<Trait> = found.into_values().collect();
    let by_weight = |a: &Trait, b: &Trait| a.says.cmp(&b.says).then(a.chance.total_cmp(&b.chance));
    traits.sort_unstable_by(|a, b| by_weight(a, b).then_with(|| b.here.have.cmp(&a.here.have)));
    traits.truncate(MOST_TRAITS);
    traits
}

fn relation(here: Count, others: Count, corrected: f64, has_others: bool) -> Option<Relation> {
    if here.have < 2 {
        return None;
    }
    match others.of {
        0 => (has_others && here.have == here.of).then_some(Relation::Shared),
        _ if here.share() - others.share() < APART => None,
        _ if corrected <= CHANCE => Some(Relation::Separates),
        _ => Some(Relation::TooFew),
    }
}

/// The values that all cases have of which the feature is known.
fn common(table: &Table<'_>, all: usize) -> Vec<Valued> {
    let is_common = |row: usize, having: &[usize]| {
        let known = table.known[row].iter().filter(|known| **known).count();
        known > 1 && having.len() == known && 2 * known >= all
    };
    let values = table.having.iter().filter(|((row, _), having)| is_common(*row, having));
    values.map(|((row, value), _)| valued(*row, value)).collect()
}

fn outlier(cases: &[Case], group: &Group, case: usize, why: Odd, values: &[Valued]) -> Outlier {
    Outlier { file: cases[case].report.file.clone(), why, verdict: group.title.clone(), values: values.to_vec() }
}

/// The cases that do not fit a group.
fn odd(cases: &[Case], table: &Table<'_>, group: &Group, members: &[usize]) -> Vec<Outlier> {
    let outlier = |case: usize, why: Odd, values: &[Valued]| outlier(cases, group, case, why, values);
    let Some(best) = group.traits.first().filter(|best| best.says == Relation::Separates) else { return vec![] };
    let Some(first) = best.values.first() else { return vec![] };
    let Some(row) = FEATURES.iter().position(|feature| feature.id == first.feature) else { return vec![] };
    let having = table.having.get(&(row, first.value.as_str())).map_or(&[][..], Vec::as_slice);
    let has: BTreeSet<usize> = having.iter().copied().gather();
    let belongs: BTreeSet<usize> = members.iter().copied().gather();
    let without = members.iter().filter(|case| table.known[row][**case] && !has.contains(case));
    let without = without.map(|case| outlier(*case, Odd::WithoutTrait, &best.values));
    let other = having.iter().filter(|case| !belongs.contains(case));
    without.chain(other.map(|case| outlier(*case, Odd::OtherVerdict, &best.values))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::compare::cases::{cases, tests::report};

    /// Cases `from..to` with this verdict and these features.
    fn some(
        from: usize,
        to: usize,
        cause: &str,
        features: &[(&'static str, &str)],
    ) -> Vec<crate::compare::features::Features> {
        (from..to).map(|number| report(&format!("case{number}"), number as i64, cause, features)).collect()
    }

    #[test]
    fn what_sets_those_that_fail_apart_is_counted_on_both_sides() {
        let mut all = some(
            0,
            38,
            "blocked-network",
            &[("routers", "10.1.0.1"), ("version", "1"), ("public-address", "198.51.100.1")],
        );
        all.extend(some(38, 40, "blocked-network", &[("routers", "10.9.0.1"), ("version", "1")]));
        all.extend(some(40, 52, "healthy", &[("routers", "10.2.0.1"), ("version", "1")]));
        let many = many(&cases(all));
        let group = &many.groups[0];
        assert_eq!((group.cause.as_deref(), group.cases), (Some("blocked-network"), Count { have: 40, of: 52 }));
        let best = &group.traits[0];
        assert_eq!(best.values, [Valued { feature: "routers", value: "10.1.0.1".to_owned() }]);
        assert_eq!((best.here, best.others), (Count { have: 38, of: 40 }, Count { have: 0, of: 12 }));
        assert_eq!((best.says, best.networks), (Relation::Separates, Some(1)));
        assert!(many.common.iter().any(|value| value.feature == "version"));
        let odd: Vec<&str> = many.outliers.iter().map(|outlier| outlier.file.as_str()).collect();
        assert_eq!(odd, ["case38-38.json", "case39-39.json"]);
    }

    #[test]
    fn a_few_cases_may_be_chance_and_left_out_names_are_not_the_same() {
        let mut all =
            some(0, 2, "blocked-network", &[("routers", "10.1.0.1"), ("server", "[host-1]"), ("day", "today")]);
        all.extend(some(2, 4, "healthy", &[("routers", "10.2.0.1"), ("server", "[host-2]"), ("day", "today")]));
        let many = many(&cases(all));
        assert_eq!(many.groups[0].traits[0].says, Relation::TooFew);
        assert!(many.groups.iter().flat_map(|group| &group.traits).all(|found| found.values[0].feature != "server"));
        assert!(many.outliers.is_empty());
    }

    #[test]
    fn values_that_the_same_cases_have_are_one_trait() {
        let mut all = some(0, 20, "blocked-network", &[("routers", "10.1.0.1"), ("resolver", "10.1.0.53")]);
        all.extend(some(20, 40, "healthy", &[("routers", "10.2.0.1"), ("resolver", "10.2.0.53")]));
        let traits = &many(&cases(all)).groups[0].traits;
        assert_eq!((traits.len(), traits[0].values.len()), (1, 2));
    }

    #[test]
    fn what_is_known_of_one_side_only_separates_nothing() {
        let mut all = some(0, 20, "blocked-network", &[("stops-behind", "10.1.0.1")]);
        all.extend(some(20, 40, "healthy", &[]));
        assert_eq!(many(&cases(all)).groups[0].traits[0].says, Relation::Shared);
    }
}
