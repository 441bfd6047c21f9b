//! The command line from outside: bad input, stdout and stderr, exit codes, and that the password appears nowhere. No
//! network: every run is in the lab, and bad input ends before anything is asked.

#![allow(clippy::unwrap_used, clippy::panic, reason = "in a test a panic is the answer")]

use assert_cmd::Command;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use predicates::prelude::*;
use predicates::str::contains;
use rstest::rstest;

fn mailtriage(arguments: &[&str]) -> Command {
    let mut command = Command::cargo_bin("mailtriage").unwrap();
    command.args(arguments).env("HOME", "/nonexistent").env_remove("NO_COLOR");
    command
}

#[rstest]
#[case(&["check"], "which mail address")]
#[case(&["check", ""], "no mail address")]
#[case(&["check", "anna"], "there is no @")]
#[case(&["check", "a@b@example.com"], "2 @")]
#[case(&["check", "anna meyer@example.com"], "a space")]
#[case(&["check", "anna@exam\u{7}ple.com"], "control character")]
#[case(&["check", "anna@example..com"], "not the name of a domain")]
#[case(&["check", "anna@example.com", "--port", "0"], "a number from 1 to 65535")]
#[case(&["check", "anna@example.com", "--port", "70000"], "a number from 1 to 65535")]
#[case(&["check", "anna@example.com", "--security", "tls"], "starttls")]
#[case(&["check", "anna@example.com", "--server", " "], "--server: the name of the server is empty")]
#[case(&["check", "anna@example.com", "--server", "a\u{7}b.example"], "--server: \"a\\x07b.example\" is not the name of a server")]
#[case(&["check", "anna@example.com", "--user", "a\nb"], "--user: there is a control character")]
#[case(&["check", "anna@example.com", "--client", "pigeon"], "the known ones are")]
#[case(&["check", "anna@example.com", "--client", "outlok-2016"], "did you mean outlook-2016?")]
#[case(&["practise"], "did you mean `mailtriage practice`?")]
#[case(&["practice", "587-silnt"], "did you mean 587-silent?")]
#[case(&["check", "anna@example.com", "--resolver", "dns"], "--resolver")]
#[case(&["check", "anna@example.com", "--reference-host", "a:0"], "--reference-host")]
#[case(&["check", "anna@example.com", "--connectivity-url", "ftp://x"], "--connectivity-url")]
#[case(&["check", "anna@example.com", "--ca-file", "/nonexistent/ca.pem"], "--ca-file")]
#[case(&["check", "anna@example.com", "--timeout", "0"], "between 0.1 and 3600")]
#[case(&["check", "anna@example.com", "--error", "@/nonexistent/bounce.eml"], "--error: /nonexistent/bounce.eml was not read")]
#[case(&["check", "anna@example.com", "--answer", "moon=full"], "there is no question")]
#[case(&["check", "anna@example.com", "--answer", "hotspot=perhaps"], "is answered by yes, no")]
#[case(&["check", "anna@example.com", "--format", "pdf"], "text, json, markdown, html, eml, row, nagios, prometheus")]
#[case(&["check", "anna@example.com", "--password-env", "MAILTRIAGE_NO_SUCH_VARIABLE"], "no variable")]
#[case(&["check", "anna@example.com", "--password-command", "exit 3"], "--password-command failed")]
#[case(&["check", "anna@example.com", "--output", "/nonexistent/report.json"], "cannot write, no such folder: /nonexistent")]
#[case(&["check", "anna@example.com", "--\u{202e}\u{fe0f}"], "'--\\u{202e}\\u{fe0f}'")]
#[case(&["anna@example.com"], "no terminal")]
#[case(&["practice", "587-silent"], "no terminal")]
#[case(&["practice", "no-such-thing"], "practice --list")]
#[case(&["open", "/nonexistent/report.json"], "cannot be read")]
#[case(&["open", "Cargo.toml"], "not a report")]
#[case(&["guide", "zzzzzz"], "no page")]
#[case(&["guide", "--check", "/nonexistent"], "/nonexistent: ")]
#[case(&["guide", "--graph", "svg"], "mermaid, dot")]
#[case(&["practice", "587-silent", "--format", "text", "--guide", "/nonexistent"], "/nonexistent: ")]
#[case(&["check", "anna@example.com", "--client", "outlook"], "which of them?")]
#[case(&["providers", "zzzzzz"], "no provider")]
fn bad_input_is_a_message_and_exit_2(#[case] arguments: &[&str], #[case] says: &str) {
    let assert = mailtriage(arguments).assert().code(2).stdout("");
    assert.stderr(contains(says).and(contains("panicked").not()));
}

/// Each of these would wait for ever, or be read until memory ends.
#[cfg(unix)]
#[rstest]
#[case(&["open", "/dev/zero"], "not an ordinary file")]
#[case(&["open", "PIPE"], "not an ordinary file")]
#[case(&["check", "anna@example.com", "--ca-file", "/dev/zero"], "not an ordinary file")]
#[case(&["check", "anna@example.com", "--ca-file", "PIPE"], "not an ordinary file")]
#[case(&["check", "anna@example.com", "--password-command", "cat /dev/zero"], "more than 64 KiB")]
#[case(&["check", "anna@example.com", "--password-command", "yes"], "more than 64 KiB")]
fn what_never_ends_is_not_read(#[case] arguments: &[&str], #[case] says: &str) {
    let folder = tempfile::tempdir().unwrap();
    let pipe = folder.path().join("pipe");
    assert!(std::process::Command::new("mkfifo").arg(&pipe).status().unwrap().success());
    let with_pipe =
        |argument: &&str| if *argument == "PIPE" { pipe.to_str().unwrap().to_owned() } else { (*argument).to_owned() };
    let arguments: Vec<String> = arguments.iter().map(with_pipe).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    mailtriage(&arguments).timeout(LONG).assert().code(2).stdout("").stderr(contains(says));
}

/// The TLS libraries would read it.
#[cfg(unix)]
#[test]
fn an_endless_list_of_issuers_is_not_read() {
    let mut command = mailtriage(&["check", "anna@example.com"]);
    command.env("SSL_CERT_FILE", "/dev/zero").timeout(LONG);
    command.assert().code(2).stdout("").stderr(contains("SSL_CERT_FILE=/dev/zero: it is not an ordinary file"));
}

/// Longer than anything takes on the slowest machine.
#[cfg(unix)]
const LONG: std::time::Duration = std::time::Duration::from_secs(30);

/// Runs a line of shell, in which `$0` is the program.
#[cfg(unix)]
fn shell(line: &str) -> Command {
    let mut command = Command::new("sh");
    let program = assert_cmd::cargo::cargo_bin("mailtriage");
    command.args(["-c", line]).arg(program).env("HOME", "/nonexistent").timeout(LONG);
    command
}

#[cfg(target_os = "linux")]
#[rstest]
#[case("practice password-wrong --format json >/dev/full", "No space left")]
#[case("practice password-wrong --format text >/dev/full", "No space left")]
#[case("practice password-wrong --format json >&-", "it is closed")]
#[case("check anna@example.test --format json >&-", "it is closed")]
#[case("guide >/dev/full", "No space left")]
#[case("guide >&-", "it is closed")]
#[case("--help >/dev/full", "No space left")]
#[case("--version >&-", "it is closed")]
fn a_result_is_not_lost_in_silence(#[case] run: &str, #[case] why: &str) {
    let says = contains("could not be written to standard output").and(contains(why));
    shell(&format!("exec \"$0\" {run}")).assert().code(2).stderr(says);
}

/// Whoever has seen enough of a page goes away; half a report is a report that is lost.
#[cfg(unix)]
#[rstest]
#[case(&["guide"], 0)]
#[case(&["practice", "healthy-465", "--format", "json"], 2)]
fn a_reader_that_goes_away(#[case] arguments: &[&str], #[case] code: i32) {
    let mut command = std::process::Command::new(assert_cmd::cargo::cargo_bin("mailtriage"));
    let (stdout, stderr) = (std::process::Stdio::piped(), std::process::Stdio::null());
    let mut child = command.args(arguments).stdout(stdout).stderr(stderr).spawn().unwrap();
    drop(child.stdout.take());
    assert_eq!(child.wait().unwrap().code(), Some(code));
}

/// What cannot be said changes nothing.
#[cfg(target_os = "linux")]
#[test]
fn a_lost_stderr_changes_no_exit_code() {
    shell("exec \"$0\" check anna 2>/dev/full").assert().code(2);
    shell("exec \"$0\" practice password-wrong --format json 2>/dev/full")
        .assert()
        .code(1)
        .stdout(contains("password-wrong"));
}

#[test]
fn an_address_that_is_too_long_is_not_repeated_whole() {
    let long = format!("{}@example.com", "a".repeat(300));
    let assert = mailtriage(&["check", &long]).assert().code(2);
    assert!(assert.get_output().stderr.len() < 300);
}

#[rstest]
#[case("", "empty")]
#[case("\n", "empty")]
#[case("a\0b\n", "NUL")]
fn bad_passwords_are_a_message_and_exit_2(#[case] typed: &str, #[case] says: &str) {
    let arguments = ["check", "anna@example.com", "--password-stdin"];
    mailtriage(&arguments).write_stdin(typed).assert().code(2).stdout("").stderr(contains(says));
}

#[rstest]
#[case("", "the token on standard input is empty")]
#[case("two words\n", "is not a token")]
fn bad_tokens_are_a_message_and_exit_2(#[case] typed: &str, #[case] says: &str) {
    let arguments = ["check", "anna@example.com", "--token-stdin"];
    mailtriage(&arguments).write_stdin(typed).assert().code(2).stdout("").stderr(contains(says));
}

#[test]
fn an_existing_file_is_left_as_it_is() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("report.json");
    std::fs::write(&path, "precious").unwrap();
    let arguments = ["practice", "offline", "--format", "json", "--output", path.to_str().unwrap()];
    mailtriage(&arguments).assert().code(2).stderr(contains("already exists"));
    assert_eq!(std::fs::read_to_string(&path).unwrap(), "precious");
}

/// Too few descriptors would look like a silent network.
#[cfg(unix)]
#[rstest]
#[case(7)]
#[case(8)]
#[case(12)]
#[case(20)]
#[case(64)]
#[case(100)]
fn too_few_descriptors_are_named_and_nothing_is_tested(#[case] descriptors: u32) {
    let run = format!("ulimit -n {descriptors}; exec \"$0\" check anna@example.test --server 127.0.0.1 --format json");
    let says = contains("few open files and connections").and(contains("nothing was tested"));
    shell(&run).assert().code(3).stdout("").stderr(says);
}

/// No thread, or no room for it. Root may start as many as it likes, so somebody else runs it.
#[cfg(target_os = "linux")]
#[rstest]
#[case("prlimit --nproc=1", "few threads")]
#[case("prlimit --as=80000000", "little memory")]
fn too_few_threads_and_too_little_memory_are_named(#[case] limited: &str, #[case] says: &str) {
    // A copy, because a folder of root's is closed to others.
    let folder =
        tempfile::Builder::new().permissions(std::os::unix::fs::PermissionsExt::from_mode(0o755)).tempdir().unwrap();
    let copy = folder.path().join("mailtriage");
    std::fs::copy(assert_cmd::cargo::cargo_bin("mailtriage"), &copy).unwrap();
    let somebody = "if [ \"$(id -u)\" = 0 ]; then as='setpriv --reuid=65534 --regid=65534 --clear-groups'; fi";
    let run = format!("{somebody}; exec $as {limited} {} check anna@example.test --format json", copy.display());
    shell(&run)
        .assert()
        .code(3)
        .stdout("")
        .stderr(contains(says).and(contains("nothing was tested")).and(contains("panicked").not()));
}

#[rstest]
#[case("healthy-465", 0, "can-send", "healthy")]
#[case("587-forbidden-here", 1, "cannot-send", "blocked-local")]
#[case("ipv6-broken", 1, "unreliable", "ipv6-broken")]
#[case("no-password", 3, "unsure", "undetermined")]
fn the_exit_code_follows_the_outcome(
    #[case] name: &str,
    #[case] code: i32,
    #[case] outcome: &str,
    #[case] cause: &str,
) {
    let assert = mailtriage(&["practice", name, "--format", "json"]).assert().code(code).stderr("");
    let report: serde_json::Value = serde_json::from_slice(&assert.get_output().stdout).unwrap();
    assert_eq!(report["schema"], "mailtriage.report/1");
    assert_eq!((&report["diagnosis"]["outcome"], &report["diagnosis"]["cause"]), (&outcome.into(), &cause.into()));
    assert!(report["runs"][0].get("checks").is_none(), "nothing is written twice");
    for port in [25, 465, 587] {
        for kind in ["port", "smtp", "tls"] {
            let id = format!("{kind}.{port}");
            assert!(report["checks"].as_array().unwrap().iter().any(|check| check["id"] == *id), "{id}");
        }
    }
}

#[test]
fn the_password_is_nowhere() {
    for (name, password) in
        [("healthy-465", "correct horse"), ("password-wrong", "not this one"), ("token-refused", "ya29.good")]
    {
        for format in ["json", "text"] {
            let assert = mailtriage(&["practice", name, "--format", format, "--verbose"]).assert();
            let output = assert.get_output();
            let all = [output.stdout.as_slice(), &output.stderr].concat();
            let all = String::from_utf8_lossy(&all);
            let message = STANDARD.encode(format!("\0anna@example.com\0{password}"));
            for secret in [password, &STANDARD.encode(password), &message] {
                assert!(!all.contains(secret), "{name} {format}: {secret}");
            }
            assert!(all.contains(if name == "token-refused" {
                "AUTH XOAUTH2 ********"
            } else {
                "AUTH PLAIN ********"
            }));
        }
    }
}

#[test]
fn a_message_that_came_back_is_read_from_a_file_and_from_standard_input() {
    let report = "Final-Recipient: rfc822; x@example.org\r\nAction: failed\r\nStatus: 5.1.1\r\nRemote-MTA: dns; mx.example.org\r\n";
    let wide: Vec<u8> = std::iter::once(0xfeff).chain(report.encode_utf16()).flat_map(u16::to_le_bytes).collect();
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("bounce.eml");
    // No server is asked: port 9 of this computer, nobody to compare with, and settings alone.
    let arguments = |error: &str| {
        let fixed =
            ["check", "anna@example.com", "--server", "127.0.0.1", "--client", "outlook-new", "--only", "settings"];
        [&fixed.map(str::to_owned)[..], &["--error".to_owned(), error.to_owned()]].concat()
    };
    for bytes in
        [report.as_bytes().to_vec(), wide, [report.as_bytes(), "\r\nReturned ".repeat(100_000).as_bytes()].concat()]
    {
        std::fs::write(&path, &bytes).unwrap();
        let from_file = arguments(&format!("@{}", path.display()));
        let from_file: Vec<&str> = from_file.iter().map(String::as_str).collect();
        let shown = mailtriage(&from_file).assert();
        let shown = String::from_utf8_lossy(&shown.get_output().stdout).into_owned();
        let words = shown.split_whitespace().collect::<Vec<_>>().join(" ");
        assert!(
            words.contains("A message to x@example.org came back: mx.example.org did not accept it (5.1.1)."),
            "{shown}"
        );
    }
    let from_input = arguments("@-");
    let from_input: Vec<&str> = from_input.iter().map(String::as_str).collect();
    mailtriage(&from_input).write_stdin(report).assert().stdout(contains("x@example.org"));
}

#[test]
fn redaction_leaves_the_names_out() {
    let assert = mailtriage(&["practice", "healthy-465", "--format", "json", "--redact", "names"]).assert().code(0);
    let text = String::from_utf8_lossy(&assert.get_output().stdout).into_owned();
    for name in ["anna@example.com", "PC-17", "192.168.1.20"] {
        assert!(!text.contains(name), "{name}");
    }
    assert!(text.contains("smtp.example.com"));
    let assert = mailtriage(&["practice", "healthy-465", "--format", "json", "--redact", "all"]).assert().code(0);
    let text = String::from_utf8_lossy(&assert.get_output().stdout).into_owned();
    for name in ["example.com", "203.0.113.5", "198.51.100.20"] {
        assert!(!text.contains(name), "{name}");
    }
}

#[test]
fn what_can_be_looked_up() {
    mailtriage(&["practice", "--list"]).assert().code(0).stdout(contains("587-silent"));
    mailtriage(&["guide"]).assert().code(0).stdout(contains("causes/blocked-network"));
    mailtriage(&["guide", "firewall"]).assert().code(0).stdout(contains("Decide"));
    mailtriage(&["providers", "anna@gmail.com"]).assert().code(0).stdout(contains("smtp.gmail.com"));
    mailtriage(&["completions", "bash"]).assert().code(0).stdout(contains("mailtriage"));
    mailtriage(&["man"]).assert().code(0).stdout(contains(".TH mailtriage"));
    mailtriage(&["--version"]).assert().code(0).stdout(contains("mailtriage"));
}

/// The guide's questions as lines on stderr, answered by number, by word, wrongly, and not at all; the report alone is on
/// stdout.
#[rstest]
#[case("2\nno\n", "Does the contract give this network a fixed", "\"answer\": \"outside\"")]
#[case("9\nins\n", "\"9\" is not one of them", "\"answer\": \"inside\"")]
#[case("", "1 to 2, or Enter if nobody knows:", "\"cause\": \"healthy\"")]
fn questions_as_lines(#[case] typed: &str, #[case] asked: &str, #[case] reported: &str) {
    let arguments = ["practice", "direct-send-inside-only", "--ask", "--format", "json"];
    let assert = mailtriage(&arguments).write_stdin(typed).assert();
    let said = assert.stderr(contains("Where does the device send")).stderr(contains(asked));
    said.stdout(predicates::str::starts_with("{")).stdout(contains(reported));
}

#[test]
fn asking_needs_standard_input() {
    mailtriage(&["check", "anna@example.com", "--ask", "--password-stdin"]).assert().code(2).stderr(contains("--ask"));
    mailtriage(&["check", "--ask"]).write_stdin("anna\n").assert().code(2).stderr(contains("there is no @"));
}
