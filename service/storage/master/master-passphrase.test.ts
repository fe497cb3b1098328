import { chmodSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { masterPassphrase, requireStrong } from './master-passphrase.ts';

const cheap = { cost: { memoryKiB: 8, passes: 1, lanes: 1 } };
const right = 'correct horse battery';
let folder: string;
let path: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'gatehouse-passphrase-'));
  path = join(folder, 'master-passphrase.json');
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

async function begin() {
  const provider = masterPassphrase(path, cheap);
  const key = await provider.prepare(right);
  await provider.commit();
  return { provider, key };
}

test('the same key opens with the passphrase, and with no other; the file is private and holds neither', async () => {
  const { provider, key } = await begin();
  const again = await provider.open('current', right);
  expect(again.id).toBe(key.id);
  expect(await again.unwrap(await key.wrap(Uint8Array.of(1), 'b'), 'b')).toEqual(Buffer.from([1]));
  for (const wrong of [`${right} `, right.toUpperCase(), 'x', '']) {
    await expect(provider.open('current', wrong)).rejects.toMatchObject({ code: 'WRONG_PASSPHRASE' });
  }
  expect(statSync(path).mode & 0o777).toBe(0o600);
  expect(readFileSync(path, 'utf8')).not.toContain(right);
  expect(provider.held()).toEqual({ current: { is: 'key', id: key.id }, next: { is: 'none' } });
});

test('as the product does it: argon2id with 64 MiB and three passes', async () => {
  const provider = masterPassphrase(path);
  const { id } = await provider.prepare(right);
  await provider.commit();
  expect(JSON.parse(readFileSync(path, 'utf8'))).toMatchObject({
    version: 1,
    id,
    kdf: { name: 'argon2id', memoryKiB: 65_536, passes: 3, lanes: 1 },
  });
  expect((await masterPassphrase(path).open('current', right)).id).toBe(id);
});

test('the letters of a passphrase count, not how the keyboard composed them', async () => {
  const provider = masterPassphrase(path, cheap);
  const { id } = await provider.prepare('cafe\u0301 cafe\u0301 caf\u00e9');
  await provider.commit();
  expect((await provider.open('current', 'caf\u00e9 caf\u00e9 cafe\u0301')).id).toBe(id);
});

test('changed: the key stays, the old passphrase is wrong; a wrong one changes nothing', async () => {
  const { provider, key } = await begin();
  const before = readFileSync(path, 'utf8');
  await expect(provider.change('not the passphrase', 'another horse battery')).rejects.toMatchObject({
    code: 'WRONG_PASSPHRASE',
  });
  await expect(provider.change(right, 'short')).rejects.toMatchObject({ code: 'INVALID_REQUEST' });
  expect(readFileSync(path, 'utf8')).toBe(before);
  await provider.change(right, 'another horse battery');
  expect((await provider.open('current', 'another horse battery')).id).toBe(key.id);
  await expect(provider.open('current', right)).rejects.toMatchObject({ code: 'WRONG_PASSPHRASE' });
  expect(readdirSync(folder)).toEqual(['master-passphrase.json']);
});

test('what is prepared opens by itself, and counts only once it is in place', async () => {
  const { provider, key } = await begin();
  const next = await provider.prepare('another horse battery');
  expect((await provider.open('current', right)).id).toBe(key.id);
  expect((await provider.open('next', 'another horse battery')).id).toBe(next.id);
  await provider.commit();
  expect((await provider.open('current', 'another horse battery')).id).toBe(next.id);
  await provider.remove();
  expect(readdirSync(folder)).toEqual([]);
});

describe('an unusable file is refused at no cost', () => {
  const expectRefused = async (message: string) => {
    const provider = masterPassphrase(path, cheap);
    const refusal = { code: 'SEALED', message: expect.stringContaining(message) };
    await expect(provider.open('current', right)).rejects.toMatchObject(refusal);
    expect(provider.held().current).toMatchObject({ is: 'unusable', problem: refusal });
  };

  test('readable by others', async () => {
    await begin();
    chmodSync(path, 0o644);
    await expectRefused(`chmod 600 ${path}`);
  });

  test.each([
    ['cut short', (text: string) => text.slice(0, -40)],
    [
      'more memory than there is',
      (text: string) => text.replace('"memoryKiB": 8', '"memoryKiB": 4000000000'),
    ],
    ['no salt', (text: string) => text.replace(/"salt": "[^"]*"/, '"salt": ""')],
    ['another version', (text: string) => text.replace('"version": 1', '"version": 2')],
  ])('%s', async (_, change) => {
    await begin();
    const text = change(readFileSync(path, 'utf8'));
    writeFileSync(path, text, { mode: 0o600 });
    await expectRefused('damaged');
    expect(readFileSync(path, 'utf8')).toBe(text);
  });

  test('another id beside the same wrapped key does not open', async () => {
    await begin();
    const text = readFileSync(path, 'utf8').replace(/"id": "[^"]*"/, '"id": "0123456789abcdef"');
    writeFileSync(path, text, { mode: 0o600 });
    await expect(masterPassphrase(path).open('current', right)).rejects.toMatchObject({
      code: 'WRONG_PASSPHRASE',
    });
  });
});

test.each([
  ['elevenchars', 'at least 12'],
  ['aaaaaaaaaaaaaaaaaaaa', 'repeats'],
  ['x'.repeat(1025), '1024'],
])('too weak or too long: refused without repeating it', (passphrase, reason) => {
  expect(() => requireStrong(passphrase)).toThrow(
    expect.objectContaining({ code: 'INVALID_REQUEST', message: expect.stringContaining(reason) }),
  );
  expect(() => requireStrong(passphrase)).not.toThrow(passphrase);
});

test('twelve characters that each take two code units are twelve', () => {
  expect(() => requireStrong('🦊🐻🐼🦁🐮🐷🐸🐵🐔🐧🐦')).toThrow('at least 12');
  requireStrong('🦊🐻🐼🦁🐮🐷🐸🐵🐔🐧🐦🐤');
});
