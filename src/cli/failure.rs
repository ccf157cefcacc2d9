//! Why a verb was not done, and the exit code that says so.

use std::io::Write;
use std::process::ExitCode;

use crate::config::ConfigErrors;

/// Why a verb was not done, in a sentence for people.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Failure {
    /// The answer is no: exit code 1.
    #[error("{0}")]
    No(String),
    /// The call or a file is wrong: exit code 2.
    #[error("{0}")]
    Wrong(String),
    /// Storage, device, broker or daemon cannot be reached: exit code 3.
    #[error("{0}")]
    Unreachable(String),
}

impl Failure {
    /// The failure of that exit code.
    pub fn of_exit(exit: u8, sentence: String) -> Self {
        match exit {
            1 => Self::No(sentence),
            2 => Self::Wrong(sentence),
            _ => Self::Unreachable(sentence),
        }
    }
}

/// Says on standard error why it was not done, and gives the exit code.
pub fn report(error: &anyhow::Error) -> ExitCode {
    let exit = exit_of(error);
    if exit != 0 {
        // Where standard error is closed nobody is left to tell.
        let _ = writeln!(std::io::stderr(), "{error:#}");
    }
    ExitCode::from(exit)
}

/// 0 where whoever read standard output has seen enough; ledger and system are 3.
fn exit_of(error: &anyhow::Error) -> u8 {
    for cause in error.chain() {
        if let Some(failure) = cause.downcast_ref::<Failure>() {
            return match failure {
                Failure::No(_) => 1,
                Failure::Wrong(_) => 2,
                Failure::Unreachable(_) => 3,
            };
        }
        if cause.downcast_ref::<ConfigErrors>().is_some() {
            return 2;
        }
        let io = cause.downcast_ref::<std::io::Error>();
        if io.is_some_and(|error| error.kind() == std::io::ErrorKind::BrokenPipe) {
            return 0;
        }
    }
    3
}
