import type PdfKit from 'pdfkit';
import type { Run } from './pdf-fonts.ts';

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
  const runs = runsOf(text === '' ? '–' : text);
  const x = style.x ?? MARGIN;
  pdf.fontSize(style.size ?? 9.5).fillColor(style.color ?? ink.plain);
  for (const [i, { font, text: part }] of runs.entries()) {
    pdf.font(font);
    const options = { continued: i < runs.length - 1, width: style.width ?? width, lineGap: 1.5 };
    if (i === 0) pdf.text(part, x, pdf.y, options);
    else pdf.text(part, options);
  }
}

/** Points that a paragraph is high. */
export function heightOf(
  { pdf, runsOf }: Page,
  text: string,
  { size = 9.5, width }: Required<Pick<Style, 'width'>> & Style,
): number {
  pdf.fontSize(size).font(runsOf(text === '' ? '–' : text)[0]?.font ?? 'latin');
  return pdf.heightOfString(text === '' ? '–' : text, { width, lineGap: 1.5 });
}
