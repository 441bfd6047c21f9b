//! What is checked of a target: the modules, tables of a TOML file. A target is a mail address or a server; it names nothing
//! else, neither a file nor a password.

use crate::account::{Account, Address, Security, Settings, Values};
use crate::check::{Group, Options, Reference, options};
use crate::cli::args::SecurityArg;
use crate::cli::lab;
use crate::machine::files;
use clap::ValueEnum;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::Duration;
use toml::{Table, Value};

/// The name of the module that is there without a file, and that a request without a module means.
pub(super) const DEFAULT: &str = "default";
/// A longer file was not written for us.
const MOST_BYTES: u64 = 1024 * 1024;
/// What is checked of a server from one place again and again: not whether this place has an internet connection. No
/// password is ever given; with the group of the log-in, the verdict says so.
const GROUPS: [Group; 6] = [Group::Settings, Group::Dns, Group::Ports, Group::Smtp, Group::Tls, Group::Login];

/// A module; see docs/fleet.md.
#[derive(Debug, Clone, Default)]
pub(super) struct Module {
    port: Option<u16>,
    security: Option<Security>,
    address: Option<Address>,
    checks: Vec<Group>,
    timeout: Option<Duration>,
    references: Vec<Reference>,
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
    let file: Table = toml::from_str(text).map_err(|error| error.to_string().trim_end().to_owned())?;
    let mut modules = BTreeMap::new();
    for (key, value) in file {
        let (true, Value::Table(tables)) = (key == "modules", value) else {
            return Err(format!("{key}: a file of modules has nothing but tables [modules.NAME]"));
        };
        for (name, value) in tables {
            let Value::Table(table) = value else { return Err(format!("modules.{name}: it is not a table")) };
            let mut module = Module::default();
            for (key, value) in table {
                module.set(&key, &value).map_err(|why| format!("modules.{name}.{key}: {why}"))?;
            }
            modules.insert(name, module);
        }
    }
    Ok(modules)
}

impl Module {
    /// Takes in a key; the error says what is wrong with it.
    fn set(&mut self, key: &str, value: &Value) -> Result<(), String> {
        let text = |value: &Value| value.as_str().map(str::to_owned).ok_or_else(|| "it is not text".to_owned());
        let list = |value: &Value| -> Result<Vec<String>, String> {
            value.as_array().ok_or_else(|| "it is not a list".to_owned())?.iter().map(text).collect()
        };
        match key {
            "port" => {
                let port = value.as_integer().and_then(|port| u16::try_from(port).ok()).filter(|port| *port != 0);
                self.port = Some(port.ok_or("it is not a port, 1 to 65535")?);
            }
            "security" => self.security = Some(SecurityArg::from_str(&text(value)?, true)?.into()),
            "address" => self.address = Some(Address::parse(&text(value)?)?),
            "checks" => {
                let group = |group: &String| group.parse().map_err(|_| format!("there are no checks \"{group}\""));
                self.checks = list(value)?.iter().map(group).collect::<Result<_, String>>()?;
            }
            "timeout" => {
                #[expect(clippy::cast_precision_loss, reason = "a number beyond 2^52 is refused anyway")]
                let seconds = value.as_float().or_else(|| value.as_integer().map(|seconds| seconds as f64));
                self.timeout = Some(options::limit(seconds.ok_or("it is not a number of seconds")?)?);
            }
            "reference_hosts" => {
                let hosts = list(value)?.iter().map(|host| Reference::parse(host)).collect::<Result<_, String>>()?;
                self.references = Reference::merged(hosts);
            }
            "practice" => {
                let name = text(value)?;
                lab::find(&name)?;
                self.practice = Some(name);
            }
            _ => return Err("there is no such key; docs/fleet.md has those that there are".to_owned()),
        }
        Ok(())
    }

    /// The scenario of the lab, if it is not about the network.
    pub(super) fn practice(&self) -> Option<&str> {
        self.practice.as_deref()
    }

    /// How long a run may take, of this time.
    pub(super) fn limit(&self, most: Option<Duration>) -> Duration {
        let limit = self.timeout.into_iter().chain(most).min();
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
                    Some(address) => address.clone(),
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
        let references = self.references.clone();
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
        let by_address = Module { address: Some(Address::parse("probe@example.com").unwrap()), ..module };
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
            ("[modules.a]\nport = 0", "modules.a.port"),
            ("[modules.a]\ntimeout = 0", "modules.a.timeout"),
            ("[modules.a]\nsecurity = \"tls\"", "modules.a.security"),
            ("[modules.a]\npassword = \"x\"", "password"),
            ("[modules.a]\naddress = \"x\"", "modules.a.address"),
            ("[modules.a]\npractice = \"x\"", "modules.a.practice"),
            ("[modules.a]\nreference_hosts = [\"a b\"]", "modules.a.reference_hosts"),
            ("modules = 1", "modules"),
            ("[", "line 1"),
        ] {
            let why = parse(wrong).unwrap_err();
            assert!(why.contains(says), "{wrong}: {why}");
        }
    }
}
