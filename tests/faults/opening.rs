//! Ledgers that are not to be had or not to be touched: somebody else's, a newer one, one that is held, one that may not be
//! written. The program says so and leaves them as they are.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::process::Command;

use cagekeeper::ledger::Ledger;

use crate::house::{House, LONG};
use crate::mosquitto::wait_for;
use crate::tally::Tally;

const NO_BROKER: &str = "url = \"mqtt://127.0.0.1:1\"";
const A_FEW: usize = 5;
/// Whom the system gives no rights.
const NOBODY: u32 = 65_534;

/// A house in which a few things have gone out, and which is closed.
fn closed() -> House {
    let mut house = House::new(NO_BROKER, 3 * A_FEW);
    let mut window = house.start();
    type_a_few(&mut house, &mut window);
    house.stop();
    house
}

fn type_a_few(house: &mut House, window: &mut crate::window::Window) {
    for thing in house.fresh(A_FEW) {
        house.types(window, &thing).expect("an answer");
    }
}

/// The daemon ends with 3; its last words.
fn last_words(house: &mut House) -> String {
    house.spawn();
    let mut daemon = house.daemon.take().unwrap();
    let status = wait_for("the daemon to end", LONG, || daemon.try_wait().unwrap());
    let log = house.log();
    assert_eq!(status.code(), Some(3), "{log}");
    let last = log.lines().last().unwrap_or_default().to_owned();
    println!("{last}");
    last
}

/// Afterwards everything is there, and the door goes on.
fn goes_on(mut house: House, fault: &str) {
    let mut window = house.start();
    type_a_few(&mut house, &mut window);
    house.until_read();
    let mut tally = Tally::default();
    tally.add(house.count(fault, 1));
    house.stop();
    house.verify();
    tally.settle();
}

#[test]
fn the_ledger_of_another_site_is_refused_and_that_of_a_renamed_one_taken_over() {
    let mut house = closed();
    let config = fs::read_to_string(&house.studio.config).unwrap();
    let before = fs::read(house.ledger()).unwrap();
    fs::write(&house.studio.config, config.replace("site = \"studio\"", "site = \"south\"")).unwrap();
    let said = last_words(&mut house);
    assert!(said.contains("ledger of the site \"studio\"") && said.contains("is of \"south\""), "{said}");
    assert!(said.contains("Name the ledger of this site as ledger.path"), "{said}");
    let typed = house.studio.verb(&["scan", "typed", "thing-00009"]);
    assert_eq!(typed.status.code(), Some(3), "a verb takes it for its own");
    assert_eq!(before.len(), fs::read(house.ledger()).unwrap().len());
    let renamed = config
        .replace("site = \"studio\"", "site = \"south\"")
        .replace("[ledger]\n", "[ledger]\nsite_before = \"studio\"\n");
    fs::write(&house.studio.config, renamed).unwrap();
    goes_on(house, "a ledger of another site, then renamed");
}

#[test]
fn a_newer_ledger_is_refused_and_not_touched() {
    let mut house = closed();
    let whole = fs::read(house.ledger()).unwrap();
    rusqlite::Connection::open(house.ledger()).unwrap().pragma_update(None, "user_version", 99).unwrap();
    let newer = fs::read(house.ledger()).unwrap();
    let said = last_words(&mut house);
    assert!(
        said.contains("ledger.db: written by a newer cagekeeper") && said.contains("Install the newer"),
        "{said}"
    );
    assert!(fs::read(house.ledger()).unwrap() == newer, "the file was changed");
    fs::write(house.ledger(), whole).unwrap();
    goes_on(house, "a ledger of a newer version");
}

#[test]
fn a_ledger_that_is_held_is_left_to_its_holder() {
    let mut house = closed();
    let holder = Ledger::open(&house.ledger(), "0123456789ab").unwrap();
    let said = last_words(&mut house);
    assert!(said.contains("ledger.db: another cagekeeper writes to this ledger"), "{said}");
    assert!(said.contains("Stop it first"), "{said}");
    holder.close().unwrap();
    goes_on(house, "a ledger held by another process");
}

#[test]
fn a_folder_that_may_not_be_written_is_said_with_its_name() {
    let mut house = closed();
    // Whoever runs this may be root, to whom everything is allowed: the program runs as somebody else.
    let folder = house.studio.path();
    let open = fs::Permissions::from_mode(0o755);
    fs::set_permissions(folder, open.clone()).unwrap();
    fs::set_permissions(&house.studio.config, fs::Permissions::from_mode(0o644)).unwrap();
    let is_root = nix::unistd::geteuid().is_root();
    if !is_root {
        fs::set_permissions(folder, fs::Permissions::from_mode(0o555)).unwrap();
        fs::set_permissions(house.ledger(), fs::Permissions::from_mode(0o444)).unwrap();
    }
    let mut run = if is_root { Command::new("setpriv") } else { Command::new("env") };
    if is_root {
        run.args([&format!("--reuid={NOBODY}"), &format!("--regid={NOBODY}"), "--clear-groups"]);
    }
    let program = a_copy_for_everybody();
    run.arg(program.path().join("cagekeeper")).arg("--config").arg(&house.studio.config).arg("run");
    let output = run.output().unwrap();
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    println!("{said}");
    fs::set_permissions(folder, open).unwrap();
    fs::set_permissions(house.ledger(), fs::Permissions::from_mode(0o644)).unwrap();
    assert_eq!(output.status.code(), Some(3), "{said}");
    assert!(said.contains("ledger.db: cannot be opened: Permission denied"), "{said}");
    assert!(said.contains("Give this user the right to read and write it"), "{said}");
    house.environment("RUST_BACKTRACE", "0");
    goes_on(house, "a folder that may not be written");
}

/// The program where whoever has no rights may run it: the folders above the one it was built in may be closed to them.
fn a_copy_for_everybody() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    fs::set_permissions(folder.path(), fs::Permissions::from_mode(0o755)).unwrap();
    fs::copy(env!("CARGO_BIN_EXE_cagekeeper"), folder.path().join("cagekeeper")).unwrap();
    folder
}
