#![allow(clippy::disallowed_methods, reason = "the command line speaks to the daemon through a socket")]
//! The running daemon, asked through its control socket.

use std::io::{BufRead, BufReader, ErrorKind, Write};
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::time::Duration;

use super::Failure;
use crate::control::{Progress, Request, Response};

/// A daemon that says nothing for so long is taken for stuck. A commit on slow storage takes seconds.
const SILENCE_MAX: Duration = Duration::from_secs(30);

/// A connection to the running daemon.
#[derive(Debug)]
pub struct Daemon {
    path: PathBuf,
    stream: UnixStream,
}

impl Daemon {
    /// Connects to the daemon at `path`; `None` where none runs. A socket without a listener was left by a crash.
    pub fn connect(path: &Path) -> Result<Option<Self>, Failure> {
        let stream = match UnixStream::connect(path) {
            Ok(stream) => stream,
            Err(error) if is_absent(error.kind()) => return Ok(None),
            Err(error) => {
                let what_to_do = match error.kind() {
                    ErrorKind::PermissionDenied => "join the group that owns it, or ask its administrator",
                    _ => "check `[control] path`",
                };
                let shown = path.display();
                let sentence = format!("{shown}: the daemon cannot be reached ({error}): {what_to_do}");
                return Err(Failure::Unreachable(sentence));
            }
        };
        let daemon = Self { path: path.to_owned(), stream };
        daemon.stream.set_read_timeout(Some(SILENCE_MAX)).map_err(|error| daemon.gone(&error))?;
        Ok(Some(daemon))
    }

    /// Asks and waits for the last line of the answer. What was not done becomes the failure that the daemon says.
    pub fn ask(
        &mut self,
        request: &Request,
        mut progress: impl FnMut(Progress),
    ) -> Result<Response, Failure> {
        let mut line = serde_json::to_string(request).map_err(|error| self.gone(&error))?;
        line.push('\n');
        self.stream.write_all(line.as_bytes()).map_err(|error| self.gone(&error))?;
        for line in BufReader::new(&self.stream).lines() {
            let line = line.map_err(|error| self.gone(&error))?;
            let response: Response = serde_json::from_str(&line).map_err(|error| self.gone(&error))?;
            if let Some(rows) = response.progress {
                progress(rows);
            }
            if response.done {
                return done(response);
            }
        }
        Err(self.gone(&"it hung up"))
    }

    fn gone(&self, reason: &dyn std::fmt::Display) -> Failure {
        let path = self.path.display();
        Failure::Unreachable(format!(
            "{path}: the daemon did not answer ({reason}). Look at its log; `cagekeeper status` says whether it runs"
        ))
    }
}

fn is_absent(kind: ErrorKind) -> bool {
    matches!(kind, ErrorKind::NotFound | ErrorKind::ConnectionRefused)
}

fn done(response: Response) -> Result<Response, Failure> {
    if response.ok == Some(true) {
        return Ok(response);
    }
    let sentence = match response.errors.as_slice() {
        [] => "the daemon refused without a reason: look at its log".to_owned(),
        errors => errors.join("\n"),
    };
    Err(Failure::of_exit(response.exit.unwrap_or(3), sentence))
}

/// An answer that lacks what was asked for: a daemon of another version.
pub fn incomplete() -> Failure {
    Failure::Unreachable(
        "the daemon's answer lacks what was asked: is it of another version? Restart it".into(),
    )
}

#[cfg(test)]
mod tests {
    use std::os::unix::net::UnixListener;

    use super::*;

    /// What a client hears from a daemon that answers each request with these lines.
    fn heard(answer: &'static str) -> Result<Response, Failure> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("control.sock");
        let listener = UnixListener::bind(&path).unwrap();
        let server = std::thread::spawn(move || {
            let (stream, _) = listener.accept().unwrap();
            let mut line = String::new();
            BufReader::new(&stream).read_line(&mut line).unwrap();
            (&stream).write_all(answer.as_bytes()).unwrap();
            line
        });
        let mut rows = Vec::new();
        let answer = Daemon::connect(&path)
            .unwrap()
            .unwrap()
            .ask(&Request::Status, |progress| rows.push(progress.rows));
        assert_eq!(server.join().unwrap(), "{\"verb\":\"status\"}\n");
        assert_eq!(rows.len(), answer.as_ref().map_or(0, |_| 1), "{rows:?}");
        answer
    }

    #[test]
    fn the_last_line_is_the_answer_and_the_lines_before_it_are_progress() {
        let answer = heard("{\"progress\":{\"rows\":1,\"of\":2}}\n{\"done\":true,\"ok\":true}\n").unwrap();
        assert_eq!(answer.ok, Some(true));
    }

    #[test]
    fn what_the_daemon_refuses_keeps_its_exit_code_and_sentences() {
        let refused = heard("{\"done\":true,\"ok\":false,\"exit\":2,\"errors\":[\"a\",\"b\"]}\n");
        assert_eq!(refused, Err(Failure::Wrong("a\nb".to_owned())));
    }

    #[test]
    fn a_daemon_that_hangs_up_or_speaks_otherwise_is_out_of_reach() {
        for answer in ["", "hello\n"] {
            assert!(matches!(heard(answer), Err(Failure::Unreachable(_))), "{answer}");
        }
    }

    #[test]
    fn a_socket_that_nobody_listens_at_is_a_stopped_daemon() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("control.sock");
        assert!(Daemon::connect(&path).unwrap().is_none());
        drop(UnixListener::bind(&path).unwrap());
        assert!(Daemon::connect(&path).unwrap().is_none());
    }
}
