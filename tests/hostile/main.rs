//! Servers that are malicious, or broken beyond recognition: mail servers at each step of each protocol, handshakes,
//! certificates, DNS servers, web servers. Each ends in time, in little memory, and in a cause that accuses nobody of what
//! was not seen; nothing in the report holds the password. A behaviour is a row; DNS servers, on real sockets, are in
//! `names`.

#![allow(clippy::unwrap_used, clippy::panic, clippy::print_stdout, reason = "in a test a panic is the answer")]

#[path = "../lab/mod.rs"]
mod lab;

mod certificates;
mod dialogues;
mod exchange;
mod handshakes;
mod manners;
mod names;
mod pages;
mod server;
mod streams;
mod suite;
mod surroundings;

#[test]
fn nobody_is_accused_of_what_was_not_seen() {
    let rows = [
        dialogues::cases(),
        manners::cases(),
        handshakes::cases(),
        certificates::cases(),
        streams::cases(),
        pages::cases(),
        exchange::cases(),
        surroundings::cases(),
    ];
    suite::hold(rows.into_iter().flatten().collect());
}
