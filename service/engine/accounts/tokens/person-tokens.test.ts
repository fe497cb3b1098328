import { createHmac, createPublicKey, generateKeyPairSync } from 'node:crypto';
import {
  createLocalJWKSet,
  decodeProtectedHeader,
  type JWTPayload,
  jwtVerify,
  SignJWT,
  UnsecuredJWT,
} from 'jose';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { type Engine, operator, startEngine } from '../../../../test/support/engine.ts';
import { createKeyCustody } from '../../appliance/index.ts';
import { readJwks } from './claims.ts';
import { checkToken, createPersonTokens, type TokenRealm } from './person-tokens.ts';

const HOUR = 3_600_000;
const YEAR = 365 * 24 * HOUR;
let engine: Engine;
let live: TokenRealm;
let testWorld: TokenRealm;
beforeEach(async () => {
  engine = await startEngine();
  live = { organization: engine.organization, world: 'live' };
  testWorld = { ...live, world: 'test' };
});
afterEach(() => engine.stop());

const presence = {
  sub: 'alice@example.com',
  userId: 'sub_1',
  sessionId: 'prs_1',
  purpose: 'Authorize production deployment',
  nonce: '8f3a',
  checks: { compositeScore: 0.87, liveness: 0.92 },
  assurance: 'active' as const,
  models: { 'a-net': 'ab'.repeat(32) },
};
const pass = {
  sessionId: 'sess_1',
  assurance: 'active' as const,
  profile: 'specter',
};
const issuePresence = async (more: { singleUse?: true } = {}, ttl = 300_000) =>
  (await engine.personTokens.presence.issue(live, { ...presence, ...more }, ttl)).token;
const reasonOf = async (...args: Parameters<Engine['personTokens']['check']>) => {
  const finding = await engine.personTokens.check(...args);
  return finding.valid ? 'valid' : finding.reason;
};
const custody = () => createKeyCustody({ ...engine, master: {} as never, rotations: {} as never });

test('a presence token carries its claims, and verifies until it runs out', async () => {
  const { token, jti, issuedAt, expiresAt } = await engine.personTokens.presence.issue(
    live,
    presence,
    300_000,
  );
  expect(decodeProtectedHeader(token)).toEqual({
    alg: 'EdDSA',
    typ: 'presence+jwt',
    kid: engine.personTokens.jwks().keys[0]!.kid,
  });
  expect(await engine.personTokens.check(live, token, { kind: 'presence', nonce: '8f3a' })).toEqual({
    valid: true,
    kind: 'presence',
    claims: {
      ...presence,
      iss: engine.personTokens.issuer,
      aud: engine.organization,
      orgId: engine.organization,
      env: 'live',
      jti,
      iat: issuedAt / 1000,
      exp: expiresAt / 1000,
    },
  });
  expect(expiresAt - issuedAt).toBe(300_000);
  engine.advance(300_000 - 1);
  expect(await reasonOf(live, token)).toBe('valid');
  engine.advance(1);
  expect(await reasonOf(live, token)).toBe('expired');
});

test('a pass is prefixed, verifies with and without the prefix, and lasts an hour', async () => {
  const { passToken, expiresAt } = await engine.personTokens.passes.issue(live, pass);
  expect(passToken).toMatch(/^hp_eyJ/);
  expect(expiresAt).toBe(engine.clock.now() + HOUR);
  for (const text of [passToken, passToken.slice(3)])
    expect(await engine.personTokens.check(live, text, { kind: 'pass' })).toMatchObject({
      valid: true,
      claims: { sub: 'sess_1', decision: 'approved' },
    });
  engine.advance(HOUR);
  expect(await reasonOf(live, passToken)).toBe('expired');
});

test('a token of another kind, nonce, organization or world does not count', async () => {
  const token = await issuePresence();
  const { passToken } = await engine.personTokens.passes.issue(live, pass);
  const other = { ...live, organization: (await engine.organizations.create({ name: 'B' }, operator)).id };
  expect(await reasonOf(live, token, { kind: 'pass' })).toBe('wrong_kind');
  expect(await reasonOf(live, passToken, { kind: 'presence' })).toBe('wrong_kind');
  expect(await reasonOf(live, `hp_${token}`)).toBe('wrong_kind');
  expect(await reasonOf(live, token, { nonce: '8f3b' })).toBe('wrong_nonce');
  expect(await reasonOf(live, token, { nonce: '' })).toBe('wrong_nonce');
  expect(await reasonOf(live, passToken, { nonce: '8f3a' })).toBe('wrong_nonce');
  expect(await reasonOf(testWorld, token)).toBe('wrong_audience');
  expect(await reasonOf(other, token)).toBe('wrong_audience');
  const ofTests = await engine.personTokens.passes.issue(testWorld, pass);
  expect(await reasonOf(live, ofTests.passToken)).toBe('wrong_audience');
  expect(await reasonOf(testWorld, ofTests.passToken)).toBe('valid');
});

test('an access token of an administrator is no token of a person, nor the other way round', async () => {
  const owner = { administrator: 'adm_1' as never, session: 'ses_1' };
  const { token } = await engine.tokens.issue(owner, engine.clock.now() + HOUR);
  expect(await reasonOf(live, token)).toBe('wrong_kind');
  expect(await engine.tokens.read(await issuePresence())).toBeUndefined();
  const key = engine.signing.keyPair('administrators');
  const forged = new SignJWT(claimsNow()).setProtectedHeader({ alg: 'EdDSA', typ: 'pass+jwt', kid: key.kid });
  expect(await reasonOf(live, await forged.sign(key.privateKey))).toBe('unknown_key');
});

test('a token for one use counts once, also when asked twice at a time; others count again', async () => {
  const { personTokens } = engine;
  const once = await issuePresence({ singleUse: true });
  const redeem = async (token: string) =>
    personTokens.redeem(live, await personTokens.check(live, token), operator);
  const answers = await Promise.all([redeem(once), redeem(once), redeem(once)]);
  expect(answers.filter(({ valid }) => valid)).toHaveLength(1);
  expect(await redeem(once)).toEqual({ valid: false, reason: 'already_used' });
  const lines = await engine.db
    .selectFrom('audit')
    .select('target')
    .where('action', '=', 'presence-token.use')
    .execute();
  expect(lines).toEqual([{ target: 'prs_1' }]);
  const often = await issuePresence();
  for (let i = 0; i < 3; i++) expect(await redeem(often)).toMatchObject({ valid: true });
});

test('a use is known after a clock that ran ahead is set right', async () => {
  const { personTokens } = engine;
  const redeem = async (token: string) =>
    personTokens.redeem(live, await personTokens.check(live, token), operator);
  const once = await issuePresence({ singleUse: true });
  expect(await redeem(once)).toMatchObject({ valid: true });
  engine.advance(10 * YEAR);
  expect(await redeem(await issuePresence({ singleUse: true }))).toMatchObject({ valid: true });
  engine.advance(-10 * YEAR);
  expect(await redeem(once)).toEqual({ valid: false, reason: 'already_used' });
});

test('after a rotation the former key verifies until its tokens have run out', async () => {
  const { passToken } = await engine.personTokens.passes.issue(live, pass);
  const first = engine.personTokens.jwks().keys;
  await custody().rotateSigning('tokens', operator);
  const fresh = await engine.personTokens.passes.issue(live, pass);
  expect(engine.personTokens.jwks().keys).toEqual([first[0], expect.anything()]);
  expect(decodeProtectedHeader(fresh.passToken.slice(3)).kid).toBe(engine.personTokens.jwks().keys[1]!.kid);
  expect([await reasonOf(live, passToken), await reasonOf(live, fresh.passToken)]).toEqual([
    'valid',
    'valid',
  ]);
  engine.advance(HOUR + 60_000);
  expect(engine.personTokens.jwks().keys).toHaveLength(1);
  expect(await reasonOf(live, passToken)).toBe('unknown_key');
});

test('a rotation at once ends what every former key signed', async () => {
  const { passToken } = await engine.personTokens.passes.issue(live, pass);
  await custody().rotateSigning('tokens', operator);
  const second = await engine.personTokens.passes.issue(live, pass);
  await custody().rotateSigning('tokens', operator, { atOnce: true });
  expect(await reasonOf(live, passToken)).toBe('unknown_key');
  expect(await reasonOf(live, second.passToken)).toBe('unknown_key');
  expect(await reasonOf(live, (await engine.personTokens.passes.issue(live, pass)).passToken)).toBe('valid');
});

test('another program verifies with the published keys alone, before and after a rotation', async () => {
  const before = await issuePresence();
  await custody().rotateSigning('tokens', operator);
  const after = await issuePresence();
  const keys = createLocalJWKSet(JSON.parse(JSON.stringify(engine.personTokens.jwks())));
  for (const token of [before, after]) {
    const { payload } = await jwtVerify(token, keys, {
      typ: 'presence+jwt',
      audience: engine.organization,
      issuer: engine.personTokens.issuer,
      currentDate: new Date(engine.clock.now()),
    });
    expect(payload.sub).toBe('alice@example.com');
  }
});

test('no token lasts longer than an hour, whatever is asked for', async () => {
  for (const ttl of [0, -1, HOUR + 1, Number.NaN])
    await expect(issuePresence({}, ttl)).rejects.toMatchObject({ code: 'INVALID_REQUEST' });
});

const seconds = () => Math.floor(engine.clock.now() / 1000);
const claimsNow = (): JWTPayload => ({
  ...pass,
  sub: 'sess_1',
  decision: 'approved',
  env: 'live',
  orgId: engine.organization,
  iss: engine.personTokens.issuer,
  aud: engine.organization,
  jti: 'j',
  iat: seconds(),
  exp: seconds() + 3600,
});
const encode = (part: object) => Buffer.from(JSON.stringify(part)).toString('base64url');
const sign = (change: JWTPayload, header: object = {}) => {
  const { kid, privateKey } = engine.signing.keyPair('tokens');
  const claims = Object.fromEntries(
    Object.entries({ ...claimsNow(), ...change }).filter(([, v]) => v !== undefined),
  );
  return new SignJWT(claims)
    .setProtectedHeader({ alg: 'EdDSA', typ: 'pass+jwt', kid, ...header })
    .sign(privateKey);
};

test('the token that the forgeries below change is valid', async () => {
  expect(await reasonOf(live, await sign({}))).toBe('valid');
});

test.each<[string, string, () => Promise<string> | string]>([
  ['no algorithm', 'wrong_kind', () => new UnsecuredJWT(claimsNow()).encode()],
  [
    'the algorithm none',
    'wrong_algorithm',
    () =>
      `${encode({ alg: 'none', typ: 'pass+jwt', kid: engine.personTokens.jwks().keys[0]!.kid })}.${encode(claimsNow())}.`,
  ],
  [
    'HS256 with the public key as the secret',
    'wrong_algorithm',
    () => {
      const [key] = engine.personTokens.jwks().keys;
      const text = `${encode({ alg: 'HS256', typ: 'pass+jwt', kid: key!.kid })}.${encode(claimsNow())}`;
      return `${text}.${createHmac('sha256', Buffer.from(key!.x, 'base64url')).update(text).digest('base64url')}`;
    },
  ],
  [
    'ES256 by a key of its own, in its header',
    'wrong_algorithm',
    () => {
      const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
      const { kid } = engine.personTokens.jwks().keys[0]!;
      const jwk = publicKey.export({ format: 'jwk' });
      return new SignJWT(claimsNow())
        .setProtectedHeader({ alg: 'ES256', typ: 'pass+jwt', kid, jwk: jwk as never })
        .sign(privateKey);
    },
  ],
  [
    'another key of the same id',
    'bad_signature',
    () => {
      const { privateKey } = generateKeyPairSync('ed25519');
      const { kid } = engine.personTokens.jwks().keys[0]!;
      return new SignJWT(claimsNow())
        .setProtectedHeader({ alg: 'EdDSA', typ: 'pass+jwt', kid })
        .sign(privateKey);
    },
  ],
  ['an unknown key', 'unknown_key', () => sign({}, { kid: 'k9' })],
  ['no key', 'unknown_key', () => sign({}, { kid: undefined })],
  ['the typ of every other JWT', 'wrong_kind', () => sign({}, { typ: 'JWT' })],
  ['no typ', 'wrong_kind', () => sign({}, { typ: undefined })],
  ['the typ of the other kind', 'malformed', () => sign({}, { typ: 'presence+jwt' })],
  [
    'an unknown critical header',
    'malformed',
    async () => {
      const [, payload, signature] = (await sign({})).split('.');
      const { kid } = engine.personTokens.jwks().keys[0]!;
      return `${encode({ alg: 'EdDSA', typ: 'pass+jwt', kid, crit: ['x'], x: 1 })}.${payload}.${signature}`;
    },
  ],
  ['another audience', 'wrong_audience', () => sign({ aud: 'org_x' })],
  ['no audience', 'malformed', () => sign({ aud: undefined as never })],
  ['another issuer', 'wrong_issuer', () => sign({ iss: 'apl_x' })],
  ['an end in the past', 'expired', () => sign({ iat: seconds() - 10, exp: seconds() - 1 })],
  ['no end', 'malformed', () => sign({ exp: undefined as never })],
  ['a life of a day', 'expired', () => sign({ iat: seconds() - 3_601, exp: seconds() + 80_000 })],
  ['a start in the future', 'not_yet_valid', () => sign({ iat: seconds() + 60, exp: seconds() + 600 })],
  ['no id', 'malformed', () => sign({ jti: undefined as never })],
  ['another decision', 'malformed', () => sign({ decision: 'rejected' })],
  [
    'another payload under the signature',
    'bad_signature',
    async () => {
      const [head, , signature] = (await sign({})).split('.');
      return `${head}.${encode({ ...claimsNow(), sub: 'sess_2' })}.${signature}`;
    },
  ],
  ['no signature', 'bad_signature', async () => (await sign({})).replace(/[^.]*$/, '')],
  ['a text that is too long', 'malformed', () => `${'a'.repeat(9_000)}.b.c`],
  ['an API key', 'malformed', () => 'gh_live_0123456789'],
  ['nothing', 'malformed', () => ''],
  ['the prefix alone', 'malformed', () => 'hp_'],
])('a token with %s is refused: %s', async (_name, reason, forge) => {
  expect(await reasonOf(live, await forge())).toBe(reason);
});

test('a key file decides as the service does', async () => {
  const keys = readJwks(JSON.stringify(engine.personTokens.jwks()));
  const token = await issuePresence();
  const check = (text: string, audience: string, nonce = '8f3a') =>
    checkToken(text, (kid) => keys.get(kid), { audience, nonce }, engine.clock.now());
  expect(await check(token, engine.organization)).toMatchObject({ valid: true });
  expect(await check(token, engine.organization, 'x')).toEqual({ valid: false, reason: 'wrong_nonce' });
  expect(await check(token, 'org_x')).toEqual({ valid: false, reason: 'wrong_audience' });
});

test.each<[string, (key: Record<string, unknown>) => unknown]>([
  ['two keys of one id', (key) => [key, key]],
  ['no keys', () => []],
  ['a symmetric key', ({ kid }) => [{ kty: 'oct', k: 'AAAA', kid }]],
  ['a key of another curve', (key) => [{ ...key, crv: 'X25519' }]],
  ['a key for encryption', (key) => [{ ...key, use: 'enc' }]],
  ['a key of another algorithm', (key) => [{ ...key, alg: 'HS256' }]],
  ['a key that may not verify', (key) => [{ ...key, key_ops: ['sign'] }]],
  ['a key without an id', ({ kid: _, ...key }) => [key]],
  ['a private key', (key) => [{ ...key, d: key.x }]],
  ['a key beside one of another kind', (key) => [key, { kty: 'oct', k: 'AAAA', kid: 'x' }]],
])('a key file with %s is refused', (_name, change) => {
  const [key] = engine.personTokens.jwks().keys;
  const text = JSON.stringify({ keys: change({ ...key }) });
  expect(() => readJwks(text)).toThrow(/no set of public keys/);
});

test('the same tokens come from another start over the same keys', async () => {
  const token = await issuePresence();
  const again = createPersonTokens({ ...engine, issuer: engine.personTokens.issuer });
  expect(await again.check(live, token)).toMatchObject({ valid: true });
  expect(createPublicKey({ key: { ...again.jwks().keys[0] }, format: 'jwk' }).asymmetricKeyType).toBe(
    'ed25519',
  );
});
