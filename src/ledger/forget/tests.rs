use super::*;
use crate::domain::fact::{Body, NewFact, Subject};
use crate::domain::id::{PersonHandle, ReaderId};
use crate::domain::known::Identity;
use crate::ledger::append::Occasion;
use crate::ledger::scanlog::ScanRow;
use crate::time::{MonoMs, Now};

const PEOPLE: u64 = 400;

fn identity(number: u64) -> Identity {
    Identity {
        person: PersonId::parse(&format!("p-{number:06}")).unwrap(),
        handle: PersonHandle::parse(&format!("handle-{number:06}")).unwrap(),
        name: format!("Zenobia{number:06} Quux{number:06}"),
        email: Some(format!("mail{number:06}@example.org")),
        phone: Some(format!("+49 555 {number:06}")),
        badges: vec![Code::canonical(&format!("B{:07X}", 0x1234567 + number * 7919)).unwrap()],
    }
}

/// All the ways in which somebody is written.
fn marks(identity: &Identity) -> Vec<String> {
    let Identity { handle, name, email, phone, badges, .. } = identity;
    let mut marks = vec![handle.to_string(), name.clone(), email.clone().unwrap(), phone.clone().unwrap()];
    marks.extend(name.split(' ').map(str::to_owned));
    for badge in badges {
        marks.push(badge.as_str().to_owned());
        marks.extend(written(badge.as_str()).into_iter().filter(|form| form.len() > 6));
    }
    marks
}

fn bytes_of(path: &std::path::Path) -> String {
    let mut all = String::new();
    for end in ["", "-wal", "-shm"] {
        let mut name = path.as_os_str().to_owned();
        name.push(end);
        let bytes = std::fs::read(name).unwrap_or_default();
        all.push_str(&String::from_utf8_lossy(&bytes).to_ascii_lowercase());
    }
    all
}

fn holds(bytes: &str, mark: &str) -> bool {
    bytes.contains(&mark.to_ascii_lowercase())
}

/// 0, 1, 2, … in an order that fills pages in their middle.
fn shuffled() -> impl Iterator<Item = u64> {
    (0..PEOPLE).map(|number| number * 277 % PEOPLE)
}

fn scanned(ledger: &Ledger, id: &str, code: &str) {
    let station = StationId::parse("cage").unwrap();
    let code = Code::canonical(code).unwrap();
    let row = ScanRow {
        id,
        at: UtcMs(0),
        station: &station,
        reader: None::<&ReaderId>,
        session: None,
        code: Some(&code),
        person: None,
        thing: None,
        level: "refused",
        verdict: "unknown-code",
        sentence: "Unknown code: kept for the attendant",
    };
    ledger.log_scan(&row).unwrap();
}

fn enrolled(ledger: &mut Ledger, identity: &Identity) {
    let fact = NewFact {
        subject: Subject::Person(identity.person.clone()),
        actor: Some(identity.person.clone()),
        body: serde_json::from_str::<Body>(r#"{"kind":"person-enrolled","body":{"role":"crew"}}"#).unwrap(),
    };
    let station = StationId::parse("control").unwrap();
    let now = Now { mono: MonoMs(0), utc: UtcMs(0), trusted: true };
    let scan_id = format!("e-{}", identity.person);
    ledger.append(&Occasion { scan_id: &scan_id, station: &station, now: &now }, 0, vec![fact]).unwrap();
    ledger.put_identity(identity).unwrap();
}

#[test]
fn nobody_who_was_forgotten_is_left_in_the_bytes_of_the_file_and_everybody_else_is() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("ledger.db");
    let mut ledger = Ledger::open(&path, "0123456789ab").unwrap();
    for some in shuffled().collect::<Vec<_>>().chunks(50) {
        let put = |ledger: &mut Ledger| {
            for number in some {
                let identity = identity(*number);
                scanned(ledger, &format!("before-{number}"), identity.badges[0].as_str());
                enrolled(ledger, &identity);
                ledger.put_note(&format!("e-{}.0", identity.person), "the lens rattles")?;
                ledger.put_note(
                    &format!("x{number}.0"),
                    &format!("{} said so", identity.name.to_uppercase()),
                )?;
            }
            Ok(())
        };
        ledger.transaction(put).unwrap();
    }
    let gone: Vec<u64> = shuffled().take(12).collect();
    for number in &gone {
        let person = identity(*number).person;
        let erased = ledger.transaction(|ledger| ledger.forget(&person, UtcMs(7))).unwrap();
        assert!(erased.identity && erased.badges == 1 && erased.notes == 2, "{erased:?}");
        assert!(ledger.scrub().unwrap());
    }
    let bytes = bytes_of(&path);
    for number in &gone {
        for mark in marks(&identity(*number)) {
            assert!(!holds(&bytes, &mark), "{mark} is still there");
        }
        assert_eq!(
            ledger.note(&format!("x{number}.0")).unwrap().unwrap(),
            format!("{} said so", identity(*number).person)
        );
    }
    let left = identity(shuffled().nth(50).unwrap());
    assert!(holds(&bytes, &left.name) && holds(&bytes, left.badges[0].as_str()));
    assert_eq!(ledger.known().unwrap().people.len(), PEOPLE as usize - gone.len());
    assert!(ledger.verify().unwrap().is_whole());
    assert_eq!(ledger.forgotten().unwrap().len(), gone.len());
}

#[test]
fn a_badge_that_was_read_in_another_form_before_it_was_known_is_found_in_the_log() {
    let mut ledger = Ledger::in_memory("0123456789ab").unwrap();
    let person = Identity { badges: vec![Code::canonical("0D00319CD0").unwrap()], ..identity(1) };
    let forms = written("0D00319CD0");
    assert!(!forms.is_empty());
    for (number, form) in forms.iter().enumerate() {
        scanned(&ledger, &format!("s{number}"), form);
    }
    scanned(&ledger, "other", "CAM-1");
    enrolled(&mut ledger, &person);
    let erased = ledger.transaction(|ledger| ledger.forget(&person.person, UtcMs(7))).unwrap();
    assert_eq!(erased.scans as usize, forms.len());
    let left: Vec<String> = ledger
        .conn
        .prepare("SELECT code FROM scan WHERE code IS NOT NULL")
        .unwrap()
        .query_map([], |row| row.get(0))
        .unwrap()
        .map(Result::unwrap)
        .collect();
    assert_eq!(left, ["CAM-1"]);
}

#[test]
fn who_was_forgotten_does_not_come_back_by_a_list_that_was_read_before() {
    let mut ledger = Ledger::in_memory("0123456789ab").unwrap();
    let person = identity(1);
    enrolled(&mut ledger, &person);
    ledger.transaction(|ledger| ledger.forget(&person.person, UtcMs(7))).unwrap();
    assert!(!ledger.put_identity(&person).unwrap());
    assert_eq!(ledger.named(&person.person).unwrap().name, None);
    let again = ledger.transaction(|ledger| ledger.forget(&person.person, UtcMs(9))).unwrap();
    assert_eq!(again, Traces::default());
    assert_eq!(ledger.forgotten().unwrap(), [(person.person, UtcMs(7))], "when it was first");
}

#[test]
fn a_reader_in_the_way_is_waited_for_by_nobody_and_the_log_is_emptied_once_it_is_done() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("ledger.db");
    let mut ledger = Ledger::open(&path, "0123456789ab").unwrap();
    let person = identity(1);
    ledger
        .transaction(|ledger| {
            enrolled(ledger, &person);
            Ok(())
        })
        .unwrap();
    let reader = ledger.reader().unwrap();
    reader.conn().execute_batch("BEGIN; SELECT count(*) FROM identity").unwrap();
    ledger.transaction(|ledger| ledger.forget(&person.person, UtcMs(7))).unwrap();
    assert!(!ledger.scrub().unwrap());
    assert!(holds(&bytes_of(&path), &person.name));
    drop(ledger);
    drop(reader);
    let mut ledger = Ledger::open(&path, "0123456789ab").unwrap();
    assert!(ledger.scrub().unwrap(), "also after a crash in between");
    assert!(!holds(&bytes_of(&path), &person.name));
}

#[test]
fn a_name_is_masked_as_a_word_of_its_own_in_either_case() {
    let words = ["ana ruíz", "ana", "ruíz", "b-ana"].map(str::to_owned).to_vec();
    let spellings = Spellings { words, codes: BTreeSet::new() };
    let masked = |text: &str| spellings.masked(text, "p-1");
    assert_eq!(masked("Ana Ruíz broke it, ask RUÍZ"), Some("p-1 broke it, ask p-1".into()));
    assert_eq!(masked("badge b-ana"), Some("badge p-1".into()));
    assert_eq!(masked("bananas and Anatol"), None);
    assert_eq!(masked("Dana"), None);
    assert_eq!(masked("(ana)"), Some("(p-1)".into()));
}
