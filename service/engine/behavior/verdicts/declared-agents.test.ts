import { generateKeyPairSync, hash, sign } from 'node:crypto';
import { httpbis } from 'http-message-signatures';
import { expect, test } from 'vitest';
import type { OrganizationId } from '../../../lib/id.ts';
import { createDeclaredAgents, type SignedRequest } from './declared-agents.ts';

const realm = { organization: 'org_1' as OrganizationId, world: 'live' } as const;
const url = 'https://box.example:8443/api/v1/verify';

function newAgent() {
  const { privateKey, publicKey } = generateKeyPairSync('ed25519');
  const { x } = publicKey.export({ format: 'jwk' }) as { x: string };
  return { privateKey, x };
}

const agent = newAgent();
const stranger = newAgent();

async function start({ keys = [agent.x] } = {}) {
  let now = Date.now();
  const used = new Set<string>();
  const agents = createDeclaredAgents({
    firstUse: async (_, use) => !used.has(use) && used.add(use).has(use),
    settings: {
      get: async () => ({ tokenHours: 24, challengePictures: false, agents: [{ name: 'Shopper', keys }] }),
    },
    clock: { now: () => now },
  });
  return {
    agents,
    find: (request: SignedRequest) => agents.find(realm, request),
    advance: (milliseconds: number) => {
      now += milliseconds;
    },
    now: () => now,
  };
}

/** RFC 7638 of the key. */
async function keyidOf(x: string): Promise<string> {
  const text = new TextEncoder().encode(`{"crv":"Ed25519","kty":"OKP","x":"${x}"}`);
  return Buffer.from(await crypto.subtle.digest('SHA-256', text)).toString('base64url');
}

let count = 0;
async function signed({
  by = agent,
  created = Date.now(),
  expires = Date.now() + 60_000,
  nonce = `nonce-${++count}` as string | null,
  fields = ['@authority', '@method', '@path'],
  tag = 'web-bot-auth',
  headers = {} as Record<string, string>,
} = {}): Promise<SignedRequest> {
  return (await httpbis.signMessage(
    {
      key: {
        id: await keyidOf(by.x),
        alg: 'ed25519',
        sign: async (data) => sign(null, data, by.privateKey),
      },
      fields,
      params: ['created', 'expires', 'keyid', 'alg', ...(nonce === null ? [] : ['nonce']), 'tag'],
      paramValues: {
        created: new Date(created),
        expires: new Date(expires),
        ...(nonce !== null && { nonce }),
        tag,
      } as never,
    },
    { method: 'POST', url, headers: { 'signature-agent': '"https://agent.example"', ...headers } },
  )) as SignedRequest;
}

test('an agent is known by a pinned key', async () => {
  const { find } = await start();
  expect(await find(await signed())).toEqual({ name: 'Shopper' });
  expect(await find(await signed({ fields: ['@authority', '@method', '@path', 'signature-agent'] }))).toEqual(
    {
      name: 'Shopper',
    },
  );
  expect(await find(await signed({ by: stranger }))).toBeUndefined();
  expect(await find({ method: 'POST', url, headers: {} })).toBeUndefined();
});

test('a signature for another host, or of a changed request, declares nothing', async () => {
  const { find } = await start();
  const request = await signed();
  expect(await find({ ...request, url: 'https://other.example/api/v1/verify' })).toBeUndefined();
  const other = await signed();
  expect(await find({ ...other, url: 'https://box.example:8443/api/v1/humans' })).toBeUndefined();
  expect(await find({ ...(await signed()), method: 'PUT' })).toBeUndefined();
  const fields = ['@authority', '@method', '@path', 'signature-agent'];
  const changed = await signed({ fields });
  expect(
    await find({ ...changed, headers: { ...changed.headers, 'signature-agent': '"https://evil.example"' } }),
  ).toBeUndefined();
  for (const left of ['@authority', '@method', '@path'])
    expect(
      await find(await signed({ fields: ['@authority', '@method', '@path'].filter((one) => one !== left) })),
    ).toBeUndefined();
});

test('a signature counts once, for five minutes', async () => {
  const { find, advance } = await start();
  const request = await signed({ nonce: 'same' });
  expect(await find(request)).toEqual({ name: 'Shopper' });
  expect(await find(request)).toBeUndefined();
  expect(await find(await signed({ nonce: 'same' }))).toBeUndefined();
  const late = await signed({ expires: Date.now() + 3_600_000 });
  advance(300_001);
  expect(await find(late)).toBeUndefined();
});

test('one without a nonce, from the future, run out, or for another purpose declares nothing', async () => {
  const { find } = await start();
  const now = Date.now();
  for (const nonce of [null, '']) expect(await find(await signed({ nonce }))).toBeUndefined();
  expect(await find(await signed({ created: now + 120_000 }))).toBeUndefined();
  expect(await find(await signed({ created: now - 60_000, expires: now - 1_000 }))).toBeUndefined();
  expect(await find(await signed({ tag: 'payment' }))).toBeUndefined();
});

test.each([
  ['signature', 'garbage'],
  ['signature-input', 'sig=;;;'],
  ['signature-input', 'sig=("@authority");created=1'],
  ['signature-input', 'sig=("@unknown");created=1;expires=2;nonce="a";keyid="b"'],
])('a broken header %s: %s declares nothing', async (name, value) => {
  const { find } = await start();
  const request = await signed();
  const key = Object.keys(request.headers).find((one) => one.toLowerCase() === name)!;
  expect(await find({ ...request, headers: { ...request.headers, [key]: value } })).toBeUndefined();
});

test('one organization that uses up its nonces leaves those of another', async () => {
  const { agents } = await start();
  const other = { ...realm, organization: 'org_2' as OrganizationId };
  const request = await signed({ nonce: 'same' });
  expect(await agents.find(realm, request)).toEqual({ name: 'Shopper' });
  expect(await agents.find(other, request)).toEqual({ name: 'Shopper' });
  expect(await agents.find(other, request)).toBeUndefined();
});

test('the keys of two agents are apart', async () => {
  const { find } = await start({ keys: [stranger.x, agent.x] });
  expect(await find(await signed())).toEqual({ name: 'Shopper' });
});

test('a digest that is signed has to be that of the body', async () => {
  const { find } = await start();
  const body = Buffer.from('{"userId":"user_123"}');
  const digestOf = (name: 'sha256' | 'sha512', of = body) => hash(name, of, 'base64');
  const withDigest = (digest: string, fields = ['@authority', '@method', '@path', 'content-digest']) =>
    signed({ fields, headers: { 'content-digest': digest } });
  const right = `sha-256=:${digestOf('sha256')}:`;
  const both = `${right}, sha-512=:${digestOf('sha512')}:`;
  for (const digest of [right, both])
    expect(await find({ ...(await withDigest(digest)), body })).toEqual({ name: 'Shopper' });
  const other = Buffer.from('{"userId":"user_999"}');
  expect(await find({ ...(await withDigest(right)), body: other })).toBeUndefined();
  expect(await find(await withDigest(right))).toBeUndefined();
  const wrong = `${right}, sha-512=:${digestOf('sha512', other)}:`;
  for (const digest of [wrong, 'md5=:CY9rzUYh03PK3k6DJie09g==:', 'garbage'])
    expect(await find({ ...(await withDigest(digest)), body })).toBeUndefined();
  // Only the member `md5` is signed: a proxy could add the digest of another body.
  const part = await withDigest('md5=:CY9rzUYh03PK3k6DJie09g==:', [
    ...['@authority', '@method', '@path', 'content-digest;key="md5"'],
  ]);
  const name = Object.keys(part.headers).find((one) => one.toLowerCase() === 'content-digest')!;
  const added = { ...part.headers, [name]: `${part.headers[name]}, sha-256=:${digestOf('sha256', other)}:` };
  expect(await find({ ...part, headers: added, body: other })).toBeUndefined();
  // A body whose digest is not signed could be another one.
  expect(
    await find({ ...(await withDigest(right, ['@authority', '@method', '@path'])), body }),
  ).toBeUndefined();
  expect(await find({ ...(await signed()), body })).toBeUndefined();
});
