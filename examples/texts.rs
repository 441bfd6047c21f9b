//! Writes what packages need besides the program: a manual page for each subcommand, and completions for each shell, Nushell
//! among them, into a folder.

#![allow(clippy::print_stderr, reason = "an example")]

use clap_complete::{Shell, generate_to};
use clap_complete_nushell::Nushell;
use std::path::PathBuf;

fn main() -> std::io::Result<()> {
    let Some(folder) = std::env::args_os().nth(1).map(PathBuf::from) else {
        eprintln!("usage: cargo run --example texts FOLDER");
        std::process::exit(2);
    };
    let (man, completions) = (folder.join("man"), folder.join("completions"));
    std::fs::create_dir_all(&man)?;
    std::fs::create_dir_all(&completions)?;
    let mut command = mailtriage::cli::command();
    for shell in [Shell::Bash, Shell::Elvish, Shell::Fish, Shell::PowerShell, Shell::Zsh] {
        generate_to(shell, &mut command, "mailtriage", &completions)?;
    }
    generate_to(Nushell, &mut command, "mailtriage", &completions)?;
    // Another one, to which completions have not added what `help` helps with: that has no pages of its own.
    clap_mangen::generate_to(mailtriage::cli::command().disable_help_subcommand(true), man)
}
