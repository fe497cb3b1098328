const BOM = '\uFEFF';

/** A CSV of the box whose first column is the id of each row: without that column, and with the rows of these ids alone. */
export function rowsOfCsv(csv: string, ids: ReadonlySet<string>): string {
  const text = csv.startsWith(BOM) ? csv.slice(BOM.length) : csv;
  // A cell in quotes may have line breaks.
  const [head = '', ...rows] = text.match(/(?:"[^"]*"|[^"\r])*\r\n/g) ?? [];
  const shown = rows.filter((row) => ids.has(row.slice(0, row.indexOf(','))));
  return BOM + [head, ...shown].map((row) => row.slice(row.indexOf(',') + 1)).join('');
}
