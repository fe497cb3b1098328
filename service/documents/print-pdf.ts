import PdfKit from 'pdfkit';
import type { Chart, Item, PrintedDocument, Section, Table } from './document.ts';
import {
  heightOf,
  ink,
  LABEL,
  loadFonts,
  MARGIN,
  MM,
  type Page,
  startPageWithout,
  write,
} from './pdf-page.ts';

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

const CHART_LABEL = 62 * MM;
const CHART_VALUE = 14 * MM;
const ROW = 14;

/** Bars from 0 to 100 %, each with a line from one end of its interval to the other. */
function drawChart(page: Page, { finding, goal, bars }: Chart): void {
  const { pdf, width } = page;
  startPageWithout(page, Math.min(bars.length * ROW + 60, 400));
  pdf.y += 6;
  write(page, finding, { size: 10.5 });
  pdf.y += 3;
  const left = MARGIN + CHART_LABEL;
  const across = width - CHART_LABEL - CHART_VALUE;
  let top = pdf.y;
  for (const { label, value, from, to } of bars) {
    if (startPageWithout(page, ROW + 24)) top = pdf.y;
    const y = pdf.y;
    write(page, label, { size: 8.5, width: CHART_LABEL - 3 * MM });
    const next = Math.max(pdf.y, y + ROW);
    const middle = y + 6;
    pdf.rect(left, y + 2.5, across, 7).fill('#eef0f3');
    if (value > 0) pdf.rect(left, y + 2.5, across * value, 7).fill(ink.bar);
    pdf.moveTo(left + across * from, middle).lineTo(left + across * to, middle);
    for (const end of [from, to]) pdf.moveTo(left + across * end, y + 3).lineTo(left + across * end, y + 9);
    pdf.lineWidth(0.8).strokeColor(ink.plain).stroke();
    pdf.y = y;
    write(page, `${(100 * value).toFixed(1)} %`, {
      size: 8.5,
      x: left + across + 2 * MM,
      width: CHART_VALUE,
    });
    pdf.y = next;
  }
  if (goal) {
    const at = left + across * goal.value;
    pdf
      .moveTo(at, top)
      .lineTo(at, pdf.y)
      .dash(2, { space: 2 })
      .lineWidth(0.8)
      .strokeColor(ink.plain)
      .stroke()
      .undash();
  }
  const legend = `Bars: share. Lines: 95 % interval.${goal ? ` Dashed: ${goal.label}.` : ''}`;
  write(page, legend, { size: 8, color: ink.quiet, x: left, width: across + CHART_VALUE });
}

/** Each row stays on one page. */
function writeTable(page: Page, { head, rows }: Table): void {
  const { pdf } = page;
  const widths = columnsOf(page, { head, rows });
  startPageWithout(page, 60);
  pdf.y += 8;
  writeRow(page, head, widths, true);
  for (const row of rows) {
    const tall = rowHeight(page, row, widths);
    if (startPageWithout(page, tall + 4)) writeRow(page, head, widths, true);
    writeRow(page, row, widths, false);
  }
}

/** Each column is as wide as its longest word; what is left goes to columns with long texts. */
function columnsOf(page: Page, { head, rows }: Table): number[] {
  const lines = [head, ...rows];
  const least = head.map((_, i) =>
    Math.max(...lines.flatMap((line) => line[i]!.split(/\s+/).map((word) => widthOf(page, word)))),
  );
  const wanted = head.map((_, i) =>
    Math.max(...lines.map((line) => Math.min(widthOf(page, line[i]!), MOST))),
  );
  const spare = page.width - least.reduce((sum, one) => sum + one + GAP, 0);
  const wish = wanted.reduce((sum, one, i) => sum + one - least[i]!, 0);
  const share = wish === 0 ? 0 : Math.max(0, spare) / wish;
  const shrink = Math.min(1, page.width / (page.width - spare));
  return least.map((one, i) => (one + GAP) * shrink + (wanted[i]! - one) * share);
}

/** Points that a cell asks for at most. */
const MOST = 90 * MM;
const widthOf = ({ pdf, runsOf }: Page, text: string): number => {
  pdf.fontSize(8).font(runsOf(text)[0]?.font ?? 'latin');
  return pdf.widthOfString(text) + 1;
};

const GAP = 2 * MM;
const rowHeight = (page: Page, cells: readonly string[], widths: readonly number[]): number =>
  Math.max(...cells.map((text, i) => heightOf(page, text, { size: 8, width: widths[i]! - GAP })));

function writeRow(page: Page, cells: readonly string[], widths: readonly number[], isHead: boolean): void {
  const { pdf, width } = page;
  const top = pdf.y;
  const tall = rowHeight(page, cells, widths);
  let x = MARGIN;
  for (const [i, text] of cells.entries()) {
    pdf.y = top;
    write(page, text, { size: 8, x, width: widths[i]! - GAP, color: isHead ? ink.quiet : ink.plain });
    x += widths[i]!;
  }
  pdf.y = top + tall + 1;
  pdf
    .moveTo(MARGIN, pdf.y)
    .lineTo(MARGIN + width, pdf.y)
    .lineWidth(isHead ? 0.8 : 0.3)
    .strokeColor(ink.line)
    .stroke();
  pdf.y += 2;
}
