//! `--check`: makes all packages twice of a program that is built already, and tries them: as the tools of the distributions
//! see them, in a root that has nothing; Windows' under Wine is in `wine`. For root on Debian.

use super::project::{Project, text};
use super::run::{Result, below, install, run, tool, write};
use super::wine::{self, Certificate};
use super::{assemble, inventory, linux, manifests, windows};
use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::Instant;

/// What a case without network says, wherever the program runs.
pub const CASE: [&str; 4] = ["practice", "587-silent", "--format", "text"];
const SAYS: &str = "Port 587 is blocked on the way out";

/// Makes and tries everything.
pub fn all(project: &Project, program: &Path, exe: Option<&Path>, dist: &Path) -> Result<()> {
    let began = Instant::now();
    let step = |what: &str| println!("dist: {what} ({} s)", began.elapsed().as_secs());
    step("the oldest Rust");
    oldest_rust(project)?;
    step("packages");
    let certificate = Certificate::new(&project.target)?;
    let built = exe.map(|exe| windows::Built { exe, signer: Some(certificate.signer()) });
    assemble(project, program, built.as_ref(), dist)?;
    step("packages again");
    let first = fs::read_to_string(dist.join(manifests::SUMS))?;
    let again = dist.with_file_name("dist-again");
    assemble(project, program, built.as_ref(), &again)?;
    if first != fs::read_to_string(again.join(manifests::SUMS))? {
        return Err(
            format!("{} and {} differ: the same source gave other packages", dist.display(), again.display()).into()
        );
    }
    fs::remove_dir_all(&again)?;
    run(tool("sha256sum").args(["--check", "--quiet", manifests::SUMS]).current_dir(dist))?;
    step("lintian");
    let deb = dist.join(format!("{}_{}-1_amd64.deb", project.name, project.version));
    run(tool("lintian").args(["--allow-root", "--fail-on", "error,warning", "--tag-display-limit", "0"]).arg(&deb))?;
    step("the .rpm");
    rpm(project, dist)?;
    step("a root that has nothing");
    root(project, &deb, dist)?;
    step("a folder that is only to be read; what is left behind");
    read_only(project, dist)?;
    match built {
        Some(built) => {
            step("Windows' packages");
            wine::all(project, built.exe, &certificate, dist)?;
        }
        None => println!("dist: NOT CHECKED: Windows' packages (--windows EXE)"),
    }
    step("all checked");
    Ok(())
}

/// Each dependency says which Rust it needs. That our own code needs no newer one, clippy says (`incompatible_msrv`).
fn oldest_rust(project: &Project) -> Result<()> {
    let number = |version: &str| version.split('.').map(|part| part.parse().unwrap_or(0)).collect::<Vec<u32>>();
    let ours = number(&project.rust_version);
    for package in project.metadata["packages"].as_array().into_iter().flatten() {
        let theirs = package["rust_version"].as_str().unwrap_or_default();
        if number(theirs) > ours && number(theirs).iter().zip(&ours).any(|(theirs, ours)| theirs > ours) {
            return Err(format!(
                "{} needs Rust {theirs}, and we promise {}",
                text(package, "name")?,
                project.rust_version
            )
            .into());
        }
    }
    Ok(())
}

fn rpm(project: &Project, dist: &Path) -> Result<()> {
    let file = dist.join(format!("{}-{}-1.x86_64.rpm", project.name, project.version));
    let list = run(tool("rpm").args(["-qp", "--list"]).arg(&file))?;
    for path in [
        "/usr/bin/mailtriage",
        "/usr/share/man/man1/mailtriage-check.1.gz",
        "/usr/share/licenses/mailtriage/LICENSE-MIT",
    ] {
        if !list.lines().any(|line| line == path) {
            return Err(format!("{path} is not in the .rpm:\n{list}").into());
        }
    }
    let needs = run(tool("rpm").args(["-qp", "--requires"]).arg(&file))?;
    if !needs.contains("libc.so.6") {
        return Err(format!("the .rpm does not say that it needs the C library:\n{needs}").into());
    }
    let root = dist.join("rpm-root");
    fs::create_dir_all(&root)?;
    let rpm = |arguments: &[&str]| run(tool("rpm").arg("--root").arg(&root).args(["--dbpath", "/rpm"]).args(arguments));
    rpm(&["--install", "--nodeps", file.to_str().ok_or("no text")?])?;
    let said = run(tool(root.join("usr/bin/mailtriage").to_str().ok_or("no text")?).arg("--version"))?;
    rpm(&["--erase", &project.name])?;
    if root.join("usr/bin/mailtriage").exists() || !said.contains(&project.version) {
        return Err("the .rpm did not come and go".into());
    }
    Ok(fs::remove_dir_all(root)?)
}

/// Installs the .deb in a root with nothing but Debian's base, where there is no OpenSSL unless the package asks for it; runs it
/// there as an ordinary user, with a site file of the system's; and removes it.
fn root(project: &Project, deb: &Path, dist: &Path) -> Result<()> {
    let root = dist.join("root");
    let archive = unpacked(project, dist)?;
    let needs = linux::needs(&archive.join(&project.name))?;
    let is_static = needs.libraries.iter().all(|library| !library.starts_with("libssl"));
    println!("dist: it needs {} and glibc {}", needs.libraries.join(", "), needs.glibc);
    let sources =
        run(tool("apt-get").args(["indextargets", "--format", "$(REPO_URI) $(RELEASE)", "Created-By: Packages"]))?;
    let (mirror, release) = sources.lines().find_map(|line| line.split_once(' ')).ok_or("apt knows no mirror")?;
    let mut command = tool("debootstrap");
    command.args(["--variant=minbase", "--include", if is_static { "man-db" } else { "man-db,libssl3" }]);
    run(command.arg(release).arg(&root).arg(mirror))?;
    let inside = |arguments: &[&str]| run(tool("chroot").arg(&root).args(arguments));
    if is_static && run(tool("find").arg(&root).args(["-name", "libssl*"]))?.contains("libssl") {
        return Err("there is an OpenSSL in the root that should have none".into());
    }
    let before = below(&root)?;
    install(deb, &root.join("tmp/mailtriage.deb"), 0o644)?;
    inside(&["dpkg", "--install", "/tmp/mailtriage.deb"])?;
    fs::remove_file(root.join("tmp/mailtriage.deb"))?;
    write(&root.join("etc/mailtriage/site.toml"), b"name = \"Example Ltd\"\ntimeout = 7\n", 0o644)?;
    let mut user = vec!["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", "env", "-i", "mailtriage"];
    if !inside(&[user.as_slice(), &["site"]].concat())?.contains("Example Ltd") {
        return Err("the system's site file is not in use".into());
    }
    fs::remove_dir_all(root.join("etc/mailtriage"))?;
    user.splice(0..0, ["sh", "-c", "\"$@\" || test $? = 1", "sh"]);
    says_the_case(&inside(&[user.as_slice(), &CASE].concat())?)?;
    if !inside(&["man", "--where", "mailtriage-check"])?.contains("mailtriage-check.1") {
        return Err("the manual pages are not found".into());
    }
    inside(&["dpkg", "--purge", &project.name])?;
    let (before, after): (BTreeSet<PathBuf>, BTreeSet<PathBuf>) =
        (before.into_iter().collect(), below(&root)?.into_iter().collect());
    let left: Vec<&PathBuf> = after.difference(&before).filter(|path| !is_of_the_system(path)).collect();
    if !left.is_empty() {
        return Err(format!("the .deb left something behind: {left:?}").into());
    }
    // The bare archive, where no package has brought anything.
    install(&archive.join(&project.name), &root.join("opt/mailtriage"), 0o755)?;
    says_the_case(&inside(
        &[&["sh", "-c", "\"$@\" || test $? = 1", "sh", "/opt/mailtriage"], CASE.as_slice()].concat(),
    )?)?;
    fs::remove_dir_all(archive)?;
    Ok(fs::remove_dir_all(root)?)
}

/// What dpkg and man-db write down about anything that comes or goes.
fn is_of_the_system(path: &Path) -> bool {
    ["var/lib/dpkg", "var/log", "var/cache/man"].iter().any(|folder| path.starts_with(folder))
}

pub fn says_the_case(said: &str) -> Result<()> {
    match said.contains(SAYS) {
        true => Ok(()),
        false => Err(format!("the first case does not end as it should:\n{said}").into()),
    }
}

/// The archive, unpacked; the list of packages is in the program.
fn unpacked(project: &Project, dist: &Path) -> Result<PathBuf> {
    let name = project.archive(linux::TARGET);
    run(tool("tar").arg("-C").arg(dist).arg("-xzf").arg(dist.join(format!("{name}.tar.gz"))))?;
    let folder = dist.join(name);
    let packages = inventory::embedded(&folder.join(&project.name), "objcopy")?;
    println!("dist: {packages} packages are named in the program");
    Ok(folder)
}

/// From a stick that cannot be written to, by a user who has no home folder; and by one who has, in which nothing may be
/// left behind, nor anywhere else.
fn read_only(project: &Project, dist: &Path) -> Result<()> {
    let folder = unpacked(project, dist)?;
    let script = "mount --bind . . && cd \"$PWD\" && mount -o remount,ro,bind . && ! touch ./x 2>/dev/null && exec setpriv \
                  --reuid=65534 --regid=65534 --clear-groups env -i HOME=/nonexistent ./mailtriage practice healthy-465 --format html";
    let said = run(tool("unshare").args(["--mount", "sh", "-c", script]).current_dir(&folder))?;
    if !said.contains("</html>") {
        return Err("it does not run from a read-only folder".into());
    }
    for arguments in LEAVES_NOTHING {
        let (home, log) = (dist.join("home"), dist.join("calls"));
        fs::create_dir(&home)?;
        std::os::unix::fs::chown(&home, Some(65_534), Some(65_534))?;
        let mut command = tool("sh");
        // Whatever the case comes to, but for wrong usage.
        command
            .args([
                "-c",
                "\"$@\" </dev/null || test $? -lt 4",
                "sh",
                "unshare",
                "--net",
                "strace",
                "-f",
                "-qq",
                "-e",
                CHANGES,
                "-o",
            ])
            .arg(&log);
        command.args(["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", "env", "-i"]);
        command.arg(format!("HOME={}", home.display())).arg(format!("TMPDIR={}", home.display()));
        run(command.arg(folder.join(&project.name)).args(*arguments))?;
        let changes = fs::read_to_string(&log)?;
        let changes: Vec<&str> = changes.lines().filter(|call| is_change(call)).collect();
        let left = below(&home)?;
        if !changes.is_empty() || !left.is_empty() {
            return Err(format!("{arguments:?} leaves something behind: {left:?}\n{}", changes.join("\n")).into());
        }
        fs::remove_dir(home)?;
        fs::remove_file(log)?;
    }
    Ok(fs::remove_dir_all(folder)?)
}

/// What keeps nothing: a case, the lab, pages, tables, and the accounts that are stored here.
const LEAVES_NOTHING: &[&[&str]] = &[
    &["check", "anna@example.com", "--server", "127.0.0.1", "--port", "9", "--no-references", "--deadline", "3"],
    &["check", "--from-client"],
    &["practice", "587-silent", "--format", "json"],
    &["guide", "0x800CCC0F"],
    &["providers", "gmail.com"],
    &["site"],
];

/// The calls by which a program changes something in a folder.
const CHANGES: &str = "trace=open,openat,creat,mkdir,mkdirat,rename,renameat,renameat2,link,linkat,symlink,symlinkat,unlink,unlinkat,truncate";

/// Whether one of these calls has changed something: opening a file only to read it does not, nor does a device.
fn is_change(call: &str) -> bool {
    let reads = call.contains("O_RDONLY") && !call.contains("O_CREAT");
    // A call in two lines is judged by the first.
    let says_nothing = [" = -1 ", "\"/dev/", " resumed>", "+++ ", "--- "].iter().any(|words| call.contains(words));
    !reads && !says_nothing
}
