//! What was Outlook on this computer told about its mailbox, and what does it remember? By the registry and by the answers
//! that it has stored; only read, and never a password. The directory that it asks first is named, but not asked.

use super::{is_microsofts, may_be_exchange};
use crate::account::MeasuredOn;
use crate::account::outlook_told::{Asks, directory, remembered, told};
use crate::check::engine::{Check, How, none};
use crate::check::{Ctx, Group, Notebook, Verdict};
use crate::facts::keys::outlook as keys;
use crate::facts::words::MailboxAt;
use crate::machine::Folder;
use crate::text::{Mark, Text, visible_str};

pub(crate) static CHECK: Check = Check {
    kind: "outlook",
    group: Group::Settings,
    question: "What was Outlook on this computer told about its mailbox?",
    when: may_be_exchange,
    needs: none,
    facts: keys::ALL,
    how: How::After(|ctx, book| Box::pin(run(ctx, book))),
};

/// An answer that is longer is none; each account has one.
const LONGEST_ANSWER: u64 = 256 * 1024;
const MOST_ANSWERS: usize = 8;

async fn run(ctx: &Ctx, book: &mut Notebook) -> Verdict {
    if ctx.account.measured_on != MeasuredOn::ThisMachine {
        return Verdict::moot("this is not the computer that cannot send");
    }
    if ctx.account.client().is_some_and(|client| !client.id.starts_with("outlook-20")) {
        return Verdict::moot("another mail program is used");
    }
    let registry = ctx.machine.registry();
    let Some(told) = told(registry, ctx.account.address.domain()) else {
        return Verdict::moot("no classic Outlook is installed on this computer");
    };
    let mut says: Vec<Text> = Vec::new();
    for value in &told.values {
        book.saw("told", value.as_str());
    }
    if !told.values.is_empty() {
        says.push(format!("it was told {}", told.values.join(", ")).into());
    }
    book.note(keys::OLD_SIGN_IN, told.old_sign_in);
    book.note(keys::BY_POLICY, told.by_policy);
    if let Some(file) = &told.file {
        let file = visible_str(file);
        says.push(Text::from("it takes its settings from ").mark(Mark::Inner, &file));
        book.note(keys::FILE, file);
    }
    if let Some(directory) = directory(registry).map(|directory| visible_str(&directory)) {
        let text = Text::new().mark(Mark::Inner, &directory);
        says.push(match told.skips.contains(&Asks::Directory) {
            true => Text::from("it does not ask the directory ").append(text),
            false => Text::from("it asks the directory ").append(text).say(" first (SCP), which was not asked here"),
        });
        book.note(keys::DIRECTORY, directory);
    }
    if let Some(server) = stored_answer(ctx, book).await {
        says.push(Text::from("its stored answer names ").host(&server));
        let is_microsofts = is_microsofts(&server);
        book.note(keys::REMEMBERS_AT, if is_microsofts { MailboxAt::Microsoft } else { MailboxAt::Company });
        book.note(keys::REMEMBERS, server);
    }
    book.note(keys::TOLD, told.values);
    book.note(keys::SKIPS, told.skips);
    match says.into_iter().reduce(|all, next| all.say("; ").append(next)) {
        Some(says) => Verdict::pass(says),
        None => Verdict::pass("nothing unusual"),
    }
}

/// The server that Outlook's stored answer names for this address.
async fn stored_answer(ctx: &Ctx, book: &mut Notebook) -> Option<String> {
    let outlook = ctx.machine.folder(Folder::LocalAppData)?.join("Microsoft").join("Outlook");
    let address = ctx.account.address.to_string();
    // Outlook 2016 and later keep them apart; older ones have a long identifier before the name.
    for folder in [outlook.join("16"), outlook] {
        let names = ctx.machine.list(&folder, 256).await;
        let is_answer = |name: &&String| {
            let name = name.to_lowercase();
            name.ends_with("autodiscover.xml") || name.starts_with("autod.") && name.ends_with(".xml")
        };
        for name in names.iter().filter(is_answer).take(MOST_ANSWERS) {
            let Ok(file) = ctx.machine.read(&folder.join(name), LONGEST_ANSWER).await else { continue };
            if let Some(server) = remembered(&String::from_utf8_lossy(&file), &address) {
                book.saw("stored answer", Text::from("names ").host(&server));
                return Some(server);
            }
        }
    }
    None
}
