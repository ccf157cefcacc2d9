//! The profiles of models in `hardware/profiles`: each is right, and says no more than its captures show.

#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a test says no by stopping")]
#![allow(clippy::disallowed_methods, reason = "it reads the files that it is about")]

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use cagekeeper::config::profile::{Evidence, Kind, Mode, Profile, Profiles, Way};
use cagekeeper::wire::Protocol;
use cagekeeper::wire::decode::{Decoding, decode, parse_hex};
use serde_json::{Value, json};

fn files() -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("hardware/profiles");
    let mut files: Vec<PathBuf> = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    files
}

fn profiles() -> Vec<Profile> {
    let parse = |path: &PathBuf| Profile::parse(path, &fs::read_to_string(path).unwrap());
    files().iter().map(|path| parse(path).unwrap_or_else(|errors| panic!("{errors}"))).collect()
}

fn vectors() -> BTreeMap<String, Value> {
    let lines = include_str!("../hardware/captures/vectors.jsonl").lines();
    let vectors = lines.map(|line| serde_json::from_str::<Value>(line).unwrap());
    vectors.map(|vector| (vector["id"].as_str().unwrap().to_owned(), vector)).collect()
}

/// Each mode that claims bytes of the model, with its profile and those vectors.
fn claims() -> Vec<(String, Mode, Vec<Value>)> {
    let vectors = vectors();
    let mut claims = Vec::new();
    for profile in profiles() {
        for mode in &profile.modes {
            let Evidence::Bytes(ids) = &mode.evidence else { continue };
            let named = |id: &String| {
                vectors.get(id).unwrap_or_else(|| panic!("{}: no vector {id}", profile.id)).clone()
            };
            claims.push((profile.id.clone(), mode.clone(), ids.iter().map(named).collect()));
        }
    }
    claims
}

fn decoded(protocol: Protocol, vector: &Value) -> Decoding {
    let id = vector["id"].as_str().unwrap();
    let hex = |value: &Value| parse_hex(id, value.as_str().unwrap()).unwrap();
    let bytes: Vec<Vec<u8>> = match &vector["bytes_hex"] {
        Value::Array(list) => list.iter().map(hex).collect(),
        one => vec![hex(one)],
    };
    if vector["expect"]["kind"] == json!("report_descriptor") {
        return decode(protocol, Some(&bytes[0]), &[]);
    }
    decode(protocol, None, &bytes)
}

#[test]
fn every_profile_is_right_and_compiled_in() {
    let files = files();
    assert!(files.iter().all(|path| path.extension().is_some_and(|extension| extension == "toml")));
    let profiles = profiles();
    assert!(profiles.len() >= 40, "{}", profiles.len());
    let ids: BTreeSet<&str> = profiles.iter().map(|profile| profile.id.as_str()).collect();
    assert_eq!(ids.len(), profiles.len());
    let names: BTreeSet<&str> = profiles.iter().map(|profile| profile.name.as_str()).collect();
    assert_eq!(names.len(), profiles.len(), "two models have one name");
    let built_in = Profiles::built_in();
    assert_eq!(built_in.iter().collect::<Vec<_>>(), profiles.iter().collect::<Vec<_>>());
}

#[test]
fn all_kinds_of_reader_and_every_protocol_of_a_device_have_a_model() {
    let profiles = profiles();
    for (kind, least) in [(Kind::Barcode, 20), (Kind::Rfid125, 5), (Kind::RfidHf, 3), (Kind::RfidUhf, 6)] {
        let count = profiles.iter().filter(|profile| profile.kind == kind).count();
        assert!(count >= least, "{}: {count}", kind.name());
    }
    let modes = profiles.iter().flat_map(|profile| &profile.modes);
    let spoken: Vec<Protocol> = modes.filter_map(|mode| Some(mode.reads()?.protocol)).collect();
    for protocol in Protocol::ALL {
        // Bits of any card reader: the converter is no model.
        assert!(protocol == Protocol::Wiegand || spoken.contains(&protocol), "{}", protocol.name());
    }
}

#[test]
fn what_is_said_to_be_read_from_bytes_was_sent_by_a_device_and_is_read() {
    let claims = claims();
    assert!(claims.len() >= 10, "{}", claims.len());
    for (id, mode, vectors) in claims {
        let Way::Reads(reads) = &mode.way else { panic!("{id}: {} is not read", mode.name) };
        for vector in vectors {
            let name = &vector["id"];
            assert_eq!(vector["origin"], json!("capture"), "{id}: {name} was not sent by a device");
            assert_eq!(vector["valid"], json!(true), "{id}: {name} is to be refused");
            let decoding = decoded(reads.protocol, &vector);
            let first = &decoding.lines[0];
            assert_eq!(first["ok"], json!(true), "{id}: {name} as {}: {first:#}", reads.protocol.name());
        }
    }
}

/// A capture of one model is no proof of another: each stands in one profile, and modules of one chip share none.
#[test]
fn no_capture_proves_two_models() {
    let mut seen = BTreeMap::new();
    for (id, _, vectors) in claims() {
        for vector in vectors {
            let name = vector["id"].as_str().unwrap().to_owned();
            let before = seen.insert(name.clone(), id.clone());
            assert!(before.is_none_or(|before| before == id), "{name} stands in {id} and in another");
        }
    }
}

/// `learned` is what this machine found out about a device of its own.
#[test]
fn no_model_that_is_compiled_in_is_learned() {
    for profile in profiles() {
        assert!(profile.modes.iter().all(|mode| mode.evidence != Evidence::Learned), "{}", profile.id);
    }
}

#[test]
fn ids_that_anything_may_have_are_marked_as_shared() {
    let profiles = profiles();
    let modes = || profiles.iter().flat_map(|profile| profile.modes.iter().map(move |mode| (profile, mode)));
    for id in ["1a86:7523", "ffff:0035", "16c0:27db", "05fe:1010", "08ff:0009", "413d:2107"] {
        let having = || modes().filter(|(_, mode)| mode.usb.iter().any(|usb| usb.to_string() == id));
        assert!(having().count() > 0, "{id} has no model");
        for (profile, mode) in having() {
            assert!(mode.shared_ids && mode.own_id().is_none(), "{}: {id}", profile.id);
        }
    }
}
