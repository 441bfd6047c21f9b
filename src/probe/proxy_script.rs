//! A script that chooses the web proxy (PAC): whether a text is one, and what it names. It is not run, so which of these
//! it chooses for a page is not known here.

use url::Url;

/// Nobody has more proxies than this; a list of them is part of what is reported.
const MOST_NAMED: usize = 8;

/// What a script names.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Named {
    /// The web proxies, `host:port`, each once.
    pub proxies: Vec<String>,
    /// Whether it names the way without a proxy.
    pub direct: bool,
    /// Whether there are others that cannot be read in it: it puts their addresses together, or they are of another kind
    /// (SOCKS, HTTPS).
    pub others: bool,
}

/// What a script names; `None` if it is none.
pub fn read(text: &str) -> Option<Named> {
    if !text.contains("FindProxyForURL") {
        return None;
    }
    let literals = literals(text);
    let mut named = Named::default();
    let mut assembled = false;
    for entry in literals.iter().flat_map(|literal| literal.split(';')) {
        let mut words = entry.split_whitespace();
        let kind = words.next().unwrap_or_default().to_ascii_uppercase();
        match (kind.as_str(), words.next()) {
            ("DIRECT", None) => named.direct = true,
            ("PROXY" | "HTTP", Some(proxy)) => match host_and_port(proxy) {
                Some(proxy) => named.add(proxy),
                None => assembled = true,
            },
            ("PROXY", None) => assembled = true,
            ("HTTPS" | "SOCKS" | "SOCKS4" | "SOCKS5", Some(_)) => named.others = true,
            _ => {}
        }
    }
    if assembled {
        // `"PROXY " + proxy`: what looks like a proxy's address stands elsewhere, if it stands there at all.
        let with_port =
            |literal: &&String| literal.rsplit_once(':').is_some_and(|(_, port)| port.parse::<u16>().is_ok());
        let apart: Vec<String> =
            literals.iter().filter(with_port).filter_map(|literal| host_and_port(literal)).collect();
        named.others |= apart.is_empty();
        apart.into_iter().for_each(|proxy| named.add(proxy));
    }
    Some(named)
}

impl Named {
    fn add(&mut self, proxy: String) {
        if self.proxies.contains(&proxy) {
        } else if self.proxies.len() < MOST_NAMED {
            self.proxies.push(proxy);
        } else {
            self.others = true;
        }
    }
}

/// `host:port`; port 80 where none is written.
fn host_and_port(written: &str) -> Option<String> {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_' | ':' | '[' | ']');
    let is_whole =
        written.starts_with(|c: char| c.is_ascii_alphanumeric() || c == '[') && written.chars().all(is_plain);
    let url = Url::parse(&format!("http://{written}/")).ok().filter(|_| is_whole)?;
    Some(format!("{}:{}", url.host_str()?, url.port_or_known_default()?))
}

/// The texts in quotation marks, without those in comments.
fn literals(text: &str) -> Vec<String> {
    let mut found = Vec::new();
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        match (c, chars.peek()) {
            ('/', Some('/')) => while chars.next_if(|c| *c != '\n').is_some() {},
            ('/', Some('*')) => {
                chars.next();
                let mut before = ' ';
                while let Some(c) = chars.next().filter(|c| (before, *c) != ('*', '/')) {
                    before = c;
                }
            }
            ('"' | '\'' | '`', _) => {
                let mut literal = String::new();
                // A text ends with its line at the latest: a quotation mark may stand in a regular expression.
                while let Some(next) = chars.next_if(|next| *next != '\n').filter(|next| *next != c) {
                    literal.extend(if next == '\\' { chars.next() } else { Some(next) });
                }
                found.push(literal);
            }
            _ => {}
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    #[rstest]
    #[case("return \"PROXY a.example:8080; PROXY b.example:3128; DIRECT\";", &["a.example:8080", "b.example:3128"], true, false)]
    #[case("return 'PROXY a.example';", &["a.example:80"], false, false)]
    #[case("// return \"PROXY old:1\"\n/* 'PROXY older:2' */ return \"HTTP 10.0.0.8:8080\"", &["10.0.0.8:8080"], false, false)]
    #[case("var p = 'a.example:8080'; return \"PROXY \" + p + \"; DIRECT\";", &["a.example:8080"], true, false)]
    #[case("return \"PROXY \" + names[n] + \".example:8080\";", &[], false, true)]
    #[case("return \"SOCKS5 s.example:1080; DIRECT\";", &[], true, true)]
    #[case("if (url.substring(0, 5) == \"http:\") return 'PROXY a:1'; return 'proxy a:1';", &["a:1"], false, false)]
    #[case("if (/\"/.test(url)) return 'PROXY a:1';\nreturn \"DIRECT\"", &[], true, false)]
    #[case("return \"PROXY user:secret@a:1\"", &[], false, true)]
    #[case("return \"PROXY [2001:db8::1]:3128\"", &["[2001:db8::1]:3128"], false, false)]
    #[case("", &[], false, false)]
    fn what_scripts_name(#[case] body: &str, #[case] proxies: &[&str], #[case] direct: bool, #[case] others: bool) {
        let named = read(&format!("function FindProxyForURL(url, host) {{ {body} }}")).unwrap();
        assert_eq!(
            (named.proxies.as_slice(), named.direct, named.others),
            (&proxies.iter().map(|p| (*p).to_owned()).collect::<Vec<_>>()[..], direct, others)
        );
    }

    #[test]
    fn what_is_no_script() {
        assert_eq!(read("<html><script>var x = 'PROXY a:1'</script>"), None);
        assert_eq!(read(""), None);
    }

    #[test]
    fn a_script_without_end() {
        let many: String = (0..10_000).map(|at| format!("'PROXY p{at}:8080',")).collect();
        let named = read(&format!("FindProxyForURL {many} \"PROXY \\")).unwrap();
        assert_eq!((named.proxies.len(), named.others), (MOST_NAMED, true));
        assert!(read(&format!("FindProxyForURL /* {}", "\"'`\\".repeat(10_000))).is_some());
    }
}
