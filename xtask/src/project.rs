//! What the packages say about the project: from Cargo.toml and Cargo.lock, by `cargo metadata`; there is no second place.

use super::run::{Result, cargo, run, tool};
use serde_json::Value;
use std::path::PathBuf;

/// The project.
pub struct Project {
    pub root: PathBuf,
    /// The target folder.
    pub target: PathBuf,
    pub name: String,
    pub version: String,
    /// One line.
    pub description: String,
    pub license: String,
    pub repository: String,
    /// Who answers for the packages: name and address.
    pub maintainer: String,
    /// `Publisher.Name`, as winget knows it.
    pub winget: String,
    /// The oldest Rust that builds it.
    pub rust_version: String,
    /// The time of all files in packages, in seconds since 1970: SOURCE_DATE_EPOCH, or that of the last commit.
    pub epoch: u64,
    /// All packages and what they depend on, as `cargo metadata` gives them.
    pub metadata: Value,
}

impl Project {
    pub fn read() -> Result<Self> {
        let said = run(cargo().args(["metadata", "--format-version", "1", "--locked", "--features", "vendored"]))?;
        let metadata: Value = serde_json::from_str(&said)?;
        let root = PathBuf::from(text(&metadata, "workspace_root")?);
        let manifest = root.join("Cargo.toml");
        let packages = metadata["packages"].as_array().ok_or("no packages")?;
        let own = packages.iter().find(|package| package["manifest_path"].as_str() == manifest.to_str());
        let own = own.ok_or("the project is not among its packages")?.clone();
        let epoch = match std::env::var("SOURCE_DATE_EPOCH") {
            Ok(epoch) => epoch,
            Err(_) => run(tool("git").args(["log", "-1", "--format=%ct"]).current_dir(&root))?,
        };
        Ok(Project {
            target: text(&metadata, "target_directory")?.into(),
            name: text(&own, "name")?,
            version: text(&own, "version")?,
            description: text(&own, "description")?,
            license: text(&own, "license")?,
            repository: text(&own, "repository")?,
            maintainer: text(&own["metadata"]["dist"], "maintainer")?,
            winget: text(&own["metadata"]["dist"], "winget-identifier")?,
            rust_version: text(&own, "rust_version")?,
            epoch: epoch.trim().parse()?,
            root,
            metadata,
        })
    }

    /// The maintainer without the address.
    pub fn publisher(&self) -> &str {
        self.maintainer.split(" <").next().unwrap_or_default()
    }

    /// What still has to be settled before anything may be published: addresses that belong to nobody (RFC 2606).
    pub fn unsettled(&self) -> Vec<&'static str> {
        let all = [("repository", &self.repository), ("maintainer", &self.maintainer)];
        all.into_iter().filter(|(_, value)| value.contains("example.")).map(|(name, _)| name).collect()
    }

    /// What an archive for a target is called, without its ending.
    pub fn archive(&self, target: &str) -> String {
        format!("{}-{}-{target}", self.name, self.version)
    }

    /// Where a file of this version can be fetched.
    pub fn address(&self, file: &str) -> String {
        format!("{}/releases/download/v{}/{file}", self.repository, self.version)
    }

    /// The time of all files, as a date and time by `date`'s format.
    pub fn date(&self, format: &str) -> Result<String> {
        Ok(run(tool("date").args(["-u", &format!("-d@{}", self.epoch), format]))?.trim().to_owned())
    }
}

pub fn text(value: &Value, key: &str) -> Result<String> {
    Ok(value[key].as_str().ok_or_else(|| format!("Cargo.toml: {key} is missing"))?.to_owned())
}
