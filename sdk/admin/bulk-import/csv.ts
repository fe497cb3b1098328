/**
 * The rows of a CSV text (RFC 4180): commas or semicolons as the first line has them, quotes doubled inside quotes, any line
 * ending, a byte order mark skipped. Empty lines are left out. `line` counts from 1.
 */
export function parseCsv(text: string): { line: number; fields: string[] }[] {
  const source = text.replace(/^\uFEFF/, '');
  const head = source.slice(0, source.search(/[\r\n]|$/));
  const separator = head.includes(',') || !head.includes(';') ? ',' : ';';
  const rows: { line: number; fields: string[] }[] = [];
  let fields: string[] = [];
  let field = '';
  let quoted = false;
  let line = 1;
  let start = 1;
  const endField = () => {
    fields.push(field.trim());
    field = '';
  };
  const endRow = () => {
    endField();
    if (fields.length > 1 || fields[0] !== '') rows.push({ line: start, fields });
    fields = [];
    start = line + 1;
  };
  for (let i = 0; i < source.length; i++) {
    const char = source[i];
    if (quoted) {
      if (char === '"' && source[i + 1] === '"') {
        field += '"';
        i++;
      } else if (char === '"') quoted = false;
      else field += char;
    } else if (char === '"' && field.trim() === '') {
      quoted = true;
      field = '';
    } else if (char === separator) endField();
    else if (char === '\n' || (char === '\r' && source[i + 1] !== '\n')) endRow();
    else if (char !== '\r') field += char;
    if (char === '\n' || (char === '\r' && source[i + 1] !== '\n')) line++;
  }
  if (field !== '' || fields.length > 0) endRow();
  return rows;
}

/** One line of CSV; a field that a spreadsheet could take for a formula is disarmed with an apostrophe. */
export function csvLine(fields: readonly (string | number)[]): string {
  return fields
    .map((field) => {
      const text = String(field);
      const safe = /^[=+\-@\t\r]/.test(text) && typeof field === 'string' ? `'${text}` : text;
      return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
    })
    .join(',');
}
