//! The system packages that tintype needs: a Vulkan loader, a driver for it, a C compiler; pip, which fetches models; and
//! other people's programs for pictures, which tests compare with.
//!
//! In three parts: [`look`] gathers facts, [`remedy`] decides (pure, and tested), [`ensure`] acts. It does not ask Vulkan for an
//! adapter: a driver that is there and finds no device is what `tintype doctor` reports.

mod look;

use std::path::PathBuf;

use anyhow::{Result, bail};

use crate::{cargo, search};

/// What is needed and may be absent.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Part {
    /// `libvulkan.so.1`, which the program opens.
    Loader,
    /// A driver's manifest, which the loader reads. Mesa's llvmpipe among them needs no GPU.
    Driver,
    /// `cc`, for libwebp and for linking.
    Compiler,
    /// pip, with which `crate::models` fetches weights. What needs none works without.
    Pip,
    /// The programs of [`TOOLS`] at this place. Only tests need them.
    Tools(usize),
}

/// Other people's programs that tests compare with.
struct Tools {
    name: &'static str,
    programs: &'static [&'static str],
    /// The package that has them, for each of [`MANAGERS`].
    packages: [&'static str; 3],
}

const TOOLS: [Tools; 9] = [
    Tools {
        name: "libjpeg-turbo's cjpeg, djpeg and jpegtran",
        programs: &["cjpeg", "djpeg", "jpegtran"],
        packages: ["libjpeg-turbo-progs", "libjpeg-turbo-utils", "libjpeg-turbo"],
    },
    Tools {
        name: "libavif's avifenc and avifdec",
        programs: &["avifenc", "avifdec"],
        packages: ["libavif-bin", "libavif-tools", "libavif"],
    },
    Tools {
        name: "libwebp's cwebp and dwebp",
        programs: &["cwebp", "dwebp"],
        packages: ["webp", "libwebp-tools", "libwebp"],
    },
    Tools {
        name: "ImageMagick's convert",
        // `convert` alone may be somebody else's.
        programs: &["convert", "identify"],
        packages: ["imagemagick", "ImageMagick", "imagemagick"],
    },
    Tools {
        name: "librsvg's rsvg-convert",
        programs: &["rsvg-convert"],
        packages: ["librsvg2-bin", "librsvg2-tools", "librsvg"],
    },
    Tools {
        name: "libheif's heif-enc and heif-convert",
        programs: &["heif-enc", "heif-convert"],
        packages: ["libheif-examples", "libheif-tools", "libheif"],
    },
    Tools { name: "gifsicle", programs: &["gifsicle"], packages: ["gifsicle", "gifsicle", "gifsicle"] },
    Tools {
        name: "exiftool",
        programs: &["exiftool"],
        packages: ["libimage-exiftool-perl", "perl-Image-ExifTool", "exiftool"],
    },
    Tools {
        name: "PostgreSQL's server",
        programs: &["initdb", "pg_ctl"],
        packages: ["postgresql", "postgresql-server", "postgresql"],
    },
];

/// What the parts are needed for.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Need {
    /// To build and run tintype.
    Run,
    /// To test it as well.
    Test,
}

/// Facts about the machine.
#[derive(Clone, Debug, Default)]
pub(crate) struct Found {
    /// As in `std::env::consts::OS`.
    os: &'static str,
    loader: bool,
    /// Existing driver manifests.
    drivers: Vec<PathBuf>,
    /// The variable by which the user restricts the loader to drivers of their choice, and its value.
    pinned: Option<(&'static str, String)>,
    compiler: bool,
    /// `ALLOW_NO_GPU=1`: neither loader nor driver is needed.
    no_gpu: bool,
    /// Pip is there, or nothing has to be fetched.
    pip: bool,
    /// Which of [`TOOLS`] are there, in their order, or are not needed.
    tools: [bool; TOOLS.len()],
}

/// How packages can be installed here.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Installer {
    /// We are root.
    Root(&'static PackageManager),
    /// `sudo` asks for no password.
    Sudo(&'static PackageManager),
    /// A password, and so a person, is needed.
    Password(&'static PackageManager),
    /// None that we know.
    Unknown,
}

/// A system's package manager, and what it calls our parts.
#[derive(Debug, PartialEq)]
struct PackageManager {
    program: &'static str,
    /// Run before `install`, where the list of packages must be fetched.
    refresh: Option<&'static str>,
    install: &'static str,
    loader: &'static str,
    driver: &'static str,
    compiler: &'static str,
    pip: &'static str,
    /// Its place in [`Tools::packages`].
    place: usize,
    /// Whether we run it ourselves. The others' commands are printed.
    automatic: bool,
}

const MANAGERS: &[PackageManager] = &[
    PackageManager {
        program: "apt-get",
        refresh: Some("update"),
        install: "install -y --no-install-recommends",
        loader: "libvulkan1",
        driver: "mesa-vulkan-drivers",
        compiler: "gcc libc6-dev",
        pip: "python3-pip",
        place: 0,
        automatic: true,
    },
    PackageManager {
        program: "dnf",
        refresh: None,
        install: "install -y",
        loader: "vulkan-loader",
        driver: "mesa-vulkan-drivers",
        compiler: "gcc",
        pip: "python3-pip",
        place: 1,
        automatic: false,
    },
    PackageManager {
        program: "pacman",
        refresh: None,
        install: "-S --needed",
        loader: "vulkan-icd-loader",
        driver: "vulkan-swrast",
        compiler: "gcc",
        pip: "python-pip",
        place: 2,
        automatic: false,
    },
];

/// What to do about missing parts.
#[derive(Debug, PartialEq)]
enum Remedy {
    Nothing,
    /// Commands to run, in order.
    Run(Vec<String>),
    /// A sentence for the user, with the one command where there is one.
    Tell(String),
}

/// Makes sure that everything is there, installing it where that needs no password. Says nothing when nothing is missing.
pub(crate) fn ensure(need: Need) -> Result<()> {
    let found = look::look(need);
    if found.no_gpu && (!found.loader || found.drivers.is_empty()) {
        println!("set-up: no Vulkan driver; going on without because ALLOW_NO_GPU=1");
    }
    let missing = found.missing();
    if missing.is_empty() {
        return Ok(());
    }
    match install(&found, need) {
        // Models and tests are not all there is.
        Err(error) if missing.iter().all(|part| matches!(part, Part::Pip | Part::Tools(_))) => {
            println!("set-up: {error:#}");
            Ok(())
        }
        result => result,
    }
}

fn install(found: &Found, need: Need) -> Result<()> {
    match remedy(found, installer()) {
        Remedy::Nothing => Ok(()),
        Remedy::Tell(sentence) => bail!("{sentence}"),
        Remedy::Run(commands) => {
            println!("set-up: {} missing; installing", names(&found.missing()));
            for command in commands {
                println!("set-up: {command}");
                let mut words = command.split_whitespace();
                let program = words.next().expect("remedy() writes no empty command");
                cargo::finish(cargo::tool(program).args(words).env("DEBIAN_FRONTEND", "noninteractive"))?;
            }
            let still = look::look(need).missing();
            if !still.is_empty() {
                bail!(
                    "{} still missing after the installation; drivers are described in /usr/share/vulkan/icd.d",
                    names(&still)
                );
            }
            Ok(())
        }
    }
}

impl Found {
    /// What must be installed, in a fixed order.
    fn missing(&self) -> Vec<Part> {
        let mut missing = Vec::new();
        // macOS has Metal and Windows has Direct3D 12; both come with the system.
        if !matches!(self.os, "macos" | "windows") && !self.no_gpu {
            missing.extend((!self.loader).then_some(Part::Loader));
            missing.extend(self.drivers.is_empty().then_some(Part::Driver));
        }
        // On Windows, Rust itself cannot have been installed without one.
        missing.extend((self.os != "windows" && !self.compiler).then_some(Part::Compiler));
        // Elsewhere Python comes from its makers, with pip; whether it did, fetching will tell.
        missing.extend((!matches!(self.os, "macos" | "windows") && !self.pip).then_some(Part::Pip));
        if !matches!(self.os, "macos" | "windows") {
            missing.extend((0..TOOLS.len()).filter(|place| !self.tools[*place]).map(Part::Tools));
        }
        missing
    }
}

fn remedy(found: &Found, installer: Installer) -> Remedy {
    let missing = found.missing();
    if missing.is_empty() {
        return Remedy::Nothing;
    }
    if let (true, Some((variable, value))) = (missing.contains(&Part::Driver), &found.pinned) {
        return Remedy::Tell(format!(
            "{variable} allows only the Vulkan drivers {value:?}, which do not exist; correct it, or run: unset {variable}"
        ));
    }
    if found.os == "macos" {
        return Remedy::Tell("a C compiler is missing; run: xcode-select --install".to_owned());
    }
    let tell = |manager: &PackageManager, prefix: &str| {
        Remedy::Tell(format!(
            "{} missing; run: {}",
            names(&missing),
            commands(manager, &missing).iter().map(|line| format!("{prefix}{line}")).collect::<Vec<_>>().join(" && ")
        ))
    };
    match installer {
        Installer::Root(manager) if manager.automatic => Remedy::Run(commands(manager, &missing)),
        Installer::Root(manager) => tell(manager, ""),
        Installer::Sudo(manager) if manager.automatic => Remedy::Run(
            // sudo clears the environment, so the variable that keeps apt from asking goes inside.
            commands(manager, &missing)
                .iter()
                .map(|line| format!("sudo -n env DEBIAN_FRONTEND=noninteractive {line}"))
                .collect(),
        ),
        Installer::Sudo(manager) | Installer::Password(manager) => tell(manager, "sudo "),
        Installer::Unknown => Remedy::Tell(format!(
            "{} missing; install them with this system's package manager: libvulkan.so.1, a Vulkan driver (Mesa's llvmpipe \
             needs no GPU), a C compiler named cc, pip for Python, and for tests {}",
            names(&missing),
            TOOLS.map(|tools| tools.name).join(", ")
        )),
    }
}

fn commands(manager: &PackageManager, missing: &[Part]) -> Vec<String> {
    let PackageManager { program, refresh, install, .. } = manager;
    let packages: Vec<&str> = missing
        .iter()
        .map(|part| match part {
            Part::Loader => manager.loader,
            Part::Driver => manager.driver,
            Part::Compiler => manager.compiler,
            Part::Pip => manager.pip,
            Part::Tools(tools) => TOOLS[*tools].packages[manager.place],
        })
        .collect();
    let refresh = refresh.map(|refresh| format!("{program} {refresh}"));
    refresh.into_iter().chain([format!("{program} {install} {}", packages.join(" "))]).collect()
}

fn names(missing: &[Part]) -> String {
    let names: Vec<&str> = missing
        .iter()
        .map(|part| match part {
            Part::Loader => "the Vulkan loader (libvulkan.so.1)",
            Part::Driver => "a Vulkan driver",
            Part::Compiler => "a C compiler (cc)",
            Part::Pip => "pip, which fetches models,",
            Part::Tools(tools) => TOOLS[*tools].name,
        })
        .collect();
    let verb = if matches!(missing, [part] if !matches!(part, Part::Tools(_))) { "is" } else { "are" };
    format!("{} {verb}", names.join(" and "))
}

/// Starts `id` and perhaps `sudo`, so it is asked only when something is missing.
fn installer() -> Installer {
    let Some(manager) = MANAGERS.iter().find(|manager| search::program(manager.program).is_some()) else {
        return Installer::Unknown;
    };
    let quiet = |program: &str, arguments: &[&str]| cargo::tool(program).args(arguments).output().ok();
    if quiet("id", &["-u"]).is_some_and(|output| output.stdout.trim_ascii() == b"0") {
        Installer::Root(manager)
    } else if quiet("sudo", &["-n", "true"]).is_some_and(|output| output.status.success()) {
        Installer::Sudo(manager)
    } else {
        Installer::Password(manager)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const APT: &PackageManager = &MANAGERS[0];
    const DNF: &PackageManager = &MANAGERS[1];

    fn complete() -> Found {
        Found {
            os: "linux",
            loader: true,
            drivers: vec!["lvp_icd.json".into()],
            pinned: None,
            compiler: true,
            pip: true,
            tools: [true; TOOLS.len()],
            no_gpu: false,
        }
    }

    fn tools() -> Vec<Part> {
        (0..TOOLS.len()).map(Part::Tools).collect()
    }

    fn bare() -> Found {
        Found { os: "linux", ..Found::default() }
    }

    #[test]
    fn a_complete_machine_needs_nothing() {
        assert_eq!(remedy(&complete(), Installer::Unknown), Remedy::Nothing);
        for os in ["macos", "windows"] {
            let found = Found { os, compiler: true, ..Found::default() };
            assert_eq!(found.missing(), [], "{os} brings its own GPU interface");
        }
    }

    #[test]
    fn each_part_is_missed() {
        assert_eq!(bare().missing(), [vec![Part::Loader, Part::Driver, Part::Compiler, Part::Pip], tools()].concat());
        assert_eq!(Found { loader: false, ..complete() }.missing(), [Part::Loader]);
        assert_eq!(Found { drivers: vec![], ..complete() }.missing(), [Part::Driver]);
        assert_eq!(Found { compiler: false, ..complete() }.missing(), [Part::Compiler]);
        assert_eq!(Found { pip: false, ..complete() }.missing(), [Part::Pip]);
        let mut no_webp = complete();
        no_webp.tools[2] = false;
        assert_eq!(no_webp.missing(), [Part::Tools(2)]);
        assert_eq!(Found { no_gpu: true, ..bare() }.missing(), [vec![Part::Compiler, Part::Pip], tools()].concat());
    }

    #[test]
    fn root_and_passwordless_sudo_install() {
        let no_vulkan = Found { compiler: true, pip: true, tools: [true; TOOLS.len()], ..bare() };
        assert_eq!(
            remedy(&no_vulkan, Installer::Root(APT)),
            Remedy::Run(vec![
                "apt-get update".into(),
                "apt-get install -y --no-install-recommends libvulkan1 mesa-vulkan-drivers".into(),
            ])
        );
        assert_eq!(
            remedy(&Found { compiler: false, ..complete() }, Installer::Sudo(APT)),
            Remedy::Run(vec![
                "sudo -n env DEBIAN_FRONTEND=noninteractive apt-get update".into(),
                "sudo -n env DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends gcc libc6-dev"
                    .into(),
            ])
        );
    }

    #[test]
    fn otherwise_the_one_command_is_printed() {
        let no_driver = Found { drivers: vec![], ..complete() };
        let no_pip = Found { pip: false, ..complete() };
        let mut no_avif = complete();
        no_avif.tools[1] = false;
        assert_eq!(
            remedy(&no_avif, Installer::Password(DNF)),
            Remedy::Tell("libavif's avifenc and avifdec are missing; run: sudo dnf install -y libavif-tools".into())
        );
        assert_eq!(
            remedy(&no_pip, Installer::Password(DNF)),
            Remedy::Tell("pip, which fetches models, is missing; run: sudo dnf install -y python3-pip".into())
        );
        for (installer, expected) in [
            (
                Installer::Password(APT),
                "a Vulkan driver is missing; run: sudo apt-get update && sudo apt-get install -y \
                 --no-install-recommends mesa-vulkan-drivers",
            ),
            (Installer::Sudo(DNF), "a Vulkan driver is missing; run: sudo dnf install -y mesa-vulkan-drivers"),
            (Installer::Root(DNF), "a Vulkan driver is missing; run: dnf install -y mesa-vulkan-drivers"),
        ] {
            assert_eq!(remedy(&no_driver, installer), Remedy::Tell(expected.into()));
        }
        let Remedy::Tell(sentence) = remedy(&bare(), Installer::Unknown) else { panic!("nothing can be run") };
        assert!(sentence.contains("are missing") && sentence.contains("package manager"), "{sentence}");
        let mac = Found { os: "macos", ..Found::default() };
        assert_eq!(
            remedy(&mac, Installer::Unknown),
            Remedy::Tell("a C compiler is missing; run: xcode-select --install".into())
        );
    }

    #[test]
    fn a_pinned_driver_that_does_not_exist_is_not_papered_over() {
        let found = Found { drivers: vec![], pinned: Some(("VK_DRIVER_FILES", "/no.json".into())), ..complete() };
        let Remedy::Tell(sentence) = remedy(&found, Installer::Root(APT)) else { panic!("installing cannot help") };
        assert!(sentence.contains("VK_DRIVER_FILES") && sentence.contains("\"/no.json\""), "{sentence}");
    }
}
