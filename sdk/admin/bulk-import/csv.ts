import { ListFault } from './list-fault.ts';

/**
 * The rows of a CSV text (RFC 4180): fields apart by comma, semicolon or tab, whichever the first line has most of, or as a line
 * `sep=;` of Excel before it says; quotes doubled inside quotes, any line ending, a byte order mark skipped. Rows without any text
 * are left out. `line` counts from 1. A quotation mark that is never closed, or that stands where the text of a field does not begin or end with it,
 * goes into `faults`, and its row is left out; without `faults` it is thrown, a ListFault.
 */
export function parseCsv(text: string, faults?: ListFault[]): { line: number; fields: string[] }[] {
  const [, separatorLine = '', named] = /^\uFEFF?(sep=(.)(?:\r\n|\r|\n|$))?/i.exec(text) ?? [];
  const source = text.replace(/^\uFEFF/, '').slice(separatorLine.length);
  const separator = named ?? separatorOf(source);
  const rows: { line: number; fields: string[] }[] = [];
  let fields: string[] = [];
  let field = '';
  let state: 'plain' | 'quoted' | 'closed' = 'plain';
  /** The line of the last opening quotation mark. */
  let opened = 0;
  /** The row in which a stray one was found: one fault each. */
  let strayIn = 0;
  let line = separatorLine === '' ? 1 : 2;
  let start = line;
  const endField = () => {
    fields.push(field.trim());
    field = '';
    state = 'plain';
  };
  const endRow = () => {
    endField();
    if (strayIn !== start && fields.some((one) => one !== '')) rows.push({ line: start, fields });
    fields = [];
    start = line + 1;
  };
  const refuse = (fault: ListFault) => {
    if (faults === undefined) throw fault;
    faults.push(fault);
  };
  for (let i = 0; i < source.length; i++) {
    const char = source[i];
    if (state === 'quoted') {
      if (char === '"' && source[i + 1] === '"') {
        field += '"';
        i++;
      } else if (char === '"') state = 'closed';
      else field += char;
    } else if (char === '"' && state === 'plain' && field.trim() === '') {
      state = 'quoted';
      opened = line;
      field = '';
    } else if (char === separator) endField();
    else if (char === '\n' || (char === '\r' && source[i + 1] !== '\n')) endRow();
    else if (char !== '\r') {
      if ((char === '"' || (state === 'closed' && char?.trim() !== '')) && strayIn !== start) {
        strayIn = start;
        refuse(strayQuote(state === 'closed' ? opened : line));
      }
      field += char;
    }
    if (char === '\n' || (char === '\r' && source[i + 1] !== '\n')) line++;
  }
  if (state === 'quoted')
    refuse(
      new ListFault(
        { is: 'open-quote', line: opened },
        `Line ${opened}: a quotation mark is opened and never closed.`,
      ),
    );
  else if (field !== '' || fields.length > 0) endRow();
  return rows;
}

const strayQuote = (line: number) =>
  new ListFault(
    { is: 'stray-quote', line },
    `Line ${line}: a quotation mark stands inside a field, or is not closed where the field ends. A field with quotation marks stands in quotation marks, and each of its own is written twice.`,
  );

/** Of the first line with text, outside quotes. */
function separatorOf(source: string): string {
  const head = (/[^\r\n,;\t ][^\r\n]*/.exec(source)?.[0] ?? '').replaceAll(/"(?:[^"]|"")*"/g, '');
  const count = (separator: string) => head.split(separator).length;
  return [',', ';', '\t'].reduce((most, one) => (count(one) > count(most) ? one : most));
}

/** Where a spreadsheet could begin a formula: as in `service/doors/admin/csv.ts`, which imports nothing of here. */
const formula = /(?:^|(?<=[;\t\n\r]))(?=(?:[^\S\t\n\r]|")*[=+\-@＝＋－＠]|[\t\r])/g;

/** One line of CSV; a text that a spreadsheet could take for a formula is disarmed with an apostrophe. */
export function csvLine(fields: readonly (string | number)[]): string {
  return fields
    .map((field) => {
      const safe = typeof field === 'string' ? field.replaceAll(formula, "'") : String(field);
      return /[",;\t\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
    })
    .join(',');
}
