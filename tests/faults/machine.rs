//! A machine whose disk refuses and whose clock is wrong, for the one program that is started on it: `machine.c`.

use std::path::{Path, PathBuf};
use std::process::Command;

use tempfile::TempDir;

use crate::house::House;

/// `errno` of storage that has become read-only.
pub const READ_ONLY: i32 = libc::EROFS;
/// `errno` of storage that is full.
pub const FULL: i32 = libc::ENOSPC;
/// `errno` of storage of which somebody has had their share.
pub const QUOTA: i32 = libc::EDQUOT;
/// `errno` of storage that is broken.
pub const BROKEN: i32 = libc::EIO;

/// How the machine is.
#[derive(Debug, Clone, Copy)]
pub struct How {
    /// What every write to the ledger's files says; 0 where it is done.
    pub error: i32,
    /// How long each sync takes, in milliseconds.
    pub sync_ms: u32,
    /// How far the date is off, in milliseconds.
    pub off_ms: i64,
    /// What the kernel's clock admits to, in microseconds; `None` for the truth.
    pub admitted_us: Option<u32>,
}

/// Nothing is the matter.
pub const WELL: How = How { error: 0, sync_ms: 0, off_ms: 0, admitted_us: None };

/// The machine; the daemons of a house run on it from its next start.
pub struct Machine {
    folder: TempDir,
}

impl Machine {
    pub fn under(house: &mut House) -> Self {
        let machine = Self { folder: tempfile::tempdir().unwrap() };
        machine.is_now(WELL);
        house.environment("LD_PRELOAD", machine.library().to_str().unwrap());
        house.environment("FAULTY_MACHINE", machine.file().to_str().unwrap());
        machine
    }

    pub fn is_now(&self, how: How) {
        let admitted_us = how.admitted_us.map_or(-1, i64::from);
        let text = format!("{} {} {} {admitted_us}\n", how.error, how.sync_ms, how.off_ms);
        // Whole or not at all: it is read at every moment.
        let new = self.folder.path().join("new");
        std::fs::write(&new, text).unwrap();
        std::fs::rename(new, self.file()).unwrap();
    }

    fn file(&self) -> PathBuf {
        self.folder.path().join("machine")
    }

    /// Made with the compiler that links Rust programs.
    fn library(&self) -> PathBuf {
        let library = self.folder.path().join("machine.so");
        let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/faults/machine.c");
        let mut cc = Command::new("cc");
        cc.args(["-shared", "-fPIC", "-O1", "-Wall", "-o"]).arg(&library).arg(source).arg("-ldl");
        let made = cc.output().expect("cc, which links every Rust program, is there");
        assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
        library
    }
}
