import { expect, test } from 'vitest';
import { checkErasures, checkKeysWithoutPerson } from './stored-data.ts';

test('pending erasures are counted, with the command that says what they wait for', () => {
  expect(checkErasures([])).toEqual([]);
  const two = [
    { id: 'org_1', name: 'Museum', erasures: 1 },
    { id: 'org_2', name: 'School', erasures: 2 },
  ];
  expect(checkErasures(two)).toMatchObject([
    {
      state: 'warn',
      found: expect.stringMatching(/^3 erasures are pending: Museum \(1\), School \(2\);/),
      remedy: expect.stringMatching(/receipt list --pending --org org_1 .* --org org_2$/),
    },
  ]);
  expect(checkErasures([{ id: 'org_1', name: 'Port', erasures: 1000 }])[0]?.found).toMatch(
    /^at least 1,000 /,
  );
});

test('keys without a person that no sweep destroys are reported and explained', () => {
  expect(checkKeysWithoutPerson({ keys: 0 })).toEqual([]);
  expect(checkKeysWithoutPerson({ keys: 40 })).toMatchObject([
    {
      state: 'warn',
      found: expect.stringMatching(/^40 keys belong to people who are not in this database/),
      remedy: expect.stringContaining('restore of an older backup'),
    },
  ]);
});
