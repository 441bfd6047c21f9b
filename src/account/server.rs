//! The outgoing server as a mail program has it, letter for letter, and the name that is meant by it. What is meant is
//! measured; what is written is judged.

use super::address::host_name;
use crate::text::{is_invisible, visible_str};
use serde::{Deserialize, Serialize};
use std::net::Ipv6Addr;

/// A server as it is written, and the name that is meant.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "String", into = "String")]
pub struct Server {
    written: String,
    host: String,
    port: Option<u16>,
    flaws: Vec<Flaw>,
}

/// What is wrong with how a name is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, strum::IntoStaticStr)]
#[strum(serialize_all = "kebab-case")]
#[expect(missing_docs, reason = "the names say it")]
pub enum Flaw {
    BlankBefore,
    BlankAfter,
    BlankInside,
    Invisible,
    Quotes,
    Scheme,
    Path,
    Port,
    At,
    Comma,
    Dots,
    DotAfter,
    Character,
}

impl Flaw {
    /// The flaw as a word of the report.
    pub fn word(self) -> &'static str {
        self.into()
    }

    /// The flaw in words, after "it".
    fn says(self) -> &'static str {
        match self {
            Flaw::BlankBefore => "begins with a space",
            Flaw::BlankAfter => "ends with a space",
            Flaw::BlankInside => "contains a space",
            Flaw::Invisible => "contains an invisible character",
            Flaw::Quotes => "is in quotation marks or brackets",
            Flaw::Scheme => "begins like a web address",
            Flaw::Path => "has a slash after it",
            Flaw::Port => "has a port after it",
            Flaw::At => "contains an @",
            Flaw::Comma => "contains a comma",
            Flaw::Dots => "has one dot too many",
            Flaw::DotAfter => "ends with a dot",
            Flaw::Character => "contains a character that no server name can have",
        }
    }

    /// Whether some mail programs take a name with this flaw all the same: a port behind the name is split off by
    /// phones, and a dot at the end is the absolute form of a name (RFC 1034 section 3.1).
    fn may_pass(self) -> bool {
        matches!(self, Flaw::Port | Flaw::DotAfter)
    }
}

impl Server {
    /// Reads what a mail program has; the error says why no name can be meant.
    pub fn parse(written: &str) -> Result<Self, String> {
        let shown = visible_str(&written.chars().take(60).collect::<String>());
        if written.trim().is_empty() {
            return Err("the name of the server is empty".to_owned());
        }
        if written.chars().any(char::is_control) {
            return Err(format!("\"{shown}\" is not the name of a server: it contains a control character"));
        }
        let mut cleaning = Cleaning { text: written.to_owned(), port: None, flaws: Vec::new() };
        cleaning.clean();
        let host = host_name(&cleaning.text).map_err(|_| format!("\"{shown}\" is not the name of a server"))?;
        let Cleaning { port, flaws, .. } = cleaning;
        Ok(Server { written: written.to_owned(), host, port, flaws })
    }

    /// As it is written.
    pub fn written(&self) -> &str {
        &self.written
    }

    /// The name that is meant.
    pub fn host(&self) -> &str {
        &self.host
    }

    /// The port that is written behind the name.
    pub fn port(&self) -> Option<u16> {
        self.port
    }

    /// What is wrong with how it is written.
    pub fn flaws(&self) -> &[Flaw] {
        &self.flaws
    }

    /// Whether no host can have the name as it is written (RFC 952, RFC 1123 section 2.1).
    pub fn cannot_exist(&self) -> bool {
        self.flaws.iter().any(|flaw| !flaw.may_pass())
    }

    /// What is wrong, in words after "it": "ends with a space"; `None` if nothing is.
    pub fn says(&self) -> Option<String> {
        let says: Vec<&str> = self.flaws.iter().map(|flaw| flaw.says()).collect();
        (!says.is_empty()).then(|| says.join(" and "))
    }
}

impl From<String> for Server {
    /// A report may have left the name out, or somebody may have changed it: what cannot be read is shown as it is.
    fn from(written: String) -> Self {
        Server::parse(&written).unwrap_or_else(|_| Server {
            host: visible_str(&written),
            written,
            port: None,
            flaws: vec![],
        })
    }
}

impl From<Server> for String {
    fn from(server: Server) -> String {
        server.written
    }
}

/// The first labels that servers for mail have: what is before an @ in place of a dot.
const FIRST_LABELS: [&str; 11] =
    ["smtp", "smtps", "mail", "out", "outgoing", "send", "relay", "mx", "imap", "pop", "exchange"];

const QUOTES: [char; 16] = ['"', '\'', '`', '<', '>', '(', ')', '“', '”', '„', '‘', '’', '‚', '«', '»', '´'];

/// A text on its way to a name, with what was taken away.
struct Cleaning {
    text: String,
    port: Option<u16>,
    flaws: Vec<Flaw>,
}

impl Cleaning {
    fn clean(&mut self) {
        self.drop_all(Flaw::Invisible, is_invisible);
        self.trim(char::is_whitespace, Flaw::BlankBefore, Flaw::BlankAfter);
        self.trim(|c| QUOTES.contains(&c), Flaw::Quotes, Flaw::Quotes);
        self.drop_all(Flaw::BlankInside, char::is_whitespace);
        if let Some((_, rest)) = self.text.split_once("://") {
            self.to(rest.to_owned(), Flaw::Scheme);
            self.cut_path();
            // In a web address, a name and password may stand before the server.
            if let Some((_, host)) = self.text.rsplit_once('@') {
                self.to(host.to_owned(), Flaw::At);
            }
        } else if let Some(rest) =
            ["smtp:", "smtps:", "mailto:"].iter().find_map(|scheme| self.text.strip_prefix(scheme))
        {
            self.to(rest.to_owned(), Flaw::Scheme);
        }
        self.trim(|c| c == '/' || c == '\\', Flaw::Path, Flaw::Path);
        self.cut_path();
        if self.text.contains([',', ';']) {
            self.to(self.text.trim_matches([',', ';']).replace([',', ';'], "."), Flaw::Comma);
        }
        self.cut_port();
        if let Some((before, after)) = self.text.rsplit_once('@') {
            let is_label = FIRST_LABELS.contains(&before.to_ascii_lowercase().as_str());
            self.to(if is_label { format!("{before}.{after}") } else { after.to_owned() }, Flaw::At);
        }
        self.dots();
        if host_name(&self.text).is_err() {
            self.drop_all(Flaw::Character, |c| c.is_ascii() && !c.is_ascii_alphanumeric() && !"-_.:[]".contains(c));
        }
    }

    fn to(&mut self, text: String, flaw: Flaw) {
        self.text = text;
        if !self.flaws.contains(&flaw) {
            self.flaws.push(flaw);
        }
    }

    fn drop_all(&mut self, flaw: Flaw, is_flaw: impl Fn(char) -> bool) {
        if self.text.contains(&is_flaw) {
            self.to(self.text.replace(is_flaw, ""), flaw);
        }
    }

    fn trim(&mut self, is_flaw: impl Fn(char) -> bool, before: Flaw, after: Flaw) {
        if self.text.starts_with(&is_flaw) {
            self.to(self.text.trim_start_matches(&is_flaw).to_owned(), before);
        }
        if self.text.ends_with(&is_flaw) {
            let kept = self.text.trim_end_matches(is_flaw).to_owned();
            self.to(kept, after);
        }
    }

    fn cut_path(&mut self) {
        if let Some((host, _)) = self.text.split_once(['/', '?', '#']) {
            self.to(host.to_owned(), Flaw::Path);
        }
    }

    /// A port behind the name; the colons of an IPv6 address are none.
    fn cut_port(&mut self) {
        if self.text.trim_matches(['[', ']']).parse::<Ipv6Addr>().is_ok() {
            return;
        }
        if let Some((host, port)) = self.text.rsplit_once(':')
            && port.bytes().all(|byte| byte.is_ascii_digit())
        {
            self.port = port.parse().ok().filter(|port| *port != 0);
            self.to(host.to_owned(), Flaw::Port);
        }
    }

    fn dots(&mut self) {
        let inner = self.text.trim_matches('.');
        if self.text.starts_with('.') || inner.contains("..") || self.text.ends_with("..") {
            let labels: Vec<&str> = inner.split('.').filter(|label| !label.is_empty()).collect();
            self.to(labels.join("."), Flaw::Dots);
        } else if self.text.ends_with('.') {
            self.to(inner.to_owned(), Flaw::DotAfter);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    #[test]
    fn what_is_no_name_is_shown_without_control_characters() {
        let server = Server::from("TLS0;x\u{7}".to_owned());
        assert_eq!((server.host(), server.written()), ("TLS0;x\\x07", "TLS0;x\u{7}"));
        assert_eq!(Server::from("[server]".to_owned()).host(), "[server]");
    }

    #[rstest]
    #[case("smtp.example.com", "")]
    #[case("SMTP.Example.com", "")]
    #[case("smtp.example.com ", "blank-after")]
    #[case(" smtp.example.com", "blank-before")]
    #[case("smtp. example.com", "blank-inside")]
    #[case("smtp.example.com\u{a0}", "blank-after")]
    #[case("smtp.exam\u{200b}ple.com", "invisible")]
    #[case("smtp@example.com", "at")]
    #[case("anna@smtp.example.com", "at")]
    #[case("smtp.example.com:587", "port")]
    #[case("smtp.example.com:", "port")]
    #[case("smtp://smtp.example.com", "scheme")]
    #[case("https://smtp.example.com/", "scheme path")]
    #[case("smtps://anna:x@smtp.example.com:465/a?b", "scheme path at port")]
    #[case("smtp:smtp.example.com", "scheme")]
    #[case("\\\\smtp.example.com", "path")]
    #[case("smtp.example.com.", "dot-after")]
    #[case("smtp..example.com", "dots")]
    #[case(".smtp.example.com", "dots")]
    #[case("smtp.example.com,", "comma")]
    #[case("smtp,example,com", "comma")]
    #[case("\"smtp.example.com\"", "quotes")]
    #[case("„smtp.example.com“", "quotes")]
    #[case("<smtp.example.com> ", "blank-after quotes")]
    #[case("smtp*.example.com", "character")]
    fn what_is_meant(#[case] written: &str, #[case] flaws: &str) {
        let server = Server::parse(written).unwrap();
        assert_eq!(server.host(), "smtp.example.com");
        let words: Vec<&str> = server.flaws().iter().map(|flaw| flaw.word()).collect();
        assert_eq!(words.join(" "), flaws);
        assert_eq!(Server::from(String::from(server.clone())), server);
    }

    #[rstest]
    #[case("127.0.0.1", "127.0.0.1", false)]
    #[case("[::1]", "::1", false)]
    #[case("::1", "::1", false)]
    #[case("[::1]:1025", "::1", false)]
    #[case("127.0.0.1:1025", "127.0.0.1", false)]
    #[case("anna@example.com", "example.com", true)]
    #[case("Müller.example ", "xn--mller-kva.example", true)]
    #[case("smtp.example.com.", "smtp.example.com", false)]
    fn whether_it_can_exist(#[case] written: &str, #[case] host: &str, #[case] cannot: bool) {
        let server = Server::parse(written).unwrap();
        assert_eq!((server.host(), server.cannot_exist()), (host, cannot));
    }

    #[rstest]
    #[case("")]
    #[case("  ")]
    #[case("smtp.example.com\u{7}")]
    #[case("smtp.example.com\n")]
    #[case("https://")]
    #[case("@")]
    #[case("-smtp-")]
    fn nothing_can_be_meant(#[case] written: &str) {
        assert!(Server::parse(written).is_err());
        assert_eq!(Server::from(written.to_owned()).host(), visible_str(written));
    }

    #[test]
    fn flaws_in_words() {
        assert_eq!(Server::parse("smtp.example.com ").unwrap().says().unwrap(), "ends with a space");
        let both = Server::parse("https://smtp.example.com:587").unwrap().says().unwrap();
        assert_eq!(both, "begins like a web address and has a port after it");
    }
}
