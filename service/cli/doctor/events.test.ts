import { expect, test } from 'vitest';
import { checkDeadJobs, checkWebhooks, type EventsOut } from './stored-data.ts';

const museum = (webhooks: EventsOut['webhooks'], isGranted = true): EventsOut => ({
  id: 'org_1',
  name: 'Museum',
  webhooks,
  isGranted,
});
const well = {
  id: 'wh_1',
  kind: 'endpoint',
  url: 'https://hooks.example.org/in',
  state: { is: 'enabled' },
} as const;
const since = '2026-11-20T08:00:00.000Z';

test('webhooks that accept what they get are no finding', () => {
  expect(checkWebhooks([museum([well]), museum([], false)])).toEqual([]);
});

test('a failing and a disabled webhook are reported, with the command that shows more', () => {
  const disabled = { is: 'disabled', at: since, reason: 'The receiver answered 410.' } as const;
  const [finding, ...others] = checkWebhooks([
    museum([{ ...well, failingSince: since }, { ...well, id: 'wh_2', state: disabled }, well]),
  ]);
  expect(others).toEqual([]);
  expect(finding).toMatchObject({
    state: 'warn',
    found: `Museum: wh_1 (hooks.example.org) has accepted nothing since ${since}; wh_2 (hooks.example.org) is disabled since ${since}: The receiver answered 410`,
  });
  expect(finding!.remedy).toContain('webhook deliveries --org org_1');
});

test('many are counted', () => {
  const failing = Array.from({ length: 7 }, (_, i) => ({ ...well, id: `wh_${i}`, failingSince: since }));
  const [finding] = checkWebhooks([museum(failing)]);
  expect(finding!.found).toMatch(/wh_4 .*; and 2 more$/);
  expect(finding!.found).not.toContain('wh_5');
});

test('an organization with a webhook and without a grant is reported; callbacks and disabled ones need no grant', () => {
  const disabled = { is: 'disabled', at: since, reason: 'over' } as const;
  const callback = { ...well, id: 'wh_2', kind: 'callback', url: '' } as const;
  expect(checkWebhooks([museum([well, callback], false)])).toMatchObject([
    { what: 'grants', state: 'warn', found: 'Museum has 1 webhook and no grant: nothing is sent' },
  ]);
  const whats = checkWebhooks([museum([callback, { ...well, state: disabled }], false)]).map(
    ({ what }) => what,
  );
  expect(whats).toEqual(['webhooks']);
});

test('dead jobs are counted by kind, and none is no finding', () => {
  expect(checkDeadJobs([{ kind: 'webhook', dead: 0 }])).toEqual([]);
  const [finding] = checkDeadJobs([
    { kind: 'webhook', dead: 2 },
    { kind: 'mail', dead: 1 },
    { kind: 'backups', dead: 0 },
  ]);
  expect(finding).toMatchObject({
    state: 'warn',
    found: '3 jobs have no attempt left: webhook (2), mail (1)',
  });
});
