use super::*;
use crate::domain::id::{ModelId, StockId};
use crate::domain::plan::Resource;

const NOW: UtcMs = UtcMs(1_000);
const FOR_EVER: UtcMs = UtcMs(i64::MAX);

fn model() -> Resource {
    Resource::Model(ModelId::parse("lav").unwrap())
}

fn booking(id: &str) -> BookingId {
    BookingId::parse(id).unwrap()
}

fn asset(id: &str) -> AssetId {
    AssetId::parse(id).unwrap()
}

fn claim(resource: Resource, id: &str, count: u32, (from, until): (i64, i64)) -> Claim {
    Claim {
        resource,
        count,
        booking: booking(id),
        title: id.to_owned(),
        production: None,
        people: Vec::new(),
        starts: UtcMs(from),
        ends: UtcMs(until),
        from: UtcMs(from),
        until: UtcMs(until),
        confirmed: true,
    }
}

fn pool(units: usize, claims: Vec<Claim>) -> Pool {
    let unit = |at: usize| Unit {
        asset: asset(&format!("lav-{at}")),
        name: format!("Lav {at}"),
        out_until: None,
        booking: None,
        claims: Vec::new(),
    };
    Pool { resource: model(), name: "Lav".into(), claims, units: (1..=units).map(unit).collect() }
}

fn leaves(pool: &Pool, unit: &str, until: i64, own: Option<&str>) -> Option<Short> {
    let own = own.map(booking);
    shortage(pool, Some(&asset(unit)), (NOW, UtcMs(until)), own.as_ref(), NOW)
}

#[test]
fn a_free_unit_may_go_while_enough_stay_for_the_others() {
    let two_later = vec![claim(model(), "unit-b", 2, (5_000, 9_000))];
    assert_eq!(leaves(&pool(3, two_later.clone()), "lav-1", 20_000, None), None);
    let pool = pool(2, two_later);
    let short = leaves(&pool, "lav-1", 20_000, None).unwrap();
    assert_eq!((short.at, short.promised, short.left), (UtcMs(5_000), 2, 1));
    assert_eq!(short.first.booking, booking("unit-b"));
    assert_eq!(leaves(&pool, "lav-1", 5_000, None), None, "back when the other begins");
    assert_eq!(leaves(&pool, "lav-1", 20_000, Some("unit-b")), None, "it is for that very booking");
}

#[test]
fn what_a_booking_has_out_is_no_longer_owed_to_it_and_not_there_for_another() {
    let mut pool = pool(3, vec![claim(model(), "unit-b", 2, (500, 9_000))]);
    let first = pool.units.first_mut().unwrap();
    (first.out_until, first.booking) = (Some(UtcMs(8_000)), Some(booking("unit-b")));
    assert_eq!(leaves(&pool, "lav-2", 20_000, None), None, "one is owed, one is left");
    let third = pool.units.get_mut(2).unwrap();
    third.out_until = Some(UtcMs(30_000));
    let short = leaves(&pool, "lav-2", 20_000, None).unwrap();
    assert_eq!((short.at, short.promised, short.left), (NOW, 1, 0));
    let named = claim(Resource::Asset(asset("lav-1")), "unit-b", 1, (500, 9_000));
    pool.units.first_mut().unwrap().claims.push(named);
    let short = leaves(&pool, "lav-2", 20_000, None).unwrap();
    assert_eq!(short.promised, 2, "what it names one by one is extra");
}

#[test]
fn what_is_overdue_is_away_at_the_door_and_back_in_the_plan() {
    let mut pool = pool(2, vec![claim(model(), "unit-b", 1, (5_000, 9_000))]);
    pool.units.get_mut(1).unwrap().out_until = Some(UtcMs(900));
    assert_eq!(leaves(&pool, "lav-1", 20_000, None).unwrap().left, 0);
    let span = (UtcMs(5_000), UtcMs(6_000));
    assert_eq!(too_few(&pool, 1, &[], span, None, NOW), None);
    pool.units.get_mut(1).unwrap().out_until = Some(FOR_EVER);
    assert_eq!(too_few(&pool, 1, &[], span, None, NOW).unwrap().left, 0);
}

#[test]
fn a_unit_that_is_named_by_another_booking_is_not_in_the_count() {
    let mut pool = pool(2, vec![claim(model(), "unit-b", 1, (5_000, 9_000))]);
    let named = claim(Resource::Asset(asset("lav-2")), "stills", 1, (6_000, 7_000));
    pool.units.get_mut(1).unwrap().claims.push(named);
    let short = leaves(&pool, "lav-1", 20_000, None).unwrap();
    assert_eq!((short.at, short.left), (UtcMs(6_000), 0));
    assert_eq!(
        leaves(&pool, "lav-2", 20_000, None),
        None,
        "for lav-2 that booking is the objection, not the count"
    );
    let few = too_few(&pool, 1, &[], (UtcMs(5_500), UtcMs(20_000)), None, NOW).unwrap();
    assert_eq!((few.at, few.left, few.of), (UtcMs(6_000), 0, 2));
    assert_eq!(few.promised_to, ["unit-b", "stills"]);
    let named = asset("lav-1");
    assert!(too_few(&pool, 0, &[&named], (UtcMs(5_500), UtcMs(5_600)), None, NOW).is_none());
    assert!(too_few(&pool, 0, &[&named], (UtcMs(5_500), UtcMs(6_600)), None, NOW).is_some());
}

#[test]
fn every_moment_of_the_span_is_counted() {
    let claims = vec![
        claim(model(), "a", 1, (2_000, 4_000)),
        claim(model(), "b", 1, (4_000, 6_000)),
        claim(model(), "c", 1, (5_000, 7_000)),
    ];
    let wanted = |wanted, from, until| {
        too_few(&pool(3, claims.clone()), wanted, &[], (UtcMs(from), UtcMs(until)), None, NOW)
    };
    assert_eq!(wanted(2, 1_500, 5_000), None);
    assert_eq!(wanted(2, 1_500, 5_001).unwrap().at, UtcMs(5_000));
    assert_eq!(wanted(2, 6_000, 9_000), None);
    assert_eq!(wanted(3, 6_999, 9_000).unwrap().at, UtcMs(6_999));
    assert_eq!(wanted(3, 7_000, 9_000), None);
    assert_eq!(wanted(4, 7_000, 9_000).unwrap().left, 3);
}

#[test]
fn pieces_that_are_lent_come_back_and_those_that_are_consumed_do_not() {
    let stock = || Resource::Stock(StockId::parse("tape").unwrap());
    let pool = Pool {
        resource: stock(),
        name: "Tape".into(),
        claims: vec![claim(stock(), "a", 6, (2_000, 4_000)), claim(stock(), "b", 3, (8_000, 9_000))],
        units: Vec::new(),
    };
    let lot = Lot { count: 2, booking: Some(booking("a")), until: UtcMs(4_000) };
    let mut shelf = Shelf { count: 10, use_: StockUse::Lent, lots: vec![lot] };
    let few = |shelf: &Shelf, wanted, from, until| {
        stock_too_few(&pool, shelf, wanted, (UtcMs(from), UtcMs(until)), None, NOW)
            .map(|few| (few.at.0, few.left))
    };
    assert_eq!(few(&shelf, 4, 1_500, 8_000), None, "two of the six are out already");
    assert_eq!(few(&shelf, 5, 1_500, 8_000), Some((2_000, 4)));
    assert_eq!(few(&shelf, 7, 4_000, 9_000), None);
    shelf.use_ = StockUse::Consumed;
    assert_eq!(few(&shelf, 3, 4_000, 4_500), None, "four and three are promised");
    assert_eq!(few(&shelf, 4, 4_000, 4_500), Some((8_000, 3)));
    let short = stock_shortage(&pool, &shelf, 4, (NOW, UtcMs(1_500)), None, NOW).unwrap();
    assert_eq!((short.promised, short.left, short.first.booking), (7, 6, booking("a")));
}
