//! The smallest HTTP server that is needed: one GET per connection, everything bounded, no body read.

use super::own::Own;
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::time::timeout;
use url::form_urlencoded;

/// The most bytes of a request's head.
const MOST_HEAD: usize = 8 * 1024;
/// The most lines of it.
const MOST_HEADERS: usize = 64;
/// How long a client may take for the head, and to take an answer.
pub(super) const PATIENCE: Duration = Duration::from_secs(5);
/// What every answer says besides its length: nothing of ours is to be kept, framed or run.
const ALWAYS: &str = "Cache-Control: no-store\r\nX-Content-Type-Options: nosniff\r\nContent-Security-Policy: default-src \
                      'none'\r\nConnection: close\r\n";

/// A request.
#[derive(Debug, Default, PartialEq)]
pub(super) struct Request {
    /// Whether only the head of the answer is wanted.
    pub is_head: bool,
    /// The path, as it was sent.
    pub path: String,
    /// What follows the question mark, decoded.
    pub query: Vec<(String, String)>,
    /// The header `Authorization`.
    pub authorization: Option<String>,
    /// How long Prometheus waits, in seconds.
    pub scrape_timeout: Option<f64>,
    /// Whether a page of another web site has made the browser ask.
    pub is_cross_site: bool,
}

impl Request {
    /// The value of a parameter, if it is there once.
    pub fn parameter(&self, name: &str) -> Result<Option<&str>, String> {
        let mut values = self.query.iter().filter(|(known, _)| known == name);
        match (values.next(), values.next()) {
            (first, None) => Ok(first.map(|(_, value)| value.as_str())),
            _ => Err(format!("the parameter {name} is given twice")),
        }
    }
}

/// An answer.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Answer {
    pub status: u16,
    kind: &'static str,
    headers: &'static str,
    body: String,
}

impl Answer {
    /// Words for people.
    pub fn text(status: u16, body: impl Into<String>) -> Self {
        Answer { status, kind: "text/plain; charset=utf-8", headers: "", body: body.into() + "\n" }
    }

    /// Metrics.
    pub fn metrics(body: String) -> Self {
        Answer { status: 200, kind: "text/plain; version=0.0.4; charset=utf-8", headers: "", body }
    }

    /// A page.
    pub fn page(body: String) -> Self {
        Answer { status: 200, kind: "text/html; charset=utf-8", headers: "", body }
    }

    /// The same with more headers, each with its line end.
    pub fn with(self, headers: &'static str) -> Self {
        Answer { headers, ..self }
    }

    fn bytes(&self, is_head: bool) -> Vec<u8> {
        let reason = match self.status {
            200 => "OK",
            400 => "Bad Request",
            401 => "Unauthorized",
            403 => "Forbidden",
            404 => "Not Found",
            405 => "Method Not Allowed",
            408 => "Request Timeout",
            431 => "Request Header Fields Too Large",
            503 => "Service Unavailable",
            _ => "Error",
        };
        let Answer { status, kind, headers, body } = self;
        let head = format!(
            "HTTP/1.1 {status} {reason}\r\nContent-Type: {kind}\r\nContent-Length: {}\r\n{ALWAYS}{headers}\r\n",
            body.len()
        );
        let body = if is_head { "" } else { body.as_str() };
        [head.as_bytes(), body.as_bytes()].concat()
    }
}

/// Reads a request's head; an error is the answer to it, `None` if nobody is there any more.
pub(super) async fn read(stream: &mut (impl AsyncRead + Unpin)) -> Option<Result<Request, Answer>> {
    let mut head = Vec::new();
    let reading = async {
        let mut buffer = [0; 2_048];
        loop {
            match stream.read(&mut buffer).await {
                Ok(0) | Err(_) => return None,
                Ok(count) => head.extend_from_slice(&buffer[..count]),
            }
            match parse(&head) {
                Ok(None) if head.len() > MOST_HEAD => return Some(Err(Answer::text(431, "the request is too long"))),
                Ok(None) => {}
                Ok(Some(request)) => return Some(Ok(request)),
                Err(answer) => return Some(Err(answer)),
            }
        }
    };
    timeout(PATIENCE, reading).await.unwrap_or_else(|_| Some(Err(Answer::text(408, "the request took too long"))))
}

/// The request, if its head is complete.
fn parse(bytes: &[u8]) -> Result<Option<Request>, Answer> {
    let mut headers = [httparse::EMPTY_HEADER; MOST_HEADERS];
    let mut request = httparse::Request::new(&mut headers);
    match request.parse(bytes) {
        Ok(httparse::Status::Partial) => return Ok(None),
        Ok(httparse::Status::Complete(_)) => {}
        Err(httparse::Error::TooManyHeaders) => return Err(Answer::text(431, "the request has too many headers")),
        Err(_) => return Err(Answer::text(400, "this is not HTTP")),
    }
    let is_head = match request.method {
        Some("GET") => false,
        Some("HEAD") => true,
        _ => return Err(Answer::text(405, "only GET").with("Allow: GET, HEAD\r\n")),
    };
    let header = |name: &str| {
        let found = request.headers.iter().find(|header| header.name.eq_ignore_ascii_case(name))?;
        std::str::from_utf8(found.value).ok().map(str::trim)
    };
    let target = request.path.unwrap_or_default();
    let (path, query) = target.split_once('?').unwrap_or((target, ""));
    Ok(Some(Request {
        is_head,
        path: path.to_owned(),
        query: form_urlencoded::parse(query.as_bytes()).into_owned().collect(),
        authorization: header("authorization").map(str::to_owned),
        scrape_timeout: header("x-prometheus-scrape-timeout-seconds").and_then(|value| value.parse().ok()),
        is_cross_site: header("sec-fetch-site").is_some_and(|site| matches!(site, "cross-site" | "same-site")),
    }))
}

/// Sends an answer and says goodbye in order, so that it arrives whole.
pub(super) async fn send(
    stream: &mut (impl AsyncRead + AsyncWrite + Unpin),
    answer: &Answer,
    is_head: bool,
    own: &Own,
) {
    own.answered(answer.status);
    let sending = async {
        stream.write_all(&answer.bytes(is_head)).await?;
        stream.shutdown().await?;
        // What is still on its way here would otherwise turn the goodbye into a reset.
        let mut rest = [0; 1_024];
        for _ in 0..16 {
            if stream.read(&mut rest).await? == 0 {
                break;
            }
        }
        std::io::Result::Ok(())
    };
    let _ = timeout(PATIENCE, sending).await;
}

/// Waits until the client has gone away.
pub(super) async fn gone(stream: &mut (impl AsyncRead + Unpin)) {
    let mut more = [0; 256];
    while stream.read(&mut more).await.is_ok_and(|count| count > 0) {}
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn requests() {
        let request = parse(
            b"GET /probe?target=a%40example.com&module=x HTTP/1.1\r\nHost: h\r\nX-Prometheus-Scrape-Timeout-Seconds: 9.5\r\n\r\n",
        );
        let request = request.unwrap().unwrap();
        assert_eq!((request.path.as_str(), request.scrape_timeout), ("/probe", Some(9.5)));
        assert_eq!(request.parameter("target").unwrap(), Some("a@example.com"));
        assert_eq!(request.parameter("moon").unwrap(), None);
        assert_eq!(parse(b"GET / HTTP/1.1\r\nHost: h\r\n"), Ok(None));
        assert_eq!(parse(b"POST / HTTP/1.1\r\n\r\n").unwrap_err().status, 405);
        assert_eq!(parse(b"220 mail ESMTP\r\n\r\n").unwrap_err().status, 400);
        let many = format!("GET / HTTP/1.1\r\n{}\r\n", "X: y\r\n".repeat(65));
        assert_eq!(parse(many.as_bytes()).unwrap_err().status, 431);
        let twice = parse(b"GET /?a=1&a=2 HTTP/1.1\r\n\r\n").unwrap().unwrap();
        assert!(twice.parameter("a").is_err());
    }

    #[tokio::test(start_paused = true)]
    async fn whoever_sends_slowly_or_without_end_is_answered() {
        let (mut ours, mut theirs) = tokio::io::duplex(64 * 1024);
        theirs.write_all(b"GET / HTTP/1.1\r\nX: ").await.unwrap();
        assert_eq!(read(&mut ours).await.unwrap().unwrap_err().status, 408);
        theirs.write_all(&[b'a'; 9 * 1024]).await.unwrap();
        assert_eq!(read(&mut ours).await.unwrap().unwrap_err().status, 400, "what goes before is gone");
        theirs.write_all(b"GET / HTTP/1.1\r\nX: ").await.unwrap();
        theirs.write_all(&[b'a'; 9 * 1024]).await.unwrap();
        assert_eq!(read(&mut ours).await.unwrap().unwrap_err().status, 431);
        drop(theirs);
        let mut rest = Vec::new();
        let _ = ours.read_to_end(&mut rest).await;
        assert!(read(&mut ours).await.is_none());
    }
}
