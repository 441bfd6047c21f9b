//! A mail server on loopback that accepts every log-in, and the program in a terminal, for tests of real processes: what
//! they keep in memory and in files. No test is here.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    dead_code,
    reason = "in a test a panic is the answer; not each test uses all"
)]

use base64::Engine;
use base64::engine::general_purpose::STANDARD_NO_PAD;
use portable_pty::{Child, CommandBuilder, MasterPty, NativePtySystem, PtySize, PtySystem};
use rcgen::{BasicConstraints, CertificateParams, DnType, IsCa, Issuer, KeyPair};
use std::ffi::OsStr;
use std::io::{self, BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};
use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};
use tokio_rustls::rustls::{ServerConfig, ServerConnection, StreamOwned};

pub const PASSWORD: &str = "Zq7-kestrel-Vw3-marble-Xp9";
/// Longer than anything takes on the slowest machine.
pub const WAIT: Duration = Duration::from_secs(30);

/// A mail server on loopback that accepts every log-in, by TLS from the first byte.
pub struct Server {
    port: u16,
    has_password: Arc<AtomicBool>,
    pub folder: tempfile::TempDir,
}

impl Server {
    pub fn start() -> Self {
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

    pub fn arguments(&self) -> Vec<String> {
        let port = self.port.to_string();
        let ca = self.folder.path().join("ca.pem").display().to_string();
        let unused = format!("http://127.0.0.1:{port}/");
        ["anna@example.test", "--server", "localhost", "--port", &port, "--security", "implicit", "--ca-file", &ca]
            .into_iter()
            .chain(["--no-references", "--connectivity-url", &unused])
            .map(str::to_owned)
            .collect()
    }

    pub fn wait_for_the_log_in(&self) {
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

pub fn wait_until(what: &str, holds: impl Fn() -> bool) {
    let until = Instant::now() + WAIT;
    while !holds() {
        assert!(Instant::now() < until, "{what} never came");
        std::thread::sleep(Duration::from_millis(20));
    }
}

/// Every run of the secret that would betray it, in small letters, with its form's name. Parts as well: what was freed
/// has lost its first bytes to the allocator.
pub fn needles() -> Vec<(&'static str, Vec<u8>)> {
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

/// The program in a terminal of 120 by 40.
pub struct Screen {
    pub child: Box<dyn Child + Send + Sync>,
    master: Box<dyn MasterPty + Send>,
    keys: Box<dyn Write + Send>,
    seen: Arc<Mutex<vt100::Parser>>,
}

impl Screen {
    /// Starts it in this folder, with these variables set, or not set.
    pub fn start(arguments: &[String], folder: &Path, variables: &[(&str, Option<&OsStr>)]) -> Self {
        Self::of(env!("CARGO_BIN_EXE_mailtriage"), arguments, folder, variables)
    }

    /// The same with a program that starts it.
    pub fn of(program: &str, arguments: &[String], folder: &Path, variables: &[(&str, Option<&OsStr>)]) -> Self {
        let size = PtySize { rows: 40, cols: 120, pixel_width: 0, pixel_height: 0 };
        let pair = NativePtySystem::default().openpty(size).unwrap();
        let mut command = CommandBuilder::new(program);
        command.args(arguments);
        command.env("TERM", "xterm-256color");
        command.env("RUST_BACKTRACE", "0");
        command.env_remove("XDG_STATE_HOME");
        for (name, value) in variables {
            match value {
                Some(value) => command.env(name, value),
                None => command.env_remove(name),
            }
        }
        command.cwd(folder);
        let child = pair.slave.spawn_command(command).unwrap();
        drop(pair.slave);
        let mut output = pair.master.try_clone_reader().unwrap();
        let keys = pair.master.take_writer().unwrap();
        let seen = Arc::new(Mutex::new(vt100::Parser::new(40, 120, 0)));
        let sees = Arc::clone(&seen);
        std::thread::spawn(move || {
            let mut buffer = [0; 4096];
            while let Ok(count @ 1..) = output.read(&mut buffer) {
                sees.lock().unwrap().process(&buffer[..count]);
            }
        });
        Screen { child, master: pair.master, keys, seen }
    }

    pub fn pid(&self) -> u32 {
        self.child.process_id().unwrap()
    }

    /// Presses keys; a program that is gone takes none.
    pub fn press(&mut self, keys: &str) {
        let _ = self.keys.write_all(keys.as_bytes());
        let _ = self.keys.flush();
    }

    pub fn shows(&self) -> String {
        self.seen.lock().unwrap().screen().contents()
    }

    pub fn wait_for(&self, text: &str) {
        let until = Instant::now() + WAIT;
        while !self.shows().contains(text) {
            assert!(Instant::now() < until, "\"{text}\" never came; the screen shows\n{}", self.shows());
            std::thread::sleep(Duration::from_millis(20));
        }
    }

    /// Its exit code, once it has ended; a program that a signal ended has another than it gives itself.
    pub fn end(&mut self) -> u32 {
        let until = Instant::now() + WAIT;
        loop {
            if let Some(status) = self.child.try_wait().unwrap() {
                return status.exit_code();
            }
            assert!(Instant::now() < until, "it does not end; the screen shows\n{}", self.shows());
            std::thread::sleep(Duration::from_millis(10));
        }
    }
}

impl Drop for Screen {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
