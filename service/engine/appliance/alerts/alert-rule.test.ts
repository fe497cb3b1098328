import { expect, test } from 'vitest';
import { type AlertMetric, alertMetrics, type NewAlertRule } from './alert.ts';
import { changedRule, checkNewRule, isBeyond, metricFacts } from './alert-rule.ts';

const refusedFor = (input: NewAlertRule): string[] => {
  try {
    checkNewRule(input);
    return [];
  } catch (error) {
    const { code, extra } = error as { code: string; extra: { details: { path: string }[] } };
    return [code, ...extra.details.map(({ path }) => path)];
  }
};

test('absent fields have the values of the metric’s recommended rule', () => {
  expect(checkNewRule({ metric: 'failures-per-person', threshold: 7, channels: { desktop: true } })).toEqual({
    name: 'One person refused again and again',
    metric: 'failures-per-person',
    windowMinutes: 15,
    threshold: 7,
    filter: {},
    holdOffMinutes: 60,
    channels: { webhook: true, desktop: true, email: [] },
  });
});

test.each(alertMetrics)('the recommended rule of %s keeps to its own bounds', (metric) => {
  expect(checkNewRule({ metric })).toMatchObject({ metric, threshold: metricFacts[metric].threshold });
});

test.each<[string, Partial<NewAlertRule>, string]>([
  ['an empty name', { name: ' ' }, 'name'],
  ['a name of two lines', { name: 'a\nBcc: x' }, 'name'],
  ['a long name', { name: 'a'.repeat(121) }, 'name'],
  ['no window', { windowMinutes: 0 }, 'windowMinutes'],
  ['a window of two days', { windowMinutes: 2880 }, 'windowMinutes'],
  ['half a minute', { windowMinutes: 0.5 }, 'windowMinutes'],
  ['no hold-off', { holdOffMinutes: 0 }, 'holdOffMinutes'],
  ['a threshold of none', { threshold: 0 }, 'threshold'],
  ['half an event', { threshold: 1.5 }, 'threshold'],
  ['no number', { threshold: Number.NaN }, 'threshold'],
  ['a person by address', { filter: { subject: 'ada@example.com' } }, 'filter.subject'],
  ['a key by its text', { filter: { key: 'gh_live_abc' } }, 'filter.key'],
  ['a profile with a quote', { filter: { profile: 'a"b' } }, 'filter.profile'],
  ['two addresses in one', { channels: { email: ['a@x.ch, b@x.ch'] } }, 'channels.email'],
  ['an address with a name', { channels: { email: ['Ada <a@x.ch>'] } }, 'channels.email'],
  ['an address with a line', { channels: { email: ['a@x.ch\r\nBcc:b@x.ch'] } }, 'channels.email'],
  [
    'many addresses',
    { channels: { email: Array.from({ length: 21 }, (_, i) => `a${i}@x.ch`) } },
    'channels.email',
  ],
])('%s is refused, and the field is named', (_, wrong, path) => {
  expect(refusedFor({ metric: 'failures-per-person', ...wrong })).toEqual(['INVALID_REQUEST', path]);
});

test('every wrong field is named at once', () => {
  expect(refusedFor({ metric: 'bot-rate', threshold: 2, windowMinutes: 0 })).toEqual([
    'INVALID_REQUEST',
    'windowMinutes',
    'threshold',
  ]);
});

test('an unknown metric is answered with those there are', () => {
  expect(() => checkNewRule({ metric: 'moon-phase' as AlertMetric })).toThrow(
    'There is no metric "moon-phase". There are failures-per-person,',
  );
});

test.each(['disk-free', 'bot-rate'] as const)('%s takes no filter', (metric) => {
  expect(refusedFor({ metric, filter: { profile: 'default' } })).toEqual(['INVALID_REQUEST', 'filter']);
});

test('a change keeps what it does not name, channels one by one, and is checked as a whole', () => {
  const rule = checkNewRule({ metric: 'spoof-attempts', filter: { profile: 'default' } });
  expect(
    changedRule(rule, { threshold: 9, channels: { email: ['a@x.ch', ' a@x.ch '] }, enabled: false }),
  ).toEqual({
    ...rule,
    threshold: 9,
    channels: { webhook: true, desktop: false, email: ['a@x.ch'] },
  });
  expect(() => changedRule(rule, { windowMinutes: -1 })).toThrow('1 to 1440');
});

test('a disk and a certificate fire at or below, everything else at or beyond', () => {
  const disk = checkNewRule({ metric: 'disk-free', threshold: 100 });
  const depth = checkNewRule({ metric: 'queue-depth', threshold: 100 });
  expect([99, 100, 101].map((value) => isBeyond(disk, value))).toEqual([true, true, false]);
  expect([99, 100, 101].map((value) => isBeyond(depth, value))).toEqual([false, true, true]);
});
