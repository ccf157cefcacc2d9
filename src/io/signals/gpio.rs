//! Wires of a GPIO chip, through the kernel's character device.

use std::path::{Path, PathBuf};

use gpiocdev::chip::{Chip, chips};
use gpiocdev::line::{Offset, Value, Values};
use gpiocdev::{Error, Request};

use super::Held;
use crate::config::LampConfig;
use crate::station::lamps::Wires;

/// Who the kernel says has the lines.
const CONSUMER: &str = "cagekeeper";

/// The lines of one lamp, held as outputs.
#[derive(Debug)]
pub(super) struct Lines {
    request: Request,
    chip: PathBuf,
    lamp: LampConfig,
}

/// Takes the lines of a lamp, dark; with what they are, for people. An error says why not, and what to do.
pub(super) fn open(lamp: &LampConfig) -> Result<(Lines, String), String> {
    let chip = find(&lamp.chip)?;
    let path = chip.path().to_path_buf();
    let info = chip.info().map_err(|error| unusable(&path, &error))?;
    for (wire, line) in lamp.wires() {
        free(&chip, wire, line, info.num_lines)?;
    }
    let offsets: Vec<Offset> = lamp.wires().map(|(_, line)| line).collect();
    let mut builder = Request::builder();
    builder.on_chip(&path).with_consumer(CONSUMER).with_lines(&offsets).as_output(Value::Inactive);
    if lamp.active_low {
        builder.as_active_low();
    }
    let request = builder.request().map_err(|error| unusable(&path, &error))?;
    let detail = format!("{} ({}), lines {offsets:?}", path.display(), info.label);
    Ok((Lines { request, chip: path, lamp: lamp.clone() }, detail))
}

/// The chip of that path or label.
fn find(named: &str) -> Result<Chip, String> {
    if named.starts_with('/') {
        let path = Path::new(named);
        if !path.exists() {
            return Err(format!(
                "{named} is not there: see what `ls /dev/gpiochip*` shows, and correct `chip`"
            ));
        }
        return Chip::from_path(path).map_err(|error| unusable(path, &error));
    }
    let paths = chips().unwrap_or_default();
    let mut opened: Vec<Chip> = paths.iter().filter_map(|path| Chip::from_path(path).ok()).collect();
    let labels: Vec<String> =
        opened.iter().filter_map(|chip| chip.info().ok()).map(|info| info.label).collect();
    opened.retain(|chip| chip.info().is_ok_and(|info| info.label == named));
    match (opened.pop(), opened.is_empty()) {
        (Some(chip), true) => Ok(chip),
        (Some(_), false) => Err(format!("several chips have the label {named:?}: name one by its path")),
        (None, _) if labels.is_empty() && !paths.is_empty() => Err(may_not(Path::new("/dev/gpiochip*"))),
        (None, _) => Err(format!(
            "no GPIO chip has the label {named:?} (there is {}): plug it in, or correct `chip`",
            if labels.is_empty() { "none".to_owned() } else { labels.join(", ") }
        )),
    }
}

fn free(chip: &Chip, wire: &str, line: Offset, lines: u32) -> Result<(), String> {
    let path = chip.path();
    if line >= lines {
        return Err(format!(
            "{} has lines 0 to {}: correct `{wire}` ({line})",
            path.display(),
            lines.saturating_sub(1)
        ));
    }
    match chip.line_info(line) {
        Ok(info) if info.used => Err(format!(
            "line {line} of {} is taken by {:?}: free it, or correct `{wire}`",
            path.display(),
            if info.consumer.is_empty() { "the kernel" } else { info.consumer.as_str() }
        )),
        Ok(_) => Ok(()),
        Err(error) => Err(unusable(path, &error)),
    }
}

fn unusable(path: &Path, error: &Error) -> String {
    let said = error.to_string();
    if said.contains("ermission denied") {
        return may_not(path);
    }
    format!("{} cannot be used: {}", path.display(), said.trim_end_matches('.'))
}

fn may_not(path: &Path) -> String {
    format!(
        "no permission to use {}: give it to the service's user by a udev rule (hardware/udev/70-cagekeeper.rules) or \
         its group, and restart",
        path.display()
    )
}

impl Held for Lines {
    fn set(&mut self, wires: Wires) -> Result<(), String> {
        let mut values = Values::default();
        for (wire, line) in self.lamp.wires() {
            let on = match wire {
                "green" => wires.green,
                "amber" => wires.amber,
                "red" => wires.red,
                _ => wires.buzzer,
            };
            values.set(line, if on { Value::Active } else { Value::Inactive });
        }
        self.request.set_values(&values).map_err(|error| unusable(&self.chip, &error))
    }

    fn is_there(&self) -> bool {
        self.chip.exists()
    }
}
