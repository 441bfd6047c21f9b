//! The grammar of the command line: what can be typed. How one value is read is in `typed`, what the options mean in `meaning`.

use super::typed::{ANY_STORE, FromClient, format, from_client, group, port, seconds};
use crate::check::Group;
use crate::report::figures::{Range, Thresholds};
use crate::report::format::Format;
use clap::{ArgAction, Args, Parser, Subcommand, ValueEnum};
use std::path::{Path, PathBuf};
use std::time::Duration;

/// Finds out why a mail program cannot send.
///
/// Checks settings, DNS, the connection, ports 25, 465 and 587, TLS, certificate, log-in and permission to send, and
/// names one cause with its evidence and who can fix it. Needs no administrator rights and sends no mail.
#[derive(Debug, Parser)]
#[command(name = "mailtriage", version, args_conflicts_with_subcommands = true, max_term_width = 100)]
pub(super) struct Cli {
    #[command(subcommand)]
    pub(super) command: Option<Command>,
    /// The mail address that cannot send
    pub(super) address: Option<String>,
    #[command(flatten)]
    pub(super) run: RunArgs,
}

#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// The same run without a screen; the result goes to stdout; exit code 0 can send, 1 cannot send or unreliable, 3
    /// unsure, 2 wrong usage
    Check(Box<CheckArgs>),
    /// Shows a saved session, offline; with --format or without a terminal, prints it
    Open(OpenArgs),
    /// What saved reports have in common and what differs: before and after, two computers or networks, or many cases
    Compare(super::compare::CompareArgs),
    /// The built-in practice lab: no network needed
    Practice(PracticeArgs),
    /// An exporter for Prometheus: checks the target that it is asked for (/probe?target=...&module=...)
    #[cfg(feature = "serve")]
    Serve(super::serve::ServeArgs),
    /// The pages of the guide, and which of them are about an error number, a server's reply or any words
    Guide(GuideArgs),
    /// What the provider table knows about mail providers
    Providers {
        /// A name, a domain or a server
        query: Option<String>,
        #[command(flatten)]
        site: SiteArgs,
    },
    /// A company's site file: shows which are in use and what they say, writes one, or checks one
    Site(SiteCommand),
    /// The JSON Schema of the report (draft 2020-12)
    Schema,
    /// The file with your own keys and colours: where it is, and whether it is sound
    Config(ConfigArgs),
    /// Shell completions
    Completions {
        /// The shell
        shell: clap_complete::Shell,
    },
    /// The manual page
    Man,
}

#[derive(Debug, Args)]
pub(super) struct ConfigArgs {
    /// Writes the file with every setting in it, commented out; never overwrites an existing file
    #[arg(long)]
    pub(super) init: bool,
    /// Checks the file, or FILE: lists everything that is wrong, with line numbers
    #[arg(long, value_name = "FILE", num_args = 0..=1, conflicts_with = "init")]
    pub(super) check: Option<Option<PathBuf>>,
    /// A different file from the one that the screen uses
    #[arg(long, value_name = "FILE")]
    pub(super) file: Option<PathBuf>,
}

#[derive(Debug, Args)]
pub(super) struct CheckArgs {
    /// The mail address that cannot send
    pub(super) address: Option<String>,
    #[command(flatten)]
    pub(super) out: OutputArgs,
    /// Ends as soon as nothing can change the verdict, and skips what only adds detail
    #[arg(long, conflicts_with = "full")]
    pub(super) fast: bool,
    /// Waits for every check, for the most detailed report
    #[arg(long)]
    pub(super) full: bool,
    /// Asks the guide's questions as lines of text, for screen readers, serial lines and remote consoles
    #[arg(long, conflicts_with_all = ["password_stdin", "token_stdin"])]
    pub(super) ask: bool,
    #[command(flatten)]
    pub(super) batch: super::batch::BatchArgs,
    #[command(flatten)]
    pub(super) run: RunArgs,
}

#[derive(Debug, Args)]
pub(super) struct GuideArgs {
    /// A page, such as firewall or causes/blocked-local; or what to look for: 0x800CCC0F, "550 5.7.1 Relaying denied",
    /// hotel wifi
    pub(super) words: Vec<String>,
    /// Prints the tree as a picture
    #[arg(long, value_enum, value_name = "LANGUAGE", num_args = 0..=1, default_missing_value = "mermaid",
          conflicts_with_all = ["words", "check"])]
    pub(super) graph: Option<GraphArg>,
    /// Checks a company's own pages, laid over the built-in ones: lists everything that is wrong, with file and line
    #[arg(long, value_name = "DIR", conflicts_with_all = ["words", "guide"])]
    pub(super) check: Option<PathBuf>,
    #[command(flatten)]
    pub(super) pages: PagesArgs,
    #[command(flatten)]
    pub(super) site: SiteArgs,
}

#[derive(Debug, Args)]
pub(super) struct SiteCommand {
    /// Writes a new one, with everything commented out: FILE, or the user's own
    #[arg(long, conflicts_with = "check")]
    pub(super) init: bool,
    /// Lists everything that is wrong with FILE, or with the files in use, by line and key
    #[arg(long, value_name = "FILE", num_args = 0..=1)]
    pub(super) check: Option<Option<PathBuf>>,
    /// The site file to use, instead of those in the usual places
    #[arg(long, value_name = "FILE")]
    pub(super) file: Option<PathBuf>,
}

/// Which site file counts.
#[derive(Debug, Clone, Args)]
pub(super) struct SiteArgs {
    /// A company's site file to use, instead of those in the usual places (or set MAILTRIAGE_SITE): see docs/site-file.md
    #[arg(long, value_name = "FILE", help_heading = "The case")]
    pub(super) site: Option<PathBuf>,
    /// Uses no site file
    #[arg(long, conflicts_with = "site", help_heading = "The case")]
    pub(super) no_site: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum GraphArg {
    Mermaid,
    Dot,
}

/// Which pages the guide consists of.
#[derive(Debug, Clone, Args)]
pub(super) struct PagesArgs {
    /// A company's own pages, laid over the built-in ones: see docs/writing-the-guide.md
    #[arg(long, value_name = "DIR", help_heading = "The case")]
    pub(super) guide: Option<PathBuf>,
}

impl Cli {
    /// The folder of own pages, for whatever command.
    pub(super) fn own_pages(&self) -> Option<&Path> {
        let pages = match &self.command {
            None => &self.run.pages,
            Some(Command::Check(args)) => &args.run.pages,
            Some(Command::Open(args)) => &args.pages,
            Some(Command::Practice(args)) => &args.pages,
            Some(Command::Guide(args)) => return args.check.as_deref().or(args.pages.guide.as_deref()),
            #[cfg(feature = "serve")]
            Some(Command::Serve(_)) => return None,
            Some(
                Command::Providers { .. }
                | Command::Site(_)
                | Command::Schema
                | Command::Config(_)
                | Command::Completions { .. }
                | Command::Compare(_)
                | Command::Man,
            ) => return None,
        };
        pages.guide.as_deref()
    }

    /// Which site file counts, for the commands that use one. The lab is the same everywhere.
    pub(super) fn site(&self) -> Option<&SiteArgs> {
        match &self.command {
            None => Some(&self.run.site),
            Some(Command::Check(args)) => Some(&args.run.site),
            Some(Command::Guide(args)) => Some(&args.site),
            Some(Command::Open(args)) => Some(&args.site),
            #[cfg(feature = "serve")]
            Some(Command::Serve(args)) => Some(&args.site),
            Some(Command::Providers { site, .. }) => Some(site),
            Some(
                Command::Practice(_)
                | Command::Site(_)
                | Command::Config(_)
                | Command::Schema
                | Command::Completions { .. }
                | Command::Compare(_)
                | Command::Man,
            ) => None,
        }
    }
}

#[derive(Debug, Args)]
pub(super) struct PracticeArgs {
    /// The scenario; `--list` lists them
    pub(super) scenario: Option<String>,
    /// Lists the scenarios
    #[arg(long)]
    pub(super) list: bool,
    /// Asks the guide's questions as lines of text instead of on a screen, as `check --ask` does
    #[arg(long)]
    pub(super) ask: bool,
    #[command(flatten)]
    pub(super) out: OutputArgs,
    #[command(flatten)]
    pub(super) screen: ScreenArgs,
    #[command(flatten)]
    pub(super) pages: PagesArgs,
}

#[derive(Debug, Args)]
pub(super) struct OpenArgs {
    /// The report: JSON, or a page of HTML that mailtriage has saved; - reads standard input
    pub(super) report: PathBuf,
    #[command(flatten)]
    pub(super) out: OutputArgs,
    #[command(flatten)]
    pub(super) screen: ScreenArgs,
    #[command(flatten)]
    pub(super) pages: PagesArgs,
    #[command(flatten)]
    pub(super) site: SiteArgs,
}

#[derive(Debug, Args)]
pub(super) struct OutputArgs {
    /// The format of the result
    #[arg(long, value_parser = format())]
    pub(super) format: Option<&'static Format>,
    /// Writes the report to this file instead of stdout; never overwrites an existing file, except for metrics
    #[arg(long, value_name = "FILE")]
    pub(super) output: Option<PathBuf>,
    /// What to leave out: nothing, names (mailbox, log-in name, machine, private addresses), or all names
    #[arg(long, value_enum, default_value = "none")]
    pub(super) redact: RedactArg,
    /// Who reads it: what they do not need to know is left out, and what is asked of them comes first
    #[arg(long = "for", value_enum, default_value = "all", value_name = "READER")]
    pub(super) reader: ReaderArg,
    /// Shows the evidence of every check
    #[arg(long)]
    pub(super) verbose: bool,
    /// With --format nagios, warns if this figure is out of the range, such as connect_time=1 or certificate_days=14:;
    /// repeatable; docs/fleet.md lists the figures
    #[arg(long, value_name = "NAME=RANGE", value_parser = Thresholds::read)]
    pub(super) warning: Vec<(&'static str, Range)>,
    /// The same, and the state is critical
    #[arg(long, value_name = "NAME=RANGE", value_parser = Thresholds::read)]
    pub(super) critical: Vec<(&'static str, Range)>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum ReaderArg {
    /// Whoever runs the network, or the internet provider
    Network,
    /// The mail provider
    Provider,
    /// The helpdesk's own ticket
    Ticket,
    /// Ourselves: everything
    All,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum RedactArg {
    None,
    Names,
    All,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum SecurityArg {
    None,
    Starttls,
    #[value(aliases = ["ssl", "ssl/tls"])]
    Implicit,
    Auto,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum MeasuredArg {
    ThisMachine,
    SameNetwork,
    Elsewhere,
}

/// What a run is about.
#[derive(Debug, Clone, Args)]
pub(super) struct RunArgs {
    /// The outgoing server that is set in the mail program
    #[arg(long, value_name = "HOST", help_heading = "What the mail program has now")]
    pub(super) server: Option<String>,
    /// The port that is set in the mail program
    #[arg(long, value_parser = port, help_heading = "What the mail program has now")]
    pub(super) port: Option<u16>,
    /// The encryption that is set there: none, starttls (older Outlook: TLS), implicit (SSL/TLS), auto
    #[arg(long, value_enum, help_heading = "What the mail program has now")]
    pub(super) security: Option<SecurityArg>,
    /// The log-in name, if not the mail address
    #[arg(long, value_name = "NAME", help_heading = "What the mail program has now")]
    pub(super) user: Option<String>,
    /// The mail program, such as outlook-2016, outlook-new, thunderbird
    #[arg(long, value_name = "NAME", help_heading = "What the mail program has now")]
    pub(super) client: Option<String>,
    /// Uses what a mail program on this computer has stored for the address; without ADDRESS, its only account. NAME is
    /// outlook, thunderbird, windows-mail, apple-mail, evolution, kmail, geary, claws, msmtp or mutt; or a file of theirs:
    /// prefs.js, accountrc, a .reg export of Outlook's profile, a .mobileconfig, Accounts.plist
    #[arg(long, value_name = "NAME|FILE", num_args = 0..=1, require_equals = true, default_missing_value = ANY_STORE,
          value_parser = from_client, help_heading = "What the mail program has now")]
    pub(super) from_client: Option<FromClient>,
    /// The error that the caller sees, word for word, or a message that came back: TEXT, @FILE, or @- for standard input
    #[arg(long, value_name = "TEXT", help_heading = "What the mail program has now")]
    pub(super) error: Option<String>,
    /// The sender to try, if not the address
    #[arg(long, value_name = "ADDRESS", help_heading = "Log-in and sending")]
    pub(super) from: Option<String>,
    /// The recipient to try, if not the address itself
    #[arg(long, value_name = "ADDRESS", help_heading = "Log-in and sending")]
    pub(super) to: Option<String>,
    #[command(flatten)]
    pub(super) password: super::password::PasswordArgs,
    /// Which machine this is, compared with the one that cannot send [default: this-machine; for a device same-network]
    #[arg(long, value_enum, help_heading = "The case")]
    pub(super) measured_on: Option<MeasuredArg>,
    /// The helpdesk's own number for the case
    #[arg(long, value_name = "TEXT", help_heading = "The case")]
    pub(super) ticket: Option<String>,
    /// When it began to fail, in the caller's words
    #[arg(long, value_name = "TEXT", help_heading = "The case")]
    pub(super) since: Option<String>,
    /// Who else is affected, such as "3 of 20 users"
    #[arg(long, value_name = "TEXT", help_heading = "The case")]
    pub(super) affected: Option<String>,
    /// Who can answer questions: a name, a telephone number, a mail address
    #[arg(long, value_name = "TEXT", help_heading = "The case")]
    pub(super) contact: Option<String>,
    /// Answers a question of the guide, such as hotspot=yes; repeatable
    #[arg(long, value_name = "ID=WORD", help_heading = "The case")]
    pub(super) answer: Vec<String>,
    /// A DNS server to compare with this computer's; repeatable, replaces the defaults
    #[arg(long, value_name = "ADDR", help_heading = "Network")]
    pub(super) resolver: Vec<String>,
    /// Another company's server to compare with; repeatable, replaces the defaults
    #[arg(long, value_name = "HOST[:PORT]", conflicts_with = "no_references", help_heading = "Network")]
    pub(super) reference_host: Vec<String>,
    /// Does not compare with other companies' servers
    #[arg(long, help_heading = "Network")]
    pub(super) no_references: bool,
    /// A page that shows whether there is a sign-in page (portal); repeatable, replaces the defaults
    #[arg(long, value_name = "URL", help_heading = "Network")]
    pub(super) connectivity_url: Vec<String>,
    /// Additional certificates to trust
    #[arg(long, value_name = "PEM", help_heading = "Network")]
    pub(super) ca_file: Option<PathBuf>,
    /// Uses IPv4 only
    #[arg(short = '4', action = ArgAction::SetTrue, conflicts_with = "only_v6", help_heading = "Network")]
    pub(super) only_v4: bool,
    /// Uses IPv6 only
    #[arg(short = '6', action = ArgAction::SetTrue, help_heading = "Network")]
    pub(super) only_v6: bool,
    /// The time limit for one connection, in seconds [default: 5]
    #[arg(long, value_name = "SECONDS", value_parser = seconds, help_heading = "Network")]
    pub(super) timeout: Option<Duration>,
    /// The time limit for the whole run, in seconds [default: 45]
    #[arg(long, value_name = "SECONDS", value_parser = seconds, help_heading = "Network")]
    pub(super) deadline: Option<Duration>,
    /// Only these groups of checks, and what they depend on
    #[arg(long, value_parser = group(), value_delimiter = ',', value_name = "GROUP", help_heading = "Network")]
    pub(super) only: Vec<Group>,
    #[command(flatten)]
    pub(super) screen: ScreenArgs,
    #[command(flatten)]
    pub(super) pages: PagesArgs,
    #[command(flatten)]
    pub(super) site: SiteArgs,
}

/// How the screen looks.
#[derive(Debug, Clone, Args)]
pub(super) struct ScreenArgs {
    /// No colours
    #[arg(long, help_heading = "Screen")]
    no_color: bool,
    /// Only ASCII characters on the screen
    #[arg(long, help_heading = "Screen")]
    pub(super) ascii: bool,
}

impl ScreenArgs {
    /// Whether to use no colours: by the option, or by the environment (<https://no-color.org>).
    pub(super) fn is_plain(&self) -> bool {
        self.no_color || std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory;

    #[test]
    fn the_command_line_is_sound() {
        Cli::command().debug_assert();
    }
}
