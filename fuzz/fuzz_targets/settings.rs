//! What people type: an address, a server, and what they may have meant.
#![no_main]

use libfuzzer_sys::fuzz_target;
use mailtriage::account::{Address, Server, Wanted, provider, spelling};
use mailtriage_fuzz::assert_visible;

fuzz_target!(|input: &str| {
    if let Ok(address) = Address::parse(input) {
        assert_visible("the address", &address.to_string());
        let _ = (address.ascii(), Wanted::from_table(&address), Address::of_report(input));
        let _ = spelling::domain_meant(address.domain());
    }
    let _ = Address::of_report(input);
    if let Ok(server) = Server::parse(input) {
        assert_visible("the server's name", server.host());
        let _ = (server.port(), server.cannot_exist(), server.flaws());
        server.says().iter().for_each(|says| assert_visible("what is wrong with it", says));
        let host = server.host();
        let _ =
            (spelling::host_meant(host), spelling::host_today(host), provider::of_host(host), provider::of_mx(host));
    }
});
