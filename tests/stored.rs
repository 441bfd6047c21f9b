//! Accounts that mail programs have stored: read from the lab's machine, and from a home folder by the command line.

#![allow(clippy::unwrap_used, clippy::panic, reason = "in a test a panic is the answer")]

use assert_cmd::Command;
use mailtriage::account::stored;
use mailtriage::practice::Scenario;
use predicates::prelude::PredicateBooleanExt;
use predicates::str::contains;
use std::path::Path;

const PROFILES: &str = "[Profile0]\nName=default\nIsRelative=1\nPath=abc.default\nDefault=1\n";

fn prefs(accounts: &[(&str, &str)]) -> String {
    let keys = |end: &str| (1..=accounts.len()).map(|index| format!("{end}{index}")).collect::<Vec<_>>().join(",");
    let mut text = format!("user_pref(\"mail.accountmanager.accounts\", \"{}\");\n", keys("account"));
    for (index, (address, server)) in accounts.iter().enumerate() {
        let at = index + 1;
        for (name, value) in [
            (format!("account.account{at}.identities"), format!("\"id{at}\"")),
            (format!("identity.id{at}.useremail"), format!("\"{address}\"")),
            (format!("identity.id{at}.smtpServer"), format!("\"smtp{at}\"")),
            (format!("smtpserver.smtp{at}.hostname"), format!("\"{server}\"")),
            (format!("smtpserver.smtp{at}.port"), "465".to_owned()),
            (format!("smtpserver.smtp{at}.try_ssl"), "3".to_owned()),
        ] {
            text.push_str(&format!("user_pref(\"mail.{name}\", {value});\n"));
        }
    }
    text
}

#[tokio::test]
async fn a_scenario_may_give_stored_accounts() {
    let text = format!(
        "title = \"t\"\nstory = \"s\"\n[account]\naddress = \"anna@example.com\"\n[truth]\n[world.machine.files]\n\
         \".thunderbird/profiles.ini\" = '''{PROFILES}'''\n\
         \".thunderbird/abc.default/prefs.js\" = '''{}'''\n",
        prefs(&[("anna@example.com", "smtp.example.com")])
    );
    let world = Scenario::parse("stored", &text).unwrap().world().unwrap();
    let found = stored::look(world.machine.as_ref(), None).await;
    assert_eq!(found.skipped, [] as [String; 0]);
    assert_eq!(found.addresses(), ["anna@example.com"]);
    assert_eq!(found.accounts[0].settings.origin_in_words(), "as stored in Thunderbird");
}

fn home(accounts: &[(&str, &str)]) -> tempfile::TempDir {
    let home = tempfile::tempdir().unwrap();
    let profile = home.path().join(".thunderbird/abc.default");
    std::fs::create_dir_all(&profile).unwrap();
    std::fs::write(home.path().join(".thunderbird/profiles.ini"), PROFILES).unwrap();
    std::fs::write(profile.join("prefs.js"), prefs(accounts)).unwrap();
    home
}

fn check(home: &Path, arguments: &[&str]) -> Command {
    let mut command = Command::cargo_bin("mailtriage").unwrap();
    command.env("HOME", home).arg("check").args(arguments);
    command.args(["--only", "settings", "--no-references", "--format", "json", "--deadline", "5"]);
    command
}

#[cfg(unix)]
#[test]
fn the_only_account_needs_no_address() {
    let home = home(&[("anna@gmail.com", "smtp.gmail.com")]);
    let out = check(home.path(), &["--from-client", "--port", "587"]).output().unwrap();
    let report: serde_json::Value = serde_json::from_slice(&out.stdout).unwrap();
    let account = &report["account"];
    assert_eq!(account["address"], "anna@gmail.com");
    assert_eq!(account["client"], "thunderbird");
    assert_eq!(account["settings"]["server"], "smtp.gmail.com");
    assert_eq!(account["settings"]["port"], 587);
    assert_eq!(account["settings_from"]["port"], "typed");
    let place = &account["settings_from"]["server"]["stored"]["place"];
    assert_eq!(place, "~/.thunderbird/abc.default/prefs.js");
    let redacted = check(home.path(), &["--from-client", "--redact", "names"]).output().unwrap();
    assert!(!String::from_utf8(redacted.stdout).unwrap().contains("prefs.js"));
}

#[cfg(unix)]
#[test]
fn of_several_accounts_the_address_chooses() {
    let two = home(&[("anna@gmail.com", "smtp.gmail.com"), ("anna@gmx.de", "mail.gmx.net")]);
    check(two.path(), &["anna@gmx.de", "--from-client=thunderbird"]).assert().stdout(contains("mail.gmx.net"));
    let both = || contains("anna@gmail.com").and(contains("anna@gmx.de"));
    check(two.path(), &["--from-client"]).assert().code(2).stderr(contains("which").and(both()));
    check(two.path(), &["b@example.com", "--from-client"]).assert().code(2).stderr(both());
    let elsewhere = ["anna@gmx.de", "--from-client", "--measured-on", "elsewhere"];
    check(two.path(), &elsewhere).assert().code(2).stderr(contains("this computer's mail programs"));
    check(Path::new("/nowhere"), &["--from-client"]).assert().code(2).stderr(contains("has stored an account"));
}
