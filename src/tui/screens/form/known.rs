//! What is known about the account from its address alone: by a mail program's store, or by the provider table.

use crate::account::address::bare;
use crate::account::stored::StoredAccount;
use crate::account::{Address, Wanted, spelling};

/// What a mail program has stored.
pub(super) fn told(stored: &StoredAccount) -> String {
    format!("{} has {}: used where nothing is typed below.", stored.program, stored.way())
}

/// What the provider table knows about an address, as far as it has been typed.
pub(super) fn provider(address: &str) -> String {
    let Some((_, domain)) = bare(address).rsplit_once('@') else { return String::new() };
    let domain = domain.to_lowercase();
    if let Some(meant) = spelling::domain_meant(&domain) {
        return format!("Did you mean {meant}?");
    }
    let Ok(address) = Address::parse(&format!("x@{domain}")) else { return String::new() };
    match Wanted::from_table(&address) {
        Some(wanted) => {
            let name = wanted.provider().map_or("", |row| &row.name);
            let ways: Vec<String> = wanted
                .choices
                .iter()
                .take(2)
                .map(|choice| format!("{} with {}", choice.port, choice.security.says()))
                .collect();
            match wanted.choices.first() {
                Some(choice) => format!("{name}. Its settings: {}, {}.", choice.host, ways.join(" or ")),
                None => format!("{name}. It does not let mail programs send."),
            }
        }
        None if domain.contains('.') => {
            "Not in the table: its settings are looked up when the checks start.".to_owned()
        }
        None => String::new(),
    }
}
