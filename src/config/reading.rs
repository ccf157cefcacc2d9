//! What is known of the file while its tables are read.

use std::path::PathBuf;

use super::problem::Problems;
use super::section::Section;

/// What an id looks like, in the words of every error about one.
pub(super) const ID: &str = "1 to 63 of a-z, 0-9 and -, beginning with a letter or digit";

/// What the readers of single tables need to know of the file as a whole.
#[derive(Debug)]
pub(super) struct Reading<'a> {
    /// What is wrong so far.
    pub(super) problems: Problems<'a>,
    /// Where relative paths start.
    pub(super) folder: Option<PathBuf>,
}

impl Reading<'_> {
    /// A path of the file: relative ones start at the folder of the file.
    pub(super) fn path(&mut self, section: &Section<'_>, key: &str) -> Option<PathBuf> {
        let expected = "a path, absolute or relative to this file (~ stands for nothing here)";
        let path = section.read(key, expected, &mut self.problems, |setting| {
            setting.text().filter(|path| is_path(path)).map(PathBuf::from)
        })?;
        Some(self.folder.as_ref().map_or_else(|| path.clone(), |folder| folder.join(&path)))
    }
}

fn is_path(text: &str) -> bool {
    !text.is_empty() && !text.starts_with('~') && !text.contains('\0')
}
