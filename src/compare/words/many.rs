//! Many cases in words.

use super::{counted, machine_of, name, network, result, row, time};
use crate::compare::cases::Case;
use crate::compare::compared::Compared;
use crate::compare::features::Features;
use crate::compare::groups::{Count, Group, Many, Odd, Outlier, Relation, Trait, Valued};
use crate::compare::page::Section;
use crate::report::first_page::Row;
use crate::session::diagnosis::Outcome;
use crate::text::capital;

/// More cases than this are not listed: JSON has all.
const MOST_LISTED: usize = 200;

/// Title, rows and sections.
pub(super) fn parts(compared: &Compared, many: &Many, cases: &[Case]) -> (String, Vec<Row>, Vec<Section>) {
    let rows = vec![
        row("RESULT", headlines(many)),
        row("HOW SURE", how_sure(many)),
        row("REPORTS", vec![reports(compared, cases)]),
    ];
    let mut sections = vec![verdicts(many)];
    sections.extend(many.groups.iter().filter(|group| !group.traits.is_empty()).map(apart));
    sections.push(Section::of("The same in all cases", &[]).saying(many.common.iter().map(valued)));
    sections.push(outliers(&many.outliers));
    sections.push(courses(cases));
    sections.push(list(cases));
    (title(cases), rows, sections)
}

fn title(cases: &[Case]) -> String {
    let outcomes = [
        (Outcome::CannotSend, "cannot send"),
        (Outcome::Unreliable, "not reliable"),
        (Outcome::CanSend, "can send"),
        (Outcome::Unsure, "not sure"),
    ];
    let count = |outcome| cases.iter().filter(|case| case.report.last.verdict.outcome == outcome).count();
    let parts = outcomes.into_iter().map(|(outcome, says)| (count(outcome), says)).filter(|(count, _)| *count > 0);
    let parts = parts.map(|(count, says)| format!("{count} {says}")).collect::<Vec<_>>().join(", ");
    format!("{}: {parts}", counted(cases.len(), "case"))
}

fn reports(compared: &Compared, cases: &[Case]) -> String {
    let first =
        cases.iter().flat_map(|case| case.course.iter().chain([&case.report.last])).map(|moment| moment.at).min();
    let last = cases.iter().map(|case| case.report.last.at).max();
    let when = first.zip(last).map_or_else(String::new, |(first, last)| format!(", {} to {}", time(first), time(last)));
    format!("{} of {}{when}", counted(compared.reports, "report"), counted(cases.len(), "case"))
}

/// For each verdict that something sets apart, what does so most.
fn headlines(many: &Many) -> Vec<String> {
    let sentence = |group: &Group| {
        let best = group.traits.first().filter(|best| best.says == Relation::Separates)?;
        let others = match best.others {
            Count { have: 0, of } => format!("none of the {of} others"),
            Count { have, of } => format!("{have} of the {of} others"),
        };
        let all = format!("{}: {} of {}", capital(&group.title), group.cases.have, counted(group.cases.of, "case"));
        Some(format!("{all}. {}: {} of these, {others}.", values(best), of(best.here, group.cases.have)))
    };
    let found: Vec<String> = many.groups.iter().filter_map(sentence).collect();
    match (found.is_empty(), many.groups.first()) {
        (false, _) => found,
        (true, Some(group)) if group.cases.have == group.cases.of => {
            vec![format!("All {} say the same: {}.", counted(group.cases.of, "case"), group.title)]
        }
        (true, _) => vec![
            "Nothing that was recorded sets the cases with one result apart from the others, or there are too few of them."
                .to_owned(),
        ],
    }
}

fn how_sure(many: &Many) -> Vec<String> {
    let some = many.groups.iter().flat_map(|group| &group.traits).any(|found| found.says == Relation::Separates);
    let counted = "Counted over cases, each by its newest report. What sets cases apart goes together with the result; it \
                   need not be its cause.";
    if some { vec![counted.to_owned()] } else { vec![] }
}

/// How many cases have each result; those that only one has are counted together, if they are many.
fn verdicts(many: &Many) -> Section {
    /// So many single ones are listed.
    const SINGLE: usize = 5;
    let verdicts = || many.groups.iter().filter(|group| group.cause.is_some());
    let single = verdicts().filter(|group| group.cases.have == 1).count();
    let listed = verdicts().filter(|group| group.cases.have > 1 || single <= SINGLE);
    let rest = verdicts().next().filter(|_| single > SINGLE);
    let rest = rest.map(|group| {
        vec![
            format!("{single} other results, one case each"),
            of(Count { have: single, of: group.cases.of }, group.cases.of),
        ]
    });
    Section::of("Results", &["result", "cases"])
        .with(listed.map(|group| vec![group.title.clone(), of(group.cases, group.cases.of)]).chain(rest))
}

/// "38 of 40", and of how many it is not known.
fn of(count: Count, all: usize) -> String {
    match all.saturating_sub(count.of) {
        0 => format!("{} of {}", count.have, count.of),
        unknown => format!("{} of {} (not known of {unknown})", count.have, count.of),
    }
}

fn valued(value: &Valued) -> String {
    format!("{}: {}", name(value.feature), value.value)
}

/// The values of a trait in one line.
fn values(found: &Trait) -> String {
    let values = found.values.iter().map(|value| format!("{} ({})", value.value, name(value.feature)));
    values.collect::<Vec<_>>().join(" and ")
}

fn apart(group: &Group) -> Section {
    let others = group.cases.of - group.cases.have;
    let rows = group
        .traits
        .iter()
        .map(|found| vec![values(found), of(found.here, group.cases.have), of(found.others, others), says(found)]);
    let title = format!("{}: {}", capital(&group.title), of(group.cases, group.cases.of));
    Section::of(title, &["what", "of these", "of the others", "says"]).with(rows)
}

fn says(found: &Trait) -> String {
    let relation = match found.says {
        Relation::Separates => "sets them apart",
        Relation::TooFew => "too few cases: may be chance",
        Relation::Shared => "all of these; of the others it is not known",
    };
    let several =
        (found.values.len() > 1).then_some("the same cases have all of these: which one matters cannot be told");
    let networks = found.networks.map(|networks| match networks {
        0 => "a private address: another network may have it too".to_owned(),
        1 => "a private address, always behind the same public one".to_owned(),
        many => format!("a private address behind {many} public ones: may be several devices"),
    });
    let parts = [Some(relation.to_owned()), several.map(str::to_owned), networks];
    parts.into_iter().flatten().collect::<Vec<_>>().join("; ")
}

fn outliers(outliers: &[Outlier]) -> Section {
    let why = |outlier: &Outlier| {
        let values = outlier.values.iter().map(valued).collect::<Vec<_>>().join(", ");
        match outlier.why {
            Odd::OnlyOne => format!("the only one with this result: {}", outlier.verdict),
            Odd::WithoutTrait => format!("{}, although not with {values}", outlier.verdict),
            Odd::OtherVerdict => format!("another result than \"{}\", although with {values}", outlier.verdict),
        }
    };
    let shown = outliers.iter().take(MOST_LISTED).map(|outlier| vec![outlier.file.clone(), why(outlier)]);
    Section::of("Cases that do not fit", &["file", "why"]).with(shown).saying(more(outliers.len()))
}

/// How many are not listed.
fn more(all: usize) -> Option<String> {
    all.checked_sub(MOST_LISTED).filter(|more| *more > 0).map(|more| format!("{more} more are in the JSON format."))
}

/// The course of time of each case that has one.
fn courses(cases: &[Case]) -> Section {
    let with_course: Vec<&Case> = cases.iter().filter(|case| !case.course.is_empty()).collect();
    let rows = with_course.iter().take(MOST_LISTED).map(|case| {
        let moments = case.course.iter().chain([&case.report.last]);
        let course = moments.map(|moment| format!("{} {}", time(moment.at), result(&moment.verdict)));
        vec![who(&case.report), course.collect::<Vec<_>>().join(" ")]
    });
    Section::of("Cases over time", &["case", "course"]).with(rows).saying(more(with_course.len()))
}

fn list(cases: &[Case]) -> Section {
    let rows = cases.iter().take(MOST_LISTED).map(|case| {
        let report = &case.report;
        vec![report.file.clone(), who(report), time(report.last.at), result(&report.last.verdict)]
    });
    Section::of("All cases", &["file", "who and where", "when", "result"]).with(rows).saying(more(cases.len()))
}

/// Whose report it is: account, computer, network.
fn who(report: &Features) -> String {
    let parts = [report.value("account").map(str::to_owned), machine_of(report), network(report)];
    parts.into_iter().flatten().collect::<Vec<_>>().join(", ")
}
