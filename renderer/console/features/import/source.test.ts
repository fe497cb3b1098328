import { expect, test } from 'vitest';
import { readSource, UnknownEncoding } from './source.ts';

/** As a browser gives the files of a folder, or single ones without one. */
function file(path: string, content: string | Uint8Array<ArrayBuffer> = path): File {
  const made = new File([content], path.slice(path.lastIndexOf('/') + 1));
  Object.defineProperty(made, 'webkitRelativePath', { value: path.includes('/') ? path : '' });
  return made;
}
const shown = (list: Awaited<ReturnType<typeof readSource>>) =>
  list.entries.map(({ label, person, name }) => [label, person, ...(name === undefined ? [] : [name])]);
const text = async (list: Awaited<ReturnType<typeof readSource>>, at: number) =>
  new TextDecoder().decode(await list.entries[at]!.read());

test('a folder: files and folders named after people', async () => {
  const list = await readSource([
    file('photos/emp-17.jpg'),
    file('photos/ada@x.org/1.jpg'),
    file('photos/notes.txt'),
    file('photos/.DS_Store'),
  ]);
  expect(shown(list)).toEqual([
    ['ada@x.org/1.jpg', 'ada@x.org'],
    ['emp-17.jpg', 'emp-17'],
  ]);
  expect(list).toMatchObject({ people: 2, nameless: ['emp-17'], missing: 0, passedOver: 1 });
  expect(await text(list, 0)).toBe('photos/ada@x.org/1.jpg');
});

test('a table with pictures chosen beside it, whatever system wrote it', async () => {
  const list = await readSource([
    file('staff.csv', 'email;name;file\nada@x.org;Ada;photos\\ADA.jpg\nbea@x.org;;bea.jpg\n'),
    file('Ada.jpg'),
  ]);
  expect(shown(list)).toEqual([
    ['photos\\ADA.jpg', 'ada@x.org', 'Ada'],
    ['bea.jpg', 'bea@x.org'],
  ]);
  expect(list.missing).toBe(1);
  expect(await text(list, 0)).toBe('Ada.jpg');
  await expect(list.entries[1]!.read()).rejects.toThrow('not chosen');
});

test('one name in two folders is no one’s picture without the folder', async () => {
  const list = await readSource([
    file('p/staff.csv', 'email,file\nada@x.org,1.jpg\nbea@x.org,b/1.jpg\n'),
    file('p/a/1.jpg'),
    file('p/b/1.jpg'),
  ]);
  expect(list.missing).toBe(1);
  expect(await text(list, 1)).toBe('p/b/1.jpg');
});

test.each([
  ['nothing of use', [file('notes.txt')], 'no-pictures'],
  ['two tables', [file('a.csv', 'email,file\n'), file('b.csv', 'email,file\n')], 'several-tables'],
])('%s is refused', async (_, files, is) => {
  await expect(readSource(files)).rejects.toMatchObject({ is });
});

test('a picture over the limit is refused without reading it', async () => {
  const large = file('ada@x.org.jpg');
  Object.defineProperty(large, 'size', { value: 11 * 1024 * 1024 });
  const list = await readSource([large]);
  await expect(list.entries[0]!.read()).rejects.toThrow('larger than 10 MB');
});

test('a table that is not Unicode is read in the encoding that a person chooses by its letters', async () => {
  const bytes = Uint8Array.from(Buffer.from('email;name;file\na@x.org;Jürgen;1.jpg\n', 'latin1'));
  const files = [file('staff.csv', bytes), file('1.jpg')];
  const error = await readSource(files).catch((error: unknown) => error);
  expect(error).toBeInstanceOf(UnknownEncoding);
  const { readings } = error as UnknownEncoding;
  expect(readings[0]).toEqual({ encoding: 'windows-1252', line: 'a@x.org;Jürgen;1.jpg' });
  expect(readings.map(({ line }) => line).join()).not.toContain('\ufffd');
  expect(shown(await readSource(files, 'windows-1252'))).toEqual([['1.jpg', 'a@x.org', 'Jürgen']]);
});

test.each([
  ['email,note,file\na@x.org,"tall,a.jpg\nb@x.org,"red",b.jpg\n', [{ is: 'stray-quote', line: 2 }]],
  [
    'email,file,name\na@x.org,a.jpg,Lovelace, Ada\nb@x.org,b.jpg,"Bo\n',
    [
      { is: 'too-many-fields', line: 2 },
      { is: 'open-quote', line: 3 },
    ],
  ],
])('a table with rows that are not clear is refused with their lines', async (table, all) => {
  const files = [file('staff.csv', table), file('a.jpg'), file('b.jpg')];
  await expect(readSource(files)).rejects.toMatchObject({ all });
});
