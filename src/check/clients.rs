//! Which mail programs can encrypt with this server? No packet is sent: what the port in use was seen to accept, against
//! what the programs of each age can use. And what this computer's own TLS library offers, seen in its own ClientHello.

use super::{Ctx, Finding, Head, Notebook};
use crate::account::MeasuredOn;
use crate::facts::stacks::{self, Fit, Lacks, Offer, Stack};
use crate::probe::hello::Version;
use crate::probe::secure;

pub(super) async fn run(ctx: &Ctx, head: &Head) -> Finding {
    let mut book = Notebook::new(ctx, head);
    let Some(in_use) = ctx.in_use() else { return book.skipped("no server") };
    let local = ctx.net.local();
    let here = (ctx.account.measured_on == MeasuredOn::ThisMachine).then(|| stacks::of_system(&local.os)).flatten();
    let policy = |row: &Stack| if is_row(here, row) { row.with_policy(&local.tls_policy) } else { row.clone() };
    // The rows that the named program can be in; on the computer that sends, the system is known.
    let client = ctx.account.client();
    let rows = stacks::all().iter().filter(|row| client.is_some_and(|client| row.is_of(&client.id)));
    let rows: Vec<&Stack> = rows.collect();
    let rows = match here {
        Some(here) if rows.iter().any(|row| is_row(Some(here), row)) => vec![here],
        _ => rows,
    };
    // A policy that switches something off is looked at when all is known.
    let switched_off = here.is_some() && local.tls_policy.iter().any(|(_, on)| !on);
    if !rows.is_empty() && !switched_off {
        // Told at once: what they can use as delivered may settle it before all versions are asked.
        book.fact("systems", rows.iter().map(|row| row.name.clone()).collect::<Vec<_>>());
    }
    let id = format!("tls.{}", in_use.port);
    ctx.board.wait_for(&id).await;
    let tls = ctx.board.finding(&id);
    let fact = |key: &str| tls.as_ref().and_then(|finding| finding.facts.get(key)?.text());
    let with = |state: &str| {
        let all = Version::ALL.iter().map(|version| version.word().to_owned());
        all.filter(|word| fact(word).as_deref() == Some(state)).collect::<Vec<_>>()
    };
    let accepted = with("accepted");
    if accepted.is_empty() {
        return book.skipped("no TLS version could be established");
    }
    let older_suites = fact("older-suites").and_then(|word| match word.as_str() {
        "accepted" => Some(true),
        "rejected" => Some(false),
        _ => None,
    });
    let offer = Offer { accepted, rejected: with("rejected"), older_suites };
    if let Some(best) = secure::offers(&ctx.tls).await.last() {
        book.saw("this program's own connections", format!("by {}, at best {best}", crate::net::tls_library()));
    }
    let mut cannot: Vec<&str> = Vec::new();
    let mut unsure = false;
    for row in stacks::all() {
        let changed = policy(row);
        let fit = changed.fit(&offer);
        unsure |= fit == Fit::Unknown;
        if fit.is_no() {
            cannot.push(&row.name);
        }
        let programs = row.programs();
        let what =
            if row.name.starts_with(&programs) { row.name.clone() } else { format!("{} ({programs})", row.name) };
        book.saw(what, says(&changed, &fit));
    }
    book.fact("cannot", cannot.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>());
    let Some(client) = client.filter(|_| !rows.is_empty()) else {
        return match cannot.is_empty() {
            true if unsure => book.pass("every mail program of which it is known"),
            true => book.pass("every mail program of the last fifteen years"),
            false => book.pass(format!("all but those on {}", cannot.join("; "))),
        };
    };
    let fits: Vec<Fit> = rows.iter().map(|row| policy(row).fit(&offer)).collect();
    let name = client.name.trim_end_matches(" (Windows)");
    if fits.iter().all(Fit::is_no) {
        // The newest system that the program can be on says what would help.
        let last = fits.len() - 1;
        let row = policy(rows[last]);
        book.fact("can", false);
        book.fact("remedy", row.remedy(&fits[last]).as_str());
        let on = if is_row(here, &row) { format!(" on {}", row.name) } else { String::new() };
        return book.fail(format!("{name}{on} cannot: {}", says(&row, &fits[last])));
    }
    if !fits.iter().any(|fit| matches!(fit, Fit::Fits(_))) {
        return book.unknown(format!(
            "whether {name} can is not known: not everything was asked, or it depends on the release"
        ));
    }
    book.fact("can", true);
    let unable: Vec<&str> =
        rows.iter().zip(&fits).filter(|(_, fit)| fit.is_no()).map(|(row, _)| row.name.as_str()).collect();
    match unable.is_empty() {
        true => book.pass(format!("{name} can")),
        false => book.pass(format!("{name} can, but not on {} as delivered", unable.join("; "))),
    }
}

fn is_row(here: Option<&Stack>, row: &Stack) -> bool {
    here.is_some_and(|here| here.name == row.name)
}

fn says(row: &Stack, fit: &Fit) -> String {
    let why = match fit {
        Fit::Fits(version) => return format!("{} fits", version.replace("TLSv", "TLS ")),
        Fit::Unknown => return "not known: not everything was asked, or it depends on the release".to_owned(),
        Fit::SwitchedOff(version) => format!("{} is switched off", version.replace("TLSv", "TLS ")),
        Fit::Cannot(Lacks::NewerServer) => "the server takes only what is older".to_owned(),
        Fit::Cannot(Lacks::NewerProgram) => "the server takes only what is newer".to_owned(),
        Fit::Cannot(Lacks::Suite) => "no cipher suite in common".to_owned(),
    };
    format!("{why}: {}", row.remedy(fit))
}
