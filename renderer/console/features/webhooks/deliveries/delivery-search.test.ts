import { expect, test } from 'vitest';
import { DeliverySearch, toDeliveryQuery } from './delivery-search.ts';

const id = (prefix: string) => `${prefix}_01m7w3hb8hbf355he5zqwjztdk`;

test('one field searches deliveries, events, persons and names of events', () => {
  const of = (q: string) => toDeliveryQuery({ q }, 'identity');
  expect(of(id('dlv'))).toEqual({ delivery: id('dlv') });
  expect(of(id('evt'))).toEqual({ event: id('evt') });
  expect(of(` ${id('sub')} `)).toEqual({ person: id('sub') });
  expect(of('verification.failure')).toEqual({ name: 'identity.verification.failure' });
  expect(of('identity.user.enrolled')).toEqual({ name: 'identity.user.enrolled' });
  expect(of('dlv_short')).toEqual({ name: 'identity.dlv_short' });
});

test('days are whole days of the reader; what is no filter is left out', () => {
  const query = toDeliveryQuery({ from: '2026-11-20', until: '2026-11-20', state: 'failed' }, 'identity');
  expect(query).toEqual({
    state: 'failed',
    since: new Date(2026, 10, 20).toISOString(),
    until: new Date(2026, 10, 21).toISOString(),
  });
  expect(DeliverySearch.parse({ from: 'yesterday', state: 'odd', q: 7 })).toEqual({});
});
