import { deflateRawSync } from 'node:zlib';
import { expect, test } from 'vitest';
import { LARGEST_FILE, openZip } from './zip.ts';

interface Made {
  name: string | Buffer;
  content: Buffer;
  method?: 0 | 8;
  /** What the directory says of its unpacked length. */
  claims?: number;
  flags?: number;
}

/** A ZIP file as programs write it: local headers, the directory, its end. */
function zipOf(files: readonly Made[], { comment = '' } = {}): Buffer {
  const parts: Buffer[] = [];
  const directory: Buffer[] = [];
  let at = 0;
  for (const { name, content, method = 8, claims = content.length, flags = 0x800 } of files) {
    const packed = method === 8 ? deflateRawSync(content) : content;
    const bytes = typeof name === 'string' ? Buffer.from(name) : name;
    const local = Buffer.alloc(30);
    local.writeUInt32LE(0x04034b50, 0);
    local.writeUInt16LE(bytes.length, 26);
    const entry = Buffer.alloc(46);
    entry.writeUInt32LE(0x02014b50, 0);
    entry.writeUInt16LE(flags, 8);
    entry.writeUInt16LE(method, 10);
    entry.writeUInt32LE(packed.length, 20);
    entry.writeUInt32LE(claims, 24);
    entry.writeUInt16LE(bytes.length, 28);
    entry.writeUInt32LE(at, 42);
    parts.push(local, bytes, packed);
    directory.push(entry, bytes);
    at += 30 + bytes.length + packed.length;
  }
  const whole = Buffer.concat(directory);
  const end = Buffer.alloc(22);
  end.writeUInt32LE(0x06054b50, 0);
  end.writeUInt16LE(files.length, 10);
  end.writeUInt32LE(whole.length, 12);
  end.writeUInt32LE(at, 16);
  end.writeUInt16LE(comment.length, 20);
  return Buffer.concat([...parts, whole, end, Buffer.from(comment)]);
}

const open = (bytes: Buffer) => openZip(new Blob([Uint8Array.from(bytes)]));
const one = async (file: Made) => (await open(zipOf([file])))[0]!;

test('stored and deflated files are read, folders left out, also behind a comment', async () => {
  const files = await open(
    zipOf(
      [
        { name: 'ada@x.org/1.jpg', content: Buffer.from('one '.repeat(100)) },
        { name: 'ada@x.org/', content: Buffer.alloc(0), method: 0 },
        { name: 'Zoë.jpg', content: Buffer.from('two'), method: 0 },
      ],
      { comment: 'packed by a test' },
    ),
  );
  expect(files.map(({ path }) => path)).toEqual(['ada@x.org/1.jpg', 'Zoë.jpg']);
  expect(await Promise.all(files.map(async ({ read }) => Buffer.from(await read()).toString()))).toEqual([
    'one '.repeat(100),
    'two',
  ]);
});

test('a file that unpacks to more than it claims ends at the limit', async () => {
  const bomb = await one({ name: 'a.jpg', content: Buffer.alloc(LARGEST_FILE + 1), claims: 10 });
  await expect(bomb.read()).rejects.toThrow('larger than 10 MB');
});

test('a file that claims more than the limit is not unpacked', async () => {
  const large = await one({ name: 'a.jpg', content: Buffer.from('x'), claims: LARGEST_FILE + 1 });
  await expect(large.read()).rejects.toThrow('larger than 10 MB');
});

test.each([
  ['encrypted', { flags: 1 }, 'without a password'],
  ['of another method', { method: 12 as never }, 'ordinary ZIP file'],
])('%s: refused with what to do', async (_, more, message) => {
  const file = await one({ name: 'a.jpg', content: Buffer.from('x'), ...more });
  await expect(file.read()).rejects.toThrow(message);
});

test('what is damaged inside is the fault of that file alone', async () => {
  const bytes = zipOf([{ name: 'a.jpg', content: Buffer.from('something') }]);
  bytes[36] = 0xff;
  await expect((await open(bytes))[0]!.read()).rejects.toThrow('damaged in the ZIP');
});

test.each([
  ['a JPEG', Buffer.from('ffd8ffe0', 'hex'), 'no ZIP file'],
  ['cut off in its directory', zipOf([{ name: 'a.jpg', content: Buffer.from('x') }]).subarray(20), 'damaged'],
  ['nothing', Buffer.alloc(0), 'no ZIP file'],
])('%s is refused', async (_, bytes, message) => {
  await expect(open(bytes)).rejects.toThrow(message);
});

test('the end may not name a directory elsewhere, nor more files than there are', async () => {
  const far = zipOf([{ name: 'a.jpg', content: Buffer.from('x') }]);
  far.writeUInt32LE(0xfffffff0, far.length - 6);
  await expect(open(far)).rejects.toThrow('damaged');
  const many = zipOf([{ name: 'a.jpg', content: Buffer.from('x') }]);
  many.writeUInt16LE(9, many.length - 12);
  await expect(open(many)).rejects.toThrow('damaged');
});

test('names that are not marked as UTF-8 are in code page 437, as Windows packs them', async () => {
  // The last letter of the page is a space that does not break.
  const name = Buffer.from('stra\xe1e@m\x81ller.example/\xff\x82.jpg', 'latin1');
  expect((await one({ name, content: Buffer.from('x'), flags: 0 })).path).toBe(
    'straße@müller.example/\u00a0é.jpg',
  );
});
