#![allow(clippy::disallowed_methods, reason = "what a machine is told by is in files of the system")]
//! What this machine is told by, so that a ledger notices that it is on another one.
//!
//! A copied card has the system's id (`machine-id(5)`) of the original, so the board counts as well: the serial number
//! that the firmware of an ARM board gives, and where there is none the network adapters that are built in. All of it is
//! hashed: the id of a system is to be kept to oneself.

use std::collections::BTreeSet;
use std::path::Path;

use crate::io::entropy;
use crate::ledger::epoch::{Claimed, Machine};
use crate::ledger::{Ledger, LedgerError};

const SYSTEM: &str = "etc/machine-id";
const SERIAL: &str = "sys/firmware/devicetree/base/serial-number";
const ADAPTERS: &str = "sys/class/net";
/// `NET_ADDR_PERM` of the kernel: the address came with the adapter.
const BURNT_IN: &str = "0";
/// Adapters that are looked at.
const ADAPTERS_MAX: usize = 64;

/// This machine.
pub fn machine() -> Machine {
    machine_at(Path::new("/"))
}

/// Takes the ledger for this machine, and says so where it comes from elsewhere.
pub fn claim(ledger: &mut Ledger) -> anyhow::Result<()> {
    let before = ledger.origin().to_owned();
    let claimed = match ledger.claim(&machine(), &entropy::origin()?) {
        // Waited for like any storage that refuses; the next start looks again.
        Err(LedgerError::Unwritable(_)) => return Ok(()),
        claimed => claimed?,
    };
    if claimed == Claimed::Moved {
        tracing::warn!(
            %before,
            origin = ledger.origin(),
            "this ledger comes from another machine: facts are numbered under a new origin from now on. Where both run, \
             they are two ledgers from here on: let only one of them serve the site"
        );
    }
    Ok(())
}

fn machine_at(root: &Path) -> Machine {
    let system = text(&root.join(SYSTEM)).map(|id| digest(&id));
    let serial = text(&root.join(SERIAL)).map(|serial| digest(&serial));
    let hardware = match serial {
        Some(serial) => BTreeSet::from([serial]),
        None => adapters(&root.join(ADAPTERS)),
    };
    Machine { system, hardware }
}

/// Built-in adapters by their own addresses. What hangs on USB may hang on another machine tomorrow.
fn adapters(folder: &Path) -> BTreeSet<String> {
    let Ok(entries) = std::fs::read_dir(folder) else { return BTreeSet::new() };
    let paths = entries.filter_map(Result::ok).map(|entry| entry.path()).take(ADAPTERS_MAX);
    let built_in = paths.filter(|path| {
        let device = std::fs::canonicalize(path.join("device"));
        let on_usb = |device: &Path| {
            device.components().any(|part| part.as_os_str().as_encoded_bytes().starts_with(b"usb"))
        };
        text(&path.join("addr_assign_type")).as_deref() == Some(BURNT_IN)
            && device.is_ok_and(|device| !on_usb(&device))
    });
    built_in.filter_map(|path| text(&path.join("address"))).map(|address| digest(&address)).collect()
}

/// What a small file of the system says; `None` where it says nothing.
fn text(path: &Path) -> Option<String> {
    let text = std::fs::read_to_string(path).ok()?;
    let text = text.trim_matches(|c: char| c.is_whitespace() || c == '\0');
    (!text.is_empty()).then(|| text.to_owned())
}

fn digest(text: &str) -> String {
    let digest = ring::digest::digest(&ring::digest::SHA256, format!("cagekeeper machine {text}").as_bytes());
    digest.as_ref().iter().take(8).map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn put(root: &Path, path: &str, text: &str) {
        let path = root.join(path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    }

    #[test]
    fn a_board_is_told_by_its_serial_number_and_another_machine_by_built_in_adapters() {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path();
        assert_eq!(machine_at(root), Machine::default());
        put(root, SYSTEM, "0123456789abcdef0123456789abcdef\n");
        for (name, device, assigned, address) in [
            ("eth0", "pci0000:00/0000:00:19.0", "0", "52:54:00:00:00:01"),
            ("wan", "pci0000:00/usb1/1-2", "0", "52:54:00:00:00:02"),
            ("tap0", "virtual", "3", "52:54:00:00:00:03"),
        ] {
            std::fs::create_dir_all(root.join("devices").join(device)).unwrap();
            put(root, &format!("{ADAPTERS}/{name}/address"), &format!("{address}\n"));
            put(root, &format!("{ADAPTERS}/{name}/addr_assign_type"), &format!("{assigned}\n"));
            let link = root.join(ADAPTERS).join(name).join("device");
            std::os::unix::fs::symlink(root.join("devices").join(device), link).unwrap();
        }
        let told = machine_at(root);
        assert_eq!(told.hardware, BTreeSet::from([digest("52:54:00:00:00:01")]));
        assert!(told.system.is_some_and(|id| id.len() == 16 && !id.starts_with("0123")));
        put(root, SERIAL, "10000000a1b2c3d4\0");
        assert_eq!(machine_at(root).hardware, BTreeSet::from([digest("10000000a1b2c3d4")]));
    }
}
