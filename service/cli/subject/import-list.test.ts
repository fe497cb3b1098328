import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { readImportList } from './import-list.ts';

let folder: string;
const put = (path: string, text = '') => {
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
  ['no columns', 'a,b\n1,2\n', 'email, e-mail, mail or id, the file file, image, picture, photo or path'],
  ['a gap', 'email,file\nada@x.org,\n', 'Line 2: the file is missing'],
  ['no person', 'email,file\n,1.jpg\n', 'Line 2: the e-mail address is missing'],
  ['nothing', 'email,file\n', 'names no pictures'],
])('a table with %s is refused', async (_what, text, message) => {
  put('staff.csv', text);
  await expect(readImportList(join(folder, 'staff.csv'))).rejects.toThrow(message);
});

test('a path that is not there is refused', async () => {
  await expect(readImportList(join(folder, 'nowhere'))).rejects.toThrow('There is nothing at');
});
