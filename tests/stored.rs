//! Accounts that mail programs have stored: read from the lab's machine, and from a home folder by the command line.

#![allow(clippy::unwrap_used, clippy::panic, reason = "in a test a panic is the answer")]

#[cfg(unix)]
use assert_cmd::Command;
use mailtriage::account::Account;
use mailtriage::account::stored::{self, Found, Kind};
use mailtriage::practice::Scenario;
use mailtriage::session::Session;
use mailtriage::tui::app::App;
use mailtriage::tui::effect::Effect;
use mailtriage::tui::screens::form::Form;
use mailtriage::tui::theme::Theme;
#[cfg(unix)]
use predicates::prelude::PredicateBooleanExt;
#[cfg(unix)]
use predicates::str::contains;
use ratatui::crossterm::event::{Event, KeyCode, KeyEvent};
use rstest::rstest;
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
        "group = \"Nothing leaves\"\ntitle = \"t\"\nstory = \"s\"\n[account]\naddress = \"anna@example.com\"\n[truth]\n[world.machine.files]\n\
         \".thunderbird/profiles.ini\" = '''{PROFILES}'''\n\
         \".thunderbird/abc.default/prefs.js\" = '''{}'''\n",
        prefs(&[("anna@example.com", "smtp.example.com")])
    );
    let world = Scenario::parse("stored", &text).unwrap().world().unwrap();
    let found = stored::look(world.machine.as_ref(), None).await;
    assert_eq!(found.skipped, [] as [String; 0]);
    assert_eq!(found.accounts[0].line(), "Thunderbird: anna@example.com, smtp.example.com, port 465, SSL/TLS");
    assert_eq!(found.accounts[0].settings.origin_in_words(), "as stored in Thunderbird");
}

/// What is found on a lab's machine with these files below the home folder, and this registry.
async fn found(os: &str, files: &[(String, String)], registry: &str) -> Found {
    let mut text = format!(
        "group = \"Nothing leaves\"\ntitle = \"t\"\nstory = \"s\"\n[account]\naddress = \"a@example.com\"\n[truth]\n[world.machine]\nos = \"{os}\"\n\
         registry = {}\n[world.machine.files]\n",
        toml::Value::from(registry)
    );
    for (name, content) in files {
        text.push_str(&format!("{} = {}\n", toml::Value::from(name.as_str()), toml::Value::from(content.as_str())));
    }
    let world = Scenario::parse("stored", &text).unwrap().world().unwrap();
    stored::look(world.machine.as_ref(), None).await
}

fn recorded(name: &str) -> String {
    std::fs::read_to_string(Path::new("tests/stored").join(name)).unwrap()
}

/// The files of a folder of `tests/stored`, below a folder of the home folder.
fn files(folder: &str, below: &str) -> Vec<(String, String)> {
    let mut files = Vec::new();
    for entry in std::fs::read_dir(Path::new("tests/stored").join(folder)).unwrap() {
        let name = entry.unwrap().file_name().into_string().unwrap();
        if Path::new("tests/stored").join(folder).join(&name).is_dir() {
            files.extend(self::files(&format!("{folder}/{name}"), &format!("{below}/{name}")));
        } else {
            files.push((format!("{below}/{name}"), recorded(&format!("{folder}/{name}"))));
        }
    }
    files
}

fn lines(found: &Found) -> Vec<String> {
    let user = |user: Option<&str>| user.map_or_else(String::new, |user| format!(", as {user}"));
    found.accounts.iter().map(|one| format!("{}{}", one.line(), user(one.settings.user()))).collect()
}

#[tokio::test]
async fn what_thunderbird_itself_wrote() {
    let found = found("Debian 12", &files("thunderbird", ".thunderbird"), "").await;
    assert_eq!(
        lines(&found),
        [
            "Thunderbird 153.7.0: anna@example.com, smtp.example.com, port 465, SSL/TLS, as anna@example.com",
            "Thunderbird 153.7.0: info@example.net, mail.example.net, port 25, no encryption, as info",
            "Thunderbird 153.7.0: anna@example.org, smtp.example.org, port 587, STARTTLS, as anna@example.org",
        ]
    );
    let place = "profile default-default, ~/.thunderbird/tauix4qe.default-default/prefs.js";
    assert_eq!((found.accounts[0].place.as_str(), found.skipped.len()), (place, 0));
}

#[tokio::test]
async fn what_evolution_itself_wrote() {
    let found = found("Debian 12", &files("evolution", ".config/evolution/sources"), "").await;
    let mut lines = lines(&found);
    lines.sort();
    assert_eq!(
        lines,
        [
            "Evolution: anna@example.com, smtp.example.com, port 587, STARTTLS, as anna@example.com",
            "Evolution: info@example.net, mail.example.net, port 465, SSL/TLS, as info",
        ]
    );
    assert_eq!(found.skipped, [] as [String; 0]);
}

#[tokio::test]
async fn what_claws_mail_itself_wrote() {
    let found = found("Debian 12", &files("claws", ".claws-mail"), "").await;
    assert_eq!(lines(&found), ["Claws Mail: anna@example.com, smtp.example.com, port 587, STARTTLS, as anna"]);
    assert_eq!(found.skipped, [] as [String; 0]);
}

#[rstest]
#[case("2007", &["Outlook 2007: anna@example.com, mail.example.com, port 25, no encryption"], 0)]
#[case("2010", &[
    "Outlook 2010: anna@example.com, smtp.example.com, port 587, STARTTLS, as anna.smtp",
    "Outlook 2010: old@example.net, mail.example.net, port 465, SSL/TLS, as anna",
], 0)]
#[case("2013", &["Outlook 2013: anna@example.com, smtp.example.com, port 465, SSL/TLS, as anna"], 0)]
#[case("2016", &[
    "Outlook 2016: anna@example.org, an Exchange account",
    "Outlook 2016: info@example.com, smtp.example.com, port 25, Auto, as info@example.com",
], 0)]
#[case("365", &[
    "Outlook for Microsoft 365 (16.0.17928.20114): anna@example.org, an Exchange account",
    "Outlook for Microsoft 365 (16.0.17928.20114): anna@example.com, smtp.example.com, port 587, STARTTLS, as anna@example.com",
], 1)]
#[case("none", &[], 0)]
#[case("damaged", &["Outlook 2016: anna@example.com, smtp.example.com, port 587, STARTTLS"], 10)]
#[tokio::test]
async fn outlooks_profiles(#[case] name: &str, #[case] accounts: &[&str], #[case] skipped: usize) {
    let found = found("Windows 10.0.19045", &[], &recorded(&format!("outlook/{name}.reg"))).await;
    assert_eq!(lines(&found), accounts);
    assert_eq!(found.skipped.len(), skipped, "{:#?}", found.skipped);
    let exchange = found.accounts.iter().filter(|one| one.kind == Kind::Exchange);
    assert!(exchange.clone().all(|one| one.answer() == Some(("account-type".to_owned(), "exchange".to_owned()))));
}

#[tokio::test]
async fn the_new_outlook_alone_says_why_nothing_is_found() {
    let file = ("AppData/Local/Microsoft/Olk/UserSettings.json".to_owned(), "{}".to_owned());
    let found = found("Windows 10.0.26100", &[file], "").await;
    assert!(found.why_empty().starts_with("New Outlook: it is in use here"), "{found:?}");
}

#[tokio::test]
async fn a_huge_value_and_many_keys_end() {
    let key = r"HKEY_CURRENT_USER\Software\Microsoft\Office\16.0\Outlook\Profiles";
    let accounts = "9375CFF0413111d3B88A00104B2A6676";
    let huge = "x".repeat(1_000_000);
    let mut registry =
        format!("[{key}\\A\\{accounts}\\1]\n\"SMTP Server\"=\"{huge}\"\n\"IMAP Server\"=\"x.example\"\n");
    for number in 0..2_000 {
        registry.push_str(&format!(
            "[{key}\\P{number}\\{accounts}\\1]\n\"SMTP Server\"=\"s.example\"\n\"Email\"=\"a{number}@example.com\"\n"
        ));
    }
    let found = found("Windows 10.0.19045", &[], &registry).await;
    assert!(found.accounts.len() <= 32, "{}", found.accounts.len());
    assert!(found.skipped.iter().all(|why| why.len() < 500), "{:?}", found.skipped);
}

#[tokio::test]
async fn programs_on_windows_are_found_in_their_places() {
    let account = "<MessageAccount><SMTP_Server type=\"SZ\">smtp.example.com</SMTP_Server><SMTP_Port type=\"DWORD\">1d1</SMTP_Port>\
                   <SMTP_Secure_Connection type=\"DWORD\">1</SMTP_Secure_Connection>\
                   <SMTP_Email_Address type=\"SZ\">anna@example.com</SMTP_Email_Address></MessageAccount>";
    let mut all = files("thunderbird", "AppData/Roaming/Thunderbird");
    all.push(("AppData/Local/Microsoft/Windows Live Mail/Example/account{1}.oeaccount".to_owned(), account.to_owned()));
    let found = found("Windows 10.0.26100", &all, &recorded("outlook/2016.reg")).await;
    let programs: Vec<&str> = found.accounts.iter().map(|one| one.client).collect();
    assert_eq!(programs, ["outlook-2016", "outlook-2016", "thunderbird", "thunderbird", "thunderbird", "windows-mail"]);
    assert!(found.accounts[2].place.contains("%APPDATA%"), "{}", found.accounts[2].place);
}

#[tokio::test]
async fn apple_mails_accounts() {
    let file = |name: &str| (format!("Library/Mail/{name}"), recorded("apple/Accounts.plist"));
    // A newer version's list counts, not what the older one has left behind.
    let found = found("macOS 10.9", &[file("V2/MailData/Accounts.plist"), file("MailData/Accounts.plist")], "").await;
    assert_eq!(lines(&found)[0], "Apple Mail: anna@example.com, smtp.example.com, port 587, STARTTLS, as anna");
    assert_eq!((found.accounts.len(), found.skipped.len()), (6, 3));
    assert_eq!(found.accounts[0].place, "~/Library/Mail/V2/MailData/Accounts.plist");
}

#[tokio::test]
async fn a_mac_that_shows_its_accounts_to_nobody_says_so() {
    let database = ("Library/Accounts/Accounts4.sqlite".to_owned(), "SQLite format 3".to_owned());
    let found = found("macOS 15.4", &[database], "").await;
    assert!(found.why_empty().contains("Mail > Settings > Accounts"), "{found:?}");
}

#[cfg(unix)]
#[test]
fn a_file_that_is_handed_over() {
    let folder = tempfile::tempdir().unwrap();
    let nobody = Path::new("/nowhere");
    let put = |name: &str, bytes: &[u8]| {
        let path = folder.path().join(name);
        std::fs::write(&path, bytes).unwrap();
        format!("--from-client={}", path.display())
    };
    // As regedit writes it, of another user, with a text of two lines.
    let export = recorded("outlook/2013.reg").replace("HKEY_CURRENT_USER", "HKEY_USERS\\S-1-5-21-1-2-3-1001")
        + "\n[HKEY_USERS\\S-1-5-21-1-2-3-1001\\Software\\Other]\n\"Text\"=\"one\ntwo\"\n";
    let units =
        format!("\u{feff}{export}").replace('\n', "\r\n").encode_utf16().flat_map(u16::to_le_bytes).collect::<Vec<_>>();
    let profile = put("profile.reg", &units);
    let skipped = contains("of the registry: not a value");
    let said = || contains("smtp.example.com").and(contains("profile.reg, profile"));
    check(nobody, &[&profile]).assert().stdout(said().and(contains("outlook-2013"))).stderr(skipped);
    // Another computer's settings may be measured from elsewhere; who does not say so is asked to.
    let hint = || contains("--measured-on");
    check(nobody, &[&profile]).assert().stderr(hint());
    check(nobody, &[&profile, "--measured-on", "elsewhere"]).assert().stdout(said()).stderr(hint().not());
    for (name, from, server) in [
        ("mail.mobileconfig", "apple/mail.mobileconfig", "smtp.example.com"),
        ("signed.mobileconfig", "apple/signed.mobileconfig", "smtp.example.com"),
        ("Accounts.plist", "apple/Accounts.plist", "smtp.example.com"),
        ("prefs.js", "thunderbird/tauix4qe.default-default/prefs.js", "smtp.example.com"),
    ] {
        let file = put(name, &std::fs::read(Path::new("tests/stored").join(from)).unwrap());
        check(nobody, &["anna@example.com", &file]).assert().stdout(contains(server));
        check(nobody, &[&file]).assert().code(2).stderr(contains("which of the stored accounts"));
    }
    check(nobody, &[&put("Accounts.doc", b"x")])
        .assert()
        .code(2)
        .stderr(contains("must end like").and(contains(".plist")));
    check(nobody, &[&put("empty.plist", b"")]).assert().code(2).stderr(contains("no account in that file"));
    check(nobody, &[&put("huge.reg", &vec![b'x'; 11_000_000])]).assert().code(2).stderr(contains("larger than 10 MiB"));
    check(nobody, &["--from-client=./missing.reg"]).assert().code(2).stderr(contains("there is no such file"));
    check(nobody, &["--from-client=eudora"])
        .assert()
        .code(2)
        .stderr(contains("apple-mail").and(contains("a file of theirs")));
}

/// Ten megabytes are Thunderbird's own; what is larger is not read, and says so.
#[cfg(unix)]
#[test]
fn a_huge_file_ends_soon() {
    let home = home(&[("anna@gmail.com", "smtp.gmail.com")]);
    let prefs = home.path().join(".thunderbird/abc.default/prefs.js");
    let mut text = std::fs::read_to_string(&prefs).unwrap();
    while text.len() < 10 * 1024 * 1024 - 100 {
        text.push_str("// a comment\nuser_pref(\"extensions.x.y\", \"a \\\"text\\\" \\u00fc\");\n");
    }
    std::fs::write(&prefs, &text).unwrap();
    let began = std::time::Instant::now();
    check(home.path(), &["--from-client"]).assert().stdout(contains("smtp.gmail.com"));
    assert!(began.elapsed().as_secs() < 20, "{:?}", began.elapsed());
    std::fs::write(&prefs, text.repeat(2)).unwrap();
    check(home.path(), &["--from-client"]).assert().code(2).stderr(contains("larger than 10 MiB"));
}

/// The keys that lead from the form's empty fields to the start of the checks with the second account in the list.
#[tokio::test]
async fn the_form_offers_what_is_found() {
    let found = found("Windows 10.0.19045", &[], &recorded("outlook/2016.reg")).await;
    let session = || Session::of(Account::default(), Default::default(), String::new());
    let theme = Theme { ascii: true, plain: true, ..Theme::default() };
    let mut app = App::new(session(), theme, Form::new_case(&Account::default(), found.clone()));
    let mut press = |key: KeyCode| app.input(&Event::Key(KeyEvent::from(key)));
    assert!([KeyCode::F(2), KeyCode::Down, KeyCode::Enter].into_iter().all(|key| press(key).is_none()));
    let Some(Effect::Run(request)) = press(KeyCode::Enter) else { panic!("the checks do not start") };
    let account = request.account.unwrap();
    assert_eq!(
        (account.address.to_string().as_str(), account.client.as_deref()),
        ("info@example.com", Some("outlook-2016"))
    );
    assert_eq!(account.settings, found.accounts[1].settings);
    assert_eq!(app.core.session.answers.get("account-type").map(String::as_str), Some("imap-or-pop"));

    // A typed address takes what is stored for it; one of another computer does not.
    for (keys, server) in [(0, Some("smtp.example.com")), (1, None)] {
        let mut app = App::new(session(), theme, Form::new_case(&Account::default(), found.clone()));
        app.input(&Event::Paste("info@example.com".to_owned()));
        for key in [KeyCode::Down, KeyCode::Down].into_iter().chain(std::iter::repeat_n(KeyCode::Right, keys)) {
            app.input(&Event::Key(KeyEvent::from(key)));
        }
        let Some(Effect::Run(request)) = app.input(&Event::Key(KeyEvent::from(KeyCode::Enter))) else {
            panic!("{keys}")
        };
        assert_eq!(request.account.unwrap().settings.server(), server);
    }

    let mut app = App::new(session(), theme, Form::new_case(&Account::default(), Found::default()));
    app.input(&Event::Key(KeyEvent::from(KeyCode::F(2))));
    assert!(app.core.message.unwrap().contains("has stored an account"));
}

#[cfg(unix)]
fn home(accounts: &[(&str, &str)]) -> tempfile::TempDir {
    let home = tempfile::tempdir().unwrap();
    let profile = home.path().join(".thunderbird/abc.default");
    std::fs::create_dir_all(&profile).unwrap();
    std::fs::write(home.path().join(".thunderbird/profiles.ini"), PROFILES).unwrap();
    std::fs::write(profile.join("prefs.js"), prefs(accounts)).unwrap();
    home
}

#[cfg(unix)]
fn check(home: &Path, arguments: &[&str]) -> Command {
    let mut command = Command::cargo_bin("mailtriage").unwrap();
    command.env("HOME", home).env_remove("XDG_CONFIG_HOME").arg("check").args(arguments);
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
    assert_eq!(place, "profile default, ~/.thunderbird/abc.default/prefs.js");
    let redacted = check(home.path(), &["--from-client", "--redact", "names"]).output().unwrap();
    assert!(!String::from_utf8(redacted.stdout).unwrap().contains("prefs.js"));
}

#[cfg(unix)]
#[test]
fn what_is_stored_is_compared_without_anybody_typing() {
    let home = home(&[("anna@gmail.com", "smtp.gmail.com")]);
    let prefs = home.path().join(".thunderbird/abc.default/prefs.js");
    let text =
        std::fs::read_to_string(&prefs).unwrap().replace("port\", 465", "port\", 25").replace("ssl\", 3", "ssl\", 0");
    std::fs::write(&prefs, text).unwrap();
    std::fs::write(prefs.with_file_name("compatibility.ini"), "[Compatibility]\nLastVersion=128.3.0_1/1\n").unwrap();
    let says = "Thunderbird 128.3.0 has port 25, no encryption; the provider's: port 465, SSL/TLS";
    check(home.path(), &["--from-client"]).assert().stdout(contains(says));
}

#[cfg(unix)]
#[test]
fn what_is_damaged_is_skipped_with_a_word() {
    let home = home(&[("anna@gmail.com", "smtp.gmail.com"), ("anna@gmx.de", "")]);
    let mut prefs =
        std::fs::OpenOptions::new().append(true).open(home.path().join(".thunderbird/abc.default/prefs.js"));
    std::io::Write::write_all(
        prefs.as_mut().unwrap(),
        b"user_pref(\"mail.identity.id9.useremail\", \"a\nuser_pref(\"mail.account.",
    )
    .unwrap();
    let not_read = contains("not read: profile default").and(contains("preferences cannot be read"));
    check(home.path(), &["--from-client"]).assert().stdout(contains("smtp.gmail.com")).stderr(not_read);
    // A pipe in the place of the file ends nothing.
    std::process::Command::new("mkfifo").arg(home.path().join(".msmtprc")).status().unwrap();
    check(home.path(), &["--from-client"]).assert().stderr(contains("not an ordinary file"));
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
    let profile = two.path().join(".config/neomutt");
    std::fs::create_dir_all(&profile).unwrap();
    let mutt = "set from=anna@gmx.de smtp_url=smtps://anna:secret@mail.gmx.net";
    std::fs::write(profile.join("neomuttrc"), mutt).unwrap();
    let ambiguous =
        contains("several times").and(contains("Thunderbird: anna@gmx.de")).and(contains("Mutt: anna@gmx.de"));
    let ambiguous = ambiguous.and(contains("secret").not());
    check(two.path(), &["anna@gmx.de", "--from-client"]).assert().code(2).stderr(ambiguous);
    check(two.path(), &["anna@gmx.de", "--from-client=mutt"]).assert().stdout(contains("\"user\": \"anna\""));
    check(Path::new("/nowhere"), &["--from-client"]).assert().code(2).stderr(contains("has stored an account"));
}
