//! What is done by hand: everything that a scan can do, with names completed and dates as people write them.

use super::*;

impl Studio {
    /// Runs a verb that must do what it says, and gives what it printed.
    fn does(&self, words: &[&str]) -> String {
        let said = self.run(words);
        assert_eq!(said.exit, 0, "{words:?}: {}{}", said.out, said.err);
        said.out
    }

    /// Runs a verb that must not be done: its exit code and everything it printed.
    fn fails(&self, words: &[&str]) -> (i32, String) {
        let said = self.run(words);
        assert_ne!(said.exit, 0, "{words:?}: {}", said.out);
        (said.exit, format!("{}{}", said.out, said.err))
    }

    /// A studio that was told everything by hand.
    fn by_hand() -> Self {
        let studio = Self::empty();
        for words in [
            ["room", "add", "studio-b", "--name", "Studio B", "--hour-rate", "80"].as_slice(),
            &["person", "add", "ada", "--name", "Ada Lovelace", "--badge", "B-1"],
            &[
                "person",
                "add",
                "bob",
                "--name",
                "Bob Noyce",
                "--role",
                "attendant",
                "--also",
                "studio-manager",
            ],
            &["asset", "add", "fx6-a", "--name", "Sony FX6 A", "--model", "sony-fx6", "--home", "studio b"],
            &["asset", "add", "fx6-b", "--name", "Sony FX6 B", "--model", "sony-fx6", "--day-rate", "120.50"],
            &["asset", "add", "lens-1", "--name", "Größe 35", "--model", "prime-35"],
            &["kit", "add", "lens-kit", "--name", "Lens kit"],
            &["kit", "put", "lens-kit", "lens-1"],
            &["stock", "add", "bat", "--name", "Batteries", "--count", "5", "--home", "studio-b"],
            &[
                "production",
                "add",
                "night-bus",
                "--title",
                "Night Bus",
                "--from",
                "2020-01-01",
                "--to",
                "2099-12-30",
            ],
            &["production", "stage", "night-bus", "production"],
            &["learn", "C-1", "fx6-a"],
        ] {
            studio.does(words);
        }
        studio
    }

    fn facts(&self) -> Value {
        self.counts()["head_seq"].clone()
    }
}

#[test]
fn gear_goes_out_and_comes_back_by_names_that_are_completed() {
    let studio = Studio::by_hand();
    let out = studio.does(&["checkout", "fx6 a", "--to", "ada love", "--until", "+2d", "--json"]);
    let out: Value = serde_json::from_str(&out).unwrap();
    assert_eq!(
        (&out["level"], &out["code"], &out["station"], &out["asset"]),
        (&json!("done"), &json!("checked-out"), &json!("control"), &json!("fx6-a"))
    );
    let (exit, asked) = studio.fails(&["checkout", "C-1", "--to", "bob"]);
    assert!(exit == 1 && asked.starts_with("ask      It is out to"), "{asked}");
    studio.does(&["hand-over", "C-1", "bob"]);
    studio.does(&["extend", "C-1", "--until", "+5d"]);
    studio.does(&["recall", "C-1", "--by", "tomorrow 14:00", "--for", "night"]);
    let state = studio.run(&["where", "C-1", "--json"]).json();
    assert_eq!((&state["person_handle"], &state["recalled_for"]), (&json!("bob"), &json!("night-bus")));
    studio.does(&["recall", "C-1", "--withdraw"]);
    let back = studio.run(&["return", "Sony FX6 A", "--by", "bob", "--json"]).json();
    assert_eq!(back["code"], json!("returned"));
    let undone = studio.run(&["undo", back["scan"].as_str().unwrap(), "--json"]).json();
    assert_eq!(undone["code"], json!("undone"), "{undone}");
    assert_eq!(studio.run(&["where", "C-1", "--json"]).json()["state"], json!("out"));
    assert_eq!(studio.fails(&["hand-over", "fx6-b", "bob"]).0, 1, "it is not out");
}

#[test]
fn a_name_that_may_be_several_names_them_and_one_that_is_nothing_names_the_nearest() {
    let studio = Studio::by_hand();
    let before = studio.facts();
    let (exit, several) = studio.fails(&["checkout", "sony", "--to", "ada"]);
    assert_eq!(exit, 2);
    assert_eq!(
        several,
        "\"sony\" may be asset/fx6-a (Sony FX6 A), asset/fx6-b (Sony FX6 B): say more of it, or an id\n"
    );
    let (exit, none) = studio.fails(&["checkout", "fx6-a", "--to", "adda"]);
    assert_eq!((exit, none.as_str()), (1, "No person is known as \"adda\". Did you mean \"ada\"?\n"));
    assert!(studio.does(&["where", "GRÖ"]).starts_with("Größe 35 (asset/lens-1)"));
    assert_eq!(studio.fails(&["where", "sony"]).0, 2);
    let (exit, when) = studio.fails(&["checkout", "fx6-a", "--to", "ada", "--until", "soonish"]);
    assert!(exit == 2 && when.contains("soonish"), "{when}");
    assert_eq!(studio.facts(), before, "nothing half done");
}

#[test]
fn a_printed_name_is_scanned_as_its_thing() {
    let studio = Studio::by_hand();
    studio.scan("B-1");
    assert_eq!(studio.scan("sony fx6 a")["asset"], json!("fx6-a"));
    assert_eq!(studio.scan("Sony FX6")["code"], json!("unknown-code"), "a part of a name is no label");
}

#[test]
fn several_codes_are_tags_read_together() {
    let studio = Studio::by_hand();
    let said = studio.run(&["scan", "cage", "B-1"]);
    assert_eq!(said.exit, 0);
    let together = studio.run(&["scan", "cage", "lens-1", "C-1", "nobody-knows-it", "--json"]).json();
    assert!(together["code"].is_string() && together["code"] != json!("unknown-code"), "{together}");
}

#[test]
fn the_state_of_a_thing_is_noted_and_keeps_it_in() {
    let studio = Studio::by_hand();
    studio.does(&["condition", "fx6-a", "damaged", "--note", "lens mount is loose"]);
    let jobs = studio.run(&["maintenance", "list", "--json"]).json();
    assert_eq!(
        (&jobs[0]["thing"], &jobs[0]["blocks"], &jobs[0]["note"]),
        (&json!("asset/fx6-a"), &json!(true), &json!("lens mount is loose"))
    );
    let shown = studio.does(&["where", "fx6-a"]);
    assert!(shown.contains("damaged since") && shown.contains("stays in"), "{shown}");
    assert_eq!(studio.fails(&["checkout", "fx6-a", "--to", "ada"]).0, 1);
    studio.does(&["maintenance", "close", "fx6-a"]);
    studio.does(&["condition", "fx6-a", "ok"]);
    assert_eq!(studio.run(&["maintenance", "list", "--json"]).json(), json!([]));
    studio.does(&["maintenance", "open", "fx6-b", "--note", "firmware"]);
    studio.does(&["maintenance", "inspect", "fx6-b", "--next", "2099-01-01"]);
    studio.does(&["checkout", "fx6-a", "--to", "ada"]);
    let (exit, wrong) = studio.fails(&["condition", "fx6-a", "brokn"]);
    assert!(exit == 2 && wrong.contains("part-missing"), "{wrong}");
    studio.does(&["asset", "lost", "fx6-b"]);
    assert!(studio.does(&["where", "fx6-b"]).contains("given up as lost"));
    studio.does(&["asset", "retire", "fx6-b"]);
    assert_eq!(studio.fails(&["checkout", "fx6-b", "--to", "ada"]).0, 1);
    studio.does(&["asset", "reinstate", "fx6-b"]);
}

#[test]
fn of_stock_both_numbers_are_always_shown() {
    let studio = Studio::by_hand();
    studio.does(&["checkout", "batt", "--to", "ada", "--count", "5"]);
    assert!(
        studio
            .does(&["where", "bat"])
            .starts_with("Batteries (stock/bat): 5 pieces, 0 available, in studio-b\n")
    );
    let out = studio.run(&["out", "--json"]).json();
    assert_eq!(
        (&out[0]["stock"], &out[0]["count"], &out[0]["person_handle"]),
        (&json!("bat"), &json!(5), &json!("ada"))
    );
    studio.does(&["return", "bat", "--by", "ada", "--count", "2"]);
    studio.does(&["stock", "count", "bat", "6"]);
    studio.does(&["stock", "set", "bat", "--name", "V-mount batteries"]);
    let stock = studio.run(&["stock", "list", "--json"]).json();
    assert_eq!((&stock[0]["count"], &stock[0]["available"]), (&json!(6), &json!(3)), "{stock}");
    let (exit, wrong) = studio.fails(&["checkout", "fx6-a", "--to", "ada", "--count", "2"]);
    assert!(exit == 2 && wrong.contains("--count is for stocks"), "{wrong}");
}

#[test]
fn a_kit_knows_its_members_and_never_travels_in_itself() {
    let studio = Studio::by_hand();
    studio.does(&["kit", "add", "inner", "--name", "Inner case", "--within", "lens kit"]);
    let before = studio.facts();
    let (exit, cycle) = studio.fails(&["kit", "set", "lens-kit", "--within", "inner"]);
    assert_eq!(
        (exit, cycle.as_str()),
        (2, "lens-kit cannot travel in inner: inner travels in lens-kit itself\n")
    );
    assert_eq!(studio.fails(&["kit", "set", "lens-kit", "--within", "lens-kit"]).0, 2);
    assert_eq!(studio.facts(), before);
    studio.does(&["checkout", "lens-kit", "--to", "ada"]);
    let shown = studio.run(&["kit", "show", "lens-kit", "--json"]).json();
    assert_eq!(shown["members"], json!([{"asset": "lens-1", "name": "Größe 35", "state": "out"}]));
    studio.does(&["return", "lens-kit"]);
    studio.does(&["kit", "take-out", "lens-1"]);
    assert_eq!(studio.fails(&["kit", "take-out", "lens-1"]).0, 1);
    assert_eq!(studio.run(&["kit", "list", "--json"]).json()[1]["members"], json!(0));
}

#[test]
fn people_come_are_held_back_and_go() {
    let studio = Studio::by_hand();
    let (exit, taken) = studio.fails(&["person", "add", "eve", "--name", "Eve", "--badge", "B-1"]);
    assert_eq!((exit, taken.contains("B-1 is on person/ada already")), (2, true), "{taken}");
    let (exit, card) = studio.fails(&["person", "add", "eve", "--name", "Eve", "--badge", "CK:DONE"]);
    assert!(exit == 2 && card.contains("a printed code of cagekeeper itself"), "{card}");
    assert_eq!(studio.fails(&["person", "add", "ada", "--name", "Other"]).0, 1);
    studio.does(&["person", "add", "eve", "--name", "Ева Ω", "--until", "2099-01-01"]);
    studio.does(&["person", "set", "ева", "--badge", "B-9", "--email", "eve@example.org"]);
    assert_eq!(studio.scan("B-9")["person_handle"], json!("eve"));
    studio.does(&["person", "suspend", "eve", "--until", "+2d"]);
    assert!(studio.does(&["person", "show", "eve"]).contains("suspended until"));
    assert_eq!(studio.fails(&["checkout", "fx6-b", "--to", "eve"]).0, 1);
    studio.does(&["person", "unsuspend", "eve"]);
    studio.does(&["person", "certify", "eve", "drone"]);
    let shown = studio.run(&["person", "show", "eve", "--json"]).json();
    assert_eq!(
        (&shown["certificates"], &shown["email"], &shown["person_name"]),
        (&json!(["drone"]), &json!("eve@example.org"), &json!("Ева Ω"))
    );
    assert!(studio.does(&["person", "retire", "eve"]).starts_with("done     Recorded: Ева Ω (person/p-"));
    assert_eq!(studio.run(&["person", "list", "--json"]).json().as_array().unwrap().len(), 3);
    let bob = studio.run(&["person", "show", "bob", "--json"]).json();
    assert_eq!(bob["also"], json!(["studio-manager"]));
}

#[test]
fn productions_have_crew_gear_and_a_budget() {
    let studio = Studio::by_hand();
    studio.does(&["production", "crew", "night", "add", "ada", "--as", "gaffer"]);
    studio.does(&[
        "production",
        "gear",
        "night",
        "add",
        "--model",
        "sony:2",
        "--stock",
        "bat:3",
        "--kit",
        "lens",
    ]);
    studio.does(&["production", "gear", "night", "remove", "--model", "sony-fx6:1"]);
    studio.does(&["production", "budget", "night", "1234.50"]);
    let shown = studio.run(&["production", "show", "night", "--json"]).json();
    assert_eq!((&shown["budget_cents"], &shown["stage"]), (&json!(123_450), &json!("production")));
    assert_eq!(
        shown["gear"],
        json!({"kits": ["lens-kit"], "models": [{"of": "sony-fx6", "count": 1}], "stock": [{"of": "bat", "count": 3}]})
    );
    assert!(studio.does(&["production", "list"]).contains("1234.50 EUR"));
    let (exit, model) = studio.fails(&["production", "gear", "night", "add", "--model", "sony-fx9:1"]);
    assert!(
        exit == 1 && model.contains("No asset is of a model \"sony-fx9\". Did you mean \"sony-fx6\"?"),
        "{model}"
    );
    let (exit, stage) = studio.fails(&["production", "stage", "night", "prodution"]);
    assert!(exit == 2 && stage.contains("post-production"), "{stage}");
    assert_eq!(studio.fails(&["production", "budget", "night", "-5"]).0, 2);
    assert_eq!(studio.fails(&["production", "crew", "night", "remove", "bob"]).0, 1);
    studio.does(&["production", "set", "night", "--client", "", "--title", "Nachtbus"]);
    assert!(studio.does(&["production", "show", "nachtbus"]).starts_with("Nachtbus (production/night-bus)"));
}

#[test]
fn bookings_are_made_moved_and_cancelled() {
    let studio = Studio::by_hand();
    let add = [
        "booking",
        "add",
        "bk-1",
        "--for",
        "night",
        "--from",
        "2031-03-03 09:00",
        "--to",
        "2031-03-03 18:00",
    ];
    let what = [
        "--room",
        "studio b",
        "--asset",
        "fx6 a",
        "--stock",
        "bat:3",
        "--person",
        "ada",
        "--prepare",
        "30min",
    ];
    studio.does(&[&add[..], &what[..]].concat());
    let (exit, no) = studio.fails(&[
        "booking",
        "add",
        "bk-2",
        "--title",
        "Other",
        "--room",
        "studio-b",
        "--from",
        "2031-03-03 17:00",
        "--to",
        "2031-03-03 20:00",
    ]);
    assert!(exit == 1 && no.contains("Studio B is promised"), "{no}");
    let again = studio.fails(&[&add[..], &["--json"]].concat());
    assert!(again.0 == 1 && again.1.contains("There is a booking bk-1 already"), "{}", again.1);
    studio.does(&["booking", "move", "bk-1", "--from", "2031-03-04 10:00"]);
    let shown = studio.run(&["booking", "show", "bk-1", "--json"]).json();
    assert_eq!(
        (&shown["starts"], &shown["ends"], &shown["prepare_ms"]),
        (&json!("2031-03-04T10:00:00.000Z"), &json!("2031-03-04T19:00:00.000Z"), &json!(1_800_000))
    );
    assert_eq!(shown["still_to_take"], json!(["asset/fx6-a", "3 x stock/bat"]));
    studio.does(&["booking", "set", "bk-1", "--room", "", "--crew", "bob"]);
    let listed = studio.run(&["booking", "list", "--person", "bob", "--json"]).json();
    assert_eq!((listed[0]["booking"].as_str(), &listed[0]["rooms"]), (Some("bk-1"), &Value::Null));
}

#[test]
fn a_booking_comes_again_at_the_same_time_on_the_wall() {
    let studio = Studio::by_hand();
    studio.does(&[
        "booking",
        "add",
        "yoga",
        "--title",
        "Yoga",
        "--hold",
        "--room",
        "studio-b",
        "--from",
        "2031-03-29 09:00",
        "--to",
        "2031-03-29 10:00",
        "--every",
        "week",
        "--times",
        "3",
    ]);
    let yoga = studio.run(&["booking", "list", "--room", "studio-b", "--json"]).json();
    let starts: Vec<&str> =
        yoga.as_array().unwrap().iter().map(|one| one["starts"].as_str().unwrap()).collect();
    assert_eq!(
        starts,
        ["2031-03-29T09:00:00.000Z", "2031-04-05T08:00:00.000Z", "2031-04-12T08:00:00.000Z"],
        "nine on the wall, also when the clocks have gone forward"
    );
    studio.does(&["booking", "confirm", "yoga"]);
    assert_eq!(studio.run(&["booking", "show", "yoga", "--json"]).json()["status"], json!("confirmed"));
    studio.does(&["booking", "cancel", "yoga", "--series"]);
    assert_eq!(studio.run(&["booking", "list", "--room", "studio-b"]).out, "Nothing is booked.\n");
    assert_eq!(studio.fails(&["booking", "show", "yoga"]).0, 1);
}

#[test]
fn a_booking_that_makes_no_sense_is_one_clear_sentence_and_nothing_half_done() {
    let studio = Studio::by_hand();
    let before = studio.facts();
    let add = |from: &str, to: &str, more: &[&str]| {
        let words = ["booking", "add", "bk-1", "--title", "X", "--from", from, "--to", to];
        studio.fails(&[&words[..], more].concat())
    };
    let (exit, said) = add("2031-03-04 10:00", "2031-03-03 10:00", &["--room", "studio-b"]);
    assert!(exit == 2 && said.starts_with("a booking ends after it begins"), "{said}");
    let (exit, said) = add("2031-03-30 01:30", "2031-03-30 12:00", &["--room", "studio-b"]);
    assert!(exit == 2 && said.contains("does not exist: on 30 Mar 2031 the clocks"), "{said}");
    let (exit, said) = add("2031-03-04", "2031-03-04", &["--every", "week"]);
    assert!(exit == 2 && said.contains("say --times N or --until WHEN"), "{said}");
    let (exit, said) = add("2031-03-04", "2031-03-04", &["--model", "arri:1"]);
    assert!(exit == 1 && said.contains("No asset is of a model \"arri\""), "{said}");
    let (exit, said) = add("2031-03-04", "2031-03-04", &["--model", "sony-fx6:none"]);
    assert!(exit == 2 && said.contains("expected one such as lav:3"), "{said}");
    let (exit, said) = add("2031-03-04", "2031-03-04", &["--room", "studio-b", "--prepare", "soon"]);
    assert!(exit == 2 && said.contains("expected one such as 30min"), "{said}");
    let (exit, said) = add("2031-03-04", "2031-03-04", &["--model", "sony-fx6:3"]);
    assert!(exit == 1 && said.contains("3 sony-fx6 wanted"), "{said}");
    assert_eq!(studio.fails(&["learn", "CK:DONE", "fx6-a"]).0, 2);
    assert_eq!(studio.fails(&["room", "add", "Studio C", "--name", "C"]).0, 2);
    assert_eq!(studio.fails(&["room", "add", "studio-c", "--name", " "]).0, 2);
    assert_eq!(studio.facts(), before);
}

#[test]
fn what_one_may_not_is_refused_and_what_one_may_not_see_is_left_out() {
    let studio = Studio::by_hand();
    let user = nix::unistd::User::from_uid(nix::unistd::geteuid()).unwrap().unwrap().name;
    studio.does(&["person", "add", "cyd", "--name", "Cyd", "--role", "crew"]);
    studio.does(&["production", "budget", "night", "500"]);
    studio.file("studio.toml", &format!("{CONFIG}[control.actors]\n{user} = \"cyd\"\n"));
    let before = studio.facts();
    for words in [
        ["checkout", "fx6-a", "--to", "ada"].as_slice(),
        &["person", "add", "eve", "--name", "Eve"],
        &["room", "add", "studio-c", "--name", "C"],
        &["import", "rooms", "studio.toml"],
    ] {
        let (exit, said) = studio.fails(words);
        assert!(exit == 1 && said.contains("Not allowed: "), "{words:?}: {said}");
    }
    assert_eq!(studio.facts(), before);
    let listed = studio.does(&["production", "list"]);
    assert!(!listed.contains("500.00"), "{listed}");
    assert!(
        listed
            .ends_with("Amounts are left out: they are for production-manager or studio-manager or admin.\n")
    );
    let people = studio.does(&["person", "list"]);
    assert!(!people.contains("Ada") && people.contains("Names of people are left out"), "{people}");
    studio.file("studio.toml", &format!("{CONFIG}[control.actors]\n{user} = \"nobody\"\n"));
    let (exit, said) = studio.fails(&["checkout", "fx6-a", "--to", "ada"]);
    assert!(exit == 1 && said.contains("is nobody, but nobody has that id"), "{said}");
}

#[test]
fn what_is_free_says_who_has_it_otherwise_and_what_is_free_instead() {
    let studio = Studio::by_hand();
    studio.does(&["room", "add", "studio-c", "--name", "Studio C"]);
    let span = ["--from", "2031-03-03 12:00", "--to", "2031-03-03 13:00"];
    let free = |what: &[&str]| studio.run(&[&["free"], what, &span, &["--json"]].concat());
    assert_eq!((free(&["studio b"]).exit, &free(&["studio b"]).json()["free"]), (0, &json!(true)));
    studio.does(&[
        "booking",
        "add",
        "bk-1",
        "--for",
        "night",
        "--room",
        "studio-b",
        "--model",
        "sony-fx6:1",
        "--from",
        "2031-03-03 09:00",
        "--to",
        "2031-03-03 18:00",
    ]);
    let taken = studio.run(&[&["free", "studio-b"][..], &span].concat());
    assert_eq!(taken.exit, 1);
    assert!(taken.out.starts_with("Studio B is promised to Night Bus from "), "{}", taken.out);
    assert_eq!(free(&["--rooms"]).json(), json!([{"room": "studio-c", "name": "Studio C"}]));
    assert_eq!(free(&["sony-fx6:1"]).exit, 0);
    let many = free(&["sony-fx6:2"]);
    assert_eq!((many.exit, &many.json()["free"], &many.json()["count"]), (1, &json!(false), &json!(2)));
    assert_eq!(free(&["bat:5"]).exit, 0);
    assert_eq!(free(&["bat:6"]).exit, 1);
    assert_eq!(free(&["nowhere"]).exit, 1);
    assert_eq!(studio.fails(&["free", "studio-b", "--from", "2031-03-03", "--to", "2031-03-02"]).0, 2);
    assert_eq!(studio.fails(&["free", "--from", "2031-03-03", "--to", "2031-03-04"]).0, 2);
}

#[test]
fn a_booking_that_was_cancelled_never_stands_for_another() {
    let studio = Studio::by_hand();
    let span = ["--from", "2031-03-03 09:00", "--to", "2031-03-03 10:00", "--every", "day", "--times", "2"];
    studio.does(&[&["booking", "add", "gig", "--title", "Gig", "--room", "studio-b"][..], &span].concat());
    studio.does(&["booking", "cancel", "gig"]);
    let (exit, no) = studio.fails(&["booking", "cancel", "gig"]);
    assert!(exit == 1 && no.contains("Booking gig is cancelled"), "{no}");
    assert_eq!(studio.run(&["booking", "show", "gig-2", "--json"]).json()["status"], json!("confirmed"));
    assert!(studio.does(&["booking", "cancel", "gig-"]).contains("gig-2"), "a beginning still names it");
}

#[test]
fn what_is_recalled_without_a_time_is_wanted_now() {
    let studio = Studio::by_hand();
    studio.does(&["checkout", "fx6-a", "--to", "ada"]);
    studio.does(&["recall", "fx6-a"]);
    assert!(studio.run(&["where", "fx6-a", "--json"]).json()["recalled_by"].is_string());
}

#[test]
fn what_was_given_up_as_lost_is_nowhere_shown_as_here() {
    let studio = Studio::by_hand();
    studio.does(&["asset", "lost", "lens-1"]);
    assert_eq!(studio.run(&["where", "lens-1", "--json"]).json()["state"], json!("missing"));
    let shown = studio.does(&["where", "lens-1"]);
    assert!(shown.starts_with("Größe 35 (asset/lens-1): missing"), "{shown}");
    let kit = studio.does(&["kit", "show", "lens-kit"]);
    assert!(kit.contains("0 of 1 here") && kit.contains("lost"), "{kit}");
}

#[test]
fn a_title_is_one_line_of_plain_text() {
    let studio = Studio::by_hand();
    let before = studio.facts();
    let span = ["--room", "studio-b", "--from", "2031-03-03 09:00", "--to", "2031-03-03 10:00"];
    for title in ["Two\nlines", "\u{1b}[31mred", "x".repeat(501).as_str()] {
        let (exit, no) = studio.fails(&[&["booking", "add", "gig", "--title", title][..], &span].concat());
        assert!(exit == 1 && no.contains("The title has") | no.contains("The title holds"), "{no}");
        let (_, no) = studio.fails(&["person", "add", "eve", "--name", title]);
        assert!(no.contains("what is said of eve") | no.contains("is no name"), "{no}");
        let (_, no) = studio.fails(&["maintenance", "open", "fx6-a", "--note", title]);
        assert!(no.contains("The note"), "{no}");
    }
    assert_eq!(studio.facts(), before);
}
