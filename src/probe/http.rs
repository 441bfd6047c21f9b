//! The smallest HTTP client that is needed: one GET or one form, no redirects, bounded. It uses HTTP/1.0, which is
//! never answered in chunks (RFC 9112 section 7.1).

use super::secure::{Library, NotSecured, Verify, secure};
use crate::net::{self, BoxStream, ConnectFailure, ConnectOptions, Network, RecordKind, Via};
use crate::text::Text;
use std::io;
use std::net::SocketAddr;
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::time::{Instant, timeout, timeout_at};
use url::{Position, Url};
use zeroize::Zeroizing;

/// The most bytes of an answer that are read.
const MAX_ANSWER: usize = 256 * 1024;

/// The most bytes that are read where only the head counts.
const MAX_HEAD: u64 = 16 * 1024;

/// An answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    /// The status code.
    pub status: u16,
    /// The header `Location`, if there is one.
    pub location: Option<String>,
    /// The header `Date` as it was sent, if there is one.
    pub date: Option<String>,
    /// The headers `WWW-Authenticate`: how the server wants somebody to log in.
    pub challenges: Vec<String>,
    /// Whether a header is there that Exchange Server alone sends (Microsoft, MS-OXDISCO and troubleshooting articles on
    /// front-end servers: `X-FEServer`, `X-OWA-Version`, `X-CalculatedBETarget`).
    pub is_exchanges: bool,
    /// The body, as far as it was read.
    pub body: Vec<u8>,
}

impl Answer {
    /// Where it sends on to (RFC 9110 section 15.4).
    pub fn redirect(&self) -> Option<&str> {
        self.location.as_deref().filter(|_| matches!(self.status, 301 | 302 | 303 | 307 | 308))
    }
}

/// Why there was no answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum NotFetched {
    /// No page can be requested from this address.
    BadAddress,
    /// The host's name was not found here.
    NotFound {
        /// The host's name.
        host: String,
        /// The result of the look-up.
        answer: net::Answer,
    },
    /// No connection opened.
    NotOpened {
        /// The address that was tried last.
        to: SocketAddr,
        /// Why it failed.
        failure: ConnectFailure,
    },
    /// The TLS handshake failed.
    NotSecured(NotSecured),
    /// The connection broke off.
    Cut(io::ErrorKind),
    /// Nothing came in time.
    Silent,
    /// What came is not HTTP.
    NotHttp,
    /// The head of the answer has no end.
    TooLong,
    /// The web proxy lets nothing through to there: its status code.
    ProxyRefused(u16),
    /// The web proxy itself cannot be reached.
    NoProxy(Box<NotFetched>),
}

impl NotFetched {
    /// The reason in words, with the names in it marked.
    pub fn says(&self) -> Text {
        match self {
            NotFetched::BadAddress => "the address names no host".into(),
            NotFetched::NotFound { host, answer } => {
                Text::from("the name ").host(host).say(format!(" was not found here ({})", answer.word()))
            }
            NotFetched::NotOpened { to, failure } => {
                Text::new().addr(to.ip()).say(format!(" port {}: {}", to.port(), failure.state.says()))
            }
            NotFetched::NotSecured(failure) => failure.said.as_str().into(),
            NotFetched::Cut(kind) => format!("the connection broke off: {kind}").into(),
            NotFetched::Silent => "no answer in time".into(),
            NotFetched::NotHttp => "the answer is not HTTP".into(),
            NotFetched::TooLong => "the answer's headers never end".into(),
            NotFetched::ProxyRefused(407) => "the web proxy requires its own log-in (status 407)".into(),
            NotFetched::ProxyRefused(status @ 500..) => {
                format!("the web proxy does not get through to it (status {status})").into()
            }
            NotFetched::ProxyRefused(status) => format!("the web proxy refuses (status {status})").into(),
            NotFetched::NoProxy(why) => Text::from("the web proxy cannot be reached: ").append(why.says()),
        }
    }
}

impl From<io::Error> for NotFetched {
    fn from(error: io::Error) -> Self {
        NotFetched::Cut(error.kind())
    }
}

/// Gets the page at `target`, at most `most` bytes, over an open connection, encrypted for `https`.
async fn get(
    stream: BoxStream,
    url: &Url,
    target: &str,
    library: &Library,
    most: usize,
    limit: Duration,
) -> Result<Answer, NotFetched> {
    exchange(stream, url, request(url, target).as_bytes(), library, most, limit).await
}

fn request(url: &Url, target: &str) -> String {
    let host = &url[Position::BeforeHost..Position::AfterPort];
    format!(
        "GET {target} HTTP/1.0\r\nHost: {host}\r\nUser-Agent: mailtriage\r\nAccept: */*\r\nConnection: close\r\n\r\n"
    )
}

/// Sends a request, encrypted for `https`, and reads the answer.
async fn exchange(
    stream: BoxStream,
    url: &Url,
    request: &[u8],
    library: &Library,
    most: usize,
    limit: Duration,
) -> Result<Answer, NotFetched> {
    let host = url.host_str().ok_or(NotFetched::BadAddress)?;
    let stream = if url.scheme() == "https" {
        secure(stream, host, library, Verify::Yes, limit).await.map_err(NotFetched::NotSecured)?.stream
    } else {
        stream
    };
    ask(stream, request, most, limit).await
}

/// Sends a request over a stream that is ready for it, and reads the answer.
async fn ask(mut stream: BoxStream, request: &[u8], most: usize, limit: Duration) -> Result<Answer, NotFetched> {
    let until = Instant::now() + limit;
    let mut received = Vec::new();
    let exchange = async {
        stream.write_all(request).await?;
        stream.flush().await?;
        let mut buffer = [0u8; 4096];
        loop {
            match stream.read(&mut buffer).await {
                Ok(0) => break,
                Ok(count) => received.extend_from_slice(&buffer[..count]),
                Err(_) if !received.is_empty() => break,
                Err(error) => return Err(NotFetched::from(error)),
            }
            if received.len() > most || is_complete(&received) {
                break;
            }
        }
        Ok(())
    };
    match timeout_at(until, exchange).await {
        Ok(done) => done?,
        Err(_) if received.is_empty() => return Err(NotFetched::Silent),
        Err(_) => {}
    }
    parse(&received).ok_or(if received.len() > most { NotFetched::TooLong } else { NotFetched::NotHttp })
}

/// Gets the page over a stream that is encrypted already, where the URL wants that.
pub async fn get_over(stream: BoxStream, url: &Url, limit: Duration) -> Result<Answer, NotFetched> {
    let request = request(url, &url[Position::BeforePath..Position::AfterQuery]);
    ask(stream, request.as_bytes(), MAX_ANSWER, limit).await
}

/// Gets a page of plain HTTP through a web proxy, `host:port` (RFC 9112 section 3.2.2).
pub async fn fetch_by_proxy(
    net: &dyn Network,
    library: &Library,
    proxy: &str,
    url: &Url,
    limit: Duration,
) -> Result<Answer, NotFetched> {
    let stream = open_proxy(net, proxy, limit).await?;
    get(stream, url, url.as_str(), library, MAX_ANSWER, limit).await
}

/// Finds the host, connects and gets the page.
pub async fn fetch(net: &dyn Network, library: &Library, url: &Url, limit: Duration) -> Result<Answer, NotFetched> {
    fetch_up_to(net, library, url, MAX_ANSWER, limit).await
}

/// The same for a page that may be longer, or has to be shorter: `most` bytes of the answer are read.
pub async fn fetch_up_to(
    net: &dyn Network,
    library: &Library,
    url: &Url,
    most: usize,
    limit: Duration,
) -> Result<Answer, NotFetched> {
    let stream = open(net, url, limit).await?;
    get(stream, url, &url[Position::BeforePath..Position::AfterQuery], library, most, limit).await
}

/// Whether a connection to a web proxy, `host:port`, opens.
pub async fn proxy_answers(net: &dyn Network, proxy: &str, limit: Duration) -> Result<(), NotFetched> {
    let proxy = Url::parse(&format!("http://{proxy}")).map_err(|_| NotFetched::BadAddress)?;
    open(net, &proxy, limit).await.map(drop)
}

/// Opens the connection on which a page would be requested, not yet encrypted: directly, or as a tunnel through a web
/// proxy, `host:port` (RFC 9110 section 9.3.6).
pub async fn reach(
    net: &dyn Network,
    proxy: Option<&str>,
    url: &Url,
    limit: Duration,
) -> Result<BoxStream, NotFetched> {
    let Some(proxy) = proxy else { return open(net, url, limit).await };
    let stream = open_proxy(net, proxy, limit).await?;
    timeout(limit, tunnel(stream, url)).await.unwrap_or(Err(NotFetched::Silent))
}

async fn open_proxy(net: &dyn Network, proxy: &str, limit: Duration) -> Result<BoxStream, NotFetched> {
    let proxy = Url::parse(&format!("http://{proxy}")).map_err(|_| NotFetched::BadAddress)?;
    open(net, &proxy, limit).await.map_err(|why| NotFetched::NoProxy(Box::new(why)))
}

async fn tunnel(mut stream: BoxStream, url: &Url) -> Result<BoxStream, NotFetched> {
    let host = url.host_str().ok_or(NotFetched::BadAddress)?;
    let to = format!("{host}:{}", url.port_or_known_default().unwrap_or(443));
    let request = format!("CONNECT {to} HTTP/1.1\r\nHost: {to}\r\nUser-Agent: mailtriage\r\n\r\n");
    stream.write_all(request.as_bytes()).await?;
    stream.flush().await?;
    // One byte at a time: what follows the head belongs to the server behind.
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        if head.len() as u64 >= MAX_HEAD {
            return Err(NotFetched::TooLong);
        }
        match stream.read_u8().await {
            Ok(byte) => head.push(byte),
            Err(_) if head.is_empty() => return Err(NotFetched::Cut(io::ErrorKind::UnexpectedEof)),
            Err(_) => break,
        }
    }
    match parse(&head) {
        Some(answer) if (200..300).contains(&answer.status) => Ok(stream),
        Some(answer) => Err(NotFetched::ProxyRefused(answer.status)),
        None => Err(NotFetched::NotHttp),
    }
}

/// The header lines with which the web server behind an open connection answers, without encryption; none if nothing
/// like that comes.
pub async fn headers(mut stream: BoxStream, host: &str, limit: Duration) -> Vec<String> {
    let request = format!("HEAD / HTTP/1.0\r\nHost: {host}\r\nUser-Agent: mailtriage\r\nConnection: close\r\n\r\n");
    let mut received = Vec::new();
    let exchange = async {
        stream.write_all(request.as_bytes()).await?;
        (&mut stream).take(MAX_HEAD).read_to_end(&mut received).await
    };
    // What has come until then counts.
    let _ = timeout(limit, exchange).await;
    let text = String::from_utf8_lossy(&received);
    let head = text.split("\r\n\r\n").next().unwrap_or_default();
    let mut lines = head.lines();
    match lines.next() {
        Some(status) if status.starts_with("HTTP/") => lines.map(str::to_owned).collect(),
        _ => Vec::new(),
    }
}

/// Sends a form (application/x-www-form-urlencoded).
pub async fn post_form(
    net: &dyn Network,
    library: &Library,
    url: &Url,
    form: &[u8],
    limit: Duration,
) -> Result<Answer, NotFetched> {
    let stream = open(net, url, limit).await?;
    let head = format!(
        "POST {} HTTP/1.0\r\nHost: {}\r\nUser-Agent: mailtriage\r\nAccept: application/json\r\nContent-Type: \
         application/x-www-form-urlencoded\r\nContent-Length: {}\r\nConnection: close\r\n\r\n",
        &url[Position::BeforePath..Position::AfterQuery],
        &url[Position::BeforeHost..Position::AfterPort],
        form.len()
    );
    // The form may contain something that nobody else should read.
    let request = Zeroizing::new([head.as_bytes(), form].concat());
    exchange(stream, url, &request, library, MAX_ANSWER, limit).await
}

async fn open(net: &dyn Network, url: &Url, limit: Duration) -> Result<BoxStream, NotFetched> {
    let host = url.host_str().ok_or(NotFetched::BadAddress)?;
    let port = url.port_or_known_default().unwrap_or(80);
    let addresses = match host.trim_matches(['[', ']']).parse() {
        Ok(literal) => vec![literal],
        Err(_) => {
            let answer = net.lookup(Via::System, host, RecordKind::Address, limit.max(Duration::from_secs(6))).await;
            let addresses = answer.addresses();
            if addresses.is_empty() {
                return Err(NotFetched::NotFound { host: host.to_owned(), answer });
            }
            addresses
        }
    };
    let mut why = NotFetched::BadAddress;
    for addr in addresses.into_iter().take(2) {
        let to = SocketAddr::new(addr, port);
        match net.connect(to, ConnectOptions::within(limit)).await {
            Ok(connection) => return Ok(connection.stream),
            Err(failure) => why = NotFetched::NotOpened { to, failure },
        }
    }
    Err(why)
}

fn is_complete(received: &[u8]) -> bool {
    let mut headers = [httparse::EMPTY_HEADER; 64];
    let mut response = httparse::Response::new(&mut headers);
    let Ok(httparse::Status::Complete(head)) = response.parse(received) else { return false };
    let length = response
        .headers
        .iter()
        .find(|header| header.name.eq_ignore_ascii_case("content-length"))
        .and_then(|header| std::str::from_utf8(header.value).ok()?.trim().parse::<usize>().ok());
    response.code == Some(204) || length.is_some_and(|length| received.len() - head >= length)
}

/// A longer address is none: nobody needs to understand more (RFC 9110 section 4.1), and it is part of what is reported.
const LONGEST_LOCATION: usize = 8_000;

fn parse(received: &[u8]) -> Option<Answer> {
    let mut headers = [httparse::EMPTY_HEADER; 64];
    let mut response = httparse::Response::new(&mut headers);
    let httparse::Status::Complete(head) = response.parse(received).ok()? else { return None };
    let header = |name: &str| {
        let found = response.headers.iter().find(|header| header.name.eq_ignore_ascii_case(name))?;
        Some(crate::text::visible(found.value))
    };
    let challenges = response.headers.iter().filter(|header| header.name.eq_ignore_ascii_case("www-authenticate"));
    Some(Answer {
        status: response.code?,
        challenges: challenges.map(|header| crate::text::visible(header.value)).collect(),
        location: header("location").filter(|location| location.len() <= LONGEST_LOCATION),
        date: header("date"),
        is_exchanges: ["x-feserver", "x-owa-version", "x-calculatedbetarget"]
            .into_iter()
            .any(|name| header(name).is_some()),
        body: received[head..].to_vec(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn answers() {
        let answer =
            parse(b"HTTP/1.1 302 Found\r\nLocation: http://portal/\r\nDate: Mon, 23 Nov 2026 10:00:00 GMT\r\n\r\nhi")
                .unwrap();
        assert_eq!((answer.status, answer.location.as_deref()), (302, Some("http://portal/")));
        assert_eq!(answer.body, b"hi");
        assert!(is_complete(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"));
        assert!(!is_complete(b"HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nok"));
        assert_eq!(parse(b"220 mail ESMTP\r\n"), None);
    }

    async fn asked(answers: Vec<u8>, closes: bool) -> Result<Answer, NotFetched> {
        let (ours, mut theirs) = tokio::io::duplex(1024);
        tokio::spawn(async move {
            let _ = theirs.write_all(&answers).await;
            if !closes {
                std::future::pending::<()>().await;
            }
        });
        let url = Url::parse("http://example.com/page").unwrap();
        let library = Library::new(crate::machine::Trust::default());
        get(Box::new(ours), &url, "/page", &library, MAX_ANSWER, Duration::from_secs(5)).await
    }

    #[tokio::test(start_paused = true)]
    async fn a_tunnel_through_a_web_proxy() {
        let through = async |says: &'static [u8]| {
            let (ours, mut theirs) = tokio::io::duplex(1024);
            tokio::spawn(async move {
                let mut request = [0; 512];
                let length = theirs.read(&mut request).await.unwrap_or(0);
                assert!(
                    request[..length].starts_with(b"CONNECT example.com:443 HTTP/1.1\r\nHost: example.com:443\r\n")
                );
                let _ = theirs.write_all(says).await;
            });
            let mut stream = tunnel(Box::new(ours), &Url::parse("https://example.com/").unwrap()).await?;
            let mut rest = Vec::new();
            stream.read_to_end(&mut rest).await?;
            Ok::<_, NotFetched>(rest)
        };
        // What follows the head is the server's.
        assert_eq!(through(b"HTTP/1.1 200 Connection established\r\n\r\nhello").await, Ok(b"hello".to_vec()));
        assert_eq!(
            through(b"HTTP/1.1 407 Proxy Authentication Required\r\n\r\n").await,
            Err(NotFetched::ProxyRefused(407))
        );
        assert_eq!(through(b"SSH-2.0-x\r\n\r\n").await, Err(NotFetched::NotHttp));
        assert_eq!(through(b"").await, Err(NotFetched::Cut(io::ErrorKind::UnexpectedEof)));
    }

    #[tokio::test(start_paused = true)]
    async fn what_is_no_answer() {
        assert_eq!(asked(vec![], false).await, Err(NotFetched::Silent));
        assert_eq!(asked(b"220 mail ESMTP\r\n".to_vec(), true).await, Err(NotFetched::NotHttp));
        let endless = [b"HTTP/1.1 200 OK\r\nX: ".to_vec(), vec![b'a'; MAX_ANSWER + 8192]].concat();
        assert_eq!(asked(endless, true).await, Err(NotFetched::TooLong));
        assert_eq!(asked(b"HTTP/1.1 200 OK\r\n\r\nbody".to_vec(), true).await.unwrap().body, b"body");
    }
}
