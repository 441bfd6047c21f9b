//! The autoconfig file of a domain.
#![no_main]

use libfuzzer_sys::fuzz_target;
use mailtriage::account::{Address, autoconfig};
use mailtriage_fuzz::assert_visible;

fuzz_target!(|input: &[u8]| {
    let address = Address::parse("anna@example.com").expect("an address of ours");
    let choices = autoconfig::read(&String::from_utf8_lossy(input), &address).unwrap_or_default();
    assert!(choices.len() <= 8);
    for choice in choices {
        assert!(choice.port != 0 && !choice.host.is_empty());
        assert_visible("a choice", &choice.host);
        choice.auth.iter().for_each(|auth| assert_visible("a choice", auth));
    }
});
