import {
  chmodSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { masterKeyFile } from './master-key-file.ts';

let folder: string;
let path: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'gatehouse-master-'));
  path = join(folder, 'new', 'master.key');
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

test('made: private, one line, and the same key when it is opened', async () => {
  const first = await masterKeyFile(path).create();
  expect(statSync(path).mode & 0o777).toBe(0o600);
  expect(readFileSync(path, 'utf8')).toMatch(/^gatehouse-master-key-v1 [\w-]{43}\n$/);
  const second = await masterKeyFile(path).open('current');
  expect(second.id).toBe(first.id);
  const wrapped = await first.wrap(Uint8Array.of(1, 2, 3), 'bound');
  expect(await second.unwrap(wrapped, 'bound')).toEqual(Buffer.from([1, 2, 3]));
});

test('what lies there is never replaced by a first key', async () => {
  const first = await masterKeyFile(path).create();
  await expect(masterKeyFile(path).create()).rejects.toMatchObject({ code: 'EEXIST' });
  expect((await masterKeyFile(path).open('current')).id).toBe(first.id);
  expect(readdirSync(dirname(path))).toEqual(['master.key']);
});

test('the 32 bytes are those that chance gave', async () => {
  await masterKeyFile(path, (into) => into.fill(0xff)).create();
  expect(readFileSync(path, 'utf8')).toBe(`gatehouse-master-key-v1 ${'_'.repeat(42)}8\n`);
});

test('another is prepared beside it, and takes its place; then the first is in no file', async () => {
  const provider = masterKeyFile(path);
  const first = await provider.create();
  const text = readFileSync(path, 'utf8');
  const next = await provider.prepare();
  const key = (id: string) => ({ is: 'key', id });
  expect(provider.held()).toEqual({ current: key(first.id), next: key(next.id) });
  expect(statSync(`${path}.next`).mode & 0o777).toBe(0o600);
  await provider.commit();
  expect(provider.held()).toEqual({ current: key(next.id), next: { is: 'none' } });
  expect(readFileSync(path, 'utf8')).not.toBe(text);
  await provider.commit();
  expect(provider.held().current).toEqual(key(next.id));
});

test('behind a link the file it points to is replaced', async () => {
  const real = join(folder, 'stick.key');
  await masterKeyFile(real).create();
  const link = join(folder, 'master.key');
  symlinkSync(real, link);
  const provider = masterKeyFile(link);
  const next = await provider.prepare();
  await provider.commit();
  expect((await masterKeyFile(real).open('current')).id).toBe(next.id);
  expect(readdirSync(folder).sort()).toEqual(['master.key', 'stick.key']);
});

test('removed: neither is left', async () => {
  const provider = masterKeyFile(path);
  await provider.create();
  await provider.prepare();
  await provider.remove();
  expect(readdirSync(dirname(path))).toEqual([]);
  await provider.remove();
});

test.each([0o640, 0o604, 0o666, 0o610])('mode %o: refused with the command to run', async (mode) => {
  await masterKeyFile(path).create();
  chmodSync(path, mode);
  const refusal = { code: 'SEALED', message: expect.stringContaining(`chmod 600 ${path}`) };
  await expect(masterKeyFile(path).open('current')).rejects.toMatchObject(refusal);
  expect(masterKeyFile(path).held().current).toMatchObject({ is: 'unusable', problem: refusal });
});

const good = Buffer.alloc(32, 5).toString('base64url');
test.each([
  ['empty', ''],
  ['a short key', `gatehouse-master-key-v1 ${good.slice(0, 40)}\n`],
  ['a long key', `gatehouse-master-key-v1 ${good}AAAA\n`],
  ['another version', `gatehouse-master-key-v2 ${good}\n`],
  ['no header', `${good}\n`],
  ['something after', `gatehouse-master-key-v1 ${good} x\n`],
  ['other characters', `gatehouse-master-key-v1 ${good.slice(1)}*\n`],
])('%s: refused as damaged, without showing it', async (_, text) => {
  const file = join(folder, 'master.key');
  writeFileSync(file, text, { mode: 0o600 });
  const refused = await masterKeyFile(file)
    .open('current')
    .catch((error: Error) => error);
  expect(refused).toMatchObject({ code: 'SEALED', message: expect.stringContaining('damaged') });
  expect((refused as Error).message).not.toContain(good.slice(0, 20));
});
