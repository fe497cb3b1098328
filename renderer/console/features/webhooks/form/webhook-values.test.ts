import { expect, test } from 'vitest';
import type { Schemas } from '../../../api/admin.ts';
import { destinationOf, newValues, readHeaders, toChange, toNew, valuesOf } from './webhook-values.ts';

const before: Schemas['Webhook'] = {
  id: 'wh_1',
  url: 'https://a.example/in',
  description: 'orders',
  headers: ['x-token'],
  events: ['identity.user.enrolled'],
  createdAt: '2026-11-20T12:00:00.000Z',
  createdBy: 'operator:ada',
  ...({ kind: 'endpoint', family: 'identity', signature: 'hex' } as const),
  ...({ trust: { is: 'system' }, state: { is: 'enabled' } } as const),
};

test('only what differs is sent', () => {
  const values = valuesOf(before);
  expect(toChange(values, before)).toEqual({});
  expect(toChange({ ...values, url: ' https://b.example/ ', events: [] }, before)).toEqual({
    url: 'https://b.example/',
    events: [],
  });
  expect(toChange({ ...values, replaceHeaders: true }, before)).toEqual({ headers: {} });
  expect(toChange({ ...values, trust: 'pin', pin: 'abc=' }, before)).toEqual({ pin: 'abc=' });
  const pinned = { ...before, trust: { is: 'pin' as const, pin: 'abc=' } };
  expect(toChange(valuesOf(pinned), pinned)).toEqual({});
  expect(toChange({ ...valuesOf(pinned), trust: 'system' }, pinned)).toEqual({ pin: null });
  expect(toChange({ ...valuesOf(pinned), trust: 'ca', ca: 'PEM' }, pinned)).toEqual({ pin: null, ca: 'PEM' });
});

test('a new one names what was chosen, and nothing else', () => {
  const values = { ...newValues, url: 'https://a.example/in', description: 'orders', events: ['identity.x'] };
  expect(toNew(values)).toEqual({
    family: 'identity',
    url: 'https://a.example/in',
    description: 'orders',
    events: ['identity.x'],
  });
  expect(toNew({ ...values, headers: 'x-a: 1', signature: 'standard' })).toMatchObject({
    headers: { 'x-a': '1' },
    signature: 'standard',
  });
});

test('headers are lines of name and value; a value may hold colons', () => {
  expect(readHeaders('x-a: 1\n\nx-b: https://c.example')).toEqual({ 'x-a': '1', 'x-b': 'https://c.example' });
  expect(readHeaders('no colon')).toBeUndefined();
  expect(readHeaders(': 1')).toBeUndefined();
});

test('the destination of an address is its host, with a port of its own', () => {
  expect(destinationOf('https://hooks.example.org/in')).toBe('hooks.example.org');
  expect(destinationOf('http://127.0.0.1:9977/in')).toBe('127.0.0.1:9977');
  expect(destinationOf('https://[fd00::1]:8443/')).toBe('[fd00::1]:8443');
  expect(destinationOf('hooks.example.org')).toBeUndefined();
});
