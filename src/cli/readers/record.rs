#![allow(clippy::disallowed_methods, reason = "it writes a recording")]
//! `readers record ID FILE`: what a reader gives, for `replay` and for a report.

use std::fs::{File, OpenOptions};
use std::io::Write;
use std::ops::ControlFlow;
use std::path::Path;
use std::process::ExitCode;

use super::Target;
use crate::cli::Failure;
use crate::cli::screen::Screen;
use crate::domain::id::ReaderId;
use crate::io::readers::listen::Sound;
use crate::io::readers::replay::{Descriptor, Line};
use crate::time::MonoMs;
use crate::wire::Setup;
use crate::wire::learn::Heard;
use crate::wire::mask::{PIECES_MAX, masked};

struct Tape<'a> {
    file: File,
    path: &'a Path,
    reader: &'a ReaderId,
    setup: Setup,
    /// With `--mask`: what is written at the end.
    kept: Option<Vec<Heard>>,
    begin: Option<MonoMs>,
    last: MonoMs,
    pieces: usize,
    bytes: usize,
    /// How many pieces were said.
    said: usize,
}

/// After so much silence it is said how much there is, in milliseconds.
const SAY_MS: u64 = 300;

/// Records until Ctrl-C.
pub(super) fn record(
    screen: &mut Screen,
    target: &Target,
    path: &Path,
    mask: bool,
) -> anyhow::Result<ExitCode> {
    let file = OpenOptions::new().write(true).create_new(true).open(path).map_err(|error| {
        let shown = path.display();
        let sentence = match error.kind() {
            std::io::ErrorKind::AlreadyExists => {
                format!("{shown}: exists already, and nothing is overwritten: name another")
            }
            _ => format!("{shown}: cannot be written ({error})"),
        };
        Failure::Wrong(sentence)
    })?;
    let kept = mask.then(Vec::new);
    let (reader, setup) = (&target.id, target.setup());
    let mut tape =
        Tape { file, path, reader, setup, kept, begin: None, last: MonoMs(0), pieces: 0, bytes: 0, said: 0 };
    if !screen.is_json() {
        screen.line(&format!("recording {} into {}; Ctrl-C ends", target.id, path.display()))?;
        target.warning().iter().try_for_each(|warning| screen.line(warning))?;
        screen.flush()?;
    }
    target.listen(|sound| hear(screen, &mut tape, sound))?;
    let pieces = tape.end()?;
    if !screen.is_json() {
        screen.line(&format!(
            "{pieces} pieces are recorded: `cagekeeper replay {}` plays them",
            path.display()
        ))?;
    }
    screen.flush()?;
    Ok(ExitCode::SUCCESS)
}

fn hear(screen: &mut Screen, tape: &mut Tape<'_>, sound: Sound) -> anyhow::Result<ControlFlow<()>> {
    match sound {
        Sound::Plugged { device, descriptor } => {
            if !screen.is_json() {
                screen.line(&format!("listening to {device}"))?;
                screen.flush()?;
            }
            tape.plugged(descriptor)?;
        }
        Sound::Bytes(at, bytes) => tape.take(at, bytes)?,
        Sound::Silence(now) if !screen.is_json() => {
            if let Some(sentence) = tape.so_far(now) {
                screen.line(&sentence)?;
                screen.flush()?;
            }
        }
        Sound::Unplugged(reason) | Sound::Absent(reason) if !screen.is_json() => {
            screen.line(&reason)?;
            screen.flush()?;
        }
        _ => {}
    }
    let is_full = tape.kept.as_ref().is_some_and(|kept| kept.len() >= PIECES_MAX);
    Ok(if is_full { ControlFlow::Break(()) } else { ControlFlow::Continue(()) })
}

impl Tape<'_> {
    fn plugged(&mut self, descriptor: Option<Vec<u8>>) -> anyhow::Result<()> {
        if let Some(descriptor) = &descriptor {
            let line = Descriptor {
                at_ms: 0,
                reader: self.reader.clone(),
                hex: String::new(),
                descriptor: descriptor.clone(),
            };
            self.write(&serde_json::to_string(&line)?)?;
        }
        self.setup.descriptor = descriptor;
        Ok(())
    }

    fn take(&mut self, at: MonoMs, bytes: Vec<u8>) -> anyhow::Result<()> {
        let begin = *self.begin.get_or_insert(at);
        let heard = Heard { at: MonoMs(at.since(begin)), bytes };
        self.pieces += 1;
        self.bytes += heard.bytes.len();
        self.last = at;
        match &mut self.kept {
            Some(kept) => kept.push(heard),
            None => self.line(heard)?,
        }
        Ok(())
    }

    /// Once after each scan: whoever records sees that it is heard.
    fn so_far(&mut self, now: MonoMs) -> Option<String> {
        if self.said == self.pieces || now.since(self.last) < SAY_MS {
            return None;
        }
        self.said = self.pieces;
        Some(format!("{} pieces, {} bytes so far", self.pieces, self.bytes))
    }

    fn line(&mut self, heard: Heard) -> anyhow::Result<()> {
        let line = Line { at_ms: heard.at.0, reader: self.reader.clone(), bytes: heard.bytes };
        self.write(&serde_json::to_string(&line)?)
    }

    /// Each line is in the file before the next byte is read: whoever pulls the plug has what came before.
    fn write(&mut self, line: &str) -> anyhow::Result<()> {
        let shown = self.path.display();
        writeln!(self.file, "{line}")
            .map_err(|error| Failure::Unreachable(format!("{shown}: cannot be written ({error})")).into())
    }

    fn end(mut self) -> anyhow::Result<usize> {
        if let Some(kept) = self.kept.take() {
            let masked = masked(&self.setup, &kept).map_err(|sentence| self.spoiled(sentence))?;
            masked.into_iter().try_for_each(|heard| self.line(heard))?;
        }
        Ok(self.pieces)
    }

    /// Nothing unmasked is left behind.
    fn spoiled(&self, sentence: String) -> Failure {
        match std::fs::remove_file(self.path) {
            Ok(()) => Failure::No(sentence),
            Err(error) => Failure::No(format!("{sentence} ({} stays: {error})", self.path.display())),
        }
    }
}
