//! Somebody is forgotten: nothing that says who they were is left, and everything that happened is.

use super::*;

/// Everything in the studio's folder, in lower case: the ledger and whatever stands beside it.
fn all_bytes(folder: &std::path::Path) -> String {
    let files = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let kept = files
        .filter(|path| path.file_name().is_some_and(|name| name.to_string_lossy().starts_with("ledger")));
    kept.map(|path| String::from_utf8_lossy(&std::fs::read(path).unwrap()).to_ascii_lowercase()).collect()
}

#[test]
fn who_was_forgotten_is_in_no_byte_of_the_ledger_and_what_they_hold_is_still_out() {
    let studio = Studio::empty();
    let does = |words: &[&str]| {
        let said = studio.run(words);
        assert_eq!(said.exit, 0, "{words:?}: {}{}", said.out, said.err);
        said.out
    };
    let ada = ["--name", "Ada Quuxlace", "--badge", "0D00319CD0", "--email", "ada@quux.example"];
    does(&["asset", "add", "fx6", "--name", "Sony FX6"]);
    studio.scan("0D00319CD0");
    does(&[["person", "add", "adaquux"].as_slice(), &ada].concat());
    does(&["checkout", "fx6", "--to", "adaquux"]);
    let marks = ["adaquux", "quuxlace", "ada@quux", "0d00319cd0"];
    let before = all_bytes(&studio.path(""));
    assert!(marks.iter().all(|mark| before.contains(mark)), "the test looks where they are");

    let planned = studio.run(&["person", "forget", "adaquux"]);
    assert!(planned.exit == 0 && planned.out.contains("Nothing was erased"), "{}", planned.out);
    let refused = studio.run(&["person", "forget", "adaquux", "--yes"]);
    assert!(refused.exit == 1 && refused.out.contains("asset/fx6"), "{}{}", refused.out, refused.err);
    assert!(all_bytes(&studio.path("")).contains("quuxlace"));

    let said = does(&["person", "forget", "adaquux", "--yes", "--even-so"]);
    assert!(said.starts_with("Forgotten: p-"), "{said}");
    let after = all_bytes(&studio.path(""));
    for mark in marks {
        assert!(!after.contains(mark), "{mark} is still there");
    }
    let out = does(&["out"]);
    assert!(out.contains("somebody who was forgotten (p-"), "{out}");
    does(&["verify"]);
    assert_eq!(studio.run(&["person", "show", "adaquux"]).exit, 1);
    // The studio's list brings somebody new: who it was is not known any more.
    does(&[["person", "add", "adaquux"].as_slice(), &ada].concat());
    assert!(does(&["out"]).contains("somebody who was forgotten (p-"));
}
