//! What rows are made of: a network in which some servers are replaced, a server's end of a connection, real TLS with any
//! certificate, and a machine that trusts whom the row wants.

use mailtriage::check::Job;
use mailtriage::machine::{Folder, Local, Machine, Proxy, Trust};
use mailtriage::net::{Answer, BoxStream, ConnectFailure, ConnectOptions, Connection, Network, RecordKind, Via};
use std::future::Future;
use std::io;
use std::net::{IpAddr, SocketAddr};
use std::path::{Path, PathBuf};
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;
use tokio::io::{AsyncBufReadExt, AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, BufReader, duplex};
use tokio::time::sleep;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer};
use tokio_rustls::rustls::server::{ClientHello, ResolvesServerCert};
use tokio_rustls::rustls::sign::CertifiedKey;

/// The account's server in the lab.
pub const MAIL_SERVER: [u8; 4] = [203, 0, 113, 5];

pub type Done = Pin<Box<dyn Future<Output = ()> + Send>>;
/// What becomes of the lab's stream to a server.
pub type Replace = Arc<dyn Fn(BoxStream) -> BoxStream + Send + Sync>;

/// The lab's network, with other servers at some addresses.
struct Replaced {
    lab: Arc<dyn Network>,
    at: Vec<SocketAddr>,
    by: Replace,
}

#[async_trait::async_trait]
impl Network for Replaced {
    async fn lookup(&self, via: Via, name: &str, kind: RecordKind, deadline: Duration) -> Answer {
        self.lab.lookup(via, name, kind, deadline).await
    }

    async fn connect(&self, to: SocketAddr, options: ConnectOptions) -> Result<Connection, ConnectFailure> {
        let mut connection = self.lab.connect(to, options).await?;
        if self.at.contains(&to) {
            connection.stream = (self.by)(connection.stream);
        }
        Ok(connection)
    }
}

/// Replaces the servers at these addresses and ports.
pub fn replace(job: &mut Job, at: &[([u8; 4], u16)], by: Replace) {
    let at = at.iter().map(|(addr, port)| SocketAddr::new(IpAddr::from(*addr), *port)).collect();
    job.world.net = Arc::new(Replaced { lab: Arc::clone(&job.world.net), at, by });
}

/// A server that does this with every connection.
pub fn that(talk: impl Fn(Peer) -> Done + Send + Sync + 'static) -> Replace {
    Arc::new(move |_| {
        let (ours, theirs) = duplex(4_096);
        tokio::spawn(talk(Peer { stream: BufReader::new(theirs) }));
        Box::new(ours)
    })
}

/// The server's end of a connection.
pub struct Peer<S = tokio::io::DuplexStream> {
    pub stream: BufReader<S>,
}

impl<S: AsyncRead + AsyncWrite + Unpin> Peer<S> {
    /// Sends bytes; `false` once the client is gone.
    pub async fn send(&mut self, bytes: &[u8]) -> bool {
        self.stream.write_all(bytes).await.is_ok() && self.stream.flush().await.is_ok()
    }

    /// Reads a line; empty once the client is gone.
    pub async fn line(&mut self) -> String {
        let mut line = Vec::new();
        let _ = self.stream.read_until(b'\n', &mut line).await;
        String::from_utf8_lossy(&line).into_owned()
    }

    /// Sends the bytes again and again.
    pub async fn flood(&mut self, bytes: &[u8]) {
        let many = bytes.repeat(4_096 / bytes.len() + 1);
        while self.send(&many).await {
            tokio::task::yield_now().await;
        }
    }

    /// Sends a byte a second.
    pub async fn drip(&mut self, bytes: &[u8]) {
        for byte in bytes.iter().cycle() {
            if !self.send(&[*byte]).await {
                return;
            }
            sleep(Duration::from_secs(1)).await;
        }
    }

    /// Keeps the connection, and says nothing more.
    pub async fn wait(&mut self) {
        while !self.line().await.is_empty() {}
    }

    /// Speaks until the client asks for encryption; `false` if it does not.
    pub async fn until_starttls(&mut self) -> bool {
        self.send(b"220 smtp.example.com ESMTP\r\n").await;
        loop {
            let line = self.line().await.to_ascii_uppercase();
            match line.split_whitespace().next() {
                Some("EHLO") => self.send(b"250-smtp.example.com\r\n250 STARTTLS\r\n").await,
                Some("STARTTLS") => return self.send(b"220 go\r\n").await,
                Some(_) => self.send(b"502 what\r\n").await,
                None => return false,
            };
        }
    }

    /// Reads as far as a ClientHello; with STARTTLS it is asked for first.
    pub async fn until_hello(&mut self, implicit: bool) -> bool {
        if !implicit && !self.until_starttls().await {
            return false;
        }
        let mut head = [0; 5];
        if self.stream.read_exact(&mut head).await.is_err() {
            return false;
        }
        let mut rest = vec![0; usize::from(u16::from_be_bytes([head[3], head[4]]))];
        self.stream.read_exact(&mut rest).await.is_ok()
    }

    /// A sound mail server that accepts everything.
    pub async fn serve_mail(&mut self, greets: bool) {
        if greets {
            self.send(b"220 smtp.example.com ESMTP\r\n").await;
        }
        loop {
            let line = self.line().await.to_ascii_uppercase();
            match line.split_whitespace().next() {
                Some("EHLO") => self.send(b"250-smtp.example.com\r\n250 AUTH PLAIN LOGIN\r\n").await,
                Some("AUTH") => self.send(b"235 2.7.0 Accepted\r\n").await,
                Some("MAIL" | "RCPT" | "RSET" | "NOOP") => self.send(b"250 2.0.0 Ok\r\n").await,
                Some("QUIT") => self.send(b"221 2.0.0 Bye\r\n").await,
                Some(_) => self.send(b"502 5.5.2 What\r\n").await,
                None => return,
            };
        }
    }
}

/// Shows this chain, whatever is in it.
#[derive(Debug)]
struct Shows(Arc<CertifiedKey>);

impl ResolvesServerCert for Shows {
    fn resolve(&self, _: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        Some(Arc::clone(&self.0))
    }
}

/// TLS with this chain and the key of its first certificate (PKCS #8).
pub fn tls(chain: Vec<Vec<u8>>, key: Vec<u8>) -> TlsAcceptor {
    let key = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(key));
    let key = ring::sign::any_supported_type(&key).unwrap();
    let shown = Shows(Arc::new(CertifiedKey::new(chain.into_iter().map(CertificateDer::from).collect(), key)));
    let config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()));
    let config = config.with_safe_default_protocol_versions().unwrap().with_no_client_auth();
    TlsAcceptor::from(Arc::new(config.with_cert_resolver(Arc::new(shown))))
}

/// The lab's machine, which trusts one more issuer.
struct Trusting {
    lab: Arc<dyn Machine>,
    root: Vec<u8>,
}

#[async_trait::async_trait]
impl Machine for Trusting {
    fn local(&self) -> Local {
        self.lab.local()
    }

    async fn proxy(&self) -> Proxy {
        self.lab.proxy().await
    }

    fn source_for(&self, to: IpAddr) -> Option<IpAddr> {
        self.lab.source_for(to)
    }

    async fn hosts_file(&self, name: &str) -> Option<IpAddr> {
        self.lab.hosts_file(name).await
    }

    async fn programs(&self) -> Vec<String> {
        self.lab.programs().await
    }

    fn trust(&self) -> Trust {
        let mut trust = self.lab.trust();
        trust.extra_roots.push(self.root.clone());
        trust.public_roots.get_or_insert_default().push(self.root.clone());
        trust
    }

    fn folder(&self, folder: Folder) -> Option<PathBuf> {
        self.lab.folder(folder)
    }

    async fn read(&self, path: &Path, most: u64) -> io::Result<Vec<u8>> {
        self.lab.read(path, most).await
    }

    async fn list(&self, folder: &Path, most: usize) -> Vec<String> {
        self.lab.list(folder, most).await
    }

    fn now(&self) -> jiff::Timestamp {
        self.lab.now()
    }
}

/// Makes the machine trust this issuer as well.
pub fn trust(job: &mut Job, root: &[u8]) {
    job.world.machine = Arc::new(Trusting { lab: Arc::clone(&job.world.machine), root: root.to_vec() });
}
