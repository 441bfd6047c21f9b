//! One file of a mail program that somebody hands over: from another computer, from a backup, or from where this program may
//! not look. What kind it is, its name tells; what is in it, the program's own parser knows.

use super::{
    Found, apple_mail, apple_profile, claws, geary, live_mail, msmtp, mutt, outlook, read_file, shown, thunderbird,
};
use crate::machine::Machine;
use crate::text::decoded;
use std::path::Path;
use zeroize::Zeroizing;

/// Whether a parser wants bytes or text; it is told, too, how the file is shown.
enum Kind {
    Bytes(fn(&[u8], &str) -> Found),
    Text(fn(&str, &str) -> Found),
}

/// The ends of the files' names, in small letters.
const KINDS: [(&str, Kind); 10] = [
    ("prefs.js", Kind::Text(thunderbird::parse)),
    (".reg", Kind::Text(outlook::exported)),
    (".mobileconfig", Kind::Bytes(apple_profile::parse)),
    (".plist", Kind::Bytes(apple_mail::parse)),
    (".oeaccount", Kind::Text(live_mail::parse)),
    ("geary.ini", Kind::Text(geary::parse)),
    ("accountrc", Kind::Text(claws::parse)),
    ("msmtprc", Kind::Text(msmtp::parse)),
    ("msmtprc.txt", Kind::Text(msmtp::parse)),
    ("muttrc", Kind::Text(mutt::parse)),
];

/// The largest that any of these programs writes: Thunderbird's.
const MOST_BYTES: u64 = 10 * 1024 * 1024;

/// Reads the accounts in a file.
///
/// # Errors
/// It cannot be read, or its name is not that of a known kind: a message for people.
pub async fn read(machine: &dyn Machine, path: &Path) -> Result<Found, String> {
    let name = path.file_name().map(|name| name.to_string_lossy().to_lowercase()).unwrap_or_default();
    let kind = KINDS.iter().find(|(end, _)| name.ends_with(end)).map(|(_, kind)| kind);
    let kind = kind.ok_or_else(|| {
        let ends: Vec<&str> = KINDS.iter().map(|(end, _)| *end).collect();
        format!("its name must end like those that mail programs write: {}", ends.join(", "))
    })?;
    let bytes = read_file(machine, path, MOST_BYTES).await?.ok_or("there is no such file")?;
    let place = shown(machine, path);
    Ok(match kind {
        Kind::Bytes(parse) => parse(&bytes, &place),
        Kind::Text(parse) => parse(&Zeroizing::new(decoded(&bytes)), &place),
    })
}
