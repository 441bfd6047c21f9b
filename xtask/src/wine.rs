//! Windows' packages, tried: their signatures, by a certificate of our own; the installer under Wine, where it must come and go
//! without administrator rights.

use super::check::{CASE, says_the_case};
use super::project::Project;
use super::run::{Result, below, run, tool, write};
use super::{inventory, windows};
use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

const WINE: &str = "/usr/lib/wine/wine64";
/// Wine 8 lacks this library, from which Rust's standard library takes random numbers. Whoever builds the program to try it
/// under Wine puts one next to it.
const MISSING: &str = "bcryptprimitives.dll";
/// What Windows lists as installed.
const LISTED: &str = r"HKCU\Software\Microsoft\Windows\CurrentVersion\Uninstall\mailtriage";

/// A certificate that we made ourselves, which everything made in this process is signed with.
pub struct Certificate(PathBuf);

impl Certificate {
    pub fn new(target: &Path) -> Result<Self> {
        let folder = target.join("dist-certificate");
        fs::create_dir_all(&folder)?;
        let at = |name: &str| folder.join(name).to_string_lossy().into_owned();
        write(Path::new(&at("password")), b"test", 0o600)?;
        let mut command = tool("openssl");
        command.args(["req", "-x509", "-newkey", "rsa:2048", "-noenc", "-days", "30", "-subj", "/CN=Not for release"]);
        command.args(["-addext", "extendedKeyUsage=codeSigning", "-keyout", &at("key.pem"), "-out", &at("cert.pem")]);
        run(&mut command)?;
        let mut command = tool("openssl");
        command.args(["pkcs12", "-export", "-inkey", &at("key.pem"), "-in", &at("cert.pem"), "-out", &at("cert.p12")]);
        run(command.args(["-passout", &format!("file:{}", at("password"))]))?;
        Ok(Certificate(folder))
    }

    pub fn signer(&self) -> windows::Signer {
        let (certificate, password) = (self.0.join("cert.p12"), self.0.join("password"));
        windows::Signer { certificate, password, timestamp: None }
    }

    /// Whether a file's signature is sound, and ours.
    fn verify(&self, file: &Path) -> Result<()> {
        run(tool("osslsigncode").args(["verify", "-CAfile"]).arg(self.0.join("cert.pem")).arg("-in").arg(file))
            .map(drop)
    }
}

/// Tries them; `exe` is the program as it was built.
pub fn all(project: &Project, exe: &Path, certificate: &Certificate, dist: &Path) -> Result<()> {
    let name = project.archive(windows::TARGET);
    run(tool("unzip").arg("-q").arg(dist.join(format!("{name}.zip"))).arg("-d").arg(dist))?;
    let program = dist.join(&name).join("mailtriage.exe");
    let setup = dist.join(windows::installer(project));
    certificate.verify(&program)?;
    certificate.verify(&setup)?;
    println!("dist: {} packages are named in the .exe", inventory::embedded(&program, windows::OBJCOPY)?);
    fs::remove_dir_all(dist.join(&name))?;
    let wine = Wine { prefix: dist.join("wine") };
    wine.run(&["wineboot", "--init"])?;
    let before: BTreeSet<PathBuf> = below(&wine.prefix)?.into_iter().collect();
    wine.run(&[text(&setup)?, "/S"])?;
    let installed = below(&wine.prefix)?.into_iter().find(|path| path.ends_with("Programs/mailtriage/mailtriage.exe"));
    let installed = wine.prefix.join(installed.ok_or("the installer has installed nothing")?);
    wine.case(&installed, &exe.with_file_name(MISSING))?;
    if !wine.run(&["reg", "query", LISTED, "/v", "DisplayVersion"])?.contains(&project.version) {
        return Err("Windows' list of programs does not know it".into());
    }
    let folder = installed.parent().ok_or("no folder")?;
    // _?= keeps it from going on as a copy elsewhere, so that its end is the end of the work. What stays then is itself.
    let place = wine.run(&["winepath", "-w", text(folder)?])?;
    wine.run(&[text(&folder.join("uninstall.exe"))?, "/S", &format!("_?={}", place.trim())])?;
    let left: Vec<PathBuf> = below(&wine.prefix)?.into_iter().filter(|path| !before.contains(path)).collect();
    let is_itself = |path: &Path| ["Programs", "mailtriage", "uninstall.exe"].iter().any(|name| path.ends_with(name));
    // Windows' own, from the lab's certificates that its library has judged.
    let is_of_windows = |path: &Path| path.to_string_lossy().contains("AppData/LocalLow/Microsoft");
    let left: Vec<&PathBuf> = left.iter().filter(|path| !is_itself(path) && !is_of_windows(path)).collect();
    if !left.is_empty() || wine.run(&["reg", "query", LISTED]).is_ok() {
        return Err(format!("the installer left something behind: {left:?}").into());
    }
    Ok(fs::remove_dir_all(&wine.prefix)?)
}

/// A Windows of its own.
struct Wine {
    prefix: PathBuf,
}

impl Wine {
    fn command(&self, name: &str) -> Command {
        let mut command = tool(name);
        command.env("WINEPREFIX", &self.prefix).env("WINEDEBUG", "-all").env_remove("DISPLAY");
        command
    }

    fn run(&self, arguments: &[&str]) -> Result<String> {
        run(self.command(WINE).args(arguments))
    }

    /// Runs a case of the lab, if there is what Wine lacks.
    fn case(&self, program: &Path, missing: &Path) -> Result<()> {
        if !missing.exists() {
            println!("dist: NOT CHECKED: the installed program under Wine ({} is missing)", missing.display());
            return Ok(());
        }
        let beside = program.with_file_name(MISSING);
        fs::copy(missing, &beside)?;
        // It cannot send: exit code 1.
        let mut command = self.command("sh");
        command.args(["-c", "\"$@\" || test $? = 1", "sh", WINE]).arg(program).args(CASE);
        says_the_case(&run(&mut command)?)?;
        Ok(fs::remove_file(beside)?)
    }
}

fn text(path: &Path) -> Result<&str> {
    Ok(path.to_str().ok_or("the path is no text")?)
}
