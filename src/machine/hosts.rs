//! The hosts file: where it is, and its entries.

use super::files;
use std::net::IpAddr;
use std::path::Path;

/// Blocklists of half a million names have about 15 MiB; a longer file is taken for none.
const MOST_BYTES: u64 = 32 * 1024 * 1024;

/// The address that the hosts file gives for a name.
pub(super) fn address_of(name: &str) -> Option<IpAddr> {
    let path = match std::env::var("SystemRoot") {
        Ok(root) if cfg!(windows) => format!("{root}\\System32\\drivers\\etc\\hosts"),
        _ => "/etc/hosts".to_owned(),
    };
    let text = files::read(Path::new(&path), MOST_BYTES).ok()?;
    let lines = entries(&String::from_utf8_lossy(&text));
    lines.into_iter().find(|(_, listed)| listed.eq_ignore_ascii_case(name)).map(|(addr, _)| addr)
}

/// The entries of a hosts file (hosts(5)); blocklists with many thousands of lines are read as well.
pub fn entries(text: &str) -> Vec<(IpAddr, String)> {
    let lines = text.lines().map(|line| line.split('#').next().unwrap_or_default());
    let entries = lines.flat_map(|line| {
        let mut words = line.split_whitespace();
        let addr = words.next().and_then(|addr| addr.parse::<IpAddr>().ok());
        words.filter_map(move |name| Some((addr?, name.to_ascii_lowercase())))
    });
    entries.take(200_000).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hosts_files() {
        let read =
            entries("127.0.0.1 localhost\n# 10.0.0.1 off.example\n10.9.9.9\tSMTP.example.com mail # old\nnonsense\n");
        let names: Vec<&str> = read.iter().map(|(_, name)| name.as_str()).collect();
        assert_eq!(names, ["localhost", "smtp.example.com", "mail"]);
    }
}
