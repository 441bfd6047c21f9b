//! The Linux packages: an archive, a .deb and an .rpm, all of the same files.

use super::inventory;
use super::project::Project;
use super::run::{Result, below, install, run, settle, tool, within, write};
use std::fs;
use std::path::{Path, PathBuf};

/// What archives are called after.
pub const TARGET: &str = "x86_64-unknown-linux-gnu";
/// The most bytes of the program, with OpenSSL in it.
const MOST_BYTES: u64 = 12_000_000;
/// What is read beside the program.
const TEXTS: [&str; 5] = ["README.md", "CHANGELOG.md", "SECURITY.md", "LICENSE-APACHE", "LICENSE-MIT"];
/// Which completions go where below /usr/share.
const COMPLETIONS: [(&str, &str); 4] = [
    ("mailtriage.bash", "bash-completion/completions/mailtriage"),
    ("_mailtriage", "zsh/vendor-completions/_mailtriage"),
    ("mailtriage.fish", "fish/vendor_completions.d/mailtriage.fish"),
    ("mailtriage.nu", "nushell/vendor/autoload/mailtriage.nu"),
];

/// Makes them of a program.
pub fn all(project: &Project, program: &Path, texts: &Path, dist: &Path) -> Result<()> {
    let listed = dist.join("program");
    install(program, &listed, 0o755)?;
    inventory::embed(project, &listed, "objcopy")?;
    within(&listed, MOST_BYTES)?;
    archive(project, &listed, texts, dist)?;
    let needs = needs(&listed)?;
    deb(project, &listed, &needs, texts, dist)?;
    rpm(project, &listed, texts, dist)?;
    Ok(fs::remove_file(listed)?)
}

/// The libraries that a program loads, and the newest version of the C library that it asks for.
pub struct Needs {
    pub libraries: Vec<String>,
    pub glibc: String,
}

pub fn needs(program: &Path) -> Result<Needs> {
    let dynamic = run(tool("objdump").arg("-p").arg(program))?;
    let words =
        |key: &str| dynamic.lines().filter_map(|line| Some(line.trim().strip_prefix(key)?.trim().to_owned())).collect();
    let libraries: Vec<String> = words("NEEDED");
    let versions = dynamic.split_whitespace().filter_map(|word| word.strip_prefix("GLIBC_"));
    let number = |version: &str| version.split('.').map(|part| part.parse().unwrap_or(0)).collect::<Vec<u32>>();
    let glibc = versions.max_by_key(|version| number(version)).unwrap_or("0").to_owned();
    Ok(Needs { libraries, glibc })
}

fn archive(project: &Project, program: &Path, texts: &Path, dist: &Path) -> Result<()> {
    let name = project.archive(TARGET);
    let folder = dist.join(&name);
    install(program, &folder.join(&project.name), 0o755)?;
    for text in TEXTS {
        install(&project.root.join(text), &folder.join(text), 0o644)?;
    }
    for kind in ["man", "completions"] {
        for file in below(&texts.join(kind))? {
            install(&texts.join(kind).join(&file), &folder.join(kind).join(&file), 0o644)?;
        }
    }
    settle(&folder, project.epoch)?;
    let tar = dist.join(format!("{name}.tar"));
    let mtime = format!("--mtime=@{}", project.epoch);
    run(tool("tar")
        .arg("-C")
        .arg(dist)
        .args(["--sort=name", "--owner=0", "--group=0", "--numeric-owner", &mtime, "-cf"])
        .arg(&tar)
        .arg(&name))?;
    run(tool("gzip").arg("-9nf").arg(&tar))?;
    Ok(fs::remove_dir_all(folder)?)
}

/// What both packages install, below `root`.
fn tree(project: &Project, program: &Path, texts: &Path, root: &Path, doc: &str) -> Result<()> {
    let share = root.join("usr/share");
    install(program, &root.join("usr/bin").join(&project.name), 0o755)?;
    for page in below(&texts.join("man"))? {
        let to = share.join("man/man1").join(page.file_name().ok_or("no name")?);
        install(&texts.join("man").join(&page), &to, 0o644)?;
        run(tool("gzip").arg("-9nf").arg(&to))?;
    }
    for (from, to) in COMPLETIONS {
        install(&texts.join("completions").join(from), &share.join(to), 0o644)?;
    }
    for text in ["README.md", "SECURITY.md"] {
        install(&project.root.join(text), &share.join(doc).join(text), 0o644)?;
    }
    Ok(())
}

fn deb(project: &Project, program: &Path, needs: &Needs, texts: &Path, dist: &Path) -> Result<()> {
    let root = dist.join("deb");
    let doc = format!("doc/{}", project.name);
    tree(project, program, texts, &root, &doc)?;
    let doc = root.join("usr/share").join(doc);
    let Project { name, version, description, maintainer, repository, .. } = project;
    write(&doc.join("copyright"), copyright(project)?.as_bytes(), 0o644)?;
    // In our own form, and in Debian's, with the version alone.
    install(&project.root.join("CHANGELOG.md"), &doc.join("changelog"), 0o644)?;
    let date = project.date("+%a, %d %b %Y %H:%M:%S +0000")?;
    let changes = format!(
        "{name} ({version}-1) unstable; urgency=medium\n\n  * Version {version}: see changelog.gz.\n\n -- {maintainer}  {date}\n"
    );
    write(&doc.join("changelog.Debian"), changes.as_bytes(), 0o644)?;
    run(tool("gzip").arg("-9nf").arg(doc.join("changelog")).arg(doc.join("changelog.Debian")))?;
    let overrides = root.join("usr/share/lintian/overrides").join(name);
    write(&overrides, overridden(name, needs).as_bytes(), 0o644)?;
    let mut depends = vec![format!("libc6 (>= {})", needs.glibc)];
    for library in &needs.libraries {
        match library.as_str() {
            "libgcc_s.so.1" => depends.push("libgcc-s1".to_owned()),
            "libssl.so.3" => depends.push("libssl3 | libssl3t64".to_owned()),
            _ => {}
        }
    }
    let size: u64 =
        below(&root)?.iter().filter_map(|path| root.join(path).metadata().ok()).map(|file| file.len()).sum();
    let control = format!(
        "Package: {name}\nVersion: {version}-1\nArchitecture: amd64\nMaintainer: {maintainer}\nInstalled-Size: {}\n\
         Depends: {}\nSection: net\nPriority: optional\nHomepage: {repository}\nDescription: {}\n{}",
        size.div_ceil(1024),
        depends.join(", "),
        synopsis(description),
        LONGER.lines().map(|line| format!(" {line}\n")).collect::<String>(),
    );
    write(&root.join("DEBIAN/control"), control.as_bytes(), 0o644)?;
    let files = below(&root)?.into_iter().filter(|path| !path.starts_with("DEBIAN") && root.join(path).is_file());
    let files: Vec<PathBuf> = files.collect();
    let sums = run(tool("md5sum").current_dir(&root).args(&files))?;
    write(&root.join("DEBIAN/md5sums"), sums.as_bytes(), 0o644)?;
    settle(&root, project.epoch)?;
    let file = dist.join(format!("{name}_{version}-1_amd64.deb"));
    let mut command = tool("dpkg-deb");
    command.args(["--root-owner-group", "-Zxz", "--build"]).arg(&root).arg(file);
    run(command.env("SOURCE_DATE_EPOCH", project.epoch.to_string()))?;
    Ok(fs::remove_dir_all(root)?)
}

/// Debian's first line has no full stop, at most 80 characters and does not begin with a capital that is no name.
fn synopsis(description: &str) -> String {
    let mut letters = description.trim_end_matches('.').chars();
    letters.next().map_or_else(String::new, |first| first.to_lowercase().chain(letters).take(80).collect())
}

/// What packages say about the program, after the first line.
const LONGER: &str = "\
Somebody says \"I can't send mail\". mailtriage checks settings, names, the
connection, the ports 25, 465 and 587, encryption, certificate, log-in and
permission to send, on that person's machine, and names one cause with its
evidence and who can fix it. It needs no administrator rights and no
configuration, sends no message unless asked to, and has a practice lab that
needs no network.";

/// What lintian is told, and why.
fn overridden(name: &str, needs: &Needs) -> String {
    let mut out = String::from("# Not in Debian's archive: there is no bug to close.\n");
    out.push_str(&format!("{name}: initial-upload-closes-no-bugs\n"));
    if needs.libraries.iter().all(|library| !library.starts_with("libssl")) {
        out.push_str("# One program for every Linux, whatever its OpenSSL.\n");
        out.push_str(&format!("{name}: embedded-library *openssl*\n"));
    }
    out
}

/// In Debian's form: <https://www.debian.org/doc/packaging-manuals/copyright-format/1.0/>.
fn copyright(project: &Project) -> Result<String> {
    let indented = |text: &str| {
        let lines = text.trim().lines().map(|line| format!(" {}\n", if line.trim().is_empty() { "." } else { line }));
        lines.collect::<String>()
    };
    let mit = fs::read_to_string(project.root.join("LICENSE-MIT"))?;
    let holder =
        mit.lines().find_map(|line| line.strip_prefix("Copyright (c) ")).unwrap_or_else(|| project.publisher());
    let (_, mit) = mit.split_once("\n\n").ok_or("LICENSE-MIT has one paragraph only")?;
    Ok(format!(
        "Format: https://www.debian.org/doc/packaging-manuals/copyright-format/1.0/\nUpstream-Name: {}\nSource: {}\n\n\
         Files: *\nCopyright: {holder}\nLicense: MIT or Apache-2.0\n\nLicense: MIT\n{}\nLicense: Apache-2.0\n On Debian \
         systems, the text of this licence is in\n /usr/share/common-licenses/Apache-2.0.\n",
        project.name,
        project.repository,
        indented(mit),
    ))
}

fn rpm(project: &Project, program: &Path, texts: &Path, dist: &Path) -> Result<()> {
    let (top, root) = (dist.join("rpm"), dist.join("rpm-root"));
    let Project { name, version, description, maintainer, repository, license, .. } = project;
    tree(project, program, texts, &root, &format!("doc/{name}"))?;
    // Fedora's zsh looks elsewhere.
    fs::rename(root.join("usr/share/zsh/vendor-completions"), root.join("usr/share/zsh/site-functions"))?;
    for text in ["LICENSE-APACHE", "LICENSE-MIT"] {
        install(&project.root.join(text), &root.join("usr/share/licenses").join(name).join(text), 0o644)?;
    }
    settle(&root, project.epoch)?;
    let files: String = below(&root)?
        .into_iter()
        .filter(|path| root.join(path).is_file())
        .map(|path| {
            let kind = match path.to_string_lossy().as_ref() {
                path if path.contains("/doc/") => "%doc ",
                path if path.contains("/licenses/") => "%license ",
                _ => "",
            };
            format!("{kind}/{}\n", path.display())
        })
        .collect();
    let spec = format!(
        "%global _build_id_links none\n%global debug_package %{{nil}}\n%global __os_install_post %{{nil}}\n\
         %global use_source_date_epoch_as_buildtime 1\n%global clamp_mtime_to_source_date_epoch 1\n%global _buildhost localhost\n\
         Name: {name}\nVersion: {version}\nRelease: 1\nSummary: {description}\nLicense: {license}\nURL: {repository}\n\
         Packager: {maintainer}\n\n%description\n{LONGER}\n\n%install\ncp -a {}/. %{{buildroot}}/\n\n%files\n{files}",
        root.display(),
    );
    write(&top.join("mailtriage.spec"), spec.as_bytes(), 0o644)?;
    let mut command = tool("rpmbuild");
    command.args(["-bb", "--quiet", "--target", "x86_64-linux", "--define", &format!("_topdir {}", top.display())]);
    command.arg(top.join("mailtriage.spec")).env("SOURCE_DATE_EPOCH", project.epoch.to_string());
    run(&mut command)?;
    let file = format!("{name}-{version}-1.x86_64.rpm");
    fs::rename(top.join("RPMS/x86_64").join(&file), dist.join(&file))?;
    fs::remove_dir_all(root)?;
    Ok(fs::remove_dir_all(top)?)
}
