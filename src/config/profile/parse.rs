//! A profile as written into the profile as meant.

use std::path::Path;

use toml::de::DeTable;

use super::super::asking;
use super::super::model::{PROFILE_KEYS, baud, model};
use super::super::problem::{ConfigErrors, Problems};
use super::super::reading::{ID, Reading};
use super::super::section::{Section, Setting};
use super::super::source::{Source, refuse_other_sources};
use super::{Attachment, Evidence, Kind, Mode, Profile, Reads, UsbId, Way};
use crate::domain::id::ReaderId;
use crate::wire::Protocol;

const KEYS: [&str; 5] = ["id", "name", "kind", "note", "mode"];
const MODE_KEYS: [&str; 8] =
    ["name", "usb", "shared_ids", "unsupported", "setup", "verified", "captures", "sources"];
const TEXT: &str = "a text that is not empty";

impl Profile {
    /// Makes a profile of the text of a file, or says everything that is wrong with it and where. `file` names it in
    /// errors, and without its `.toml` it is the id that is expected.
    pub fn parse(file: &Path, text: &str) -> Result<Profile, ConfigErrors> {
        let mut reading = Reading { problems: Problems::new(text), folder: None };
        let (table, errors) = DeTable::parse_recoverable(text);
        reading.problems.add_toml(&errors);
        let stem = file.file_stem().and_then(|stem| stem.to_str()).unwrap_or_default();
        let profile =
            if errors.is_empty() { described(&Section::top(&table), stem, text, &mut reading) } else { None };
        match profile {
            Some(profile) if reading.problems.is_empty() => Ok(profile),
            _ => Err(ConfigErrors::Wrong {
                file: file.display().to_string(),
                errors: reading.problems.into_errors(),
            }),
        }
    }
}

fn described(top: &Section<'_>, stem: &str, text: &str, reading: &mut Reading<'_>) -> Option<Profile> {
    top.refuse_unknown(&KEYS, &mut reading.problems);
    let id = id(top, stem, reading);
    let name = required_text(top, "name", reading);
    if top.setting("kind").is_none() {
        top.missing("kind", "what it reads, such as barcode", &mut reading.problems);
    }
    let kind = top.choice("kind", &Kind::ALL.map(Kind::name), &mut reading.problems, |name| {
        Kind::ALL.into_iter().find(|kind| kind.name() == name)
    });
    let note = top.read("note", TEXT, &mut reading.problems, full);
    let sections = top.children("mode", &mut reading.problems);
    if sections.is_empty() {
        top.missing("mode", "at least one [[mode]]", &mut reading.problems);
    }
    let modes: Vec<Mode> = sections.iter().filter_map(|section| mode(section, text, reading)).collect();
    Some(Profile { id: id?, name: name?, kind: kind?, note, modes })
}

/// An id as others, and the name of the file: one that was copied and not renamed would stand for another.
fn id(top: &Section<'_>, stem: &str, reading: &mut Reading<'_>) -> Option<String> {
    let expected = format!("the name of the file without .toml ({stem:?}): {ID}");
    top.require("id", &expected, &mut reading.problems, |setting| {
        let id = ReaderId::parse(setting.text()?).ok()?;
        (id.as_str() == stem).then(|| stem.to_owned())
    })
}

fn full(setting: Setting<'_>) -> Option<String> {
    setting.text().filter(|text| !text.trim().is_empty()).map(str::to_owned)
}

fn required_text(section: &Section<'_>, key: &str, reading: &mut Reading<'_>) -> Option<String> {
    section.require(key, TEXT, &mut reading.problems, full)
}

fn texts(section: &Section<'_>, key: &str, reading: &mut Reading<'_>) -> Vec<String> {
    let expected = "a list of texts";
    let read = |setting: Setting<'_>| full(setting).ok_or_else(|| TEXT.to_owned());
    section.list(key, expected, &mut reading.problems, read).unwrap_or_default()
}

fn mode(section: &Section<'_>, text: &str, reading: &mut Reading<'_>) -> Option<Mode> {
    let known: Vec<&str> = MODE_KEYS.iter().chain(&PROFILE_KEYS).copied().collect();
    section.refuse_unknown(&known, &mut reading.problems);
    let name = required_text(section, "name", reading);
    let setup = required_text(section, "setup", reading);
    let usb = section.list("usb", "a list of USB ids", &mut reading.problems, |setting| {
        let id = setting.text().and_then(UsbId::parse);
        id.ok_or_else(|| "a USB id as lsusb prints it, such as \"05e0:1200\"".to_owned())
    });
    let shared_ids = section.truth("shared_ids", &mut reading.problems).unwrap_or(false);
    let way = way(section, text, reading);
    let evidence = evidence(section, reading);
    let sources = texts(section, "sources", reading);
    if sources.is_empty() {
        section.missing("sources", "at least one document or project that says so", &mut reading.problems);
    }
    let usb = usb.unwrap_or_default();
    Some(Mode { name: name?, usb, shared_ids, way: way?, setup: setup?, evidence: evidence?, sources })
}

fn way(section: &Section<'_>, text: &str, reading: &mut Reading<'_>) -> Option<Way> {
    if section.setting("unsupported").is_none() {
        let (source, protocol) = meant_by_mode(section, reading)?;
        return Some(Way::Reads(Reads { source, protocol, keys: keys(section, text) }));
    }
    for key in PROFILE_KEYS {
        section.misplaced(key, "it only in a mode that is supported", &mut reading.problems);
    }
    section.read("unsupported", TEXT, &mut reading.problems, full).map(Way::Unsupported)
}

/// Source and protocol of a mode of a profile; that its other keys are right is seen to, as for a reader.
fn meant_by_mode(section: &Section<'_>, reading: &mut Reading<'_>) -> Option<(Attachment, Protocol)> {
    let attachments = [Attachment::Serial, Attachment::Hid];
    if section.setting("source").is_none() {
        section.missing("source", "one of serial or hid", &mut reading.problems);
    }
    let names = attachments.map(Attachment::name);
    let attachment = section.choice("source", &names, &mut reading.problems, |name| {
        attachments.into_iter().find(|attachment| attachment.name() == name)
    })?;
    let source = Source::parse(attachment.name())?;
    refuse_other_sources(section, source, reading);
    let protocol = model(section, source, reading).protocol;
    baud(section, protocol, reading);
    asking::feedback(section, (source == Source::Hid, None), protocol, reading);
    Some((attachment, protocol?))
}

/// The keys of a reader besides source and protocol, as they stand there.
fn keys(section: &Section<'_>, text: &str) -> Vec<(String, String)> {
    let others = PROFILE_KEYS.iter().filter(|key| !["source", "protocol"].contains(key));
    let written = |key: &&str| Some(text.get(section.setting(key)?.span())?.to_owned());
    let mut keys: Vec<(String, String)> =
        others.filter_map(|key| Some(((*key).to_owned(), written(key)?))).collect();
    keys.sort();
    keys
}

fn evidence(section: &Section<'_>, reading: &mut Reading<'_>) -> Option<Evidence> {
    if section.setting("verified").is_none() {
        section.missing("verified", "one of bytes, learned or documented", &mut reading.problems);
    }
    let names = ["bytes", "learned", "documented"];
    let verified = section.choice("verified", &names, &mut reading.problems, |name| {
        names.into_iter().find(|known| *known == name)
    })?;
    let captures = texts(section, "captures", reading);
    match verified {
        "bytes" if captures.is_empty() => {
            section.missing(
                "captures",
                "the vectors that were read, since verified is \"bytes\"",
                &mut reading.problems,
            );
            None
        }
        "bytes" => Some(Evidence::Bytes(captures)),
        other => {
            section.misplaced("captures", "it only where verified is \"bytes\"", &mut reading.problems);
            Some(if other == "learned" { Evidence::Learned } else { Evidence::Documented })
        }
    }
}
