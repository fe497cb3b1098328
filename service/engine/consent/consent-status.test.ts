import fc from 'fast-check';
import { expect, test } from 'vitest';
import { type Purpose, purposes } from './consent.ts';
import {
  consentStatusAfter,
  consentStatusOf,
  consentStatusText,
  endedAt,
  isWithheld,
  type LegalBasis,
  nextMoment,
  noRecords,
  readConsentStatus,
} from './consent-status.ts';

const DAY = 86_400_000;
/** The uses of a person that are refused at this moment. */
const withheldPurposes = (
  legalBasis: LegalBasis,
  consents: Parameters<typeof consentStatusOf>[0],
  withdrawals: Parameters<typeof consentStatusOf>[1],
  now: number,
) =>
  purposes.filter((purpose) => isWithheld(consentStatusOf(consents, withdrawals), purpose, legalBasis, now));
const attested: LegalBasis = { is: 'attested', purposes };
const withCall: LegalBasis = { is: 'with-call' };

const purpose = fc.constantFrom(...purposes);
const some = fc.subarray([...purposes], { minLength: 1 });
const time = fc.integer({ min: 1, max: 1000 });
const given = fc
  .record({ at: time, purposes: some, expiresAt: fc.option(time, { nil: undefined }) })
  .map(({ expiresAt, ...rest }) => (expiresAt === undefined ? rest : { ...rest, expiresAt }));
const withdrawn = fc.record({ at: time, purpose });
const legalBasis = fc.oneof(
  fc.constant(withCall),
  fc.subarray([...purposes]).map((some): LegalBasis => ({ is: 'attested', purposes: some })),
);
const history = fc.record({
  consents: fc.array(given, { maxLength: 6 }),
  withdrawals: fc.array(withdrawn, { maxLength: 6 }),
});

/** The rule restated: record by record in the order of time, without statuses. */
function byReplay(
  one: Purpose,
  speaks: LegalBasis,
  consents: readonly { at: number; purposes: Purpose[]; expiresAt?: number }[],
  withdrawals: readonly { at: number; purpose: Purpose }[],
  now: number,
): boolean {
  if (consents.length === 0 && withdrawals.every((w) => w.purpose !== one))
    return speaks.is === 'with-call' || !speaks.purposes.includes(one);
  let ends: number[] = [];
  const steps = [
    ...consents.map((c) => ({
      at: c.at,
      last: 0,
      do: () => c.purposes.includes(one) && ends.push(c.expiresAt ?? 1e9),
    })),
    ...withdrawals
      .filter((w) => w.purpose === one)
      .map((w) => ({
        at: w.at,
        last: 1,
        do: () => {
          ends = [];
        },
      })),
  ];
  for (const step of steps.toSorted((a, b) => a.at - b.at || a.last - b.last)) step.do();
  return !ends.some((end) => end > now);
}

test('the withheld purposes equal those of a replay of the records, at every moment', () => {
  fc.assert(
    fc.property(
      history,
      legalBasis,
      fc.integer({ min: 0, max: 1100 }),
      ({ consents, withdrawals }, speaks, now) => {
        expect(withheldPurposes(speaks, consents, withdrawals, now)).toEqual(
          purposes.filter((one) => byReplay(one, speaks, consents, withdrawals, now)),
        );
      },
    ),
  );
});

test('a withdrawal after everything else withholds that purpose and changes no other', () => {
  fc.assert(
    fc.property(history, legalBasis, purpose, time, ({ consents, withdrawals }, speaks, one, now) => {
      const before = withheldPurposes(speaks, consents, withdrawals, now);
      const after = withheldPurposes(speaks, consents, [...withdrawals, { at: 2000, purpose: one }], now);
      expect(after).toEqual(purposes.filter((each) => each === one || before.includes(each)));
    }),
  );
});

test('a later consent without an end gives its purposes back for good', () => {
  fc.assert(
    fc.property(history, legalBasis, some, time, ({ consents, withdrawals }, speaks, again, now) => {
      const after = withheldPurposes(speaks, [...consents, { at: 2000, purposes: again }], withdrawals, now);
      for (const one of again) expect(after).not.toContain(one);
    }),
  );
});

test('the order of the records does not matter, nor that they went through a column', () => {
  fc.assert(
    fc.property(history, legalBasis, time, ({ consents, withdrawals }, speaks, now) => {
      const status = consentStatusOf(consents, withdrawals);
      expect(consentStatusOf(consents.toReversed(), withdrawals.toReversed())).toEqual(status);
      const read = readConsentStatus(consentStatusText(status));
      for (const one of purposes)
        expect(isWithheld(read, one, speaks, now)).toBe(isWithheld(status, one, speaks, now));
    }),
  );
});

test('the end of everything is the first moment from which every purpose is withheld by the records', () => {
  fc.assert(
    fc.property(history, ({ consents, withdrawals }) => {
      const end = endedAt(consentStatusOf(consents, withdrawals));
      if (end === undefined) {
        expect(withheldPurposes(attested, consents, withdrawals, 1e12).length).toBeLessThan(3);
      } else {
        expect(withheldPurposes(attested, consents, withdrawals, end)).toEqual([...purposes]);
        if (end > 0)
          expect(withheldPurposes(attested, consents, withdrawals, end - 1)).not.toEqual([...purposes]);
      }
    }),
  );
});

test('without records the organization speaks: its attestation, or nothing where consent comes with the call', () => {
  expect(withheldPurposes(attested, [], [], 5)).toEqual([]);
  expect(withheldPurposes({ is: 'attested', purposes: ['verification'] }, [], [], 5)).toEqual([
    'identification',
    'deduplication',
  ]);
  expect(withheldPurposes(withCall, [], [], 5)).toEqual([...purposes]);
});

test('a clock that was put back does not make a withdrawal older than its consent', () => {
  const consent = { at: 10 * DAY, purposes: [...purposes] };
  const at = nextMoment(3 * DAY, consentStatusOf([consent], []));
  expect(at).toBe(10 * DAY + 1);
  expect(withheldPurposes(attested, [consent], [{ at, purpose: 'verification' }], 3 * DAY)).toEqual([
    'verification',
  ]);
  expect(nextMoment(5, noRecords)).toBe(5);
});

test('the column of people without records is read as nothing', () => {
  expect(readConsentStatus('[]')).toEqual(noRecords);
});

test.each([
  '[\\',
  'null',
  '{"verification":1}',
  '{"asOf":1}',
  '{"asOf":2,"recorded":false,"withheldFrom":{"hdentification":0}}',
])('of a damaged column, %s, nothing is allowed, and nothing erases', (text) => {
  const status = readConsentStatus(text);
  expect(purposes.filter((one) => isWithheld(status, one, attested, 1))).toEqual(purposes);
  expect(endedAt(status)).toBeUndefined();
});

test('a consent whose purposes cannot be read allows no use, and nothing erases until each has a later word', () => {
  const damaged = { at: 10, purposes: [], unread: true as const };
  const agreed = { at: 20, purposes: [...purposes], expiresAt: 30 };
  const withdrawn = (...of: (typeof purposes)[number][]) => of.map((purpose) => ({ at: 20, purpose }));
  for (const records of [[], withdrawn('verification'), withdrawn('verification', 'identification')]) {
    expect(withheldPurposes(attested, [damaged], records, 1e12)).toEqual(purposes);
    expect(endedAt(consentStatusOf([damaged], records))).toBeUndefined();
  }
  expect(endedAt(consentStatusOf([{ ...damaged, expiresAt: 50 }], withdrawn('verification')))).toBe(50);
  expect(endedAt(consentStatusOf([damaged], withdrawn(...purposes)))).toBe(0);
  expect(endedAt(consentStatusOf([damaged, agreed], []))).toBe(30);
  expect(endedAt(consentStatusOf([damaged, { ...agreed, purposes: ['verification'] }], []))).toBeUndefined();
});

test('one consent more changes a status as if all records were replayed', () => {
  fc.assert(
    fc.property(history, given, ({ consents, withdrawals }, more) => {
      const newest = { ...more, at: 2000 };
      expect(consentStatusAfter(consentStatusOf(consents, withdrawals), newest)).toEqual(
        consentStatusOf([...consents, newest], withdrawals),
      );
    }),
  );
});
