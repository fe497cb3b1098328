import { expect, test } from 'vitest';
import { describeDeadJobs, describeWebhooks, type EventsOut } from './stored-data.ts';

const museum = (webhooks: EventsOut['webhooks'], isGranted = true): EventsOut => ({
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

test('of webhooks that accept what they get nothing is said', () => {
  expect(describeWebhooks([museum([well]), museum([], false)])).toEqual([]);
});

test('a failing and a disabled webhook are named', () => {
  const disabled = { is: 'disabled', at: since, reason: 'The receiver answered 410.' } as const;
  expect(
    describeWebhooks([
      museum([{ ...well, failingSince: since }, { ...well, id: 'wh_2', state: disabled }, well]),
    ]),
  ).toEqual([
    {
      what: 'webhooks',
      found: `Museum: wh_1 (hooks.example.org) has accepted nothing since ${since}; wh_2 (hooks.example.org) is disabled since ${since}: The receiver answered 410`,
    },
  ]);
});

test('many are counted', () => {
  const failing = Array.from({ length: 7 }, (_, i) => ({ ...well, id: `wh_${i}`, failingSince: since }));
  const [detail] = describeWebhooks([museum(failing)]);
  expect(detail!.found).toMatch(/wh_4 .*; and 2 more$/);
  expect(detail!.found).not.toContain('wh_5');
});

test('an organization with a webhook and without a grant is named; callbacks and disabled ones need no grant', () => {
  const disabled = { is: 'disabled', at: since, reason: 'over' } as const;
  const callback = { ...well, id: 'wh_2', kind: 'callback', url: '' } as const;
  expect(describeWebhooks([museum([well, callback], false)])).toEqual([
    { what: 'grants', found: 'Museum has 1 webhook' },
  ]);
  const whats = describeWebhooks([museum([callback, { ...well, state: disabled }], false)]).map(
    ({ what }) => what,
  );
  expect(whats).toEqual(['webhooks']);
});

test('dead jobs are counted by kind, and of none nothing is said', () => {
  expect(describeDeadJobs([{ kind: 'webhook', dead: 0 }])).toEqual([]);
  expect(
    describeDeadJobs([
      { kind: 'webhook', dead: 2 },
      { kind: 'mail', dead: 1 },
      { kind: 'backups', dead: 0 },
    ]),
  ).toEqual([{ what: 'dead jobs', found: 'webhook (2), mail (1)' }]);
});
