import { expect, test } from 'vitest';
import { clockOf } from './clock-time.tsx';
import { nameOf, stateOf, stripOf } from './webhook-state.ts';

const on = { state: { is: 'enabled' as const } };

test('the most urgent comes first', () => {
  const disabled = { state: { is: 'disabled' as const, reason: 'moved', at: '2026-11-20T12:00:00Z' } };
  const failing = { ...on, failingSince: '2026-11-20T08:55:00Z' };
  expect(stateOf({ ...failing, ...disabled }, undefined)).toBe('disabled');
  expect(stateOf(failing, { waiting: 12, deliveries: 20 })).toBe('refusing');
  expect(stateOf(on, undefined)).toBe('unknown');
  expect(stateOf(on, { waiting: 1, deliveries: 20 })).toBe('waiting');
  expect(stateOf(on, { waiting: 0, deliveries: 0 })).toBe('quiet');
  expect(stateOf(on, { waiting: 0, deliveries: 3 })).toBe('works');
});

test('an hour is good, mixed, bad, or without deliveries; what was not counted is empty', () => {
  const hour = (at: string, deliveries: number, accepted: number) => ({ at, deliveries, accepted });
  const hours = [
    hour('2026-11-20T08:00:00Z', 5, 5),
    hour('2026-11-20T09:00:00Z', 5, 5),
    hour('2026-11-20T10:00:00Z', 5, 4),
    hour('2026-11-20T11:00:00Z', 5, 0),
    hour('2026-11-20T12:00:00Z', 0, 0),
  ];
  expect(stripOf({ hours, since: '2026-11-20T09:10:00Z' })).toEqual(['none', 'ok', 'warn', 'bad', 'none']);
});

test('a webhook without a description is called by its host', () => {
  expect(nameOf({ description: 'order system', url: 'https://a.example/x' })).toBe('order system');
  expect(nameOf({ description: '', url: 'https://a.example:8443/x' })).toBe('a.example:8443');
  expect(nameOf({ description: '', url: '' })).toBe('');
});

test('a time of today is short, one of another day has its date', () => {
  const now = new Date(2026, 10, 20, 12).getTime();
  expect(clockOf(new Date(2026, 10, 20, 8, 55, 7), now, 'en-GB')).toBe('08:55');
  expect(clockOf(new Date(2026, 10, 20, 8, 55, 7), now, 'en-GB', true)).toBe('08:55:07');
  expect(clockOf(new Date(2026, 10, 19, 8, 55), now, 'en-GB')).toBe('19 Nov 2026, 08:55');
});
