//! Slips: a heading, a table that goes over as many pages as it needs, and lines to sign on.

use super::font::Fonts;
use super::{Area, Ink, Page, mark};

const MARGIN_MM: f64 = 15.0;
const TITLE_MM: f64 = 6.5;
const TEXT_MM: f64 = 3.5;
const SMALL_MM: f64 = 2.8;
const ROW_MM: f64 = 7.0;
const LINE_MM: f64 = 5.2;
/// The box to be ticked in front of a row.
const BOX_MM: f64 = 3.6;
/// The square of the slip's own code.
const CODE_MM: f64 = 26.0;
/// The room that a signature takes.
const SIGNED_MM: f64 = 22.0;

/// What is on a slip.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Slip {
    /// What it is.
    pub title: String,
    /// What it says before the table, a line each.
    pub head: Vec<String>,
    /// What a scanner reads in its corner, such as the card of a booking.
    pub code: Option<String>,
    /// The heading of each column and its share of the width.
    pub columns: Vec<(String, u32)>,
    /// The rows, a cell for each column.
    pub rows: Vec<Row>,
    /// Who signs, a line each.
    pub signed: Vec<String>,
}

/// A row of a slip.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Row {
    /// A cell for each column.
    pub cells: Vec<String>,
    /// It belongs to the row above.
    pub indented: bool,
}

/// The pages of a slip on paper of that width and height; `None` where the program's fonts are damaged.
pub fn pages(slip: &Slip, paper: (f64, f64)) -> Option<Vec<Page>> {
    let fonts = Fonts::load()?;
    let mut press = Press { slip, paper, fonts, pages: Vec::new(), y: 0.0 };
    press.begin();
    press.headings();
    for row in &slip.rows {
        press.make_room(ROW_MM);
        press.row(row);
    }
    for who in &slip.signed {
        press.make_room(SIGNED_MM);
        press.signature(who);
    }
    Some(press.numbered())
}

/// The page that is being filled.
struct Press<'a> {
    slip: &'a Slip,
    paper: (f64, f64),
    fonts: Fonts,
    pages: Vec<Page>,
    /// How far down the page is filled.
    y: f64,
}

impl Press<'_> {
    fn width(&self) -> f64 {
        self.paper.0 - 2.0 * MARGIN_MM
    }

    fn put(&mut self, ink: Ink) {
        if let Some(page) = self.pages.last_mut() {
            page.inks.push(ink);
        }
    }

    fn say(&mut self, (x, y): (f64, f64), (size, bold): (f64, bool), text: &str, width: f64) {
        let text = self.fonts.of(bold).cut(text, size, width);
        self.put(Ink::Text { x, y, size, bold, text });
    }

    fn begin(&mut self) {
        self.pages.push(Page { width: self.paper.0, height: self.paper.1, inks: Vec::new() });
        let slip = self.slip;
        let code = slip.code.as_deref().and_then(|code| Some((code, mark::squares(code)?)));
        let width = self.width() - code.as_ref().map_or(0.0, |_| CODE_MM + 4.0);
        self.y = MARGIN_MM + TITLE_MM;
        self.say((MARGIN_MM, self.y), (TITLE_MM, true), &slip.title, width);
        self.y += 2.5;
        for line in &slip.head {
            for line in self.fonts.regular.wrap(line, TEXT_MM, width, 3) {
                self.y += LINE_MM;
                self.say((MARGIN_MM, self.y), (TEXT_MM, false), &line, width);
            }
        }
        if let Some((code, squares)) = code {
            let left = self.paper.0 - MARGIN_MM - CODE_MM;
            let module = CODE_MM / f64::from(u32::try_from(squares.size).unwrap_or(u32::MAX));
            let at = |index: usize| f64::from(u32::try_from(index).unwrap_or(u32::MAX)) * module;
            for (index, _) in squares.dark.iter().enumerate().filter(|(_, dark)| **dark) {
                let (x, y) = (left + at(index % squares.size), MARGIN_MM + at(index / squares.size));
                self.put(Ink::Bar(Area { x, y, width: module, height: module }));
            }
            let below = MARGIN_MM + CODE_MM + SMALL_MM + 1.0;
            self.say((left, below), (SMALL_MM, false), code, CODE_MM);
            self.y = self.y.max(below);
        }
        self.y += LINE_MM;
    }

    /// The places of the columns: left edge and width of each, behind the box.
    fn columns(&self) -> Vec<(f64, f64)> {
        let shares: u32 = self.slip.columns.iter().map(|(_, share)| share).sum();
        let room = self.width() - BOX_MM - 3.0;
        let mut x = MARGIN_MM + BOX_MM + 3.0;
        let place = |(_, share): &(String, u32)| {
            let width = room * f64::from(*share) / f64::from(shares.max(1));
            x += width;
            (x - width, width - 2.0)
        };
        self.slip.columns.iter().map(place).collect()
    }

    fn headings(&mut self) {
        let slip = self.slip;
        for ((x, width), (heading, _)) in self.columns().into_iter().zip(&slip.columns) {
            self.say((x, self.y), (SMALL_MM, true), heading, width);
        }
        self.y += 1.6;
        let line = Area { x: MARGIN_MM, y: self.y, width: self.width(), height: 0.3 };
        self.put(Ink::Bar(line));
        self.y += 0.3;
    }

    fn row(&mut self, row: &Row) {
        let indent = if row.indented { 5.0 } else { 0.0 };
        let base = self.y + ROW_MM - 2.0;
        let tick = Area { x: MARGIN_MM + indent, y: base - BOX_MM + 0.5, width: BOX_MM, height: BOX_MM };
        self.put(Ink::Frame(tick));
        for (index, ((x, width), cell)) in self.columns().into_iter().zip(&row.cells).enumerate() {
            let indent = if index == 0 { indent } else { 0.0 };
            self.say((x + indent, base), (TEXT_MM, false), cell, width - indent);
        }
        self.y += ROW_MM;
        self.put(Ink::Bar(Area { x: MARGIN_MM, y: self.y, width: self.width(), height: 0.08 }));
    }

    fn signature(&mut self, who: &str) {
        self.y += SIGNED_MM;
        let line = Area { x: MARGIN_MM, y: self.y - 6.0, width: self.width() * 0.55, height: 0.2 };
        self.put(Ink::Bar(line));
        self.say((MARGIN_MM, self.y - 2.0), (SMALL_MM, false), who, self.width());
    }

    fn make_room(&mut self, needed: f64) {
        if self.y + needed > self.paper.1 - MARGIN_MM - LINE_MM {
            self.begin();
            self.headings();
        }
    }

    fn numbered(mut self) -> Vec<Page> {
        let of = self.pages.len();
        let (y, fonts) = (self.paper.1 - MARGIN_MM, &self.fonts);
        for (index, page) in self.pages.iter_mut().enumerate() {
            let text = format!("{}/{of}", index + 1);
            let x = self.paper.0 - MARGIN_MM - fonts.regular.width(&text, SMALL_MM);
            page.inks.push(Ink::Text { x, y, size: SMALL_MM, bold: false, text });
        }
        self.pages
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn slip(rows: usize) -> Slip {
        let row = |n: usize| Row { cells: vec![format!("Camera {n}"), "cage".into()], indented: n % 3 == 1 };
        Slip {
            title: "Pick list".into(),
            head: vec!["Night Bus".into(), "a line that says a lot ".repeat(20)],
            code: Some("BK:b-1".into()),
            columns: vec![("What".into(), 3), ("Where".into(), 1)],
            rows: (0..rows).map(row).collect(),
            signed: vec!["Taken by".into(), "Given out by".into()],
        }
    }

    fn says(pages: &[Page], wanted: &str) -> usize {
        let inks = pages.iter().flat_map(|page| &page.inks);
        inks.filter(|ink| matches!(ink, Ink::Text { text, .. } if text == wanted)).count()
    }

    #[test]
    fn every_row_is_on_one_page_and_each_page_says_what_it_is() {
        let pages = pages(&slip(120), (210.0, 297.0)).unwrap();
        assert!(pages.len() > 3, "{}", pages.len());
        for n in 0..120 {
            assert_eq!(says(&pages, &format!("Camera {n}")), 1);
        }
        assert_eq!((says(&pages, "Pick list"), says(&pages, "What")), (pages.len(), pages.len()));
        assert_eq!((says(&pages, "Taken by"), says(&pages, "Given out by")), (1, 1));
        assert_eq!(says(&pages, &format!("1/{}", pages.len())), 1);
    }

    #[test]
    fn everything_is_on_the_paper() {
        for page in pages(&slip(60), (215.9, 279.4)).unwrap() {
            for ink in &page.inks {
                let (right, bottom) = match ink {
                    Ink::Bar(area) | Ink::Frame(area) => (area.x + area.width, area.y + area.height),
                    Ink::Text { x, y, size, bold, text } => {
                        (x + Fonts::load().unwrap().of(*bold).width(text, *size), *y)
                    }
                };
                assert!(right <= page.width - 10.0 && bottom <= page.height - 10.0, "{ink:?}");
            }
        }
    }

    #[test]
    fn an_empty_one_is_one_page() {
        assert_eq!(pages(&Slip::default(), (210.0, 297.0)).unwrap().len(), 1);
    }
}
