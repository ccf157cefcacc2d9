//! USB HID readers through hidraw.
//!
//! Reading blocks, so each reader has a thread. Each report is one chunk. The node is let go as soon as the
//! device is gone, and the device is looked for again by what the configuration says of it, not by its node.

#![allow(clippy::disallowed_methods, reason = "device files, and waiting in a thread of its own")]

use std::ffi::CString;
use std::io;
use std::os::unix::ffi::OsStringExt;
use std::path::Path;

use hidapi::{HidApi, HidDevice, HidError, MAX_REPORT_DESCRIPTOR_SIZE};
use nix::errno::Errno;
use nix::unistd::{AccessFlags, access};
use tokio::sync::mpsc;

use super::candidate::{Candidate, Choice, Wanted, choose, named};
use super::outlet::{Absent, Backoff, Closed, FromThread, Outlet, ToDevice, tell};
use super::sysfs::candidates;
use crate::io::clock::Clock;
use crate::time::MonoMs;

const SYSFS_CLASS: &str = "/sys/class/hidraw";
/// The largest report that hidraw gives (`HID_MAX_BUFFER_SIZE` in the kernel).
const REPORT_BYTES_MAX: usize = 16_384;
/// How often the thread looks whether it is still wanted.
const LOOK_MS: i32 = 500;
/// Reports that may wait for a credit: about eight labels. The kernel keeps 64 and then drops reports, which
/// makes one code into another; a stream has flow control, HID has not.
const REPORTS_WAITING_MAX: usize = 256;
/// A device that stayed so long was really there: the next attempt comes soon again.
const STEADY_MS: u64 = 2_000;

/// Reads a HID device for ever.
pub(super) async fn run(mut outlet: Outlet, _to_device: ToDevice, wanted: Wanted) {
    let (to_task, from_thread) = mpsc::channel(REPORTS_WAITING_MAX);
    let clock = outlet.clock();
    let thread = std::thread::Builder::new().name(format!("hid {}", outlet.reader()));
    match thread.spawn(move || read_forever(&wanted, clock, &to_task)) {
        Ok(_detached) => drop(outlet.forward(from_thread).await),
        Err(error) => {
            let reason = format!("no thread could be started to read the HID device: {error}");
            tracing::warn!(reader = %outlet.reader(), "{reason}");
            outlet.absent(Absent::Unusable(reason));
        }
    }
}

/// A device that is there and open.
struct Opened {
    device: HidDevice,
    name: String,
    descriptor: Vec<u8>,
    note: Option<String>,
}

/// Ends when nobody listens any more.
fn read_forever(wanted: &Wanted, clock: Clock, task: &mpsc::Sender<FromThread>) {
    let mut backoff = Backoff::new();
    while !task.is_closed() {
        match open(wanted) {
            Ok(opened) => {
                let since = clock.mono();
                if read_until_gone(opened, clock, task).is_err() {
                    return;
                }
                if is_steady(clock, since) {
                    backoff = Backoff::new();
                }
            }
            Err(absent) => drop(tell(task, FromThread::Absent(absent))),
        }
        std::thread::sleep(backoff.next());
    }
}

fn is_steady(clock: Clock, since: MonoMs) -> bool {
    clock.mono().since(since) >= STEADY_MS
}

fn read_until_gone(opened: Opened, clock: Clock, task: &mpsc::Sender<FromThread>) -> Result<(), Closed> {
    let Opened { device, name, descriptor, note } = opened;
    let descriptor = (!descriptor.is_empty()).then_some(descriptor);
    tell(task, FromThread::Plugged { device: name, descriptor, note })?;
    let error = pump(&device, clock, task)?;
    // Before anything is said: saying it may wait, and nobody can use the device meanwhile.
    drop(device);
    tell(task, FromThread::Unplugged(end_of(&error)))
}

/// Reads reports until the device gives an error.
fn pump(device: &HidDevice, clock: Clock, task: &mpsc::Sender<FromThread>) -> Result<HidError, Closed> {
    let mut buffer = vec![0; REPORT_BYTES_MAX];
    while !task.is_closed() {
        let length = match device.read_timeout(&mut buffer, LOOK_MS) {
            Ok(length) => length,
            Err(error) if is_interrupted(&error) => 0,
            Err(error) => return Ok(error),
        };
        let bytes = buffer.get(..length).unwrap_or_default().to_vec();
        if !bytes.is_empty() {
            tell(task, FromThread::Bytes { at: clock.mono(), bytes })?;
        }
    }
    Err(Closed)
}

fn is_interrupted(error: &HidError) -> bool {
    matches!(error, HidError::IoError { error } if error.kind() == io::ErrorKind::Interrupted)
}

/// Why reading ended. hidapi says "device disconnected", the kernel EIO or ENODEV of one that was pulled out.
fn end_of(error: &HidError) -> String {
    let pulled = match error {
        HidError::IoError { error } => {
            matches!(error.raw_os_error(), Some(libc::EIO | libc::ENODEV | libc::ENXIO))
        }
        HidError::HidApiError { message } => message.contains("disconnected"),
        _ => false,
    };
    if pulled { "unplugged".to_owned() } else { format!("the device cannot be read any more: {error}") }
}

/// Finds and opens the device that is wanted.
fn open(wanted: &Wanted) -> Result<Opened, Absent> {
    let found = candidates(Path::new(SYSFS_CLASS));
    let (chosen, note) = decided(&found, wanted)?;
    check_access(chosen)?;
    let device = open_node(chosen).map_err(|error| unusable(chosen, &error))?;
    let mut descriptor = vec![0; MAX_REPORT_DESCRIPTOR_SIZE];
    let length = device.get_report_descriptor(&mut descriptor).unwrap_or(0);
    descriptor.truncate(length);
    Ok(Opened { device, name: chosen.to_string(), descriptor, note })
}

/// The device to be opened and what is odd about the choice, or why there is none.
fn decided<'a>(found: &'a [Candidate], wanted: &Wanted) -> Result<(&'a Candidate, Option<String>), Absent> {
    match choose(found, wanted) {
        Choice::One(chosen) => Ok((chosen, None)),
        Choice::FirstOf(chosen, others) => {
            let note = format!(
                "several devices fit {wanted}: {chosen} is read, and not {}; set `usb_path` to tell them apart",
                named(others.into_iter())
            );
            Ok((chosen, Some(note)))
        }
        Choice::NothingWanted => Err(Absent::Unusable(
            "the configuration names no device: set `vendor` and `product`, `serial` or `usb_path`"
                .to_owned(),
        )),
        Choice::Nothing if found.is_empty() => {
            Err(Absent::Missing(format!("no HID device with {wanted}: none at all is plugged in")))
        }
        Choice::Nothing => Err(Absent::Missing(format!(
            "no HID device with {wanted} is plugged in; there are {}",
            named(found.iter())
        ))),
    }
}

fn open_node(chosen: &Candidate) -> Result<HidDevice, HidError> {
    let node = CString::new(chosen.node().into_os_string().into_vec())
        .map_err(|error| HidError::HidApiError { message: error.to_string() })?;
    HidApi::new()?.open_path(&node)
}

/// Says who may open the node before hidapi tries: its error is only a text.
fn check_access(chosen: &Candidate) -> Result<(), Absent> {
    match access(&chosen.node(), AccessFlags::R_OK | AccessFlags::W_OK) {
        Ok(()) => Ok(()),
        Err(Errno::ENOENT) => Err(Absent::Missing(format!("{chosen} has no device file yet"))),
        Err(Errno::EACCES | Errno::EPERM) => Err(Absent::Unusable(no_permission(chosen))),
        Err(error) => Err(Absent::Unusable(format!("{chosen} cannot be used: {error}"))),
    }
}

/// Virtual devices have no USB parent whose ids a rule could name; the ids of their HID parent serve both.
fn no_permission(chosen: &Candidate) -> String {
    let Candidate { vendor, product, .. } = chosen;
    format!(
        "no permission to read and write {chosen}: put this line into /etc/udev/rules.d/70-cagekeeper.rules, plug \
         the reader in again, and run as a member of the group cagekeeper: SUBSYSTEM==\"hidraw\", \
         KERNELS==\"*:{vendor:04X}:{product:04X}.*\", GROUP=\"cagekeeper\", MODE=\"0660\""
    )
}

fn unusable(chosen: &Candidate, error: &HidError) -> Absent {
    Absent::Unusable(format!("{chosen} cannot be opened: {error}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn scanner(number: u32, interface: &str) -> Candidate {
        Candidate {
            number,
            vendor: 0x05e0,
            product: 0x1200,
            name: "Scanner".to_owned(),
            serial: String::new(),
            interface: Some(interface.to_owned()),
            descriptor: Vec::new(),
        }
    }

    fn wanted() -> Wanted {
        Wanted { vendor: Some(0x05e0), product: Some(0x1200), ..Wanted::default() }
    }

    #[test]
    fn two_equal_devices_are_both_named_by_their_usb_paths() {
        let found = [scanner(0, "1-1.4:1.0"), scanner(1, "1-1.2:1.0")];
        let (chosen, note) = decided(&found, &wanted()).unwrap();
        assert_eq!(chosen.number, 1);
        let note = note.unwrap();
        assert!(note.contains("1-1.2:1.0) is read, and not /dev/hidraw0"), "{note}");
        assert!(note.contains("USB path 1-1.4:1.0") && note.contains("`usb_path`"), "{note}");
    }

    #[test]
    fn a_missing_device_is_told_with_what_is_there_instead() {
        let other = Wanted { product: Some(0x0901), ..wanted() };
        let Err(Absent::Missing(said)) = decided(&[scanner(0, "1-1:1.0")], &other) else { panic!("missing") };
        assert!(said.starts_with("no HID device with vendor 05e0, product 0901 is plugged in"), "{said}");
        assert!(said.contains("/dev/hidraw0"), "{said}");
        let Err(Absent::Missing(said)) = decided(&[], &other) else { panic!("missing") };
        assert!(said.ends_with("none at all is plugged in"), "{said}");
        assert!(matches!(decided(&[], &Wanted::default()), Err(Absent::Unusable(_))));
    }

    #[test]
    fn no_permission_says_which_rule_to_write() {
        let said = no_permission(&scanner(3, "1-1:1.0"));
        assert!(said.contains("/dev/hidraw3"), "{said}");
        assert!(said.contains("KERNELS==\"*:05E0:1200.*\", GROUP=\"cagekeeper\""), "{said}");
    }

    #[test]
    fn a_pulled_plug_is_told_from_other_errors() {
        let gone =
            HidError::HidApiError { message: "unexpected poll error (device disconnected)".to_owned() };
        assert_eq!(end_of(&gone), "unplugged");
        let eio = HidError::IoError { error: io::Error::from_raw_os_error(libc::EIO) };
        assert_eq!(end_of(&eio), "unplugged");
        assert!(!is_interrupted(&eio));
        let eintr = HidError::IoError { error: io::Error::from_raw_os_error(libc::EINTR) };
        assert!(is_interrupted(&eintr));
        assert!(end_of(&HidError::InvalidZeroSizeData).contains("cannot be read any more"));
    }
}
