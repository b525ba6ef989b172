/** What people and machines have written → text that a sheet or page shows as it is and never runs. */

/** A cell of a workbook holds no more (Excel's specifications and limits). */
const CELL_CHARACTERS_MAX = 32_767;
const CUT = ' … (cut)';

/** Turn the text around them around, so that a name reads as another. */
const TURNING = /[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/g;
/** The C0 controls but tab and newline, and DEL: no cell shows them, and XML allows none of them. */
// oxlint-disable-next-line no-control-regex
const CONTROLS = /[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f]/g;
/** SpreadsheetML reads `_x000D_` as the character with that number (ECMA-376, ST_Xstring). */
const ESCAPED = /_(?=x[0-9a-f]{4}_)/gi;

/** What a spreadsheet takes for the beginning of a formula when somebody types or pastes it. */
export function looksLikeFormula(text: string): boolean {
  return /^[\s']*[=+\-@|%\t\r\n]/.test(text);
}

/** Every character is shown: a control as its picture (U+2400 and on), one that turns text around by its number. */
export function plain(text: string): string {
  const shown = text
    .toWellFormed()
    .replace(/\r\n?/g, '\n')
    .replace(CONTROLS, (found) => {
      const code = found.codePointAt(0) ?? 0;
      return String.fromCodePoint(code === 0x7f ? 0x2421 : 0x2400 + code);
    })
    .replace(
      TURNING,
      (found) => `[U+${(found.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, '0')}]`,
    );
  return shown.length <= CELL_CHARACTERS_MAX
    ? shown
    : `${shown.slice(0, CELL_CHARACTERS_MAX - CUT.length).toWellFormed()}${CUT}`;
}

/** The same, as the text of a cell of a workbook. */
export function cellText(text: string): string {
  return plain(text).replace(ESCAPED, '_x005F_');
}
