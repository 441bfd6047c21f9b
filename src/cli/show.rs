//! What can be looked up without a run: the schema, the providers, completions and the manual page. The guide is in
//! `guide`.

use super::Stop;
use super::output::print;
use crate::account::provider::{self, Passwords, Provider};
use std::fmt::Write;

/// Prints the report's JSON Schema.
pub(super) fn schema() -> Result<u8, Stop> {
    print(crate::report::schema::text()).map(|()| 0)
}

/// Prints what the table knows about providers.
pub(super) fn providers(query: Option<&str>) -> Result<u8, Stop> {
    let query = query.unwrap_or_default().trim().to_lowercase();
    let domain = query.rsplit('@').next().unwrap_or_default();
    let found: Vec<&Provider> = match provider::of_domain(domain) {
        Some(row) => vec![row],
        None => provider::all().iter().filter(|row| fits(row, &query)).collect(),
    };
    if found.is_empty() {
        return Err(Stop::Usage(format!("no provider in the table matches \"{query}\"")));
    }
    let mut out = String::new();
    if query.is_empty() {
        for row in found {
            let _ = writeln!(out, "{:<24} {}", row.id, row.name);
        }
    } else {
        for row in found {
            describe(&mut out, row);
        }
    }
    print(&out).map(|()| 0)
}

fn fits(row: &Provider, query: &str) -> bool {
    let hosts = row.servers.iter().map(|choice| choice.host.as_str()).chain(row.old_hosts.iter().map(String::as_str));
    row.id.contains(query)
        || row.name.to_lowercase().contains(query)
        || row.domains.iter().any(|domain| domain.contains(query))
        || hosts.into_iter().any(|host| host.contains(query))
}

fn describe(out: &mut String, row: &Provider) {
    let _ = writeln!(out, "{} ({})", row.name, row.id);
    for choice in &row.servers {
        let _ = writeln!(
            out,
            "  {} port {} {} ({})",
            choice.host,
            choice.port,
            choice.security.says(),
            choice.auth.join(", ")
        );
    }
    if !row.smtp {
        let _ = writeln!(out, "  does not let mail programs send");
    }
    let passwords = match row.passwords {
        Passwords::Account => "the mailbox's password",
        Passwords::AppOnly => "an app password; the mailbox's own is refused",
        Passwords::None => "none: sign-in on the provider's page (OAuth) only",
    };
    let _ = writeln!(out, "  password: {passwords}");
    if let Some(oauth) = &row.oauth {
        let _ = writeln!(out, "  sign-in: at {}, for the scope {}", oauth.issuer, oauth.scope);
    }
    for (label, text) in [("switch on first", &row.switch), ("note", &row.note), ("help", &row.help)] {
        if let Some(text) = text {
            let _ = writeln!(out, "  {label}: {text}");
        }
    }
    if !row.domains.is_empty() {
        let _ = writeln!(out, "  domains: {}", row.domains.join(" "));
    }
    out.push('\n');
}

/// Prints completions for a shell.
pub(super) fn completions(shell: clap_complete::Shell) -> Result<u8, Stop> {
    let mut out = Vec::new();
    clap_complete::generate(shell, &mut super::command(), "mailtriage", &mut out);
    print(&String::from_utf8_lossy(&out)).map(|()| 0)
}

/// Prints the manual page.
pub(super) fn man() -> Result<u8, Stop> {
    let mut out = Vec::new();
    clap_mangen::Man::new(super::command()).render(&mut out).map_err(|error| error.to_string())?;
    print(&String::from_utf8_lossy(&out)).map(|()| 0)
}
