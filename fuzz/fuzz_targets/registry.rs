//! A Windows registry, as regedit exports it: Outlook's accounts in it, which Outlook it is, the rules of the firewall.
#![no_main]

use libfuzzer_sys::fuzz_target;
use mailtriage::account::{outlook, stored::look};
use mailtriage::machine::recorded::Recorded;
use mailtriage::machine::{firewall, security_center, tls_policy};
use mailtriage_fuzz::{Windows, assert_visible, run};

fuzz_target!(|input: &[u8]| {
    let Ok(registry) = Recorded::parse(&String::from_utf8_lossy(input)) else { return };
    let mut texts: Vec<String> = outlook::installed(&registry).into_iter().map(|outlook| outlook.name).collect();
    texts.extend(firewall::rules_against(&registry, "outlook.exe", 587).into_iter().flatten());
    security_center::products(&registry, &["a.exe".to_owned()]);
    tls_policy(&registry);
    let found = run(look(&Windows(registry), None));
    texts.extend(found.accounts.iter().map(|account| account.line() + &account.place).chain(found.skipped));
    for text in &texts {
        assert_visible("what is in the registry", text);
    }
});
