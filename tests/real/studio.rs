//! A studio on disk with the real program: a folder, a configuration, a pseudo-terminal where the scanner would be.
#![allow(dead_code, reason = "each test file uses a part of it")]
#![allow(clippy::disallowed_methods, reason = "starts the program, writes its files, waits for it")]
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test that cannot start the program has failed")]

use std::fs::File;
use std::io::Write;
use std::os::fd::OwnedFd;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::time::Duration;

use nix::pty::{OpenptyResult, openpty};
use serde_json::Value;
use tempfile::TempDir;

use super::mosquitto::wait_for;

/// A serial scanner: bytes written here are read by the program from `path`.
pub struct Gun {
    line: File,
    /// Held open, so that the line stays up while no program reads it.
    _slave: OwnedFd,
    pub path: PathBuf,
}

impl Gun {
    pub fn new() -> Self {
        let OpenptyResult { master, slave } = openpty(None, None).unwrap();
        let path = nix::unistd::ttyname(&slave).unwrap();
        Self { line: File::from(master), _slave: slave, path }
    }

    pub fn scan(&mut self, code: &str) {
        self.line.write_all(format!("{code}\r\n").as_bytes()).unwrap();
    }

    pub fn send(&mut self, bytes: &[u8]) {
        self.line.write_all(bytes).unwrap();
    }
}

/// A folder with a configuration and the files of a small studio.
pub struct Studio {
    dir: TempDir,
    pub config: PathBuf,
}

impl Studio {
    /// `extra` is the configuration's text after `site`, `[ledger]` and `[control]`.
    pub fn new(extra: &str) -> Self {
        let dir = TempDir::new().unwrap();
        let config = dir.path().join("cagekeeper.toml");
        let text = format!(
            "site = \"studio\"\ntimezone = \"Europe/London\"\n[ledger]\npath = \"ledger.db\"\n[control]\n\
             path = \"control.sock\"\n[clock]\ntrusted = true\n{extra}"
        );
        std::fs::write(&config, text).unwrap();
        Self { dir, config }
    }

    pub fn path(&self) -> &Path {
        self.dir.path()
    }

    /// Writes a file into the folder.
    pub fn file(&self, name: &str, text: &str) -> PathBuf {
        let path = self.dir.path().join(name);
        std::fs::write(&path, text).unwrap();
        path
    }

    /// The program with this studio's configuration, without standard input.
    pub fn command(&self, words: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_cagekeeper"));
        command.arg("--config").arg(&self.config).args(words).stdin(Stdio::null());
        command
    }

    /// Runs a verb to its end.
    pub fn verb(&self, words: &[&str]) -> Output {
        self.command(words).output().unwrap()
    }

    /// Runs a verb that must succeed, and gives its JSON lines.
    pub fn ask(&self, words: &[&str]) -> Vec<Value> {
        let output = self.verb(words);
        assert!(output.status.success(), "{words:?}: {}", String::from_utf8_lossy(&output.stderr));
        let text = String::from_utf8(output.stdout).unwrap();
        text.lines().map(|line| serde_json::from_str(line).unwrap_or_else(|_| panic!("{line}"))).collect()
    }

    /// Imports a file of that kind.
    pub fn import(&self, kind: &str, text: &str) {
        let path = self.file(&format!("{kind}.csv"), text);
        let output = self.verb(&["import", kind, path.to_str().unwrap()]);
        assert!(output.status.success(), "import {kind}: {}", String::from_utf8_lossy(&output.stderr));
    }

    /// Starts the daemon and waits until it answers.
    pub fn run(&self) -> Daemon {
        let log = File::options().create(true).append(true).open(self.dir.path().join("log")).unwrap();
        let child = self.command(&["run"]).stdout(log.try_clone().unwrap()).stderr(log).spawn().unwrap();
        let mut daemon = Daemon { child, log: self.dir.path().join("log") };
        wait_for("the daemon to answer", Duration::from_secs(20), || {
            if let Some(status) = daemon.child.try_wait().unwrap() {
                panic!("the daemon ended with {status}:\n{}", daemon.log());
            }
            let output = self.verb(&["status", "--json"]);
            let said: Value = serde_json::from_slice(&output.stdout).ok()?;
            (said.get("daemon")?.as_str()? == "running").then_some(())
        });
        daemon
    }
}

/// The running program. It is killed when dropped.
pub struct Daemon {
    pub child: Child,
    log: PathBuf,
}

impl Daemon {
    /// `kill -9`
    pub fn kill(&mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    /// SIGTERM, and waits for its end.
    pub fn stop(mut self) -> std::process::ExitStatus {
        let pid = nix::unistd::Pid::from_raw(i32::try_from(self.child.id()).unwrap());
        nix::sys::signal::kill(pid, nix::sys::signal::Signal::SIGTERM).unwrap();
        wait_for("the daemon to stop", Duration::from_secs(10), || self.child.try_wait().unwrap())
    }

    pub fn log(&self) -> String {
        std::fs::read_to_string(&self.log).unwrap_or_default()
    }
}

impl Drop for Daemon {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
