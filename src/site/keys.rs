//! The keys of a site file: a table, from which the commented file is written and a wrong key is answered. They have the
//! names of the options of the command line that say the same.

use crate::text::nearest_name;
use std::fmt::Write;

/// A key.
pub struct Key {
    /// Its name.
    pub name: &'static str,
    /// An example of its value, in TOML.
    example: &'static str,
    /// What it says.
    says: &'static str,
}

/// Whose file it is.
pub const NAME: &str = "name";
/// Whom to call.
pub const CONTACT: &str = "contact";
/// DNS servers to compare with.
pub const RESOLVER: &str = "resolver";
/// Servers to compare with.
pub const REFERENCE_HOST: &str = "reference-host";
/// No server to compare with.
pub const NO_REFERENCES: &str = "no-references";
/// Pages that show portals.
pub const CONNECTIVITY_URL: &str = "connectivity-url";
/// Certificates to trust.
pub const CA_FILE: &str = "ca-file";
/// Own pages.
pub const GUIDE: &str = "guide";
/// The time limit for a connection.
pub const TIMEOUT: &str = "timeout";
/// The time limit for a run.
pub const DEADLINE: &str = "deadline";
/// Signed tables of providers.
pub const TABLES: &str = "tables";
/// The key that they are signed with.
pub const TABLES_KEY: &str = "tables-key";
/// Rows of providers.
pub const PROVIDER: &str = "provider";

/// All keys, in the order of the file. In TOML, tables come last.
pub const KEYS: [Key; 13] = [
    Key { name: NAME, example: "\"Example Ltd\"", says: "Whose file this is; shown in the report." },
    Key {
        name: CONTACT,
        example: "[\"Helpdesk: +44 20 7946 0000\", \"helpdesk@example.com\"]",
        says: "Who to call, one line each; shown with the result.",
    },
    Key {
        name: RESOLVER,
        example: "[\"192.0.2.53\"]",
        says: "DNS servers to compare with the computer's own, instead of 1.1.1.1 and 9.9.9.9.",
    },
    Key {
        name: REFERENCE_HOST,
        example: "[\"smtp.example.net:587\", \"192.0.2.10\"]",
        says: "Other companies' servers to compare with, instead of the built-in ones.",
    },
    Key { name: NO_REFERENCES, example: "true", says: "Does not compare with other companies' servers at all." },
    Key {
        name: CONNECTIVITY_URL,
        example: "[\"http://www.msftconnecttest.com/connecttest.txt\"]",
        says: "Pages that show whether there is a sign-in page (portal).",
    },
    Key {
        name: CA_FILE,
        example: "[\"company-roots.pem\"]",
        says: "The company's own root certificates: PEM files, relative to the folder of this file.",
    },
    Key { name: GUIDE, example: "\"pages\"", says: "The folder of the company's own pages of the guide." },
    Key { name: TIMEOUT, example: "5", says: "The time limit for one connection, in seconds." },
    Key { name: DEADLINE, example: "45", says: "The time limit for a whole run, in seconds." },
    Key {
        name: TABLES,
        example: "[\"providers.toml\"]",
        says: "Tables of providers that are updated separately from this file. Each needs its signature in a file next to it\n\
               # (providers.toml.minisig), made by `minisign -S -m providers.toml`.",
    },
    Key { name: TABLES_KEY, example: "\"RWQ...\"", says: "The public key for that: the second line of minisign.pub." },
    Key {
        name: PROVIDER,
        example: "\n# id = \"example\"\n# name = \"Example Ltd\"\n# domains = [\"example.com\"]\n# servers = [\n\
                  #   { host = \"smtp.example.com\", port = 587, security = \"starttls\", auth = [\"password\"] },\n# ]",
        says: "Providers, one table each, before the built-in ones. The keys of a row: docs/providers.md.",
    },
];

/// A file with every key, commented out.
pub fn commented() -> String {
    let mut out = String::from(
        "# mailtriage's site file: what a company says about its own mail and network. Remove the # from a line to use it.\n\
         # `mailtriage site --check` says what is wrong, with the line; `mailtriage site` what is in use.\n",
    );
    for Key { name, example, says } in &KEYS {
        let _ = match *name {
            PROVIDER => writeln!(out, "\n# {says}\n# [[{name}]]{example}"),
            _ => writeln!(out, "\n# {says}\n# {name} = {example}"),
        };
    }
    out
}

/// What to say about a key that there is not.
pub(super) fn unknown(name: &str) -> String {
    match nearest_name(name, KEYS.iter().map(|key| key.name)) {
        Some(near) => format!("there is no such key; did you mean {near}?"),
        None => format!("there is no such key; there are {}", KEYS.map(|key| key.name).join(", ")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::site::parse;
    use std::path::Path;

    #[test]
    fn what_is_written_commented_out_can_be_read() {
        let text = commented();
        assert!(parse(&text, Path::new("site.toml")).unwrap().said.is_empty());
        // Uncommented it says what it can, as far as it needs no other files.
        let needs_files = [CA_FILE, GUIDE, TABLES, NO_REFERENCES];
        let mut uncommented = String::new();
        for line in text.lines().filter_map(|line| line.strip_prefix("# ")) {
            let key = line.split([' ', '=']).next().unwrap_or_default();
            let is_code = line.contains(" = ") || line.starts_with(['[', ']', ' ']);
            if is_code && !needs_files.iter().any(|name| key.starts_with(name)) {
                uncommented.push_str(line);
                uncommented.push('\n');
            }
        }
        let site =
            parse(&uncommented, Path::new("site.toml")).unwrap_or_else(|wrong| panic!("{wrong:?}\n{uncommented}"));
        assert_eq!(site.said.len(), KEYS.len() - needs_files.len() - 1);
        assert_eq!(site.providers[0].domains, ["example.com"]);
    }

    #[test]
    fn a_wrong_key_is_answered_with_the_right_one() {
        assert!(unknown("resolvers").ends_with("did you mean resolver?"));
        assert!(unknown("weather").contains("there are name, contact"));
    }
}
