import { expect, test } from 'vitest';
import { type ClockEvidence, doubtOf } from './clock-trust.ts';

const DAY = 86_400_000;
const now = Date.UTC(2026, 10, 20, 12);
const fine: ClockEvidence = {
  now,
  builtAt: Date.UTC(2026, 10, 1),
  believedAt: now - DAY,
  newestLineAt: now - DAY,
  ahead: DAY,
  back: 0,
};

test.each<[string, Partial<ClockEvidence>, RegExp | undefined]>([
  ['goes on as it should', {}, undefined],
  [
    'was switched off for a week',
    { believedAt: now - 7 * DAY, newestLineAt: now - 7 * DAY, ahead: 7 * DAY },
    undefined,
  ],
  ['was put back by hours', { believedAt: now + DAY, newestLineAt: now + DAY, back: DAY }, undefined],
  ['begins', { believedAt: undefined, newestLineAt: undefined, ahead: 0 }, undefined],
  ['is dead', { now: Date.UTC(2021, 0, 1) }, /says 2021-01-01 .*before this program was built \(2026-11-01/],
  [
    'went on by 8 days since the last sweep',
    { believedAt: now - 8 * DAY },
    /8 days after the last retention sweep/,
  ],
  [
    'went back by 2 days since the last sweep',
    { believedAt: now + 2 * DAY },
    /2 days before the last retention sweep/,
  ],
  ['is behind the audit log', { newestLineAt: now + 400 * DAY }, /400 days before the newest line/],
  [
    'went on before the first sweep',
    { believedAt: undefined, newestLineAt: now - 360 * DAY },
    /360 days after the last line of the audit log/,
  ],
  [
    'went on while nothing was swept',
    { ahead: 365 * DAY },
    /went on by 365 days at once before, as the audit log shows/,
  ],
  [
    'was set back from a wrong future',
    { back: 2 * DAY },
    /went back by 2 days before, as the audit log shows/,
  ],
])('a clock that %s', (_what, over, why) => {
  const doubt = doubtOf({ ...fine, ...over });
  if (why === undefined) expect(doubt).toBeUndefined();
  else expect(doubt).toMatch(why);
});
