//! The models that are installed, as the engine asks for them.

use std::sync::Arc;

use tintype::Vision;
use tintype_server::config::MlConfig;

/// What finds faces and foregrounds; nothing in a program that was built without models. Loads nothing yet.
pub(crate) fn of(config: &MlConfig) -> anyhow::Result<Option<Arc<dyn Vision>>> {
    Ok(maker(config)?())
}

/// As [`of`], as often as it is asked: a device that is built anew needs models that are new too.
#[cfg(feature = "ml")]
pub(crate) fn maker(config: &MlConfig) -> anyhow::Result<impl Fn() -> Option<Arc<dyn Vision>> + Send + Sync + 'static> {
    use crate::failure::usage;
    use tintype_ml::{MattingKind, Models, ModelsOptions, On};
    use tintype_server::config::MlDevice;
    use tintype_weights::Store;

    let store = match &config.models {
        Some(folder) => Store::at(folder),
        None => Store::of_user()?,
    };
    let named = || MattingKind::ALL.into_iter().find(|kind| kind.name() == config.matting);
    let matting = match (config.matting.as_str(), named()) {
        ("", _) => None,
        (_, Some(kind)) => Some(kind),
        (other, None) => {
            let names: Vec<_> = MattingKind::ALL.iter().map(|kind| kind.name()).collect();
            return Err(usage!("{other:?} is no model that tells the foreground; there are {}", names.join(", ")));
        }
    };
    let on = match config.device {
        MlDevice::Auto => On::Auto,
        MlDevice::Gpu => On::Gpu,
        MlDevice::Cpu => On::Cpu,
    };
    let options = ModelsOptions { store, on, matting, at_once: config.jobs, waiting: config.queue };
    Ok(move || Some(Arc::new(Models::new(options.clone())) as Arc<dyn Vision>))
}

/// Nothing: this program was built without models.
#[cfg(not(feature = "ml"))]
pub(crate) fn maker(_: &MlConfig) -> anyhow::Result<impl Fn() -> Option<Arc<dyn Vision>> + Send + Sync + 'static> {
    Ok(|| None)
}
