//! A line between the program and its broker that can be made bad.

use std::io::{Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};
use std::time::Duration;

/// What the line does with bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Line {
    /// Passes them on.
    Good,
    /// Passes on some 3 kB a second each way.
    Slow,
    /// Passes on nothing, and stays up.
    Dead,
    /// Is hung up, now and whenever somebody calls.
    Refused,
}

const LINES: [Line; 4] = [Line::Good, Line::Slow, Line::Dead, Line::Refused];

/// The proxy; its threads end with the test.
pub struct Proxy {
    pub port: u16,
    line: Arc<AtomicU8>,
}

impl Proxy {
    pub fn to(broker: u16) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let line = Arc::new(AtomicU8::new(0));
        let shared = Arc::clone(&line);
        std::thread::spawn(move || {
            for caller in listener.incoming().flatten() {
                if now(&shared) == Line::Refused {
                    continue;
                }
                let Ok(called) = TcpStream::connect(("127.0.0.1", broker)) else { continue };
                for (from, to) in [(&caller, &called), (&called, &caller)] {
                    let (from, to) = (from.try_clone().unwrap(), to.try_clone().unwrap());
                    let line = Arc::clone(&shared);
                    std::thread::spawn(move || pass(from, to, &line));
                }
            }
        });
        Self { port, line }
    }

    pub fn is_now(&self, line: Line) {
        self.line.store(LINES.iter().position(|other| *other == line).unwrap() as u8, Ordering::Relaxed);
    }
}

fn now(line: &AtomicU8) -> Line {
    LINES[usize::from(line.load(Ordering::Relaxed))]
}

fn pass(mut from: TcpStream, mut to: TcpStream, line: &AtomicU8) {
    from.set_read_timeout(Some(Duration::from_millis(20))).unwrap();
    let mut bytes = [0; 4_096];
    loop {
        let most = match now(line) {
            Line::Good => bytes.len(),
            Line::Slow => 64,
            Line::Dead => 0,
            Line::Refused => break,
        };
        if most < bytes.len() {
            std::thread::sleep(Duration::from_millis(20));
        }
        if most == 0 {
            continue;
        }
        match from.read(&mut bytes[..most]) {
            Ok(0) => break,
            Ok(count) if to.write_all(&bytes[..count]).is_err() => break,
            Err(error)
                if !matches!(error.kind(), std::io::ErrorKind::WouldBlock | std::io::ErrorKind::TimedOut) =>
            {
                break;
            }
            _ => {}
        }
    }
    let _ = from.shutdown(Shutdown::Both);
    let _ = to.shutdown(Shutdown::Both);
}
