//! The program in the hands of other engines: plugin, metrics, batch and exporter, from outside and in the lab.

#![allow(clippy::unwrap_used, clippy::panic, reason = "in a test a panic is the answer")]

use assert_cmd::Command;
use predicates::prelude::*;
use predicates::str::{contains, starts_with};
use rstest::rstest;

fn mailtriage(arguments: &[&str]) -> Command {
    let mut command = Command::cargo_bin("mailtriage").unwrap();
    command.args(arguments).env("HOME", "/nonexistent").env_remove("NO_COLOR");
    command
}

fn stdout(arguments: &[&str]) -> String {
    String::from_utf8(mailtriage(arguments).output().unwrap().stdout).unwrap()
}

#[rstest]
#[case("healthy-587", &[], 0, "OK - Everything works")]
#[case("no-password", &[], 0, "OK - No fault found up to the log-in")]
#[case("587-silent", &[], 2, "CRITICAL - Port 587 is blocked on the way out (blocked-network, certain)")]
#[case("healthy-587", &["--warning", "connect_time=0.001"], 1, "WARNING - ")]
#[case("healthy-587", &["--critical", "certificate_days=100:", "--warning", "login_time=9"], 2, "CRITICAL - ")]
#[case("healthy-587", &["--warning", "certificate_days=14:", "--critical", "certificate_days=7:"], 0, "OK - ")]
#[case("no-password", &["--warning", "login_time=9"], 3, "UNKNOWN - ")]
fn a_plugin_has_a_state_a_line_and_figures(
    #[case] scenario: &str,
    #[case] ranges: &[&str],
    #[case] code: i32,
    #[case] begins: &str,
) {
    let arguments = [&["practice", scenario, "--format", "nagios"], ranges].concat();
    let assert = mailtriage(&arguments).assert().code(code).stdout(starts_with(begins));
    let out = String::from_utf8(assert.get_output().stdout.clone()).unwrap();
    let (line, rest) = out.split_once('\n').unwrap();
    let (_, figures) = line.split_once(" | ").unwrap();
    assert!(!rest.contains('|') && rest.contains("RESULT") && out.len() < 8_192);
    for figure in figures.split(' ') {
        let (name, data) = figure.split_once('=').unwrap();
        assert!(name.chars().all(|c| c.is_ascii_lowercase() || c == '_'), "{figure}");
        let number = data.split(';').next().unwrap().trim_end_matches(['s', '%']);
        assert!(number.parse::<f64>().is_ok(), "{figure}");
    }
}

/// For a monitoring system, 2 means that the service is down; and it shows stdout alone.
#[rstest]
#[case(&["check", "anna", "--format", "nagios"], "no @")]
#[case(&["check", "anna@example.com", "--format=nagios", "--port", "0"], "a port is a number from 1 to 65535")]
#[case(&["practice", "healthy-587", "--format", "nagios", "--warning", "speed=1"], "there is no figure \"speed\"")]
#[case(&["practice", "healthy-587", "--format", "nagios", "--warning", "login_time=a"], "is not a range")]
#[case(&["open", "/nonexistent.json", "--format", "nagios"], "cannot be read")]
fn a_plugin_that_cannot_run_is_unknown(#[case] arguments: &[&str], #[case] says: &str) {
    mailtriage(arguments).assert().code(3).stdout(starts_with("UNKNOWN - ").and(contains(says)));
}

#[test]
fn ranges_are_for_the_plugin_alone() {
    let arguments = ["practice", "healthy-587", "--format", "text", "--warning", "login_time=1"];
    mailtriage(&arguments).assert().code(2).stdout("").stderr(contains("--format nagios"));
}

#[test]
fn metrics_are_written_anew_and_over_nothing_else() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("mail.prom");
    let path = file.to_str().unwrap();
    let arguments = ["practice", "587-silent", "--format", "prometheus", "--output", path];
    for _ in 0..2 {
        mailtriage(&arguments).assert().code(1);
    }
    let text = std::fs::read_to_string(&file).unwrap();
    assert!(text.contains("mailtriage_success{address=\"anna@example.com\","), "{text}");
    for line in text.lines().filter(|line| !line.starts_with('#')) {
        let name = line.split(['{', ' ']).next().unwrap();
        assert!(text.contains(&format!("# TYPE {name} gauge\n")), "{line}");
        assert!(line.rsplit(' ').next().unwrap().parse::<f64>().is_ok(), "{line}");
    }
    std::fs::write(&file, "node_load1 1\n").unwrap();
    mailtriage(&arguments).assert().code(2).stderr(contains("already exists"));
    assert_eq!(std::fs::read_to_string(&file).unwrap(), "node_load1 1\n");
}

#[test]
fn a_report_that_was_saved_is_judged_the_same() {
    let folder = tempfile::tempdir().unwrap();
    let saved = folder.path().join("case.json");
    let saved = saved.to_str().unwrap();
    mailtriage(&["practice", "587-silent", "--format", "json", "--output", saved]).assert().code(1);
    mailtriage(&["open", saved, "--format", "nagios"]).assert().code(2).stdout(starts_with("CRITICAL - Port 587"));
    let row: serde_json::Value = serde_json::from_str(&stdout(&["open", saved, "--format", "row"])).unwrap();
    assert_eq!((row["cause"].as_str(), row["ports"]["587"].as_str()), (Some("blocked-network"), Some("filtered")));
}

/// A batch in the lab: so many accounts of each of these scenarios.
fn accounts(folder: &std::path::Path, scenarios: &[&str], count: usize) -> String {
    let path = folder.join("accounts.csv");
    let row = |number: usize| format!("user{number}@example.com,{}\n", scenarios[number % scenarios.len()]);
    std::fs::write(&path, format!("email,practice\n{}", (0..count).map(row).collect::<String>())).unwrap();
    path.to_str().unwrap().to_owned()
}

/// The rows by address: cause and certainty.
fn rows(text: &str) -> std::collections::BTreeMap<String, String> {
    let row = |line: &str| {
        let row: serde_json::Value = serde_json::from_str(line).unwrap();
        (row["address"].as_str().unwrap().to_owned(), format!("{} {}", row["cause"], row["certainty"]))
    };
    text.lines().map(row).collect()
}

#[test]
fn a_batch_has_the_verdicts_of_single_runs() {
    let folder = tempfile::tempdir().unwrap();
    let scenarios = ["healthy-587", "587-silent", "password-wrong", "no-password"];
    let file = accounts(folder.path(), &scenarios, 8);
    let done = mailtriage(&["check", "--batch", &file, "--format", "row", "--full"]).assert().code(1);
    let done = rows(std::str::from_utf8(&done.get_output().stdout).unwrap());
    assert_eq!(done.len(), 8);
    for (index, scenario) in scenarios.iter().enumerate() {
        let single = rows(&stdout(&["practice", scenario, "--format", "row"]));
        for number in [index, index + 4] {
            assert_eq!(done[&format!("user{number}@example.com")], single["anna@example.com"], "{scenario}");
        }
    }
}

#[test]
fn broken_lines_are_told_and_the_rest_is_done() {
    let lines = "{\"address\":\"a@example.com\",\"practice\":\"no-password\"}\n{\"address\":\n{\"address\":\"b\"}\n\
                 {\"address\":\"c@example.com\",\"port\":\"x\"}\n{\"address\":\"d@example.com\",\"error\":\"@/etc/passwd\"}\n\
                 {\"port\":25}\n{\"address\":\"e@example.com\",\"practice\":\"no-password\",\"port\":587}\n";
    let assert = mailtriage(&["check", "--batch", "-", "--format", "row"]).write_stdin(lines).assert().code(2);
    let says = String::from_utf8(assert.get_output().stderr.clone()).unwrap();
    assert_eq!(rows(std::str::from_utf8(&assert.get_output().stdout).unwrap()).len(), 2);
    for line in [
        "-:2: column ",
        "-:3: address: \"b\"",
        "-:4: port: ",
        "-:5: error: no file is read",
        "-:6: there is no address",
        "5 lines not done",
    ] {
        assert!(says.contains(line), "{line} is not in {says}");
    }
}

#[rstest]
#[case("address,password\na@example.com,x\n", &[], "column 2: \"password\": a password is never read")]
#[case("", &[], "there is nothing in it")]
#[case("address\n", &["--format", "html"], "--format json or row")]
#[case("address\n", &["--parallel", "0"], "0 is not in 1..=32")]
#[case("address\n", &["--pause=-1"], "between 0 and 3600")]
#[case("address\n", &["--password-stdin"], "cannot be used with")]
#[case("address\n", &["--output", "/nonexistent/out.jsonl"], "cannot be written")]
fn a_batch_that_cannot_begin(#[case] text: &str, #[case] more: &[&str], #[case] says: &str) {
    let arguments = [&["check", "--batch", "-"], more].concat();
    mailtriage(&arguments).write_stdin(text).assert().code(2).stdout("").stderr(contains(says));
}

/// The whole reports of a batch are those that `open` reads; names that are left out are in no line, nor is a checksum
/// from which a guess could be verified.
#[test]
fn the_lines_are_reports() {
    let folder = tempfile::tempdir().unwrap();
    let file = accounts(folder.path(), &["587-silent"], 2);
    let run = |redact: &str| {
        let arguments = ["check", "--batch", &file, "--redact", redact];
        String::from_utf8(mailtriage(&arguments).assert().code(1).get_output().stdout.clone()).unwrap()
    };
    let whole = run("none");
    let first = folder.path().join("one.json");
    std::fs::write(&first, whole.lines().next().unwrap()).unwrap();
    mailtriage(&["open", first.to_str().unwrap(), "--format", "nagios"]).assert().code(2);
    let redacted = run("names");
    let marks = |text: &str| -> Vec<String> {
        let mut marks: Vec<String> =
            text.lines().map(|line| line.rsplit_once("\"batch\":").unwrap().1.to_owned()).collect();
        // They come as they end.
        marks.sort();
        marks
    };
    assert!(whole.contains("user0@example.com") && marks(&whole).iter().all(|mark| mark.contains("\"key\":")));
    assert!(!redacted.contains("user0"));
    assert_eq!(marks(&redacted), ["{\"line\":2}}", "{\"line\":3}}"]);
}

#[cfg(unix)]
mod kills {
    use super::*;
    use std::io::{BufRead, BufReader};
    use std::path::Path;
    use std::process::{Child, Command as Process, Stdio};
    use std::time::{Duration, Instant};

    fn begin(file: &str, out: &str) -> Child {
        let arguments = ["check", "--batch", file, "--format", "row", "--parallel", "4", "--output", out];
        let mut command = Process::new(assert_cmd::cargo::cargo_bin("mailtriage"));
        command.args(arguments).env("HOME", "/nonexistent").stderr(Stdio::piped()).spawn().unwrap()
    }

    fn wait_for_lines(out: &Path, count: usize) {
        let until = Instant::now() + Duration::from_secs(60);
        while std::fs::read_to_string(out).map_or(0, |text| text.lines().count()) < count {
            assert!(Instant::now() < until, "nothing is written");
            std::thread::sleep(Duration::from_millis(20));
        }
    }

    fn signal(child: &Child, signal: nix::sys::signal::Signal) {
        let id = nix::unistd::Pid::from_raw(i32::try_from(child.id()).unwrap());
        nix::sys::signal::kill(id, signal).unwrap();
    }

    #[test]
    fn a_batch_goes_on_after_a_kill_and_after_ctrl_c() {
        let folder = tempfile::tempdir().unwrap();
        let file = accounts(folder.path(), &["healthy-587", "no-password", "password-wrong"], 24);
        let out = folder.path().join("out.jsonl");
        let path = out.to_str().unwrap();

        let mut child = begin(&file, path);
        wait_for_lines(&out, 3);
        signal(&child, nix::sys::signal::Signal::SIGKILL);
        child.wait().unwrap();
        // As if it had been killed in the middle of a line.
        let mut text = std::fs::read_to_string(&out).unwrap();
        let kept: Vec<String> = text.lines().map(str::to_owned).collect();
        text.push_str("{\"schema\":\"mailtriage.row/1\",\"id\":\"");
        std::fs::write(&out, text).unwrap();

        let mut child = begin(&file, path);
        wait_for_lines(&out, kept.len() + 3);
        signal(&child, nix::sys::signal::Signal::SIGINT);
        let began = Instant::now();
        assert!(child.wait().unwrap().code().is_some(), "it ends by itself");
        assert!(began.elapsed() < Duration::from_secs(5));
        let says: Vec<String> = BufReader::new(child.stderr.take().unwrap()).lines().map_while(Result::ok).collect();
        assert!(says.concat().contains("stopped: the same command goes on from there"), "{says:?}");

        assert_eq!(begin(&file, path).wait().unwrap().code(), Some(1));
        let text = std::fs::read_to_string(&out).unwrap();
        assert_eq!(text.lines().count(), 24, "each account once");
        assert_eq!(text.lines().take(kept.len()).collect::<Vec<_>>(), kept);
        let at_once = stdout(&["check", "--batch", &file, "--format", "row"]);
        assert_eq!(rows(&text), rows(&at_once));
        // There is nothing left to do.
        assert_eq!(begin(&file, path).wait().unwrap().code(), Some(1));
        assert_eq!(std::fs::read_to_string(&out).unwrap(), text);
    }
}

#[cfg(all(unix, feature = "serve"))]
mod serve {
    use super::*;
    use base64::Engine;
    use std::io::{BufRead, BufReader, Read, Write};
    use std::net::{SocketAddr, TcpStream};
    use std::process::{Child, Command as Process, Stdio};
    use std::time::{Duration, Instant};

    const MODULES: &str = "[modules.fine]\npractice = \"no-password\"\n[modules.silent]\npractice = \"587-silent\"\n\
                           [modules.real]\nport = 587\ntimeout = 3\n";

    /// A running exporter, ended with the test.
    struct Exporter {
        child: Child,
        at: SocketAddr,
    }

    impl Drop for Exporter {
        fn drop(&mut self) {
            let _ = self.child.kill();
            let _ = self.child.wait();
        }
    }

    fn start(modules: &str, more: &[&str]) -> (Exporter, tempfile::TempDir) {
        let folder = tempfile::tempdir().unwrap();
        let config = folder.path().join("modules.toml");
        std::fs::write(&config, modules).unwrap();
        let mut command = Process::new(assert_cmd::cargo::cargo_bin("mailtriage"));
        command.args(["serve", "--listen", "127.0.0.1:0", "--config", config.to_str().unwrap()]).args(more);
        let mut child = command.env("HOME", "/nonexistent").stderr(Stdio::piped()).spawn().unwrap();
        let mut line = String::new();
        let mut stderr = BufReader::new(child.stderr.take().unwrap());
        stderr.read_line(&mut line).unwrap();
        std::thread::spawn(move || std::io::copy(&mut stderr, &mut std::io::sink()));
        let at = line.trim().trim_end_matches('/').rsplit('/').next().unwrap().parse();
        (Exporter { child, at: at.unwrap_or_else(|_| panic!("{line}")) }, folder)
    }

    impl Exporter {
        fn send(&self, request: &str) -> TcpStream {
            let mut stream = TcpStream::connect(self.at).unwrap();
            stream.set_read_timeout(Some(Duration::from_secs(30))).unwrap();
            stream.write_all(request.as_bytes()).unwrap();
            stream
        }

        /// The status and all of the answer.
        fn ask(&self, request: &str) -> (u16, String) {
            answer(self.send(request))
        }

        fn get(&self, path: &str) -> (u16, String) {
            self.ask(&format!("GET {path} HTTP/1.1\r\nHost: x\r\nX-Prometheus-Scrape-Timeout-Seconds: 10\r\n\r\n"))
        }
    }

    fn answer(mut stream: TcpStream) -> (u16, String) {
        let mut text = String::new();
        stream.read_to_string(&mut text).unwrap();
        (text.split(' ').nth(1).unwrap_or_else(|| panic!("{text:?}")).parse().unwrap(), text)
    }

    #[test]
    fn targets_are_probed_within_the_time_that_prometheus_waits() {
        let (exporter, _folder) = start(MODULES, &[]);
        let (status, text) = exporter.get("/probe?target=smtp.example.com%3A587&module=fine");
        assert!(status == 200 && text.contains("\nprobe_success 1\n"), "{text}");
        assert!(text.contains("cause=\"undetermined\"") && text.contains("No fault found up to the log-in"), "{text}");
        let began = Instant::now();
        let request =
            "GET /probe?target=x.example&module=silent HTTP/1.1\r\nX-Prometheus-Scrape-Timeout-Seconds: 3\r\n\r\n";
        let (status, text) = exporter.ask(request);
        assert!(status == 200 && text.contains("\nprobe_success 0\n"), "{text}");
        assert!(began.elapsed() < Duration::from_secs(3));
        // Nothing listens there; nothing leaves this computer.
        let (status, text) = exporter.get("/probe?target=127.0.0.1:9&module=real");
        assert!(status == 400 && text.contains("the module needs an address"), "{text}");
        let (status, text) = exporter.get("/probe?target=localhost:9&module=real");
        assert!(status == 200 && text.contains("mailtriage_port_open{tried_port=\"9\"} 0"), "{text}");
        let (_, own) = exporter.get("/metrics");
        assert!(own.contains("mailtriage_exporter_probes_total{outcome=\"unsure\"}"), "{own}");
    }

    #[test]
    fn what_is_no_request_is_answered() {
        let (exporter, _folder) = start(MODULES, &[]);
        for (path, status, says) in [
            ("/", 200, "<li>silent"),
            ("/-/healthy", 200, "healthy"),
            ("/moon", 404, "/probe"),
            ("/probe", 400, "target is missing"),
            ("/probe?target=/etc/passwd", 400, "target"),
            ("/probe?target=a.example&module=../x", 400, "there is no module"),
            ("/probe?target=a.example&target=b.example", 400, "twice"),
            ("/probe?target=a.example&password=x&module=%0d%0aX:y", 400, "there is no module"),
        ] {
            let (found, text) = exporter.get(path);
            assert!(found == status && text.contains(says), "{path}: {text}");
            assert!(!text.contains("\nX:y"), "{text}");
        }
        assert_eq!(exporter.ask("POST /probe HTTP/1.1\r\n\r\n").0, 405);
        assert_eq!(exporter.ask("EHLO x\r\n\r\n").0, 400);
        assert_eq!(exporter.ask(&format!("GET /{} HTTP/1.1\r\n", "a".repeat(9_000))).0, 431);
        assert_eq!(exporter.ask("GET / HTTP/1.1\r\nSec-Fetch-Site: cross-site\r\n\r\n").0, 403);
        let (status, text) = exporter.ask("HEAD / HTTP/1.1\r\n\r\n");
        assert!(status == 200 && text.ends_with("\r\n\r\n"), "{text}");
    }

    #[test]
    fn a_storm_leaves_it_healthy() {
        use nix::sys::resource::{Resource, getrlimit, setrlimit};
        let (_, hard) = getrlimit(Resource::RLIMIT_NOFILE).unwrap();
        setrlimit(Resource::RLIMIT_NOFILE, hard.min(4_096), hard).unwrap();
        let (exporter, _folder) = start(MODULES, &[]);
        // Some begin, and never go on.
        let idle: Vec<TcpStream> = (0..100).map(|_| exporter.send("GET /probe?target=")).collect();
        let probe =
            "GET /probe?target=x.example&module=silent HTTP/1.1\r\nX-Prometheus-Scrape-Timeout-Seconds: 8\r\n\r\n";
        let storm: Vec<TcpStream> = (0..1_000).map(|_| exporter.send(probe)).collect();
        let began = Instant::now();
        assert_eq!(exporter.get("/-/healthy").0, 200);
        assert!(began.elapsed() < Duration::from_secs(4), "{:?}", began.elapsed());
        let statuses: Vec<u16> = storm.into_iter().map(|stream| answer(stream).0).collect();
        let count = |status: u16| statuses.iter().filter(|found| **found == status).count();
        assert!(count(200) >= 4 && count(200) + count(503) == 1_000, "{} and {}", count(200), count(503));
        assert!(idle.into_iter().map(|stream| answer(stream).0).all(|status| status == 408));
        let (status, own) = exporter.get("/metrics");
        assert!(status == 200 && own.contains(&format!("mailtriage_exporter_refused_total {}\n", count(503))), "{own}");
        assert!(
            own.contains("mailtriage_exporter_running 0\n") && own.contains("mailtriage_exporter_waiting 0\n"),
            "{own}"
        );
        assert!(exporter.get("/probe?target=x.example&module=fine").1.contains("probe_success 1"));
    }

    #[test]
    fn it_ends_in_order() {
        let (mut exporter, _folder) = start(MODULES, &[]);
        let probe = exporter.send("GET /probe?target=x.example&module=silent HTTP/1.1\r\n\r\n");
        std::thread::sleep(Duration::from_millis(500));
        let began = Instant::now();
        nix::sys::signal::kill(
            nix::unistd::Pid::from_raw(i32::try_from(exporter.child.id()).unwrap()),
            nix::sys::signal::Signal::SIGTERM,
        )
        .unwrap();
        let (status, text) = answer(probe);
        assert!(status == 503 && text.contains("the exporter ends"), "{text}");
        assert_eq!(exporter.child.wait().unwrap().code(), Some(0));
        assert!(began.elapsed() < Duration::from_secs(3));
    }

    #[test]
    fn users_log_in_and_tls_is_spoken() {
        let folder = tempfile::tempdir().unwrap();
        let made = rcgen::generate_simple_self_signed(vec!["localhost".to_owned()]).unwrap();
        std::fs::write(folder.path().join("cert.pem"), made.cert.pem()).unwrap();
        std::fs::write(folder.path().join("key.pem"), made.signing_key.serialize_pem()).unwrap();
        // Of "secret".
        let user = "basic_auth_users:\n  prometheus: $2b$04$abcdefghijklmnopqrstuu2r9OfJnfCsdneAXAGHnS4UpFFP8WIrW\n";
        let web = folder.path().join("web.yml");
        let web = web.to_str().unwrap();
        std::fs::write(web, user).unwrap();
        let (exporter, _modules) = start(MODULES, &["--web-config", web]);
        let (status, text) = exporter.get("/-/healthy");
        assert!(status == 401 && text.contains("WWW-Authenticate: Basic"), "{text}");
        let log_in = |password: &str| {
            let encoded = base64::engine::general_purpose::STANDARD.encode(format!("prometheus:{password}"));
            exporter.ask(&format!("GET /-/healthy HTTP/1.1\r\nAuthorization: Basic {encoded}\r\n\r\n")).0
        };
        assert_eq!((log_in("secret"), log_in("wrong"), log_in("secret")), (200, 401, 200));

        std::fs::write(web, format!("tls_server_config:\n  cert_file: cert.pem\n  key_file: key.pem\n{user}")).unwrap();
        let (exporter, _modules) = start(MODULES, &["--web-config", web]);
        let root = native_tls::Certificate::from_pem(made.cert.pem().as_bytes()).unwrap();
        let client = native_tls::TlsConnector::builder().add_root_certificate(root).build().unwrap();
        let mut stream = client.connect("localhost", TcpStream::connect(exporter.at).unwrap()).unwrap();
        stream.write_all(b"GET / HTTP/1.1\r\n\r\n").unwrap();
        let mut text = String::new();
        stream.read_to_string(&mut text).unwrap();
        assert!(text.starts_with("HTTP/1.1 401 "), "{text}");
    }

    #[rstest]
    #[case(&["--listen", "0.0.0.0:0"], "needs a log-in")]
    #[case(&["--listen", "[::]:0"], "needs a log-in")]
    #[case(&["--listen", "localhost"], "invalid socket address")]
    #[case(&["--config", "/nonexistent/modules.toml"], "cannot be read")]
    #[case(&["--web-config", "/dev/zero"], "not an ordinary file")]
    fn what_it_does_not_begin_with(#[case] arguments: &[&str], #[case] says: &str) {
        mailtriage(&[&["serve"], arguments].concat()).assert().code(2).stdout("").stderr(contains(says));
    }
}
