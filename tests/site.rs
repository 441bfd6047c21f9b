//! Site files from outside: where they are found, what they change, and that one with a mistake changes nothing. The program
//! from a folder that nobody may write to, with no home folder: it leaves nothing behind.

#![cfg(unix)]
#![allow(clippy::unwrap_used, clippy::panic, reason = "in a test a panic is the answer")]

use assert_cmd::Command;
use predicates::prelude::*;
use predicates::str::contains;
use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

/// Nobody listens at this port, and nobody is compared with: nothing leaves this computer.
const CHECK: [&str; 13] = [
    "check",
    "anna@acme.example",
    "--server",
    "127.0.0.1",
    "--port",
    "9",
    "--no-references",
    "--connectivity-url",
    "http://127.0.0.1:9/",
    "--resolver",
    "127.0.0.1:9",
    "--deadline",
    "3",
];

const ROW: &str = "[[provider]]\nid = \"acme\"\nname = \"Acme Mail\"\ndomains = [\"acme.example\"]\nservers = [\n  \
                   { host = \"smtp.acme.example\", port = 465, security = \"implicit\", auth = [\"password\"] },\n]\n";

/// A folder with the program, a home folder, and nothing else.
struct Stick {
    folder: tempfile::TempDir,
}

impl Stick {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let program = folder.path().join("program");
        fs::create_dir_all(folder.path().join("home")).unwrap();
        fs::create_dir_all(&program).unwrap();
        // By another process: a file that this one has open for writing could not be run while another thread starts one.
        let mut copy = std::process::Command::new("cp");
        copy.arg(env!("CARGO_BIN_EXE_mailtriage")).arg(program.join("mailtriage"));
        assert!(copy.status().unwrap().success());
        Stick { folder }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn write(&self, name: &str, text: &str) -> String {
        let path = self.path(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, text).unwrap();
        path.to_str().unwrap().to_owned()
    }

    fn mailtriage(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(self.path("program/mailtriage"));
        command.args(arguments).env_clear().env("HOME", self.path("home")).env("APPDATA", self.path("home"));
        command
    }
}

const OF_USER: &str = "home/.config/mailtriage/site.toml";
const BESIDE: &str = "program/mailtriage-site.toml";

#[test]
fn a_companys_provider_is_known() {
    let stick = Stick::new();
    stick.mailtriage(&["providers", "acme.example"]).assert().code(2);
    let file = stick.write("site.toml", &format!("name = \"Acme\"\ncontact = \"Helpdesk: 4711\"\n{ROW}"));
    stick
        .mailtriage(&["providers", "acme.example", "--site", &file])
        .assert()
        .code(0)
        .stdout(contains("Acme Mail (acme)"));
    let report = stick.mailtriage(&CHECK).args(["--format", "json", "--site", &file]).assert();
    let report: serde_json::Value = serde_json::from_slice(&report.get_output().stdout).unwrap();
    assert_eq!(report["account"]["expected"]["server"], "smtp.acme.example");
    assert_eq!(report["account"]["source"], "table");
    assert_eq!(report["tool"]["site"]["files"][0], file);
    assert_eq!(report["tool"]["site"]["contact"][0], "Helpdesk: 4711");
    for format in ["text", "markdown", "html"] {
        let said = contains("the site file of Acme").and(contains("Helpdesk: 4711"));
        stick.mailtriage(&CHECK).args(["--format", format, "--site", &file]).assert().stdout(said);
    }
    // Who can answer questions about a case: whom the site file names, unless somebody else is named for this one.
    assert_eq!(report["account"]["contact"], "Helpdesk: 4711");
    let own = contains("\"contact\": \"Kim, 555\"");
    stick.mailtriage(&CHECK).args(["--contact", "Kim, 555", "--format", "json", "--site", &file]).assert().stdout(own);
    // The place may name somebody, the rest the company.
    let names = contains(file.as_str()).not().and(contains("Acme"));
    stick.mailtriage(&CHECK).args(["--redact", "names", "--site", &file]).assert().stdout(names);
    let all = contains("4711").not().and(contains("of Acme").not());
    stick.mailtriage(&CHECK).args(["--redact", "all", "--site", &file]).assert().stdout(all);
    // The lab is the same everywhere.
    stick.write(BESIDE, &format!("name = \"Acme\"\n{ROW}"));
    let lab = ["practice", "healthy-465", "--format", "json"];
    stick.mailtriage(&lab).assert().code(0).stdout(contains("\"site\"").not());
}

#[test]
fn the_first_place_that_says_something_counts() {
    let stick = Stick::new();
    let in_use = |command: &mut Command, limit: &str| {
        command.assert().code(0).stdout(contains(format!("timeout              {limit}  (")));
    };
    stick.mailtriage(&["site"]).assert().code(0).stdout(contains("there is none").and(contains("timeout").not()));
    stick.write(BESIDE, "timeout = 3\ndeadline = 60\n");
    in_use(&mut stick.mailtriage(&["site"]), "3 s");
    stick.write(OF_USER, "timeout = 2\n");
    in_use(&mut stick.mailtriage(&["site"]), "2 s");
    stick.mailtriage(&["site"]).assert().stdout(contains("deadline             60 s"));
    // One that is named is the only one.
    let named = stick.write("named.toml", "timeout = 1\n");
    in_use(stick.mailtriage(&["site"]).env("MAILTRIAGE_SITE", &named), "1 s");
    stick.mailtriage(&["site"]).env("MAILTRIAGE_SITE", &named).assert().stdout(contains("deadline").not());
    let other = stick.write("other.toml", "timeout = 0.5\n");
    in_use(stick.mailtriage(&["site", "--file", &other]).env("MAILTRIAGE_SITE", &named), "0.5 s");
    stick
        .mailtriage(&["guide", "--site", "missing.toml"])
        .assert()
        .code(2)
        .stderr(contains("missing.toml cannot be read"));
    stick.mailtriage(&["guide", "--no-site"]).env("MAILTRIAGE_SITE", "missing.toml").assert().code(0);
}

/// A file with every mistake, and what is said about each.
const WRONG: [(&str, &str); 26] = [
    ("name = \"\"", "name: it must be one line"),
    ("contact = [\"a\", \"b\\nc\"]", "contact: it must be one line"),
    ("resolver = [\"192.0.2.1\", \"dns.example\"]", "resolver: \"dns.example\" is not the address of a DNS server"),
    ("reference-host = [\"smtp.example.net:0\"]", "reference-host: \"0\" is not a port"),
    ("no-references = true", "no-references: it contradicts reference-host"),
    ("connectivity-url = \"ftp://example.net\"", "connectivity-url: \"ftp://example.net\" is not a web address"),
    ("ca-file = [\"missing.pem\"]", "ca-file: missing.pem: "),
    ("guide = \"missing\"", "guide: there is no folder"),
    ("timeout = \"5\"", "timeout: it must be a number of seconds, without quotation marks"),
    ("deadline = 0.01", "deadline: between 0.1 and 3600 seconds"),
    ("tables = [\"missing.toml\"]", "tables: a valid tables-key is needed"),
    ("tables-key = \"secret\"", "tables-key: this is not a minisign key"),
    ("resolvers = []", "resolvers: there is no such key; did you mean resolver?"),
    ("[[provider]]", "provider.name: it is missing"),
    ("id = \"Acme Mail\"", ""),
    ("domain = [\"acme.example\"]", "provider.domain: unknown field `domain`"),
    ("servers = [", ""),
    ("  { host = \"smtp.acme.example\", port = 587, security = \"starttls\", auth = [\"password\"] },", ""),
    ("  { host = \"smtp.acme.example\", port = 70000, security = \"starttls\" },", "provider.servers: invalid value"),
    ("  { host = \"smtp.acme.example\", port = 25, security = \"tls\" },", "provider.servers: unknown variant `tls`"),
    ("]", ""),
    ("smtp = \"no\"", "provider.smtp: invalid type"),
    ("[[provider]]", ""),
    ("id = \"b\"", "provider.id: \"b\" is not"),
    ("name = \"B\"", ""),
    ("passwords = \"none\"", "provider.passwords: with none, oauth must say where to sign in"),
];

#[test]
fn every_mistake_is_named_with_line_and_key_and_nothing_is_used() {
    let stick = Stick::new();
    let text: String = WRONG.iter().map(|(line, _)| format!("{line}\n")).collect();
    let text = text.replace("id = \"b\"", "id = \"a/b\"");
    let file = stick.write("site.toml", &text);
    let said = stick.mailtriage(&["site", "--check", "--file", &file]).assert().code(2);
    let said = String::from_utf8(said.get_output().stderr.clone()).unwrap();
    for (index, (line, why)) in WRONG.iter().enumerate() {
        let mistake = format!("{file}:{}: {}", index + 1, why.replace("\"b\"", "\"a/b\""));
        assert!(why.is_empty() || said.contains(&mistake), "{line}\n{mistake}\n\n{said}");
    }
    // One for each, and one more: of the last row, that it has no server.
    assert_eq!(said.lines().count() - 1, WRONG.iter().filter(|(_, why)| !why.is_empty()).count() + 1, "{said}");
    // Whatever would use it ends; a right row next to wrong ones does not count either.
    let half = stick.write("half.toml", &format!("timeout = 0\n{ROW}"));
    for arguments in
        [&["providers", "acme.example"][..], &["guide"], &CHECK, &["open", "x.json"], &["anna@acme.example"]]
    {
        let ends = stick.mailtriage(arguments).args(["--site", &half]).assert().code(2);
        ends.stdout("").stderr(contains("1 mistake in the site file").and(contains("half.toml:1: timeout: between")));
    }
    stick.write(BESIDE, "timeout = 0\n");
    stick.mailtriage(&["providers"]).assert().code(2);
    stick.mailtriage(&["providers", "--no-site"]).assert().code(0);
}

#[test]
fn what_is_no_site_file_is_said() {
    let stick = Stick::new();
    let check = |bytes: &[u8], says: &str| {
        fs::write(stick.path("site.toml"), bytes).unwrap();
        let file = stick.path("site.toml");
        let ends = stick.mailtriage(&["site", "--file", file.to_str().unwrap()]).assert().code(2);
        ends.stderr(contains(says).and(contains("panicked").not()));
    };
    check(b"timeout = = 1\nname = 'Acme\n", "2 mistakes");
    check(b"\xff\xfe\x00", "not text in UTF-8");
    check(b"timeout = 1\ntimeout = 2\n", "site.toml:2: duplicate key");
    check(b"provider = \"acme\"\n", "a provider must be a table: [[provider]]");
    check(b"[[name]]\n", "name: it must be one text, not a list");
    check(&[b'#'; 1_100_000], "larger than 1 MiB");
    check("name = \"\u{1b}[2J\"".as_bytes(), "site.toml:1:");
    let deep = format!("name = {}{}", "[".repeat(5_000), "]".repeat(5_000));
    check(deep.as_bytes(), "site.toml:1:");
    // A byte order mark and Windows' line ends are none.
    let file = stick.write("windows.toml", "\u{feff}timeout = 1\r\nname = \"Acme\"\r\n");
    stick.mailtriage(&["site", "--file", &file]).assert().code(0).stdout(contains("windows.toml:2)"));
    stick
        .mailtriage(&["site", "--file", stick.folder.path().to_str().unwrap()])
        .assert()
        .code(2)
        .stderr(contains("folder"));
}

#[test]
fn a_new_file_is_sound_and_never_over_an_old_one() {
    let stick = Stick::new();
    stick.mailtriage(&["site", "--init"]).assert().code(0).stdout(contains("~/.config/mailtriage/site.toml"));
    stick.mailtriage(&["site", "--check"]).assert().code(0).stdout(contains("site.toml: no mistakes"));
    stick.mailtriage(&["site", "--init"]).assert().code(2).stderr(contains("already exists"));
    assert!(fs::read_to_string(stick.path(OF_USER)).unwrap().contains("# [[provider]]"));
}

#[test]
fn certificates_and_pages_come_from_the_files_folder() {
    let stick = Stick::new();
    fs::create_dir_all(stick.path("acme/pages")).unwrap();
    let page = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/guide/causes/offline.md")).unwrap();
    let page = page.replacen("# This computer has no internet connection", "# The line to Acme is down", 1);
    stick.write("acme/pages/causes/offline.md", &page);
    let key = rcgen::KeyPair::generate().unwrap();
    let root = rcgen::CertificateParams::new(vec!["acme.example".to_owned()]).unwrap().self_signed(&key).unwrap();
    stick.write("acme/roots.pem", &root.pem());
    let file = stick.write("acme/site.toml", "guide = \"pages\"\nca-file = \"roots.pem\"\n");
    stick
        .mailtriage(&["guide", "causes/offline", "--site", &file])
        .assert()
        .code(0)
        .stdout(contains("The line to Acme"));
    stick.mailtriage(&["site", "--check", "--file", &file]).assert().code(0);
    stick.write("acme/pages/causes/offline.md", "no title\n");
    stick.mailtriage(&["site", "--check", "--file", &file]).assert().code(2).stderr(contains("offline.md:1:"));
}

#[test]
fn a_table_counts_only_with_its_signature() {
    let signed = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/site");
    let read = |name: &str| fs::read_to_string(signed.join(name)).unwrap();
    let stick = Stick::new();
    let key = read("minisign.pub");
    let key = key.lines().nth(1).unwrap();
    let file = stick.write("site.toml", &format!("tables = [\"providers.toml\"]\ntables-key = \"{key}\"\n"));
    let check = || {
        let mut command = stick.mailtriage(&["providers", "acme.example", "--site", &file]);
        command.assert()
    };
    stick.write("providers.toml", &read("providers.toml"));
    check().code(2).stderr(contains("site.toml:1: tables: providers.toml: its signature:"));
    stick.write("providers.toml.minisig", &read("providers.toml.minisig"));
    check().code(0).stdout(contains("Acme Mail (acme)"));
    stick.mailtriage(&["site", "--file", &file]).assert().stdout(contains("signed: timestamp:"));
    stick.write("providers.toml.minisig", &read("other-kind.minisig"));
    check().code(0);
    stick.write("providers.toml", &read("providers.toml").replace("smtp.acme.example", "smtp.evil.example"));
    check().code(2).stderr(contains("the file is not the one that was signed"));
    stick.write("providers.toml", &read("providers.toml"));
    let stranger = key.replacen("RWT1", "RWT2", 1);
    stick.write("site.toml", &format!("tables = [\"providers.toml\"]\ntables-key = \"{stranger}\"\n"));
    check().code(2).stderr(contains("another key"));
}

#[test]
fn what_everybody_could_have_written_is_not_used() {
    use std::os::unix::fs::PermissionsExt;
    let stick = Stick::new();
    stick.write(BESIDE, ROW);
    fs::set_permissions(stick.path(BESIDE), fs::Permissions::from_mode(0o666)).unwrap();
    let ends = stick.mailtriage(&["providers", "acme.example"]).assert().code(2);
    ends.stderr(contains("mailtriage-site.toml is not used: anybody may write to it").and(contains("no provider")));
    // Who names it knows it.
    let file = stick.path(BESIDE);
    stick.mailtriage(&["providers", "acme.example", "--site", file.to_str().unwrap()]).assert().code(0);
}

/// All files below a folder, with their contents and the time of their last change.
fn tree(folder: &Path, found: &mut BTreeMap<PathBuf, (Vec<u8>, std::time::SystemTime)>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let changed = path.symlink_metadata().unwrap().modified().unwrap();
        if path.is_dir() {
            found.insert(path.clone(), (Vec::new(), changed));
            tree(&path, found);
        } else {
            found.insert(path.clone(), (fs::read(&path).unwrap(), changed));
        }
    }
}

#[test]
fn from_a_folder_that_nobody_may_write_to_it_leaves_nothing_behind() {
    use std::os::unix::fs::PermissionsExt;
    let stick = Stick::new();
    stick.write(BESIDE, ROW);
    let everything = || {
        let mut found = BTreeMap::new();
        tree(stick.folder.path(), &mut found);
        found
    };
    let close = |mode: u32| {
        for folder in ["home", "program"] {
            fs::set_permissions(stick.path(folder), fs::Permissions::from_mode(mode)).unwrap();
        }
    };
    close(0o555);
    let before = everything();
    let commands: [&[&str]; 8] = [
        &CHECK,
        &["practice", "587-silent", "--format", "html"],
        &["practice", "--list"],
        &["guide", "0x800CCC0F"],
        &["providers", "acme"],
        &["site"],
        &["schema"],
        &["man"],
    ];
    for arguments in commands {
        for home in ["home", "nowhere"] {
            let mut command = stick.mailtriage(arguments);
            // What is written to the current or the temporary folder would be seen as well.
            command.current_dir(stick.folder.path()).env("HOME", stick.path(home)).env("TMPDIR", stick.folder.path());
            let ends = command.assert();
            assert!(matches!(ends.get_output().status.code(), Some(0 | 1 | 3)), "{arguments:?}");
            assert!(everything() == before, "{arguments:?} left something behind");
        }
    }
    close(0o755);
}
