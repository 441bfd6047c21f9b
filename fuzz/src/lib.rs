//! What the fuzz targets share: a server whose words are the input, a machine whose files are, a clock that does not
//! wait, and what must hold of every text that is shown. What is tried is in `fuzz_targets`.

use async_trait::async_trait;
use mailtriage::machine::recorded::Recorded;
use mailtriage::machine::registry::Registry;
use mailtriage::machine::{Folder, Local, Machine, Proxy, Trust};
use mailtriage::net::{Answer, BoxStream, ConnectFailure, ConnectOptions, Connection, Network, RecordKind, Via};
use serde_json::Value;
use std::collections::{BTreeMap, VecDeque};
use std::io::{self, Write};
use std::net::{IpAddr, SocketAddr};
use std::path::{Path, PathBuf};
use std::pin::Pin;
use std::sync::OnceLock;
use std::task::{Context, Poll};
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

/// Runs to the end; whoever waits for a time has it at once.
pub fn run<T>(future: impl Future<Output = T>) -> T {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build();
    runtime.expect("a runtime of one thread").block_on(future)
}

/// A server that says these bytes whatever it hears. The first byte of the input says whether it closes the connection
/// then, the second into how large pieces its words are cut (0: not at all).
pub struct Server {
    pieces: VecDeque<Vec<u8>>,
    closes: bool,
}

impl Server {
    pub fn new(input: &[u8]) -> Self {
        let [ends, piece, words @ ..] = input else { return Server { pieces: VecDeque::new(), closes: true } };
        let size = if *piece == 0 { words.len().max(1) } else { usize::from(*piece) };
        Server { pieces: words.chunks(size).map(<[u8]>::to_vec).collect(), closes: *ends & 1 == 1 }
    }

    pub fn stream(self) -> BoxStream {
        Box::new(self)
    }
}

impl AsyncRead for Server {
    fn poll_read(mut self: Pin<&mut Self>, _: &mut Context<'_>, out: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let Some(mut piece) = self.pieces.pop_front() else {
            return if self.closes { Poll::Ready(Ok(())) } else { Poll::Pending };
        };
        let rest = piece.split_off(piece.len().min(out.remaining()));
        out.put_slice(&piece);
        if !rest.is_empty() {
            self.pieces.push_front(rest);
        }
        Poll::Ready(Ok(()))
    }
}

impl AsyncWrite for Server {
    fn poll_write(self: Pin<&mut Self>, _: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        Poll::Ready(Ok(bytes.len()))
    }

    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }
}

/// A network in which every connection opens and leads to the same server.
pub struct Net<'a>(pub &'a [u8]);

#[async_trait]
impl Network for Net<'_> {
    async fn lookup(&self, _: Via, _: &str, _: RecordKind, _: Duration) -> Answer {
        Answer::NxDomain
    }

    async fn connect(&self, _: SocketAddr, _: ConnectOptions) -> Result<Connection, ConnectFailure> {
        let stream = Server::new(self.0).stream();
        Ok(Connection { stream, local: None, elapsed: Duration::ZERO, retransmissions: None })
    }
}

/// A machine with a home folder whose files have these contents, by the ends of their names.
pub struct Files<'a>(pub &'a [(&'a str, &'a [u8])]);

#[async_trait]
impl Machine for Files<'_> {
    fn local(&self) -> Local {
        Local::default()
    }

    async fn proxy(&self) -> Proxy {
        Proxy::default()
    }

    fn source_for(&self, _: IpAddr) -> Option<IpAddr> {
        None
    }

    async fn hosts_file(&self, _: &str) -> Option<IpAddr> {
        None
    }

    async fn programs(&self) -> Vec<String> {
        Vec::new()
    }

    fn trust(&self) -> Trust {
        Trust::default()
    }

    fn folder(&self, folder: Folder) -> Option<PathBuf> {
        let below = match folder {
            Folder::Home => "",
            Folder::Config => ".config",
            Folder::LocalAppData => "AppData/Local",
            Folder::AppData => return None,
        };
        Some(Path::new("/home/anna").join(below))
    }

    async fn read(&self, path: &Path, _: u64) -> io::Result<Vec<u8>> {
        let found = self.0.iter().find(|(name, _)| path.to_string_lossy().contains(name));
        found.map(|(_, bytes)| bytes.to_vec()).ok_or_else(|| io::ErrorKind::NotFound.into())
    }

    async fn list(&self, _: &Path, _: usize) -> Vec<String> {
        self.0.iter().filter_map(|(name, _)| Some(name.rsplit('/').next()?.to_owned())).collect()
    }

    fn now(&self) -> jiff::Timestamp {
        jiff::Timestamp::UNIX_EPOCH
    }
}

/// A machine with nothing but a registry.
pub struct Windows(pub Recorded);

#[async_trait]
impl Machine for Windows {
    fn local(&self) -> Local {
        Local::default()
    }

    async fn proxy(&self) -> Proxy {
        Proxy::default()
    }

    fn source_for(&self, _: IpAddr) -> Option<IpAddr> {
        None
    }

    async fn hosts_file(&self, _: &str) -> Option<IpAddr> {
        None
    }

    async fn programs(&self) -> Vec<String> {
        Vec::new()
    }

    fn trust(&self) -> Trust {
        Trust::default()
    }

    fn folder(&self, _: Folder) -> Option<PathBuf> {
        None
    }

    async fn read(&self, _: &Path, _: u64) -> io::Result<Vec<u8>> {
        Err(io::ErrorKind::NotFound.into())
    }

    async fn list(&self, _: &Path, _: usize) -> Vec<String> {
        Vec::new()
    }

    fn registry(&self) -> &dyn Registry {
        &self.0
    }

    fn now(&self) -> jiff::Timestamp {
        jiff::Timestamp::UNIX_EPOCH
    }
}

/// A file with these contents, always the same one.
pub fn file(bytes: &[u8]) -> PathBuf {
    static FOLDER: OnceLock<tempfile::TempDir> = OnceLock::new();
    let folder = FOLDER.get_or_init(|| tempfile::tempdir().expect("a folder for files that are read"));
    let path = folder.path().join("input");
    let mut file = std::fs::File::create(&path).expect("a file to be read");
    file.write_all(bytes).expect("a file to be read");
    path
}

/// Nothing that a text shows moves the cursor, hides other characters or turns them round.
pub fn assert_visible(what: &str, text: &str) {
    let bad = text
        .chars()
        .find(|c| c.is_control() && *c != '\n' || matches!(c, '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}'));
    assert!(bad.is_none(), "{what} shows {bad:?}");
}

/// The report of a run in the lab, with texts of every kind.
pub const REPORT: &str = include_str!("report.json");

/// The report with some of its values replaced. An edit is the number of the value in two bytes, the length of what is
/// put there in one, and that: a text, or a number in place of a number.
pub fn edited_report(mut input: &[u8]) -> Vec<u8> {
    static BASE: OnceLock<Value> = OnceLock::new();
    let base = BASE.get_or_init(|| serde_json::from_str(REPORT).expect("a report of ours"));
    let mut report = base.clone();
    let mut edits = BTreeMap::new();
    let count = leaves(&mut report, &mut 0, &edits);
    while let [high, low, length, rest @ ..] = input {
        let (value, rest) = rest.split_at(usize::from(*length).min(rest.len()));
        edits.insert(usize::from(u16::from_be_bytes([*high, *low])) % count, value.to_vec());
        input = rest;
    }
    leaves(&mut report, &mut 0, &edits);
    serde_json::to_vec(&report).expect("a value is written")
}

/// Puts the edits into the leaves of a value, and counts these.
fn leaves(value: &mut Value, at: &mut usize, edits: &BTreeMap<usize, Vec<u8>>) -> usize {
    match value {
        Value::Array(items) => {
            for item in items {
                leaves(item, at, edits);
            }
        }
        Value::Object(fields) => {
            for field in fields.values_mut() {
                leaves(field, at, edits);
            }
        }
        leaf => {
            if let Some(bytes) = edits.get(at) {
                *leaf = match leaf {
                    Value::Number(_) => bytes.iter().fold(0_i64, |all, byte| all << 8 | i64::from(*byte)).into(),
                    Value::Bool(_) => bytes.is_empty().into(),
                    _ => String::from_utf8_lossy(bytes).into(),
                };
            }
            *at += 1;
        }
    }
    *at
}
