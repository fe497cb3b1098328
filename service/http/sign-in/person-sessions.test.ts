import type { FastifyInstance } from 'fastify';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { recordedAccess } from '../../../test/support/recorded-access.ts';
import type { KioskCaller } from '../../engine/accounts/index.ts';
import { systemClock } from '../../lib/clock.ts';
import { type AdministratorId, createIds, type KioskId, type OrganizationId } from '../../lib/id.ts';
import { silentLog } from '../../lib/log.ts';
import type { RouteAccess } from '../route-access.ts';
import { createServer } from '../server.ts';

const kiosk: KioskCaller = {
  is: 'kiosk',
  kiosk: 'ksk_1' as KioskId,
  session: 'session',
  organization: 'org_recorded' as OrganizationId,
  world: 'live',
};
const callers: Record<string, KioskCaller> = {
  kiosk_session_alone: kiosk,
  kiosk_session_operated: { ...kiosk, operator: 'adm_1' as AdministratorId },
};
const routes: Record<string, RouteAccess> = {
  '/device': { kiosk: 'device' },
  '/visit': { kiosk: 'operator' },
  '/managers': { administrator: ['owner'] },
  '/keys': 'identity',
};

let app: FastifyInstance;
beforeEach(async () => {
  app = createServer({
    access: recordedAccess(),
    kiosks: { byToken: async (token) => callers[token] },
    log: silentLog,
    ids: createIds(systemClock),
  });
  for (const [url, access] of Object.entries(routes))
    app.get(url, { config: { access } }, async ({ caller }) => caller?.is);
  await app.ready();
});
afterEach(() => app.close());

test.each([
  ['/device', 'alone', 'kiosk'],
  ['/device', 'operated', 'kiosk'],
  ['/visit', 'operated', 'kiosk'],
  ['/visit', 'alone', '403 INSUFFICIENT_SCOPE'],
  ['/managers', 'operated', '403 INSUFFICIENT_SCOPE'],
  ['/keys', 'operated', '403 INSUFFICIENT_SCOPE'],
  ['/device', 'guessed', '401 MISSING_AUTH'],
  ['/visit', 'revoked', '401 MISSING_AUTH'],
])('%s answers the session of a kiosk %s: %s', async (url, name, answer) => {
  const { statusCode, body } = await app.inject({
    url,
    headers: { authorization: `Bearer kiosk_session_${name}` },
  });
  expect(statusCode === 200 ? body : `${statusCode} ${JSON.parse(body).code}`).toBe(answer);
});

test('no other credential opens what is for kiosks', async () => {
  for (const headers of [{}, { cookie: '__Host-gatehouse-session=owner' }]) {
    const { statusCode, body } = await app.inject({ url: '/visit', headers });
    expect(`${statusCode} ${JSON.parse(body).code}`).toBe('401 MISSING_AUTH');
  }
});
