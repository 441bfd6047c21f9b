//! Every table that is asked with words from outside: issuers, programs, lines, firmware, headers, systems, errors.
#![no_main]

use libfuzzer_sys::fuzz_target;
use mailtriage::account::{client, provider, spelling};
use mailtriage::facts::replies::{self, Phase};
use mailtriage::facts::{cdns, hosters, interceptors, isps, outlook_errors, program_errors, stacks};

fuzz_target!(|input: &str| {
    let _ = (interceptors::of_issuer(input), interceptors::of_program(input), isps::of_line(input));
    let lines: Vec<String> = input.lines().map(str::to_owned).collect();
    let _ = (hosters::of_firmware(&lines), cdns::of_headers(&lines), stacks::of_system(input));
    let _ = (outlook_errors::in_text(input), program_errors::in_text(input));
    let _ = (provider::of_domain(input), provider::of_mx(input), provider::of_host(input), client::named(input));
    let _ = (spelling::domain_meant(input), spelling::host_meant(input), spelling::host_today(input));
    for phase in [Phase::Banner, Phase::Ehlo, Phase::Starttls, Phase::Auth, Phase::Mail, Phase::Rcpt, Phase::Data] {
        let _ = replies::meaning(phase, &mailtriage::text::one_line(input), input);
    }
});
