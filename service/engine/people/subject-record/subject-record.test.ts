import { expect, test } from 'vitest';
import { printedRecord } from './subject-record.ts';

const record = {
  format: 'gatehouse-subject-record/1',
  exportedAt: '2026-11-20T12:00:00.000Z',
  organization: { id: 'org_1', name: 'Acme' },
  world: 'live',
  person: { userId: 'sub_1', email: 'ada@example.com', name: undefined, lastVerifiedAt: null },
  holds: [],
  verifications: [
    {
      id: 'ver_1',
      verified: true,
      location: { country: 'CH', latitude: 47.4 },
      checkResults: [{ check: 'liveness', details: { layers: ['a', 'b'] } }],
    },
  ],
  unreadable: ['subject.name'],
};

test('every value of the record is on paper, under words', () => {
  const { title, lead, foot, sections } = printedRecord(record);
  expect(title).toBe('Everything held about a person');
  expect(lead[0]).toBe('Acme (org_1), world of real people.');
  expect(foot).toBe('Printed 2026-11-20 12:00:00 UTC by Gatehouse');
  expect(sections).toEqual([
    {
      heading: 'Person',
      note: 'Identity of the person.',
      items: [
        {
          facts: [
            ['User id', 'sub_1'],
            ['Email', 'ada@example.com'],
            ['Last verified at', '–'],
          ],
        },
      ],
    },
    { heading: 'Legal holds', note: 'Why data of the person is kept. There is nothing.', items: [] },
    {
      heading: 'Verifications',
      note: 'What was decided about the person, and why.',
      items: [
        {
          title: '1 of 1',
          facts: [
            ['Id', 'ver_1'],
            ['Verified', 'yes'],
            ['Location, country', 'CH'],
            ['Location, latitude', '47.4'],
            ['Check results 1, check', 'liveness'],
            ['Check results 1, details, layers', 'a, b'],
          ],
        },
      ],
    },
    {
      heading: 'Unreadable',
      note: 'Sealed values that do not open because they were changed on disk.',
      items: [{ facts: [['1', 'subject.name']] }],
    },
  ]);
});

test('what would print for minutes is given as JSON alone', () => {
  const verifications = Array.from({ length: 20_000 }, (_, i) => ({
    id: `ver_${i}`,
    verified: true,
    at: '',
  }));
  expect(() => printedRecord({ ...record, verifications })).toThrow(
    expect.objectContaining({ code: 'PAYLOAD_TOO_LARGE' }),
  );
});
