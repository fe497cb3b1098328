import { expect, test } from 'vitest';
import { changesOf, dayOf, defaultValues, endOf, type Scope, valuesOf } from './scope-values.ts';

const scope: Scope = {
  id: 'scp_1',
  name: 'survey',
  state: 'active',
  epoch: 1,
  members: 3,
  waiting: 0,
  falseFlagRate: 0.07,
  reviewRate: 0.11,
  onErasure: 'hold',
  createdAt: '2026-11-20T12:00:00.000Z',
  endsAt: '2037-06-30T09:15:00.000Z',
};

test('shares are percent in the form, and the same shares when they are sent', () => {
  const values = valuesOf(scope);
  expect(values).toMatchObject({ falseFlags: 7, reviews: 11, retentionDays: null });
  expect(changesOf(defaultValues, values)).toMatchObject({ falseFlagRate: 0.07, reviewRate: 0.11 });
});

test('what was not changed is not sent: the time of day of an end stays', () => {
  const values = valuesOf(scope);
  expect(changesOf(values, { ...values, reviews: 12 })).toEqual({ reviewRate: 0.12 });
  expect(changesOf(values, { ...values, ends: '' })).toEqual({ endsAt: null });
});

test('an end is the last second of its day, where the reader is', () => {
  const day = dayOf(scope.endsAt!);
  const sent = changesOf(defaultValues, { ...defaultValues, ends: day }).endsAt!;
  expect([dayOf(sent), Date.parse(sent)]).toEqual([day, endOf(day)]);
});

test('the term of members is not sent for a scope that holds them', () => {
  expect(changesOf(defaultValues, { ...defaultValues, onErasure: 'hold', retentionDays: 30 })).toEqual({
    onErasure: 'hold',
  });
});
