//! The Windows packages: an archive, and an installer for one user, without administrator rights. Both programs are signed if
//! there is a certificate.

use super::inventory;
use super::project::Project;
use super::run::{Result, below, install, run, settle, tool, within, write};
use std::fs;
use std::path::{Path, PathBuf};

/// What archives are called after.
pub const TARGET: &str = "x86_64-pc-windows-gnu";
/// The objcopy that knows Windows' programs.
pub const OBJCOPY: &str = "x86_64-w64-mingw32-objcopy";
/// The most bytes of the program.
const MOST_BYTES: u64 = 10_000_000;
const TEXTS: [&str; 5] = ["README.md", "CHANGELOG.md", "SECURITY.md", "LICENSE-APACHE", "LICENSE-MIT"];

/// What programs are signed with.
pub struct Signer {
    /// The certificate and its key: a PKCS#12 file.
    pub certificate: PathBuf,
    /// A file with its password.
    pub password: PathBuf,
    /// Who confirms the time of signing; without one, the signature ends with the certificate.
    pub timestamp: Option<String>,
}

impl Signer {
    /// What the environment says; docs/releasing.md says what else there is.
    pub fn from_environment() -> Option<Self> {
        let value = |name: &str| std::env::var(name).ok().filter(|value| !value.is_empty());
        Some(Signer {
            certificate: value("WINDOWS_CERTIFICATE")?.into(),
            password: value("WINDOWS_CERTIFICATE_PASSWORD_FILE")?.into(),
            timestamp: value("WINDOWS_TIMESTAMP_URL"),
        })
    }
}

/// The Windows program as it was built, and what to sign with.
pub struct Built<'a> {
    pub exe: &'a Path,
    pub signer: Option<Signer>,
}

/// The installer's file name.
pub fn installer(project: &Project) -> String {
    format!("{}-{}-setup.exe", project.name, project.version)
}

/// Makes them of a program.
pub fn all(project: &Project, built: &Built<'_>, texts: &Path, dist: &Path) -> Result<()> {
    let name = project.archive(TARGET);
    let folder = dist.join(&name);
    let program = folder.join(format!("{}.exe", project.name));
    install(built.exe, &program, 0o755)?;
    inventory::embed(project, &program, OBJCOPY)?;
    sign(project, built, &program)?;
    within(&program, MOST_BYTES)?;
    for text in TEXTS {
        // Notepad of Windows 10 before 1809 knows no other line ends.
        let text_there = fs::read_to_string(project.root.join(text))?.replace('\n', "\r\n");
        let ending = if text.contains('.') { "" } else { ".txt" };
        write(&folder.join(format!("{text}{ending}")), text_there.as_bytes(), 0o644)?;
    }
    install(&texts.join("completions/_mailtriage.ps1"), &folder.join("completions/mailtriage.ps1"), 0o644)?;
    install(&texts.join("completions/mailtriage.nu"), &folder.join("completions/mailtriage.nu"), 0o644)?;
    settle(&folder, project.epoch)?;
    let files =
        below(&folder)?.into_iter().filter(|path| folder.join(path).is_file()).map(|path| Path::new(&name).join(path));
    run(tool("zip").args(["-X", "-q", "-9"]).arg(dist.join(format!("{name}.zip"))).args(files).current_dir(dist))?;
    setup(project, built, &folder, dist)?;
    Ok(fs::remove_dir_all(folder)?)
}

fn setup(project: &Project, built: &Built<'_>, folder: &Path, dist: &Path) -> Result<()> {
    let file = dist.join(installer(project));
    let defined = |key: &str, value: &str| format!("-D{key}={value}");
    let mut command = tool("makensis");
    command.args(["-V2", &defined("VERSION", &project.version), &defined("HOMEPAGE", &project.repository)]);
    command.arg(defined("PUBLISHER", project.publisher()));
    command.args([defined("FOLDER", &folder.display().to_string()), defined("OUTPUT", &file.display().to_string())]);
    command.arg(project.root.join("xtask/mailtriage.nsi")).env("SOURCE_DATE_EPOCH", project.epoch.to_string());
    run(&mut command)?;
    sign(project, built, &file)
}

/// Signs a program (Authenticode), if there is a certificate.
fn sign(project: &Project, built: &Built<'_>, file: &Path) -> Result<()> {
    let Some(signer) = &built.signer else {
        println!("{}: NOT SIGNED (WINDOWS_CERTIFICATE is not set)", file.display());
        return Ok(());
    };
    let signed = file.with_extension("signed");
    let mut command = tool("osslsigncode");
    command.args(["sign", "-h", "sha256", "-n", &project.name, "-i", &project.repository]);
    command.arg("-pkcs12").arg(&signer.certificate).arg("-readpass").arg(&signer.password);
    match &signer.timestamp {
        Some(url) => command.args(["-ts", url]),
        // A time that nobody confirms: the same signature every time.
        None => command.args(["-time", &project.epoch.to_string()]),
    };
    run(command.arg("-in").arg(file).arg("-out").arg(&signed))?;
    Ok(fs::rename(signed, file)?)
}
