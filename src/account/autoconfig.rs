//! Reads the autoconfig file that domains publish for mail programs (Thunderbird's config-v1.1.xml).

use super::address::Address;
use super::provider::Choice;
use super::settings::Security;
use quick_xml::Reader;
use quick_xml::events::Event;

/// The outgoing SMTP servers in an autoconfig file, in its order. `None` if it is not such a file.
pub fn read(xml: &str, address: &Address) -> Option<Vec<Choice>> {
    let mut reader = Reader::from_str(xml);
    let mut path: Vec<String> = Vec::new();
    let mut is_config = false;
    let mut choices = Vec::new();
    let mut server = Server::default();
    loop {
        match reader.read_event().ok()? {
            Event::Start(start) => {
                let name = String::from_utf8_lossy(start.name().as_ref()).into_owned();
                is_config |= name == "clientConfig";
                if name == "outgoingServer" {
                    let smtp = start
                        .attributes()
                        .with_checks(false)
                        .flatten()
                        .any(|a| a.key.as_ref() == b"type" && a.value.eq_ignore_ascii_case(b"smtp"));
                    server = Server { smtp, ..Server::default() };
                }
                path.push(name);
                if path.len() > 16 {
                    return None;
                }
            }
            Event::End(_) => {
                if path.pop().as_deref() == Some("outgoingServer")
                    && let Some(choice) = std::mem::take(&mut server).choice(address)
                    && choices.len() < 8
                {
                    choices.push(choice);
                }
            }
            Event::Text(text) => {
                let text = text.decode().ok()?.trim().to_owned();
                match path.last().map(String::as_str) {
                    Some("hostname") => server.host = text,
                    Some("port") => server.port = text.parse().unwrap_or(0),
                    Some("socketType") => server.socket = text,
                    Some("authentication") => server.auth.push(text),
                    _ => {}
                }
            }
            Event::Eof => break,
            _ => {}
        }
    }
    (is_config && !choices.is_empty()).then_some(choices)
}

#[derive(Default)]
struct Server {
    smtp: bool,
    host: String,
    port: u16,
    socket: String,
    auth: Vec<String>,
}

impl Server {
    fn choice(self, address: &Address) -> Option<Choice> {
        let host = self.host.replace("%EMAILDOMAIN%", address.domain());
        let security = match self.socket.to_ascii_uppercase().as_str() {
            "SSL" => Security::Implicit,
            "STARTTLS" => Security::Starttls,
            _ => Security::None,
        };
        let auth = self.auth.iter().filter_map(|auth| match auth.to_ascii_lowercase().as_str() {
            "password-cleartext" | "plain" => Some("password".to_owned()),
            "password-encrypted" | "secure" => Some("cram-md5".to_owned()),
            "oauth2" => Some("oauth2".to_owned()),
            _ => None,
        });
        let host = super::address::host_name(&host).ok()?;
        (self.smtp && self.port != 0).then(|| Choice { host, port: self.port, security, auth: auth.collect() })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const FILE: &str = r#"<?xml version="1.0"?><clientConfig version="1.1"><emailProvider id="example.com">
        <incomingServer type="imap"><hostname>imap.example.com</hostname><port>993</port></incomingServer>
        <outgoingServer type="smtp"><hostname>smtp.%EMAILDOMAIN%</hostname><port>465</port><socketType>SSL</socketType>
        <username>%EMAILADDRESS%</username><authentication>password-cleartext</authentication></outgoingServer>
        <outgoingServer type="smtp"><hostname>smtp.example.com</hostname><port>587</port><socketType>STARTTLS</socketType>
        </outgoingServer></emailProvider></clientConfig>"#;

    #[test]
    fn reads_what_thunderbird_reads() {
        let address = Address::parse("anna@example.com").unwrap();
        let choices = read(FILE, &address).unwrap();
        assert_eq!(choices[0].host, "smtp.example.com");
        assert_eq!((choices[0].port, choices[0].security), (465, Security::Implicit));
        assert_eq!((choices[1].port, choices[1].security), (587, Security::Starttls));
        assert_eq!(choices.len(), 2);
    }

    #[test]
    fn other_pages_are_none() {
        let address = Address::parse("anna@example.com").unwrap();
        assert!(read("<html><body>not found</body></html>", &address).is_none());
        assert!(read("", &address).is_none());
        assert!(read("<clientConfig><outgoingServer", &address).is_none());
    }
}
