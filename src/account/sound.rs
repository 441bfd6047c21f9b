//! What a row of the provider table must hold, beyond its form: asked of the built-in rows by a test, and of a company's
//! own when they are read.

use super::provider::{Passwords, Provider};
use super::settings::Security;

/// The words of a server's `auth`.
const AUTH: [&str; 4] = ["password", "oauth2", "cram-md5", "none"];

impl Provider {
    /// What is wrong with the row by itself: the key, and why.
    pub fn faults(&self) -> Vec<(&'static str, String)> {
        let mut faults = Vec::new();
        let mut fault = |key, why: String| faults.push((key, why));
        let lists =
            [("domains", &self.domains), ("mx", &self.mx), ("old-hosts", &self.old_hosts), ("aliases", &self.aliases)];
        let named = lists.iter().flat_map(|(key, names)| names.iter().map(move |name| (*key, name)));
        let hosts = self.servers.iter().map(|choice| ("servers", &choice.host));
        for (key, name) in named.chain(hosts).chain([("id", &self.id)]) {
            if name.is_empty() || name.contains(['/', ':', '@', ' ']) || *name != name.to_lowercase() {
                fault(key, format!("\"{name}\" is not a bare name of a domain or server in small letters"));
            }
        }
        for choice in &self.servers {
            let host = &choice.host;
            if choice.port == 465 && choice.security != Security::Implicit {
                fault("servers", format!("{host}: port 465 is for security = \"implicit\" (RFC 8314)"));
            }
            if choice.port == 0 {
                fault("servers", format!("{host}: there is no port 0"));
            }
            if choice.auth.is_empty() || choice.auth.iter().any(|word| !AUTH.contains(&word.as_str())) {
                fault("servers", format!("{host}: auth is a list of {}", AUTH.join(", ")));
            }
        }
        if self.smtp && self.servers.is_empty() {
            fault("servers", "there is no server; if mail programs cannot send here: smtp = false".to_owned());
        }
        if self.passwords == Passwords::None && self.smtp && self.oauth.is_none() {
            fault("passwords", "with none, oauth must say where to sign in".to_owned());
        }
        if let Some(oauth) = &self.oauth {
            let is_https = |url: &str| url::Url::parse(url).is_ok_and(|url| url.scheme() == "https" && url.has_host());
            if !oauth.device.iter().chain([&oauth.token]).all(|url| is_https(url)) {
                fault("oauth", "device and token are web addresses that begin with https://".to_owned());
            }
            if oauth.scope.trim().is_empty() || oauth.scope.contains("offline_access") {
                fault("oauth", "scope is for sending alone, without offline_access".to_owned());
            }
        }
        faults
    }
}
