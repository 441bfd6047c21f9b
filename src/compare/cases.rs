//! Reports put into cases: copies of one measurement count once, and the reports of one case are its course of time.

use super::features::{Features, Moment};
use crate::report::Report;
use jiff::Timestamp;
use serde::Serialize;
use std::collections::HashMap;

/// A case: what its last report says, and how it came to that.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Case {
    /// The newest report.
    pub report: Features,
    /// The verdicts before that one, the oldest first, each at its time; of all its reports.
    pub course: Vec<Moment>,
    /// The files of its other reports.
    pub other_files: Vec<String>,
}

impl Case {
    /// A report for itself.
    pub fn alone(report: Features) -> Self {
        Case { report, course: vec![], other_files: vec![] }
    }
}

/// What is kept of the reports that were read so far: of each some short texts, and of the first two all, for they may
/// be the only ones.
#[derive(Debug, Default)]
pub struct Gathered {
    /// The measurements, copies left out.
    pub reports: Vec<Features>,
    /// The reports themselves, as long as there are no more than two.
    pub whole: Vec<Report>,
    /// How many copies were left out.
    pub copies: usize,
    known: HashMap<(String, Timestamp), usize>,
}

impl Gathered {
    /// Takes in a report. Of copies of one measurement, the one stays from which least was left out.
    pub fn add(&mut self, report: Report, features: Features) {
        let place = (!features.case.is_empty()).then(|| (features.case.clone(), features.last.at));
        if let Some(index) = place.as_ref().and_then(|place| self.known.get(place)).copied() {
            self.copies += 1;
            if self.reports[index].redacted && !features.redacted {
                self.reports[index] = features;
                self.whole.get_mut(index).into_iter().for_each(|whole| whole.clone_from(&report));
            }
            return;
        }
        if let Some(place) = place {
            self.known.insert(place, self.reports.len());
        }
        self.reports.push(features);
        if self.reports.len() <= 2 {
            self.whole.push(report);
        } else {
            self.whole.clear();
        }
    }
}

/// The cases, in the order of their first report.
pub fn cases(reports: Vec<Features>) -> Vec<Case> {
    let mut cases: Vec<Vec<Features>> = Vec::new();
    let mut known: HashMap<String, usize> = HashMap::new();
    for report in reports {
        match known.get(&report.case) {
            Some(index) => cases[*index].push(report),
            None => {
                if !report.case.is_empty() {
                    known.insert(report.case.clone(), cases.len());
                }
                cases.push(vec![report]);
            }
        }
    }
    cases.into_iter().filter_map(case).collect()
}

fn case(mut reports: Vec<Features>) -> Option<Case> {
    reports.sort_unstable_by_key(|report| report.last.at);
    let newest = reports.pop()?;
    let earlier = reports.iter().flat_map(|report| report.before.iter().chain([&report.last]));
    let mut course: Vec<Moment> = earlier.chain(&newest.before).cloned().collect();
    course.sort_unstable_by_key(|moment| moment.at);
    // A report carries the runs before its last one, which may have been saved on their own too.
    course.dedup_by_key(|moment| moment.at);
    course.retain(|moment| moment.at != newest.last.at);
    Some(Case { report: newest, course, other_files: reports.into_iter().map(|report| report.file).collect() })
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use crate::compare::features::Verdict;
    use crate::session::diagnosis::Outcome;
    use std::collections::BTreeMap;

    /// A report with these features, made in that second.
    pub(in crate::compare) fn report(
        case: &str,
        second: i64,
        cause: &str,
        features: &[(&'static str, &str)],
    ) -> Features {
        let outcome = if cause == "healthy" { Outcome::CanSend } else { Outcome::CannotSend };
        let verdict = Verdict {
            outcome,
            cause: cause.to_owned(),
            title: cause.to_owned(),
            certainty: "certain".to_owned(),
            step: "firewall".to_owned(),
        };
        let values = |text: &str| text.split_whitespace().map(str::to_owned).collect();
        let features: BTreeMap<_, Vec<String>> = features.iter().map(|(id, text)| (*id, values(text))).collect();
        Features {
            file: format!("{case}-{second}.json"),
            case: case.to_owned(),
            last: Moment { at: jiff::Timestamp::from_second(second).unwrap(), verdict },
            before: vec![],
            redacted: false,
            features,
        }
    }

    #[test]
    fn a_case_has_a_course() {
        let first = report("a", 1, "offline", &[]);
        let later = Features { before: vec![first.last.clone()], ..report("a", 5, "healthy", &[]) };
        let cases = cases(vec![first, later, report("b", 1, "offline", &[])]);
        assert_eq!(cases.len(), 2);
        assert_eq!(cases[0].report.last.verdict.cause, "healthy");
        assert_eq!(cases[0].course.iter().map(|moment| moment.at.as_second()).collect::<Vec<_>>(), [1]);
        assert_eq!(cases[0].other_files, ["a-1.json"]);
        assert!(cases[1].course.is_empty());
    }

    #[test]
    fn reports_without_an_id_are_cases_of_their_own() {
        assert_eq!(cases(vec![report("", 1, "offline", &[]), report("", 1, "offline", &[])]).len(), 2);
    }
}
