//! Two reports in words.

use super::{machine_of, name, network, result, row, shown, time};
use crate::compare::features::{About, Features};
use crate::compare::page::Section;
use crate::compare::two::{Both, Differing, Pair, Two, parts as parts_of};
use crate::report::first_page::Row;
use crate::session::diagnosis::Outcome;

/// Title, rows and sections.
pub(super) fn parts(two: &Two, reports: [&Features; 2]) -> (String, Vec<Row>, Vec<Section>) {
    let labels = match two.pair {
        Pair::BeforeAfter => ["BEFORE", "AFTER"],
        _ => ["FIRST", "SECOND"],
    };
    let mut rows = vec![
        row("RESULT", vec![compared(two, reports)]),
        row("EXPLAINS IT", explains(two)),
        row("TO BE SURE", to_be_sure(two)),
    ];
    rows.extend(labels.into_iter().zip(reports).map(|(label, report)| {
        row(label, vec![distinguished(two.pair, report), result(&report.last.verdict), report.file.clone()])
    }));
    let heads = labels.map(|label| crate::text::capital(&label.to_lowercase()));
    let heads = ["", heads[0].as_str(), heads[1].as_str()];
    let table = |title: &str, both: &[Both]| Section::of(title, &heads).with(both.iter().map(cells));
    let same = two.same.iter().map(|both| format!("{}: {}", name(both.feature), shown(both.first.as_deref())));
    let sections = vec![
        table("What differs and can matter", &two.explains),
        table("What else differs", &two.other),
        Section::of("What the checks found", &heads)
            .with(two.checks.iter().map(check))
            .saying([format!("{} found the same.", super::counted(two.checks_same, "check"))]),
        Section::of("What is the same", &[]).saying(same),
        Section::of("What cannot be compared", &[]).saying(not_compared(&two.not_compared)),
    ];
    (title(two.pair, reports), rows, sections)
}

fn title(pair: Pair, [first, second]: [&Features; 2]) -> String {
    let account = first.value("account").unwrap_or("one account");
    let both = |id: &str| {
        let of = |report: &Features| report.value(id).unwrap_or("not known").to_owned();
        format!("{} and {}", of(first), of(second))
    };
    match pair {
        Pair::BeforeAfter => match machine_of(first) {
            Some(machine) => format!("Before and after: {account} on {machine}"),
            None => format!("Before and after: {account}"),
        },
        Pair::TwoNetworks => format!("Two networks: {account}, {}", both("public-address")),
        Pair::TwoComputers => format!("Two computers: {account}, {}", both("machine")),
        Pair::TwoAccounts => format!("Two accounts: {}", both("account")),
        Pair::Unknown => "Two reports".to_owned(),
    }
}

/// What tells this report from the other one, what differs by kind first.
fn distinguished(pair: Pair, report: &Features) -> String {
    let account = report.value("account").map(str::to_owned);
    let (machine, network) = (machine_of(report), network(report));
    let at = Some(time(report.last.at));
    let parts = match pair {
        Pair::BeforeAfter => [at, machine, network, None],
        Pair::TwoNetworks => [network, machine, at, None],
        Pair::TwoComputers => [machine, network, at, None],
        Pair::TwoAccounts | Pair::Unknown => [account, machine, network, at],
    };
    parts.into_iter().flatten().collect::<Vec<_>>().join(", ")
}

fn compared(two: &Two, [first, second]: [&Features; 2]) -> String {
    let (a, b) = (&first.last.verdict, &second.last.verdict);
    let says = |outcome: Outcome| match outcome {
        Outcome::CanSend => "can send",
        Outcome::CannotSend => "cannot send",
        Outcome::Unreliable => "is not reliable",
        Outcome::Unsure => "could not be judged",
    };
    match two.pair {
        _ if two.same_verdict => format!("Both say the same: {}.", b.title),
        Pair::BeforeAfter if a.outcome == b.outcome => {
            format!("Before: {}. Now something else: {}.", a.title, b.title)
        }
        Pair::BeforeAfter => format!("It {} before, and {} now.", past(a.outcome), says(b.outcome)),
        _ if a.outcome == b.outcome => format!("The results differ: {}; and {}.", a.title, b.title),
        _ => format!("The first {}, the second {}.", says(a.outcome), says(b.outcome)),
    }
}

fn past(outcome: Outcome) -> &'static str {
    match outcome {
        Outcome::CanSend => "could send",
        Outcome::CannotSend => "could not send",
        Outcome::Unreliable => "was not reliable",
        Outcome::Unsure => "could not be judged",
    }
}

/// Which difference can explain it.
fn explains(two: &Two) -> Vec<String> {
    let of_part = |part: About, both: &[Both]| {
        let names = both.iter().filter(|both| parts_of(std::slice::from_ref(*both)) == [part]);
        names.map(|both| name(both.feature)).collect::<Vec<_>>().join(", ")
    };
    let listed = |both: &[Both]| {
        let parts = parts_of(both).into_iter().map(|part| format!("{} ({})", says(part), of_part(part, both)));
        parts.collect::<Vec<_>>().join("; ")
    };
    if two.same_verdict {
        let shared: Vec<Both> = two.same.iter().filter(|both| is_shared(both)).cloned().collect();
        let differs =
            if two.other.iter().any(is_shared) { "What differs between them does not change the result. " } else { "" };
        return match shared.is_empty() {
            true => vec![],
            false => vec![format!("{differs}Look first at what they share: {}.", listed(&shared))],
        };
    }
    match parts_of(&two.explains).as_slice() {
        [] => vec![
            "Nothing that both reports recorded, and that can matter to these results, differs. Something was changed or \
             fixed in between, the fault comes and goes, or it is something that reports do not contain."
                .to_owned(),
        ],
        [part] => vec![format!(
            "Of what both recorded and can matter to these results, only {} differs: {}.",
            says(*part),
            of_part(*part, &two.explains)
        )],
        _ => vec![format!("What both recorded, differs, and can matter to these results: {}.", listed(&two.explains))],
    }
}

/// Whether a feature is part of what two reports with one result may share as its reason.
fn is_shared(both: &Both) -> bool {
    !parts_of(std::slice::from_ref(both))
        .iter()
        .any(|part| matches!(part, About::Finding | About::Time | About::Measurement))
}

/// What would prove it.
fn to_be_sure(two: &Two) -> Vec<String> {
    if two.same_verdict {
        return vec![];
    }
    let mut words = vec!["Two reports show what goes together, not what causes it.".to_owned()];
    words.extend(parts_of(&two.explains).into_iter().filter_map(proof).map(str::to_owned));
    words
}

/// What leaves only this part of a case to differ.
fn proof(part: About) -> Option<&'static str> {
    Some(match part {
        About::Account => "Account: check another account on the same computer.",
        About::Settings => "Settings: change only these, and check again.",
        About::Program => "Mail program: check with another one on the same computer.",
        About::Machine => "Computer: check another computer in the same network.",
        About::Network => "Network: check the same computer in the other network, such as a phone's hotspot.",
        About::Names => "DNS: check with the other DNS server (--resolver).",
        About::Server => "Server: check again at the same time from both places.",
        About::Measurement | About::Time | About::Finding => return None,
    })
}

/// A part of a case in words.
fn says(part: About) -> &'static str {
    match part {
        About::Account => "the account",
        About::Settings => "the settings",
        About::Program => "the mail program",
        About::Machine => "the computer",
        About::Network => "the network",
        About::Names => "DNS",
        About::Server => "the server",
        About::Measurement => "how it was measured",
        About::Time => "the time",
        About::Finding => "what was found",
    }
}

/// What only one of them knows, and what was left out of one.
fn not_compared(both: &[Both]) -> Vec<String> {
    let is_circumstance = |both: &&Both| parts_of(std::slice::from_ref(*both)) != [About::Finding];
    let known = |values: &Option<Vec<String>>| values.as_ref().map(|values| shown(Some(values)));
    let mut lines: [Vec<String>; 3] = Default::default();
    for both in both.iter().filter(is_circumstance) {
        let name = name(both.feature);
        match (known(&both.first), known(&both.second)) {
            (Some(first), None) => lines[0].push(format!("{name} {first}")),
            (None, Some(second)) => lines[1].push(format!("{name} {second}")),
            (first, second) => {
                let values = [first, second].map(|value| value.unwrap_or_default()).join(" / ");
                lines[2].push(format!("{name} {values}"));
            }
        }
    }
    let titles = ["known of the first only", "known of the second only", "names left out"];
    let lines = titles.into_iter().zip(lines).filter(|(_, values)| !values.is_empty());
    lines.map(|(title, values)| format!("{title}: {}", values.join("; "))).collect()
}

fn cells(both: &Both) -> Vec<String> {
    vec![name(both.feature).to_owned(), shown(both.first.as_deref()), shown(both.second.as_deref())]
}

fn check(check: &Differing) -> Vec<String> {
    let seen = |seen: &crate::compare::two::Seen| format!("{} {}", seen.state, seen.summary);
    let first = check.first.as_ref().map_or_else(|| "not asked".to_owned(), seen);
    vec![format!("{} ({})", check.title, check.id), first, seen(&check.second)]
}
