//! One table of the file: its known keys, and typed reading of each that notes what is wrong.

use std::collections::BTreeMap;
use std::ops::Range;

use toml::Spanned;
use toml::de::{DeString, DeTable, DeValue};

use super::problem::Problems;
use super::secret::INLINE;
use crate::nearest::nearest;

/// A value as written.
#[derive(Debug, Clone, Copy)]
pub(super) struct Setting<'a> {
    value: &'a Spanned<DeValue<'a>>,
}

impl<'a> Setting<'a> {
    /// The text, where it is one.
    pub(super) fn text(self) -> Option<&'a str> {
        match self.value.get_ref() {
            DeValue::String(text) => Some(text.as_ref()),
            _ => None,
        }
    }

    /// The whole number, where it is one that 64 bits hold.
    pub(super) fn integer(self) -> Option<i64> {
        match self.value.get_ref() {
            DeValue::Integer(number) => i64::from_str_radix(number.as_str(), number.radix()).ok(),
            _ => None,
        }
    }

    /// `true` or `false`, where it is one.
    pub(super) fn truth(self) -> Option<bool> {
        match self.value.get_ref() {
            DeValue::Boolean(truth) => Some(*truth),
            _ => None,
        }
    }

    /// What stands in the list, where it is one.
    pub(super) fn items(self) -> Option<Vec<Self>> {
        Some(self.value.get_ref().as_array()?.iter().map(|value| Self { value }).collect())
    }

    /// A day, as text or as TOML writes dates, without quotes.
    pub(super) fn day(self) -> Option<String> {
        match self.value.get_ref() {
            DeValue::String(text) => Some(text.to_string()),
            DeValue::Datetime(day) => Some(day.to_string()),
            _ => None,
        }
    }

    /// Bytes of the file that it takes.
    pub(super) fn span(self) -> Range<usize> {
        self.value.span()
    }

    /// What stands there, for people.
    pub(super) fn found(self, problems: &Problems<'_>) -> String {
        match self.value.get_ref() {
            DeValue::Table(_) => "a table".to_owned(),
            DeValue::Array(_) => "a list".to_owned(),
            _ => problems.excerpt(&self.span()),
        }
    }
}

/// A table of the file.
#[derive(Debug)]
pub(super) struct Section<'a> {
    /// How errors name it: `mqtt`, `reader "gun"`, or nothing for the top level.
    pub(super) name: String,
    /// Where it begins.
    pub(super) span: Range<usize>,
    table: Option<&'a DeTable<'a>>,
    /// Where keys are looked for that are not in the table: what a profile says. It is right in itself.
    behind: Option<&'a DeTable<'a>>,
}

impl<'a> Section<'a> {
    /// This table, with the keys of another text where it does not say them itself.
    pub(super) fn with_behind(&self, behind: &'a DeTable<'a>) -> Self {
        Self { name: self.name.clone(), span: self.span.clone(), table: self.table, behind: Some(behind) }
    }

    /// The top level of the file.
    pub(super) fn top(table: &'a Spanned<DeTable<'a>>) -> Self {
        Self { name: String::new(), span: 0..0, table: Some(table.get_ref()), behind: None }
    }

    /// The table of that name under this one; an absent one has no keys.
    pub(super) fn child(&self, name: &str, problems: &mut Problems<'_>) -> Self {
        let name_in_errors = self.key(name);
        let Some((key, value)) = self.entry(name) else {
            return Self { name: name_in_errors, span: self.span.clone(), table: None, behind: None };
        };
        let table = value.get_ref().as_table();
        if table.is_none() {
            let found = Setting { value }.found(problems);
            problems.add(&key.span(), &name_in_errors, &found, &format!("a table [{name}]"));
        }
        Self { name: name_in_errors, span: key.span(), table, behind: None }
    }

    /// The tables of that name, each written `[[name]]`.
    pub(super) fn children(&self, name: &str, problems: &mut Problems<'_>) -> Vec<Self> {
        let Some((key, value)) = self.entry(name) else { return Vec::new() };
        let Some(list) = value.get_ref().as_array() else {
            let found = Setting { value }.found(problems);
            problems.add(
                &key.span(),
                name,
                &found,
                &format!("[[{name}]] in double brackets, once for each {name}"),
            );
            return Vec::new();
        };
        list.iter().filter_map(|item| Self::list_item(name, item, problems)).collect()
    }

    fn list_item(name: &str, item: &'a Spanned<DeValue<'a>>, problems: &mut Problems<'_>) -> Option<Self> {
        let table = item.get_ref().as_table();
        if table.is_none() {
            let found = Setting { value: item }.found(problems);
            problems.add(&item.span(), name, &found, &format!("a table [[{name}]]"));
        }
        let id = table?.get("id").and_then(|id| id.get_ref().as_str());
        let named = id.map_or_else(|| name.to_owned(), |id| format!("{name} {id:?}"));
        Some(Self { name: named, span: item.span(), table, behind: None })
    }

    fn entry(&self, key: &str) -> Option<(&'a Spanned<DeString<'a>>, &'a Spanned<DeValue<'a>>)> {
        self.table?.get_key_value(key)
    }

    /// Every key as written, with where it stands, in the order of the alphabet.
    pub(super) fn keys(&self) -> impl Iterator<Item = (&'a str, Range<usize>)> {
        self.table.into_iter().flat_map(|table| table.keys()).map(|key| (key.get_ref().as_ref(), key.span()))
    }

    /// How errors name a key of this table.
    pub(super) fn key(&self, key: &str) -> String {
        match self.name.as_str() {
            "" => key.to_owned(),
            name if name.ends_with('"') => format!("{name} {key}"),
            name => format!("{name}.{key}"),
        }
    }

    /// Notes every key that is not among `known`, with the nearest that is.
    pub(super) fn refuse_unknown(&self, known: &[&str], problems: &mut Problems<'_>) {
        for (key, span) in self.keys().filter(|(key, _)| !known.contains(key)) {
            if key == "password" && known.contains(&"password_file") {
                problems.add(&span, &self.key(key), INLINE.0, INLINE.1);
                continue;
            }
            let expected = one_of(key, known);
            problems.add(&span, &self.key(key), "an unknown key", &expected);
        }
    }

    /// The value of a key, where it is set, here or behind.
    pub(super) fn setting(&self, key: &str) -> Option<Setting<'a>> {
        self.own(key).or_else(|| self.behind?.get(key).map(|value| Setting { value }))
    }

    /// The value of a key, where it is set here.
    pub(super) fn own(&self, key: &str) -> Option<Setting<'a>> {
        self.entry(key).map(|(_, value)| Setting { value })
    }

    /// Notes that the value of `key` is not what was expected.
    pub(super) fn wrong(&self, key: &str, expected: &str, problems: &mut Problems<'_>) {
        // What the profile says stands in another file: the key that names it is where it can be mended.
        let profile = || self.own("profile").filter(|_| self.setting(key).is_some());
        let Some(setting) = self.own(key).or_else(profile) else {
            return self.missing(key, expected, problems);
        };
        let found = setting.found(problems);
        problems.add(&setting.span(), &self.key(key), &found, expected);
    }

    /// Notes that `key` is absent and has no default.
    pub(super) fn missing(&self, key: &str, expected: &str, problems: &mut Problems<'_>) {
        problems.add(&self.span, &self.key(key), "nothing", expected);
    }

    /// Notes that `key` is set where it has no meaning.
    pub(super) fn misplaced(&self, key: &str, expected: &str, problems: &mut Problems<'_>) {
        if let Some((name, _)) = self.entry(key) {
            problems.add(&name.span(), &self.key(key), "a key that has no meaning here", expected);
        }
    }

    /// What `read` makes of the value of `key`: `None` where it is absent, or wrong, which is noted.
    pub(super) fn read<T>(
        &self,
        key: &str,
        expected: &str,
        problems: &mut Problems<'_>,
        read: impl FnOnce(Setting<'a>) -> Option<T>,
    ) -> Option<T> {
        let made = read(self.setting(key)?);
        if made.is_none() {
            self.wrong(key, expected, problems);
        }
        made
    }

    /// As [`Self::read`], but an absent key is noted as well.
    pub(super) fn require<T>(
        &self,
        key: &str,
        expected: &str,
        problems: &mut Problems<'_>,
        read: impl FnOnce(Setting<'a>) -> Option<T>,
    ) -> Option<T> {
        if self.setting(key).is_none() {
            self.missing(key, expected, problems);
        }
        self.read(key, expected, problems, read)
    }

    /// One of a closed list of names; the error says all of them and which is nearest.
    pub(super) fn choice<T>(
        &self,
        key: &str,
        names: &[&str],
        problems: &mut Problems<'_>,
        parse: impl FnOnce(&str) -> Option<T>,
    ) -> Option<T> {
        let found = self.setting(key).and_then(Setting::text).unwrap_or_default();
        let expected = one_of(found, names);
        self.read(key, &expected, problems, |setting| setting.text().and_then(parse))
    }

    /// A whole number from `min` to `max` in `unit`, `default` where it is absent.
    pub(super) fn number(
        &self,
        key: &str,
        (min, max, default): (u32, u32, u32),
        unit: &str,
        problems: &mut Problems<'_>,
    ) -> u32 {
        let expected = format!("a whole number of {unit} from {min} to {max}");
        let number = self.read(key, &expected, problems, |setting| {
            u32::try_from(setting.integer()?).ok().filter(|number| (min..=max).contains(number))
        });
        number.unwrap_or(default)
    }

    /// What `read` makes of each item of a list, each once: `None` where the key is absent; what is wrong is noted.
    pub(super) fn list<T: PartialEq>(
        &self,
        key: &str,
        expected: &str,
        problems: &mut Problems<'_>,
        read: impl Fn(Setting<'a>) -> Result<T, String>,
    ) -> Option<Vec<T>> {
        let mut made = Vec::new();
        for item in self.read(key, expected, problems, Setting::items)? {
            let wrong = match read(item) {
                Ok(one) if made.contains(&one) => "each of this list once".to_owned(),
                Ok(one) => {
                    made.push(one);
                    continue;
                }
                Err(expected) => expected,
            };
            let found = item.found(problems);
            problems.add(&item.span(), &self.key(key), &found, &wrong);
        }
        Some(made)
    }

    /// `true` or `false`.
    pub(super) fn truth(&self, key: &str, problems: &mut Problems<'_>) -> Option<bool> {
        self.read(key, "true or false, without quotes", problems, Setting::truth)
    }
}

/// "one of a, b or c", and which of them was probably meant.
pub(super) fn one_of(found: &str, names: &[&str]) -> String {
    let all = match names {
        [only] => (*only).to_owned(),
        [most @ .., last] => format!("one of {} or {last}", most.join(", ")),
        [] => "nothing".to_owned(),
    };
    with_nearest(found, &all, names.iter().copied())
}

/// `expected`, and which of `names` was probably meant.
pub(super) fn with_nearest<'n>(
    found: &str,
    expected: &str,
    names: impl IntoIterator<Item = &'n str>,
) -> String {
    match nearest(found, names) {
        Some(name) => format!("{expected}; did you mean {name:?}?"),
        None => expected.to_owned(),
    }
}

/// Notes each of the tables `[[what]]` that has the id of an earlier one.
pub(super) fn refuse_twice(what: &str, sections: &[Section<'_>], problems: &mut Problems<'_>) {
    let mut seen = BTreeMap::new();
    for section in sections {
        let Some(id) = section.setting("id").and_then(Setting::text) else { continue };
        if let Some(first_line) = seen.insert(id, problems.line(&section.span)) {
            let expected = format!("an id of its own: the {what} of line {first_line} has this one");
            section.wrong("id", &expected, problems);
        }
    }
}
