import { expect, test } from 'vitest';
import { decidedToast } from './decided-toast.ts';
import { sessionStrings } from './strings.ts';

type Reply = Parameters<typeof decidedToast>[3];
const waits: Reply = { inReview: true, waitsFor: 'camera', reasons: ['SUSPECT_CAMERA'] };
const rejected: Reply = { inReview: false, decision: 'rejected', reasons: ['REPLAYED_MOVEMENT'] };

test.each([
  ['en', ['Session not approved', 'Rejected: The face moved exactly as in an earlier attempt']],
  [
    'de',
    ['Sitzung nicht bestätigt', 'Abgelehnt: Das Gesicht bewegte sich genau wie in einem früheren Versuch'],
  ],
] as const)(
  'an approval that the new look rejects is named as that, with the reason (%s)',
  (language, says) => {
    expect(decidedToast((key) => sessionStrings[language][key], 'approve', 'camera', rejected)).toEqual(says);
  },
);

test('a vote, an approval that goes on and a refusal are named as before', () => {
  const toast = (pressed: 'approve' | 'refuse', reply: Reply) =>
    decidedToast((key) => key, pressed, 'camera', reply);
  expect([
    toast('approve', waits),
    toast('approve', { ...waits, waitsFor: 'uniqueness' }),
    toast('approve', { inReview: false, decision: 'approved', reasons: [] }),
    toast('refuse', { inReview: false, decision: 'rejected', reasons: ['REVIEW_REFUSED'] }),
  ]).toEqual(['votedNow', 'decidedNow', 'decidedNow', 'decidedNow']);
});
