import { expect, test } from 'vitest';
import {
  type BoxStatus,
  checkLicences,
  describeCurrentProvider,
  describeGalleries,
  describeKeyCopies,
} from './box.ts';

const status: BoxStatus = {
  ready: true,
  people: [
    { env: 'live', total: 90, largest: 64 },
    { env: 'test', total: 3, largest: 3 },
  ],
  safeGallery: [
    { rate: 0.01, holdsFor: 'every-group', people: 636 },
    { rate: 0.001, holdsFor: 'average', people: 63 },
  ],
  matchOnlyOrganizations: 1,
  liveness: { installed: true },
  models: { installed: 7, enabled: 6, damaged: [] },
  inference: { workers: 1, busy: 0, queued: 0, providersAsked: ['auto'], provider: 'cpu', nets: [] },
  storage: { kind: 'sqlite', state: 'ok' },
  backups: { warnings: [] },
  attention: [],
};

test('people are held against what was measured', () => {
  expect(describeGalleries(status)).toEqual({
    what: 'people',
    found:
      '64 live, 3 test in the largest organization; measured up to 636 at 1 wrong name in 100 for every measured group, 63 at 1 wrong name in 1000 on average',
  });
});

test('copies of the key store are named, one that is not up to date with its reason', () => {
  const found = (places: Parameters<typeof describeKeyCopies>[0]) => describeKeyCopies(places).found;
  const stick = { place: '/stick', state: 'current' };
  expect(found([])).toBe('none');
  expect(found([stick, { place: '/share', state: 'unreachable', reason: 'Is it mounted?' }])).toBe(
    '/stick, /share is unreachable: Is it mounted?',
  );
});

test('accepted licence doubts are named', () => {
  const accepted = { acceptedBy: 'ada', acceptedAt: '2026-11-20T00:00:00.000Z' };
  expect(
    checkLicences([
      { name: 'MobileFaceNet', enabled: true, ...accepted },
      { name: 'BlazeFace', enabled: true },
      { name: 'Removed', enabled: false, ...accepted },
    ]).found,
  ).toBe('accepted: MobileFaceNet by ada on 2026-11-20');
  expect(checkLicences([]).found).toBe('none accepted');
});

test('what runs the models is said', () => {
  const { inference } = status;
  const found = (more: Partial<BoxStatus['inference']>) =>
    describeCurrentProvider({ ...status, inference: { ...inference, ...more } }).found;
  expect(found({ note: 'auto: there is no GPU' })).toBe('cpu; auto: there is no GPU');
  expect(found({ provider: 'webgpu', adapter: 'AMD Radeon' })).toBe('webgpu (AMD Radeon)');
  expect(found({ adapter: 'AMD Radeon', fallback: 'webgpu: the device was lost' })).toBe(
    'cpu; webgpu: the device was lost',
  );
});
