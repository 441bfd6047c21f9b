//! Do server, port and encryption match the provider's? Compares what is known, without the network.

use super::discovery;
use crate::account::{Fit, MeasuredOn, Security, outlook, spelling};
use crate::check::engine::{Check, How, Need, always};
use crate::check::{Ctx, Group, Notebook, Verdict};
use crate::facts::keys::settings as keys;
use crate::facts::words::ServerFit;
use crate::text::{Text, visible_str};

pub(crate) static CHECK: Check = Check {
    kind: "settings",
    group: Group::Settings,
    question: "Do server, port and encryption match the provider's?",
    when: always,
    needs: |_| vec![Need::After(discovery::CHECK.id())],
    facts: keys::ALL,
    how: How::After(|ctx, book| Box::pin(run(ctx, book))),
};

async fn run(ctx: &Ctx, book: &mut Notebook) -> Verdict {
    let wanted = ctx.wanted();
    let now = &ctx.account.settings;
    let fits = ctx.account.compare(wanted);
    let of_provider = wanted.into_iter().flat_map(|wanted| &wanted.choices).map(|choice| choice.host.as_str());
    let misspelt = now.server().and_then(|typed| {
        let known = spelling::host_meant(typed).or(spelling::domain_of(typed, of_provider));
        known.map(str::to_owned).or_else(|| spelling::label_meant(typed))
    });
    if let Some(fit) = misspelt.as_ref().map(|_| ServerFit::Misspelt).or(fits.server.map(ServerFit::from)) {
        book.note(keys::SERVER, fit);
    }
    for (key, fit) in [(keys::PORT, fits.port), (keys::SECURITY, fits.security), (keys::USER, fits.user)] {
        if let Some(fit) = fit {
            book.note(key, fit);
        }
    }
    write_down(ctx, book);
    outlook_here(ctx, book);
    let of_domain = || spelling::domain_meant(ctx.account.address.domain());
    let known = || now.server().and_then(spelling::host_today).or_else(of_domain).map(str::to_owned);
    let meant = misspelt.or_else(known);
    if let Some(meant) = &meant {
        book.note(keys::SUGGESTION, meant.clone());
    }
    let server = now.server.as_ref().map(|given| &given.value);
    if let Some((server, says)) = server.and_then(|server| Some((server, server.says()?))) {
        book.note(keys::WRITTEN, visible_str(server.written()));
        book.note(keys::FLAWS, server.flaws().iter().map(|flaw| flaw.word().to_owned()).collect::<Vec<_>>());
        return Verdict::warn(
            Text::new().say("the server's name \"").host(visible_str(server.written())).say(format!("\" {says}")),
        );
    }
    if let Some(meant) = meant {
        return Verdict::warn(Text::new().say("did somebody mean ").host(meant).say("?"));
    }
    let parts = [("server", fits.server), ("port", fits.port), ("encryption", fits.security), ("user name", fits.user)];
    let differing: Vec<&str> =
        parts.iter().filter(|(_, fit)| *fit == Some(Fit::Differs)).map(|(part, _)| *part).collect();
    if differing.is_empty() {
        let is_read = parts.iter().any(|(_, fit)| *fit != Some(Fit::NotTyped));
        return match (is_read, wanted.is_some_and(|wanted| wanted.is_known())) {
            (true, true) => Verdict::pass("they match the provider's"),
            (false, true) => {
                Verdict::pass("judged by the provider's settings; the mail program's own were not entered")
            }
            _ => Verdict::unknown("this provider's settings are not known"),
        };
    }
    match contrast(ctx, &differing) {
        Some(contrast) => Verdict::warn(contrast),
        None => Verdict::warn(format!("different from the provider's: {}", differing.join(", "))),
    }
}

/// What a mail program has stored, and what the provider wants in its place.
fn contrast(ctx: &Ctx, differing: &[&str]) -> Option<Text> {
    let now = &ctx.account.settings;
    let program = now.program()?;
    let choice = ctx.wanted()?.choices.first()?;
    if differing.iter().all(|part| *part == "user name") {
        return None;
    }
    let names_server = differing.contains(&"server");
    let way = |text: Text, host: &str, port: Option<u16>, security: Option<Security>| {
        let text = if names_server { text.host(host).say(", ") } else { text };
        let port = port.map(|port| format!("port {port}"));
        let security = security.map(|security| security.says().to_owned());
        text.say(port.into_iter().chain(security).collect::<Vec<_>>().join(", "))
    };
    let text = Text::new().say(program).say(" has ");
    let text = way(text, now.server().unwrap_or_default(), now.port(), now.security()).say("; the provider's: ");
    Some(way(text, &choice.host, Some(choice.port), Some(choice.security)))
}

/// Which Outlook is on this computer, if it is the one that sends.
fn outlook_here(ctx: &Ctx, book: &mut Notebook) {
    if ctx.account.measured_on != MeasuredOn::ThisMachine {
        return;
    }
    let registry = ctx.machine.registry();
    let Some(installed) = outlook::installed(registry) else { return };
    let is_new = outlook::is_new(registry);
    book.saw(
        "installed here",
        format!("{}{}", installed.name, if is_new { "; the new Outlook is switched on" } else { "" }),
    );
    book.note(keys::OUTLOOK, installed.name);
    book.note(keys::NEW_OUTLOOK, is_new);
}

/// What is judged, and what the provider wants, as evidence.
fn write_down(ctx: &Ctx, book: &mut Notebook) {
    if let Some(case) = ctx.case() {
        let way = &case.in_use;
        let detail = Text::new().host(&way.host).say(format!(", port {}, {}", way.port, way.security.says()));
        book.saw("judged", detail.say(format!(" ({})", ctx.account.settings.origin_in_words())));
    }
    for choice in ctx.wanted().into_iter().flat_map(|wanted| &wanted.choices) {
        let detail = Text::new().host(&choice.host);
        book.saw("wanted", detail.say(format!(", port {}, {}", choice.port, choice.security.says())));
    }
}
