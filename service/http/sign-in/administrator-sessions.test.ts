import type { FastifyInstance } from 'fastify';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { recordedAccess, recordedKeys } from '../../../test/support/recorded-access.ts';
import type { AdministratorCaller } from '../../engine/accounts/index.ts';
import { systemClock } from '../../lib/clock.ts';
import { type AdministratorId, createIds, type OrganizationId } from '../../lib/id.ts';
import { silentLog } from '../../lib/log.ts';
import type { AccessList, RouteAccess } from '../route-access.ts';
import { createServer } from '../server.ts';

const owner: AdministratorCaller = {
  is: 'administrator',
  administrator: 'adm_owner' as AdministratorId,
  session: 'ses_owner',
  organization: 'org_recorded' as OrganizationId,
  role: 'owner',
  applianceOwner: false,
};
const callers: Record<string, AdministratorCaller> = {
  owner: { ...owner, factorAt: 1 },
  stale: owner,
  auditor: { ...owner, role: 'auditor', factorAt: 1 },
  box: { ...owner, role: 'auditor', applianceOwner: true, factorAt: 1 },
  first: { ...owner, applianceOwner: true, withoutFactor: true },
  firstOfOthers: { ...owner, withoutFactor: true },
  enrolling: { ...owner, limitedTo: 'enrollment' },
};

const managers: AccessList = { administrator: ['owner', 'administrator'] };
const routes: Record<string, RouteAccess> = {
  '/managers': managers,
  '/fresh': { ...managers, fresh: true },
  '/enrolling': { ...managers, enrollment: true },
  '/name': { administrator: ['owner'], applianceOwner: true, fresh: true, beforeFactor: true },
  '/box': { administrator: [], applianceOwner: true },
  '/keys': 'identity',
  '/both': { ...managers, key: 'identity' },
};

let app: FastifyInstance;
beforeEach(async () => {
  app = createServer({
    access: recordedAccess(),
    sessions: {
      byCookie: async (secret) => callers[secret],
      byToken: async (token) => callers[token.split('.')[1]!],
      checkCsrf: (session, sent) => sent === `csrf of ${session}`,
      hasFreshFactor: ({ factorAt }) => factorAt !== undefined,
      goesOn: async () => true,
    },
    log: silentLog,
    ids: createIds(systemClock),
  });
  for (const [url, access] of Object.entries(routes)) {
    app.route({
      method: ['GET', 'POST', 'PUT', 'PATCH', 'DELETE'],
      url,
      config: { access },
      handler: async ({ caller }) => (caller?.is === 'administrator' ? caller.role : caller?.is),
    });
  }
  await app.ready();
});
afterEach(() => app.close());

async function ask(url: string, headers: Record<string, string>, method: 'GET' | 'POST' | 'DELETE' = 'GET') {
  const reply = await app.inject({ method, url, headers: { host: 'box:7300', ...headers } });
  return reply.statusCode === 200 ? reply.body : `${reply.statusCode} ${reply.json().code}`;
}
const cookie = (name: string) => ({ cookie: `theme=dark; __Host-gatehouse-session=${name}` });
const token = (name: string) => ({ authorization: `Bearer eyJ.${name}.s` });

test.each([
  ['/managers', 'owner', 'owner'],
  ['/managers', 'auditor', '403 INSUFFICIENT_SCOPE'],
  ['/managers', 'box', '403 INSUFFICIENT_SCOPE'],
  ['/managers', 'enrolling', '403 SECOND_FACTOR_REQUIRED'],
  ['/managers', 'ended', '401 MISSING_AUTH'],
  ['/fresh', 'owner', 'owner'],
  ['/fresh', 'stale', '403 FRESH_FACTOR_REQUIRED'],
  ['/fresh', 'auditor', '403 INSUFFICIENT_SCOPE'],
  ['/enrolling', 'enrolling', 'owner'],
  ['/name', 'first', 'owner'],
  ['/fresh', 'first', '403 FRESH_FACTOR_REQUIRED'],
  ['/name', 'firstOfOthers', '403 FRESH_FACTOR_REQUIRED'],
  ['/name', 'stale', '403 FRESH_FACTOR_REQUIRED'],
  ['/name', 'owner', 'owner'],
  ['/box', 'box', 'auditor'],
  ['/box', 'owner', '403 INSUFFICIENT_SCOPE'],
  ['/both', 'owner', 'owner'],
])('%s answers the session and the access token of %s: %s', async (url, name, answer) => {
  expect(await ask(url, cookie(name))).toBe(answer);
  expect(await ask(url, token(name))).toBe(answer);
});

test('a route for keys alone refuses an access token, and does not see a cookie', async () => {
  expect(await ask('/keys', token('owner'))).toBe('403 INSUFFICIENT_SCOPE');
  expect(await ask('/keys', cookie('owner'))).toBe('401 MISSING_AUTH');
});

test('a key is a key, with or without a cookie beside it', async () => {
  const key = { 'x-api-key': recordedKeys.live };
  for (const more of [{}, cookie('owner'), cookie('ended')]) {
    expect(await ask('/keys', { ...key, ...more })).toBe('key');
    expect(await ask('/both', { ...key, ...more })).toBe('key');
    expect(await ask('/managers', { ...key, ...more })).toBe('403 INSUFFICIENT_SCOPE');
  }
});

test('without a credential the refusal says how to sign in', async () => {
  const { body } = await app.inject({ url: '/managers' });
  expect(JSON.parse(body)).toMatchObject({
    code: 'MISSING_AUTH',
    error: expect.stringContaining('/api/auth/login'),
  });
});

describe('a change with the cookie', () => {
  const ours = { 'x-csrf-token': 'csrf of ses_owner', 'sec-fetch-site': 'same-origin' };
  const { 'x-csrf-token': _, ...withoutToken } = ours;

  test.each([
    ['is made by our page', ours, 'owner'],
    [
      'is made by our page in a browser that names only the origin',
      { 'x-csrf-token': ours['x-csrf-token'], origin: 'http://box:7300' },
      'owner',
    ],
    ['lacks the token', withoutToken, '403 CSRF_REFUSED'],
    [
      'has the token of another session',
      { ...ours, 'x-csrf-token': 'csrf of ses_other' },
      '403 CSRF_REFUSED',
    ],
    ['comes from another site', { ...ours, 'sec-fetch-site': 'cross-site' }, '403 CSRF_REFUSED'],
    [
      'comes from another port',
      { ...ours, 'sec-fetch-site': 'same-site', origin: 'http://box:80' },
      '403 CSRF_REFUSED',
    ],
    [
      'names another origin',
      { 'x-csrf-token': ours['x-csrf-token'], origin: 'http://evil.example' },
      '403 CSRF_REFUSED',
    ],
    ['says nothing of its origin', { 'x-csrf-token': ours['x-csrf-token'] }, '403 CSRF_REFUSED'],
  ])('that %s', async (_name, headers: Record<string, string>, answer) => {
    expect(await ask('/managers', { ...cookie('owner'), ...headers }, 'POST')).toBe(answer);
    expect(await ask('/managers', { ...cookie('owner'), ...headers }, 'DELETE')).toBe(answer);
  });

  test('needs no token when it carries an access token, which no page of another origin has', async () => {
    expect(await ask('/managers', { ...token('owner'), 'sec-fetch-site': 'cross-site' }, 'POST')).toBe(
      'owner',
    );
  });
});

test.each([
  ['same-origin', 'owner'],
  ['none', 'owner'],
  ['same-site', '403 CSRF_REFUSED'],
  ['cross-site', '403 CSRF_REFUSED'],
])('a read with the cookie that began at %s: %s', async (site, answer) => {
  expect(await ask('/managers', { ...cookie('owner'), 'sec-fetch-site': site })).toBe(answer);
});
