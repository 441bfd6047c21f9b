//! Looks for the password in the program's own memory (/proc/PID/mem) after a real log-in, by each way in: no copy may be
//! left in anything writable, neither in clear nor in Base64, hexadecimal, UTF-16 or backwards, whole or in part.

#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used, clippy::panic, reason = "in a test a panic is the answer")]

use base64::Engine;
use base64::engine::general_purpose::STANDARD_NO_PAD;
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use portable_pty::{CommandBuilder, NativePtySystem, PtySize, PtySystem};
use rcgen::{BasicConstraints, CertificateParams, DnType, IsCa, Issuer, KeyPair};
use std::collections::BTreeSet;
use std::fs::File;
use std::io::{self, BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::os::fd::OwnedFd;
use std::os::unix::fs::FileExt;
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};
use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};
use tokio_rustls::rustls::{ServerConfig, ServerConnection, StreamOwned};

const PASSWORD: &str = "Zq7-kestrel-Vw3-marble-Xp9";
/// Longer than anything takes on the slowest machine.
const WAIT: Duration = Duration::from_secs(30);
/// What is read of a memory at once, in bytes, and the longest run that is looked for.
const PAGE: usize = 4096;
const LONGEST_RUN: usize = 32;

/// A mail server on loopback that accepts every log-in, by TLS from the first byte.
struct Server {
    port: u16,
    has_password: Arc<AtomicBool>,
    folder: tempfile::TempDir,
}

impl Server {
    fn start() -> Self {
        let mut authority = CertificateParams::new(Vec::<String>::new()).unwrap();
        // A name of its own: a certificate whose issuer has its own name is taken as self-signed.
        authority.distinguished_name.push(DnType::CommonName, "Authority of the test");
        authority.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let authority_key = KeyPair::generate().unwrap();
        let root = authority.self_signed(&authority_key).unwrap();
        let issuer = Issuer::new(authority, authority_key);
        let key = KeyPair::generate().unwrap();
        let names = CertificateParams::new(vec!["localhost".to_owned()]).unwrap();
        let certificate = names.signed_by(&key, &issuer).unwrap();
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("ca.pem"), root.pem()).unwrap();
        std::fs::write(folder.path().join("password"), PASSWORD).unwrap();
        let key = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(key.serialize_der()));
        let config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()));
        let config = config.with_safe_default_protocol_versions().unwrap().with_no_client_auth();
        let config = Arc::new(config.with_single_cert(vec![certificate.der().clone()], key).unwrap());
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let has_password = Arc::new(AtomicBool::new(false));
        let saw = Arc::clone(&has_password);
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let (config, saw) = (Arc::clone(&config), Arc::clone(&saw));
                // Clients that only try the handshake leave in the middle of it.
                std::thread::spawn(move || talk(stream, config, &saw));
            }
        });
        Server { port, has_password, folder }
    }

    fn arguments(&self) -> Vec<String> {
        let port = self.port.to_string();
        let ca = self.folder.path().join("ca.pem").display().to_string();
        let unused = format!("http://127.0.0.1:{port}/");
        ["anna@example.test", "--server", "localhost", "--port", &port, "--security", "implicit", "--ca-file", &ca]
            .into_iter()
            .chain(["--no-references", "--connectivity-url", &unused])
            .map(str::to_owned)
            .collect()
    }

    fn wait_for_the_log_in(&self) {
        wait_until("the log-in", || self.has_password.load(Ordering::SeqCst));
    }
}

fn talk(stream: TcpStream, config: Arc<ServerConfig>, saw: &AtomicBool) -> io::Result<()> {
    let connection = ServerConnection::new(config).map_err(io::Error::other)?;
    let mut stream = BufReader::new(StreamOwned::new(connection, stream));
    stream.get_mut().write_all(b"220 localhost ESMTP\r\n")?;
    let mut line = String::new();
    while stream.read_line(&mut line)? > 0 {
        let reply = match line.split_whitespace().next().unwrap_or_default() {
            "EHLO" => "250-localhost\r\n250 AUTH PLAIN LOGIN\r\n",
            "AUTH" => "235 2.7.0 accepted\r\n",
            _ => "250 2.0.0 well\r\n",
        };
        stream.get_mut().write_all(reply.as_bytes())?;
        saw.fetch_or(line.starts_with("AUTH PLAIN "), Ordering::SeqCst);
        line.clear();
    }
    Ok(())
}

fn wait_until(what: &str, holds: impl Fn() -> bool) {
    let until = Instant::now() + WAIT;
    while !holds() {
        assert!(Instant::now() < until, "{what} never came");
        std::thread::sleep(Duration::from_millis(20));
    }
}

/// Every run of the secret that would betray it, in small letters, with its form's name. Parts as well: what was freed
/// has lost its first bytes to the allocator.
fn needles() -> Vec<(&'static str, Vec<u8>)> {
    let secret = PASSWORD.as_bytes();
    let backwards: Vec<u8> = secret.iter().rev().copied().collect();
    let hex = mailtriage::text::hex(secret);
    let utf16: Vec<u8> = PASSWORD.encode_utf16().flat_map(u16::to_le_bytes).collect();
    let utf32: Vec<u8> = PASSWORD.chars().flat_map(|c| u32::from(c).to_le_bytes()).collect();
    let mut forms = vec![
        ("clear", secret.to_vec(), 8),
        ("backwards", backwards, 8),
        ("hexadecimal", hex.into_bytes(), 16),
        ("UTF-16", utf16, 16),
        ("UTF-32", utf32, 32),
    ];
    for before in 0..3 {
        let text = STANDARD_NO_PAD.encode([&[0; 2][..before], secret].concat());
        // The first and the last characters depend on what stands around the secret.
        forms.push(("Base64", text.as_bytes()[4..text.len() - 2].to_vec(), 12));
    }
    let runs = forms.into_iter().flat_map(|(name, bytes, run)| {
        let bytes = bytes.to_ascii_lowercase();
        // From a whole character on: no run begins with the zeroes that most of the memory is.
        let unit = match name {
            "UTF-16" => 2,
            "UTF-32" => 4,
            _ => 1,
        };
        bytes.windows(run).step_by(unit).map(|run| (name, run.to_vec())).collect::<Vec<_>>()
    });
    runs.collect()
}

/// Where in a stopped process's writable memory the secret is: the form and the mapping, with what stands around it.
fn found_in(pid: u32) -> BTreeSet<String> {
    let needles = needles();
    let mut begins = vec![false; 1 << 16];
    for (_, needle) in &needles {
        begins[usize::from(needle[0]) << 8 | usize::from(needle[1])] = true;
    }
    let memory = File::open(format!("/proc/{pid}/mem")).unwrap();
    let maps = std::fs::read_to_string(format!("/proc/{pid}/maps")).unwrap();
    let (mut found, mut bytes) = (BTreeSet::new(), 0);
    for map in maps.lines().filter(|map| map.split_whitespace().nth(1).is_some_and(|may| may.starts_with("rw"))) {
        let (from, to) = map.split_whitespace().next().and_then(|range| range.split_once('-')).unwrap();
        let (from, to) = (u64::from_str_radix(from, 16).unwrap(), u64::from_str_radix(to, 16).unwrap());
        let mut raw = vec![0; usize::try_from(to - from).unwrap()];
        if memory.read_exact_at(&mut raw, from).is_err() {
            continue;
        }
        bytes += raw.len();
        // Most pages were never written.
        let pages = raw.chunks(PAGE).enumerate().filter(|(_, page)| **page != [0; PAGE][..page.len()]);
        let starts: Vec<usize> = pages.map(|(page, _)| page * PAGE).collect();
        let mut next = 0;
        for start in starts {
            let part = raw[start..(start + PAGE + LONGEST_RUN).min(raw.len())].to_ascii_lowercase();
            let mut at = next.max(start) - start;
            while at < PAGE && at + 1 < part.len() {
                let may_begin = begins[usize::from(part[at]) << 8 | usize::from(part[at + 1])];
                if may_begin && let Some((form, _)) = needles.iter().find(|(_, needle)| part[at..].starts_with(needle))
                {
                    let seen = start + at;
                    let around = &raw[seen.saturating_sub(24)..(seen + 48).min(raw.len())];
                    let mapping = map.split_whitespace().nth(5).unwrap_or("anonymous");
                    found.insert(format!("{form} in {mapping} at {seen:#x}: {}", around.escape_ascii()));
                    // The rest of this copy is the same one.
                    at += 104;
                }
                at += 1;
            }
            next = start + at;
        }
    }
    assert!(bytes > 1_000_000, "hardly any memory was looked at: {bytes} bytes");
    found
}

fn stop(pid: u32) {
    kill(Pid::from_raw(pid.cast_signed()), Signal::SIGSTOP).unwrap();
}

/// A run of `check` that is held where it writes its report, because nobody reads it: the secret's copies by then.
fn after_check(options: &[&str], typed: &str, variable: bool) -> BTreeSet<String> {
    let server = Server::start();
    let (_unread, mut full) = UnixStream::pair().unwrap();
    full.set_nonblocking(true).unwrap();
    while full.write(&[b' '; 4096]).is_ok() {}
    while full.write(b" ").is_ok() {}
    full.set_nonblocking(false).unwrap();
    let mut command = Command::new(env!("CARGO_BIN_EXE_mailtriage"));
    command
        .arg("check")
        .args(server.arguments())
        .args(["--fast", "--deadline", "12"])
        .args(options)
        .env("HOME", server.folder.path());
    command.current_dir(server.folder.path()).stdin(Stdio::piped()).stdout(OwnedFd::from(full));
    if variable {
        command.env("MAIL_PASSWORD", PASSWORD);
    }
    let mut child = command.spawn().unwrap();
    child.stdin.take().unwrap().write_all(typed.as_bytes()).unwrap();
    server.wait_for_the_log_in();
    // In a call whose first argument is the descriptor 1: writing to standard output.
    wait_until("the report", || {
        let call = std::fs::read_to_string(format!("/proc/{}/syscall", child.id())).unwrap();
        call.split_whitespace().nth(1) == Some("0x1")
    });
    stop(child.id());
    let found = found_in(child.id());
    child.kill().unwrap();
    child.wait().unwrap();
    found
}

#[test]
fn after_check_no_copy_is_left() {
    let line = format!("{PASSWORD}\n");
    let ways: [(&[&str], &str); 2] = [(&["--password-stdin"], &line), (&["--password-command", "cat password"], "")];
    for (options, typed) in ways {
        let found = after_check(options, typed, false);
        assert!(found.is_empty(), "{options:?}: {found:#?}");
    }
}

/// What the system handed over at the start is the shell's to give, and stays where it is: above the stack.
#[test]
fn a_variable_stays_where_the_system_put_it_and_nowhere_else() {
    let found = after_check(&["--password-env", "MAIL_PASSWORD"], "", true);
    let is_variable = |place: &String| place.starts_with("clear in [stack]") && place.contains("MAIL_PASSWORD=");
    assert!(found.len() == 1 && found.iter().all(is_variable), "{found:#?}");
}

/// The screen, idle after a log-in in its box.
fn after_screen(type_it: impl Fn(&mut dyn Write)) -> BTreeSet<String> {
    let server = Server::start();
    let size = PtySize { rows: 40, cols: 120, pixel_width: 0, pixel_height: 0 };
    let pair = NativePtySystem::default().openpty(size).unwrap();
    let mut command = CommandBuilder::new(env!("CARGO_BIN_EXE_mailtriage"));
    command.args(server.arguments());
    command.env("TERM", "xterm-256color");
    command.env("HOME", server.folder.path());
    command.env_remove("XDG_STATE_HOME");
    command.cwd(server.folder.path());
    let mut child = pair.slave.spawn_command(command).unwrap();
    let mut output = pair.master.try_clone_reader().unwrap();
    std::thread::spawn(move || io::copy(&mut output, &mut io::sink()));
    let mut keys = pair.master.take_writer().unwrap();
    let journal = server.folder.path().join(".local/state/mailtriage/journal");
    wait_for_quiet(&journal);
    keys.write_all(b"p").unwrap();
    keys.flush().unwrap();
    std::thread::sleep(Duration::from_millis(500));
    type_it(&mut keys);
    std::thread::sleep(Duration::from_millis(300));
    keys.write_all(b"\r").unwrap();
    keys.flush().unwrap();
    server.wait_for_the_log_in();
    wait_for_quiet(&journal);
    let pid = child.process_id().unwrap();
    stop(pid);
    let found = found_in(pid);
    child.kill().unwrap();
    child.wait().unwrap();
    found
}

/// Until something is in the journal, and has not grown for a while: the run has ended.
fn wait_for_quiet(folder: &Path) {
    let size = || {
        let files = std::fs::read_dir(folder).into_iter().flatten().flatten();
        files.filter_map(|file| file.metadata().ok()).map(|data| data.len()).sum::<u64>()
    };
    let (mut last, mut since) = (0, Instant::now());
    wait_until("the end of the run", move || size() > 0);
    let until = Instant::now() + WAIT;
    while last == 0 || since.elapsed() < Duration::from_millis(1_500) {
        assert!(Instant::now() < until, "the run does not end");
        std::thread::sleep(Duration::from_millis(50));
        let now = size();
        if now != last {
            (last, since) = (now, Instant::now());
        }
    }
}

#[test]
fn after_typing_no_copy_is_left() {
    let found = after_screen(|keys| {
        for byte in PASSWORD.bytes() {
            keys.write_all(&[byte]).unwrap();
            keys.flush().unwrap();
            std::thread::sleep(Duration::from_millis(15));
        }
    });
    assert!(found.is_empty(), "{found:#?}");
}

/// The terminal library keeps what it read, and the event that it was reading, until other input takes the place: those
/// two copies are not ours to wipe (docs/security.md).
#[test]
fn after_a_paste_only_the_terminal_librarys_two_copies_are_left() {
    let found = after_screen(|keys| {
        write!(keys, "\x1b[200~{PASSWORD}\x1b[201~").unwrap();
        keys.flush().unwrap();
    });
    let is_input = |place: &String| place.starts_with("clear in [heap]") && place.contains("[201~");
    assert!(found.len() <= 2 && found.iter().all(is_input), "{found:#?}");
}
