//! What the mail program has now, as far as it is known, each setting with where it comes from. What the provider
//! wants is in `wanted`; nothing of it is ever filled in here.

use super::Server;
use serde::{Deserialize, Serialize};

/// How a connection is encrypted (RFC 8314, RFC 3207).
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, strum::IntoStaticStr, strum::VariantNames,
)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
#[strum(serialize_all = "kebab-case")]
pub enum Security {
    /// Not encrypted.
    None,
    /// Encrypted after the command STARTTLS.
    Starttls,
    /// Encrypted from the start.
    Implicit,
    /// Left to the program: encrypted if the server offers it, otherwise not.
    Auto,
}

impl Security {
    /// The word as the report writes it.
    pub fn word(self) -> &'static str {
        self.into()
    }

    /// The name that mail programs use.
    pub fn says(self) -> &'static str {
        match self {
            Security::None => "no encryption",
            Security::Starttls => "STARTTLS",
            Security::Implicit => "SSL/TLS",
            Security::Auto => "Auto",
        }
    }

    /// The usual encryption of a port, if nobody said otherwise (RFC 8314 section 3.3, RFC 6409).
    pub fn usual_for(port: u16) -> Self {
        if port == 465 { Security::Implicit } else { Security::Starttls }
    }
}

/// Where a setting comes from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum Origin {
    /// Somebody typed it.
    Typed,
    /// A mail program on this computer has stored it.
    Stored {
        /// The program's name, with its version if that is known.
        program: String,
        /// The profile, and the file with `~` for the home folder, or the registry's key.
        place: String,
    },
}

/// A value, and where it comes from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "Written<T>", into = "Written<T>")]
#[serde(bound(serialize = "T: Clone + Serialize", deserialize = "T: Deserialize<'de>"))]
pub struct Given<T> {
    /// The value.
    pub value: T,
    /// Where it comes from.
    pub from: Origin,
}

/// The form on disk: a typed value is written alone.
#[derive(Serialize, Deserialize)]
#[serde(untagged)]
enum Written<T> {
    Typed(T),
    Given { value: T, from: Origin },
}

impl<T> From<Written<T>> for Given<T> {
    fn from(written: Written<T>) -> Self {
        match written {
            Written::Typed(value) => Given::typed(value),
            Written::Given { value, from } => Given { value, from },
        }
    }
}

impl<T> From<Given<T>> for Written<T> {
    fn from(given: Given<T>) -> Self {
        match given.from {
            Origin::Typed => Written::Typed(given.value),
            from => Written::Given { value: given.value, from },
        }
    }
}

impl<T> Given<T> {
    /// A value that somebody typed.
    pub fn typed(value: T) -> Self {
        Given { value, from: Origin::Typed }
    }
}

/// What the mail program has now. An empty field means that nobody looked it up.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Settings {
    /// The outgoing server.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub server: Option<Given<Server>>,
    /// Its port.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub port: Option<Given<u16>>,
    /// The encryption.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub security: Option<Given<Security>>,
    /// The log-in name.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub user: Option<Given<String>>,
}

/// The values of the settings, without where they come from.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[expect(missing_docs, reason = "the fields of Settings")]
pub struct Values {
    #[serde(skip_serializing_if = "Option::is_none", default)]
    #[cfg_attr(test, schemars(with = "Option<String>"))]
    pub server: Option<Server>,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub port: Option<u16>,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub security: Option<Security>,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub user: Option<String>,
}

/// Where the settings come from, without their values.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[expect(missing_docs, reason = "the fields of Settings")]
pub struct Origins {
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub server: Option<Origin>,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub port: Option<Origin>,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub security: Option<Origin>,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub user: Option<Origin>,
}

impl Settings {
    /// Settings made from values and where they come from; a value without an origin was typed.
    pub fn new(values: Values, from: Origins) -> Self {
        fn given<T>(value: Option<T>, from: Option<Origin>) -> Option<Given<T>> {
            value.map(|value| Given { value, from: from.unwrap_or(Origin::Typed) })
        }
        Settings {
            server: given(values.server, from.server),
            port: given(values.port, from.port),
            security: given(values.security, from.security),
            user: given(values.user, from.user),
        }
    }

    /// The same after somebody edited the values: unchanged values keep their origin, new ones were typed.
    pub fn edited(&self, values: Values) -> Self {
        fn kept<T: Clone + PartialEq>(before: &Option<Given<T>>, now: Option<T>) -> Option<Given<T>> {
            let now = now?;
            Some(before.clone().filter(|before| before.value == now).unwrap_or_else(|| Given::typed(now)))
        }
        Settings {
            server: kept(&self.server, values.server),
            port: kept(&self.port, values.port),
            security: kept(&self.security, values.security),
            user: kept(&self.user, values.user),
        }
    }

    /// The settings of `self`, completed by those of `others`.
    pub fn or(self, others: Settings) -> Self {
        Settings {
            server: self.server.or(others.server),
            port: self.port.or(others.port),
            security: self.security.or(others.security),
            user: self.user.or(others.user),
        }
    }

    /// The outgoing server that is meant.
    pub fn server(&self) -> Option<&str> {
        self.server.as_ref().map(|given| given.value.host())
    }

    /// The outgoing server as it is written, if no host can have that name.
    pub fn miswritten(&self) -> Option<&Server> {
        self.server.as_ref().map(|given| &given.value).filter(|server| server.cannot_exist())
    }

    /// Its port; without one of its own, that behind the server's name.
    pub fn port(&self) -> Option<u16> {
        let own = self.port.as_ref().map(|given| given.value);
        own.or_else(|| self.server.as_ref()?.value.port())
    }

    /// The encryption.
    pub fn security(&self) -> Option<Security> {
        self.security.as_ref().map(|given| given.value)
    }

    /// The log-in name.
    pub fn user(&self) -> Option<&str> {
        self.user.as_ref().map(|given| given.value.as_str())
    }

    /// The mail program that has stored port and encryption, or else the server.
    pub fn program(&self) -> Option<&str> {
        fn of<T>(given: &Option<Given<T>>) -> Option<&str> {
            match &given.as_ref()?.from {
                Origin::Stored { program, .. } => Some(program),
                Origin::Typed => None,
            }
        }
        let is_typed = |origin: Option<&Origin>| origin == Some(&Origin::Typed);
        let port = self.port.as_ref().map(|given| &given.from);
        let security = self.security.as_ref().map(|given| &given.from);
        if is_typed(port) || is_typed(security) {
            return None;
        }
        of(&self.port).or_else(|| of(&self.security)).or_else(|| of(&self.server))
    }

    /// Whether it is known where the mail program sends; its log-in name alone does not tell that.
    pub fn are_read(&self) -> bool {
        self.server.is_some() || self.port.is_some() || self.security.is_some()
    }

    /// The values alone.
    pub fn values(&self) -> Values {
        Values {
            server: self.server.as_ref().map(|given| given.value.clone()),
            port: self.port.as_ref().map(|given| given.value),
            security: self.security(),
            user: self.user().map(str::to_owned),
        }
    }

    /// Where the values come from; `None` if all of them were typed.
    pub fn origins(&self) -> Option<Origins> {
        fn of<T>(given: &Option<Given<T>>) -> Option<Origin> {
            given.as_ref().map(|given| given.from.clone())
        }
        let origins = Origins {
            server: of(&self.server),
            port: of(&self.port),
            security: of(&self.security),
            user: of(&self.user),
        };
        let all = [&origins.server, &origins.port, &origins.security, &origins.user];
        let is_all_typed = all.into_iter().flatten().all(|origin| *origin == Origin::Typed);
        (!is_all_typed).then_some(origins)
    }

    /// Where server, port and encryption come from, in words: "as typed", "as stored in Thunderbird", "port as typed,
    /// the rest assumed".
    pub fn origin_in_words(&self) -> String {
        fn says<T>(given: &Option<Given<T>>) -> Option<String> {
            Some(match &given.as_ref()?.from {
                Origin::Typed => "as typed".to_owned(),
                Origin::Stored { program, .. } => format!("as stored in {program}"),
            })
        }
        let parts = [("server", says(&self.server)), ("port", says(&self.port)), ("encryption", says(&self.security))];
        if !self.are_read() {
            return "nothing was typed; the provider's are used".to_owned();
        }
        if let (Some(first), true) = (&parts[0].1, parts.iter().all(|(_, says)| *says == parts[0].1)) {
            return first.clone();
        }
        let mut ways: Vec<(String, Vec<&str>)> = Vec::new();
        for (part, says) in parts {
            let says = says.unwrap_or_else(|| "assumed".to_owned());
            match ways.iter_mut().find(|(known, _)| *known == says) {
                Some((_, parts)) => parts.push(part),
                None => ways.push((says, vec![part])),
            }
        }
        ways.iter().map(|(says, parts)| format!("{} {says}", parts.join(" and "))).collect::<Vec<_>>().join(", ")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn stored<T>(value: T) -> Given<T> {
        let from = Origin::Stored { program: "Thunderbird".to_owned(), place: "~/.thunderbird/a/prefs.js".to_owned() };
        Given { value, from }
    }

    #[test]
    fn words_for_where_they_come_from() {
        let mut settings = Settings::default();
        assert_eq!(settings.origin_in_words(), "nothing was typed; the provider's are used");
        settings.port = Some(Given::typed(465));
        assert_eq!(settings.origin_in_words(), "server and encryption assumed, port as typed");
        settings.server = Some(stored("smtp.example.com".to_owned().into()));
        settings.security = Some(stored(Security::Implicit));
        assert_eq!(settings.origin_in_words(), "server and encryption as stored in Thunderbird, port as typed");
        settings.port = Some(stored(465));
        assert_eq!(settings.origin_in_words(), "as stored in Thunderbird");
        settings = settings.edited(Values { server: None, ..settings.values() });
        assert_eq!(settings.origin_in_words(), "server assumed, port and encryption as stored in Thunderbird");
    }

    #[test]
    fn what_was_edited_was_typed() {
        let before = Settings {
            server: Some(stored("a.example".to_owned().into())),
            port: Some(stored(25)),
            ..Settings::default()
        };
        let after = before.edited(Values { port: Some(587), ..before.values() });
        assert_eq!(after.server, before.server);
        assert_eq!(after.port, Some(Given::typed(587)));
    }

    #[test]
    fn what_was_typed_is_written_as_the_value_alone() {
        let settings =
            Settings { port: Some(Given::typed(587)), user: Some(stored("anna".to_owned())), ..Settings::default() };
        let text = serde_json::to_string(&settings).unwrap();
        assert!(text.starts_with("{\"port\":587,\"user\":{\"value\":\"anna\",\"from\":{\"stored\""), "{text}");
        assert_eq!(serde_json::from_str::<Settings>(&text).unwrap(), settings);
        assert_eq!(Settings::new(settings.values(), settings.origins().unwrap()), settings);
    }
}
