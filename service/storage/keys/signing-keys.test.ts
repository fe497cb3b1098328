import { generateKeyPairSync } from 'node:crypto';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { createMasterKey } from '../master/master-key.ts';
import { type KeyStore, openKeyStore } from './key-store.ts';
import { keyId, openSigningKeys, verifySignature } from './signing-keys.ts';

const master = createMasterKey(new Uint8Array(32).fill(3));
const bytes = new TextEncoder().encode('what is signed');
let keys: KeyStore;
beforeEach(async () => {
  keys = await openKeyStore({ kind: 'sqlite-memory' }, { clock: { now: () => 0 } });
});
afterEach(() => keys.close());

test('rotated: a new key signs, what the old one signed is verified, also after a start; the other purpose is as it was', async () => {
  const signing = await openSigningKeys({ keys, master });
  const [audit, receipts, administrators, tokens] = signing.publicKeys();
  const old = signing.sign('audit', bytes);
  const first = await signing.rotate('audit');
  expect(first.was).toBe(audit!.kid);
  const second = await signing.rotate('audit');
  expect(second.was).toBe(first.is);
  for (const one of [signing, await openSigningKeys({ keys, master })]) {
    const known = one.publicKeys();
    expect(known.map(({ kid, purpose }) => [kid, purpose])).toEqual([
      [audit!.kid, 'audit'],
      [first.is, 'audit'],
      [second.is, 'audit'],
      [receipts!.kid, 'receipts'],
      [administrators!.kid, 'administrators'],
      [tokens!.kid, 'tokens'],
    ]);
    const fresh = one.sign('audit', bytes);
    expect(fresh.kid).toBe(second.is);
    const pem = (kid: string) => known.find((key) => key.kid === kid)!.publicKey;
    expect(verifySignature(pem(fresh.kid), bytes, fresh)).toBe(true);
    expect(verifySignature(pem(old.kid), bytes, old)).toBe(true);
    expect(verifySignature(pem(fresh.kid), bytes, { ...old, kid: fresh.kid })).toBe(false);
  }
});

test('asked twice at once: one after the other, none is forgotten', async () => {
  const signing = await openSigningKeys({ keys, master });
  const [one, two] = await Promise.all([signing.rotate('receipts'), signing.rotate('receipts')]);
  expect(two.was).toBe(one.is);
  expect(signing.publicKeys().filter(({ purpose }) => purpose === 'receipts')).toHaveLength(3);
});

test('a key that could not be stored does not sign', async () => {
  const signing = await openSigningKeys({
    keys: { ...keys, replaceSecret: () => Promise.reject(new Error('full')) },
    master,
  });
  const before = signing.publicKeys();
  await expect(signing.rotate('audit')).rejects.toThrow('full');
  expect(signing.publicKeys()).toEqual(before);
  expect(signing.sign('audit', bytes).kid).toBe(before[0]!.kid);
});

test('a key pair signs as the key in use, does not give its private half away, and is new after a rotation', async () => {
  const signing = await openSigningKeys({ keys, master });
  const { kid, privateKey, publicKey } = signing.keyPair('administrators');
  expect(kid).toBe(signing.publicKeys().find(({ purpose }) => purpose === 'administrators')!.kid);
  const signature = await crypto.subtle.sign('Ed25519', privateKey, bytes);
  expect(await crypto.subtle.verify('Ed25519', publicKey, signature, bytes)).toBe(true);
  await expect(crypto.subtle.exportKey('pkcs8', privateKey)).rejects.toThrow();
  const { is } = await signing.rotate('administrators');
  expect(signing.keyPair('administrators').kid).toBe(is);
});

test('another master key opens none', async () => {
  await openSigningKeys({ keys, master });
  const other = createMasterKey(new Uint8Array(32).fill(4));
  await expect(openSigningKeys({ keys, master: other })).rejects.toMatchObject({ code: 'SEALED' });
});

test('retired keys of tokens end at the earliest time that was named for them', async () => {
  const signing = await openSigningKeys({ keys, master });
  const ends = () =>
    signing.publicKeys().flatMap(({ purpose, until }) => (purpose === 'tokens' ? [until] : []));
  await signing.rotate('tokens', 5_000);
  await signing.rotate('tokens', 9_000);
  expect(ends()).toEqual([5_000, 9_000, undefined]);
  await signing.rotate('tokens', 6_000);
  expect(ends()).toEqual([5_000, 6_000, 6_000, undefined]);
  const again = await openSigningKeys({ keys, master });
  expect(again.publicKeys()).toEqual(signing.publicKeys());
});

test.each<[string, (details: Record<string, unknown>, own: string) => Record<string, unknown>]>([
  [
    'a key of an attacker among the retired',
    (details, own) => ({ ...details, retired: [{ kid: keyId(own), publicKey: own, until: 1e15 }] }),
  ],
  [
    'a retired key that is valid for longer',
    (details) => ({
      ...details,
      retired: (details.retired as object[]).map((key) => ({ ...key, until: 1e15 })),
    }),
  ],
  ['retired keys without their signature', ({ endorsement: _, ...details }) => details],
])('in the key store, %s keeps the service sealed', async (_name, change) => {
  const signing = await openSigningKeys({ keys, master });
  await signing.rotate('tokens', 5_000);
  const row = (await keys.secrets()).find(({ name }) => name === 'signing/tokens')!;
  const own = generateKeyPairSync('ed25519').publicKey.export({ format: 'pem', type: 'spki' }).toString();
  const details = JSON.stringify(change(JSON.parse(row.details) as Record<string, unknown>, own));
  await keys.replaceSecret({ ...row, details });
  await expect(openSigningKeys({ keys, master })).rejects.toMatchObject({ code: 'SEALED' });
});
