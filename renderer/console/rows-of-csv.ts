import { csvLine } from '../../sdk/admin/bulk-import/csv.ts';
import type { CsvField } from '../ui/tables/declared.ts';

const BOM = '\uFEFF';

/** A CSV of the box whose first column is the id of each row: without that column, and with the rows of these ids alone. */
export function rowsOfCsv(csv: string, ids: ReadonlySet<string>): string {
  const text = csv.startsWith(BOM) ? csv.slice(BOM.length) : csv;
  // A cell in quotes may have line breaks.
  const [head = '', ...rows] = text.match(/(?:"[^"]*"|[^"\r])*\r\n/g) ?? [];
  const shown = rows.filter((row) => ids.has(row.slice(0, row.indexOf(','))));
  return BOM + [head, ...shown].map((row) => row.slice(row.indexOf(',') + 1)).join('');
}

/** Rows of the page, as the box writes the CSV of a list. */
export function csvOfRows(rows: readonly object[], columns: readonly CsvField[]): string {
  const head = columns.map(({ heading }) => heading);
  const lines = rows.map((row) => {
    const values = row as Readonly<Record<string, unknown>>;
    return columns.map(({ field }) => [values[field]].flat().join(', '));
  });
  return BOM + [head, ...lines].map((line) => `${csvLine(line)}\r\n`).join('');
}
