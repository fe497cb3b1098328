import type { Chart, Table } from './document.ts';
import { heightOf, ink, MARGIN, MM, type Page, startPageWithout, write } from './pdf-page.ts';

const CHART_LABEL = 62 * MM;
const CHART_VALUE = 14 * MM;
const ROW = 14;

/** Bars from 0 to 100 %, each with a line from one end of its interval to the other. */
export function drawChart(page: Page, { finding, goal, bars }: Chart): void {
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
export function writeTable(page: Page, { head, rows }: Table): void {
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
