import { expect, test } from 'vitest';
import type { Calibration, OwnGallery } from '../gallery-calibrations.ts';
import { describeOwnGalleries } from './stored-data.ts';

const follows: Calibration = {
  env: 'live',
  scorer: 'r',
  holdsFor: 'every-group',
  shift: 0,
  people: 120,
  compared: 120,
  pairs: 7140,
  rate: 0.0014,
  share: 0.0011,
  worstTenth: 0.0042,
  doubtful: 0,
  measuredAt: '2026-11-20T00:00:00.000Z',
  outdated: false,
};
const measured: OwnGallery = {
  env: 'live',
  scorer: 'r',
  holdsFor: 'every-group',
  people: 120,
  fewest: 30,
  standing: 'measured',
};

test('each measured gallery is listed with its threshold shift', () => {
  const raised = { ...follows, holdsFor: 'average' as const, shift: 0.1234, share: 0.0162 };
  const galleries: OwnGallery[] = [
    measured,
    { ...measured, holdsFor: 'average' },
    { ...measured, env: 'test', people: 0, standing: 'too-few-people' },
  ];
  expect(describeOwnGalleries([{ organization: 'Port', items: [follows, raised], galleries }])).toEqual([
    {
      what: 'error rates',
      found:
        'Port, live, scorer r, rates for every measured group: follows the calibration: 0.11 % of pairs of different people reach the threshold that 0.14 % should, 0.42 % in the worst tenth of people (120 people, 2026-11-20)',
    },
    {
      what: 'error rates',
      found: expect.stringContaining('for the average: thresholds are raised by 0.123: 1.6 % of pairs'),
    },
  ]);
});

test('one that is not measured, also with other models, is said, and a small one', () => {
  const galleries: OwnGallery[] = [
    { ...measured, standing: 'not-measured' },
    { ...measured, env: 'test', people: 12, standing: 'too-few-people' },
  ];
  const items = [{ ...follows, outdated: true }];
  expect(describeOwnGalleries([{ organization: 'Port of Bern', items, galleries }])).toEqual([
    {
      what: 'error rates',
      found: 'Port of Bern, live, scorer r, rates for every measured group: not measured yet',
    },
    {
      what: 'error rates',
      found: expect.stringContaining('Port of Bern, test, scorer r'),
    },
  ]);
  expect(
    describeOwnGalleries([{ organization: 'Port', items: [], galleries: [galleries[1]!] }])[0]?.found,
  ).toContain('too few people to measure (12 of 30)');
  expect(describeOwnGalleries([])).toEqual([]);
});

test('a scorer whose embeddings few people have says how many', () => {
  const few = { ...follows, scorer: 'rm', compared: 12, pairs: 0 };
  const gallery: OwnGallery = { ...measured, scorer: 'rm', standing: 'too-few-people' };
  expect(describeOwnGalleries([{ organization: 'Port', items: [few], galleries: [gallery] }])).toMatchObject([
    { found: expect.stringContaining('12 people have what this scorer needs') },
  ]);
});
