//! Which mail programs can encrypt with a server: what the programs of each age can use (the table `stacks.toml`),
//! compared with what the server was seen to accept.

use crate::account::client;
use crate::packed::TABLES;
use crate::pages::table;
use serde::Deserialize;
use std::sync::LazyLock;

/// A row of the table: the TLS of a system, or a program's own.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Stack {
    /// The system or program, as people know it.
    pub name: String,
    programs: Vec<String>,
    #[serde(default)]
    os: Vec<String>,
    versions: Vec<String>,
    #[serde(default)]
    off: Vec<String>,
    /// Versions that may or may not be there, depending on the release.
    #[serde(default)]
    perhaps: Vec<String>,
    suites: Suites,
    /// Whether it has the suites with DHE at all.
    #[serde(default = "yes")]
    dhe: bool,
    /// How many bits DHE parameters must have; absent: not known.
    least_dh: Option<usize>,
    /// How many bits an RSA key must have; absent: not known.
    least_rsa: Option<usize>,
    /// Whether it accepts certificates that are signed with SHA-1; absent: not known.
    sha1: Option<bool>,
    #[serde(default)]
    roots: Roots,
    /// What to do if it is too old.
    remedy: String,
    /// The source of the row.
    pub source: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum Suites {
    All,
    NoEcdheRsaGcm,
}

/// Whose list of certificate issuers counts.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum Roots {
    #[default]
    System,
    Mozilla,
}

fn yes() -> bool {
    true
}

static ROWS: LazyLock<Vec<Stack>> =
    LazyLock::new(|| table::rows("stacks.toml", "stack", TABLES.text("stacks").unwrap_or_default()));

/// What a server was seen to accept.
#[derive(Debug, Clone, Default)]
pub struct Offer {
    /// The versions, in the words of the report, such as `TLSv1.2`.
    pub accepted: Vec<String>,
    /// The versions that it was seen to refuse; for a version in neither list it is not known.
    pub rejected: Vec<String>,
    /// Whether it accepts TLS 1.2 with the cipher suites of Windows 7 to 8.1; `None`: not known.
    pub older_suites: Option<bool>,
}

/// What is weak in a server's encryption, as far as it was seen.
#[derive(Debug, Clone, Copy, Default)]
pub struct Weak {
    /// The bits of its DHE parameters, if it has nothing but DHE.
    pub dh_bits: Option<usize>,
    /// The bits of its RSA key.
    pub rsa_bits: Option<usize>,
    /// Whether its certificate is signed with SHA-1.
    pub sha1: bool,
}

/// Whether a program can encrypt with a server.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fit {
    /// It can, with this version at best.
    Fits(String),
    /// It could with this version, which is switched off.
    SwitchedOff(String),
    /// They have a version in common, but it is not known whether they have a cipher suite in common too.
    Unknown,
    /// They have nothing in common, and why.
    Cannot(Lacks),
}

/// What a program and a server do not have in common.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Lacks {
    /// The server accepts older versions only.
    NewerServer,
    /// The program supports older versions only.
    NewerProgram,
    /// A cipher suite of TLS 1.2.
    Suite,
}

/// Whether a program has a TLS version.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Has {
    /// It offers it.
    Yes,
    /// It has it, switched off.
    Off,
    /// It depends on the release.
    Perhaps,
    /// It does not.
    No,
}

impl Fit {
    /// Whether the program cannot encrypt with the server as things are.
    pub fn is_no(&self) -> bool {
        matches!(self, Fit::SwitchedOff(_) | Fit::Cannot(_))
    }
}

/// All rows, the oldest system first.
pub fn all() -> &'static [Stack] {
    &ROWS
}

/// The row of a system, by the name that the system gives itself.
pub fn of_system(os: &str) -> Option<&'static Stack> {
    let length = |row: &Stack| row.os.iter().filter(|name| os.starts_with(name.as_str())).map(String::len).max();
    ROWS.iter().filter(|row| length(row).is_some()).max_by_key(|row| length(row))
}

/// Whether a program goes by a list of certificate issuers of its own (Mozilla's).
pub fn has_own_roots(program: &str) -> bool {
    ROWS.iter().any(|row| row.is_of(program) && row.roots == Roots::Mozilla)
}

impl Stack {
    /// Whether it accepts what is weak in a server's encryption; `None` if that is not known.
    pub fn accepts(&self, weak: &Weak) -> Option<bool> {
        let least = |bits: usize, least: Option<usize>| least.map(|least| bits >= least);
        let dh = weak.dh_bits.map(|bits| if self.dhe { least(bits, self.least_dh) } else { Some(false) });
        let rsa = weak.rsa_bits.map(|bits| least(bits, self.least_rsa));
        let sha1 = weak.sha1.then_some(self.sha1);
        let all: Vec<Option<bool>> = dh.into_iter().chain(rsa).chain(sha1).collect();
        if all.contains(&Some(false)) { Some(false) } else { (!all.contains(&None)).then_some(true) }
    }

    /// Whether a program uses this TLS.
    pub fn is_of(&self, program: &str) -> bool {
        self.programs.iter().any(|name| name == program)
    }

    /// The programs' names, for people.
    pub fn programs(&self) -> String {
        let names: Vec<&str> = self
            .programs
            .iter()
            .filter_map(|id| Some(client::by_id(id)?.name.trim_end_matches(" (Windows)")))
            .collect();
        names.join(", ")
    }

    /// The row as a computer's own policy changes it: versions switched on or off there.
    pub fn with_policy(&self, policy: &[(String, bool)]) -> Stack {
        let mut changed = self.clone();
        for (version, on) in policy {
            let known = self.versions.contains(version) || self.off.contains(version);
            changed.versions.retain(|other| other != version);
            changed.off.retain(|other| other != version);
            if known {
                if *on { &mut changed.versions } else { &mut changed.off }.push(version.clone());
            }
        }
        changed
    }

    /// Whether it has this version, in the words of the report.
    pub fn has(&self, version: &str) -> Has {
        let is_in = |versions: &[String]| versions.iter().any(|other| other == version);
        match () {
            () if is_in(&self.versions) => Has::Yes,
            () if is_in(&self.off) => Has::Off,
            () if is_in(&self.perhaps) => Has::Perhaps,
            () => Has::No,
        }
    }

    /// Whether one version in common is enough, because any cipher suite of it will do.
    pub fn surely_fits(&self, accepted: impl Fn(&str) -> bool) -> bool {
        self.suites == Suites::All && self.versions.iter().any(|version| accepted(version))
    }

    /// Whether it can encrypt with a server that makes this offer.
    pub fn fit(&self, offer: &Offer) -> Fit {
        let best = |versions: &[String]| {
            let common = versions.iter().filter(|version| offer.accepted.contains(version));
            common.max().cloned()
        };
        let no_suite = self.suites == Suites::NoEcdheRsaGcm;
        // A handshake settles on the newest version that both offer, and then on a suite; there is no second attempt.
        if let Some(version) = best(&self.versions) {
            return match (version.as_str(), offer.older_suites) {
                ("TLSv1.2", Some(false)) if no_suite => Fit::Cannot(Lacks::Suite),
                ("TLSv1.2", None) if no_suite => Fit::Unknown,
                _ => Fit::Fits(version),
            };
        }
        // "Not seen to be accepted" is not "refused".
        let known = self.versions.iter().chain(&self.off);
        if best(&self.perhaps).is_some()
            || known.clone().any(|version| !offer.rejected.contains(version) && !offer.accepted.contains(version))
        {
            return Fit::Unknown;
        }
        match best(&self.off) {
            Some(_) if no_suite && offer.older_suites == Some(false) => Fit::Cannot(Lacks::Suite),
            Some(version) => Fit::SwitchedOff(version),
            None if known.max() < offer.accepted.iter().min() => Fit::Cannot(Lacks::NewerProgram),
            None => Fit::Cannot(Lacks::NewerServer),
        }
    }

    /// What helps, in words that fit into "helpdesk: …".
    pub fn remedy(&self, fit: &Fit) -> String {
        match fit {
            Fit::SwitchedOff(version) => {
                format!("have an administrator switch {} on in {}", version.replace("TLSv", "TLS "), self.name)
            }
            Fit::Cannot(Lacks::NewerProgram | Lacks::Suite) => self.remedy.clone(),
            _ => "whoever runs the server has to switch on TLS 1.2 and 1.3".to_owned(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// All that is not accepted was seen to be refused.
    fn offer(accepted: &[&str], older_suites: Option<bool>) -> Offer {
        let all = ["TLSv1.0", "TLSv1.1", "TLSv1.2", "TLSv1.3"].map(str::to_owned);
        let (accepted, rejected) = all.into_iter().partition(|version| accepted.contains(&version.as_str()));
        Offer { accepted, rejected, older_suites }
    }

    fn fit(name: &str, offer: &Offer) -> Fit {
        all().iter().find(|row| row.name == name).unwrap().fit(offer)
    }

    #[test]
    fn every_program_named_is_one() {
        for row in all() {
            assert!(!row.remedy.is_empty() && !row.source.is_empty());
            for program in &row.programs {
                assert!(client::by_id(program).is_some(), "{program}");
            }
        }
        // Every program whose TLS is known is in some row; devices have that of their maker and age.
        let not_known = [
            "other",
            "gmail-android",
            "samsung-email",
            "em-client",
            "evolution",
            "the-bat",
            "mailspring",
            "thunderbird-android",
        ];
        for program in client::all().iter().filter(|program| !program.is_device) {
            if not_known.contains(&program.id.as_str()) {
                continue;
            }
            assert!(all().iter().any(|row| row.is_of(&program.id)), "{}", program.id);
        }
    }

    #[test]
    fn clients_of_each_age_against_servers_of_each_age() {
        let modern = offer(&["TLSv1.2", "TLSv1.3"], Some(true));
        assert_eq!(fit("Windows 7", &modern), Fit::SwitchedOff("TLSv1.2".to_owned()));
        assert_eq!(fit("Windows 10", &modern), Fit::Fits("TLSv1.2".to_owned()));
        assert_eq!(fit("Windows 11", &modern), Fit::Fits("TLSv1.3".to_owned()));
        let strict = offer(&["TLSv1.2", "TLSv1.3"], Some(false));
        assert_eq!(fit("Windows 8 and 8.1", &strict), Fit::Cannot(Lacks::Suite));
        assert_eq!(fit("Windows 7", &strict), Fit::Cannot(Lacks::Suite));
        let newest = offer(&["TLSv1.3"], None);
        assert_eq!(fit("Windows 10", &newest), Fit::Cannot(Lacks::NewerProgram));
        assert_eq!(fit("Thunderbird 78 and later", &newest), Fit::Fits("TLSv1.3".to_owned()));
        let old = offer(&["TLSv1.0"], None);
        assert_eq!(fit("Windows 7", &old), Fit::Fits("TLSv1.0".to_owned()));
        assert_eq!(fit("Windows 11", &old), Fit::Fits("TLSv1.0".to_owned()));
        assert_eq!(fit("Thunderbird 78 and later", &old), Fit::Cannot(Lacks::NewerServer));
        assert_eq!(fit("macOS 10.13 and later", &old), Fit::Unknown);
        // A version that was not asked for was not refused.
        let unasked = Offer { rejected: vec![], ..offer(&["TLSv1.0"], None) };
        assert_eq!(fit("Thunderbird 78 and later", &unasked), Fit::Unknown);
    }

    #[test]
    fn what_is_weak_is_accepted_by_some() {
        let row = |name: &str| all().iter().find(|row| row.name == name).unwrap();
        let dh = |bits| Weak { dh_bits: Some(bits), ..Weak::default() };
        assert_eq!(row("Windows 10").accepts(&dh(1_024)), Some(true));
        assert_eq!(row("Windows 10").accepts(&dh(768)), Some(false));
        assert_eq!(row("Thunderbird 78 and later").accepts(&dh(4_096)), Some(false));
        assert_eq!(row("macOS 10.13 and later").accepts(&dh(1_024)), None);
        let key = Weak { rsa_bits: Some(1_024), ..Weak::default() };
        assert_eq!(row("macOS 10.13 and later").accepts(&key), Some(false));
        assert_eq!(row("Windows 10").accepts(&key), Some(true));
        assert_eq!(row("Windows 10").accepts(&Weak { sha1: true, ..key }), None);
        assert!(has_own_roots("thunderbird") && !has_own_roots("outlook-2016"));
    }

    #[test]
    fn systems_by_their_own_names() {
        let name = |os| of_system(os).map(|row| row.name.as_str());
        assert_eq!(name("Windows 6.1.7601 (Workstation)"), Some("Windows 7"));
        assert_eq!(name("Windows 10.0.19045 (Workstation)"), Some("Windows 10"));
        assert_eq!(name("Windows 10.0.22631 (Workstation)"), Some("Windows 11"));
        assert_eq!(name("Windows 10.0.26100 (Workstation)"), Some("Windows 11"));
        assert_eq!(name("Windows 10.0.26200 (Workstation)"), Some("Windows 11, releases after 24H2"));
        assert_eq!(name("Debian GNU/Linux 12"), None);
    }

    #[test]
    fn a_policy_switches() {
        let seven = of_system("Windows 7").unwrap();
        let modern = offer(&["TLSv1.2"], Some(true));
        let on = seven.with_policy(&[("TLSv1.2".to_owned(), true)]);
        assert_eq!(on.fit(&modern), Fit::Fits("TLSv1.2".to_owned()));
        // A version that the system does not have cannot be switched on.
        let ten = of_system("Windows 10").unwrap().with_policy(&[("TLSv1.3".to_owned(), true)]);
        assert_eq!(ten.fit(&offer(&["TLSv1.3"], None)), Fit::Cannot(Lacks::NewerProgram));
        assert!(seven.remedy(&seven.fit(&modern)).contains("switch TLS 1.2 on in Windows 7"));
        let off = of_system("Windows 10").unwrap().with_policy(&[("TLSv1.2".to_owned(), false)]);
        assert_eq!(off.fit(&modern), Fit::SwitchedOff("TLSv1.2".to_owned()));
    }
}
