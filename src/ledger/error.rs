//! What can go wrong with the ledger file, told apart by what follows from it.

use std::path::{Path, PathBuf};

use rusqlite::{ErrorCode, ffi};

/// Why the ledger did not do what it was asked.
#[derive(Debug, thiserror::Error)]
pub enum LedgerError {
    /// Nothing can be written for now: stay up, stay red, try again.
    #[error(
        "nothing is being recorded: {0}. Free some space or make the storage writable; it is tried again each second"
    )]
    Unwritable(String),
    /// Another process holds the ledger.
    #[error("{}: another cagekeeper writes to this ledger. Stop it first, or talk to it through its control socket", .0.display())]
    Locked(PathBuf),
    /// The file was written by a newer program.
    #[error("{}: written by a newer cagekeeper (schema {found}, this one knows up to {known}). Install the newer version", .path.display())]
    Newer {
        /// The file.
        path: PathBuf,
        /// Its schema.
        found: i64,
        /// The newest schema known here.
        known: i64,
    },
    /// The file was written by an older program, and nobody who may write has opened it since.
    #[error("{}: written by an older cagekeeper. Start the daemon once: it brings the file up to date", .0.display())]
    Older(PathBuf),
    /// The file is another site's.
    #[error("{}: this is the ledger of the site \"{found}\", and the configuration is of \"{expected}\". Name the ledger of \
             this site as ledger.path. If the site has a new name, say ledger.site_before = \"{found}\"", .path.display())]
    OtherSite {
        /// The file.
        path: PathBuf,
        /// Whose it is.
        found: String,
        /// Whose it should be.
        expected: String,
    },
    /// The file is no ledger, or a damaged one.
    #[error("{}: {reason}. Restore the last backup; keep this file for examination", .path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        reason: String,
    },
    /// The folder or file cannot be opened.
    #[error("{}: cannot be opened: {reason}. Give this user the right to read and write it, or name another file as ledger.path", .path.display())]
    NotOpened {
        /// The file.
        path: PathBuf,
        /// What the system says.
        reason: String,
    },
    /// The storage is broken: stop loudly.
    #[error(
        "the ledger failed: {0}. Look at what the kernel says of the disk (dmesg), and at the room and rights there"
    )]
    Storage(String),
    /// Something in the file is not as it was written: stop loudly.
    #[error(
        "the ledger is damaged: {0}. Stop the daemon and run `cagekeeper verify`. Restore the last backup; keep this file \
         for examination"
    )]
    Damaged(String),
    /// What was asked for is not done, and nothing has changed.
    #[error("{0}")]
    Refused(String),
    /// Anything else: stop loudly.
    #[error(
        "the ledger failed: {0}. Run `cagekeeper verify`: it says what differs. Restore the last backup where it does"
    )]
    Failed(String),
}

impl LedgerError {
    /// Tells an error of opening a file.
    pub fn opening(path: &Path, error: &rusqlite::Error) -> Self {
        let reason = error.to_string();
        match error.sqlite_error_code() {
            Some(ErrorCode::NotADatabase) => {
                Self::Unreadable { path: path.to_owned(), reason: "this is not a ledger".into() }
            }
            Some(ErrorCode::DatabaseCorrupt) => {
                Self::Unreadable { path: path.to_owned(), reason: "the file is damaged".into() }
            }
            Some(ErrorCode::CannotOpen | ErrorCode::PermissionDenied) => {
                Self::NotOpened { path: path.to_owned(), reason }
            }
            _ => Self::from_sqlite(error),
        }
    }

    /// Tells an error of the file system: storage that refuses for now is waited for.
    pub fn from_io(path: &Path, error: &std::io::Error) -> Self {
        if refuses(error) {
            return Self::Unwritable(format!("{}: {error}", path.display()));
        }
        Self::NotOpened { path: path.to_owned(), reason: error.to_string() }
    }

    fn from_sqlite(error: &rusqlite::Error) -> Self {
        // A full disk may first be felt where the index of the write-ahead log is to grow.
        let no_room_for_index =
            error.sqlite_error().is_some_and(|error| error.extended_code == ffi::SQLITE_IOERR_SHMSIZE);
        match error.sqlite_error_code() {
            Some(ErrorCode::DiskFull | ErrorCode::ReadOnly) => Self::Unwritable(error.to_string()),
            _ if no_room_for_index => Self::Unwritable(error.to_string()),
            Some(ErrorCode::SystemIoFailure) => Self::Storage(error.to_string()),
            Some(ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase) => Self::Damaged(error.to_string()),
            _ if is_unreadable(error) => Self::Damaged(format!("a row cannot be read ({error})")),
            _ => Self::Failed(error.to_string()),
        }
    }

    /// Where the storage failed: whether it is to be waited for, by what the system said of it.
    pub fn refused_by_system(self, said: &std::io::Error) -> Self {
        match self {
            Self::Storage(_) if refuses(said) => Self::Unwritable(said.to_string()),
            other => other,
        }
    }

    /// Whether the writer stays up and tries again.
    pub fn is_unwritable(&self) -> bool {
        matches!(self, Self::Unwritable(_))
    }
}

/// Whether storage that says this is full or read-only, rather than broken.
fn refuses(error: &std::io::Error) -> bool {
    use std::io::ErrorKind::{QuotaExceeded, ReadOnlyFilesystem, StorageFull};
    matches!(error.kind(), StorageFull | QuotaExceeded | ReadOnlyFilesystem)
}

/// Whether a value is not what its column holds. Each was written by this program.
fn is_unreadable(error: &rusqlite::Error) -> bool {
    use rusqlite::Error::{FromSqlConversionFailure, IntegralValueOutOfRange, InvalidColumnType, Utf8Error};
    matches!(
        error,
        FromSqlConversionFailure(..) | IntegralValueOutOfRange(..) | InvalidColumnType(..) | Utf8Error(..)
    )
}

impl From<rusqlite::Error> for LedgerError {
    fn from(error: rusqlite::Error) -> Self {
        Self::from_sqlite(&error)
    }
}

impl From<serde_json::Error> for LedgerError {
    fn from(error: serde_json::Error) -> Self {
        Self::Damaged(format!("a stored value cannot be read ({error})"))
    }
}
