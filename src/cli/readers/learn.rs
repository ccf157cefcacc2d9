#![allow(clippy::disallowed_methods, reason = "it writes the page to be printed")]
//! `readers learn ID`: what a scanner is set to, found from one scan of the printed setup code.

use std::ops::ControlFlow;
use std::path::Path;
use std::process::ExitCode;

use serde_json::json;

use super::Target;
use super::block::{Block, ONLY_LISTENED_TO, as_learned, model_keys};
use super::profile::{self, Written};
use crate::cli::Failure;
use crate::cli::screen::Screen;
use crate::cli::setup_code;
use crate::config::{Config, ReaderConfig};
use crate::io::readers::listen::Sound;
use crate::time::MonoMs;
use crate::wire::framing::Suffix;
use crate::wire::learn::{HEARD_MAX, Heard, Learned, PAUSE_MAX_MS, SETUP_TEXT, Way, learn as find};

/// After so much silence a scan is over, in milliseconds: longer than any pause within one.
const OVER_MS: u64 = PAUSE_MAX_MS + 200;

/// Writes the setup code as a page to be printed.
pub(super) fn print(screen: &mut Screen, file: &Path) -> anyhow::Result<ExitCode> {
    let page = setup_code::svg(SETUP_TEXT)
        .ok_or_else(|| Failure::Wrong("the setup code cannot be drawn".to_owned()))?;
    std::fs::write(file, page)
        .map_err(|error| Failure::Unreachable(format!("{}: cannot be written ({error})", file.display())))?;
    if !screen.is_json() {
        screen.line(&format!(
            "{}: print it at 100 %, then run `cagekeeper readers learn ID`",
            file.display()
        ))?;
    }
    screen.flush()?;
    Ok(ExitCode::SUCCESS)
}

/// What has been heard so far.
struct Ears {
    way: Way,
    heard: Vec<Heard>,
    /// How much of it had been looked at.
    looked_at: usize,
}

impl Ears {
    fn add(&mut self, at: MonoMs, bytes: Vec<u8>) {
        if self.heard.len() == HEARD_MAX {
            self.heard.clear();
            self.looked_at = 0;
        }
        self.heard.push(Heard { at, bytes });
    }

    /// Whether there is something new, and silence after it.
    fn is_due(&self, now: MonoMs) -> bool {
        let last = self.heard.last().map(|heard| heard.at);
        self.heard.len() > self.looked_at && last.is_some_and(|last| now.since(last) >= OVER_MS)
    }
}

/// Learns a scanner: asks for the setup code, says what was found, writes the profile and gives the block.
pub(super) fn learn(config: &Config, screen: &mut Screen, target: &Target) -> anyhow::Result<ExitCode> {
    let in_reports = target.reader.protocol.in_reports();
    let way = if in_reports { Way::Reports(None) } else { Way::Stream };
    let mut ears = Ears { way, heard: Vec::new(), looked_at: 0 };
    let mut learned = None;
    say(
        screen,
        &format!(
            "scan the printed setup code with {} (`cagekeeper readers learn --print FILE.svg` makes it), or show it the same \
         card twice; nothing that it reads now is recorded. Ctrl-C ends",
            target.id
        ),
    )?;
    target.warning().iter().try_for_each(|warning| say(screen, warning))?;
    target.listen(|sound| {
        hear(screen, &mut ears, sound, &mut learned)?;
        Ok(if learned.is_some() { ControlFlow::Break(()) } else { ControlFlow::Continue(()) })
    })?;
    let Some(learned) = learned else {
        return Err(Failure::No("nothing was learned".to_owned()).into());
    };
    report(config, screen, target, &learned)
}

fn say(screen: &mut Screen, sentence: &str) -> anyhow::Result<()> {
    if !screen.is_json() {
        screen.line(sentence)?;
    }
    screen.flush()
}

fn hear(
    screen: &mut Screen,
    ears: &mut Ears,
    sound: Sound,
    learned: &mut Option<Learned>,
) -> anyhow::Result<()> {
    match sound {
        Sound::Plugged { device, descriptor } => {
            if let Way::Reports(known) = &mut ears.way {
                *known = descriptor;
            }
            say(screen, &format!("listening to {device}"))
        }
        Sound::Unplugged(reason) | Sound::Absent(reason) => say(screen, &reason),
        Sound::Bytes(at, bytes) => {
            ears.add(at, bytes);
            Ok(())
        }
        Sound::Silence(now) if ears.is_due(now) => {
            ears.looked_at = ears.heard.len();
            match find(&ears.way, &ears.heard, SETUP_TEXT) {
                Ok(found) => *learned = Some(found),
                Err(unclear) => say(screen, &unclear.to_string())?,
            }
            Ok(())
        }
        Sound::Silence(_) => Ok(()),
    }
}

fn report(
    config: &Config,
    screen: &mut Screen,
    target: &Target,
    learned: &Learned,
) -> anyhow::Result<ExitCode> {
    let reader = as_learned(&target.reader, learned);
    let found = profile::learned(target, &reader);
    let written = profile::write(config.profiles.folder(), &found);
    let block = block(config, target, &reader);
    let block = match &written {
        Written::Here(_) => block.with_profile(&found.id),
        Written::Nowhere(_) => block.without_profile().with_keys(model_keys(&reader)),
    };
    if screen.is_json() {
        let (path, trouble) = match &written {
            Written::Here(path) => (Some(path), None),
            Written::Nowhere(why) => (None, Some(why)),
        };
        screen.json(&json!({
            "learned": learned, "block": block.to_string(), "profile": path, "profile_text": found.text(), "trouble": trouble
        }))?;
    } else {
        screen.line(&sentence(target, learned))?;
        for remark in &learned.remarks {
            screen.line(&format!("note: {remark}"))?;
        }
        match &written {
            Written::Here(path) => screen.line(&format!("the profile is written: {}", path.display()))?,
            Written::Nowhere(why) => screen.line(&format!("{why}:\n\n{}", found.text().trim_end()))?,
        }
        screen.line(&format!("\n{}", block.to_string().trim_end()))?;
        if block.is_only_listened_to() {
            screen.line(ONLY_LISTENED_TO)?;
        }
    }
    screen.flush()?;
    Ok(ExitCode::SUCCESS)
}

/// The block of what is learned, with what no profile says.
fn block(config: &Config, target: &Target, reader: &ReaderConfig) -> Block {
    match &target.device {
        Some(device) if !target.is_configured => {
            Block::of_device(config, device, &[]).with_protocol(Some(reader.protocol))
        }
        _ => Block::of_reader(reader),
    }
}

/// What was found, for people.
fn sentence(target: &Target, learned: &Learned) -> String {
    let ends = match learned.framing.suffix {
        Suffix::Any => "ends each code in its own way",
        Suffix::Cr => "ends each code with Enter (CR)",
        Suffix::Lf => "ends each code with LF",
        Suffix::CrLf => "ends each code with CR and LF",
        Suffix::Tab => "ends each code with TAB",
        Suffix::None => "puts nothing after a code",
    };
    let layout = learned.layout.map(|layout| format!(" with the keys of layout {}", layout.name()));
    let prefix = learned
        .framing
        .prefix
        .as_deref()
        .map(|prefix| format!(", puts {prefix:?} before it, which is taken off"));
    let aim = learned.aim.as_deref().map(|aim| format!(", says what it read (AIM ]{aim})"));
    let gap = learned.framing.gap_ms.map(|gap_ms| format!("; {gap_ms} ms of silence end a code"));
    format!(
        "{} speaks {}{}, {ends}{}{}; its longest pause within a code is {} ms{}",
        target.id,
        learned.protocol.name(),
        layout.unwrap_or_default(),
        prefix.unwrap_or_default(),
        aim.unwrap_or_default(),
        learned.pause_ms,
        gap.unwrap_or_default(),
    )
}
