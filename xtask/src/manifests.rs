//! What package managers read: winget, Scoop and Homebrew, all made from the project's own data and the files' checksums.

use super::project::Project;
use super::run::{Result, run, tool, write};
use super::{linux, windows};
use serde_json::json;
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;
use std::fmt::Write;
use std::fs;
use std::path::Path;

/// The file with all checksums, as `sha256sum --check` reads it.
pub const SUMS: &str = "SHA256SUMS";
/// The manifests' version of winget's schema.
const WINGET: &str = "1.6.0";

/// The source archive, from the last commit.
pub fn source(project: &Project, dist: &Path) -> Result<()> {
    let name = format!("{}-{}", project.name, project.version);
    let tar = dist.join(format!("{name}.tar"));
    let mut command = tool("git");
    command.current_dir(&project.root).args(["archive", "--format=tar", &format!("--prefix={name}/"), "-o"]).arg(&tar);
    run(command.arg("HEAD"))?;
    run(tool("gzip").arg("-9nf").arg(tar)).map(drop)
}

/// Writes the checksums of all files, and returns them by name.
pub fn checksums(dist: &Path) -> Result<BTreeMap<String, String>> {
    let mut sums = BTreeMap::new();
    for entry in fs::read_dir(dist)? {
        let entry = entry?;
        if entry.file_type()?.is_file() {
            let sum = Sha256::digest(fs::read(entry.path())?).iter().fold(String::new(), |mut hex, byte| {
                let _ = write!(hex, "{byte:02x}");
                hex
            });
            sums.insert(entry.file_name().to_string_lossy().into_owned(), sum);
        }
    }
    let text: String = sums.iter().map(|(name, sum)| format!("{sum}  {name}\n")).collect();
    write(&dist.join(SUMS), text.as_bytes(), 0o644)?;
    Ok(sums)
}

/// Writes the manifests of everything that was made.
pub fn all(project: &Project, sums: &BTreeMap<String, String>, dist: &Path) -> Result<()> {
    let source = format!("{}-{}.tar.gz", project.name, project.version);
    if let Some(sum) = sums.get(&source) {
        write(&dist.join("manifests/homebrew/mailtriage.rb"), formula(project, &source, sum).as_bytes(), 0o644)?;
    }
    let zip = format!("{}.zip", project.archive(windows::TARGET));
    let setup = windows::installer(project);
    if let (Some(zip_sum), Some(setup_sum)) = (sums.get(&zip), sums.get(&setup)) {
        let text = serde_json::to_string_pretty(&scoop(project, &zip, zip_sum))? + "\n";
        write(&dist.join("manifests/scoop/mailtriage.json"), text.as_bytes(), 0o644)?;
        for (kind, text) in winget(project, &setup, setup_sum) {
            write(&dist.join(format!("manifests/winget/{}{kind}.yaml", project.winget)), text.as_bytes(), 0o644)?;
        }
    }
    // Where a Linux archive has no manager of its own, `cargo binstall` reads Cargo.toml.
    debug_assert!(sums.contains_key(&format!("{}.tar.gz", project.archive(linux::TARGET))));
    Ok(())
}

/// <https://docs.brew.sh/Formula-Cookbook>
fn formula(project: &Project, source: &str, sum: &str) -> String {
    format!(
        r##"class Mailtriage < Formula
  desc "{}"
  homepage "{}"
  url "{}"
  sha256 "{sum}"
  license any_of: ["MIT", "Apache-2.0"]

  depends_on "rust" => :build

  on_linux do
    depends_on "pkgconf" => :build
    depends_on "openssl@3"
  end

  def install
    system "cargo", "install", *std_cargo_args
    generate_completions_from_executable(bin/"mailtriage", "completions")
    (man1/"mailtriage.1").write Utils.safe_popen_read(bin/"mailtriage", "man")
  end

  test do
    assert_match "587", shell_output("#{{bin}}/mailtriage practice 587-silent --format text", 1)
  end
end
"##,
        project.description,
        project.repository,
        project.address(source),
    )
}

/// <https://github.com/ScoopInstaller/Scoop/wiki/App-Manifests>
fn scoop(project: &Project, zip: &str, sum: &str) -> serde_json::Value {
    let folder = project.archive(windows::TARGET);
    let newer = |text: &str| text.replace(&project.version, "$version");
    json!({
        "version": project.version,
        "description": project.description,
        "homepage": project.repository,
        "license": project.license.replace(" OR ", "|"),
        "architecture": { "64bit": { "url": project.address(zip), "hash": sum, "extract_dir": folder } },
        "bin": "mailtriage.exe",
        "checkver": { "url": format!("{}/releases", project.repository), "regex": "/v([\\d.]+)" },
        "autoupdate": {
            "architecture": { "64bit": { "url": newer(&project.address(zip)), "extract_dir": newer(&folder) } },
            "hash": { "url": newer(&project.address(SUMS)) },
        },
    })
}

/// <https://github.com/microsoft/winget-pkgs/tree/master/doc/manifest/schema>: a manifest of the version, one of the
/// installer, one of the texts.
fn winget(project: &Project, setup: &str, sum: &str) -> [(&'static str, String); 3] {
    let head = format!("PackageIdentifier: {}\nPackageVersion: {}\n", project.winget, project.version);
    let tail = |kind: &str| format!("ManifestType: {kind}\nManifestVersion: {WINGET}\n");
    let of_version = format!("{head}DefaultLocale: en-US\n{}", tail("version"));
    let of_installer = format!(
        "{head}InstallerType: nullsoft\nScope: user\nUpgradeBehavior: install\nInstallers:\n- Architecture: x64\n  \
         InstallerUrl: {}\n  InstallerSha256: {}\n{}",
        project.address(setup),
        sum.to_uppercase(),
        tail("installer"),
    );
    let of_texts = format!(
        "{head}PackageLocale: en-US\nPublisher: {}\nPackageName: mailtriage\nPackageUrl: {}\n\
         License: {}\nShortDescription: {}\n{}",
        project.publisher(),
        project.repository,
        project.license,
        serde_json::Value::from(project.description.as_str()),
        tail("defaultLocale"),
    );
    [("", of_version), (".installer", of_installer), (".locale.en-US", of_texts)]
}
