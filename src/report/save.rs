//! Writes a report to disk: first to a temporary file, which is then renamed; readable by its owner only; never over
//! an existing file. Metrics alone are written anew each time, for whoever collects them.

use crate::machine::files;
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};
use tempfile::NamedTempFile;

/// Says early whether a file can be written there, so that no run is made in vain; a file that begins with `renewed` may be
/// there already. The error is a message for people.
pub fn check_target(path: &Path, renewed: Option<&str>) -> Result<(), String> {
    if is_taken(path) && !is_renewed(path, renewed) {
        return Err(format!("{} already exists and was left unchanged: choose another name", path.display()));
    }
    beside(path, "").map(drop).map_err(|error| cannot(path, &error))
}

/// Whether what is there is an earlier file of ours of a kind that is written anew each time.
fn is_renewed(path: &Path, renewed: Option<&str>) -> bool {
    let Some(beginning) = renewed else { return false };
    let mut bytes = vec![0; beginning.len()];
    let read = files::open(path).and_then(|mut file| file.read_exact(&mut bytes));
    read.is_ok() && bytes == beginning.as_bytes()
}

/// Writes the file: a new one; or, where files that begin with `renewed` are written anew each time, in place of such a one,
/// readable by everybody, because another program collects it. The error is a message for people.
pub fn write(path: &Path, text: &str, renewed: Option<&str>) -> Result<(), String> {
    if renewed.is_none() {
        return write_new(path, text);
    }
    check_target(path, renewed)?;
    let write = || -> io::Result<()> {
        let file = beside(path, text)?;
        #[cfg(unix)]
        file.as_file().set_permissions(std::os::unix::fs::PermissionsExt::from_mode(0o644))?;
        file.persist(path).map_err(|error| error.error)?;
        Ok(())
    };
    write().map_err(|error| cannot(path, &error))
}

/// Writes a new file. The error is a message for people.
pub fn write_new(path: &Path, text: &str) -> Result<(), String> {
    let write = || -> io::Result<()> {
        let file = beside(path, text)?;
        file.as_file().sync_all()?;
        file.persist_noclobber(path).map_err(|error| error.error)?;
        Ok(())
    };
    write().map_err(|error| match error.kind() {
        io::ErrorKind::AlreadyExists => {
            format!("{} already exists and was left unchanged: choose another name", path.display())
        }
        _ => cannot(path, &error),
    })
}

/// Replaces a file of our own, either completely or not at all. The error is a message for people.
pub fn replace(path: &Path, text: &str) -> Result<(), String> {
    let write = || -> io::Result<()> {
        std::fs::create_dir_all(folder_of(path))?;
        let file = beside(path, text)?;
        file.persist(path).map_err(|error| error.error)?;
        Ok(())
    };
    write().map_err(|error| cannot(path, &error))
}

/// The same names with a number added if one of them is taken: both files of a report get the same number.
pub fn free_names(paths: &[PathBuf]) -> Vec<PathBuf> {
    let numbered = |number: u32| -> Vec<PathBuf> {
        let with_number = |path: &PathBuf| {
            let stem = path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
            let ending = path.extension().unwrap_or_default().to_string_lossy().into_owned();
            path.with_file_name(format!("{stem}-{number}.{ending}"))
        };
        if number == 1 { paths.to_vec() } else { paths.iter().map(with_number).collect() }
    };
    let free = (1..1_000).map(numbered).find(|paths| !paths.iter().any(|path| is_taken(path)));
    free.unwrap_or_else(|| paths.to_vec())
}

/// A file name with the mail domain and the time in UTC: `mailtriage-example.com-20261123T140320Z.json`.
pub fn file_name(domain: &str, at: jiff::Timestamp, ending: &str) -> String {
    let domain: String =
        domain.chars().map(|c| if c.is_ascii_alphanumeric() || c == '.' || c == '-' { c } else { '_' }).collect();
    let at: String = at.strftime("%Y%m%dT%H%M%SZ").to_string();
    format!("mailtriage-{domain}-{at}.{ending}")
}

/// A file with this text in the same folder, to be given the name once it is whole; with mode 0600, as temporary files are.
fn beside(path: &Path, text: &str) -> io::Result<NamedTempFile> {
    let mut file = tempfile::Builder::new().prefix(".mailtriage").tempfile_in(folder_of(path))?;
    file.write_all(text.as_bytes())?;
    Ok(file)
}

/// Whether there is anything of this name, even a link that leads nowhere.
fn is_taken(path: &Path) -> bool {
    path.symlink_metadata().is_ok()
}

fn folder_of(path: &Path) -> PathBuf {
    match path.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder.to_owned(),
        _ => PathBuf::from("."),
    }
}

fn cannot(path: &Path, error: &io::Error) -> String {
    // The reason comes first: on a narrow screen the end is cut off.
    let why = match error.kind() {
        io::ErrorKind::NotFound => "no such folder".to_owned(),
        kind => kind.to_string(),
    };
    format!("cannot write, {why}: {}", path.display())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn never_over_an_existing_file() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("report.json");
        check_target(&path, None).unwrap();
        write_new(&path, "one").unwrap();
        assert!(write_new(&path, "two").unwrap_err().contains("already exists"));
        assert!(check_target(&path, None).is_err());
        assert_eq!(std::fs::read_to_string(&path).unwrap(), "one");
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1);
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        }
    }

    #[test]
    fn only_metrics_of_ours_are_written_anew() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("mail.prom");
        let ours = Some("# HELP mailtriage_");
        write(&path, "# HELP mailtriage_success one", ours).unwrap();
        check_target(&path, ours).unwrap();
        write(&path, "# HELP mailtriage_success two", ours).unwrap();
        assert!(std::fs::read_to_string(&path).unwrap().ends_with("two"));
        assert!(check_target(&path, None).is_err());
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o644);
        }
        std::fs::write(&path, "# HELP node_load1 of another").unwrap();
        assert!(write(&path, "# HELP mailtriage_success three", ours).unwrap_err().contains("already exists"));
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1);
    }

    #[cfg(unix)]
    #[test]
    fn a_link_that_leads_nowhere_is_found_before_the_run() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("report.json");
        std::os::unix::fs::symlink("/nonexistent/report.json", &path).unwrap();
        assert!(check_target(&path, None).unwrap_err().contains("already exists"));
        assert!(write_new(&path, "one").unwrap_err().contains("already exists"));
        assert_eq!(free_names(std::slice::from_ref(&path)), [folder.path().join("report-2.json")]);
    }

    #[test]
    fn names() {
        let at = "2026-11-23T14:03:20Z".parse().unwrap();
        assert_eq!(file_name("example.com", at, "json"), "mailtriage-example.com-20261123T140320Z.json");
        assert_eq!(file_name("../x", at, "json"), "mailtriage-.._x-20261123T140320Z.json");
    }
}
