import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { csvLine, parseCsv } from './csv.ts';
import type { ListFault } from './list-fault.ts';

describe('parseCsv', () => {
  test('quotes, line endings, a byte order mark and empty lines', () => {
    const text = '\uFEFFemail,name,file\r\n"a@x.y","Lovelace, ""Ada""",1.jpg\r\n\r\nb@x.y,"two\nlines",2.jpg';
    expect(parseCsv(text)).toEqual([
      { line: 1, fields: ['email', 'name', 'file'] },
      { line: 2, fields: ['a@x.y', 'Lovelace, "Ada"', '1.jpg'] },
      { line: 4, fields: ['b@x.y', 'two\nlines', '2.jpg'] },
    ]);
  });

  test('semicolons where the first line has them', () => {
    expect(parseCsv('email;file\na@x.y;1,5.jpg\n')).toEqual([
      { line: 1, fields: ['email', 'file'] },
      { line: 2, fields: ['a@x.y', '1,5.jpg'] },
    ]);
  });

  test.each([
    ['tabs', 'email\tname, given\tfile\na@x.y\tA, B\t1.jpg'],
    ['semicolons, with a comma in a name of a column', 'email;name, given;file\na@x.y;A, B;1.jpg'],
    ['commas, with semicolons inside quotes', 'email,"name; given; all",file\na@x.y,"A, B",1.jpg'],
    ['what the file says', 'sep=|\nemail|name|file\na@x.y|A, B|1.jpg'],
  ])('fields apart by %s', (_what, text) => {
    expect(parseCsv(text).at(-1)?.fields).toEqual(['a@x.y', 'A, B', '1.jpg']);
  });

  test('rows without any text are left out, and lines counted', () => {
    expect(parseCsv('a,b\n,,\n" ",\n1\n')).toEqual([
      { line: 1, fields: ['a', 'b'] },
      { line: 4, fields: ['1'] },
    ]);
  });

  test('a quote that is never closed is refused with the line that opens it', () => {
    expect(() => parseCsv('a,b\n1,"2\n3,4\n')).toThrow('Line 2: a quotation mark is opened');
  });

  test.each([
    ['text after the closing one, which stands in a later line', 'a,b,c\n1,"tall, x,2\n3,"red",4\n', 2],
    ['the same at the end of a row', 'a,b\n1,"x\n2,"y"\n3,z\n', 2],
    ['text after a closing one', 'a,b\n1,2\n"3" 4,5\n', 3],
    ['one after an empty field in quotes', 'a,b\n1,"" "x"\n', 2],
    ['one inside a field without quotes', 'a,b\n1,x "y" z\n', 2],
  ])('a quotation mark that ends nothing is refused with its line: %s', (_what, text, line) => {
    expect(() => parseCsv(text)).toThrow(`Line ${line}: a quotation mark stands inside a field`);
    const faults: ListFault[] = [];
    parseCsv(text, faults);
    expect(faults.map(({ fault }) => fault)).toEqual([{ is: 'stray-quote', line }]);
  });

  test('spaces around a field in quotes are none of its text', () => {
    expect(parseCsv('a,b\n "1" , "2, 3" \n').at(-1)?.fields).toEqual(['1', '2, 3']);
  });

  test('an empty text has no rows', () => {
    expect(parseCsv('')).toEqual([]);
  });

  test('reads back what csvLine writes', () => {
    const field = fc
      .string()
      .map((text) => text.trim())
      .filter((text) => !/(?:^|[;\n])[\s"]*[=+\-@＝＋－＠]|[\t\r]/.test(text));
    fc.assert(
      fc.property(fc.array(fc.tuple(field, field, field), { minLength: 1 }), (rows) => {
        const text = ['a,b,c', ...rows.map((row) => csvLine(row))].join('\n');
        const written = rows.filter((row) => row.some((one) => one !== ''));
        expect(parseCsv(text).map(({ fields }) => fields)).toEqual([['a', 'b', 'c'], ...written]);
      }),
    );
  });
});

describe('csvLine', () => {
  test('disarms what a spreadsheet would run, not numbers', () => {
    expect(csvLine(['=1+1', '@x', -3, 'plain'])).toBe("'=1+1,'@x,-3,plain");
  });

  // Excel of many countries parts fields at semicolons, whatever the quotes around commas say.
  test.each([
    [' =1', "' =1"],
    ['＝1', "'＝1"],
    ['Ada;=1+1.jpg', `"Ada;'=1+1.jpg"`],
    ['Ada; "=1', `"Ada;' ""=1"`],
    ['Ada\n@x', `"Ada\n'@x"`],
    ['Ada\t=1', `"Ada\t'=1"`],
    [`${' '.repeat(40)}=1`, `'${' '.repeat(40)}=1`],
    ['a-b; c=d', '"a-b; c=d"'],
  ])('%j stays a text', (field, expected) => expect(csvLine([field])).toBe(expected));
});
