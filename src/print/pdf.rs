//! Pages as PDF 1.7 (ISO 32000-1), with the fonts inside and their letters named, so that text can be searched and copied.

use std::collections::BTreeMap;

use pdf_writer::types::{CidFontType, FontFlags, SystemInfo, UnicodeCmap};
use pdf_writer::{Content, Finish, Name, Pdf, Rect, Ref, Str, TextStr};

use super::font::{Font, Fonts, POINT_MM};
use super::{Ink, Page};

const CATALOG: i32 = 1;
const TREE: i32 = 2;
const INFO: i32 = 3;
const FONTS: i32 = 4;
/// Objects of one font.
const OF_FONT: i32 = 5;
const PAGES: i32 = FONTS + 2 * OF_FONT;

const IDENTITY: SystemInfo<'static> =
    SystemInfo { registry: Str(b"Adobe"), ordering: Str(b"Identity"), supplement: 0 };

/// The file of these pages; `None` where the program's fonts are damaged.
pub fn document(title: &str, pages: &[Page]) -> Option<Vec<u8>> {
    let fonts = Fonts::load()?;
    let mut pdf = Pdf::new();
    pdf.catalog(Ref::new(CATALOG)).pages(Ref::new(TREE));
    pdf.document_info(Ref::new(INFO)).title(TextStr(title)).creator(TextStr("cagekeeper"));
    let count = i32::try_from(pages.len()).ok()?;
    let refs = (0..count).map(|index| Ref::new(PAGES + 2 * index));
    pdf.pages(Ref::new(TREE)).kids(refs).count(count);
    for bold in [false, true] {
        embed(&mut pdf, fonts.of(bold), font_ref(bold), pages);
    }
    for (index, page) in (0..count).zip(pages) {
        let content = Ref::new(PAGES + 2 * index + 1);
        let mut written = pdf.page(Ref::new(PAGES + 2 * index));
        written.parent(Ref::new(TREE)).contents(content);
        written.media_box(Rect::new(0.0, 0.0, points(page.width), points(page.height)));
        let mut resources = written.resources();
        resources
            .fonts()
            .pair(name(false), Ref::new(font_ref(false)))
            .pair(name(true), Ref::new(font_ref(true)));
        resources.finish();
        written.finish();
        pdf.stream(content, &drawn(page, &fonts));
    }
    Some(pdf.finish())
}

fn font_ref(bold: bool) -> i32 {
    FONTS + i32::from(bold) * OF_FONT
}

fn name(bold: bool) -> Name<'static> {
    if bold { Name(b"B") } else { Name(b"R") }
}

#[allow(
    clippy::cast_possible_truncation,
    reason = "a point is a 72nd of an inch: hundredths of it do not show"
)]
fn points(mm: f64) -> f32 {
    (mm / POINT_MM) as f32
}

fn drawn(page: &Page, fonts: &Fonts) -> Vec<u8> {
    let mut content = Content::new();
    let up = |y: f64| points(page.height - y);
    for ink in &page.inks {
        match ink {
            Ink::Bar(bar) => {
                content
                    .rect(points(bar.x), up(bar.y + bar.height), points(bar.width), points(bar.height))
                    .fill_nonzero();
            }
            Ink::Frame(frame) => {
                content.save_state().set_line_width(0.25).set_stroke_gray(0.6);
                content.rect(
                    points(frame.x),
                    up(frame.y + frame.height),
                    points(frame.width),
                    points(frame.height),
                );
                content.stroke().restore_state();
            }
            Ink::Text { x, y, size, bold, text } => {
                content.begin_text().set_font(name(*bold), points(*size));
                content.next_line(points(*x), up(*y));
                content.show(Str(&glyphs(fonts.of(*bold), text))).end_text();
            }
        }
    }
    content.finish().into_vec()
}

fn glyphs(font: &Font, text: &str) -> Vec<u8> {
    text.chars().flat_map(|c| font.glyph(c).0.to_be_bytes()).collect()
}

fn embed(pdf: &mut Pdf, font: &Font, first: i32, pages: &[Page]) {
    let at = |index: i32| Ref::new(first + index);
    let (cid, descriptor, file, unicode) = (at(1), at(2), at(3), at(4));
    let base = Name(font.name().as_bytes());
    pdf.type0_font(at(0))
        .base_font(base)
        .encoding_predefined(Name(b"Identity-H"))
        .descendant_font(cid)
        .to_unicode(unicode);
    let used = used(font, pages);
    let mut written = pdf.cid_font(cid);
    written.subtype(CidFontType::Type2).base_font(base).system_info(IDENTITY).font_descriptor(descriptor);
    written.cid_to_gid_map_predefined(Name(b"Identity")).default_width(0.0);
    let mut widths = written.widths();
    for glyph in used.keys() {
        #[allow(clippy::cast_possible_truncation, reason = "thousandths of the font's height")]
        widths.consecutive(*glyph, [font.advance(ttf_parser::GlyphId(*glyph)) as f32]);
    }
    widths.finish();
    written.finish();
    let mut cmap = UnicodeCmap::new(Name(b"Custom"), IDENTITY);
    used.iter().for_each(|(glyph, c)| cmap.pair(*glyph, *c));
    pdf.cmap(unicode, cmap.finish().as_slice()).system_info(IDENTITY).name(Name(b"Custom"));
    described(pdf, font, descriptor).font_file2(file);
    pdf.stream(file, font.bytes())
        .pair(Name(b"Length1"), i32::try_from(font.bytes().len()).unwrap_or(i32::MAX));
}

fn described<'a>(pdf: &'a mut Pdf, font: &Font, id: Ref) -> pdf_writer::writers::FontDescriptor<'a> {
    let face = font.face();
    let per_mille = 1000.0 / f32::from(face.units_per_em().max(1));
    let scaled = |units: i16| f32::from(units) * per_mille;
    let bounds = face.global_bounding_box();
    let mut descriptor = pdf.font_descriptor(id);
    descriptor
        .name(Name(font.name().as_bytes()))
        .flags(FontFlags::NON_SYMBOLIC)
        .bbox(Rect::new(
            scaled(bounds.x_min),
            scaled(bounds.y_min),
            scaled(bounds.x_max),
            scaled(bounds.y_max),
        ))
        .italic_angle(0.0)
        .ascent(scaled(face.ascender()))
        .descent(scaled(face.descender()))
        .cap_height(scaled(face.capital_height().unwrap_or(face.ascender())))
        .stem_v(80.0);
    descriptor
}

/// The glyphs that stand on the pages in this font, and one character for each.
fn used(font: &Font, pages: &[Page]) -> BTreeMap<u16, char> {
    let inks = pages.iter().flat_map(|page| &page.inks);
    let texts = inks.filter_map(|ink| match ink {
        Ink::Text { bold, text, .. } if *bold == font.is_bold() => Some(text),
        _ => None,
    });
    texts.flat_map(|text| text.chars()).map(|c| (font.glyph(c).0, c)).collect()
}
