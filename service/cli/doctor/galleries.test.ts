import { expect, test } from 'vitest';
import type { Calibration } from '../org/gallery-calibration-text.ts';
import { checkOwnGalleries } from './galleries.ts';

const follows: Calibration = {
  env: 'live',
  scorer: 'a',
  shift: 0,
  people: 120,
  compared: 120,
  pairs: 7140,
  rate: 0.0014,
  share: 0.0011,
  measuredAt: '2026-11-20T00:00:00.000Z',
  outdated: false,
};

test('each measured gallery is listed with its threshold shift', () => {
  const raised = { ...follows, scorer: 'fused', shift: 0.1234, share: 0.0162 };
  const few = { ...follows, env: 'test' as const, compared: 12, pairs: 0 };
  expect(checkOwnGalleries([{ organization: 'Port', calibrations: [follows, raised, few] }])).toEqual([
    {
      what: 'error rates',
      state: 'ok',
      found:
        'Port, live, scorer a: follows the calibration: 0.11 % of pairs of different people reach the threshold that 0.14 % should (120 people, 2026-11-20)',
    },
    {
      what: 'error rates',
      state: 'ok',
      found: expect.stringContaining('scorer fused: thresholds are raised by 0.123: 1.6 % of pairs'),
    },
  ]);
});

test('one that was measured with other models is a warning with the command', () => {
  expect(
    checkOwnGalleries([{ organization: 'Port of Bern', calibrations: [{ ...follows, outdated: true }] }]),
  ).toMatchObject([{ state: 'warn', remedy: expect.stringContaining('org calibrate --org "Port of Bern"') }]);
  expect(checkOwnGalleries([])).toEqual([]);
});
