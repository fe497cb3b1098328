import type { FastifyInstance } from 'fastify';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { createAuthDoor } from '../../service/doors/auth/index.ts';
import { createAccess } from '../../service/engine/accounts/index.ts';
import { createOwnHosts } from '../../service/http/listening/own-hosts.ts';
import type { OrganizationId } from '../../service/lib/id.ts';
import { silentLog } from '../../service/lib/log.ts';
import { type Engine, startEngine } from '../support/engine.ts';
import { openDoors } from '../support/open-doors.ts';

const HOST = 'localhost:7300';
const own = { 'sec-fetch-site': 'same-origin', origin: `http://${HOST}` };
const elin = { name: 'Elin', email: 'elin@nordlys.example', password: 'wet gravel under pines' };

let engine: Engine;
let app: FastifyInstance;
let token: string;
beforeEach(async () => {
  engine = await startEngine();
  token = (await engine.setup.begin()).token!;
  const access = createAccess({ ...engine, log: silentLog });
  const hosts = createOwnHosts({ listen: '127.0.0.1', allowed: [] });
  app = await openDoors(engine, { access, sessions: engine.sessions, hosts }, [createAuthDoor(engine)]);
});
afterEach(async () => {
  await app.close();
  await engine.stop();
});

async function send(
  step: string,
  body?: object,
  { headers = own, host = HOST }: { headers?: Record<string, string>; host?: string } = {},
) {
  const reply = await app.inject({
    method: body === undefined ? 'GET' : 'POST',
    url: `/api/setup${step}`,
    headers: { host, ...headers },
    ...(body !== undefined && { payload: body }),
  });
  return {
    status: reply.statusCode,
    body: reply.json(),
    cookies: [reply.headers['set-cookie'] ?? []].flat(),
  };
}
const pairOf = (cookie: string | undefined) => cookie!.split(';', 1)[0]!;
const begin = async () => {
  const { cookies } = await send('/claim', { token });
  return { ...own, cookie: pairOf(cookies[0]) };
};

test('the browser that brings the token makes the owner, and is signed in', async () => {
  expect((await send('')).body).toEqual({ state: 'open', expiresAt: expect.any(String) });
  const claimed = await send('/claim', { token });
  expect([claimed.status, claimed.cookies]).toEqual([
    200,
    [
      expect.stringMatching(
        /^__Host-gatehouse-setup=[\w-]{43}; Max-Age=86400; Path=\/; Secure; HttpOnly; SameSite=Strict$/,
      ),
    ],
  ]);
  const headers = { ...own, cookie: pairOf(claimed.cookies[0]) };
  expect((await send('/organization', { name: 'Nordlys Bank' }, { headers })).body).toMatchObject({
    state: 'mine',
    organization: { name: 'Nordlys Bank', mayRename: true },
  });
  const made = await send('/owner', elin, { headers });
  expect([made.status, made.body]).toEqual([
    200,
    {
      user: expect.objectContaining({ email: elin.email, role: 'owner', applianceOwner: true }),
      csrf: expect.any(String),
      expiresAt: expect.any(String),
    },
  ]);
  expect(made.cookies[1]).toMatch(/^__Host-gatehouse-setup=; Max-Age=0;/);
  const cookie = pairOf(made.cookies[0]);
  const session = await app.inject({ url: '/api/auth/session', headers: { host: HOST, ...own, cookie } });
  expect(session.json().user.name).toBe('Elin');
  expect((await send('', undefined, { headers })).body).toEqual({ state: 'closed' });
  expect((await send('/owner', { ...elin, email: 'eve@example.com' }, { headers })).body.code).toBe(
    'SETUP_CLOSED',
  );
});

test('a second browser is refused, whether it has the token or not', async () => {
  await begin();
  expect((await send('')).body.state).toBe('claimed');
  const second = await send('/claim', { token });
  expect([second.status, second.body.code, second.cookies]).toEqual([401, 'SETUP_TOKEN_REFUSED', []]);
  for (const headers of [own, { ...own, cookie: `__Host-gatehouse-setup=${token}` }]) {
    expect((await send('/organization', { name: 'Eve' }, { headers })).body.code).toBe('SETUP_TOKEN_REFUSED');
    expect((await send('/owner', elin, { headers })).body.code).toBe('SETUP_TOKEN_REFUSED');
  }
});

test.each([
  ['another site', { 'sec-fetch-site': 'cross-site', origin: 'http://evil.example' }, HOST, 'CSRF_REFUSED'],
  ['another port', { 'sec-fetch-site': 'same-site', origin: 'http://localhost:80' }, HOST, 'CSRF_REFUSED'],
  ['no page', {}, HOST, 'CSRF_REFUSED'],
  ['a name that is not ours', own, 'evil.example', 'HOST_NOT_ALLOWED'],
])('a request of %s changes nothing', async (_name, headers: Record<string, string>, host, code) => {
  const { cookie } = await begin();
  for (const [step, body] of [
    ['/claim', { token }],
    ['/organization', { name: 'Eve' }],
    ['/owner', elin],
  ] as const)
    expect((await send(step, body, { headers: { ...headers, cookie }, host })).body.code).toBe(code);
  expect((await engine.organizations.get(engine.organization)).name).toBe('Acme');
  expect(await engine.administrators.ownersExist()).toBe(false);
});

test('a weak password is refused with the field, and the browser goes on', async () => {
  const headers = await begin();
  const weak = await send('/owner', { ...elin, password: 'short' }, { headers });
  expect([weak.status, weak.body.code]).toEqual([422, 'PASSWORD_TOO_WEAK']);
  expect((await send('/owner', elin, { headers })).status).toBe(200);
});

test('of many tries at once one makes the owner', async () => {
  const headers = await begin();
  const made = await Promise.all(
    [1, 2, 3].map((n) => send('/owner', { ...elin, email: `elin${n}@nordlys.example` }, { headers })),
  );
  expect(made.map(({ status }) => status).toSorted()).toEqual([200, 409, 409]);
});

test('before sign-in a notice is read by those of its organization, and not by those of another one', async () => {
  const read = async (domain?: string) => {
    const url = domain === undefined ? '/api/auth/notice' : `/api/auth/notice?domain=${domain}`;
    return (await app.inject({ url, headers: { host: HOST } })).json().notices;
  };
  const who = { is: 'operator', name: 'ada' } as const;
  await engine.organizations.set(engine.organization, { signInNotice: 'Of Acme.' }, who);
  expect(await read()).toEqual(['Of Acme.']);
  const other = await engine.organizations.create({ name: 'Other' }, who);
  await engine.organizations.set(other.id, { signInNotice: 'Call this number.' }, who);
  expect([await read(), await read('acme.example')]).toEqual([[], []]);
  const make = (organization: OrganizationId, email: string) =>
    engine.administrators.create({ organization, email, name: 'A', role: 'administrator' }, who);
  await make(engine.organization, 'ada@acme.example');
  await make(other.id, 'eve@other.example');
  expect(await read('acme.example')).toEqual(['Of Acme.']);
  expect(await read('ACME.example')).toEqual(['Of Acme.']);
  expect(await read('other.example')).toEqual(['Call this number.']);
  for (const domain of ['%25', '%25.example', 'a_me.example', 'example', 'unknown.example'])
    expect(await read(domain)).toEqual([]);
  await make(other.id, 'eve@acme.example');
  expect(await read('acme.example')).toEqual([]);
});
