//! Gathers the facts: where the Vulkan loader and its drivers' manifests are usually found. Starts no program.

use std::{
    env, fs,
    path::{Path, PathBuf},
};

use super::{Found, Need, TOOLS};
use crate::{models, search};

/// What the loader calls a restriction to named drivers; the newer name wins.
const PINS: [&str; 2] = ["VK_DRIVER_FILES", "VK_ICD_FILENAMES"];

/// Looks at this machine.
pub(super) fn look(need: Need) -> Found {
    let variable = |name: &str| env::var_os(name).filter(|v| !v.is_empty()).map(|v| v.to_string_lossy().into_owned());
    let is_one = |name: &str| variable(name).is_some_and(|value| value == "1");
    let pinned = PINS.iter().find_map(|name| Some((*name, variable(name)?)));
    let drivers = match &pinned {
        Some((_, value)) => existing(env::split_paths(value)),
        None => manifests(&manifest_folders(variable)),
    };
    Found {
        os: env::consts::OS,
        loader: library_folders(variable("LD_LIBRARY_PATH")).iter().any(|f| f.join("libvulkan.so.1").exists()),
        drivers,
        pinned,
        compiler: search::program("cc").is_some(),
        no_gpu: is_one("ALLOW_NO_GPU"),
        pip: ["pip3", "pip"].iter().any(|name| search::program(name).is_some())
            || is_one("ALLOW_NO_MODELS")
            || models::are_there(),
        tools: TOOLS.map(|tools| need == Need::Run || tools.programs.iter().all(|name| is_installed(name))),
    }
}

/// In `PATH`, or where Debian keeps the server programs of each version of PostgreSQL.
fn is_installed(program: &str) -> bool {
    search::program(program).is_some()
        || entries(Path::new("/usr/lib/postgresql")).iter().any(|version| version.join("bin").join(program).is_file())
}

/// The folders of the loader's search, in its order (Vulkan loader documentation, "Driver Discovery on Linux").
fn manifest_folders(variable: impl Fn(&str) -> Option<String>) -> Vec<PathBuf> {
    let home = |below: &str| variable("HOME").map(|home| format!("{home}/{below}"));
    let list = |name: &str, or: &str| variable(name).unwrap_or_else(|| or.to_owned());
    let bases = [
        variable("XDG_CONFIG_HOME").or_else(|| home(".config")),
        Some(list("XDG_CONFIG_DIRS", "/etc/xdg")),
        Some("/usr/local/etc:/etc".to_owned()),
        variable("XDG_DATA_HOME").or_else(|| home(".local/share")),
        Some(list("XDG_DATA_DIRS", "/usr/local/share:/usr/share")),
        // Also without a place in XDG_DATA_DIRS, which desktops and package managers rewrite.
        Some("/usr/local/share:/usr/share".to_owned()),
    ];
    let mut folders: Vec<PathBuf> = Vec::new();
    for base in bases.iter().flatten().flat_map(env::split_paths) {
        let folder = base.join("vulkan/icd.d");
        if !folders.contains(&folder) {
            folders.push(folder);
        }
    }
    folders
}

/// The drivers' manifests in these folders; a folder that cannot be read holds none.
fn manifests(folders: &[PathBuf]) -> Vec<PathBuf> {
    let files = folders.iter().flat_map(|folder| entries(folder));
    files.filter(|path| path.extension().is_some_and(|extension| extension == "json")).collect()
}

/// A pin may name manifests or folders of them.
fn existing(paths: impl Iterator<Item = PathBuf>) -> Vec<PathBuf> {
    paths
        .flat_map(|path| if path.is_dir() { manifests(&[path]) } else { vec![path] })
        .filter(|path| path.exists())
        .collect()
}

/// Where shared libraries are: the usual roots and one level below them, which is where Debian keeps an architecture's own.
fn library_folders(search_path: Option<String>) -> Vec<PathBuf> {
    let named = search_path.iter().flat_map(env::split_paths).collect::<Vec<_>>();
    let roots = ["/usr/local/lib", "/usr/lib", "/usr/lib64", "/lib", "/lib64"].map(PathBuf::from);
    let below = roots.iter().flat_map(|root| entries(root)).filter(|path| path.is_dir()).collect::<Vec<_>>();
    [named, roots.to_vec(), below].concat()
}

fn entries(folder: &Path) -> Vec<PathBuf> {
    fs::read_dir(folder).into_iter().flatten().flatten().map(|entry| entry.path()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_usual_folders_are_searched_once_each() {
        let folders = manifest_folders(|_| None);
        for expected in ["/usr/share/vulkan/icd.d", "/etc/vulkan/icd.d", "/usr/local/share/vulkan/icd.d"] {
            assert_eq!(folders.iter().filter(|f| *f == Path::new(expected)).count(), 1, "{expected} in {folders:?}");
        }
        let rewritten = manifest_folders(|name| (name == "XDG_DATA_DIRS").then(|| "/nix/share".to_owned()));
        assert!(rewritten.contains(&PathBuf::from("/nix/share/vulkan/icd.d")));
        assert!(rewritten.contains(&PathBuf::from("/usr/share/vulkan/icd.d")), "the system's stays");
    }

    #[test]
    fn only_manifests_count_as_drivers() {
        let folder = env::temp_dir().join(format!("tintype-xtask-icd-{}", std::process::id()));
        fs::create_dir_all(&folder).unwrap();
        fs::write(folder.join("lvp_icd.json"), "{}").unwrap();
        fs::write(folder.join("README"), "").unwrap();
        assert_eq!(manifests(std::slice::from_ref(&folder)), [folder.join("lvp_icd.json")]);
        assert_eq!(existing([folder.clone(), folder.join("gone.json")].into_iter()), [folder.join("lvp_icd.json")]);
        assert!(manifests(&[folder.join("no-such-folder")]).is_empty());
        fs::remove_dir_all(&folder).unwrap();
    }
}
