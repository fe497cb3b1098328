import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { createMasterKey, openMasterKeyFile } from './master-key.ts';

let folder: string;
let path: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'gatehouse-master-'));
  path = join(folder, 'new', 'master.key');
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const bytes = (...values: number[]) => Uint8Array.from(values);

test('made at the first start: private, one line, and the same key at the second', async () => {
  const first = openMasterKeyFile(path, { mayCreate: true });
  expect(statSync(path).mode & 0o777).toBe(0o600);
  expect(readFileSync(path, 'utf8')).toMatch(/^gatehouse-master-key-v1 [\w-]{43}\n$/);
  const second = openMasterKeyFile(path, { mayCreate: false });
  expect(second.id).toBe(first.id);
  const wrapped = await first.wrap(bytes(1, 2, 3), 'bound');
  expect(await second.unwrap(wrapped, 'bound')).toEqual(Buffer.from([1, 2, 3]));
  expect(await second.unwrap(wrapped, 'elsewhere')).toBeUndefined();
});

test('the 32 bytes are those that chance gave', () => {
  openMasterKeyFile(path, { mayCreate: true, random: (into) => into.fill(0xff) });
  expect(readFileSync(path, 'utf8')).toBe(`gatehouse-master-key-v1 ${'_'.repeat(42)}8\n`);
});

test('two keys have two ids, and one opens nothing of the other', async () => {
  const [one, two] = [
    createMasterKey(new Uint8Array(32).fill(1)),
    createMasterKey(new Uint8Array(32).fill(2)),
  ];
  expect(one.id).toMatch(/^[0-9a-f]{16}$/);
  expect(one.id).not.toBe(two.id);
  expect(await two.unwrap(await one.wrap(bytes(1), ''), '')).toBeUndefined();
});

test('missing though keys exist: refused, and no new key appears', () => {
  expect(() => openMasterKeyFile(path, { mayCreate: false })).toThrow(
    expect.objectContaining({ code: 'SEALED', message: expect.stringContaining(`${path} is missing`) }),
  );
  expect(existsSync(path)).toBe(false);
});

test.each([0o640, 0o604, 0o666, 0o610])('mode %o: refused with the command to run', (mode) => {
  openMasterKeyFile(path, { mayCreate: true });
  chmodSync(path, mode);
  expect(() => openMasterKeyFile(path, { mayCreate: false })).toThrow(
    expect.objectContaining({ code: 'SEALED', message: expect.stringContaining(`chmod 600 ${path}`) }),
  );
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
])('%s: refused as damaged, without showing it, and left as it is', (_, text) => {
  writeFileSync(join(folder, 'master.key'), text, { mode: 0o600 });
  const opening = () => openMasterKeyFile(join(folder, 'master.key'), { mayCreate: true });
  expect(opening).toThrow(
    expect.objectContaining({ code: 'SEALED', message: expect.stringContaining('damaged') }),
  );
  expect(opening).not.toThrow(good.slice(0, 20));
  expect(readFileSync(join(folder, 'master.key'), 'utf8')).toBe(text);
});
