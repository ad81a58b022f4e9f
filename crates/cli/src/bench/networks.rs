//! `tintype bench models`: networks by stage, on the processor or on the GPU.

/// Nothing to time: this program was built without networks.
#[cfg(not(feature = "ml"))]
pub(super) fn run(
    _: &[String],
    _: crate::args::BenchDevice,
    _: Option<&str>,
    _: usize,
    _: bool,
) -> anyhow::Result<std::process::ExitCode> {
    anyhow::bail!("this program was built without networks")
}

#[cfg(feature = "ml")]
pub(super) use self::timed::run;

#[cfg(feature = "ml")]
mod timed {
    use std::{fmt::Write as _, process::ExitCode, time::Duration};

    use serde_json::json;
    use tintype::Size;
    use tintype_ml::timing::{NAMES, Place, Stages, Timed};
    use tintype_weights::{Model, Store};

    use super::super::chosen;
    use crate::{
        args::BenchDevice,
        progress,
        show::{self, Painted, Role},
    };

    /// Medians of one network.
    struct Row {
        model: &'static str,
        input: Size,
        stages: Stages,
    }

    pub(in super::super) fn run(
        models: &[String],
        device: BenchDevice,
        adapter: Option<&str>,
        rounds: usize,
        json: bool,
    ) -> anyhow::Result<ExitCode> {
        let store = Store::of_user()?;
        let place = match device {
            BenchDevice::Cpu => Place::Processor,
            BenchDevice::Gpu => Place::gpu(adapter)?,
        };
        let mut networks = Vec::new();
        for name in chosen(models, &NAMES)? {
            let path = store.installed(Model::find(name)?)?.path;
            networks.push((Timed::load(name, &path, &place)?, Vec::new()));
        }
        // One after the other in every round, so that whatever else the machine does falls on all alike. The first round
        // warms up and does not count.
        for round in 0..=rounds {
            for (network, times) in &mut networks {
                let what = format!("{}, round {round} of {rounds}", network.name());
                let stages = progress::waiting(&what, || network.run())?;
                if round > 0 {
                    times.push(stages);
                }
            }
        }
        let row = |(network, times): &(Timed, Vec<Stages>)| Row {
            model: network.name(),
            input: network.input_size(),
            stages: Stages::median(times),
        };
        let rows: Vec<_> = networks.iter().map(row).collect();
        if json {
            let ms = |time: Duration| time.as_secs_f64() * 1e3;
            let each = rows.iter().map(|Row { model, input, stages }| {
                json!({
                    "model": model, "width": input.width, "height": input.height, "copy_ms": ms(stages.copy),
                    "preprocess_ms": ms(stages.preprocess),
                    "inference_ms": ms(stages.inference), "post_ms": ms(stages.post), "total_ms": ms(stages.total()),
                })
            });
            let profile = if cfg!(debug_assertions) { "dev" } else { "release" };
            let models: Vec<_> = each.collect();
            return show::json(&json!({ "on": place.name(), "profile": profile, "rounds": rounds, "models": models }));
        }
        show::out(table(place.name(), &rows, show::has_color()).as_bytes())
    }

    fn table(on: &str, rows: &[Row], in_color: bool) -> String {
        let heads = ["copy", "preprocess", "inference", "post", "total"].map(|head| format!("{head:>12}")).concat();
        let head = format!("{:<16}{:<12}{heads}", "model", "input");
        let mut text = format!("on {on}\n{}\n", Painted { text: &head, role: Role::Heading, in_color });
        for Row { model, input, stages } in rows {
            let times = [stages.copy, stages.preprocess, stages.inference, stages.post, stages.total()];
            let times = times.map(|time| format!("{:>9.1} ms", time.as_secs_f64() * 1e3)).concat();
            let _ = writeln!(text, "{model:<16}{:<12}{times}", input.to_string());
        }
        text
    }
}
