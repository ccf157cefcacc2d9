//! Taste as a test: who may use whom, how long things may be, and that no file is forgotten.
//!
//! Each violation names the file and line and says what to do. The tables stand first; to change a rule, change
//! its row here and its reason in `ARCHITECTURE.md`.

#![allow(clippy::disallowed_methods, reason = "it reads the source tree")]
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a panic is how a test says no"
)]

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

/// Which modules of this crate a module may name. Itself is always allowed.
const MAY_USE: &[(&str, &[&str])] = &[
    ("time", &[]),
    ("nearest", &[]),
    ("wire", &["time"]),
    ("station", &["time", "wire", "domain"]),
    ("domain", &["time"]),
    ("ledger", &["time", "nearest", "wire", "domain"]),
    ("writer", &["time", "domain", "ledger", "config"]),
    ("import", &["time", "nearest", "domain"]),
    ("calendar", &["time", "domain"]),
    ("config", &["nearest", "wire", "domain", "calendar"]),
    ("control", &["time", "domain", "ledger", "writer", "import", "calendar"]),
    ("outbox", &["time"]),
    ("print", &[]),
    (
        "io",
        &[
            "time", "nearest", "wire", "station", "domain", "ledger", "writer", "import", "config",
            "control", "outbox", "calendar",
        ],
    ),
    ("daemon", &["time", "wire", "station", "domain", "ledger", "writer", "config", "io"]),
    (
        "cli",
        &[
            "time", "nearest", "wire", "station", "domain", "ledger", "writer", "import", "config",
            "control", "io", "daemon", "calendar", "print",
        ],
    ),
    ("lib", &[]),
    ("main", &["cli"]),
];

/// Which files, by the beginning of their path under `src/`, may name a crate. Crates not listed are free.
const CRATE_ONLY_IN: &[(&str, &[&str])] = &[
    ("tokio", &["io/", "daemon.rs", "daemon/", "cli/run.rs", "cli/demo"]),
    ("tokio_serial", &["io/"]),
    ("hidapi", &["io/"]),
    ("evdev", &["io/"]),
    ("gpiocdev", &["io/"]),
    ("rumqttc", &["io/"]),
    ("mqtt5", &["io/"]),
    ("rustls", &["io/"]),
    ("rusqlite", &["ledger/"]),
    ("rusqlite_migration", &["ledger/"]),
    ("hidreport", &["wire/"]),
    ("clap", &["cli/", "main.rs"]),
    ("indicatif", &["cli/"]),
    ("getrandom", &["io/"]),
    ("sd_notify", &["io/"]),
    ("ureq", &["io/"]),
    ("axum", &["io/"]),
    ("hyper", &["io/"]),
    ("hyper_util", &["io/"]),
    ("ring", &["io/", "calendar/"]),
    ("pdf_writer", &["print/"]),
    ("ttf_parser", &["print/"]),
    ("qrcodegen", &["print/"]),
];

/// Modules without clock, randomness, files, sockets or an order that differs from run to run.
const PURE: &[&str] =
    &["time", "nearest", "wire", "station", "domain", "import", "calendar", "outbox", "print"];

/// What a pure module may not name.
const IMPURE: &[&str] = &[
    "std::fs",
    "std::net",
    "std::process",
    "std::env",
    "std::thread",
    "std::io::stdin",
    "std::os",
    "Instant::now",
    "SystemTime",
    "Utc::now",
    "Local::now",
    "HashMap",
    "HashSet",
    "thread_rng",
    "libc",
    "nix",
    "unsafe",
];

/// Names that say nothing about what is inside.
const EMPTY_NAMES: &[&str] =
    &["utils", "util", "common", "helpers", "helper", "types", "services", "manager", "misc"];

const FUNCTION_LINES_MAX: usize = 70;
const FUNCTION_LINES_MEDIAN: usize = 10;
const FILE_LINES_MAX: usize = 600;
const FILE_LINES_MEDIAN: usize = 200;
const DEPTH_MAX: usize = 3;
const MAIN_LINES_MAX: usize = 60;

/// A Rust file under `src/`.
struct Source {
    /// Path under `src/`, with `/`.
    path: String,
    /// As written.
    text: String,
    /// The same lines with comments and literals blanked and test modules removed; empty in a file of tests.
    code: String,
}

impl Source {
    fn new(path: &str, text: &str) -> Self {
        let is_test = path.split('/').any(|part| part == "tests" || part == "tests.rs");
        let code = if is_test { String::new() } else { without_tests(&blank(text)) };
        Self { path: path.to_owned(), text: text.to_owned(), code }
    }

    /// The top-level module that the file belongs to.
    fn module(&self) -> &str {
        self.path.split('/').next().unwrap().trim_end_matches(".rs")
    }

    fn line_of(&self, offset: usize) -> usize {
        self.code[..offset].matches('\n').count() + 1
    }

    fn at(&self, offset: usize) -> String {
        format!("src/{}:{}", self.path, self.line_of(offset))
    }

    /// Lines that are not test code.
    fn lines(&self) -> usize {
        if self.code.is_empty() { 0 } else { self.text.lines().count().min(self.code.lines().count()) }
    }
}

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// Every file below a folder, as paths from the root of the repository, in order.
fn files(folder: &str) -> Vec<String> {
    let mut found = Vec::new();
    let mut open = vec![root().join(folder)];
    while let Some(dir) = open.pop() {
        for entry in fs::read_dir(&dir).into_iter().flatten().flatten() {
            let path: PathBuf = entry.path();
            let name = entry.file_name().to_string_lossy().into_owned();
            let is_made = matches!(name.as_str(), "target" | ".git" | "__pycache__")
                || path.ends_with("fuzz/found")
                || path.ends_with("fuzz/artifacts");
            if path.is_dir() && !is_made {
                open.push(path);
            } else if path.is_file() {
                found.push(path.strip_prefix(root()).unwrap().to_string_lossy().into_owned());
            }
        }
    }
    found.sort();
    found
}

fn read(path: &str) -> String {
    fs::read(root().join(path)).map(|bytes| String::from_utf8_lossy(&bytes).into_owned()).unwrap()
}

fn sources() -> Vec<Source> {
    let found: Vec<Source> = files("src")
        .iter()
        .filter(|path| path.ends_with(".rs"))
        .map(|path| Source::new(path.trim_start_matches("src/"), &read(path)))
        .collect();
    assert!(!found.is_empty(), "no source found under {}", root().display());
    found
}

fn none(violations: &[String]) {
    assert!(violations.is_empty(), "{} to put right:\n  {}", violations.len(), violations.join("\n  "));
}

// -- reading Rust ------------------------------------------------------------------------------------------------

/// The text with comments, strings and characters replaced by blanks. Lines and offsets stay.
fn blank(text: &str) -> String {
    let bytes = text.as_bytes();
    let mut out = bytes.to_vec();
    let mut i = 0;
    while i < bytes.len() {
        let end = opaque_end(bytes, i);
        for byte in out.iter_mut().take(end).skip(i).filter(|byte| **byte != b'\n') {
            *byte = b' ';
        }
        i = end.max(i + 1);
    }
    String::from_utf8_lossy(&out).into_owned()
}

/// Where the comment or literal that begins at `i` ends; `i` itself where none begins.
fn opaque_end(b: &[u8], i: usize) -> usize {
    let rest = &b[i..];
    let after_word = i > 0 && (b[i - 1].is_ascii_alphanumeric() || b[i - 1] == b'_');
    if rest.starts_with(b"//") {
        return i + rest.iter().position(|c| *c == b'\n').unwrap_or(rest.len());
    }
    if rest.starts_with(b"/*") {
        return block_comment_end(b, i);
    }
    if (rest[0] == b'r' || rest.starts_with(b"br")) && !after_word {
        let start = i + 1 + usize::from(rest[0] == b'b');
        let hashes = b[start..].iter().take_while(|c| **c == b'#').count();
        if b.get(start + hashes) == Some(&b'"') {
            let close = [b"\"".as_slice(), &vec![b'#'; hashes]].concat();
            let body = &b[start + hashes + 1..];
            let at = body.windows(close.len()).position(|w| w == close).unwrap_or(body.len());
            return (start + hashes + 1 + at + close.len()).min(b.len());
        }
    }
    match rest[0] {
        b'"' => quoted_end(b, i, b'"'),
        // A character, not a lifetime: it closes again after one character, or begins with a backslash.
        b'\'' if rest.get(1) == Some(&b'\\') => quoted_end(b, i, b'\''),
        b'\'' => {
            let one = |width: &usize| {
                rest.get(1 + width) == Some(&b'\'')
                    && std::str::from_utf8(&rest[1..1 + width]).is_ok_and(|s| s.chars().count() == 1)
            };
            (1..=4).find(one).map_or(i, |width| i + width + 2)
        }
        _ => i,
    }
}

fn quoted_end(b: &[u8], start: usize, quote: u8) -> usize {
    let mut i = start + 1;
    while i < b.len() && b[i] != quote {
        i += 1 + usize::from(b[i] == b'\\');
    }
    (i + 1).min(b.len())
}

fn block_comment_end(b: &[u8], start: usize) -> usize {
    let (mut i, mut depth) = (start + 2, 1);
    while i < b.len() && depth > 0 {
        let step = if b[i..].starts_with(b"/*") {
            depth += 1;
            2
        } else if b[i..].starts_with(b"*/") {
            depth -= 1;
            2
        } else {
            1
        };
        i += step;
    }
    i.min(b.len())
}

/// Where the block that opens at or after `from` closes: the offset behind its brace.
fn block_end(code: &str, from: usize) -> usize {
    let mut depth = 0;
    for (i, byte) in code.bytes().enumerate().skip(from) {
        match byte {
            b'{' => depth += 1,
            b'}' if depth == 1 => return i + 1,
            b'}' => depth -= 1,
            _ => {}
        }
    }
    code.len()
}

/// Blanked code without the items behind `#[cfg(test)]`.
fn without_tests(code: &str) -> String {
    let mut out = String::new();
    let mut rest = code;
    while let Some(at) = rest.find("#[cfg(test)]") {
        out.push_str(&rest[..at]);
        let item = &rest[at..];
        let semicolon = item.find(';').unwrap_or(item.len());
        let brace = item.find('{').unwrap_or(item.len());
        let end = if semicolon < brace { semicolon + 1 } else { block_end(item, 0) };
        rest = &item[end.min(item.len())..];
    }
    out + rest
}

fn is_word(byte: Option<u8>) -> bool {
    byte.is_some_and(|b| b.is_ascii_alphanumeric() || b == b'_')
}

/// Where `word` stands in the code as a path or word of its own.
fn words(code: &str, word: &str) -> Vec<usize> {
    let b = code.as_bytes();
    code.match_indices(word)
        .map(|(at, _)| at)
        .filter(|at| !is_word(at.checked_sub(1).map(|i| b[i])) && !is_word(b.get(at + word.len()).copied()))
        .collect()
}

fn word_at(code: &str) -> &str {
    code.split(|c: char| !c.is_alphanumeric() && c != '_').next().unwrap_or("")
}

/// The modules of this crate that the code names by `crate::`, with where.
fn crate_uses(code: &str) -> Vec<(usize, String)> {
    let mut found = Vec::new();
    for at in words(code, "crate") {
        let Some(rest) = code[at + 5..].strip_prefix("::") else { continue };
        let Some(group) = rest.strip_prefix('{') else {
            found.push((at, word_at(rest).to_owned()));
            continue;
        };
        let (mut depth, mut fresh) = (0, true);
        for (i, c) in group.char_indices() {
            match c {
                '}' if depth == 0 => break,
                '{' => depth += 1,
                '}' => depth -= 1,
                ',' if depth == 0 => fresh = true,
                c if fresh && !c.is_whitespace() => {
                    found.push((at, word_at(&group[i..]).to_owned()));
                    fresh = false;
                }
                _ => {}
            }
        }
    }
    found
}

/// Every function with a body: its name, where it stands, and its lines that are not blank.
fn functions(code: &str) -> Vec<(String, usize, usize)> {
    let mut found = Vec::new();
    for at in words(code, "fn") {
        let name = word_at(code[at + 2..].trim_start());
        let mut depth = 0;
        let open = code[at..].char_indices().find(|(_, c)| {
            depth += i32::from(matches!(c, '(' | '[')) - i32::from(matches!(c, ')' | ']'));
            depth == 0 && matches!(c, '{' | ';' | '}')
        });
        let Some((open, '{')) = open else { continue };
        if !name.is_empty() {
            let body = &code[at..block_end(code, at + open)];
            found.push((name.to_owned(), at, body.lines().filter(|line| !line.trim().is_empty()).count()));
        }
    }
    found
}

fn median(mut values: Vec<usize>) -> usize {
    values.sort_unstable();
    values.get(values.len() / 2).copied().unwrap_or(0)
}

// -- the rules ---------------------------------------------------------------------------------------------------

fn wrong_uses(source: &Source) -> Vec<String> {
    let module = source.module();
    let Some((_, allowed)) = MAY_USE.iter().find(|(name, _)| *name == module) else {
        return vec![format!(
            "src/{}: module `{module}` is in no row of MAY_USE: say there and in ARCHITECTURE.md whom it may use",
            source.path
        )];
    };
    crate_uses(&source.code)
        .into_iter()
        .filter(|(_, used)| used != module && !allowed.contains(&used.as_str()))
        .filter(|(_, used)| MAY_USE.iter().any(|(name, _)| name == used))
        .map(|(offset, used)| {
            format!(
                "{}: `{module}` may not use `crate::{used}`: pass the value in, or move the code to where both are known",
                source.at(offset)
            )
        })
        .collect()
}

/// The rows of the code map: the module and whom it may use.
fn code_map(text: &str) -> Vec<(String, BTreeSet<String>)> {
    let words = |cell: &str| -> Vec<String> {
        cell.split('`').skip(1).step_by(2).map(|word| word.trim_end_matches('/').to_owned()).collect()
    };
    let row = |line: &str| {
        let cells: Vec<&str> = line.strip_prefix("| `")?.trim_end_matches('|').split('|').collect();
        let (first, last) = (cells.first()?, cells.last()?);
        Some((first.trim().trim_end_matches(['`', '/']).to_owned(), words(last).into_iter().collect()))
    };
    text.lines().filter_map(row).collect()
}

fn wrong_crates(source: &Source) -> Vec<String> {
    let mut found = Vec::new();
    for (name, places) in
        CRATE_ONLY_IN.iter().filter(|(_, places)| !places.iter().any(|p| source.path.starts_with(p)))
    {
        for offset in words(&source.code, name) {
            let before = source.code[..offset].trim_end();
            if source.code[offset + name.len()..].starts_with("::") && !before.ends_with("::") {
                found.push(format!(
                    "{}: `{name}` belongs to {}: move this there",
                    source.at(offset),
                    places.join(", ")
                ));
            }
        }
    }
    found
}

fn impurities(source: &Source) -> Vec<String> {
    if !PURE.contains(&source.module()) {
        return Vec::new();
    }
    let said = |word: &&str| {
        words(&source.code, word).into_iter().map(|at| (at, (*word).to_owned())).collect::<Vec<_>>()
    };
    IMPURE
        .iter()
        .flat_map(said)
        .map(|(offset, word)| {
            format!(
                "{}: `{word}` in a pure module: take the value as an argument (BTreeMap for maps)",
                source.at(offset)
            )
        })
        .collect()
}

fn too_long(source: &Source) -> Vec<String> {
    let mut found: Vec<String> = functions(&source.code)
        .into_iter()
        .filter(|(_, _, lines)| *lines > FUNCTION_LINES_MAX)
        .map(|(name, offset, lines)| {
            format!(
                "{}: `{name}` has {lines} lines, limit {FUNCTION_LINES_MAX}: name its parts",
                source.at(offset)
            )
        })
        .collect();
    if source.lines() > FILE_LINES_MAX {
        let lines = source.lines();
        found.push(format!(
            "src/{}: {lines} lines, limit {FILE_LINES_MAX}: split it by what it is about",
            source.path
        ));
    }
    found
}

fn badly_placed(source: &Source) -> Vec<String> {
    let mut found = Vec::new();
    let parts: Vec<&str> = source.path.split('/').collect();
    if parts.len() > DEPTH_MAX {
        found.push(format!(
            "src/{}: deeper than {DEPTH_MAX}: move it up, the tree is to be seen at one glance",
            source.path
        ));
    }
    for part in
        parts.iter().map(|part| part.trim_end_matches(".rs")).filter(|part| EMPTY_NAMES.contains(part))
    {
        found.push(format!("src/{}: `{part}` says nothing: name it after what is inside", source.path));
    }
    found
}

/// Files that no `mod` declares: the compiler never sees them.
fn undeclared(all: &[Source]) -> Vec<String> {
    let declared_by = |path: &str| -> Vec<String> {
        let (folder, file) = path.rsplit_once('/').unwrap_or(("", path));
        let folder = if file == "mod.rs" { folder.rsplit_once('/').map_or("", |(up, _)| up) } else { folder };
        if folder.is_empty() {
            return vec!["lib.rs".into(), "main.rs".into()];
        }
        vec![format!("{folder}/mod.rs"), format!("{folder}.rs")]
    };
    let name_of = |path: &str| {
        path.trim_end_matches("/mod.rs").trim_end_matches(".rs").rsplit('/').next().unwrap().to_owned()
    };
    all.iter()
        .filter(|source| !matches!(source.path.as_str(), "lib.rs" | "main.rs"))
        .filter(|source| {
            let parents = declared_by(&source.path);
            let declaration = format!("mod {};", name_of(&source.path));
            !all.iter()
                .any(|parent| parents.contains(&parent.path) && blank(&parent.text).contains(&declaration))
        })
        .map(|source| {
            format!("src/{}: no `mod` declares it, so nothing compiles it: declare or delete it", source.path)
        })
        .collect()
}

/// Files below `tests/` that no test mentions, by name or by a folder they are in.
fn forgotten(paths: &[String], readers: &str) -> Vec<String> {
    let parts_of = |path: &str| path.rsplit('/').map(str::to_owned).collect::<Vec<_>>();
    paths
        .iter()
        .filter(|path| path.matches('/').count() > 1)
        .filter(|path| {
            let parts = parts_of(path);
            let (file, folder) = (&parts[0], &parts[1]);
            match file.rsplit_once('.') {
                Some((stem, "rs")) => {
                    !readers.contains(&format!("mod {stem};"))
                        && !readers.contains(&format!("mod {folder};"))
                        && !readers.contains(file.as_str())
                }
                Some((name, "snap")) => {
                    let target = name.split("__").next().unwrap_or("");
                    !paths.iter().any(|p| {
                        *p == format!("tests/{target}.rs") || *p == format!("tests/{target}/main.rs")
                    })
                }
                // A folder that a test reads is read with the folders in it.
                _ => {
                    !parts.iter().filter(|part| *part != "tests").any(|part| readers.contains(part.as_str()))
                }
            }
        })
        .map(|path| format!("{path}: no test mentions it or its folder: wire it in or delete it"))
        .collect()
}

/// Text that has no place in the repository.
fn unwanted(path: &str, text: &str) -> Vec<String> {
    let marks = [
        (concat!("TO", "DO"), "do it, or say in the docs what does not exist yet"),
        (concat!("FIX", "ME"), "fix it, or say why it is right"),
        (concat!("XX", "X"), "say in words what is doubtful"),
        (concat!("#[ig", "nore"), "a test that does not run proves nothing: make it run or delete it"),
        (concat!("/tmp", "/w/"), "a path of somebody's machine: use a temporary folder or an argument"),
        (concat!("/wo", "rk/"), "a path of somebody's machine: use a path inside the repository"),
    ];
    let line_of = |at: usize| text[..at].matches('\n').count() + 1;
    marks
        .iter()
        .flat_map(|(mark, advice)| text.match_indices(mark).map(move |(at, _)| (at, *mark, *advice)))
        .filter(|(at, mark, _)| {
            !is_word(text.as_bytes().get(at + mark.len()).copied()) || !mark.ends_with(char::is_uppercase)
        })
        .filter(|(at, mark, _)| {
            !(mark.ends_with(char::is_uppercase) && *at > 0 && is_word(Some(text.as_bytes()[at - 1])))
        })
        .map(|(at, mark, advice)| format!("{path}:{}: `{mark}`: {advice}", line_of(at)))
        .collect()
}

/// A decoder's file opens with the map of its bytes: a `text` block or a table in its module documentation.
fn without_byte_map(source: &Source) -> Option<String> {
    let is_decoder = source.module() == "wire" && source.code.contains("pub struct Decoder");
    let head: String =
        source.text.lines().take_while(|line| line.starts_with("//!")).collect::<Vec<_>>().join("\n");
    let mapped = head.contains("```text") || head.contains("//! |");
    (is_decoder && !mapped).then(|| {
        format!("src/{}: open the file with a `//! ```text` map of its bytes and their source", source.path)
    })
}

// -- the tests ---------------------------------------------------------------------------------------------------

#[test]
fn modules_use_only_whom_they_may() {
    none(&sources().iter().flat_map(wrong_uses).collect::<Vec<_>>());
}

#[test]
fn the_table_of_uses_allows_what_is_used_and_no_more() {
    let all = sources();
    let used_by = |module: &str| -> BTreeSet<String> {
        let own = all.iter().filter(|source| source.module() == module);
        own.flat_map(|source| crate_uses(&source.code)).map(|(_, used)| used).collect()
    };
    let idle: Vec<String> = MAY_USE
        .iter()
        .filter(|(module, _)| !matches!(*module, "lib" | "main"))
        .flat_map(|(module, allowed)| {
            let used = used_by(module);
            let unused = allowed.iter().filter(move |name| !used.contains(**name));
            unused
                .map(move |name| format!("MAY_USE: `{module}` does not use `{name}`: take it out of the row"))
        })
        .collect();
    none(&idle);
}

#[test]
fn the_table_of_uses_stands_in_architecture_as_well() {
    let rows = code_map(&read("ARCHITECTURE.md"));
    let wanted: Vec<(String, BTreeSet<String>)> = MAY_USE
        .iter()
        .filter(|(module, _)| !matches!(*module, "lib" | "main"))
        .map(|(module, uses)| ((*module).to_owned(), uses.iter().map(|name| (*name).to_owned()).collect()))
        .collect();
    assert_eq!(rows, wanted, "the code map of ARCHITECTURE.md and MAY_USE say the same, in the same order");
}

#[test]
fn crates_stay_where_they_belong() {
    none(&sources().iter().flat_map(wrong_crates).collect::<Vec<_>>());
}

#[test]
fn pure_modules_are_pure() {
    none(&sources().iter().flat_map(impurities).collect::<Vec<_>>());
}

#[test]
fn functions_and_files_are_short() {
    let all = sources();
    let mut found: Vec<String> = all.iter().flat_map(too_long).collect();
    let functions = median(all.iter().flat_map(|s| functions(&s.code)).map(|(_, _, lines)| lines).collect());
    if functions > FUNCTION_LINES_MEDIAN {
        found.push(format!(
            "the median function has {functions} lines, limit {FUNCTION_LINES_MEDIAN}: name more parts"
        ));
    }
    let files = median(all.iter().map(Source::lines).filter(|lines| *lines > 0).collect());
    if files > FILE_LINES_MEDIAN {
        found.push(format!(
            "the median file has {files} lines, limit {FILE_LINES_MEDIAN}: split the long ones"
        ));
    }
    none(&found);
}

#[test]
fn the_binary_is_thin() {
    let lines = read("src/main.rs").lines().count();
    assert!(
        lines < MAIN_LINES_MAX,
        "src/main.rs has {lines} lines, limit {MAIN_LINES_MAX}: move code to the library"
    );
}

#[test]
fn the_tree_is_flat_and_its_names_speak() {
    none(&sources().iter().flat_map(badly_placed).collect::<Vec<_>>());
}

#[test]
fn decoders_open_with_their_byte_map() {
    none(&sources().iter().filter_map(without_byte_map).collect::<Vec<_>>());
}

#[test]
fn no_file_is_forgotten() {
    let tests = files("tests");
    let mut readers = String::new();
    for path in tests
        .iter()
        .filter(|path| !path.ends_with(".snap") && !path.ends_with(".txt") && !path.ends_with("tidy.rs"))
    {
        readers.push_str(&read(path));
    }
    let mut found = undeclared(&sources());
    found.extend(forgotten(&tests, &readers));
    if read("Cargo.toml").contains("autotests = false") {
        found.push("Cargo.toml: `autotests = false` forgets new files in tests/: remove it".into());
    }
    none(&found);
}

#[test]
fn nothing_unfinished_or_machine_bound_is_left() {
    let texts = [
        "rs", "toml", "md", "py", "sh", "sql", "service", "rules", "txt", "yml", "yaml", "csv", "json",
        "jsonl",
    ];
    let is_text = |path: &String| {
        path.rsplit('/')
            .next()
            .is_some_and(|name| !name.contains('.') || texts.contains(&name.rsplit('.').next().unwrap()))
    };
    none(
        &files("")
            .iter()
            .filter(|path| is_text(path))
            .flat_map(|path| unwanted(path, &read(path)))
            .collect::<Vec<_>>(),
    );
}

// -- the rules bite ----------------------------------------------------------------------------------------------

#[test]
fn the_table_of_uses_bites() {
    let bad = Source::new(
        "wire/line.rs",
        "use crate::{time::MonoMs, ledger::{self, load}};\nfn f() { crate::io::go() }\n",
    );
    let said = wrong_uses(&bad).join("\n");
    assert!(said.contains("src/wire/line.rs:1") && said.contains("crate::ledger"), "{said}");
    assert!(
        said.contains("src/wire/line.rs:2") && said.contains("crate::io") && !said.contains("crate::time"),
        "{said}"
    );
    assert_eq!(wrong_uses(&Source::new("misty.rs", "")).len(), 1, "an unknown module needs a row");
    let tested = "#[cfg(test)]\nmod tests { use crate::ledger::x; }\n// crate::ledger\nconst S: &str = \"crate::ledger::y\";";
    assert_eq!(wrong_uses(&Source::new("wire/aim.rs", tested)), Vec::<String>::new());
}

#[test]
fn the_table_of_crates_and_the_purity_bite() {
    let bad = Source::new(
        "domain/x.rs",
        "use tokio::time;\nfn f() -> rusqlite::Result<()> { std::fs::read(\"a\") }\n",
    );
    assert_eq!(wrong_crates(&bad).len(), 2);
    assert_eq!(impurities(&bad).len(), 1);
    assert_eq!(wrong_crates(&Source::new("io/x.rs", "use tokio::time;")), Vec::<String>::new());
    assert_eq!(
        wrong_crates(&Source::new("ledger/x.rs", "use rusqlite::params; mod my { pub mod tokio {} }")),
        Vec::<String>::new()
    );
}

#[test]
fn lengths_are_counted_without_tests_and_comments() {
    let body = |n: usize| "    x();\n".repeat(n);
    let long = format!("fn long() {{\n{}}}\n", body(69));
    let fits = format!("fn fits(a: [u8; 3]) {{\n// a comment\n\n{}}}\n", body(68));
    let test = format!("#[cfg(test)]\nmod tests {{\n{long}}}\n");
    assert!(too_long(&Source::new("io/a.rs", &long)).join("").contains("`long` has 71 lines"));
    assert_eq!(too_long(&Source::new("io/a.rs", &(fits + &test))), Vec::<String>::new());
    assert_eq!(too_long(&Source::new("io/a.rs", &"\n".repeat(601))).len(), 1);
    let literals =
        "fn f<'a>(s: &'a str) -> char { let _ = (r#\"}\"#, b\"}\", '}', '\\'', \"\\\"}\"); 'ß' }\nfn g() {}";
    let lengths: Vec<_> =
        functions(&blank(literals)).into_iter().map(|(name, _, lines)| (name, lines)).collect();
    assert_eq!(lengths, [("f".to_owned(), 1), ("g".to_owned(), 1)]);
}

#[test]
fn forgotten_files_are_found() {
    let all = [
        Source::new("lib.rs", "pub mod a;"),
        Source::new("a/mod.rs", "// mod c;\nmod b;"),
        Source::new("a/b.rs", "x"),
        Source::new("a/c.rs", "x"),
    ];
    assert_eq!(undeclared(&all).len(), 1);
    let paths = [
        "tests/a.rs",
        "tests/sim/world.rs",
        "tests/scenarios/one.txt",
        "tests/lost/two.txt",
        "tests/snapshots/gone__x.snap",
    ];
    let paths = paths.map(str::to_owned);
    let said: BTreeSet<String> =
        forgotten(&paths, "mod world; read_dir(\"tests/scenarios\")").into_iter().collect();
    assert_eq!(said.len(), 2, "{said:?}");
}

#[test]
fn names_depth_marks_and_byte_maps_bite() {
    assert_eq!(badly_placed(&Source::new("io/a/b/utils.rs", "x")).len(), 2);
    assert_eq!(unwanted("a.rs", concat!("// TO", "DO: later\n#[ig", "nore]\nTO", "DOS are fine")).len(), 2);
    assert!(without_byte_map(&Source::new("wire/x.rs", "//! Words.\npub struct Decoder;")).is_some());
    assert!(
        without_byte_map(&Source::new("wire/x.rs", "//! ```text\n//! 02\n//! ```\npub struct Decoder;"))
            .is_none()
    );
}
