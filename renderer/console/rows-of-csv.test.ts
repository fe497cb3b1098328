import { expect, test } from 'vitest';
import { csvOfRows, rowsOfCsv } from './rows-of-csv.ts';

test('rows that the page does not show are left out, with cells of several lines', () => {
  const csv = '\uFEFFid,Name,Note\r\na_1,Ada,"one, ""two""\r\na_2,three"\r\na_2,Bea,\r\na_3,Cleo,x\r\n';
  expect(rowsOfCsv(csv, new Set(['a_1', 'a_3']))).toBe(
    '\uFEFFName,Note\r\nAda,"one, ""two""\r\na_2,three"\r\nCleo,x\r\n',
  );
  expect(rowsOfCsv(csv, new Set())).toBe('\uFEFFName,Note\r\n');
});

test('rows of the page are written as the box writes a list', () => {
  const rows = [
    { name: 'Laptop', added: '2026-11-20', models: ['a', 'b'], current: true },
    { name: '=1', added: undefined },
  ];
  const columns = ['name', 'added', 'models', 'current'].map((field) => ({ field, heading: field }));
  expect(csvOfRows(rows, columns)).toBe(
    `\uFEFFname,added,models,current\r\nLaptop,2026-11-20,"a, b",true\r\n'=1,,,\r\n`,
  );
});
