//! What SECURITY.md says is defended, from outside: a hostile client of the broker, TLS, users of this machine, what
//! listens, what is left on the disk, the units and the rules for devices. SECURITY.md names each test that it relies on,
//! and `document` holds it to that.
#![allow(clippy::disallowed_methods, reason = "the real program is started, waited for and looked at")]
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a panic is how a test says no"
)]

#[path = "../real/mosquitto.rs"]
mod mosquitto;
#[path = "../real/studio.rs"]
mod studio;

mod broker;
mod devices;
mod document;
mod machine;
mod tls;
mod units;

use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use studio::Studio;

/// Long enough for a machine that has much else to do.
const LONG: Duration = Duration::from_secs(60);
const ROOT: &str = "cagekeeper/v1/studio";

fn repository(path: &str) -> std::path::PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(path)
}

fn chmod(path: &Path, mode: u32) {
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(mode)).unwrap();
}

fn mode(path: &Path) -> u32 {
    path.metadata().unwrap().permissions().mode() & 0o777
}

/// A command that begins as root, or with sudo, and goes on with fewer rights.
fn setpriv(words: &[&str]) -> Command {
    let mut command = if nix::unistd::geteuid().is_root() {
        Command::new("setpriv")
    } else {
        let mut command = Command::new("sudo");
        command.args(["-n", "setpriv"]);
        command
    };
    command.args(words);
    command
}

/// A line of `/proc/PID/status`, after its name.
fn status_of(pid: u32, name: &str) -> String {
    let text = std::fs::read_to_string(format!("/proc/{pid}/status")).unwrap();
    let line = text.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(':')).unwrap();
    line.trim().to_owned()
}

/// Memory that a process holds, in kB.
fn resident_kb(pid: u32) -> u64 {
    status_of(pid, "VmRSS").trim_end_matches(" kB").parse().unwrap()
}

/// The kinds of all facts, oldest first.
fn kinds(studio: &Studio) -> Vec<String> {
    let facts = studio.ask(&["facts", "--json", "--limit", "100000"]);
    facts.iter().map(|fact| fact["kind"].as_str().unwrap().to_owned()).collect()
}
