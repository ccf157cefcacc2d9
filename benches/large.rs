//! x
#[path = "house/mod.rs"]
mod house;
#[allow(clippy::print_stdout)]
fn main() {
    let facts = std::env::args().find_map(|text| text.parse().ok()).unwrap_or(10_000_000);
    println!("{}", house::years::ledger(facts).display());
}
