//! Serial readers: any tty, 8 data bits, no parity, 1 stop bit, raw.
//!
//! A name such as `/dev/serial/by-path/…` is followed anew at each opening. A tty that is gone is let go at
//! once: while its handle is held the kernel gives the same device the next number when it returns.

#![allow(clippy::disallowed_methods, reason = "device files")]

use std::future::poll_fn;
use std::io;
use std::path::{Path, PathBuf};
use std::pin::Pin;
use std::task::Poll;
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::time::MissedTickBehavior;
use tokio_serial::{
    DataBits, ErrorKind, FlowControl, Parity, SerialPort as _, SerialPortBuilder, SerialStream, StopBits,
};

use super::arrival::{Arrivals, Woken};
use super::outlet::{Absent, Backoff, Closed, Outlet, ToDevice};
use super::search::Search;
use super::sysfs::ttys;
use super::{CHUNK_BYTES_MAX, Credit};
use crate::time::MonoMs;
use crate::wire::Outgoing;

const SYSFS_CLASS: &str = "/sys/class/tty";
/// How often an open device and its path are looked at.
const CHECK_MS: u64 = 500;
/// Checks in a row that must find the path leading elsewhere: udev may be writing its links anew.
const PATH_MISSES: u32 = 2;
/// A device that stayed so long was really there: the next attempt comes soon again.
const STEADY_MS: u64 = 2_000;
/// The speed of a pseudo-terminal that refuses the configured one: it has none.
const PTY_BAUD: u32 = 9_600;

/// What a serial reader is bound by.
#[derive(Debug, Clone)]
pub(super) enum Address {
    /// A device file, or a link to one.
    Path(PathBuf),
    /// The identity of a USB device.
    Usb(Search),
}

/// A tty that is there and open.
struct Found {
    stream: SerialStream,
    /// As it is named; a link is followed anew at each opening.
    path: PathBuf,
    /// Where that led when it was opened.
    device: PathBuf,
    name: String,
    note: Option<String>,
}

/// Reads a tty for ever, and writes to it what its reader is to be told.
pub(super) async fn run(mut outlet: Outlet, mut to_device: ToDevice, address: Address, baud: u32) {
    let arrivals = match Arrivals::new().for_task() {
        Ok(arrivals) => arrivals,
        Err(error) => return outlet.absent(no_thread(&error)),
    };
    let mut backoff = Backoff::new();
    loop {
        match found(&address, baud) {
            Ok(found) => {
                let opened = outlet.clock().mono();
                to_device.forget();
                if use_until_gone(&mut outlet, &mut to_device, found).await.is_err() {
                    return;
                }
                if is_steady(&outlet, opened) {
                    backoff = Backoff::new();
                }
            }
            Err(absent) => outlet.absent(absent),
        }
        if arrivals.wait(backoff.next()).await == Woken::Arrival {
            backoff = Backoff::new();
        }
    }
}

/// The open tty.
struct Line<'a> {
    stream: SerialStream,
    path: &'a Path,
    device: &'a Path,
}

/// What happened on the line.
enum Happened {
    Credit(Credit),
    Read(Vec<u8>),
    Sent(usize),
    ToSend(Outgoing),
    Gone(String),
    Time,
}

fn no_thread(error: &io::Error) -> Absent {
    Absent::Unusable(format!("no thread could be started to wait for the device: {error}"))
}

fn is_steady(outlet: &Outlet, opened: MonoMs) -> bool {
    outlet.clock().mono().since(opened) >= STEADY_MS
}

async fn use_until_gone(outlet: &mut Outlet, to_device: &mut ToDevice, found: Found) -> Result<(), Closed> {
    let Found { stream, path, device, name, note } = found;
    outlet.plugged(name, None, note).await?;
    let line = Line { stream, path: &path, device: &device };
    let reason = pump(outlet, to_device, line).await?;
    outlet.unplugged(reason).await
}

/// Reads and writes until the device is gone and says why. The handles are closed when this returns.
async fn pump(outlet: &Outlet, to_device: &mut ToDevice, line: Line<'_>) -> Result<String, Closed> {
    let Line { mut stream, path, device } = line;
    let (mut credit, mut unsent) = (None, Vec::new());
    let elsewhere = leads_elsewhere(path, device);
    tokio::pin!(elsewhere);
    loop {
        let must_wait = credit.is_none();
        let happened = tokio::select! {
            given = outlet.credit(), if must_wait => Happened::Credit(given?),
            // A reader that must not read is looked at: the kernel refuses to count what waits at a tty that is gone.
            () = tokio::time::sleep(Duration::from_millis(CHECK_MS)), if must_wait => Happened::Time,
            done = either(&mut stream, !must_wait, &unsent) => done.unwrap_or_else(|error| Happened::Gone(end_of(device, &error))),
            outgoing = to_device.next(), if unsent.is_empty() => Happened::ToSend(outgoing),
            reason = &mut elsewhere => Happened::Gone(reason),
        };
        match happened {
            Happened::Credit(given) => credit = Some(given),
            Happened::ToSend(outgoing) => unsent.extend_from_slice(outgoing.bytes()),
            Happened::Sent(length) => drop(unsent.drain(..length)),
            Happened::Gone(reason) => return Ok(reason),
            Happened::Time if stream.bytes_to_read().is_ok() => {}
            Happened::Time => return Ok("unplugged".to_owned()),
            Happened::Read(bytes) if bytes.is_empty() => return Ok("unplugged".to_owned()),
            Happened::Read(bytes) => {
                let Some(credit) = credit.take() else { continue };
                outlet.chunk(outlet.clock().mono(), bytes, credit).await?;
            }
        }
    }
}

/// Sends some of `unsent`, or reads if it may: whichever the line is ready for.
async fn either(stream: &mut SerialStream, may_read: bool, unsent: &[u8]) -> io::Result<Happened> {
    let mut stream = Pin::new(stream);
    let mut buffer = [0; CHUNK_BYTES_MAX];
    poll_fn(|context| {
        if !unsent.is_empty()
            && let Poll::Ready(sent) = stream.as_mut().poll_write(context, unsent)
        {
            return Poll::Ready(sent.map(Happened::Sent));
        }
        if !may_read {
            return Poll::Pending;
        }
        let mut read = ReadBuf::new(&mut buffer);
        let polled = stream.as_mut().poll_read(context, &mut read);
        polled.map_ok(|()| Happened::Read(read.filled().to_vec()))
    })
    .await
}

/// Why a read failed. The kernel says EIO, ENXIO or ENODEV of a device that was pulled out.
fn end_of(device: &Path, error: &io::Error) -> String {
    match error.raw_os_error() {
        Some(libc::EIO | libc::ENXIO | libc::ENODEV) => "unplugged".to_owned(),
        _ => format!("{} cannot be read any more: {error}", device.display()),
    }
}

/// Ends when `path` no longer leads to `device`: there is another device to be read, or this one was taken
/// away without an end of file.
async fn leads_elsewhere(path: &Path, device: &Path) -> String {
    let mut check = tokio::time::interval(Duration::from_millis(CHECK_MS));
    check.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut misses = 0;
    while misses < PATH_MISSES {
        check.tick().await;
        let leads_there = path.canonicalize().is_ok_and(|found| found == device);
        misses = if leads_there { 0 } else { misses + 1 };
    }
    format!("{} no longer leads to {}", path.display(), device.display())
}

fn described(path: &Path, device: &Path) -> String {
    if path == device {
        return path.display().to_string();
    }
    format!("{} ({})", path.display(), device.display())
}

/// Finds and opens the tty.
fn found(address: &Address, baud: u32) -> Result<Found, Absent> {
    match address {
        Address::Path(path) => {
            let (stream, device) = open(path, baud)?;
            let name = described(path, &device);
            Ok(Found { stream, path: path.clone(), device, name, note: None })
        }
        Address::Usb(search) => {
            let there = ttys(Path::new(SYSFS_CLASS));
            let (chosen, note) = search.decided(&there)?;
            let path = chosen.node();
            let (stream, device) = open(&path, baud)?;
            // Its name may have become another device's meanwhile.
            if !ttys(Path::new(SYSFS_CLASS)).contains(chosen) {
                return Err(Absent::Missing(format!("{} has just gone", device.display())));
            }
            Ok(Found { stream, path, device, name: chosen.to_string(), note })
        }
    }
}

/// Opens the tty to which `path` leads now.
fn open(path: &Path, baud: u32) -> Result<(SerialStream, PathBuf), Absent> {
    let device = path.canonicalize().map_err(|error| not_found(path, &error))?;
    let is_pty = device.starts_with("/dev/pts");
    let settings = settings(&device, baud, is_pty);
    let opened = match SerialStream::open(&settings) {
        Err(_) if is_pty => SerialStream::open(&settings.baud_rate(PTY_BAUD)),
        opened => opened,
    };
    let stream = opened.map_err(|error| unusable(&device, baud, &error))?;
    match path.canonicalize() {
        Ok(leads_to) if leads_to == device => Ok((stream, device)),
        _ => Err(Absent::Missing(format!("{} has just gone", device.display()))),
    }
}

/// Nobody else may read a scanner; a pseudo-terminal may be held by the program that plays one.
/// Some USB scanners send nothing until they see DTR.
fn settings(device: &Path, baud: u32, is_pty: bool) -> SerialPortBuilder {
    tokio_serial::new(device.to_string_lossy(), baud)
        .data_bits(DataBits::Eight)
        .parity(Parity::None)
        .stop_bits(StopBits::One)
        .flow_control(FlowControl::None)
        .exclusive(!is_pty)
        .dtr_on_open(true)
}

fn not_found(path: &Path, error: &io::Error) -> Absent {
    let path = path.display();
    match error.kind() {
        io::ErrorKind::NotFound => Absent::Missing(format!(
            "{path} does not exist: plug the reader in, or correct its `path` (`ls -l /dev/serial/by-path` shows \
             what is there)"
        )),
        _ => Absent::Unusable(format!("{path} cannot be looked up: {error}")),
    }
}

fn unusable(device: &Path, baud: u32, error: &tokio_serial::Error) -> Absent {
    let shown = device.display();
    match error.kind() {
        ErrorKind::Io(io::ErrorKind::NotFound) => Absent::Missing(format!("{shown} has just gone")),
        ErrorKind::Io(io::ErrorKind::PermissionDenied) => Absent::Unusable(format!(
            "no permission to read and write {shown}: add this service's user to the group that owns it \
             (`ls -l {shown}`; usually dialout) and restart"
        )),
        ErrorKind::NoDevice => Absent::Unusable(format!(
            "{shown} is in use by another program: stop it (`fuser {shown}`; often ModemManager or a getty)"
        )),
        _ => Absent::Unusable(format!("{shown} cannot be used as a serial line at {baud} baud: {error}")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sentence(absent: Absent) -> String {
        match absent {
            Absent::Missing(reason) | Absent::Unusable(reason) => reason,
        }
    }

    #[tokio::test]
    async fn a_file_that_is_no_tty_is_named_as_such() {
        let file = tempfile::NamedTempFile::new().unwrap();
        let absent = open(file.path(), 9_600).unwrap_err();
        assert!(matches!(absent, Absent::Unusable(_)));
        assert!(sentence(absent).contains("cannot be used as a serial line at 9600 baud"));
    }

    #[test]
    fn a_missing_path_says_where_to_look() {
        let absent = open(Path::new("/dev/serial/by-path/not-there"), 9_600).unwrap_err();
        assert!(matches!(absent, Absent::Missing(_)));
        assert!(sentence(absent).starts_with("/dev/serial/by-path/not-there does not exist"));
    }

    #[test]
    fn refusals_say_what_to_do() {
        let tty = Path::new("/dev/ttyUSB0");
        let denied = tokio_serial::Error::new(ErrorKind::Io(io::ErrorKind::PermissionDenied), "denied");
        assert!(sentence(unusable(tty, 9_600, &denied)).contains("dialout"));
        let busy = tokio_serial::Error::new(ErrorKind::NoDevice, "Device or resource busy");
        assert!(sentence(unusable(tty, 9_600, &busy)).contains("in use by another program"));
    }

    #[test]
    fn a_pulled_plug_is_told_from_other_errors() {
        let tty = Path::new("/dev/ttyUSB0");
        assert_eq!(end_of(tty, &io::Error::from_raw_os_error(libc::EIO)), "unplugged");
        assert!(end_of(tty, &io::Error::from_raw_os_error(libc::ENOMEM)).contains("/dev/ttyUSB0"));
    }
}
