//! Lists `hardware/profiles/*.toml` into one array, so that a new model needs no code.
#![allow(clippy::disallowed_methods, reason = "it lists files and writes one")]

use std::error::Error;
use std::fmt::Write;
use std::path::{Path, PathBuf};
use std::{env, fs};

fn main() -> Result<(), Box<dyn Error>> {
    let folder = Path::new(&env::var("CARGO_MANIFEST_DIR")?).join("hardware/profiles");
    println!("cargo::rerun-if-changed={}", folder.display());
    let listed = listing(&profiles(&folder)?)?;
    fs::write(Path::new(&env::var("OUT_DIR")?).join("profiles.rs"), listed)?;
    Ok(())
}

/// The files of the folder in the order of their names: the same on every machine.
fn profiles(folder: &Path) -> Result<Vec<PathBuf>, Box<dyn Error>> {
    let mut paths = Vec::new();
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.extension().is_some_and(|extension| extension == "toml") {
            paths.push(path);
        }
    }
    paths.sort();
    Ok(paths)
}

fn listing(paths: &[PathBuf]) -> Result<String, Box<dyn Error>> {
    let mut array = String::from("&[\n");
    for path in paths {
        println!("cargo::rerun-if-changed={}", path.display());
        let name = path.file_name().unwrap_or_default();
        writeln!(array, "    ({name:?}, include_str!({path:?})),")?;
    }
    array.push_str("]\n");
    Ok(array)
}
