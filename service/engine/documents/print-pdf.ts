import PdfKit from 'pdfkit';
import type { Item, PrintedDocument, Section } from './document.ts';
import { loadFonts, type Run } from './pdf-fonts.ts';

/** Points of a millimetre. */
const MM = 72 / 25.4;
const MARGIN = 18 * MM;
/** Width of the label beside a value. */
const LABEL = 45 * MM;
const ink = { plain: '#1a1d21', quiet: '#5c6570', line: '#d5dae0' };

type Pdf = InstanceType<typeof PdfKit>;
interface Page {
  pdf: Pdf;
  runsOf(text: string): Run[];
  width: number;
}

/** Needs a second of the processor: call it in a thread (`renderPdf`). */
export async function printPdf(document: PrintedDocument): Promise<Uint8Array> {
  const pdf = new PdfKit({
    size: 'A4',
    margin: MARGIN,
    bufferPages: true,
    lang: 'en',
    displayTitle: true,
    info: { Title: document.title, Producer: 'Gatehouse' },
  });
  const chunks: Buffer[] = [];
  pdf.on('data', (chunk: Buffer) => chunks.push(chunk));
  const ended = new Promise((resolve) => pdf.once('end', resolve));
  const page: Page = { pdf, ...loadFonts(pdf), width: pdf.page.width - 2 * MARGIN };
  write(page, document.title, { size: 20 });
  pdf.moveDown(0.4);
  for (const line of document.lead) write(page, line, { color: ink.quiet });
  for (const section of document.sections) writeSection(page, section);
  writeFeet(page, document.foot);
  pdf.end();
  await ended;
  return new Uint8Array(Buffer.concat(chunks));
}

interface Style {
  size?: number;
  color?: string;
  x?: number;
  width?: number;
}

/** One paragraph from where the last ended, in as many fonts as its characters need. */
function write({ pdf, runsOf, width }: Page, text: string, style: Style = {}): void {
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

function writeSection(page: Page, { heading, note, items }: Section): void {
  const { pdf, width } = page;
  // A heading is not left alone at the end of a page.
  if (pdf.y > pdf.page.height - MARGIN - 60) pdf.addPage();
  pdf.moveDown(1);
  write(page, heading, { size: 13 });
  pdf
    .moveTo(MARGIN, pdf.y + 2)
    .lineTo(MARGIN + width, pdf.y + 2)
    .lineWidth(0.5)
    .strokeColor(ink.line)
    .stroke();
  pdf.y += 8;
  if (note !== undefined) write(page, note, { color: ink.quiet });
  for (const item of items) writeItem(page, item);
}

function writeItem(page: Page, { title, facts }: Item): void {
  const { pdf, width } = page;
  if (title !== undefined) {
    if (pdf.y > pdf.page.height - MARGIN - 40) pdf.addPage();
    pdf.y += 4;
    write(page, title, { size: 10.5 });
  }
  for (const [label, value] of facts) {
    if (pdf.y > pdf.page.height - MARGIN - 16) pdf.addPage();
    const top = pdf.y;
    const at = pdf.bufferedPageRange().count;
    write(page, label, { color: ink.quiet, width: LABEL - 3 * MM });
    const below = pdf.bufferedPageRange().count === at ? pdf.y : MARGIN;
    if (pdf.bufferedPageRange().count === at) pdf.y = top;
    write(page, value, { x: MARGIN + LABEL, width: width - LABEL });
    if (pdf.bufferedPageRange().count === at) pdf.y = Math.max(pdf.y, below);
    pdf.y += 1;
  }
  pdf.y += 3;
}

/** The number of pages is known only now. */
function writeFeet(page: Page, foot: string): void {
  const { pdf, width } = page;
  const { start, count } = pdf.bufferedPageRange();
  for (let i = start; i < start + count; i++) {
    pdf.switchToPage(i);
    // Below the margin no text is broken to the next page.
    pdf.page.margins.bottom = 0;
    pdf.y = pdf.page.height - MARGIN + 5 * MM;
    const number = `Page ${i + 1} of ${count}`;
    write(page, `${number} · ${foot}`, { size: 8, color: ink.quiet, width });
  }
}
