//! How long a verdict takes, in the lab's own time, which is exact: compared with the longest chain of round trips,
//! next to a silent port, and with the run's deadline.

#![allow(clippy::unwrap_used, clippy::panic, reason = "in a test a panic is the answer")]

use mailtriage::check::run;
use mailtriage::cli::job;
use mailtriage::practice::scenario;
use mailtriage::session::{Event, Session};
use std::time::Duration;
use tokio::sync::mpsc;
use tokio::time::Instant;

/// When the verdict was there and final, and when the run had ended.
struct Times {
    cause: String,
    verdict: Duration,
    end: Duration,
}

fn times(name: &str, changes: &str, deadline: Option<Duration>) -> Times {
    times_of(name, "", changes, deadline, false)
}

/// The same with another account, and perhaps with no server to compare with.
fn times_of(name: &str, account: &str, changes: &str, deadline: Option<Duration>, alone: bool) -> Times {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().start_paused(true).build().unwrap();
    let times = runtime.block_on(async {
        let mut scenario = scenario(name).unwrap().with(toml::from_str(changes).unwrap());
        if !account.is_empty() {
            scenario.account.extend(toml::from_str::<toml::Table>(account).unwrap());
            scenario.account.remove("settings");
        }
        let mut job = job(&scenario).unwrap();
        job.options.deadline = deadline.unwrap_or(job.options.deadline);
        if alone {
            job.options.references.clear();
        }
        let mut session = Session::new(job.account.clone(), &job.world.machine.local());
        session.apply(Event::Began { at: job.world.now(), keeps: vec![] });
        let started = Instant::now();
        let (sender, mut events) = mpsc::unbounded_channel();
        let running = tokio::spawn(run(job, sender));
        let mut verdict = None;
        while let Some(event) = events.recv().await {
            session.apply(Event::Check(event));
            if verdict.is_none() && session.diagnosis().is_final {
                verdict = Some(started.elapsed());
            }
        }
        running.await.unwrap();
        let end = started.elapsed();
        Times { cause: session.diagnosis().cause, verdict: verdict.unwrap_or(end), end }
    });
    runtime.shutdown_background();
    times
}

/// A round trip so long that everything else is small.
const RTT: Duration = Duration::from_millis(200);
const FAR: &str = "[host.\"smtp.example.com\"]\nrtt-ms = 200\n";

#[test]
fn the_verdict_takes_the_longest_chain_and_little_more() {
    // Connect, greeting, EHLO, STARTTLS, handshake, EHLO, log-in, sender, recipient: the end of each is one round trip
    // away, but for the greeting, which comes by itself. A known resolver answers at once.
    let chain = RTT * 8 + RTT / 2;
    let times = times("healthy-587", FAR, None);
    assert_eq!(times.cause, "healthy");
    let ratio = times.verdict.as_secs_f64() / chain.as_secs_f64();
    println!("verdict after {:?}, {ratio:.2} of the longest chain; the run ended after {:?}", times.verdict, times.end);
    assert!(ratio < 1.2, "{ratio:.2}");
}

#[test]
fn a_silent_port_delays_no_other_ports_verdict() {
    let fine = times("healthy-465", FAR, None);
    let silent = "[[fault]]\nat = \"router\"\ndoes = \"drop\"\nports = [587]\n";
    let beside_silence = times("healthy-465", &format!("{silent}{FAR}"), None);
    assert_eq!((fine.cause.as_str(), beside_silence.cause.as_str()), ("healthy", "healthy"));
    println!("verdict on 465 after {:?}, with 587 silent after {:?}", fine.verdict, beside_silence.verdict);
    assert!(beside_silence.verdict <= fine.verdict.mul_f64(1.01));
}

#[test]
fn a_greeting_in_parts_delays_no_other_ports_verdict() {
    let fine = times("healthy-587", FAR, None);
    let parts = "[host.\"smtp.example.com\".port.25]\ndialogue = \"S: 220-{host}\\n-- 20 s\\nS: 220 {host}\"\n";
    let beside_parts = times("healthy-587", &format!("{FAR}{parts}"), None);
    assert_eq!((fine.cause.as_str(), beside_parts.cause.as_str()), ("healthy", "healthy"));
    assert!(beside_parts.verdict <= fine.verdict.mul_f64(1.01), "{:?} {:?}", beside_parts.verdict, fine.verdict);
}

#[test]
fn a_run_ends_within_its_deadline() {
    let silent = "[[fault]]\nat = \"backbone\"\ndoes = \"drop\"\n";
    for deadline in [Duration::from_secs(3), Duration::from_secs(45)] {
        for changes in [silent, "[resolver]\nstate = \"silent\"\n", FAR] {
            let times = times("healthy-587", changes, Some(deadline));
            assert!(times.end <= deadline.mul_f64(1.05), "{:?} for {deadline:?}: {changes}", times.end);
        }
    }
}

/// Each scenario's times, in particular when the verdict was there, which the benchmark of the real worlds cannot see.
/// `--nocapture` shows the table.
#[test]
fn every_verdict_comes_within_the_deadline() {
    let deadline = Duration::from_secs(45);
    let mut late = Vec::new();
    for scenario in mailtriage::practice::scenarios() {
        let name = scenario.name;
        let times = times(&name, "", None);
        let seconds = |time: Duration| time.as_secs_f64();
        println!(
            "{name:30} verdict {:6.2} s, end {:6.2} s, {}",
            seconds(times.verdict),
            seconds(times.end),
            times.cause
        );
        if times.end > deadline.mul_f32(1.05) {
            late.push(name);
        }
    }
    assert!(late.is_empty(), "{late:?}");
}

/// A domain that no table knows, so that the server has to be searched for.
const UNKNOWN: &str = "address = \"anna@example.net\"\n";

/// Silence is waited for once, whatever is asked; what needs a name begins when it is known.
#[test]
fn a_silent_resolver_is_waited_for_once() {
    let no_dns = "[[fault]]\nat = \"router\"\ndoes = \"drop\"\nports = [53]\n";
    let silent = "[resolver]\nstate = \"silent\"\n";
    let (limit, late) = (Duration::from_millis(8_500), Duration::from_millis(11_500));
    for (what, account, changes, alone, limit) in [
        ("the server is typed", "", silent.to_owned(), false, limit),
        ("the same, nobody to compare with", "", silent.to_owned(), true, limit),
        ("no other resolver answers either", "", format!("{silent}{no_dns}"), false, late),
        ("the same, nobody to compare with", "", format!("{silent}{no_dns}"), true, late),
        ("the server is searched for", UNKNOWN, silent.to_owned(), false, late),
        ("all of it", UNKNOWN, format!("{silent}{no_dns}"), true, late),
    ] {
        let times = times_of("healthy-587", account, &changes, None, alone);
        println!("{what}: {} after {:?}, end after {:?}", times.cause, times.verdict, times.end);
        assert!(times.verdict <= limit, "{what}: {:?}", times.verdict);
    }
}

#[test]
fn a_slow_resolver_is_not_silent() {
    for (account, changes) in [("", ""), (UNKNOWN, "[dns]\n\"example.net\" = [\"MX 10 smtp.example.com\"]\n")] {
        let slow = format!("[resolver]\ntakes-ms = 2000\n{changes}");
        for alone in [false, true] {
            let times = times_of("healthy-587", account, &slow, None, alone);
            println!("{account:?}: {} after {:?}", times.cause, times.verdict);
            assert_ne!(times.cause, "dns-resolver-failing", "{account}");
            assert!(!account.is_empty() || times.cause == "healthy", "{}", times.cause);
        }
    }
}
