//! A web server's answer, and its header lines.
#![no_main]

use libfuzzer_sys::fuzz_target;
use mailtriage::facts::cdns;
use mailtriage::machine::Trust;
use mailtriage::probe::http;
use mailtriage::probe::secure::Library;
use mailtriage_fuzz::{Net, Server, assert_visible, run};
use std::time::Duration;
use url::Url;

const LIMIT: Duration = Duration::from_secs(5);

fuzz_target!(|input: &[u8]| {
    let url = Url::parse("http://192.0.2.1/page").expect("an address of ours");
    run(async {
        let library = Library::new(Trust::default());
        match http::fetch(&Net(input), &library, &url, LIMIT).await {
            Ok(answer) => {
                assert!(answer.body.len() <= 300 * 1024);
                [answer.location, answer.date].iter().flatten().for_each(|text| assert_visible("a header", text));
            }
            Err(why) => assert_visible("why not", &why.says().text),
        }
        let lines = http::headers(Server::new(input).stream(), "example.com", LIMIT).await;
        let _ = cdns::of_headers(&lines);
    });
});
