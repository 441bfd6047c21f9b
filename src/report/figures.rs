//! The numbers that a report has, one row each, for whoever keeps them over time; the state that a monitoring system shows,
//! and the ranges beyond which a number changes it. How they are written is in `nagios`, `prometheus` and `row`.

use super::{Report, timestamp};
use crate::facts::key::{Key, Observable};
use crate::facts::keys;
use crate::facts::target::Target;
use crate::facts::words::LogIn;
use crate::guide::UNDETERMINED;
use crate::session::diagnosis::Outcome;
use jiff::Timestamp;

/// A number that a report may have.
#[derive(Debug)]
pub struct Figure {
    /// Its name, by which a range can be given for it.
    pub name: &'static str,
    /// What it says.
    pub says: &'static str,
    /// Reads it; `None` if it was not measured.
    read: fn(&Report) -> Option<Measured>,
}

/// A number with its unit.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Measured {
    /// Seconds.
    Seconds(f64),
    /// A part of a whole, from 0 to 1.
    Ratio(f64),
    /// A count.
    Count(f64),
    /// A moment, and how many days there were to it when the report was made.
    Until(Timestamp, f64),
}

/// All figures. A new one is a row here and in docs/fleet.md.
pub const FIGURES: &[Figure] = &[
    Figure { name: "run_time", says: "the whole run", read: run_time },
    Figure { name: "name_time", says: "looking the server's name up", read: name_time },
    Figure {
        name: "connect_time",
        says: "opening the port in use",
        read: |report| ms(own(report, &keys::port::CONNECT)),
    },
    Figure {
        name: "greeting_time",
        says: "waiting for the server's greeting",
        read: |report| ms(own(report, &keys::smtp::GREETING_MS)),
    },
    Figure { name: "ehlo_time", says: "the reply to EHLO", read: |report| ms(own(report, &keys::smtp::EHLO_MS)) },
    Figure {
        name: "handshake_time",
        says: "the TLS handshake",
        read: |report| ms(own(report, &keys::smtp::HANDSHAKE_MS)),
    },
    Figure { name: "login_time", says: "the log-in", read: login_time },
    Figure { name: "certificate_days", says: "the expiry of the server's certificate", read: certificate },
    Figure { name: "packet_loss", says: "handshakes with other servers that lost a packet", read: loss },
    Figure { name: "round_trip_time", says: "the median of these handshakes", read: round_trip },
    Figure { name: "clock_offset", says: "this computer's clock ahead of network time", read: clock },
    Figure { name: "connections", says: "connections opened to the mail server", read: connections },
];

/// The figures that a report has.
pub fn figures(report: &Report) -> impl Iterator<Item = (&'static Figure, Measured)> + '_ {
    FIGURES.iter().filter_map(|figure| Some((figure, (figure.read)(report)?)))
}

impl Measured {
    /// The number as people set a range for it: seconds, percent, days, a count.
    pub fn number(self) -> f64 {
        match self {
            Measured::Seconds(number) | Measured::Count(number) | Measured::Until(_, number) => number,
            Measured::Ratio(part) => part * 100.0,
        }
    }

    /// That number's unit, as it is written behind it.
    pub fn unit(self) -> &'static str {
        match self {
            Measured::Seconds(_) => "s",
            Measured::Ratio(_) => "%",
            Measured::Count(_) | Measured::Until(..) => "",
        }
    }
}

/// A fact of the port in use.
fn own<T: Observable>(report: &Report, key: &Key<T>) -> Option<T> {
    report.fact(&Target::in_use(report.account.in_use.as_ref()?.port).id(key.check), key)
}

fn ms(number: Option<u64>) -> Option<Measured> {
    // Milliseconds beyond the 52 bits of a float are no measurement.
    number.and_then(|ms| u32::try_from(ms).ok()).map(|ms| Measured::Seconds(f64::from(ms) / 1_000.0))
}

fn count(number: usize) -> Option<f64> {
    u32::try_from(number).ok().map(f64::from)
}

fn run_time(report: &Report) -> Option<Measured> {
    let run = report.runs.last()?;
    let took = timestamp(run.finished.as_deref()?)?.duration_since(timestamp(&run.started)?);
    Some(Measured::Seconds(took.as_secs_f64()))
}

fn name_time(report: &Report) -> Option<Measured> {
    let check = report.finding(keys::dns_server::RESULT.check)?;
    keys::dns_server::RESULT.read(&check.facts).and_then(|_| ms(Some(check.elapsed_ms)))
}

fn login_time(report: &Report) -> Option<Measured> {
    let check = report.finding(keys::login::RESULT.check)?;
    let result = keys::login::RESULT.read(&check.facts)?;
    let was_tried = matches!(result, LogIn::Accepted | LogIn::Rejected | LogIn::Temporary);
    was_tried.then(|| ms(Some(check.elapsed_ms))).flatten()
}

fn certificate(report: &Report) -> Option<Measured> {
    let until: Timestamp = own(report, &keys::certificate::UNTIL)?.parse().ok()?;
    let days = until.duration_since(at(report)?).as_secs_f64() / 86_400.0;
    Some(Measured::Until(until, (days * 10.0).round() / 10.0))
}

fn loss(report: &Report) -> Option<Measured> {
    use keys::quality::{LOST, SENT};
    let sent = report.fact(SENT.check, &SENT).filter(|sent| *sent > 0)?;
    Some(Measured::Ratio(count(report.fact(LOST.check, &LOST)?)? / count(sent)?))
}

fn round_trip(report: &Report) -> Option<Measured> {
    use keys::quality::MEDIAN;
    Some(Measured::Seconds(count(report.fact(MEDIAN.check, &MEDIAN)?)? / 1_000.0))
}

fn clock(report: &Report) -> Option<Measured> {
    use keys::clock::AHEAD;
    let ahead = i32::try_from(report.fact(AHEAD.check, &AHEAD)?).ok()?;
    Some(Measured::Seconds(f64::from(ahead)))
}

fn connections(report: &Report) -> Option<Measured> {
    Some(Measured::Count(f64::from(report.runs.last()?.connections)))
}

/// When the report was made.
pub fn at(report: &Report) -> Option<Timestamp> {
    let run = report.runs.last()?;
    timestamp(run.finished.as_deref().unwrap_or(&run.started))
}

/// What a monitoring system shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum State {
    /// It can send; or no fault was found up to a log-in that was not asked for.
    Ok,
    /// It works at the moment, but will fail now and then; or a figure is out of the range of a warning.
    Warning,
    /// It cannot send; or a figure is out of its last range.
    Critical,
    /// It is not known.
    Unknown,
}

impl State {
    /// The state of a report's verdict.
    pub fn of(report: &Report) -> Self {
        match report.outcome() {
            Outcome::CanSend => State::Ok,
            Outcome::Unreliable => State::Warning,
            Outcome::CannotSend => State::Critical,
            Outcome::Unsure if is_fine_without_log_in(report) => State::Ok,
            Outcome::Unsure => State::Unknown,
        }
    }

    /// The exit code of a plugin (Monitoring Plugins Development Guidelines, "Plugin Return Codes").
    pub fn exit_code(self) -> u8 {
        match self {
            State::Ok => 0,
            State::Warning => 1,
            State::Critical => 2,
            State::Unknown => 3,
        }
    }

    /// Its word in a plugin's output.
    pub fn word(self) -> &'static str {
        match self {
            State::Ok => "OK",
            State::Warning => "WARNING",
            State::Critical => "CRITICAL",
            State::Unknown => "UNKNOWN",
        }
    }

    /// The one of two that needs attention first.
    #[must_use]
    pub fn worse(self, other: State) -> State {
        let weight = |state: &State| match state {
            State::Ok => 0,
            State::Unknown => 1,
            State::Warning => 2,
            State::Critical => 3,
        };
        std::cmp::max_by_key(self, other, weight)
    }
}

/// Whether everything up to the log-in is as it should be, and nobody gave a password: whoever watches a server without
/// one has seen all that was asked for.
fn is_fine_without_log_in(report: &Report) -> bool {
    use keys::login::{GIVEN, RESULT};
    let cause = report.diagnosis.as_ref().map(|diagnosis| diagnosis.cause.as_str());
    let result = report.fact(RESULT.check, &RESULT);
    cause == Some(UNDETERMINED)
        && own(report, &keys::smtp::THROUGH) == Some(true)
        && report.fact(GIVEN.check, &GIVEN) != Some(true)
        && result.is_none_or(|result| result == LogIn::NotTried)
}

/// A range of the Monitoring Plugins ("Threshold and Ranges"): an alert is due outside of it, or inside if it begins
/// with an @.
#[derive(Debug, Clone, PartialEq)]
pub struct Range {
    /// As it was written.
    pub written: String,
    from: f64,
    to: f64,
    is_inside: bool,
}

impl Range {
    /// Reads `10`, `10:`, `~:10`, `10:20`, `@10:20`; the error is a message for people.
    pub fn parse(written: &str) -> Result<Self, String> {
        let wrong = || format!("\"{written}\" is not a range such as 5, 14:, ~:5, 10:20 or @10:20");
        let (is_inside, rest) = written.strip_prefix('@').map_or((false, written), |rest| (true, rest));
        let number = |text: &str| text.parse::<f64>().ok().filter(|number| number.is_finite()).ok_or_else(wrong);
        let (from, to) = rest.split_once(':').unwrap_or(("", rest));
        if rest.is_empty() || (from.is_empty() && to.is_empty()) {
            return Err(wrong());
        }
        let from = match from {
            "" => 0.0,
            "~" => f64::NEG_INFINITY,
            from => number(from)?,
        };
        let to = if to.is_empty() { f64::INFINITY } else { number(to)? };
        match from <= to {
            true => Ok(Range { written: written.to_owned(), from, to, is_inside }),
            false => Err(format!("the range \"{written}\" begins after its end")),
        }
    }

    /// Whether a number is worth an alert.
    pub fn alerts(&self, number: f64) -> bool {
        (self.from..=self.to).contains(&number) == self.is_inside
    }
}

/// The ranges that were given, by the figures' names.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Thresholds {
    /// Beyond these it is a warning.
    pub warning: Vec<(&'static str, Range)>,
    /// Beyond these it is critical.
    pub critical: Vec<(&'static str, Range)>,
}

impl Thresholds {
    /// No ranges.
    pub const NONE: &'static Thresholds = &Thresholds { warning: Vec::new(), critical: Vec::new() };

    /// Reads `NAME=RANGE`; the error is a message for people.
    pub fn read(typed: &str) -> Result<(&'static str, Range), String> {
        let (name, range) = typed
            .split_once('=')
            .ok_or_else(|| format!("\"{typed}\": write it as NAME=RANGE, such as login_time=5"))?;
        let figure = FIGURES.iter().find(|figure| figure.name == name).ok_or_else(|| {
            let names: Vec<&str> = FIGURES.iter().map(|figure| figure.name).collect();
            format!("there is no figure \"{name}\"; there are {}", names.join(", "))
        })?;
        Ok((figure.name, Range::parse(range)?))
    }

    /// The range of a figure: for a warning, and the last one.
    pub fn of(&self, name: &str) -> [Option<&Range>; 2] {
        [&self.warning, &self.critical]
            .map(|ranges| ranges.iter().rev().find(|(known, _)| *known == name).map(|(_, range)| range))
    }

    /// The state of a report's figures, with a sentence for each that is out of range or was not measured.
    pub fn judge(&self, report: &Report) -> (State, Vec<String>) {
        let (mut state, mut says) = (State::Ok, Vec::new());
        for figure in FIGURES {
            let [warning, critical] = self.of(figure.name);
            let alert = |range: Option<&Range>, number| range.is_some_and(|range| range.alerts(number));
            let (found, say) = match (figure.read)(report) {
                None if warning.or(critical).is_some() => (State::Unknown, format!("{} was not measured", figure.name)),
                Some(measured) if alert(critical, measured.number()) => {
                    (State::Critical, out_of(figure, measured, critical))
                }
                Some(measured) if alert(warning, measured.number()) => {
                    (State::Warning, out_of(figure, measured, warning))
                }
                _ => continue,
            };
            state = state.worse(found);
            says.push(say);
        }
        (state, says)
    }
}

fn out_of(figure: &Figure, measured: Measured, range: Option<&Range>) -> String {
    let range = range.map_or("", |range| range.written.as_str());
    format!("{} is {}{}, range {range}", figure.name, number(measured.number()), measured.unit())
}

/// A number as programs read it: at most four digits after the point, and no zeros at the end.
pub fn number(number: f64) -> String {
    let text = format!("{number:.4}");
    let text = text.trim_end_matches('0').trim_end_matches('.');
    if text == "-0" { "0".to_owned() } else { text.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_are_those_of_the_guidelines() {
        // The table of the guidelines: what is written, and numbers with and without an alert.
        let rows: [(&str, &[f64], &[f64]); 6] = [
            ("10", &[-0.1, 10.1], &[0.0, 10.0]),
            ("10:", &[9.9], &[10.0, 1e9]),
            ("~:10", &[10.1], &[-1e9, 10.0]),
            ("10:20", &[9.9, 20.1], &[10.0, 20.0]),
            ("@10:20", &[10.0, 15.0, 20.0], &[9.9, 20.1]),
            (":5", &[-1.0, 5.5], &[0.0, 5.0]),
        ];
        for (written, alerts, fine) in rows {
            let range = Range::parse(written).unwrap();
            assert!(alerts.iter().all(|number| range.alerts(*number)), "{written}");
            assert!(!fine.iter().any(|number| range.alerts(*number)), "{written}");
        }
        for wrong in ["", "@", ":", "a", "1:b", "20:10", "inf", "1:2:3", "NaN:"] {
            assert!(Range::parse(wrong).is_err(), "{wrong}");
        }
        assert!(Thresholds::read("login=1").unwrap_err().contains("login_time"));
        assert!(Thresholds::read("login_time").is_err() && Thresholds::read("login_time=5").is_ok());
    }

    #[test]
    fn names_are_single_words() {
        for figure in FIGURES {
            assert!(figure.name.chars().all(|c| c.is_ascii_lowercase() || c == '_'), "{}", figure.name);
            assert_eq!(FIGURES.iter().filter(|other| other.name == figure.name).count(), 1, "{}", figure.name);
        }
        let docs = include_str!("../../docs/fleet.md");
        for figure in FIGURES {
            assert!(docs.contains(&format!("| `{}` |", figure.name)), "docs/fleet.md does not name {}", figure.name);
        }
    }

    #[test]
    fn numbers_are_short() {
        assert_eq!([0.0, -0.0, 1.5, 0.0214, 40.0].map(number), ["0", "0", "1.5", "0.0214", "40"]);
    }

    #[test]
    fn the_worst_counts() {
        assert_eq!(State::Unknown.worse(State::Warning), State::Warning);
        assert_eq!(State::Ok.worse(State::Unknown), State::Unknown);
        assert_eq!(State::Critical.worse(State::Warning), State::Critical);
    }
}
