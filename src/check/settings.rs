//! Are server, port and encryption what the provider wants? A comparison of what is known, without the network.

use super::{Ctx, Finding, Head, Notebook};
use crate::account::{Fit, spelling};
use crate::text::Text;

pub(super) async fn run(ctx: &Ctx, head: &Head) -> Finding {
    let mut book = Notebook::new(ctx, head);
    let wanted = ctx.wanted();
    let typed = &ctx.account.settings;
    let fits = ctx.account.compare(wanted.as_ref());
    let parts = [("server", fits.server), ("port", fits.port), ("security", fits.security), ("user", fits.user)];
    let misspelt = typed.server.as_deref().and_then(spelling::host_meant);
    for (part, fit) in parts {
        match fit.word() {
            _ if part == "server" && misspelt.is_some() => book.fact(part, "misspelt"),
            Some(word) => book.fact(part, word),
            None => {}
        }
    }
    if let Some(in_use) = ctx.in_use() {
        let detail = Text::new().host(&in_use.host).say(format!(", port {}, {}", in_use.port, in_use.security.says()));
        book.saw(
            "judged",
            detail.say(if typed.server.is_some() || typed.port.is_some() { " (as typed)" } else { " (nothing typed)" }),
        );
    }
    for choice in wanted.iter().flat_map(|wanted| &wanted.choices) {
        book.saw(
            "wanted",
            Text::new().host(&choice.host).say(format!(", port {}, {}", choice.port, choice.security.says())),
        );
    }
    let retired = || typed.server.as_deref().and_then(spelling::host_today);
    let meant = misspelt.or_else(retired).or_else(|| spelling::domain_meant(ctx.account.address.domain()));
    if let Some(meant) = meant {
        book.fact("suggestion", meant);
        return book.warn(format!("did somebody mean {meant}?"));
    }
    let differing: Vec<&str> = parts.iter().filter(|(_, fit)| *fit == Fit::Differs).map(|(part, _)| *part).collect();
    if differing.is_empty() {
        let is_typed = parts.iter().any(|(_, fit)| *fit != Fit::NotTyped);
        return match (is_typed, wanted.is_some_and(|wanted| wanted.is_known())) {
            (true, true) => book.pass("as the provider wants"),
            (false, true) => book.pass("the provider's own are judged; the mail program's were not compared"),
            _ => book.unknown("nobody says what this provider wants"),
        };
    }
    let names = differing.join(", ").replace("security", "encryption").replace("user", "user name");
    book.warn(format!("not what the provider wants: {names}"))
}
