//! The parts of a workbook (ECMA-376): what stands around the rows of a sheet, and what names the sheets.

use std::io::Write;

use super::CellKind;
use super::cells::letters;

const XML: &str = "<?xml version=\"1.0\" encoding=\"UTF-8\" standalone=\"yes\"?>\n";
const MAIN: &str = "http://schemas.openxmlformats.org/spreadsheetml/2006/main";
const RELATIONS: &str = "http://schemas.openxmlformats.org/package/2006/relationships";
const DOCUMENT: &str = "http://schemas.openxmlformats.org/officeDocument/2006/relationships";
const TYPES: &str = "http://schemas.openxmlformats.org/package/2006/content-types";
const TYPE: &str = "application/vnd.openxmlformats-officedocument.spreadsheetml";

/// A plain style, a bold one, one of instants and one of days; in this order, which is their number.
const STYLES: &str = "<numFmts count=\"2\"><numFmt numFmtId=\"164\" formatCode=\"yyyy\\-mm\\-dd\\ hh:mm:ss.000\"/>\
    <numFmt numFmtId=\"165\" formatCode=\"yyyy\\-mm\\-dd\"/></numFmts>\
    <fonts count=\"2\"><font><sz val=\"11\"/><name val=\"Calibri\"/><family val=\"2\"/></font>\
    <font><b/><sz val=\"11\"/><name val=\"Calibri\"/><family val=\"2\"/></font></fonts>\
    <fills count=\"2\"><fill><patternFill patternType=\"none\"/></fill><fill><patternFill patternType=\"gray125\"/></fill></fills>\
    <borders count=\"1\"><border><left/><right/><top/><bottom/><diagonal/></border></borders>\
    <cellStyleXfs count=\"1\"><xf numFmtId=\"0\" fontId=\"0\" fillId=\"0\" borderId=\"0\"/></cellStyleXfs>\
    <cellXfs count=\"4\"><xf numFmtId=\"0\" fontId=\"0\" fillId=\"0\" borderId=\"0\" xfId=\"0\"/>\
    <xf numFmtId=\"0\" fontId=\"1\" fillId=\"0\" borderId=\"0\" xfId=\"0\" applyFont=\"1\"/>\
    <xf numFmtId=\"164\" fontId=\"0\" fillId=\"0\" borderId=\"0\" xfId=\"0\" applyNumberFormat=\"1\"/>\
    <xf numFmtId=\"165\" fontId=\"0\" fillId=\"0\" borderId=\"0\" xfId=\"0\" applyNumberFormat=\"1\"/></cellXfs>\
    <cellStyles count=\"1\"><cellStyle name=\"Normal\" xfId=\"0\" builtinId=\"0\"/></cellStyles>";

/// Characters that a column of times is wide, and any other at least and at most.
const TIME_WIDTH: usize = 24;
const WIDTH: (usize, usize) = (12, 40);

/// A sheet that was written.
pub(super) struct Sheet {
    /// After the header.
    pub(super) rows: u64,
}

/// Where the sheet of this number is, from 1.
pub(super) fn sheet_path(number: usize) -> String {
    format!("xl/worksheets/sheet{number}.xml")
}

/// Writes what comes before the rows of a sheet: its header stays in sight.
pub(super) fn sheet_head<'c>(
    is_first: bool,
    columns: impl Iterator<Item = (&'c str, CellKind)>,
    out: &mut Vec<u8>,
) {
    let selected = if is_first { " tabSelected=\"1\"" } else { "" };
    let mut text = format!(
        "{XML}<worksheet xmlns=\"{MAIN}\"><sheetViews><sheetView{selected} workbookViewId=\"0\">\
         <pane ySplit=\"1\" topLeftCell=\"A2\" activePane=\"bottomLeft\" state=\"frozen\"/>\
         <selection pane=\"bottomLeft\"/></sheetView></sheetViews><cols>"
    );
    for (index, (name, kind)) in columns.enumerate() {
        let column = index + 1;
        let width = match kind {
            CellKind::Time => TIME_WIDTH,
            CellKind::Plain => (name.chars().count() + 4).clamp(WIDTH.0, WIDTH.1),
        };
        text += &format!(
            "<col min=\"{column}\" max=\"{column}\" width=\"{width}\" customWidth=\"1\"/>"
        );
    }
    text += "</cols><sheetData>";
    out.extend_from_slice(text.as_bytes());
}

/// Writes what comes after its rows.
pub(super) fn sheet_tail(sheet: &Sheet, columns: usize, out: &mut Vec<u8>) {
    let (last, row) = (letters(columns.saturating_sub(1)), sheet.rows + 1);
    write!(out, "</sheetData><autoFilter ref=\"A1:{last}{row}\"/></worksheet>")
        .expect("memory takes it");
}

fn sheet_name(name: &str, number: usize) -> String {
    if number == 1 { name.to_owned() } else { format!("{name} {number}") }
}

/// All other parts, by their paths.
pub(super) fn others(name: &str, sheets: &[Sheet], columns: usize) -> Vec<(&'static str, String)> {
    let styles = sheets.len() + 1;
    let (mut named, mut filters, mut related, mut typed) =
        (String::new(), String::new(), String::new(), String::new());
    let last = letters(columns.saturating_sub(1));
    for (number, sheet) in (1..).zip(sheets) {
        let (name, row) = (sheet_name(name, number), sheet.rows + 1);
        let (index, path) = (number - 1, sheet_path(number));
        named += &format!("<sheet name=\"{name}\" sheetId=\"{number}\" r:id=\"rId{number}\"/>");
        filters += &format!(
            "<definedName name=\"_xlnm._FilterDatabase\" localSheetId=\"{index}\" hidden=\"1\">'{name}'!$A$1:${last}${row}</definedName>"
        );
        related += &format!(
            "<Relationship Id=\"rId{number}\" Type=\"{DOCUMENT}/worksheet\" Target=\"worksheets/sheet{number}.xml\"/>"
        );
        typed += &format!("<Override PartName=\"/{path}\" ContentType=\"{TYPE}.worksheet+xml\"/>");
    }
    vec![
        (
            "xl/workbook.xml",
            format!(
                "{XML}<workbook xmlns=\"{MAIN}\" xmlns:r=\"{DOCUMENT}\"><bookViews><workbookView/></bookViews>\
                 <sheets>{named}</sheets><definedNames>{filters}</definedNames></workbook>"
            ),
        ),
        (
            "xl/_rels/workbook.xml.rels",
            format!(
                "{XML}<Relationships xmlns=\"{RELATIONS}\">{related}\
                 <Relationship Id=\"rId{styles}\" Type=\"{DOCUMENT}/styles\" Target=\"styles.xml\"/></Relationships>"
            ),
        ),
        ("xl/styles.xml", format!("{XML}<styleSheet xmlns=\"{MAIN}\">{STYLES}</styleSheet>")),
        (
            "_rels/.rels",
            format!(
                "{XML}<Relationships xmlns=\"{RELATIONS}\"><Relationship Id=\"rId1\" Type=\"{DOCUMENT}/officeDocument\" \
                 Target=\"xl/workbook.xml\"/></Relationships>"
            ),
        ),
        (
            "[Content_Types].xml",
            format!(
                "{XML}<Types xmlns=\"{TYPES}\"><Default Extension=\"rels\" \
                 ContentType=\"application/vnd.openxmlformats-package.relationships+xml\"/>\
                 <Default Extension=\"xml\" ContentType=\"application/xml\"/>\
                 <Override PartName=\"/xl/workbook.xml\" ContentType=\"{TYPE}.sheet.main+xml\"/>{typed}\
                 <Override PartName=\"/xl/styles.xml\" ContentType=\"{TYPE}.styles+xml\"/></Types>"
            ),
        ),
    ]
}
