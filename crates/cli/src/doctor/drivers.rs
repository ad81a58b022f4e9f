//! Vulkan's drivers on this machine, by the manifests that its loader reads. Starts nothing.

use std::{
    env, fs,
    path::{Path, PathBuf},
};

use super::Check;

/// How a driver is installed, for a GPU or without one.
pub(super) const INSTALL: &str = "install a Vulkan driver; Mesa's needs no GPU. Debian, Ubuntu: apt-get install libvulkan1 \
                                  mesa-vulkan-drivers; Fedora: dnf install vulkan-loader mesa-vulkan-drivers; Arch: \
                                  pacman -S vulkan-icd-loader vulkan-swrast";

/// Variables that name the drivers to use and hide all others; the loader prefers the first.
const PINS: [&str; 2] = ["VK_DRIVER_FILES", "VK_ICD_FILENAMES"];

/// The drivers' files; `None` on systems that bring a GPU interface of their own.
pub(super) fn check() -> Option<Check> {
    if matches!(env::consts::OS, "macos" | "ios" | "windows") {
        return None;
    }
    let pin = PINS.into_iter().find_map(|name| Some((name, env::var_os(name).filter(|value| !value.is_empty())?)));
    let found: Vec<_> = match &pin {
        Some((_, value)) => env::split_paths(value).flat_map(|path| manifests_at(&path)).collect(),
        None => folders(|name| env::var_os(name).map(PathBuf::from)).iter().flat_map(|f| manifests_at(f)).collect(),
    };
    Some(judge(&found, pin.map(|(name, _)| name)))
}

fn judge(found: &[PathBuf], pin: Option<&str>) -> Check {
    const NAME: &str = "vulkan";
    match (found.is_empty(), pin) {
        (false, pin) => {
            let only = pin.map(|name| format!(", by {name} alone")).unwrap_or_default();
            Check::ok(NAME, format!("{}{only}", listed(found)))
        }
        (true, Some(name)) => {
            Check::missing(NAME, format!("{name} names no driver that exists"), format!("correct it, or: unset {name}"))
        }
        (true, None) => Check::missing(NAME, "no driver is installed", INSTALL),
    }
}

/// The manifests' names by folder: `a.json, b.json in /usr/share/vulkan/icd.d`.
fn listed(found: &[PathBuf]) -> String {
    let folders = found.chunk_by(|a, b| a.parent() == b.parent()).map(|files| {
        let names: Vec<_> = files.iter().filter_map(|file| file.file_name()).map(|n| n.display().to_string()).collect();
        let folder = files[0].parent().unwrap_or(Path::new("."));
        format!("{} in {}", names.join(", "), folder.display())
    });
    folders.collect::<Vec<_>>().join("; ")
}

/// The folders that the loader searches on Linux, in its order, as its documentation ("Driver Discovery") has it.
fn folders(variable: impl Fn(&str) -> Option<PathBuf>) -> Vec<PathBuf> {
    let home = |below: &str| variable("HOME").map(|home| home.join(below));
    let mut bases = Vec::new();
    bases.extend(variable("XDG_CONFIG_HOME").or_else(|| home(".config")));
    bases.extend(env::split_paths(&variable("XDG_CONFIG_DIRS").unwrap_or_else(|| "/etc/xdg".into())));
    bases.extend(["/usr/local/etc", "/etc"].map(PathBuf::from));
    bases.extend(variable("XDG_DATA_HOME").or_else(|| home(".local/share")));
    bases.extend(env::split_paths(&variable("XDG_DATA_DIRS").unwrap_or_default()));
    bases.extend(["/usr/local/share", "/usr/share"].map(PathBuf::from));
    let mut folders: Vec<PathBuf> = Vec::new();
    for folder in bases.iter().filter(|base| base.is_absolute()).map(|base| base.join("vulkan/icd.d")) {
        if !folders.contains(&folder) {
            folders.push(folder);
        }
    }
    folders
}

/// A manifest, or those in a folder, in the order of their names.
fn manifests_at(path: &Path) -> Vec<PathBuf> {
    if path.is_file() {
        return vec![path.to_owned()];
    }
    let files = fs::read_dir(path).into_iter().flatten().flatten().map(|entry| entry.path());
    let mut files: Vec<_> = files.filter(|file| file.extension().is_some_and(|e| e == "json")).collect();
    files.sort();
    files
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::doctor::State;

    #[test]
    fn the_usual_folders_are_searched_once_each_whatever_the_variables_say() {
        let data_dirs = |name: &str| (name == "XDG_DATA_DIRS").then(|| "/opt/share:/usr/share:relative".into());
        let folders = folders(data_dirs);
        for folder in ["/etc/vulkan/icd.d", "/opt/share/vulkan/icd.d", "/usr/share/vulkan/icd.d"] {
            assert_eq!(folders.iter().filter(|f| *f == Path::new(folder)).count(), 1, "{folder} in {folders:?}");
        }
        assert!(folders.iter().all(|folder| folder.is_absolute()));
    }

    #[test]
    fn only_manifests_are_drivers() {
        let folder = tempfile::tempdir().unwrap();
        let manifest = folder.path().join("lvp_icd.json");
        fs::write(&manifest, "{}").unwrap();
        fs::write(folder.path().join("readme.txt"), "").unwrap();
        assert_eq!(manifests_at(folder.path()), std::slice::from_ref(&manifest));
        assert_eq!(manifests_at(&manifest), [manifest]);
        assert!(manifests_at(&folder.path().join("none")).is_empty());
    }

    #[test]
    fn a_folder_is_named_once() {
        let found = ["/a/x.json", "/a/y.json", "/b/z.json"].map(PathBuf::from);
        assert_eq!(listed(&found), "x.json, y.json in /a; z.json in /b");
    }

    #[test]
    fn what_is_missing_has_a_remedy() {
        assert_eq!(judge(&["a.json".into()], None).state, State::Ok);
        for pin in [None, Some("VK_DRIVER_FILES")] {
            let check = judge(&[], pin);
            assert_eq!(check.state, State::Missing);
            assert!(check.remedy.is_some());
        }
        assert!(judge(&[], Some("VK_DRIVER_FILES")).remedy.is_some_and(|r| r.contains("unset VK_DRIVER_FILES")));
    }
}
