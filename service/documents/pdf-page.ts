import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type PdfKit from 'pdfkit';
import { productRoot } from '../lib/product-root.ts';

/** Points of a millimetre. */
export const MM = 72 / 25.4;
export const MARGIN = 18 * MM;
/** Width of the label beside a value. */
export const LABEL = 45 * MM;
export const ink = { plain: '#1a1d21', quiet: '#5c6570', line: '#d5dae0', bar: '#3a5ba0' };

/** A document that is being written, from top to bottom. */
export interface Page {
  pdf: InstanceType<typeof PdfKit>;
  runsOf(text: string): Run[];
  /** Points between the margins. */
  width: number;
}

interface Style {
  size?: number;
  color?: string;
  x?: number;
  width?: number;
}

/** Begins a page where the present one has no room for so many points. */
export function startPageWithout({ pdf }: Page, points: number): boolean {
  if (pdf.y <= pdf.page.height - MARGIN - points) return false;
  pdf.addPage();
  return true;
}

/** One paragraph from where the last ended, in as many fonts as its characters need. */
export function write({ pdf, runsOf, width }: Page, text: string, style: Style = {}): void {
  const x = style.x ?? MARGIN;
  pdf.fontSize(style.size ?? 9.5).fillColor(style.color ?? ink.plain);
  for (const line of linesOf(text === '' ? '–' : text)) {
    const runs = runsOf(line);
    for (const [i, { font, text: part }] of runs.entries()) {
      pdf.font(font);
      const options = { continued: i < runs.length - 1, width: style.width ?? width, lineGap: 1.5 };
      if (i === 0) pdf.text(part, x, pdf.y, options);
      else pdf.text(part, options);
    }
  }
}

/** Without a glyph, or they would forge lines or turn the reading direction. */
const CONTROL = /[\p{Cc}\p{Zl}\p{Zp}\u202a-\u202e\u2066-\u2069]/gu;
const codeOf = (character: string): string =>
  `[U+${character.codePointAt(0)!.toString(16).toUpperCase().padStart(4, '0')}]`;

/** Pieces of a word without an end, such as a picture in base64, are lines of their own: pdfkit's time grows with the square of its length. */
const linesOf = (text: string): string[] =>
  text
    .replace(CONTROL, codeOf)
    .replace(/\S{200,}/gu, (word) => word.replace(/.{64}(?=.)/gu, '$&\n'))
    .split('\n');

/** Points that a paragraph is high. */
export function heightOf(
  { pdf, runsOf }: Page,
  text: string,
  { size = 9.5, width }: Required<Pick<Style, 'width'>> & Style,
): number {
  pdf.fontSize(size).font(runsOf(text === '' ? '–' : text)[0]?.font ?? 'latin');
  return pdf.heightOfString(text === '' ? '–' : text, { width, lineGap: 1.5 });
}

/** Parts of Inter by the characters they hold; the first that has one is used. */
const parts = ['latin', 'latin-ext', 'cyrillic', 'cyrillic-ext', 'greek', 'vietnamese'] as const;

/** Letters of one font. */
interface Run {
  font: string;
  text: string;
}

/** What this room uses of pdfkit. */
interface Fonts {
  registerFont(name: string, source: Buffer): unknown;
  font(name: string): unknown;
}

/** As pdfkit and fontkit have them; their types leave this out. */
interface Embedded {
  _font: {
    font: {
      hasGlyphForCodePoint(code: number): boolean;
      getGlyph(id: number): { path: Path; advanceWidth: number; bbox: { minX: number } };
    };
    subset: {
      glyf: Uint8Array[];
      loca: { offsets: number[] };
      hmtx: { metrics: { advance: number; bearing: number }[] };
      offset: number;
      _addGlyph(id: number): number;
    };
  };
}

interface Path {
  commands: { command: string; args: number[] }[];
}

/** Divides texts into what each part of the font can show. */
export function loadFonts(document: Fonts): { runsOf(text: string): Run[] } {
  const loaded = new Map<string, (code: number) => boolean>();

  /** A part is read when a character asks for it. */
  function knows(part: string, code: number): boolean {
    let known = loaded.get(part);
    if (!known) {
      const file = join(productRoot(), 'service/documents/fonts', `inter-${part}.woff2`);
      document.registerFont(part, readFileSync(file));
      document.font(part);
      const { font, subset } = (document as unknown as Embedded)._font;
      embedOutlines(font, subset);
      known = (one) => font.hasGlyphForCodePoint(one);
      loaded.set(part, known);
    }
    return known(code);
  }

  return {
    runsOf(text) {
      const runs: Run[] = [];
      for (const character of text) {
        const code = character.codePointAt(0)!;
        const font = parts.find((part) => knows(part, code));
        // No font of ours has it: its code says which character it is.
        const shown = font === undefined ? codeOf(character) : character;
        const last = runs.at(-1);
        if (last && last.font === (font ?? 'latin')) last.text += shown;
        else runs.push({ font: font ?? 'latin', text: shown });
      }
      return runs;
    },
  };
}

/** WOFF2 holds outlines in a form of its own, which fontkit would copy into the PDF as it is: each is written anew as TrueType has it. */
function embedOutlines(font: Embedded['_font']['font'], subset: Embedded['_font']['subset']): void {
  subset._addGlyph = (id) => {
    const { path, advanceWidth, bbox } = font.getGlyph(id);
    const outline = encodeOutline(path);
    subset.glyf.push(outline);
    subset.loca.offsets.push(subset.offset);
    const bearing = outline.length === 0 ? 0 : Math.round(bbox.minX);
    subset.hmtx.metrics.push({ advance: advanceWidth, bearing });
    subset.offset += outline.length;
    return subset.glyf.length - 1;
  };
}

/** A simple glyph of the table `glyf` (OpenType 1.9): every coordinate in two bytes. */
function encodeOutline({ commands }: Path): Uint8Array {
  const points: { x: number; y: number; on: boolean }[] = [];
  const ends: number[] = [];
  for (const { command, args } of commands) {
    for (let i = 0; i < args.length; i += 2) {
      const on = !(command === 'quadraticCurveTo' && i === 0);
      points.push({ x: Math.round(args[i]!), y: Math.round(args[i + 1]!), on });
    }
    if (command === 'closePath') ends.push(points.length - 1);
  }
  if (points.length === 0) return new Uint8Array();
  const xs = points.map(({ x }) => x);
  const ys = points.map(({ y }) => y);
  const size = 10 + ends.length * 2 + 2 + points.length * 5;
  const bytes = new Uint8Array(Math.ceil(size / 4) * 4);
  const view = new DataView(bytes.buffer);
  const box = [Math.min(...xs), Math.min(...ys), Math.max(...xs), Math.max(...ys)];
  for (const [i, value] of [ends.length, ...box].entries()) view.setInt16(i * 2, value);
  let at = 10;
  for (const end of ends) {
    view.setUint16(at, end);
    at += 2;
  }
  // No instructions.
  at += 2;
  for (const { on } of points) view.setUint8(at++, on ? 1 : 0);
  for (const values of [xs, ys]) {
    let last = 0;
    for (const value of values) {
      view.setInt16(at, value - last);
      at += 2;
      last = value;
    }
  }
  return bytes;
}
