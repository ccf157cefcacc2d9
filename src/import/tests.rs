//! Files as people bring them, and what is said of each that is wrong.

use chrono_tz::Tz;

use super::*;

mod against_ledger;

const ZONE: Tz = Tz::Europe__London;

/// The messages of a wrong file.
fn said<T: fmt::Debug>(result: Result<Vec<T>, Vec<RowError>>) -> Vec<String> {
    result.expect_err("the file is wrong").iter().map(ToString::to_string).collect()
}

fn ids(text: &str) -> Vec<(u64, String)> {
    let rows = kits("kits.csv", text.as_bytes()).unwrap_or_else(|errors| panic!("{errors:?}"));
    rows.into_iter().map(|row| (row.line, row.id.as_str().to_owned())).collect()
}

fn kit_messages(text: &str) -> Vec<String> {
    said(kits("kits.csv", text.as_bytes()))
}

fn a_and_b() -> Vec<(u64, String)> {
    vec![(2, "a".to_owned()), (3, "b".to_owned())]
}

#[test]
fn line_ends_byte_order_mark_and_separator_do_not_matter() {
    for text in [
        "id,name\na,A\nb,B\n",
        "id,name\r\na,A\r\nb,B\r\n",
        "id,name\ra,A\rb,B",
        "id,name\na,A\r\nb,B\r",
        "\u{feff}id,name\r\na,A\r\nb,B",
        "id;name\na;A\nb;B\n",
        "id\tname\na\tA\nb\tB\n",
        "name,id\nA,a\nB,b\n",
        " ID , Name \n a , A \n b , B \n",
        "\"id\",\"name\"\n\"a\",\"A\"\n\"b\",\"B, with comma\"\n",
        "id,name,tags\na,A,x;y\nb,B,z;\n",
        "id;name;tags\na;A;\"x;y\"\nb;B;\n",
    ] {
        assert_eq!(ids(text), a_and_b(), "{text:?}");
    }
}

#[test]
fn a_row_is_named_by_the_line_on_which_it_begins() {
    for line_end in ["\n", "\r\n", "\r"] {
        let text = "\n\nid,name\n\na,\"A\nof two lines\"\n,\n\n\nb,\"\"\"B\"\"\"\n\n".replace('\n', line_end);
        assert_eq!(ids(&text), [(5, "a".to_owned()), (10, "b".to_owned())], "{text:?}");
    }
    let rows = kits("kits.csv", b"id,name\na,\"A\r\n of two lines\"\nb,27\" monitor\n").unwrap();
    assert_eq!(rows[0].name, "A of two lines");
    assert_eq!(rows[1].name, "27\" monitor");
}

#[test]
fn a_file_without_rows_is_right_and_one_without_a_header_is_not() {
    assert_eq!(ids("id,name\n"), []);
    for text in ["", "\n\r\n", ",,\n", "\u{feff}"] {
        assert_eq!(
            kit_messages(text),
            ["kits.csv:1: found nothing, expected a header such as id,name"],
            "{text:?}"
        );
    }
}

#[test]
fn bytes_that_are_no_utf8_are_named_with_their_line() {
    assert_eq!(
        said(kits("kits.csv", b"id,name\r\na,A\r\nb,Stra\xdfe\r\n")),
        ["kits.csv:3: found the byte DF, which is no UTF-8, expected a file saved as UTF-8 \
          (a spreadsheet calls it \"CSV UTF-8\")"]
    );
    assert!(said(kits("kits.csv", b"\xff\xfei\0d\0"))[0].starts_with("kits.csv:1: found the byte FF"));
    assert!(said(kits("kits.csv", b"id,name\na,\0"))[0].starts_with("kits.csv:2: found a zero byte"));
}

#[test]
fn a_quote_that_is_never_closed_is_named_where_it_opens() {
    assert_eq!(
        kit_messages("id,name\na,A\nb,\"B\nc,C\n"),
        ["kits.csv:3: found a double quote that opens a cell, expected a second one that closes it"]
    );
}

#[test]
fn columns_that_are_unknown_double_nameless_or_absent_are_named() {
    assert_eq!(
        kit_messages("id,nmae,colour,ID,\na,A,red,x,\n"),
        [
            "kits.csv:1: found the unknown column \"nmae\", expected one of id, name, tags, within; did you mean \"name\"?",
            "kits.csv:1: found the unknown column \"colour\", expected one of id, name, tags, within",
            "kits.csv:1: column ID: found the column a second time, expected each column once",
            "kits.csv:1: found a column without a name, expected one of id, name, tags, within",
            "kits.csv:1: column name: found no such column, expected it in the header: id, name are required",
        ]
    );
}

#[test]
fn rows_of_another_width_are_named() {
    let tail = "as in the header on line 1 (a cell that contains the separator goes into double quotes)";
    assert_eq!(
        kit_messages("id,name\na\nb,B\nc,C, the third\n"),
        [
            format!("kits.csv:2: found 1 cell, expected 2 {tail}"),
            format!("kits.csv:4: found 3 cells, expected 2 {tail}")
        ]
    );
}

#[test]
fn an_id_or_tag_that_stands_twice_is_named_with_both_lines() {
    assert_eq!(
        kit_messages("id,name,tags\na,A,T1;T2\nb,B,T2\na,C,T3;T3\n"),
        [
            "kits.csv:3: column tags: found \"T2\", expected each tag once: line 2 has it already",
            "kits.csv:4: column id: found \"a\", expected each id once: line 2 has it already",
            "kits.csv:4: column tags: found \"T3\", expected each tag once: this row has it already",
        ]
    );
    assert_eq!(
        said(assets("assets.csv", b"id,name,tags\ncam-1,Camera,\ncam-2,Camera,cam-1\n", ZONE)),
        ["assets.csv:3: column tags: found \"cam-1\", expected each tag once: line 2 has it already"]
    );
}

#[test]
fn all_that_is_wrong_is_said_at_once() {
    let long = "x".repeat(501);
    assert_eq!(
        kit_messages(&format!("id,name,tags\nKit A,,PR:x\n,B,{long}\n")),
        [
            "kits.csv:2: column id: found \"Kit A\", expected an id: 1 to 63 of a-z, 0-9 and -, beginning with a \
             letter or digit; for example \"kit-a\""
                .to_owned(),
            "kits.csv:2: column name: found \"\", expected a text that is not empty".to_owned(),
            "kits.csv:2: column tags: found \"PR:x\", expected a tag that does not begin with CK: PR: BK: RM: \
             (printed codes of cagekeeper itself)"
                .to_owned(),
            "kits.csv:3: column id: found \"\", expected 1 to 63 of a-z, 0-9 and -, beginning with a letter or digit"
                .to_owned(),
            format!(
                "kits.csv:3: column tags: found \"{}…\", expected a tag of at most 500 characters, \
                 without control characters",
                "x".repeat(60)
            ),
        ]
    );
}

#[test]
fn an_asset_is_read_whole() {
    let text = "id,name,tags,model,category,serial,home,kit,day_rate,week_rate,replacement_value\n\
                cam-1,FX6 body,00123;04A1B2,fx6,camera,SN 7,studio-a,cam-kit,120.50,480,6000\n\
                cable-9,XLR 5 m,,,,,,,,,\n";
    let rows = assets("assets.csv", text.as_bytes(), ZONE).unwrap();
    assert_eq!(
        rows[0],
        AssetRow {
            line: 2,
            id: crate::domain::id::AssetId::parse("cam-1").unwrap(),
            name: "FX6 body".to_owned(),
            tags: vec!["00123".to_owned(), "04A1B2".to_owned()],
            model: Some(crate::domain::id::ModelId::parse("fx6").unwrap()),
            category: Some("camera".to_owned()),
            serial: Some("SN 7".to_owned()),
            home: Some(crate::domain::id::RoomId::parse("studio-a").unwrap()),
            kit: Some(crate::domain::id::KitId::parse("cam-kit").unwrap()),
            day_rate_cents: Some(12050),
            week_rate_cents: Some(48000),
            replacement_value_cents: Some(600_000),
            loan: crate::domain::fact::Loan::Free,
            restricted_to: Vec::new(),
            certificate: None,
            inspect_every_days: None,
            inspection_due: None,
            owner: None,
            owner_due: None,
            retired: false,
        }
    );
    assert_eq!((rows[1].tags.len(), rows[1].day_rate_cents, rows[1].model.clone()), (0, None, None));
}

#[test]
fn amounts_with_signs_are_refused() {
    for amount in ["-120.50", "+5", "€120", "120 GBP", "\"1,200.00\"", "\"120,50\""] {
        let messages =
            said(assets("assets.csv", format!("id,name,day_rate\na,A,{amount}\n").as_bytes(), ZONE));
        let found = amount.trim_matches('"');
        assert_eq!(
            messages,
            [format!(
                "assets.csv:2: column day_rate: found \"{found}\", expected an amount: plain decimals such as \
                 120.50, without sign, currency or separator between thousands"
            )]
        );
    }
}

#[test]
fn a_person_is_read_whole() {
    let text = "id,name,badges,role,email,phone,active_until\n\
                ada,Ada Lovelace,0D00319CD0; B-7,attendant,ada@example.org,+44 20 1,2026-12-31\nbob,Bob,,,,,\n";
    let rows = people("people.csv", text.as_bytes(), ZONE).unwrap();
    assert_eq!(rows[0].badges, ["0D00319CD0", "B-7"]);
    assert_eq!((rows[0].role, rows[0].phone.as_deref()), ("attendant", Some("+44 20 1")));
    assert_eq!(rows[0].active_until.unwrap().to_string(), "2027-01-01T00:00:00.000Z");
    assert_eq!((rows[1].role, rows[1].active_until, rows[1].line), ("crew", None, 3));
}

#[test]
fn roles_dates_and_badges_that_are_wrong_are_named() {
    let text =
        "id,name,badges,role,active_until\nada,Ada,CK:DONE,atendant,tomorow\nbob,Bob,B1,king,\ncy,Cy,B1,,\n";
    let roles = "one of crew, attendant, production-manager, studio-manager, admin";
    assert_eq!(
        said(people("people.csv", text.as_bytes(), ZONE)),
        [
            "people.csv:2: column badges: found \"CK:DONE\", expected a badge that does not begin with \
             CK: PR: BK: RM: (printed codes of cagekeeper itself)"
                .to_owned(),
            format!(
                "people.csv:2: column role: found \"atendant\", expected {roles}; did you mean \"attendant\"?"
            ),
            "people.csv:2: column active_until: found \"tomorow\", expected a date (2026-12-31), a time \
             (2026-12-31 14:00) or a time with its offset (2026-12-31T14:00:00+01:00)"
                .to_owned(),
            format!("people.csv:3: column role: found \"king\", expected {roles}"),
            "people.csv:4: column badges: found \"B1\", expected each badge once: line 3 has it already"
                .to_owned(),
        ]
    );
}

#[test]
fn a_room_has_a_rate() {
    let rows = rooms("rooms.csv", b"id,name,hour_rate\nstudio-a,Studio A,75\n").unwrap();
    assert_eq!((rows[0].hour_rate_cents, rows[0].line), (Some(7500), 2));
    assert_eq!(said(rooms("rooms.csv", b"id,name,tags\na,A,RM:a\n")).len(), 1);
}

#[test]
fn a_production_has_a_title_a_span_and_a_stage() {
    let text = "id,title,client,stage,starts,ends,budget,crew\n\
                film,The Film,ACME,wrap,2026-11-01,2026-11-30,25000,ada;bob\nad,The Ad,,,2026-07-01,2026-07-01,,\n";
    let rows = productions("p.csv", text.as_bytes(), ZONE).unwrap();
    assert_eq!((rows[0].stage, rows[0].budget_cents, rows[0].crew.len()), ("wrap", Some(2_500_000), 2));
    assert_eq!(rows[0].ends.to_string(), "2026-12-01T00:00:00.000Z");
    assert_eq!(rows[1].stage, "production");
    assert_eq!(rows[1].ends.since(rows[1].starts), 24 * 3_600_000, "one day, in summer");

    let text = "id,title,stage,starts,ends\nx,,shooting,,2026-11-30\n";
    let messages = said(productions("p.csv", text.as_bytes(), ZONE));
    let columns: Vec<&str> =
        messages.iter().filter_map(|message| message.split("column ").nth(1)?.split(':').next()).collect();
    assert_eq!(columns, ["title", "stage", "starts"]);
}

#[test]
fn a_booking_is_read_whole() {
    let text = "id,production,client,person,rooms,assets,models,stock,crew,starts,ends,status\n\
                b1,film,,ada,studio-a;studio-b,cam-1,lav:3;boom,aa:24,ada;bob,2026-11-23 09:00,2026-11-23 18:00,hold\n\
                b2,,ACME,,,,,,,2026-11-23T09:00:00+01:00,2026-11-24,\n";
    let rows = bookings("b.csv", text.as_bytes(), ZONE).unwrap();
    assert_eq!(rows[0].models, [("lav".to_owned(), 3), ("boom".to_owned(), 1)]);
    assert_eq!(rows[0].stock, [("aa".to_owned(), 24)]);
    assert_eq!((rows[0].rooms.len(), rows[0].assets.len(), rows[0].crew.len()), (2, 1, 2));
    assert_eq!((rows[0].status, rows[1].status), ("hold", "confirmed"));
    assert_eq!(rows[1].starts.to_string(), "2026-11-23T08:00:00.000Z");
    assert_eq!(rows[1].client.as_deref(), Some("ACME"));
}

#[test]
fn bookings_that_cannot_be_are_named() {
    let text = "id,models,crew,starts,ends,status\n\
                b1,lav:0,ada;ada,2026-11-23 18:00,2026-11-23 09:00,maybe\n\
                b2,lav:2;lav:1,,2026-03-29 01:30,2026-03-29 05:00,\n";
    assert_eq!(
        said(bookings("b.csv", text.as_bytes(), ZONE)),
        [
            "b.csv:2: column models: found \"lav:0\", expected a number from 1 to 9999 after the colon, such as lav:3",
            "b.csv:2: column crew: found \"ada\", expected each of this cell once",
            "b.csv:2: column ends: found \"2026-11-23 09:00\", expected a time after starts (2026-11-23 18:00)",
            "b.csv:2: column status: found \"maybe\", expected one of hold, confirmed",
            "b.csv:3: column models: found \"lav:1\", expected each of this cell once, with the number of all of them",
            "b.csv:3: column starts: found \"2026-03-29 01:30\", expected a time that exists: the clocks of \
             Europe/London are put forward over this one",
        ]
    );
}

proptest::proptest! {
    #[test]
    fn no_bytes_make_it_panic_and_every_error_has_a_line_of_the_file(
        bytes in proptest::collection::vec(proptest::prelude::any::<u8>(), 0..400),
    ) {
        let mut file = b"id,name,starts,ends,models\n".to_vec();
        file.extend(&bytes);
        let lines = 1 + file.iter().filter(|b| **b == b'\n' || **b == b'\r').count() as u64;
        for error in bookings("b.csv", &file, ZONE).err().into_iter().flatten() {
            proptest::prop_assert!((1..=lines).contains(&error.line), "{error}");
        }
        let _ = kits("k.csv", &bytes);
    }

    #[test]
    fn any_text_put_in_quotes_is_one_cell(name in "[a-z \",;\t\r\n']{0,40}", separator in "[,;\t]") {
        let text = format!("id{separator}name{separator}tags\nx{separator}\"a{}\"{separator}\n", name.replace('"', "\"\""));
        let rows = kits("k.csv", text.as_bytes()).unwrap();
        let expected: String = format!("a{name}").split_whitespace().collect::<Vec<_>>().join(" ");
        proptest::prop_assert_eq!(rows[0].name.split_whitespace().collect::<Vec<_>>().join(" "), expected);
    }
}
