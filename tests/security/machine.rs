//! Other users of this machine, and what listens: the control socket, the files, the ports, and no capability.

use std::collections::BTreeSet;
use std::os::unix::fs::MetadataExt;
use std::path::Path;
use std::process::{Child, Command, Output, Stdio};

use super::mosquitto::{free_port, wait_for};
use super::studio::Studio;
use super::{LONG, chmod, mode, setpriv, status_of};

/// Somebody who is nobody here.
const STRANGER: &str = "65534";

fn desk() -> Studio {
    let studio = Studio::new(&format!(
        "[mqtt]\nlisten = \"127.0.0.1:{}\"\n[web]\nlisten = \"127.0.0.1:{}\"\n[[station]]\nid = \"cage\"\nperson = \"optional\"\n",
        free_port(),
        free_port()
    ));
    studio.file("things.csv", "id,name,tags\nfx6,Sony FX6,C-FX6\n");
    studio
}

/// A daemon that was started in its own way. It is killed when dropped.
struct Started(Child);

impl Drop for Started {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

fn started(studio: &Studio, mut command: Command) -> Started {
    let log = std::fs::File::create(studio.path().join("log")).unwrap();
    let command = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(log);
    let mut daemon = Started(command.spawn().unwrap());
    wait_for("the daemon to answer", LONG, || {
        if let Some(status) = daemon.0.try_wait().unwrap() {
            panic!("ended with {status}: {}", std::fs::read_to_string(studio.path().join("log")).unwrap());
        }
        let output = studio.verb(&["status", "--json"]);
        String::from_utf8_lossy(&output.stdout).contains("\"running\"").then_some(())
    });
    daemon
}

/// `run` under that umask, and an import by hand before it.
fn run_with_umask(studio: &Studio, umask: &str) -> Started {
    let sh = |words: &[&str]| {
        let mut command = Command::new("sh");
        command.args([
            "-c",
            &format!("umask {umask}; exec \"$@\""),
            "sh",
            env!("CARGO_BIN_EXE_cagekeeper"),
            "--config",
        ]);
        command.arg(&studio.config).args(words);
        command
    };
    let things = studio.path().join("things.csv");
    assert!(sh(&["import", "assets", things.to_str().unwrap()]).output().unwrap().status.success());
    started(studio, sh(&["run"]))
}

fn modes(studio: &Studio) -> Vec<String> {
    let entries = std::fs::read_dir(studio.path()).unwrap().map(|entry| entry.unwrap());
    let made = entries.filter(|entry| {
        let name = entry.file_name().to_string_lossy().into_owned();
        name.starts_with("ledger.db") || name.starts_with("control")
    });
    let mut modes: Vec<String> = made
        .map(|entry| format!("{:o} {}", mode(&entry.path()), entry.file_name().to_string_lossy()))
        .collect();
    modes.sort();
    modes
}

#[test]
fn nothing_that_is_made_is_for_everybody_whatever_the_umask() {
    for umask in ["0", "022", "077"] {
        let studio = desk();
        chmod(studio.path(), 0o700);
        let _daemon = run_with_umask(&studio, umask);
        let made = modes(&studio);
        assert!(made.len() >= 4, "{made:?}");
        assert!(made.iter().all(|line| line.as_bytes()[2] == b'0'), "umask {umask}: {made:?}");
        assert!(made.contains(&"600 ledger.db".to_owned()), "umask {umask}: {made:?}");
    }
    let shared = desk();
    chmod(shared.path(), 0o750);
    let _daemon = run_with_umask(&shared, "077");
    let made = modes(&shared);
    for line in ["640 ledger.db", "640 ledger.db-wal", "640 ledger.db-shm", "660 control.sock"] {
        assert!(made.contains(&line.to_owned()), "the group of the folder may ask: {made:?}");
    }
}

/// Asks at the control socket as a user of that group, or of none; gives what was answered or why it was not.
fn asked_by(studio: &Studio, group: Option<u32>, request: &str) -> Output {
    const ASK: &str = "import socket, sys\ns = socket.socket(socket.AF_UNIX)\ns.connect(sys.argv[1])\n\
                       s.sendall(sys.argv[2].encode() + b'\\n')\nprint(s.makefile().readline())";
    let groups = group.map_or("--clear-groups".to_owned(), |group| format!("--groups={group}"));
    let (uid, gid) = (format!("--reuid={STRANGER}"), format!("--regid={STRANGER}"));
    let mut command = setpriv(&[&uid, &gid, &groups, "/usr/bin/python3", "-c", ASK]);
    command.arg(studio.path().join("control.sock")).arg(request).output().unwrap()
}

fn said(output: &Output) -> String {
    format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr))
}

#[test]
fn who_is_not_of_the_group_is_not_heard_and_who_is_has_an_attendants_rights() {
    let studio = desk();
    let daemon = studio.run();
    // The folder of a real machine lets nobody else in either; here only the socket itself says no.
    chmod(studio.path(), 0o711);
    let stranger = asked_by(&studio, None, "{\"verb\":\"status\"}");
    assert!(said(&stranger).contains("PermissionError"), "{}", said(&stranger));
    let group = studio.path().join("control.sock").metadata().unwrap().gid();
    let attendant =
        asked_by(&studio, Some(group), "{\"verb\":\"scan\",\"station\":\"cage\",\"code\":\"CK:CANCEL\"}");
    assert!(attendant.status.success() && said(&attendant).contains("\"done\":true"), "{}", said(&attendant));
    let import =
        "{\"verb\":\"import\",\"kind\":\"people\",\"file\":\"p.csv\",\"bytes\":\"69642c6e616d650a612c410a\"}";
    let enrol = "{\"verb\":\"person\",\"id\":\"eve\",\"name\":\"Eve\",\"roles\":[\"admin\"]}";
    for request in [import, enrol] {
        let refused = said(&asked_by(&studio, Some(group), request));
        assert!(refused.contains("\"done\":true") && !refused.contains("\"exit\":0"), "{refused}");
    }
    let refused = said(&asked_by(&studio, Some(group), import));
    assert!(refused.contains("Not allowed: import is for studio-manager"), "{refused}");
    for nonsense in ["", "{", "null", "{\"verb\":\"forget-everything\"}", "[[[[[[[[[[[[[[[[[[[["] {
        let refused = said(&asked_by(&studio, Some(group), nonsense));
        assert!(refused.contains("not understood"), "{nonsense}: {refused}");
    }
    assert!(super::kinds(&studio).is_empty(), "nothing of it is a fact");
    assert!(daemon.stop().success());
}

/// The inodes of the sockets that a process holds.
fn sockets_of(pid: u32) -> BTreeSet<String> {
    let held = std::fs::read_dir(format!("/proc/{pid}/fd")).unwrap();
    let links = held.filter_map(|entry| Some(entry.ok()?.path().read_link().ok()?.display().to_string()));
    links.filter_map(|link| Some(link.strip_prefix("socket:[")?.strip_suffix(']')?.to_owned())).collect()
}

/// Addresses of this table of the kernel at which a process listens, in its notation.
fn listening(pid: u32, table: &str) -> Vec<String> {
    let held = sockets_of(pid);
    let text = std::fs::read_to_string(format!("/proc/{pid}/net/{table}")).unwrap_or_default();
    let rows = text.lines().skip(1).map(|line| line.split_whitespace().collect::<Vec<_>>());
    let is_bound = |row: &Vec<&str>| held.contains(row[9]) && (table.starts_with("udp") || row[3] == "0A");
    rows.filter(is_bound).map(|row| row[1].to_owned()).collect()
}

#[test]
fn what_listens_is_reached_from_this_machine_alone_and_nothing_else_listens() {
    let studio = desk();
    let daemon = studio.run();
    let pid = daemon.child.id();
    let tcp = wait_for("broker and feeds to listen", LONG, || {
        Some(listening(pid, "tcp")).filter(|all| all.len() == 2)
    });
    assert!(tcp.iter().all(|address| address.starts_with("0100007F:")), "{tcp:?}");
    for table in ["tcp6", "udp", "udp6"] {
        assert_eq!(listening(pid, table), Vec::<String>::new(), "{table}");
    }
    assert!(daemon.stop().success());
    // Without a word about it there are no feeds, and the broker is for this machine.
    let default = cagekeeper::config::DEFAULT_TOML;
    assert!(
        default.contains("\n#listen = \"127.0.0.1:1883\"\n") && !default.contains("\n#listen = \"0.0.0.0")
    );
}

#[test]
fn no_capability_is_needed_and_none_is_held() {
    let studio = desk();
    let binary = studio.path().join("program");
    std::fs::hard_link(env!("CARGO_BIN_EXE_cagekeeper"), &binary)
        .or_else(|_| std::fs::copy(env!("CARGO_BIN_EXE_cagekeeper"), &binary).map(drop))
        .unwrap();
    give_away(studio.path());
    let (uid, gid) = (format!("--reuid={STRANGER}"), format!("--regid={STRANGER}"));
    let words = [&uid, &gid, "--clear-groups", "--bounding-set=-all", "--inh-caps=-all", "--no-new-privs"];
    let mut run = setpriv(&words);
    run.arg(&binary).arg("--config").arg(&studio.config).arg("run");
    let daemon = started(&studio, run);
    // Under sudo this is sudo's own process; the program below it has the lock.
    let pid = holder_of(&studio.path().join("ledger.db.lock")).unwrap_or(daemon.0.id());
    for name in ["CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb"] {
        assert_eq!(status_of(pid, name), "0000000000000000", "{name}");
    }
    assert_eq!(status_of(pid, "NoNewPrivs"), "1");
    let scanned = studio.verb(&["scan", "cage", "CK:CANCEL", "--json"]);
    assert!(said(&scanned).contains("\"level\""), "{}", said(&scanned));
}

/// The process that has a file open.
fn holder_of(path: &Path) -> Option<u32> {
    let inode = path.metadata().ok()?.ino();
    let processes =
        std::fs::read_dir("/proc").ok()?.filter_map(|entry| entry.ok()?.file_name().to_str()?.parse().ok());
    processes.into_iter().find(|pid: &u32| {
        let Ok(held) = std::fs::read_dir(format!("/proc/{pid}/fd")) else { return false };
        held.flatten().any(|entry| entry.path().metadata().is_ok_and(|meta| meta.ino() == inode))
    })
}

/// Gives the folder and what the daemon needs in it to the stranger.
fn give_away(folder: &Path) {
    let mut command = setpriv(&["chown", &format!("{STRANGER}:{STRANGER}")]);
    command.args(["", "cagekeeper.toml", "things.csv"].map(|name| folder.join(name)));
    assert!(command.status().unwrap().success());
}
