//! The smallest HTTP client that is needed: one GET or one form, no redirects, bounded (RFC 9112).

use super::secure::{Library, Verify, secure};
use crate::net::{BoxStream, ConnectOptions, Network, RecordKind, Via};
use std::net::SocketAddr;
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::time::{Instant, timeout_at};
use url::Url;
use zeroize::Zeroizing;

/// The most of an answer that is read, in bytes.
const MAX_ANSWER: usize = 256 * 1024;

/// An answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    /// The status code.
    pub status: u16,
    /// The header `Location`.
    pub location: Option<String>,
    /// The header `Date`, as it stood.
    pub date: Option<String>,
    /// The body, as far as it was read.
    pub body: Vec<u8>,
}

/// Gets a page over an open connection, encrypted for `https`. The error is for people.
pub async fn get(stream: BoxStream, url: &Url, library: &Library, limit: Duration) -> Result<Answer, String> {
    let mut path = url.path().to_owned();
    if let Some(query) = url.query() {
        path = format!("{path}?{query}");
    }
    get_as(stream, url, &path, library, limit).await
}

async fn get_as(
    stream: BoxStream,
    url: &Url,
    path: &str,
    library: &Library,
    limit: Duration,
) -> Result<Answer, String> {
    let host = url.host_str().ok_or("the address names no host")?;
    let host = url.port().map_or_else(|| host.to_owned(), |port| format!("{host}:{port}"));
    let request = format!(
        "GET {path} HTTP/1.1\r\nHost: {host}\r\nUser-Agent: mailtriage\r\nAccept: */*\r\nConnection: close\r\n\r\n"
    );
    exchange(stream, url, request.as_bytes(), library, limit).await
}

/// Sends a request, encrypted for `https`, and reads the answer.
async fn exchange(
    stream: BoxStream,
    url: &Url,
    request: &[u8],
    library: &Library,
    limit: Duration,
) -> Result<Answer, String> {
    let until = Instant::now() + limit;
    let host = url.host_str().ok_or("the address names no host")?;
    let mut stream = if url.scheme() == "https" {
        secure(stream, host, library, Verify::Yes, limit).await.map_err(|failure| failure.said)?.stream
    } else {
        stream
    };
    let mut received = Vec::new();
    let exchange = async {
        stream.write_all(request).await.map_err(|error| error.to_string())?;
        stream.flush().await.map_err(|error| error.to_string())?;
        let mut buffer = [0u8; 4096];
        loop {
            match stream.read(&mut buffer).await {
                Ok(0) => break,
                Ok(count) => received.extend_from_slice(&buffer[..count]),
                Err(_) if !received.is_empty() => break,
                Err(error) => return Err(error.to_string()),
            }
            if received.len() > MAX_ANSWER || is_complete(&received) {
                break;
            }
        }
        Ok(())
    };
    match timeout_at(until, exchange).await {
        Ok(done) => done?,
        Err(_) if received.is_empty() => return Err("no answer in time".to_owned()),
        Err(_) => {}
    }
    parse(&received).ok_or_else(|| "the answer is no HTTP".to_owned())
}

/// Gets a page of plain HTTP by a web proxy, `host:port` (RFC 9112 section 3.2.2). The error is for people.
pub async fn fetch_by_proxy(
    net: &dyn Network,
    library: &Library,
    proxy: &str,
    url: &Url,
    limit: Duration,
) -> Result<Answer, String> {
    let proxy = Url::parse(&format!("http://{proxy}")).map_err(|_| "the proxy's address cannot be read".to_owned())?;
    let connection = open(net, &proxy, limit).await?;
    get_as(connection, url, url.as_str(), library, limit).await
}

/// Finds the host, connects and gets the page. The error is for people.
pub async fn fetch(net: &dyn Network, library: &Library, url: &Url, limit: Duration) -> Result<Answer, String> {
    let stream = open(net, url, limit).await?;
    get(stream, url, library, limit).await
}

/// Sends a form (application/x-www-form-urlencoded). As HTTP/1.0, to which nobody answers in chunks (RFC 9112 section 7.1).
pub async fn post_form(
    net: &dyn Network,
    library: &Library,
    url: &Url,
    form: &[u8],
    limit: Duration,
) -> Result<Answer, String> {
    let stream = open(net, url, limit).await?;
    let head = format!(
        "POST {} HTTP/1.0\r\nHost: {}\r\nUser-Agent: mailtriage\r\nAccept: application/json\r\nContent-Type: \
         application/x-www-form-urlencoded\r\nContent-Length: {}\r\nConnection: close\r\n\r\n",
        &url[url::Position::BeforePath..url::Position::AfterQuery],
        &url[url::Position::BeforeHost..url::Position::AfterPort],
        form.len()
    );
    // The form may hold what nobody else is to read.
    let request = Zeroizing::new([head.as_bytes(), form].concat());
    exchange(stream, url, &request, library, limit).await
}

async fn open(net: &dyn Network, url: &Url, limit: Duration) -> Result<BoxStream, String> {
    let host = url.host_str().ok_or("the address names no host")?;
    let port = url.port_or_known_default().unwrap_or(80);
    let addresses = match host.trim_matches(['[', ']']).parse() {
        Ok(literal) => vec![literal],
        Err(_) => {
            let answer = net.lookup(Via::System, host, RecordKind::Address, limit.max(Duration::from_secs(6))).await;
            let addresses = answer.addresses();
            if addresses.is_empty() {
                return Err(format!("the name {host} was not found here ({})", answer.word()));
            }
            addresses
        }
    };
    let mut why = String::new();
    for addr in addresses.into_iter().take(2) {
        match net.connect(SocketAddr::new(addr, port), ConnectOptions::within(limit)).await {
            Ok(connection) => return Ok(connection.stream),
            Err(failure) => why = format!("{addr} port {port}: {}", failure.state.says()),
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

fn parse(received: &[u8]) -> Option<Answer> {
    let mut headers = [httparse::EMPTY_HEADER; 64];
    let mut response = httparse::Response::new(&mut headers);
    let httparse::Status::Complete(head) = response.parse(received).ok()? else { return None };
    let header = |name: &str| {
        let found = response.headers.iter().find(|header| header.name.eq_ignore_ascii_case(name))?;
        Some(crate::text::visible(found.value))
    };
    Some(Answer {
        status: response.code?,
        location: header("location"),
        date: header("date"),
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
}
