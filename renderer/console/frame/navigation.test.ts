import { expect, test } from 'vitest';
import { mayOpen } from '../screen-data.ts';
import { firstScreenOf, navigation } from './navigation.ts';

const seenBy = (role: Parameters<typeof firstScreenOf>[0]['role'], applianceOwner = false) =>
  navigation.flatMap(({ entries }) =>
    entries.filter((entry) => mayOpen(entry, { role, applianceOwner })).map(({ to }) => to.slice(1)),
  );

test('a role sees the screens that it may open, and nothing else', () => {
  const all = navigation.flatMap(({ entries }) => entries.map(({ to }) => to.slice(1)));
  const appliance = ['models', 'jobs', 'backups'];
  expect(seenBy('owner', true)).toEqual(all);
  expect(seenBy('owner')).toEqual(all.filter((one) => !appliance.includes(one)));
  expect(seenBy('reviewer')).toEqual(['review']);
  expect(all.filter((one) => !seenBy('operator').includes(one))).toEqual([
    ...['review', 'models', 'jobs', 'audit', 'backups', 'administrators', 'approvals'],
  ]);
  expect(all.filter((one) => !seenBy('auditor').includes(one))).toEqual([
    ...['enroll', 'models', 'jobs', 'backups'],
  ]);
});

test('a reader begins at the first screen of the role', () => {
  expect([
    firstScreenOf({ role: 'auditor', applianceOwner: false }),
    firstScreenOf({ role: 'reviewer', applianceOwner: false }),
  ]).toEqual(['/overview', '/review']);
});
