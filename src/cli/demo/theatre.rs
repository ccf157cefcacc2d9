//! The stage: a temporary folder, two pseudo-terminals that stand for scanners, and the clock of the day.
//!
//! The daemon opens the terminals through their names in the folder and cannot tell them from devices.

#![allow(clippy::disallowed_methods, reason = "it makes files, looks for a free port and plays devices")]

use std::fs::{DirBuilder, File};
use std::io::{self, Write};
use std::net::{Ipv4Addr, TcpListener};
use std::os::fd::AsFd;
use std::os::unix::fs::{DirBuilderExt, symlink};
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context, Result};
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use nix::pty::{OpenptyResult, openpty};
use nix::sys::termios::{SetArg, cfmakeraw, tcgetattr, tcsetattr};
use nix::unistd::ttyname;
use tokio::time::{Instant, sleep, sleep_until};

use super::Demo;
use super::day::Step;
use super::device::Device;

/// The port at which everybody looks for a broker.
pub const MQTT_PORT: u16 = 1_883;

/// How often it is looked whether the daemon has opened its readers.
const LOOK_MS: u64 = 10;

/// After the last step, until its answer has been seen.
const LAST_ANSWER_MS: u64 = 1_000;

/// A folder of this demonstration alone, readable by its user alone.
#[derive(Debug)]
pub struct Folder(PathBuf);

impl Folder {
    /// Makes a new folder among the temporary ones.
    pub fn make() -> Result<Self> {
        let base = std::env::temp_dir();
        let name = format!("cagekeeper-demo-{}", std::process::id());
        let paths =
            (0..100).map(|nth| base.join(if nth == 0 { name.clone() } else { format!("{name}-{nth}") }));
        for path in paths {
            match DirBuilder::new().mode(0o700).create(&path) {
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
                made => {
                    made.with_context(|| {
                        format!("cannot make {}: set TMPDIR to a folder that can be written", path.display())
                    })?;
                    return Ok(Self(path));
                }
            }
        }
        anyhow::bail!("{} is full of demonstrations: remove cagekeeper-demo-* there", base.display())
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.0
    }

    /// Removes it with all that is in it.
    pub fn remove(self) -> Result<()> {
        std::fs::remove_dir_all(&self.0)
            .with_context(|| format!("cannot remove {}: remove it by hand", self.0.display()))
    }
}

/// A port for the demonstration's broker on 127.0.0.1: the preferred one, or any that is free where it is taken.
pub fn free_port(preferred: u16) -> Result<u16> {
    let bound = TcpListener::bind((Ipv4Addr::LOCALHOST, preferred))
        .or_else(|_| TcpListener::bind((Ipv4Addr::LOCALHOST, 0)))
        .and_then(|listener| listener.local_addr());
    Ok(bound.context("127.0.0.1 has no free port for the broker")?.port())
}

/// A pseudo-terminal of which the demonstration is the device.
#[derive(Debug)]
struct Line {
    device: Device,
    end: File,
}

impl Line {
    fn make(device: Device, path: &Path) -> Result<Self> {
        let OpenptyResult { master, slave } = openpty(None, None).context("cannot make a pseudo-terminal")?;
        // Raw from the start: nothing that is written before a reader has set it up is echoed.
        let mut settings = tcgetattr(&slave)?;
        cfmakeraw(&mut settings);
        tcsetattr(&slave, SetArg::TCSANOW, &settings)?;
        let tty = ttyname(&slave).context("cannot name a pseudo-terminal")?;
        symlink(&tty, path).with_context(|| format!("cannot make {}", path.display()))?;
        Ok(Self { device, end: File::from(master) })
    }

    async fn send(&mut self, begin: Instant, step: &Step) -> Result<()> {
        for (after_ms, bytes) in &step.pieces {
            sleep_until(begin + Duration::from_millis(step.at_ms + after_ms)).await;
            let sent = self.end.write_all(bytes);
            sent.with_context(|| format!("the pseudo-terminal {} cannot be written", self.device.name()))?;
        }
        Ok(())
    }

    /// Whether somebody reads it.
    fn is_held(&self) -> bool {
        let mut end = [PollFd::new(self.end.as_fd(), PollFlags::empty())];
        let polled = poll(&mut end, PollTimeout::ZERO).is_ok();
        polled && end.iter().all(|end| end.revents().is_some_and(|is| !is.contains(PollFlags::POLLHUP)))
    }
}

/// Two pseudo-terminals and the script.
#[derive(Debug)]
pub struct Theatre {
    lines: Vec<Line>,
    steps: Vec<Step>,
}

impl Theatre {
    /// Writes the configuration, the studio's files and the wedge's recording into the folder and makes the
    /// pseudo-terminals. The daemon may start when this returns.
    pub fn set_up(demo: &Demo) -> Result<Self> {
        let write = |path: &Path, text: &str| {
            std::fs::write(path, text).with_context(|| format!("cannot write {}", path.display()))
        };
        write(&demo.paths.config, &demo.config)?;
        write(&demo.paths.wedge, &demo.recording)?;
        for file in &demo.files {
            write(&demo.paths.folder.join(&file.name), &file.text)?;
        }
        let lines =
            vec![Line::make(Device::Cards, &demo.paths.cards)?, Line::make(Device::Gun, &demo.paths.gun)?];
        Ok(Self { lines, steps: demo.steps.clone() })
    }

    /// Plays the day once the daemon has opened its readers; `tell` hears of each step just before it happens.
    /// Returns when the last one has had time to be answered. Dropping the theatre unplugs its devices.
    ///
    /// The wedge's recording is played by its own reader, which the daemon starts at the same moment.
    pub async fn play(&mut self, mut tell: impl FnMut(&Step)) -> Result<()> {
        self.wait_for_readers().await;
        let begin = Instant::now();
        for step in &self.steps {
            sleep_until(begin + Duration::from_millis(step.at_ms)).await;
            tell(step);
            if let Some(line) = self.lines.iter_mut().find(|line| line.device == step.device) {
                line.send(begin, step).await?;
            }
        }
        sleep(Duration::from_millis(LAST_ANSWER_MS)).await;
        Ok(())
    }

    async fn wait_for_readers(&self) {
        while !self.lines.iter().all(Line::is_held) {
            sleep(Duration::from_millis(LOOK_MS)).await;
        }
    }
}
