//! Finds pages by an error number, a server's or a program's sentence, or any words, best first. Numbers and sentences
//! go by the tables of errors and replies; words by the pages' names, titles, head lines and text.

use super::asked::{port_25_asked_for, security_programs_asked_for, servers_asked_for};
use super::{Guide, UNDETERMINED};
use crate::facts::turned_away::{For, for_what};
use crate::facts::{outlook_errors, pasted, replies};
use crate::pages;
use crate::text::beginning;
use crate::text::small_sort::{Gather, SmallSort};
use regex_lite::Regex;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::LazyLock;

/// The most pages that are found.
pub const MOST_FOUND: usize = 12;
/// The most pages that are found by its words besides, if an error was understood.
const MOST_OTHERS: usize = 3;
/// The pages about security programs, if one is named.
const OF_SECURITY_PROGRAMS: [&str; 3] = ["causes/tls-intercepted", "causes/blocked-local", "learn/firewalls"];
/// The most pages that are found if a provider's servers are said.
const MOST_BESIDE_SERVERS: usize = 4;
/// How much of what was typed is looked at, in bytes.
const MOST_READ: usize = 4 * 1024;

/// A page that was found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Found {
    /// Its name: `firewall`, `causes/offline`, `programs/thunderbird`, `learn/ports`.
    pub page: String,
    /// Its title, in words that fit any case.
    pub title: String,
}

/// What was found.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Answer {
    /// What it means, if it is an error that is in the tables: a sentence for each number, or one for its words. And
    /// what is known by name: a provider's servers, what an internet provider does with port 25, where a security program
    /// leaves mail alone.
    pub means: Vec<String>,
    /// The pages, best first.
    pub pages: Vec<Found>,
}

/// The words of all pages.
pub struct Index {
    pages: Vec<Entry>,
    /// On how many pages a word is.
    spread: BTreeMap<String, usize>,
}

struct Entry {
    found: Found,
    /// How much each word says about the page.
    words: BTreeMap<String, u32>,
    /// What people call the matter, in several words: its line `Asked as`.
    asked: Vec<Vec<String>>,
}

/// What a word counts, by where it stands.
const IN_NAME: u32 = 30;
const IN_TITLE: u32 = 20;
const IN_HEAD: u32 = 12;
const IN_HEADING: u32 = 6;
const IN_INTRO: u32 = 6;
const IN_TEXT: u32 = 1;
/// The most that a word counts by being repeated in the text.
const MOST_IN_TEXT: u32 = 4;

impl Index {
    /// The index of a guide and of the background pages.
    pub fn new(guide: &Guide) -> Self {
        let of_guide = guide.pages().map(|(name, page)| entry(name, page.headline(), &page.text));
        let learn = pages::learn().into_iter().filter_map(|(name, text)| {
            let name = format!("learn/{name}");
            let page = pages::Page::parse(&name, text).ok()?;
            Some(entry(&name, &page.title, &page))
        });
        let pages: Vec<Entry> = of_guide.chain(learn).collect();
        let mut spread = BTreeMap::new();
        for word in pages.iter().flat_map(|entry| entry.words.keys()) {
            *spread.entry(word.clone()).or_default() += 1;
        }
        Index { pages, spread }
    }

    /// The pages for what somebody has typed, best first.
    pub fn search(&self, typed: &str) -> Answer {
        let typed = beginning(typed, MOST_READ);
        let Known { mut means, says, causes } = by_tables(typed);
        let mut pages: Vec<String> = causes.into_iter().map(|cause| format!("causes/{cause}")).collect();
        match says.and_then(|cause| self.page(&format!("causes/{cause}"))) {
            Some(page) => means.push(format!("The words mean: {}.", page.title)),
            None if means.is_empty() => {}
            None => means.push("A number says what the program noticed; the words next to it say why.".to_owned()),
        }
        let security_programs = if means.is_empty() { security_programs_asked_for(typed) } else { Vec::new() };
        let by_words = self.by_words(typed).into_iter().filter(|page| !pages.contains(page));
        let by_words: Vec<String> = by_words.take(if means.is_empty() { MOST_FOUND } else { MOST_OTHERS }).collect();
        pages.extend(by_words);
        let of_security_programs = OF_SECURITY_PROGRAMS.iter().filter(|_| !security_programs.is_empty());
        for page in of_security_programs {
            if !pages.iter().any(|known| known == page) {
                pages.push((*page).to_owned());
            }
        }
        means.extend(security_programs);
        means.extend(port_25_asked_for(typed));
        let servers = servers_asked_for(typed);
        let most = if servers.is_some() { MOST_BESIDE_SERVERS } else { MOST_FOUND };
        means.extend(servers);
        let pages = pages.iter().filter_map(|name| self.page(name).cloned());
        Answer { means, pages: pages.take(most).collect() }
    }

    fn page(&self, name: &str) -> Option<&Found> {
        self.pages.iter().map(|entry| &entry.found).find(|found| found.page == name)
    }

    /// The pages that contain the words, those first about which the words say most: each word counts by where it stands,
    /// more if few pages have it.
    fn by_words(&self, typed: &str) -> Vec<String> {
        let wanted = wanted(typed);
        let mut found: Vec<(f64, usize, &str)> = Vec::new();
        for entry in &self.pages {
            let scores: Vec<f64> = wanted.iter().map(|words| self.score(entry, words)).collect();
            let hits = scores.iter().filter(|score| **score > 0.0).count();
            if hits > 0 {
                // Half of the words are not half of the question.
                let share = hits as f64 / wanted.len() as f64;
                let score = scores.iter().sum::<f64>() * share * share + self.asked(entry, &wanted);
                found.push((score, hits, &entry.found.page));
            }
        }
        found.small_sort_by(|a, b| b.0.total_cmp(&a.0).then_with(|| a.2.cmp(b.2)));
        // What has far fewer of the words than the best is about something else.
        let most = found.iter().map(|(_, hits, _)| *hits).max().unwrap_or_default();
        let best = found.first().map(|(score, ..)| *score).unwrap_or_default();
        found.retain(|(score, hits, _)| 2 * hits >= most && 4.0 * score >= best);
        found.into_iter().map(|(.., page)| page.to_owned()).collect()
    }

    /// What a page gains by a phrase of its line `Asked as` that was typed, in any order: as much as by its name.
    fn asked(&self, entry: &Entry, wanted: &[Vec<String>]) -> f64 {
        let is_typed = |word: &String| wanted.iter().any(|words| words.contains(word));
        let gain = |word: &String| f64::from(IN_NAME).sqrt() * self.rarity(word);
        let typed = entry.asked.iter().filter(|phrase| phrase.iter().all(is_typed));
        // What is asked in these very words, and no other, is asked of this page.
        let times = |phrase: &[String]| if phrase.len() == wanted.len() { 2.0 } else { 1.0 };
        typed.map(|phrase| times(phrase) * phrase.iter().map(gain).sum::<f64>()).fold(0.0, f64::max)
    }

    fn rarity(&self, word: &str) -> f64 {
        let spread = self.spread.get(word).copied().unwrap_or(1).max(1);
        (1.0 + self.pages.len() as f64 / spread as f64).ln()
    }

    /// How much a word, or one that means the same, says about a page.
    fn score(&self, entry: &Entry, words: &[String]) -> f64 {
        let score = |word: &String| {
            let counts = f64::from(entry.words.get(word).copied().unwrap_or_default());
            counts.sqrt() * self.rarity(word)
        };
        words.iter().map(score).fold(0.0, f64::max)
    }
}

fn entry(name: &str, title: &str, page: &pages::Page) -> Entry {
    let mut counted: BTreeMap<String, u32> = BTreeMap::new();
    let mut put = |text: &str, counts: u32| {
        for word in stems(text) {
            let sum = counted.entry(word).or_default();
            *sum = if counts == IN_TEXT { (*sum + counts).min((*sum).max(MOST_IN_TEXT)) } else { *sum + counts };
        }
    };
    for section in &page.sections {
        // The facts of a table are names for the program.
        if !matches!(section.heading.as_str(), "Decide" | "Speaks against it" | "Certain only if" | "Ruled out anyway")
        {
            put(&section.text, IN_TEXT);
        }
        // A cause has the headings of every cause, a program those of every program.
        if !name.starts_with("causes/") {
            put(&section.heading, IN_HEADING);
        }
    }
    put(&page.intro, IN_INTRO);
    for value in page.heads.values() {
        put(value, IN_HEAD);
    }
    put(&format!("{title} {}", page.title), IN_TITLE);
    put(name.rsplit('/').next().unwrap_or(name), IN_NAME);
    let found = Found { page: name.to_owned(), title: title.to_owned() };
    let asked = page.heads.get("Asked as").map(String::as_str).unwrap_or_default().split(',');
    let asked = asked.map(|phrase| {
        let words = wanted(phrase).into_iter().filter_map(|words| words.into_iter().next());
        words.collect::<Vec<String>>()
    });
    let asked = asked.filter(|phrase| phrase.len() > 1).collect();
    Entry { found, words: counted, asked }
}

/// Words that say nothing about a page.
const EMPTY: &str = "a an and are as at be but by can cannot cant could do does doesn doesnt don dont for from get gets got has \
    have he her his how i if in into is it its just me my no not of on only or our out over she should so some such than that the \
    their them then there they this to up us use used uses using was we were what when where which who whose why will \
    with won wont would yes you your says said say tell caller user outgoing \
    between difference either happen happens make mean means";

/// What technicians type, and what the pages call it.
const SYNONYMS: &[(&str, &str)] = &[
    ("account", "mailbox"),
    ("android", "phone"),
    ("auth", "log-in"),
    ("authenticate", "log-in"),
    ("authentication", "log-in"),
    ("av", "antivirus"),
    ("banned", "blocklist"),
    ("blacklist", "blocklist"),
    ("blacklisted", "blocklist"),
    ("cert", "certificate"),
    ("credential", "password"),
    ("email", "mail"),
    ("ews", "exchange"),
    ("hung", "hangs"),
    ("internet", "connection"),
    ("iphone", "ios"),
    ("ipad", "ios"),
    ("isp", "provider"),
    ("lag", "slow"),
    ("login", "log-in"),
    ("logon", "log-in"),
    ("mac", "macos"),
    ("modern", "sign-in"),
    ("mfp", "printer"),
    ("nas", "synology"),
    ("oauth", "sign-in"),
    ("oauth2", "sign-in"),
    ("o365", "microsoft"),
    ("m365", "microsoft"),
    ("office365", "microsoft"),
    ("password", "passwords"),
    ("php", "wordpress"),
    ("pw", "password"),
    ("pwd", "password"),
    ("quota", "limit"),
    ("scanner", "printer"),
    ("signin", "sign-in"),
    ("spf", "domain"),
    ("dkim", "domain"),
    ("dmarc", "domain"),
    ("ssl", "encryption"),
    ("throttled", "limit"),
    ("timeout", "time-out"),
    ("username", "user"),
    ("wifi", "portal"),
    ("wlan", "portal"),
    ("wi-fi", "portal"),
    ("xerox", "printer"),
];

/// Each word that was typed, in its basic form, and with it those that mean the same.
fn wanted(typed: &str) -> Vec<Vec<String>> {
    let mut seen = BTreeSet::new();
    let empty: BTreeSet<&str> = EMPTY.split_whitespace().gather();
    let words = words(typed).filter(|word| !empty.contains(word.as_str()));
    let with_others = words.map(|word| {
        let others = SYNONYMS.iter().filter(|(short, _)| *short == word).map(|(_, long)| *long);
        let all = std::iter::once(word.as_str()).chain(others);
        all.map(|word| stem(&word.replace('-', ""))).collect::<Vec<_>>()
    });
    with_others.filter(|words| words.first().is_some_and(|word| seen.insert(word.clone()))).collect()
}

fn words(text: &str) -> impl Iterator<Item = String> {
    let apart = |c: char| !(c.is_alphanumeric() || c == '-' || c == '\'' || c == '’');
    let text = text.to_lowercase();
    let words: Vec<String> = text
        .split(apart)
        .map(|word| word.trim_matches(['-', '\'', '’']).replace(['\'', '’'], ""))
        .filter(|word| !word.is_empty())
        .collect();
    words.into_iter()
}

/// The basic forms of a page's words: of `time-outs` also `time` and `out`.
fn stems(text: &str) -> impl Iterator<Item = String> {
    let all: Vec<String> = words(text)
        .flat_map(|word| {
            let parts: Vec<String> = if word.contains('-') { word.split('-').map(stem).collect() } else { vec![] };
            std::iter::once(stem(&word.replace('-', ""))).chain(parts)
        })
        .filter(|word| !word.is_empty())
        .collect();
    all.into_iter()
}

/// A word without the common endings: enough for blocks, blocked and blocking to be one.
fn stem(word: &str) -> String {
    let short = ["ing", "ed", "es", "s"].iter().find_map(|ending| {
        let rest = word.strip_suffix(ending)?;
        (rest.chars().count() >= 3 && !rest.ends_with('s')).then_some(rest)
    });
    let word = short.unwrap_or(word);
    word.strip_suffix('e').filter(|rest| rest.chars().count() >= 3).unwrap_or(word).to_owned()
}

/// What the tables of errors know about what was typed.
struct Known {
    /// What its numbers mean.
    means: Vec<String>,
    /// The cause that its words name for certain.
    says: Option<&'static str>,
    /// The causes that its numbers and sentences point to, the likeliest first.
    causes: Vec<&'static str>,
}

/// The page that says more, where the words name what they complain of: the walk narrows it down by the same words.
fn narrowed(cause: &'static str, typed: &str) -> &'static str {
    match (cause, for_what(typed)) {
        ("server-rejects-client", Some(For::HeloName)) => "helo-name-refused",
        ("server-rejects-client", Some(For::ReverseName)) => "no-reverse-name",
        _ => cause,
    }
}

fn by_tables(typed: &str) -> Known {
    let pasted = pasted::read(typed);
    let cause = pasted.cause.map(|cause| narrowed(cause, typed));
    let mut causes: Vec<&str> = cause.into_iter().collect();
    let says = cause.filter(|cause| !pasted.is_guess && *cause != UNDETERMINED);
    let mut means = Vec::new();
    for error in outlook_errors::in_text(&with_prefix(typed)) {
        means.push(format!("{}: {}", error.number, error.says));
        causes.extend(error.suggests.iter().map(String::as_str));
    }
    if causes.is_empty() {
        let codes = Codes::of(typed);
        let rows = replies::rows().filter(|row| codes.fit(row));
        let mut counted: BTreeMap<&str, (u8, usize)> = BTreeMap::new();
        for row in rows {
            // A row that goes by the number alone says most about the number.
            let (tier, rows) = counted.entry(row.cause.as_str()).or_default();
            *tier = (*tier).max(row.tier);
            *rows += 1;
        }
        let mut by_count: Vec<_> = counted.into_iter().collect();
        by_count.small_sort_by(|(a, (a_tier, a_rows)), (b, (b_tier, b_rows))| {
            (b_tier >= &4).cmp(&(a_tier >= &4)).then(b_rows.cmp(a_rows)).then(a.cmp(b))
        });
        causes.extend(by_count.into_iter().map(|(cause, _)| cause));
    }
    let mut seen = BTreeSet::new();
    causes.retain(|cause| seen.insert(*cause));
    causes.small_sort_by_key(|cause| *cause == UNDETERMINED);
    Known { means, says, causes }
}

/// Outlook's numbers with the 0x that many leave out.
fn with_prefix(typed: &str) -> String {
    static BARE: LazyLock<Option<Regex>> = LazyLock::new(|| Regex::new(r"\b(8[0-9a-fA-F]{7})\b").ok());
    match &*BARE {
        Some(bare) => bare.replace_all(typed, "0x$1").into_owned(),
        None => typed.to_owned(),
    }
}

/// Reply codes (RFC 5321 section 4.2) and enhanced status codes (RFC 3463) typed without a sentence.
#[derive(Default)]
struct Codes<'a> {
    codes: Vec<&'a str>,
    enhanced: Vec<&'a str>,
}

impl<'a> Codes<'a> {
    fn of(typed: &'a str) -> Self {
        let mut found = Codes::default();
        for word in typed.split_whitespace() {
            let word = word.trim_matches(|c: char| !c.is_ascii_digit());
            let digits = word.chars().filter(char::is_ascii_digit).count();
            match word.matches('.').count() {
                2 if digits + 2 == word.len() && word.starts_with(['4', '5']) => found.enhanced.push(word),
                0 if digits == 3 && word.len() == 3 && word.starts_with(['4', '5']) => found.codes.push(word),
                _ => {}
            }
        }
        found
    }

    fn fit(&self, row: &replies::Row) -> bool {
        let has_enhanced = row.enhanced().is_some_and(|own| self.enhanced.contains(&own));
        let has_code = self.codes.contains(&row.code.as_str());
        match self.enhanced.is_empty() {
            true => has_code && row.enhanced().is_none(),
            false => has_enhanced && (self.codes.is_empty() || has_code || row.code.is_empty()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn endings_make_no_difference() {
        for words in [["blocks", "blocked"], ["certificate", "certificates"], ["sending", "sends"], ["use", "uses"]] {
            assert_eq!(stem(words[0]), stem(words[1]));
        }
        assert_eq!(stems("Time-outs").collect::<Vec<_>>(), ["timeout", "tim", "out"]);
    }

    #[test]
    fn numbers_are_codes_only_in_their_form() {
        let codes = Codes::of("550 5.7.1, port 587 and 192.0.2.1 or 1.2.3");
        assert_eq!((codes.codes, codes.enhanced), (vec!["550", "587"], vec!["5.7.1"]));
        assert_eq!(with_prefix("800ccc0f 0x800CCC0E"), "0x800ccc0f 0x800CCC0E");
    }
}
