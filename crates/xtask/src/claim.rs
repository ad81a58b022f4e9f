//! One build folder for all clones on a machine, used by one of them at a time.
//!
//! Cargo tells a workspace's own crates apart by their path *inside* the workspace and by the age of files, so what another
//! clone has built may pass for this one's. Dependencies have no such trouble, and they are what takes time. So the folder
//! remembers who used it last, and when that was another clone, the workspace's own crates are removed from it first.

use std::{
    fs,
    path::{Path, PathBuf},
};

use anyhow::{Context, Result};

use crate::cargo;

/// Where the folder remembers its last user.
const MARKER: &str = "tintype-clone";

/// Makes the build folder this clone's. Cheap when it is already.
pub(crate) fn claim() -> Result<()> {
    let Some(folder) = cargo::target_dir() else { return Ok(()) };
    let root = cargo::root();
    if is_ours(&folder, &root) {
        return Ok(());
    }
    if folder.join("debug").exists() || folder.join("release").exists() {
        println!("== build folder: another clone used {} last; our own crates are built anew", folder.display());
        let packages = packages(&root)?;
        let selected: Vec<&str> = packages.iter().flat_map(|package| ["-p", package]).collect();
        for profile in ["dev", "release"] {
            cargo::finish(cargo::cargo(&["clean", "-q", "--profile", profile]).args(&selected))?;
        }
    }
    fs::create_dir_all(&folder).with_context(|| format!("{} cannot be made", folder.display()))?;
    let marker = folder.join(MARKER);
    fs::write(&marker, root.as_os_str().as_encoded_bytes())
        .with_context(|| format!("cannot write {}", marker.display()))
}

fn is_ours(folder: &Path, root: &Path) -> bool {
    fs::read(folder.join(MARKER)).is_ok_and(|owner| owner == root.as_os_str().as_encoded_bytes())
}

/// Names of the workspace's packages, from their manifests.
fn packages(root: &Path) -> Result<Vec<String>> {
    let mut manifests: Vec<PathBuf> = vec![root.join("tests/Cargo.toml"), root.join("benches/Cargo.toml")];
    let crates = root.join("crates");
    for entry in fs::read_dir(&crates).with_context(|| format!("cannot read {}", crates.display()))? {
        manifests.push(entry?.path().join("Cargo.toml"));
    }
    manifests.sort();
    let name = |manifest: &PathBuf| -> Option<String> {
        let text = fs::read_to_string(manifest).ok()?;
        let line = text.lines().find_map(|line| line.strip_prefix("name = \""))?;
        Some(line.trim_end_matches('"').to_owned())
    };
    Ok(manifests.iter().filter_map(name).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_package_of_the_workspace_is_named() {
        let packages = packages(&cargo::root()).unwrap();
        for package in ["tintype", "tintype-engine", "tintype-cli", "tintype-tests", "tintype-benches", "xtask"] {
            assert!(packages.iter().any(|name| name == package), "{package} is not in {packages:?}");
        }
    }

    #[test]
    fn a_folder_is_ours_only_while_it_says_so() {
        let folder = std::env::temp_dir().join(format!("tintype-claim-{}", std::process::id()));
        fs::create_dir_all(&folder).unwrap();
        assert!(!is_ours(&folder, Path::new("/here")));
        fs::write(folder.join(MARKER), "/here").unwrap();
        assert!(is_ours(&folder, Path::new("/here")));
        assert!(!is_ours(&folder, Path::new("/there")));
        fs::remove_dir_all(&folder).unwrap();
    }
}
