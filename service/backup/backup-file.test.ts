import { execFileSync } from 'node:child_process';
import { createSecretKey } from 'node:crypto';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import {
  type BackupFacts,
  type BackupKey,
  CHUNK,
  openBackupFile,
  TAG,
  writeBackupFile,
} from './backup-file.ts';
import { drain, packParts, unpackParts } from './backup-parts.ts';

const facts: BackupFacts = {
  takenAt: '2026-11-20T12:00:00.000Z',
  origin: 'operator',
  gatehouse: '0.1.0',
  schema: '0002-record',
  database: 'sqlite',
  organizations: ['org_1'],
  masterKey: 'm1',
  backupKey: 'b1',
  erasures: 0,
  models: [],
};
const key: BackupKey = { id: 'b1', key: createSecretKey(new Uint8Array(32).fill(3)) };

let folder: string;
let files = 0;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'gatehouse-backup-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const newPath = () => join(folder, `${files++}.backup`);

async function* pieces(...parts: Uint8Array[]) {
  yield* parts;
}

async function readAll(path: string, with_ = key): Promise<Buffer> {
  const backup = await openBackupFile(path);
  try {
    const chunks: Uint8Array[] = [];
    for await (const chunk of backup.read(with_)) chunks.push(Buffer.from(chunk));
    return Buffer.concat(chunks);
  } finally {
    await backup.close();
  }
}

const random = (length: number) => Buffer.from(Uint8Array.from({ length }, (_, i) => (i * 7919) % 251));

test.each([0, 1, CHUNK - 1, CHUNK, CHUNK + 1, 2 * CHUNK, 3 * CHUNK + 5])(
  '%i bytes come back as they were, in a file that only its owner reads',
  async (length) => {
    const path = newPath();
    const plain = random(length);
    const { bytes } = await writeBackupFile(
      path,
      facts,
      key,
      pieces(plain.subarray(0, length / 2), plain.subarray(length / 2)),
    );
    expect((await readAll(path)).equals(plain)).toBe(true);
    expect([statSync(path).size, statSync(path).mode & 0o777]).toEqual([bytes, 0o600]);
    expect(existsSync(`${path}.unfinished`)).toBe(false);
  },
);

test('the same bytes are sealed differently every time', async () => {
  const [one, two] = [newPath(), newPath()];
  for (const path of [one, two]) await writeBackupFile(path, facts, key, pieces(random(100)));
  expect(readFileSync(one).subarray(-116)).not.toEqual(readFileSync(two).subarray(-116));
});

test('one bit that was changed anywhere, header included, is refused by name', async () => {
  const path = newPath();
  await writeBackupFile(path, facts, key, pieces(random(CHUNK + 4000)));
  const whole = readFileSync(path);
  const header = whole.length - (CHUNK + 4000 + 2 * TAG);
  const changed = newPath();
  // The header is small beside the rest: half of the positions are in it.
  const position = fc.oneof(fc.nat(header - 1), fc.nat(whole.length - 1));
  await fc.assert(
    fc.asyncProperty(position, fc.nat(7), async (at, bit) => {
      const bytes = Buffer.from(whole);
      bytes[at] = bytes[at]! ^ (1 << bit);
      writeFileSync(changed, bytes);
      await expect(readAll(changed)).rejects.toMatchObject({ code: 'BACKUP_UNUSABLE' });
    }),
    { numRuns: 120 },
  );
});

test('a file that was cut anywhere, or made longer, is refused by name', async () => {
  const path = newPath();
  await writeBackupFile(path, facts, key, pieces(random(2 * CHUNK + 10)));
  const whole = readFileSync(path);
  const changed = newPath();
  const body = whole.length - (2 * CHUNK + 10 + 3 * TAG);
  const edges = [1, 2].map((chunks) => body + chunks * (CHUNK + TAG));
  const length = fc.oneof(fc.nat(whole.length - 1), fc.constantFrom(...edges, body, body + 1));
  await fc.assert(
    fc.asyncProperty(length, async (kept) => {
      writeFileSync(changed, whole.subarray(0, kept));
      await expect(readAll(changed)).rejects.toMatchObject({ code: 'BACKUP_UNUSABLE' });
    }),
    { numRuns: 60 },
  );
  writeFileSync(changed, whole.subarray(0, edges[1]));
  await expect(readAll(changed)).rejects.toThrow('its end is missing');
  writeFileSync(changed, Buffer.concat([whole, Buffer.alloc(50)]));
  await expect(readAll(changed)).rejects.toMatchObject({ code: 'BACKUP_UNUSABLE' });
});

test('chunks that changed places, were repeated, or come from another file of the same key are refused', async () => {
  const path = newPath();
  const length = 3 * CHUNK;
  await writeBackupFile(path, facts, key, pieces(random(length)));
  const other = newPath();
  await writeBackupFile(other, facts, key, pieces(random(length)));
  const [whole, foreign] = [readFileSync(path), readFileSync(other)];
  const start = whole.length - (length + 3 * TAG);
  const chunk = (of: Buffer, i: number) =>
    of.subarray(start + i * (CHUNK + TAG), start + (i + 1) * (CHUNK + TAG));
  const header = whole.subarray(0, start);
  const [a, b, c] = [0, 1, 2].map((i) => chunk(whole, i)) as [Buffer, Buffer, Buffer];
  const changed = newPath();
  for (const parts of [
    [header, b, a, c],
    [header, a, a, c],
    [header, a, c],
    [header, a, chunk(foreign, 1), c],
    [foreign.subarray(0, start), a, b, c],
    [header, a, b, c, c],
  ]) {
    writeFileSync(changed, Buffer.concat(parts));
    await expect(readAll(changed)).rejects.toMatchObject({ code: 'BACKUP_UNUSABLE' });
  }
});

test('another backup key is refused, and both ids are named', async () => {
  const path = newPath();
  await writeBackupFile(path, facts, key, pieces(random(10)));
  await expect(readAll(path, { ...key, id: 'b2' })).rejects.toThrow(/b1.*b2/);
  const wrong = { id: 'b1', key: createSecretKey(new Uint8Array(32)) };
  await expect(readAll(path, wrong)).rejects.toMatchObject({ code: 'BACKUP_UNUSABLE' });
});

test('a file that exists is never replaced, and one that fails leaves nothing behind', async () => {
  const path = newPath();
  await writeBackupFile(path, facts, key, pieces(random(10)));
  const before = readFileSync(path);
  await expect(writeBackupFile(path, facts, key, pieces(random(20)))).rejects.toThrow('EEXIST');
  expect(readFileSync(path)).toEqual(before);
  const failing = newPath();
  const source = async function* () {
    yield random(2 * CHUNK);
    throw new Error('the disk is gone');
  };
  await expect(writeBackupFile(failing, facts, key, source())).rejects.toThrow('the disk is gone');
  expect(readdirSync(folder).filter((name) => join(folder, name).startsWith(failing))).toEqual([]);
});

test('a text file and a newer format say what they are', async () => {
  const path = newPath();
  writeFileSync(path, 'Dear reader, this is no backup at all.');
  await expect(openBackupFile(path)).rejects.toThrow('is not a backup of Gatehouse');
  const json = Buffer.from(JSON.stringify({ format: 'gatehouse-backup', version: 2 }));
  const length = Buffer.alloc(4);
  length.writeUInt32BE(json.length);
  writeFileSync(path, Buffer.concat([Buffer.from('GATEHOUSE BACKUP\n'), length, json]));
  await expect(openBackupFile(path)).rejects.toThrow('format 2');
});

test.skipIf(process.platform === 'win32')(
  'a pipe or a folder in place of a backup is refused without waiting',
  async () => {
    const pipe = newPath();
    execFileSync('mkfifo', [pipe]);
    for (const path of [pipe, folder]) {
      await expect(openBackupFile(path)).rejects.toMatchObject({ code: 'BACKUP_UNUSABLE' });
    }
  },
);

test('parts come back under their names; what no backup holds stays inside', async () => {
  const source = join(folder, 'source.db');
  writeFileSync(source, random(3 * CHUNK + 1));
  const parts = [
    { name: 'gatehouse.json', bytes: Buffer.from('{}') },
    { name: 'gatehouse.db', path: source },
    { name: 'models/own.onnx', bytes: random(5) },
  ];
  const out = mkdtempSync(join(folder, 'out-'));
  expect(await unpackParts(packParts(parts), out)).toEqual(parts.map(({ name }) => name));
  expect(readFileSync(join(out, 'gatehouse.db')).equals(readFileSync(source))).toBe(true);
  expect(statSync(join(out, 'models/own.onnx')).mode & 0o777).toBe(0o600);
  await expect(drain(packParts([{ name: 'master.key', bytes: Buffer.from('') }]))).rejects.toThrow('no part');
  const evil = Buffer.from(JSON.stringify({ name: '../evil', size: 0 }));
  const length = Buffer.alloc(4);
  length.writeUInt32BE(evil.length);
  await expect(
    unpackParts(pieces(length, evil, Buffer.alloc(4)), mkdtempSync(join(folder, 'x-'))),
  ).rejects.toMatchObject({
    code: 'BACKUP_UNUSABLE',
  });
});

test('a header of more names than any has is refused before it is parsed', async () => {
  const path = newPath();
  await writeBackupFile(path, { ...facts, gatehouse: ':'.repeat(100_001) }, key, pieces(random(100)));
  await expect(openBackupFile(path)).rejects.toMatchObject({
    code: 'BACKUP_UNUSABLE',
    message: expect.stringContaining('its header was changed'),
  });
});
