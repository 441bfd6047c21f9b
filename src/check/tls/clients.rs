//! Which mail programs can encrypt with this server? No packet is sent: what the port in use was seen to accept is
//! compared with what the programs of each age can use, and with what this computer's own TLS library offers in its
//! own ClientHello.

use super::versions;
use crate::account::MeasuredOn;
use crate::account::client::Client;
use crate::account::devices::{self, Maker};
use crate::check::engine::{Case, Check, How, Need, always};
use crate::check::{Ctx, Group, Notebook, Target, Verdict};
use crate::facts::keys::clients as keys;
use crate::facts::keys::tls as tls_keys;
use crate::facts::stacks::{self, Fit, Lacks, Offer, Stack};
use crate::facts::words::{Accepts, Lacks as LacksWord};
use crate::probe::secure;
use crate::probe::version::Version;

pub(crate) static CHECK: Check = Check {
    kind: "clients",
    group: Group::Tls,
    question: "Which mail programs can encrypt with this server?",
    when: always,
    needs: |scope| vec![Need::Later(versions::CHECK.at(scope.target()))],
    facts: keys::ALL,
    how: How::Case(|ctx, book, case| Box::pin(run(ctx, book, case))),
};

/// The versions that old devices stop at.
const OLD: [&str; 2] = ["TLSv1.0", "TLSv1.1"];

/// What this computer's own TLS policy switches on or off.
type Policy = [(String, bool)];

/// The rows that matter here, adapted to this computer.
struct Rows<'a> {
    /// This computer's system, if this is the computer that sends.
    here: Option<&'static Stack>,
    policy: &'a Policy,
    /// The systems that the named program may run on.
    of_client: Vec<&'static Stack>,
}

impl<'a> Rows<'a> {
    fn new(ctx: &Ctx, os: &str, policy: &'a Policy) -> Self {
        let is_here = ctx.account.measured_on == MeasuredOn::ThisMachine;
        let here = is_here.then(|| stacks::of_system(os)).flatten();
        let client = ctx.account.client();
        let rows = stacks::all().iter().filter(|row| client.is_some_and(|client| row.is_of(&client.id)));
        let rows: Vec<&Stack> = rows.collect();
        // On the computer that sends, the system is known.
        let of_client = match here {
            Some(here) if rows.iter().any(|row| is_row(Some(here), row)) => vec![here],
            _ => rows,
        };
        Rows { here, policy, of_client }
    }

    /// A row, adapted to this computer.
    fn as_here(&self, row: &Stack) -> Stack {
        if is_row(self.here, row) { row.with_policy(self.policy) } else { row.clone() }
    }
}

async fn run(ctx: &Ctx, book: &mut Notebook, case: &Case) -> Verdict {
    let local = ctx.machine.local();
    let rows = Rows::new(ctx, &local.os, &local.tls_policy);
    if rows.here.is_some() && !local.tls_policy.is_empty() {
        let switched =
            local.tls_policy.iter().map(|(version, on)| format!("{version} {}", if *on { "on" } else { "off" }));
        book.note(keys::POLICY, switched.collect::<Vec<_>>());
    }
    // If a policy switches something off, it is considered once everything is known.
    let switched_off = rows.here.is_some() && local.tls_policy.iter().any(|(_, on)| !on);
    if !rows.of_client.is_empty() && !switched_off {
        // Reported at once: what the programs can use by default may settle it before all versions have been asked.
        book.note(keys::SYSTEMS, rows.of_client.iter().map(|row| row.name.clone()).collect::<Vec<_>>());
    }
    ctx.wait_for(&versions::CHECK.at(case.own)).await;
    let Some(offer) = offer(ctx, case.own) else {
        return Verdict::skipped("no TLS version could be established");
    };
    if let Some(best) = secure::offers(&ctx.tls).await.last() {
        book.saw("this program's own connections", format!("by {}, at best {best}", local.tls_library));
    }
    if ctx.account.is_device() {
        return judge_device(book, ctx.account.client.as_deref().and_then(devices::maker), &offer);
    }
    let every = judge_every(book, &rows, &offer);
    match ctx.account.client().filter(|_| !rows.of_client.is_empty()) {
        Some(client) => judge_client(book, client, &rows, &offer),
        None => every,
    }
}

/// What the port in use was seen to accept; `None` if nothing was.
fn offer(ctx: &Ctx, own: Target) -> Option<Offer> {
    let id = versions::CHECK.at(own);
    let with = |state: Accepts| {
        let is = |word: &&str| ctx.fact(&id, &tls_keys::VERSION.of(word)) == Some(state);
        Version::ALL
            .map(Version::word)
            .iter()
            .filter(|word| is(word))
            .map(|word| (*word).to_owned())
            .collect::<Vec<_>>()
    };
    let accepted = with(Accepts::Accepted);
    let older_suites = match ctx.fact(&id, &tls_keys::OLDER_SUITES) {
        Some(Accepts::Accepted) => Some(true),
        Some(Accepts::Rejected) => Some(false),
        _ => None,
    };
    (!accepted.is_empty()).then(|| Offer { accepted, rejected: with(Accepts::Rejected), older_suites })
}

/// The result over all rows, if no program is named.
fn judge_every(book: &mut Notebook, rows: &Rows<'_>, offer: &Offer) -> Verdict {
    let mut cannot: Vec<String> = Vec::new();
    let mut unsure = false;
    for row in stacks::all() {
        let here = rows.as_here(row);
        let fit = here.fit(offer);
        unsure |= fit == Fit::Unknown;
        if fit.is_no() {
            cannot.push(row.name.clone());
        }
        let programs = row.programs();
        let what =
            if row.name.starts_with(&programs) { row.name.clone() } else { format!("{} ({programs})", row.name) };
        book.saw(what, says(&here, &fit));
    }
    book.note(keys::CANNOT, cannot.clone());
    match cannot.is_empty() {
        true if unsure => Verdict::pass("every mail program for which this is known"),
        true => Verdict::pass("every mail program of the last fifteen years"),
        false => Verdict::pass(format!("every known mail program, except on {}", cannot.join("; "))),
    }
}

/// The result for a device, which has what its maker built in: what is known of the maker's, and what the server demands.
fn judge_device(book: &mut Notebook, maker: Option<&Maker>, offer: &Offer) -> Verdict {
    for (maker, model) in maker.into_iter().flat_map(|maker| maker.models.iter().map(move |model| (maker, model))) {
        book.saw(format!("{} {}", maker.name, model.which), format!("{} ({})", model.says, model.source));
    }
    let is_in = |list: &[String]| OLD.map(|version| list.iter().any(|own| own == version));
    match (is_in(&offer.accepted), is_in(&offer.rejected)) {
        ([true, _], _) => Verdict::pass("the device too, even with TLS 1.0 alone"),
        ([false, true], _) => Verdict::pass("the device too, if it has TLS 1.1"),
        (_, [true, true]) => {
            Verdict::pass("the device needs TLS 1.2 or newer for that: its own menu or data sheet says what it has")
        }
        _ => Verdict::unknown("the old versions that many devices have were not tested"),
    }
}

/// The result for the named program, on the systems that it may run on.
fn judge_client(book: &mut Notebook, client: &Client, rows: &Rows<'_>, offer: &Offer) -> Verdict {
    let fits: Vec<(Stack, Fit)> = rows
        .of_client
        .iter()
        .map(|row| {
            let here = rows.as_here(row);
            let fit = here.fit(offer);
            (here, fit)
        })
        .collect();
    let name = client.name.trim_end_matches(" (Windows)");
    if fits.iter().all(|(_, fit)| fit.is_no())
        && let Some((newest, fit)) = fits.last()
    {
        // The newest system that the program may run on says what would help.
        book.note(keys::CAN, false);
        book.note(keys::LACKS, if *fit == Fit::Cannot(Lacks::Suite) { LacksWord::Suite } else { LacksWord::Version });
        book.note(keys::REMEDY, newest.remedy(fit).as_str());
        let on = if is_row(rows.here, newest) { format!(" on {}", newest.name) } else { String::new() };
        return Verdict::fail(format!("{name}{on} cannot: {}", says(newest, fit)));
    }
    if !fits.iter().any(|(_, fit)| matches!(fit, Fit::Fits(_))) {
        return Verdict::unknown(format!(
            "it is not known whether {name} can: not everything was tested, or it depends on the release"
        ));
    }
    book.note(keys::CAN, true);
    let unable: Vec<&str> = fits.iter().filter(|(_, fit)| fit.is_no()).map(|(row, _)| row.name.as_str()).collect();
    match unable.is_empty() {
        true => Verdict::pass(format!("{name} can")),
        false => Verdict::pass(format!("{name} can, but by default not on {}", unable.join("; "))),
    }
}

fn is_row(here: Option<&Stack>, row: &Stack) -> bool {
    here.is_some_and(|here| here.name == row.name)
}

fn says(row: &Stack, fit: &Fit) -> String {
    let why = match fit {
        Fit::Fits(version) => return format!("{} fits", version.replace("TLSv", "TLS ")),
        Fit::Unknown => return "not known: not everything was tested, or it depends on the release".to_owned(),
        Fit::SwitchedOff(version) => format!("{} is switched off", version.replace("TLSv", "TLS ")),
        Fit::Cannot(Lacks::NewerServer) => "the server accepts only older versions".to_owned(),
        Fit::Cannot(Lacks::NewerProgram) => "the server accepts only newer versions".to_owned(),
        Fit::Cannot(Lacks::Suite) => "no cipher suite in common".to_owned(),
    };
    format!("{why}: {}", row.remedy(fit))
}
