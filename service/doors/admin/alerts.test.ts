import { afterEach, beforeEach, expect, test } from 'vitest';
import { type Alerting, ada, bea, startAlerting } from '../../../test/support/alerting.ts';
import { type ControlAdmin, openControlAdmin } from '../../../test/support/control-admin.ts';
import { operator } from '../../../test/support/engine.ts';
import { alertRoutes } from './alerts.ts';

let at: Alerting;
let control: ControlAdmin;

beforeEach(async () => {
  at = await startAlerting({ kind: 'sqlite-memory' });
  control = await openControlAdmin(at.engine, { alerts: at.alerts }, [alertRoutes]);
});
afterEach(async () => {
  await control.close();
  await at.engine.stop();
});

const get = async (path: string) => (await control.call('GET', path)).body;

test('alerts come in pages, the open ones alone where asked', async () => {
  await at.alerts.addRule(
    at.realm(),
    { metric: 'failures-per-person', threshold: 1, channels: { desktop: true } },
    operator,
  );
  await at.refusals(1, { subject: ada });
  await at.refusals(1, { subject: bea });
  const first = await get('/alerts?env=live&limit=1');
  expect(first.items).toMatchObject([{ about: bea, firedAt: '2026-11-20T12:00:00.000Z' }]);
  const second = await get(`/alerts?env=live&limit=1&cursor=${first.next}`);
  expect(second).toMatchObject({ items: [{ about: ada }] });
  expect(second).not.toHaveProperty('next');

  const seen = await control.call('POST', `/alerts/${first.items[0].id}/acknowledge?env=live`);
  expect(seen.body).toMatchObject({ acknowledged: { by: 'operator:ada' } });
  expect((await get('/alerts?env=live&open=true')).items).toMatchObject([{ about: ada }]);
  expect((await get('/alerts?env=live&open=false')).items).toMatchObject([{ about: bea }]);
  expect((await get('/alerts/desktop')).items).toMatchObject([
    { about: ada, env: 'live', organization: at.engine.organization },
  ]);
});

test('a rule is made of what is named, and each wrong field is named', async () => {
  const post = (body: object) => control.call('POST', '/alert-rules?env=live', body);
  expect(await post({ metric: 'certificate-days', channels: { webhook: false } })).toMatchObject({
    status: 201,
    body: {
      threshold: 21,
      channels: { webhook: false, desktop: false, email: [] },
      createdBy: 'operator:ada',
    },
  });
  const pathsOf = ({ body }: { body: { details: { path: string }[] } }) =>
    body.details.map(({ path }) => path);
  const wrong = await post({ metric: 'disk-free', threshold: -1, windowMinutes: 0, filter: { key: 'x' } });
  expect([wrong.status, pathsOf(wrong)]).toEqual([400, ['windowMinutes', 'threshold', 'filter.key']]);
  expect(pathsOf(await post({ metric: 'disk-free', filter: { profile: 'default' } }))).toEqual(['filter']);
  expect(pathsOf(await post({ metric: 'moon-phase' }))).toEqual(['metric']);
  expect((await get('/alert-rules?env=live')).items).toHaveLength(1);
  expect(await get('/alert-rules?env=test')).toEqual({ items: [] });
});

test('rules come in pages, the newest first; what is recommended leaves out what is watched', async () => {
  for (const metric of ['disk-free', 'spoof-attempts'] as const)
    await at.alerts.addRule(at.realm(), { metric }, operator);
  const first = await get('/alert-rules?env=live&limit=1');
  expect(first.items).toMatchObject([{ metric: 'spoof-attempts' }]);
  const second = await get(`/alert-rules?env=live&limit=1&cursor=${first.next}`);
  expect(second).toMatchObject({ items: [{ metric: 'disk-free' }] });
  expect(second).not.toHaveProperty('next');
  const metrics = (await get('/alert-rules/recommended?env=live')).items.map(
    ({ metric }: { metric: string }) => metric,
  );
  expect(metrics).toContain('failures-per-key');
  expect(metrics).not.toContain('disk-free');
});

test('a recipient is approved, listed in pages and withdrawn', async () => {
  for (const address of ['Ops@example.com', 'it@example.com'])
    expect(await control.call('POST', '/mail-recipients', { address })).toMatchObject({
      status: 201,
      body: { address: address.toLowerCase(), approvedBy: 'operator:ada' },
    });
  const first = await get('/mail-recipients?limit=1');
  expect(first.items).toMatchObject([{ address: 'it@example.com' }]);
  expect(await get(`/mail-recipients?limit=1&cursor=${first.next}`)).toMatchObject({
    items: [{ address: 'ops@example.com' }],
  });
  const withdraw = { address: 'ops@example.com' };
  expect(await control.call('POST', '/mail-recipients/withdraw', withdraw)).toEqual({
    status: 204,
    body: undefined,
  });
  expect((await control.call('POST', '/mail-recipients/withdraw', withdraw)).status).toBe(404);
  expect((await get('/mail-recipients')).items).toMatchObject([{ address: 'it@example.com' }]);
});
