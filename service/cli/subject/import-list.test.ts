import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { personKey } from '../../../sdk/admin/bulk-import/picture-list.ts';
import { normalizeEmail } from '../../storage/email-address.ts';
import { readEncoding, readImportList } from './import-list.ts';

let folder: string;
const put = (path: string, text: string | Uint8Array = '') => {
  mkdirSync(dirname(join(folder, path)), { recursive: true });
  writeFileSync(join(folder, path), text);
};

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'gatehouse-import-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

test('a folder: files and folders named after people, other files left alone', async () => {
  put('zoe@x.org.JPG');
  put('ada@x.org/1.jpg');
  put('ada@x.org/old/2.webp');
  put('ada@x.org/old/3.HEIC');
  put('ada@x.org/old/4.tiff');
  put('ada@x.org/notes.txt');
  put('.hidden.jpg');
  put('readme.txt');
  put('ada@x.org/old/.DS_Store');
  const { entries, passedOver } = await readImportList(folder);
  expect(passedOver).toBe(2);
  expect(entries).toEqual([
    { label: 'ada@x.org/1.jpg', file: join(folder, 'ada@x.org/1.jpg'), person: 'ada@x.org' },
    { label: 'ada@x.org/old/2.webp', file: join(folder, 'ada@x.org/old/2.webp'), person: 'ada@x.org' },
    ...['3.HEIC', '4.tiff'].map((name) => ({
      label: `ada@x.org/old/${name}`,
      file: join(folder, 'ada@x.org/old', name),
      person: 'ada@x.org',
    })),
    { label: 'zoe@x.org.JPG', file: join(folder, 'zoe@x.org.JPG'), person: 'zoe@x.org' },
  ]);
});

test('a table: columns in any order, files beside it, the name where there is one', async () => {
  put('staff.csv', 'Name,File,EMail\nAda,photos/1.jpg,ada@x.org\n,/abs/2.jpg,sub_1\n');
  const { entries } = await readImportList(join(folder, 'staff.csv'));
  expect(entries).toEqual([
    { label: 'photos/1.jpg', file: join(folder, 'photos/1.jpg'), person: 'ada@x.org', name: 'Ada' },
    { label: '/abs/2.jpg', file: '/abs/2.jpg', person: 'sub_1' },
  ]);
});

test.each([
  [
    'no columns',
    'a,b\n1,2\n',
    'email, e-mail, mail, e-mail-adresse, email-adresse or id, the file file, image, picture, photo, path, datei, bild, foto or pfad',
  ],
  [
    'two addresses',
    'email,name,mail,file\na@x.org,A,b@x.org,1.jpg\n',
    'Several columns say the same: email, mail',
  ],
  ['two files', 'email,file,image\na@x.org,1.jpg,2.jpg\n', 'Several columns say the same: file, image'],
  ['two names', 'email,name,name,file\na@x.org,A,B,1.jpg\n', 'Several columns say the same: name, name'],
  [
    'a control character',
    'email,file\na@x.org,1.jpg\nb\0@x.org,2.jpg\n',
    'Line 3: it holds the control character U+0000',
  ],
  ['the bytes of a workbook', 'PK\x03\x04\0\0', 'It is an Excel workbook. Save it as CSV UTF-8.'],
  ['a gap', 'email,file\nada@x.org,\n', 'Line 2: the file is missing'],
  ['no person', 'email,file\n,1.jpg\n', 'Line 2: the e-mail address is missing'],
  ['nothing', 'email,file\n', 'names no pictures'],
  [
    'an open quote',
    'email,name,file\na@x.org,"A,1.jpg\nb@x.org,B,2.jpg\n',
    'Line 2: a quotation mark is opened',
  ],
  [
    'a quote that another person’s row closes',
    'email,note,file\na@x.org,"tall, known as Ada,a.jpg\nb@x.org,"red hair",b.jpg\n',
    'Line 2: a quotation mark stands inside a field, or is not closed where the field ends.',
  ],
  [
    'a comma in a name without quotes',
    'email,file,name\na@x.org,a.jpg,Ada\nc@x.org,c.jpg,Lovelace, Ada\n',
    'Line 3: it has 4 fields, and the first line names 3 columns.',
  ],
  ['a row too short for its file', 'email,name,file\na@x.org,1.jpg\n', 'Line 2: the file is missing'],
  [
    'several bad lines, all of them at once',
    'email,file\n,1.jpg\nb@x.org,\nc\u0001@x.org,3.jpg\nd@x.org,"4.jpg\n',
    /Line 2: the e-mail address is missing\. Line 3: the file is missing\. Line 4: it holds the control character U\+0001\..* Line 5: a quotation mark/,
  ],
  ['lost letters', 'email,name,file\na@x.org,J\ufffdrgen,1.jpg\n', 'Line 2: letters were lost'],
])('a table with %s is refused', async (_what, text, message) => {
  put('staff.csv', text);
  await expect(readImportList(join(folder, 'staff.csv'))).rejects.toThrow(message);
});

test.each([
  ['German names', 'E-Mail-Adresse;Name;Datei\nada@x.org;Ada;1.jpg\n'],
  ['a number beside the address', 'id;email;name;bild\n17;ada@x.org;Ada;1.jpg\n'],
  ['fields without text after the last column', 'email,name,file\nada@x.org,Ada,1.jpg,, \n'],
  ['a row that ends before a column that it does not need', 'email,name,file,note\nada@x.org,Ada,1.jpg\n'],
  ['the end-of-file mark of DOS', 'email,name,file\r\nada@x.org,Ada,1.jpg\r\n\x1a'],
])('a table with %s is read', async (_what, text) => {
  put('staff.csv', text);
  expect((await readImportList(join(folder, 'staff.csv'))).entries).toEqual([
    { label: '1.jpg', file: join(folder, '1.jpg'), person: 'ada@x.org', name: 'Ada' },
  ]);
});

const umlauts = 'email;name;file\r\nmueller@example.com;Jürgen Müller;photos/2.jpg\r\n';
const utf16 = (text: string) => Buffer.from(`\ufeff${text}`, 'utf16le');

test.each([
  ['UTF-8', Buffer.from(umlauts), undefined],
  ['UTF-8 with a mark', Buffer.from(`\ufeff${umlauts}`), undefined],
  ['UTF-16', utf16(umlauts), undefined],
  ['UTF-16, big-endian', utf16(umlauts).swap16(), undefined],
  ['UTF-16 without a mark', utf16(umlauts).subarray(2), undefined],
  ['windows-1252', Buffer.from(umlauts, 'latin1'), 'windows-1252'],
  ['NFD', Buffer.from(umlauts.normalize('NFD')), undefined],
  ['tabs', utf16(umlauts.replaceAll(';', '\t')), undefined],
  ['rows without text, as Excel leaves them', Buffer.from(`${umlauts};;\r\n; ;\r\n`), undefined],
  ['a line that names the separator', Buffer.from(`sep=;\r\n${umlauts}`), undefined],
])('a table in %s', async (_what, bytes, encoding) => {
  put('staff.csv', bytes);
  const { entries } = await readImportList(join(folder, 'staff.csv'), encoding);
  expect(entries).toEqual([
    {
      label: 'photos/2.jpg',
      file: join(folder, 'photos/2.jpg'),
      person: 'mueller@example.com',
      name: 'Jürgen Müller',
    },
  ]);
});

test('a table that is neither UTF-8 nor UTF-16 is read as what it says, and never guessed', async () => {
  const path = join(folder, 'staff.csv');
  put('staff.csv', Buffer.from(umlauts, 'latin1'));
  await expect(readImportList(path)).rejects.toThrow(
    'With --encoding windows-1252, as Excel writes in Western Europe, it says: "mueller@example.com;Jürgen Müller;photos/2.jpg". Nothing was enrolled.',
  );
  await expect(readImportList(path, 'utf-16be')).rejects.toThrow('It is not written in utf-16be');
  put(
    'staff.csv',
    Buffer.concat([Buffer.from('email,file\na'), Buffer.from([0x81]), Buffer.from('@x.org,1.jpg')]),
  );
  await expect(readImportList(path, 'windows-1252')).rejects.toThrow('It is not written in windows-1252');
  expect(readEncoding('ISO-8859-1')).toBe('windows-1252');
  expect(() => readEncoding('ebcdic')).toThrow('--encoding: "ebcdic" is not an encoding.');
});

test('spellings of one address are one person, as the service compares them', () => {
  const spellings = [
    'ada@bücher.example',
    'Ada@BU\u0308CHER.example',
    'ada@xn--bcher-kva.example',
    ' ADA@XN--bcher-kva.example',
  ];
  expect(new Set(spellings.map(personKey))).toEqual(new Set(['ada@xn--bcher-kva.example']));
  for (const one of [
    ...spellings,
    'ΑΔΑΣ@example.com',
    'groẞ@example.com',
    'emp-17',
    'sub_1',
    'ada@1',
    'a@ü/x',
  ])
    expect(personKey(one)).toBe(normalizeEmail(one));
});

test('a path that is not there is refused', async () => {
  await expect(readImportList(join(folder, 'nowhere'))).rejects.toThrow('There is nothing at');
});
