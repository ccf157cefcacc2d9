//! The control socket, spoken to without a process for each question.

use std::io::{BufRead, BufReader, Write};
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::time::Duration;

use serde_json::{Value, json};

/// One conversation with the running daemon.
#[derive(Debug)]
pub struct Window {
    stream: BufReader<UnixStream>,
}

impl Window {
    /// `None` where nobody listens: not yet, or not any more.
    pub fn open(socket: &Path) -> Option<Self> {
        let stream = UnixStream::connect(socket).ok()?;
        stream.set_read_timeout(Some(Duration::from_secs(60))).unwrap();
        Some(Self { stream: BufReader::new(stream) })
    }

    /// The last line of the answer; `None` where the daemon went away before it.
    pub fn ask(&mut self, request: &Value) -> Option<Value> {
        self.stream.get_mut().write_all(format!("{request}\n").as_bytes()).ok()?;
        loop {
            let mut line = String::new();
            if self.stream.read_line(&mut line).ok()? == 0 {
                return None;
            }
            let said: Value = serde_json::from_str(&line).ok()?;
            if said["done"] == true {
                return Some(said);
            }
        }
    }

    pub fn scan(&mut self, station: &str, code: &str) -> Option<Value> {
        self.ask(&json!({"verb": "scan", "station": station, "code": code}))
    }

    pub fn status(&mut self) -> Option<Value> {
        Some(self.ask(&json!({"verb": "status"}))?["status"].clone())
    }
}

/// What was green in an answer: the asset that is out.
pub fn green(said: &Value) -> Option<String> {
    let scan = &said["scan"];
    let is_green = scan["level"] == "done" && scan["code"] == "checked-out";
    is_green.then(|| scan["asset"].as_str().unwrap().to_owned())
}
