import type { FastifyInstance } from 'fastify';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { type Alerting, ada, bea, startAlerting } from '../../../test/support/alerting.ts';
import { operator } from '../../../test/support/engine.ts';
import { createServer } from '../../http/server.ts';
import { silentLog } from '../../lib/log.ts';
import { alertRoutes } from './alert-routes.ts';
import { controlErrors } from './errors.ts';

let at: Alerting;
let app: FastifyInstance;
let path: string;

beforeEach(async () => {
  at = await startAlerting({ kind: 'sqlite-memory' });
  app = createServer({ ids: at.engine.ids, log: silentLog });
  await app.register(async (door) => {
    door.decorate('wireErrors', controlErrors);
    await door.register(alertRoutes, { organizations: at.engine.organizations, alerts: at.alerts });
  });
  path = `/organizations/${at.engine.organization}`;
});
afterEach(async () => {
  await app.close();
  await at.engine.stop();
});

const get = async (url: string) => (await app.inject({ url })).json();

test('alerts come in pages, the open ones alone where asked', async () => {
  await at.alerts.addRule(
    at.realm(),
    { metric: 'failures-per-person', threshold: 1, channels: { desktop: true } },
    operator,
  );
  await at.refusals(1, { subject: ada });
  await at.refusals(1, { subject: bea });
  const first = await get(`${path}/alerts?world=live&limit=1`);
  expect(first.alerts).toMatchObject([{ about: bea, firedAt: '2026-11-20T12:00:00.000Z' }]);
  const second = await get(`${path}/alerts?world=live&limit=1&before=${first.next}`);
  expect(second).toMatchObject({ alerts: [{ about: ada }] });
  expect(second).not.toHaveProperty('next');

  const url = `${path}/alerts/${first.next}/acknowledge`;
  const seen = await app.inject({
    method: 'POST',
    url,
    headers: { 'x-gatehouse-operator': 'bea' },
    payload: { world: 'live' },
  });
  expect(seen.json()).toMatchObject({ acknowledged: { by: 'operator:bea' } });
  expect((await get(`${path}/alerts?world=live&open=true`)).alerts).toMatchObject([{ about: ada }]);
  expect((await get(`${path}/alerts?world=live&open=false`)).alerts).toMatchObject([{ about: bea }]);
  expect((await get('/alerts/desktop')).alerts).toMatchObject([{ about: ada }]);
});

test('a rule is made of what is named, and each wrong field is named', async () => {
  const post = (payload: object) =>
    app.inject({ method: 'POST', url: `${path}/alert-rules`, payload: { world: 'live', ...payload } });
  const made = await post({ metric: 'certificate-days', channels: { webhook: false } });
  expect([made.statusCode, made.json()]).toMatchObject([
    201,
    { threshold: 21, channels: { webhook: false, desktop: false, email: [] }, createdBy: 'operator:unknown' },
  ]);
  const wrong = await post({ metric: 'disk-free', threshold: -1, windowMinutes: 0, filter: { key: 'x' } });
  expect([wrong.statusCode, wrong.json().details.map(({ path }: { path: string }) => path)]).toEqual([
    400,
    ['windowMinutes', 'threshold', 'filter', 'filter.key'],
  ]);
  expect((await post({ metric: 'moon-phase' })).json().details[0].path).toBe('metric');
  expect((await get(`${path}/alert-rules?world=live`)).rules).toHaveLength(1);
  expect((await get(`${path}/alert-rules?world=test`)).rules).toEqual([]);
});
