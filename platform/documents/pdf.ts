/**
 * Door: documents on paper: headings, facts, paragraphs and tables on numbered pages of A4.
 *
 * The same calls give the same bytes: dates are those of the record, the file's identifier is a digest of what it
 * says of itself, and nothing is asked of clock or machine. Fonts are embedded (DejaVu: Latin, Greek, Cyrillic
 * and more); a character that they do not have is written as its code point, so that nothing vanishes, and so is
 * one that would turn the text around it. Pages are tagged for those who have them read out.
 */
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import PDFDocument from 'pdfkit';

export interface PdfOptions {
  readonly title: string;
  readonly subject: string;
  /** The date that the file gives as that of its making: that of what it records. */
  readonly datedMs: number;
  /** At the foot of every page, beside its number: as-of, digest. */
  readonly foot: string;
  readonly landscape?: boolean;
}

export interface PdfColumn {
  readonly title: string;
  /** Its share of the width, relative to the other columns. */
  readonly share: number;
  /** For identifiers and digests. */
  readonly mono?: boolean;
}

/** What a document is written with, from top to bottom; pages come as they are needed. */
export interface PdfWriter {
  heading(text: string, level?: 1 | 2): void;
  paragraph(text: string, options?: { readonly muted?: boolean; readonly mono?: boolean }): void;
  /** Names and values, one pair to a line. */
  facts(pairs: readonly (readonly [name: string, value: string])[]): void;
  list(items: readonly string[]): void;
  /** The heading is repeated on each page; a row that is taller than what is left of a page goes on on the next. */
  table(columns: readonly PdfColumn[], rows: readonly (readonly string[])[]): void;
  space(points?: number): void;
  page(): void;
}

type Face = 'text' | 'bold' | 'mono';
const FACES: Readonly<Record<Face, string>> = {
  text: 'DejaVuSansCondensed.ttf',
  bold: 'DejaVuSansCondensed-Bold.ttf',
  mono: 'DejaVuSansMono.ttf',
};
/** Read at once: the server gives up the right to read its own files before the first document is asked for. */
const FONTS = Object.entries(FACES).map(
  ([face, file]) =>
    [face, readFileSync(fileURLToPath(import.meta.resolve(`dejavu-fonts-ttf/ttf/${file}`)))] as const,
);
const MARGIN = 48;
const FOOT_HEIGHT = 28;
const PAGES_MAX = 2_000;
const CELL_CHARACTERS_MAX = 20_000;
const INK = '#1a1a1a';
const MUTED = '#5a5a5a';
const RULE = '#c4c4c4';
const BAND = '#eeeeee';
/** Would turn what stands around them around, or hide: a name must read as it is. */
const TURNING = /[\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff]/u;
const LINE_HEIGHT = 1.35;

/** @throws when the document would have more than 2,000 pages */
export async function pdf(options: PdfOptions, write: (writer: PdfWriter) => void): Promise<Uint8Array> {
  const doc = new PDFDocument({
    size: 'A4',
    // None but ours: the one it would begin with is read from its own folder at the first document.
    font: '',
    layout: options.landscape === true ? 'landscape' : 'portrait',
    margin: MARGIN,
    bufferPages: true,
    autoFirstPage: true,
    pdfVersion: '1.7',
    tagged: true,
    lang: 'en',
    displayTitle: true,
    info: {
      Title: options.title,
      Subject: options.subject,
      Creator: 'Demarc',
      Producer: 'Demarc',
      CreationDate: new Date(options.datedMs),
      ModDate: new Date(options.datedMs),
    },
  });
  const chunks: Uint8Array[] = [];
  const done = new Promise<void>((resolve, reject) => {
    doc.on('data', (chunk: Uint8Array) => chunks.push(chunk));
    doc.on('end', resolve);
    doc.on('error', reject);
  });
  const writer = new Writer(doc);
  write(writer);
  writer.finish(options.foot);
  doc.end();
  await done;
  return new Uint8Array(Buffer.concat(chunks));
}

class Writer implements PdfWriter {
  readonly #doc: PDFKit.PDFDocument;
  readonly #root: PDFKit.PDFStructureElement;
  readonly #widths = new Map<string, number>();
  readonly #glyphs = new Map<string, boolean>();
  #y = MARGIN;

  constructor(doc: PDFKit.PDFDocument) {
    this.#doc = doc;
    for (const [face, bytes] of FONTS) doc.registerFont(face, bytes);
    this.#root = doc.struct('Document');
    doc.addStructure(this.#root);
  }

  get #width(): number {
    return this.#doc.page.width - 2 * MARGIN;
  }
  get #bottom(): number {
    return this.#doc.page.height - MARGIN - FOOT_HEIGHT;
  }

  heading(text: string, level: 1 | 2 = 1): void {
    const size = level === 1 ? 17 : 12;
    if (this.#y > MARGIN) this.space(level === 1 ? 12 : 10);
    // A heading does not stand alone at the foot of a page.
    if (this.#y + size * LINE_HEIGHT + 40 > this.#bottom) this.page();
    this.#block(level === 1 ? 'H1' : 'H2', text, 'bold', size, INK, MARGIN, this.#width);
    this.space(4);
  }

  paragraph(
    text: string,
    { muted = false, mono = false }: { readonly muted?: boolean; readonly mono?: boolean } = {},
  ): void {
    this.#block('P', text, mono ? 'mono' : 'text', 9.5, muted ? MUTED : INK, MARGIN, this.#width);
    this.space(4);
  }

  facts(pairs: readonly (readonly [name: string, value: string])[]): void {
    this.#rows(
      [
        { title: '', share: 1 },
        { title: '', share: 3.2 },
      ],
      pairs,
      { size: 9, ruled: false, boldFirst: true },
    );
    this.space(4);
  }

  list(items: readonly string[]): void {
    for (const item of items) {
      this.#room(9.5 * LINE_HEIGHT);
      const y = this.#y;
      this.#draw(this.#root, 'Artifact', [
        { text: '•', x: MARGIN + 4, y, face: 'text', size: 9.5, ink: INK },
      ]);
      this.#block('LI', item, 'text', 9.5, INK, MARGIN + 16, this.#width - 16);
    }
    this.space(4);
  }

  table(columns: readonly PdfColumn[], rows: readonly (readonly string[])[]): void {
    this.#rows(columns, rows, { size: 8, ruled: true, boldFirst: false });
    this.space(6);
  }

  space(points = 8): void {
    this.#y += points;
  }

  page(): void {
    const { count } = this.#doc.bufferedPageRange();
    if (count >= PAGES_MAX) throw new Error(`a document has ${PAGES_MAX} pages at the most`);
    this.#doc.addPage();
    this.#y = MARGIN;
  }

  finish(foot: string): void {
    const { start, count } = this.#doc.bufferedPageRange();
    this.#root.end();
    for (let at = start; at < start + count; at += 1) {
      this.#doc.switchToPage(at);
      const { width, height } = this.#doc.page;
      const y = height - MARGIN - 10;
      const number = `page ${at + 1} of ${count}`;
      this.#doc.markContent('Artifact', { type: 'Pagination' });
      this.#doc
        .moveTo(MARGIN, y - 6)
        .lineTo(width - MARGIN, y - 6)
        .lineWidth(0.5)
        .strokeColor(RULE)
        .stroke();
      const room = width - 2 * MARGIN - this.#measure(number, 'text', 7.5) - 16;
      const [line = ''] = this.#lines(foot, 'text', 7.5, room);
      this.#line({ text: line, x: MARGIN, y, face: 'text', size: 7.5, ink: MUTED });
      const x = width - MARGIN - this.#measure(number, 'text', 7.5);
      this.#line({ text: number, x, y, face: 'text', size: 7.5, ink: MUTED });
      this.#doc.endMarkedContent();
    }
  }

  #rows(
    columns: readonly PdfColumn[],
    rows: readonly (readonly string[])[],
    {
      size,
      ruled,
      boldFirst,
    }: { readonly size: number; readonly ruled: boolean; readonly boldFirst: boolean },
  ): void {
    const shares = columns.reduce((sum, { share }) => sum + share, 0);
    const pad = ruled ? 3 : 0;
    const gap = 4;
    let left = MARGIN;
    const places = columns.map(({ share }) => {
      const place = { x: left + pad, width: (this.#width * share) / shares - 2 * pad - gap };
      left += (this.#width * share) / shares;
      return place;
    });
    const lineHeight = size * LINE_HEIGHT;
    const table = this.#doc.struct('Table');
    this.#root.add(table);
    const headings = columns.map(({ title }, at) =>
      this.#lines(title, 'bold', size, places[at]?.width ?? this.#width),
    );
    const headHeight = ruled ? Math.max(...headings.map(({ length }) => length)) * lineHeight + 2 * pad : 0;
    const head = (): void => {
      if (!ruled) return;
      this.#artifact(() => this.#doc.rect(MARGIN, this.#y, this.#width, headHeight).fill(BAND));
      this.#cells(table, 'TH', headings, places, () => 'bold', size, this.#y + pad);
      this.#y += headHeight;
    };
    this.#room(headHeight + lineHeight + 2 * pad);
    head();
    for (const row of rows) {
      const faces = (at: number): Face =>
        boldFirst && at === 0 ? 'bold' : columns[at]?.mono === true ? 'mono' : 'text';
      const wrapped = places.map(({ width }, at) =>
        this.#lines((row[at] ?? '').slice(0, CELL_CHARACTERS_MAX), faces(at), size, width),
      );
      const tallest = Math.max(1, ...wrapped.map(({ length }) => length));
      const pageLines = Math.floor((this.#bottom - MARGIN - headHeight - 2 * pad) / lineHeight);
      // A row that has room on a page of its own is not torn apart.
      if (tallest <= pageLines && this.#y + tallest * lineHeight + 2 * pad > this.#bottom) {
        this.page();
        head();
      }
      for (let from = 0; from < tallest; ) {
        let fits = Math.floor((this.#bottom - this.#y - 2 * pad) / lineHeight);
        if (fits < 1) {
          this.page();
          head();
          fits = pageLines;
        }
        const part = wrapped.map((lines) => lines.slice(from, from + fits));
        const height = Math.min(fits, tallest - from) * lineHeight + 2 * pad;
        this.#cells(table, 'TD', part, places, faces, size, this.#y + pad);
        this.#y += height;
        from += fits;
      }
      if (ruled)
        this.#artifact(() =>
          this.#doc
            .moveTo(MARGIN, this.#y)
            .lineTo(MARGIN + this.#width, this.#y)
            .lineWidth(0.4)
            .strokeColor(RULE)
            .stroke(),
        );
    }
    table.end();
  }

  #cells(
    table: PDFKit.PDFStructureElement,
    kind: 'TH' | 'TD',
    cells: readonly (readonly string[])[],
    places: readonly { readonly x: number; readonly width: number }[],
    face: (at: number) => Face,
    size: number,
    top: number,
  ): void {
    const row = this.#doc.struct('TR');
    table.add(row);
    for (const [at, lines] of cells.entries()) {
      const x = places[at]?.x ?? MARGIN;
      this.#draw(
        row,
        kind,
        lines.map((text, index) => ({
          text,
          x,
          y: top + index * size * LINE_HEIGHT,
          face: face(at),
          size: sizeOf(face(at), size),
          ink: INK,
        })),
      );
    }
    row.end();
  }

  #block(kind: string, text: string, face: Face, size: number, ink: string, x: number, width: number): void {
    let lines = this.#lines(text, face, size, width);
    while (lines.length > 0) {
      this.#room(size * LINE_HEIGHT);
      const fits = Math.max(1, Math.floor((this.#bottom - this.#y) / (size * LINE_HEIGHT)));
      const here = lines.slice(0, fits);
      const top = this.#y;
      this.#draw(
        this.#root,
        kind,
        here.map((line, index) => ({
          text: line,
          x,
          y: top + index * size * LINE_HEIGHT,
          face,
          size: sizeOf(face, size),
          ink,
        })),
      );
      this.#y += here.length * size * LINE_HEIGHT;
      lines = lines.slice(fits);
    }
  }

  #room(height: number): void {
    if (this.#y + height > this.#bottom) this.page();
  }

  #artifact(draw: () => void): void {
    this.#doc.markContent('Artifact', { type: 'Layout' });
    draw();
    this.#doc.endMarkedContent();
  }

  #draw(parent: PDFKit.PDFStructureElement, kind: string, lines: readonly Line[]): void {
    if (kind === 'Artifact') {
      this.#artifact(() => {
        for (const line of lines) this.#line(line);
      });
      return;
    }
    const element = this.#doc.struct(kind, {}, () => {
      for (const line of lines) this.#line(line);
    });
    parent.add(element);
    element.end();
  }

  #line({ text, x, y, face, size, ink }: Line): void {
    this.#doc.font(face).fontSize(size).fillColor(ink).text(text, x, y, { lineBreak: false });
  }

  /** Words into lines; a word that is longer than a line is cut where the line ends. */
  #lines(text: string, face: Face, size: number, width: number): readonly string[] {
    const measured = sizeOf(face, size);
    const lines: string[] = [];
    for (const paragraph of this.#readable(text, face).split('\n')) {
      let line = '';
      for (const word of paragraph.split(' ')) {
        const longer = line === '' ? word : `${line} ${word}`;
        if (this.#measure(longer, face, measured) <= width) {
          line = longer;
          continue;
        }
        if (line !== '') lines.push(line);
        line = word;
        while (line.length > 1 && this.#tooWide(line, face, measured, width)) {
          const cut = this.#cut(line, face, measured, width);
          lines.push(line.slice(0, cut));
          line = line.slice(cut);
        }
      }
      lines.push(line);
    }
    return lines;
  }

  /** Of what is very long the beginning tells: a line holds no more of it. */
  #tooWide(word: string, face: Face, size: number, width: number): boolean {
    return (
      this.#measure(word.slice(0, LINE_CHARACTERS), face, size) > width ||
      (word.length > LINE_CHARACTERS && this.#measure(word, face, size) > width)
    );
  }

  /** How much of a word fits, one character at the least; never half of one. */
  #cut(word: string, face: Face, size: number, width: number): number {
    let fits = 0;
    for (const character of word) {
      const longer = fits + character.length;
      if (fits > 0 && this.#measure(word.slice(0, longer), face, size) > width) break;
      fits = longer;
    }
    return fits;
  }

  #measure(text: string, face: Face, size: number): number {
    let width = 0;
    for (const word of text.split(/( )/)) {
      const key = `${face} ${word}`;
      let known = this.#widths.get(key);
      if (known === undefined) {
        known = this.#doc.font(face).fontSize(100).widthOfString(word) / 100;
        if (this.#widths.size < WIDTHS_MAX) this.#widths.set(key, known);
      }
      width += known * size;
    }
    return width;
  }

  #readable(text: string, face: Face): string {
    let readable = '';
    for (const character of text.normalize('NFC')) {
      if (character === '\n') readable += character;
      else if (/\s/u.test(character) && !TURNING.test(character)) readable += ' ';
      else if (this.#has(character, face)) readable += character;
      else {
        const code = (character.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, '0');
        readable += `[U+${code}]`;
      }
    }
    return readable;
  }

  #has(character: string, face: Face): boolean {
    const key = `${face} ${character}`;
    const known = this.#glyphs.get(key);
    if (known !== undefined) return known;
    const has = !TURNING.test(character) && !/\p{Cc}/u.test(character) && glyphs(this.#doc, face)(character);
    this.#glyphs.set(key, has);
    return has;
  }
}

interface Line {
  readonly text: string;
  readonly x: number;
  readonly y: number;
  readonly face: Face;
  readonly size: number;
  readonly ink: string;
}

const LINE_CHARACTERS = 400;
const WIDTHS_MAX = 50_000;

/** The fixed-width face looks larger than the other at the same size. */
const sizeOf = (face: Face, size: number): number => (face === 'mono' ? size - 1 : size);

/** Whether the face has a glyph: the library knows, and its types do not say so. */
function glyphs(doc: PDFKit.PDFDocument, face: Face): (character: string) => boolean {
  doc.font(face);
  const { font } = (
    doc as unknown as { readonly _font: { readonly font: { hasGlyphForCodePoint(code: number): boolean } } }
  )._font;
  return (character) => font.hasGlyphForCodePoint(character.codePointAt(0) ?? 0);
}
