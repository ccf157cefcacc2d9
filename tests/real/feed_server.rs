//! A server of calendars that fails in every way a server can.
#![allow(dead_code, reason = "each test file uses a part of it")]
#![allow(clippy::disallowed_methods, reason = "it is a server")]
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test that cannot serve has failed")]

use std::collections::hash_map::DefaultHasher;
use std::hash::{Hash, Hasher};
use std::io::{BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

/// How it answers.
#[derive(Debug, Clone)]
pub enum Mode {
    /// With this calendar and an ETag.
    Calendar(String),
    /// With a page that asks to sign in.
    Html,
    /// With that status.
    Status(u16),
    /// From another path than the one asked for.
    RedirectTo(String),
    /// With another path each time.
    RedirectForEver,
    /// With half of the calendar, and hangs up.
    CutOff(String),
    /// With 50 MB.
    Large,
    /// Not at all.
    Hang,
    /// By hanging up.
    Closed,
}

/// The server. Its threads end with the test.
pub struct FeedServer {
    pub port: u16,
    mode: Arc<Mutex<Mode>>,
    not_modified: Arc<AtomicUsize>,
    asked: Arc<AtomicUsize>,
}

impl FeedServer {
    pub fn start(mode: Mode) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let (mode, not_modified) = (Arc::new(Mutex::new(mode)), Arc::new(AtomicUsize::new(0)));
        let asked = Arc::new(AtomicUsize::new(0));
        let server = Self {
            port,
            mode: Arc::clone(&mode),
            not_modified: Arc::clone(&not_modified),
            asked: Arc::clone(&asked),
        };
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                asked.fetch_add(1, Ordering::SeqCst);
                let mode = mode.lock().unwrap().clone();
                let not_modified = Arc::clone(&not_modified);
                // A client that has heard enough hangs up: that is its right.
                std::thread::spawn(move || drop(answer(stream, &mode, &not_modified)));
            }
        });
        server
    }

    pub fn set(&self, mode: Mode) {
        *self.mode.lock().unwrap() = mode;
    }

    /// How often it was asked.
    pub fn asked(&self) -> usize {
        self.asked.load(Ordering::SeqCst)
    }

    /// How often it said that nothing is new.
    pub fn not_modified(&self) -> usize {
        self.not_modified.load(Ordering::SeqCst)
    }
}

fn answer(mut stream: TcpStream, mode: &Mode, not_modified: &AtomicUsize) -> std::io::Result<()> {
    let mut lines = BufReader::new(stream.try_clone()?).lines();
    let request = lines.next().transpose()?.unwrap_or_default();
    let path = request.split(' ').nth(1).unwrap_or_default().to_owned();
    let mut known = String::new();
    for line in lines.map_while(Result::ok).take_while(|line| !line.is_empty()) {
        if let Some(etag) = line.to_ascii_lowercase().strip_prefix("if-none-match: ") {
            known = etag.to_owned();
        }
    }
    let head = |status: &str, more: &str, length: usize| {
        format!("HTTP/1.1 {status}\r\nConnection: close\r\n{more}Content-Length: {length}\r\n\r\n")
    };
    match mode {
        Mode::RedirectTo(_) if !path.starts_with("/moved") => {
            write!(stream, "{}", head("301 Moved Permanently", "Location: /moved/x.ics\r\n", 0))
        }
        Mode::Calendar(text) | Mode::RedirectTo(text) => {
            let mut hasher = DefaultHasher::new();
            text.hash(&mut hasher);
            let etag = format!("\"{:x}\"", hasher.finish());
            let more = format!("Content-Type: text/calendar\r\nETag: {etag}\r\n");
            if known == etag {
                not_modified.fetch_add(1, Ordering::SeqCst);
                return write!(stream, "{}", head("304 Not Modified", &more, 0));
            }
            write!(stream, "{}{text}", head("200 OK", &more, text.len()))
        }
        Mode::Html => {
            let text = "<!DOCTYPE html>\n<html><head><title>Sign in</title></head><body>…</body></html>\n";
            write!(stream, "{}{text}", head("200 OK", "Content-Type: text/html\r\n", text.len()))
        }
        Mode::Status(status) => write!(stream, "{}", head(&format!("{status} Because"), "", 0)),
        Mode::RedirectForEver => {
            write!(stream, "{}", head("302 Found", &format!("Location: {path}x\r\n"), 0))
        }
        Mode::CutOff(text) => {
            let half = &text[..text.len() / 2];
            write!(stream, "{}{half}", head("200 OK", "Content-Type: text/calendar\r\n", text.len()))
        }
        Mode::Large => {
            write!(stream, "{}", head("200 OK", "Content-Type: text/calendar\r\n", 50_000_000))?;
            let line = [b"X-FILL:".as_slice(), &[b'x'; 60], b"\r\n"].concat().repeat(1_000);
            (0..50_000_000 / line.len()).try_for_each(|_| stream.write_all(&line))
        }
        Mode::Hang => {
            std::thread::sleep(Duration::from_secs(120));
            Ok(())
        }
        Mode::Closed => Ok(()),
    }
}
