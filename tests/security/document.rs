//! SECURITY.md relies on tests: those that it names exist.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use super::repository;

fn files(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            files(&path, found);
        } else if path.extension().is_some_and(|ending| ending == "rs") {
            found.push(path);
        }
    }
}

/// The names of all tests, also of properties.
fn tests() -> BTreeSet<String> {
    let mut paths = Vec::new();
    for folder in ["src", "tests"] {
        files(&repository(folder), &mut paths);
    }
    let mut names = BTreeSet::new();
    for path in paths {
        let text = std::fs::read_to_string(path).unwrap();
        let mut is_test = false;
        for line in text.lines().map(str::trim) {
            let name =
                line.trim_start_matches("async ").strip_prefix("fn ").and_then(|rest| rest.split('(').next());
            match name {
                Some(name) if is_test => drop(names.insert(name.to_owned())),
                _ => {}
            }
            is_test = line.starts_with("#[test]")
                || line.starts_with("#[tokio::test")
                || (is_test && name.is_none());
        }
    }
    names
}

#[test]
fn every_test_that_security_md_names_exists() {
    let text = std::fs::read_to_string(repository("SECURITY.md")).unwrap();
    let known = tests();
    assert!(known.len() > 500, "{}", known.len());
    // Code spans of several words joined by underscores are names of tests; keys of the configuration have a dot or `=`.
    let spans = text.split('`').skip(1).step_by(2);
    let named: Vec<&str> = spans
        .filter(|span| {
            span.matches('_').count() >= 3
                && span.chars().all(|c| c.is_ascii_lowercase() || "_0123456789".contains(c))
        })
        .collect();
    assert!(named.len() >= 30, "{named:?}");
    for name in &named {
        assert!(known.contains(*name), "SECURITY.md names a test {name} that is not there");
    }
    let paths = text.split('`').skip(1).step_by(2).filter(|span| {
        span.starts_with("tests/") || span.starts_with("systemd/") || span.starts_with("config/")
    });
    for path in paths {
        assert!(repository(path).exists(), "SECURITY.md names {path}, which is not there");
    }
}
