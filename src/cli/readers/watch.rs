//! `readers watch ID`: what a reader gives, raw and decoded.

use std::ops::ControlFlow;
use std::process::ExitCode;

use serde_json::json;

use super::Target;
use crate::cli::screen::Screen;
use crate::io::readers::listen::Sound;
use crate::time::MonoMs;
use crate::wire::{Decoded, Decoder, Read, Rejected, Setup};

struct Watch<'a> {
    screen: &'a mut Screen,
    setup: Setup,
    decoder: Result<Decoder, Rejected>,
    last: Option<MonoMs>,
}

/// Shows what comes until Ctrl-C.
pub(super) fn watch(screen: &mut Screen, target: &Target) -> anyhow::Result<ExitCode> {
    let setup = target.setup();
    let decoder = Decoder::new(&setup);
    let mut watch = Watch { screen, setup, decoder, last: None };
    if !watch.screen.is_json() {
        watch.screen.line(&format!("watching {}; Ctrl-C ends", target.id))?;
        target.warning().iter().try_for_each(|warning| watch.screen.line(warning))?;
        watch.screen.flush()?;
    }
    target.listen(|sound| {
        watch.hear(sound)?;
        watch.screen.flush()?;
        Ok(ControlFlow::Continue(()))
    })?;
    watch.screen.flush()?;
    Ok(ExitCode::SUCCESS)
}

impl Watch<'_> {
    fn hear(&mut self, sound: Sound) -> anyhow::Result<()> {
        match sound {
            Sound::Plugged { device, descriptor } => {
                self.setup.descriptor = descriptor;
                self.decoder = Decoder::new(&self.setup);
                self.say("plugged", &device)
            }
            Sound::Unplugged(reason) => self.say("unplugged", &reason),
            Sound::Absent(reason) => self.say("waiting", &reason),
            Sound::Bytes(at, bytes) => {
                self.raw(at, &bytes)?;
                let said = match &mut self.decoder {
                    Ok(decoder) => decoder.handle(&bytes, at),
                    Err(rejected) => vec![Decoded::Rejected(rejected.clone())],
                };
                said.into_iter().try_for_each(|decoded| self.decoded(decoded))
            }
            Sound::Silence(now) => {
                let due = |decoder: &&mut Decoder| decoder.poll_timeout().is_some_and(|due| due <= now);
                let decoder = self.decoder.as_mut().ok().filter(due);
                let said = decoder.map(|decoder| decoder.handle_timeout(now)).unwrap_or_default();
                said.into_iter().try_for_each(|decoded| self.decoded(decoded))
            }
        }
    }

    fn say(&mut self, what: &str, detail: &str) -> anyhow::Result<()> {
        if self.screen.is_json() {
            return self.screen.json(&json!({ "is": what, "detail": detail }));
        }
        self.screen.line(&format!("{what}: {detail}"))
    }

    fn raw(&mut self, at: MonoMs, bytes: &[u8]) -> anyhow::Result<()> {
        let waited = self.last.replace(at).map(|last| at.since(last));
        if self.screen.is_json() {
            let hex: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
            return self.screen.json(&json!({ "is": "bytes", "at_ms": at.0, "hex": hex }));
        }
        let hex: Vec<String> = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
        let waited = waited.map_or_else(String::new, |waited| format!("+{waited} ms"));
        self.screen.line(&format!("{waited:>10}  {}", hex.join(" ")))
    }

    fn decoded(&mut self, decoded: Decoded) -> anyhow::Result<()> {
        match decoded {
            Decoded::Read(read) => self.read(&read),
            Decoded::Rejected(Rejected { kind, reason }) if self.screen.is_json() => {
                self.screen.json(&json!({ "is": "no-read", "kind": kind, "reason": reason }))
            }
            Decoded::Rejected(rejected) => self.screen.line(&format!("            no read: {rejected}")),
            Decoded::Reply(_) | Decoded::Answer(_) => Ok(()),
        }
    }

    fn read(&mut self, read: &Read) -> anyhow::Result<()> {
        let fields: serde_json::Map<String, serde_json::Value> =
            read.fields.iter().map(|(name, value)| ((*name).to_owned(), value.clone())).collect();
        if self.screen.is_json() {
            let line = json!({ "is": "read", "value": read.payload, "terminated": read.terminated, "fields": fields });
            return self.screen.json(&line);
        }
        let end = fields.get("terminator").and_then(|end| end.as_str()).unwrap_or("silence");
        let aim = read.aim.as_deref().map(|aim| format!(", AIM ]{aim}")).unwrap_or_default();
        let end = if read.terminated && !fields.contains_key("terminator") {
            String::new()
        } else {
            format!(", ended by {end}")
        };
        self.screen.line(&format!("            READ {:?}{end}{aim}", read.payload))
    }
}
