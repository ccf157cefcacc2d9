//! The letters: DejaVu Sans Condensed, compiled in, so that a label looks the same wherever it is made and has the
//! letters of every European language. What the font lacks is printed as an empty box.

use ttf_parser::{Face, GlyphId};

const REGULAR: &[u8] = include_bytes!("fonts/DejaVuSansCondensed.ttf");
const BOLD: &[u8] = include_bytes!("fonts/DejaVuSansCondensed-Bold.ttf");

/// Millimetres of a point, in which type is measured.
pub const POINT_MM: f64 = 25.4 / 72.0;

/// What stands at the end of a text that is cut.
const CUT: char = '…';

/// One cut of the font.
#[derive(Debug, Clone)]
pub struct Font {
    face: Face<'static>,
    bytes: &'static [u8],
    bold: bool,
}

/// The two cuts.
#[derive(Debug, Clone)]
pub struct Fonts {
    /// For most of it.
    pub regular: Font,
    /// For what is read first.
    pub bold: Font,
}

impl Fonts {
    /// Both; `None` would mean that the program's own files are damaged.
    pub fn load() -> Option<Self> {
        Some(Self { regular: Font::load(REGULAR, false)?, bold: Font::load(BOLD, true)? })
    }

    /// The one or the other.
    pub fn of(&self, bold: bool) -> &Font {
        if bold { &self.bold } else { &self.regular }
    }
}

impl Font {
    fn load(bytes: &'static [u8], bold: bool) -> Option<Self> {
        Some(Self { face: Face::parse(bytes, 0).ok()?, bytes, bold })
    }

    /// The name by which documents know it.
    pub fn name(&self) -> &'static str {
        if self.bold { "DejaVuSansCondensed-Bold" } else { "DejaVuSansCondensed" }
    }

    /// Which of the two it is.
    pub fn is_bold(&self) -> bool {
        self.bold
    }

    /// The font's file.
    pub fn bytes(&self) -> &'static [u8] {
        self.bytes
    }

    /// The font's own measures.
    pub fn face(&self) -> &Face<'static> {
        &self.face
    }

    /// The glyph of a character; glyph 0, an empty box, where the font has none.
    pub fn glyph(&self, c: char) -> GlyphId {
        self.face.glyph_index(c).unwrap_or_default()
    }

    /// How wide a glyph is, in thousandths of the font's height.
    pub fn advance(&self, glyph: GlyphId) -> f64 {
        let units = f64::from(self.face.units_per_em().max(1));
        f64::from(self.face.glyph_hor_advance(glyph).unwrap_or(0)) * 1000.0 / units
    }

    /// How wide a text is, in the unit of `size`.
    pub fn width(&self, text: &str, size: f64) -> f64 {
        text.chars().map(|c| self.advance(self.glyph(c))).sum::<f64>() * size / 1000.0
    }

    /// The text, cut with an ellipsis where it is wider than `width`.
    pub fn cut(&self, text: &str, size: f64, width: f64) -> String {
        if self.width(text, size) <= width {
            return text.to_owned();
        }
        let room = width - self.width(CUT.encode_utf8(&mut [0; 4]), size);
        let mut kept = String::new();
        let mut used = 0.0;
        for c in text.chars() {
            used += self.advance(self.glyph(c)) * size / 1000.0;
            if used > room {
                break;
            }
            kept.push(c);
        }
        format!("{}{CUT}", kept.trim_end())
    }

    /// The text in at most so many lines, between words where that goes; the last is cut.
    pub fn wrap(&self, text: &str, size: f64, width: f64, lines_max: usize) -> Vec<String> {
        let mut lines: Vec<String> = Vec::new();
        for word in text.split_whitespace() {
            let longer = lines.last().map(|line| format!("{line} {word}"));
            let full = lines.len() >= lines_max;
            match (longer, lines.last_mut()) {
                (Some(longer), Some(line)) if full || self.width(&longer, size) <= width => *line = longer,
                _ => lines.push(word.to_owned()),
            }
        }
        lines.into_iter().map(|line| self.cut(&line, size, width)).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_fonts_have_the_letters_of_europe() {
        let fonts = Fonts::load().unwrap();
        for c in "AZaz09 ÄöüßÉçñøåÆłŻčřŤőūģȘțΩλΆЖяґїЇ€£…–—“”‘’•→✓✗□½×°№".chars()
        {
            assert!(fonts.regular.glyph(c).0 > 0 && fonts.bold.glyph(c).0 > 0, "{c}");
        }
        assert_eq!(fonts.regular.glyph('漢').0, 0);
    }

    #[test]
    fn a_text_is_cut_to_its_width_and_wrapped_between_words() {
        let font = Fonts::load().unwrap().regular;
        let text = "Sony FX6 Full-Frame Cinema Camera";
        let cut = font.cut(text, 3.0, 25.0);
        assert!(cut.ends_with('…') && font.width(&cut, 3.0) <= 25.0, "{cut}");
        assert_eq!(font.cut("FX6", 3.0, 25.0), "FX6");
        let lines = font.wrap(text, 3.0, 25.0, 2);
        assert_eq!(lines.len(), 2, "{lines:?}");
        assert!(lines[0].starts_with("Sony FX6") && lines.iter().all(|line| font.width(line, 3.0) <= 25.0));
        assert_eq!(font.wrap("", 3.0, 25.0, 2), Vec::<String>::new());
        assert!(font.wrap(&"x".repeat(10_000), 3.0, 25.0, 2)[0].chars().count() < 40);
    }
}
