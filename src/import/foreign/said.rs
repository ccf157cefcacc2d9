//! What a row of somebody else's says of one thing, in our own columns.

use std::collections::BTreeSet;

/// A cell that holds something.
#[derive(Debug, Clone, Copy)]
pub(super) struct Found<'a> {
    /// Its column.
    pub(super) at: usize,
    /// What stands there.
    pub(super) text: &'a str,
}

/// What is said in one of our own columns, and where that stood.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Word {
    /// As our own files write it.
    pub(super) text: String,
    /// The column of the sheet; `None` for what the mapping says of every row.
    pub(super) at: Option<usize>,
    /// As it stood there, where that is otherwise.
    found: Option<String>,
}

impl Word {
    fn new(text: String, at: Option<usize>, found: &str) -> Self {
        let found = (text != found).then(|| found.to_owned());
        Self { text, at, found }
    }

    /// As it stood there.
    pub(super) fn found(&self) -> &str {
        self.found.as_deref().unwrap_or(&self.text)
    }
}

/// What a row says of one thing, by our own columns. What is not there was not said.
#[derive(Debug, Clone)]
pub(super) struct Said {
    /// Line on which the row begins, counted from 1.
    pub(super) line: u64,
    /// By our own columns: there are few of them in a row, and many rows.
    words: Vec<(&'static str, Word)>,
    /// The items of lists that have several, each once.
    items: BTreeSet<(&'static str, String)>,
    /// Whether it is there only because other rows name it.
    pub(super) is_named: bool,
}

impl Said {
    /// Nothing yet.
    pub(super) fn of(line: u64) -> Self {
        Self { line, words: Vec::new(), items: BTreeSet::new(), is_named: false }
    }

    /// Says `text` in one of our columns, because of what was found.
    pub(super) fn put(&mut self, column: &'static str, text: String, found: &Found<'_>) {
        self.say(column, Word::new(text, Some(found.at), found.text));
    }

    /// Says `text` in one of our columns without a cell that says it.
    pub(super) fn set(&mut self, column: &'static str, text: &str) {
        self.say(column, Word::new(text.to_owned(), None, text));
    }

    fn say(&mut self, column: &'static str, word: Word) {
        match self.words.iter_mut().find(|(other, _)| *other == column) {
            Some((_, old)) => *old = word,
            None => self.words.push((column, word)),
        }
    }

    /// Adds an item to a list that does not have it yet.
    pub(super) fn push(&mut self, column: &'static str, item: &str, found: &Found<'_>) {
        let Some((_, word)) = self.words.iter_mut().find(|(other, _)| *other == column) else {
            return self.put(column, item.to_owned(), found);
        };
        if word.text.contains(';') || word.text != item {
            if !word.text.contains(';') {
                self.items.insert((column, word.text.clone()));
            }
            if self.items.insert((column, item.to_owned())) {
                word.found = None;
                word.text.push(';');
                word.text.push_str(item);
            }
        }
    }

    /// What is said in one of our columns.
    pub(super) fn get(&self, column: &str) -> Option<&Word> {
        self.words.iter().find(|(other, _)| *other == column).map(|(_, word)| word)
    }

    /// Whether something is said there.
    pub(super) fn has(&self, column: &str) -> bool {
        self.get(column).is_some()
    }

    /// Our columns in which something is said, in order.
    pub(super) fn columns(&self) -> Vec<&'static str> {
        let mut columns: Vec<&'static str> = self.words.iter().map(|(column, _)| *column).collect();
        columns.sort_unstable();
        columns
    }

    /// Whether two rows say the same.
    pub(super) fn says_as(&self, other: &Self) -> bool {
        let same =
            |(column, word): &(&str, Word)| other.get(column).is_some_and(|other| other.text == word.text);
        self.words.len() == other.words.len() && self.words.iter().all(same)
    }
}
