//! `cargo xtask dist`: everything that a release consists of, in target/dist. What is made is in the files below; what each
//! step needs and what is done by hand is in docs/releasing.md.

mod check;
mod inventory;
mod linux;
mod manifests;
mod project;
mod run;
mod windows;
mod wine;

use project::Project;
use run::{Result, cargo, tool};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

const USAGE: &str = "\
cargo xtask dist                     builds the Linux program with its own OpenSSL, and makes all packages
cargo xtask dist --check             makes them of the program that was built last, twice, and tries them (as root)
  --windows EXE                      the Windows program, for its zip and its installer
  --twice                            builds the Linux program a second time from nothing, and says whether it is the same";

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    match Wanted::parse(&arguments).map(|wanted| wanted.make()) {
        Some(Ok(())) => ExitCode::SUCCESS,
        Some(Err(why)) => {
            eprintln!("xtask: {why}");
            ExitCode::FAILURE
        }
        None => {
            eprintln!("{USAGE}");
            ExitCode::from(2)
        }
    }
}

/// What the command line asks for.
#[derive(Default)]
struct Wanted {
    check: bool,
    twice: bool,
    windows: Option<PathBuf>,
}

impl Wanted {
    fn parse(arguments: &[String]) -> Option<Self> {
        let mut arguments = arguments.iter().map(String::as_str);
        let mut wanted = Wanted::default();
        if arguments.next() != Some("dist") {
            return None;
        }
        while let Some(argument) = arguments.next() {
            match argument {
                "--check" => wanted.check = true,
                "--twice" => wanted.twice = true,
                "--windows" => wanted.windows = Some(arguments.next()?.into()),
                _ => return None,
            }
        }
        Some(wanted)
    }

    fn make(&self) -> Result<()> {
        let project = Project::read()?;
        let dist = project.target.join("dist");
        let exe = self.windows.as_deref();
        if self.check {
            return check::all(&project, &newest(&project)?, exe, &dist);
        }
        let target = project.target.join("dist-build");
        let program = build(&project, &target)?;
        if self.twice {
            let first = std::fs::read(&program)?;
            // From nothing, and in the same folder: OpenSSL writes its name into the program (docs/releasing.md).
            std::fs::remove_dir_all(&target)?;
            let equal = first == std::fs::read(build(&project, &target)?)?;
            println!("built twice: {}", if equal { "the same" } else { "NOT the same: see docs/releasing.md" });
        }
        let built = exe.map(|exe| windows::Built { exe, signer: windows::Signer::from_environment() });
        assemble(&project, &program, built.as_ref(), &dist)?;
        if let unsettled @ [_, ..] = project.unsettled().as_slice() {
            println!("NOT FOR RELEASE: examples in Cargo.toml: {} (docs/releasing.md)", unsettled.join(", "));
        }
        Ok(())
    }
}

/// The Linux program that was built last: for release, with OpenSSL in it, or by `cargo build --release`.
fn newest(project: &Project) -> Result<PathBuf> {
    let programs = ["dist-build/release/mailtriage", "release/mailtriage"].map(|path| project.target.join(path));
    let dated = programs.into_iter().filter_map(|path| Some((path.metadata().ok()?.modified().ok()?, path)));
    let (_, newest) = dated.max().ok_or("there is no program: cargo build --release")?;
    println!("dist: of {}", newest.display());
    Ok(newest)
}

/// Builds the Linux program for release, with OpenSSL in it, and returns where it is.
fn build(project: &Project, target: &Path) -> Result<PathBuf> {
    // Paths of this machine would make the same source another program elsewhere, and a larger one.
    let home = std::env::var("CARGO_HOME").or_else(|_| std::env::var("HOME").map(|home| home + "/.cargo"))?;
    let root = project.root.display();
    // The first is .cargo/config.toml's, which these override. The second folds equal functions, which is 80 KB: the linker
    // that Rust has brought for Linux since 1.90 can.
    let mut flags = format!(
        "-C force-frame-pointers=yes -C link-arg=-Wl,--icf=all --remap-path-prefix={root}=/src \
         --remap-path-prefix={home}=/cargo"
    );
    for registry in std::fs::read_dir(format!("{home}/registry/src"))? {
        flags.push_str(&format!(" --remap-path-prefix={}=", registry?.path().display()));
    }
    let mut command = cargo();
    command.args(["build", "--release", "--locked", "--features", "vendored", "--target-dir"]).arg(target);
    command.env("RUSTFLAGS", flags).env("SOURCE_DATE_EPOCH", project.epoch.to_string());
    // OpenSSL, small: a run has a few dozen handshakes, and nothing unwinds through its code.
    command.env("CFLAGS", "-Oz -DOPENSSL_SMALL_FOOTPRINT -ffunction-sections -fdata-sections -fno-asynchronous-unwind-tables -fno-unwind-tables");
    command.env("OPENSSL_SRC_PERL", project.root.join("xtask/openssl-perl"));
    run::run(&mut command)?;
    Ok(target.join("release/mailtriage"))
}

/// Makes everything of these programs, in a folder that is made anew.
fn assemble(project: &Project, program: &Path, built: Option<&windows::Built<'_>>, dist: &Path) -> Result<()> {
    if dist.exists() {
        std::fs::remove_dir_all(dist)?;
    }
    std::fs::create_dir_all(dist)?;
    let texts = dist.join("texts");
    let mut command = cargo();
    run::run(command.args(["run", "--quiet", "--locked", "--example", "texts", "--"]).arg(&texts))?;
    inventory::bill_of_materials(project, dist)?;
    linux::all(project, program, &texts, dist)?;
    if let Some(built) = built {
        windows::all(project, built, &texts, dist)?;
    }
    manifests::source(project, dist)?;
    let sums = manifests::checksums(dist)?;
    manifests::all(project, &sums, dist)?;
    std::fs::remove_dir_all(&texts)?;
    run::run(tool("ls").arg("-l").arg(dist)).map(|list| println!("{list}"))
}
