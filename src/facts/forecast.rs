//! What works today and ends soon: the table `forecast.toml`, and the days that a certificate has left. A pure function of
//! a case and of today's date.

use crate::packed::TABLES;
use crate::pages::table;
use crate::text::small_sort::SmallSort;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use std::sync::LazyLock;

/// A row of the table.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
struct Row {
    date: Date,
    day: Option<String>,
    #[serde(default)]
    provider: Vec<String>,
    log_in: Option<LogIn>,
    account: Option<Account>,
    #[serde(default)]
    programs: Vec<String>,
    #[serde(default)]
    os: Vec<String>,
    #[serde(default)]
    not_os: Vec<String>,
    mailbox: Option<String>,
    tls: Option<Tls>,
    what: String,
    meanwhile: Option<String>,
    source: String,
    checked: Date,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum LogIn {
    Password,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum Account {
    Exchange,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum Tls {
    Old,
}

static ROWS: LazyLock<Vec<Row>> =
    LazyLock::new(|| table::rows("forecast.toml", "end", TABLES.text("forecast").unwrap_or_default()));

/// What is known about a case.
#[derive(Debug, Clone, Default)]
pub struct Case<'a> {
    /// The family of providers.
    pub provider: &'a str,
    /// The mail program.
    pub program: &'a str,
    /// This computer's system, if the mail program runs on it.
    pub os: &'a str,
    /// Whether the mail program sends no password: it signs in by token, or the account is an Exchange account.
    pub without_password: bool,
    /// Whether the account is known to be one that sends by SMTP, and not an Exchange account.
    pub by_smtp: bool,
    /// Where the mailbox of an Exchange account is: `company` or `microsoft`.
    pub mailbox: &'a str,
    /// Whether the server accepts nothing above TLS 1.1.
    pub old_tls: bool,
    /// The last day of the server's certificate, if it is valid.
    pub certificate_until: Option<Date>,
}

/// Something that ends, or has ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Ending {
    /// The first day on which it is so, such as 2026-12-31.
    pub date: String,
    /// What is so from then on, with the day in words.
    pub says: String,
    /// Who says so.
    pub source: String,
}

impl Ending {
    /// All of it in one paragraph.
    pub fn in_words(&self) -> String {
        format!("{} (source: {})", self.says, self.source)
    }
}

/// A certificate with fewer days left has not been renewed in time: programs that renew do so when a third of its life is
/// left (30 of 90 days: letsencrypt.org, integration guide).
const FEW_DAYS: i32 = 14;
/// From this age on, a fact says how old it is.
const OLD_DAYS: i32 = 365;

/// The newest day on which anything in the table was checked: this program was made later than that.
pub fn newest() -> Option<Date> {
    ROWS.iter().map(|row| row.checked).max()
}

/// What ends for this case, the soonest first; what has ended already comes last.
pub fn forecast(case: &Case<'_>, today: Date) -> Vec<Ending> {
    let mut found: Vec<(Date, Ending)> = ROWS
        .iter()
        .filter(|row| row.applies(case))
        .map(|row| {
            let day = row.day.clone().unwrap_or_else(|| in_words(row.date));
            let when = if today < row.date { format!("From {day}") } else { format!("Since {day}") };
            let meanwhile = row.meanwhile.as_ref().filter(|_| today < row.date);
            let meanwhile = meanwhile.map_or_else(String::new, |meanwhile| format!(" {meanwhile}."));
            let says = format!("{when}: {}.{meanwhile}{}", row.what, age(row.checked, today));
            (row.date, Ending { date: row.date.to_string(), says, source: row.source.clone() })
        })
        .chain(certificate(case, today))
        .collect();
    found.small_sort_by_key(|(date, _)| (*date <= today, *date));
    found.into_iter().map(|(_, ending)| ending).collect()
}

impl Row {
    fn applies(&self, case: &Case<'_>) -> bool {
        let is_one = |list: &[String], word: &str| list.is_empty() || list.iter().any(|own| own == word);
        let begins = |list: &[String]| list.iter().any(|begin| case.os.starts_with(begin.as_str()));
        is_one(&self.provider, case.provider)
            && is_one(&self.programs, case.program)
            && (self.os.is_empty() || begins(&self.os) && !begins(&self.not_os))
            && !(self.log_in == Some(LogIn::Password) && case.without_password)
            && !(self.account == Some(Account::Exchange) && case.by_smtp)
            && self.mailbox.as_ref().is_none_or(|at| at == case.mailbox)
            && (self.tls.is_none() || case.old_tls)
    }
}

fn certificate(case: &Case<'_>, today: Date) -> Option<(Date, Ending)> {
    let until = case.certificate_until?;
    let left = days(today, until);
    (0..=FEW_DAYS).contains(&left).then(|| {
        let says = format!(
            "The server's certificate expires on {}, in {left} days: it should have been renewed by now. Tell whoever runs the \
             server.",
            in_words(until)
        );
        (until, Ending { date: until.to_string(), says, source: "the certificate itself".to_owned() })
    })
}

fn days(from: Date, to: Date) -> i32 {
    (to - from).get_days()
}

/// How old a fact is, if that is worth saying.
fn age(checked: Date, today: Date) -> String {
    let days = days(checked, today);
    if days <= OLD_DAYS {
        return String::new();
    }
    format!(" This was last checked on {}, {} months ago.", in_words(checked), days / 30)
}

fn in_words(date: Date) -> String {
    date.strftime("%-d %B %Y").to_string()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::account::{client, provider};
    use jiff::civil::date;
    use strum::VariantNames;

    #[test]
    fn rows_hold_together() {
        for row in ROWS.iter() {
            for program in &row.programs {
                assert!(client::by_id(program).is_some(), "forecast.toml: {program} is no page in docs/guide/programs");
            }
            for kind in &row.provider {
                assert!(provider::Kind::VARIANTS.contains(&kind.as_str()), "forecast.toml: {kind}");
            }
            assert!(!row.what.ends_with('.') && !row.source.is_empty(), "forecast.toml: {}", row.what);
            let has_condition = [&row.provider, &row.programs, &row.os].iter().any(|list| !list.is_empty());
            let has_condition = has_condition || row.tls.is_some() || row.mailbox.is_some();
            assert!(has_condition, "forecast.toml: {} applies to everybody", row.what);
        }
    }

    #[test]
    fn what_ends_is_said_before_and_after() {
        let case = Case { provider: "microsoft-work", program: "outlook-2016", ..Case::default() };
        let says = |today| forecast(&case, today).into_iter().map(|ending| ending.says).collect::<Vec<_>>();
        let before = says(date(2026, 11, 27));
        assert!(
            before[0].starts_with("From the end of December 2026: Microsoft 365 accepts no passwords"),
            "{before:?}"
        );
        assert!(before[1].starts_with("Since 14 October 2025: Outlook 2016"), "{before:?}");
        assert!(says(date(2027, 1, 1))[1].starts_with("Since the end of December 2026"));
        let old = says(date(2028, 2, 1));
        assert!(old[0].ends_with("This was last checked on 27 November 2026, 14 months ago."), "{old:?}");
        assert!(before.iter().all(|says| !says.contains("checked")));
    }

    #[test]
    fn what_is_so_until_the_day_is_not_said_after_it() {
        let case = Case { provider: "microsoft-work", program: "evolution", without_password: true, ..Case::default() };
        let says = |today| forecast(&case, today)[0].says.clone();
        assert!(says(date(2026, 11, 28)).contains("Since 1 October 2026, Exchange Online has been blocking EWS"));
        let after = says(date(2027, 4, 1));
        assert!(
            after.starts_with("Since 1 April 2027: Exchange Online has no") && !after.contains("has been"),
            "{after}"
        );
    }

    #[test]
    fn it_is_said_only_where_it_applies() {
        let today = date(2026, 11, 27);
        assert_eq!(forecast(&Case::default(), today), vec![]);
        let token = Case { provider: "microsoft-work", without_password: true, ..Case::default() };
        assert_eq!(forecast(&token, today), vec![]);
        let ews =
            Case { provider: "microsoft-work", program: "thunderbird", without_password: true, ..Case::default() };
        let by_smtp = Case { by_smtp: true, ..ews.clone() };
        assert_eq!((forecast(&ews, today).len(), forecast(&by_smtp, today).len()), (1, 0));
        let own = Case { program: "apple-mail", mailbox: "company", without_password: true, ..Case::default() };
        assert!(forecast(&own, today)[0].says.starts_with("Since 14 October 2025: Exchange Server 2016 and 2019"));
        let personal = Case { provider: "microsoft-personal", ..Case::default() };
        let by_token = Case { without_password: true, ..personal.clone() };
        assert_eq!((forecast(&personal, today).len(), forecast(&by_token, today).len()), (1, 0));
        let server_2019 = Case { os: "Windows 10.0.17763", ..Case::default() };
        let server_2016 = Case { os: "Windows 10.0.14393", ..Case::default() };
        assert_eq!(forecast(&server_2019, today), vec![]);
        assert!(forecast(&server_2016, today)[0].says.starts_with("From 12 January 2027: Windows Server 2016"));
        let ten = Case { os: "Windows 10.0.19045", ..Case::default() };
        let eleven = Case { os: "Windows 10.0.22631", ..Case::default() };
        assert_eq!((forecast(&ten, today).len(), forecast(&eleven, today).len()), (1, 0));
    }

    #[test]
    fn a_certificate_that_should_have_been_renewed() {
        let until = |day| Case { certificate_until: Some(day), ..Case::default() };
        let today = date(2026, 11, 27);
        let soon = forecast(&until(date(2026, 12, 7)), today);
        assert!(soon[0].says.starts_with("The server's certificate expires on 7 December 2026, in 10 days"));
        assert_eq!(forecast(&until(date(2027, 1, 7)), today), vec![]);
        assert_eq!(forecast(&until(date(2026, 11, 1)), today), vec![]);
    }
}
