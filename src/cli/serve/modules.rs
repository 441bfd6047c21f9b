//! What is checked of a target: the modules, tables of a TOML file. A target is a mail address or a server; it names nothing
//! else, neither a file nor a password.

use crate::account::{Account, Address, Security, Settings, Values};
use crate::check::{Group, Options, Reference, options};
use crate::cli::lab;
use crate::machine::files;
use serde::Deserialize;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// The name of the module that is there without a file, and that a request without a module means.
pub(super) const DEFAULT: &str = "default";
/// A longer file was not written for us.
const MOST_BYTES: u64 = 1024 * 1024;
/// What is checked of a server from one place again and again: not whether this place has an internet connection. No
/// password is ever given; with the group of the log-in, the verdict says so.
const GROUPS: [Group; 6] = [Group::Settings, Group::Dns, Group::Ports, Group::Smtp, Group::Tls, Group::Login];

/// A file of modules.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    #[serde(default)]
    modules: BTreeMap<String, Module>,
}

/// A module; see docs/fleet.md.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Module {
    port: Option<u16>,
    security: Option<Security>,
    address: Option<String>,
    #[serde(default)]
    checks: Vec<Group>,
    timeout: Option<f64>,
    #[serde(default)]
    reference_hosts: Vec<String>,
    /// Instead of the network, a scenario of the lab.
    practice: Option<String>,
}

/// Reads the modules; the error is a message for people.
pub(super) fn read(path: Option<&Path>) -> Result<BTreeMap<String, Module>, String> {
    let mut modules = match path {
        None => BTreeMap::new(),
        Some(path) => {
            let shown = path.display();
            let bytes = files::read(path, MOST_BYTES).map_err(|error| format!("{shown} cannot be read: {error}"))?;
            let text = std::str::from_utf8(files::without_mark(&bytes)).map_err(|_| format!("{shown} is not UTF-8"))?;
            parse(text).map_err(|why| format!("{shown}: {why}"))?
        }
    };
    modules.entry(DEFAULT.to_owned()).or_default();
    Ok(modules)
}

fn parse(text: &str) -> Result<BTreeMap<String, Module>, String> {
    let read: Result<Written, _> = toml::from_str::<toml::Table>(text).and_then(toml::Table::try_into);
    let modules = read.map_err(|error| error.to_string().trim_end().to_owned())?.modules;
    for (name, module) in &modules {
        module.sound().map_err(|why| format!("modules.{name}: {why}"))?;
    }
    Ok(modules)
}

impl Module {
    fn sound(&self) -> Result<(), String> {
        if self.port == Some(0) {
            return Err("port: 0 is not a port".to_owned());
        }
        self.address.as_deref().map(Address::parse).transpose().map_err(|why| format!("address: {why}"))?;
        self.timeout.map(options::limit).transpose().map_err(|why| format!("timeout: {why}"))?;
        self.references().map_err(|why| format!("reference_hosts: {why}"))?;
        self.practice.as_deref().map(lab::find).transpose().map_err(|why| format!("practice: {why}"))?;
        Ok(())
    }

    fn references(&self) -> Result<Vec<Reference>, String> {
        Ok(Reference::merged(self.reference_hosts.iter().map(|host| Reference::parse(host)).collect::<Result<_, _>>()?))
    }

    /// The scenario of the lab, if it is not about the network.
    pub(super) fn practice(&self) -> Option<&str> {
        self.practice.as_deref()
    }

    /// How long a run may take, of this time.
    pub(super) fn limit(&self, most: Option<Duration>) -> Duration {
        let own = self.timeout.map(Duration::from_secs_f64);
        let limit = own.into_iter().chain(most).min();
        limit.unwrap_or(Options::default().deadline)
    }

    /// The account that a target stands for; the error is a message for people.
    pub(super) fn account(&self, target: &str) -> Result<Account, String> {
        let mut values = Values { port: self.port, security: self.security, ..Values::default() };
        let address = match target.contains('@') {
            true => Address::parse(target)?,
            false => {
                let server = Reference::parse(target).map_err(|why| format!("target: {why}"))?;
                if let [port] = server.ports[..] {
                    values.port = Some(port);
                }
                values.server = Some(server.host.clone().into());
                match &self.address {
                    Some(address) => Address::parse(address)?,
                    None if !server.has_name() => {
                        return Err("the module needs an address, since the target is not a name".to_owned());
                    }
                    // Every domain has this one (RFC 5321 section 4.5.1).
                    None => Address::parse(&format!("postmaster@{}", server.host))?,
                }
            }
        };
        let mut account = Account::new(address);
        account.settings = Settings::new(values, Default::default());
        Ok(account)
    }

    /// The options of a run within this time.
    pub(super) fn options(&self, limit: Duration) -> Options {
        let usual = Options::default();
        let references = self.references().unwrap_or_default();
        let mut only = if self.checks.is_empty() { GROUPS.to_vec() } else { self.checks.clone() };
        // Without anybody to compare with, what is asked of the internet leads nowhere.
        if self.checks.is_empty() && !references.is_empty() {
            only.push(Group::Internet);
        }
        Options {
            references,
            // A silent port is tried twice.
            timeout: usual.timeout.min(limit.mul_f64(0.4)),
            deadline: limit,
            only,
            ..usual
        }
    }
}

/// A path beside the file that names it.
pub(super) fn beside(file: &Path, named: &str) -> PathBuf {
    file.parent().map_or_else(|| PathBuf::from(named), |folder| folder.join(named))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_target_stands_for() {
        let module = Module { port: Some(587), security: Some(Security::Starttls), ..Module::default() };
        let account = module.account("anna@example.com").unwrap();
        assert_eq!((account.settings.server(), account.settings.port()), (None, Some(587)));
        let account = module.account("smtp.example.com:465").unwrap();
        assert_eq!((account.settings.server(), account.settings.port()), (Some("smtp.example.com"), Some(465)));
        assert_eq!(account.address.to_string(), "postmaster@smtp.example.com");
        for wrong in ["", "a b", "x:0", "x:70000", "/etc/passwd", "../x", "192.0.2.1", "a@b@c", "x\r\ny", "$(id)"] {
            assert!(module.account(wrong).is_err(), "{wrong}");
        }
        let by_address = Module { address: Some("probe@example.com".to_owned()), ..module };
        assert_eq!(by_address.account("[2001:db8::1]:25").unwrap().settings.server(), Some("2001:db8::1"));
    }

    #[test]
    fn what_a_file_may_say() {
        let text =
            "[modules.submission]\nport = 587\nsecurity = \"starttls\"\nchecks = [\"ports\", \"tls\"]\ntimeout = 8\n";
        let modules = parse(text).unwrap();
        let options = modules["submission"].options(modules["submission"].limit(Some(Duration::from_secs(20))));
        assert_eq!((options.deadline.as_secs(), options.only.len()), (8, 2));
        assert!(options.references.is_empty());
        let limit = |most| Module::default().limit(most).as_secs();
        assert_eq!((limit(None), limit(Some(Duration::from_secs(9)))), (45, 9));
        for (wrong, says) in [
            ("[modules.a]\nprt = 1", "prt"),
            ("[modules.a]\nport = 0", "modules.a: port"),
            ("[modules.a]\ntimeout = 0", "modules.a: timeout"),
            ("[modules.a]\nsecurity = \"ssl\"", "ssl"),
            ("[modules.a]\npassword = \"x\"", "password"),
            ("[modules.a]\naddress = \"x\"", "modules.a: address"),
            ("[modules.a]\npractice = \"x\"", "modules.a: practice"),
            ("[modules.a]\nreference_hosts = [\"a b\"]", "modules.a: reference_hosts"),
            ("modules = 1", "modules"),
            ("[", "line 1"),
        ] {
            let why = parse(wrong).unwrap_err();
            assert!(why.contains(says), "{wrong}: {why}");
        }
    }
}
