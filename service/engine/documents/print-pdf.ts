import PdfKit from 'pdfkit';
import type { Item, PrintedDocument, Section } from './document.ts';
import { drawChart, writeTable } from './pdf-figures.ts';
import { loadFonts } from './pdf-fonts.ts';
import { ink, LABEL, MARGIN, MM, type Page, startPageWithout, write } from './pdf-page.ts';

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

function writeSection(page: Page, { heading, note, items, chart, table, points }: Section): void {
  const { pdf, width } = page;
  // A heading is not left alone at the end of a page.
  startPageWithout(page, 60);
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
  if (chart) drawChart(page, chart);
  if (table) writeTable(page, table);
  if (points) writePoints(page, points);
}

function writePoints(page: Page, { title, lines }: NonNullable<Section['points']>): void {
  startPageWithout(page, 40);
  page.pdf.y += 6;
  write(page, title, { size: 10.5 });
  for (const line of lines) {
    startPageWithout(page, 16);
    const top = page.pdf.y;
    write(page, '–', { width: 3 * MM });
    page.pdf.y = top;
    write(page, line, { x: MARGIN + 4 * MM, width: page.width - 4 * MM });
  }
}

function writeItem(page: Page, { title, facts }: Item): void {
  const { pdf, width } = page;
  if (title !== undefined) {
    startPageWithout(page, 40);
    pdf.y += 4;
    write(page, title, { size: 10.5 });
  }
  for (const [label, value] of facts) {
    startPageWithout(page, 16);
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
