import { createHmac, generateKeyPairSync, type webcrypto } from 'node:crypto';
import { type JWTHeaderParameters, type JWTPayload, SignJWT, UnsecuredJWT } from 'jose';
import { beforeEach, expect, test } from 'vitest';
import type { AdministratorId } from '../../../lib/id.ts';
import { createAdministratorTokens } from './person-tokens.ts';

const START = Date.UTC(2026, 10, 21, 9, 0, 0, 500);
const minutes = (count: number) => count * 60_000;
const owner = { administrator: 'adm_1' as AdministratorId, session: 'ses_1' };
const seconds = Math.floor(START / 1000);
const right: JWTPayload = {
  iss: 'gatehouse',
  aud: 'gatehouse:administrators',
  sub: 'adm_1',
  sid: 'ses_1',
  iat: seconds,
  exp: seconds + 900,
  jti: 'j',
};

let now: number;
let key: ReturnType<typeof pair>;
beforeEach(() => {
  now = START;
  key = pair('k1');
});

function pair(kid: string) {
  const { privateKey, publicKey } = generateKeyPairSync('ed25519');
  return {
    kid,
    privateKey: privateKey.toCryptoKey('Ed25519', false, ['sign']),
    publicKey: publicKey.toCryptoKey('Ed25519', true, ['verify']),
    pem: publicKey.export({ format: 'pem', type: 'spki' }).toString(),
  };
}

const tokens = createAdministratorTokens({
  clock: { now: () => now },
  keys: {
    current: () => key,
    verifier: (kid) => (kid === key.kid ? key.publicKey : undefined),
  },
});

const sign = (
  claims: JWTPayload,
  header: Partial<JWTHeaderParameters> = {},
  by: webcrypto.CryptoKey = key.privateKey,
): Promise<string> =>
  new SignJWT(claims)
    .setProtectedHeader({ alg: 'EdDSA', typ: 'admin+jwt', kid: key.kid, ...header })
    .sign(by);

const partsOf = (token: string) =>
  token
    .split('.')
    .slice(0, 2)
    .map((part) => JSON.parse(Buffer.from(part, 'base64url').toString()));

test('a token stands for a session for 15 minutes and carries no role', async () => {
  const { token, expiresAt } = await tokens.issue(owner, START + minutes(600));
  expect(partsOf(token)).toEqual([
    { alg: 'EdDSA', typ: 'admin+jwt', kid: 'k1' },
    { ...right, jti: expect.stringMatching(/^[\w-]{22}$/) },
  ]);
  expect(expiresAt).toBe((seconds + 900) * 1000);
  expect(await tokens.read(token)).toEqual(owner);
  now = expiresAt - 1;
  expect(await tokens.read(token)).toEqual(owner);
  now = expiresAt;
  expect(await tokens.read(token)).toBeUndefined();
});

test('a token ends with its session', async () => {
  const { token, expiresAt } = await tokens.issue(owner, START + minutes(2));
  expect(expiresAt).toBe((seconds + 120) * 1000);
  now = expiresAt;
  expect(await tokens.read(token)).toBeUndefined();
});

test('two tokens of a session differ', async () => {
  const one = await tokens.issue(owner, START + minutes(600));
  const two = await tokens.issue(owner, START + minutes(600));
  expect(one.token).not.toBe(two.token);
});

test('once the key is rotated, what the former key signed is refused', async () => {
  const { token } = await tokens.issue(owner, START + minutes(600));
  key = pair('k2');
  expect(await tokens.read(token)).toBeUndefined();
  expect(await tokens.read((await tokens.issue(owner, START + minutes(600))).token)).toEqual(owner);
});

test('the token that the forgeries below change is valid', async () => {
  expect(await tokens.read(await sign(right))).toEqual(owner);
});

const { exp: _, ...withoutExpiry } = right;
const { jti: __, ...withoutId } = right;
const { sid: ___, ...withoutSession } = right;
test.each<[string, () => Promise<string> | string]>([
  ['no algorithm', () => new UnsecuredJWT(right).encode()],
  [
    'no algorithm, with the right kid and typ',
    () => `${encode({ alg: 'none', typ: 'admin+jwt', kid: 'k1' })}.${encode(right)}.`,
  ],
  [
    'HS256 with the public key as the secret',
    () => {
      const text = `${encode({ alg: 'HS256', typ: 'admin+jwt', kid: 'k1' })}.${encode(right)}`;
      return `${text}.${createHmac('sha256', key.pem).update(text).digest('base64url')}`;
    },
  ],
  ['another key with the same kid', () => sign(right, {}, pair('k1').privateKey)],
  ['an unknown kid', () => sign(right, { kid: 'k9' })],
  ['no kid', () => sign(right, { kid: undefined as unknown as string })],
  ['the typ of every other JWT', () => sign(right, { typ: 'JWT' })],
  ['the typ of a presence token', () => sign(right, { typ: 'hpt+jwt' })],
  ['no typ', () => sign(right, { typ: undefined as unknown as string })],
  ['another audience', () => sign({ ...right, aud: 'gatehouse:presence' })],
  ['another issuer', () => sign({ ...right, iss: 'https://elsewhere.example' })],
  ['an end in the past', () => sign({ ...right, exp: seconds - 1 })],
  ['no end', () => sign(withoutExpiry)],
  ['a life of a day', () => sign({ ...right, iat: seconds - 3_600, exp: seconds + 86_400 })],
  ['a start in the future', () => sign({ ...right, iat: seconds + 60, exp: seconds + 960 })],
  ['no id', () => sign(withoutId)],
  ['no session', () => sign(withoutSession)],
  [
    'another payload under the signature',
    async () => {
      const [head, , signature] = (await sign(right)).split('.');
      return `${head}.${encode({ ...right, sub: 'adm_2' })}.${signature}`;
    },
  ],
  ['no signature', async () => (await sign(right)).replace(/[^.]*$/, '')],
  ['more than a token', () => `${'a'.repeat(5_000)}.b.c`],
  ['no token', () => 'gh_live_0123456789'],
  ['nothing', () => ''],
])('a token with %s is refused', async (_name, forge) => {
  expect(await tokens.read(await forge())).toBeUndefined();
});

function encode(part: object): string {
  return Buffer.from(JSON.stringify(part)).toString('base64url');
}
