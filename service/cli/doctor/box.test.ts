import { expect, test } from 'vitest';
import {
  type BoxStatus,
  checkGalleries,
  checkKeyCopies,
  checkLenientProfiles,
  checkLicences,
  checkMatchOnly,
  checkProvider,
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
  const found = (live: number) =>
    `${live} live, 3 test in the largest organization; measured up to 636 at 1 wrong name in 100 for every measured group, 63 at 1 wrong name in 1000 on average`;
  expect(checkGalleries(status)).toEqual({
    what: 'people',
    state: 'warn',
    found: found(64),
    remedy: expect.stringContaining('1:1'),
  });
  const people = [{ env: 'live' as const, total: 63, largest: 63 }, status.people[1]!];
  expect(checkGalleries({ ...status, people })).toEqual({ what: 'people', state: 'ok', found: found(63) });
});

test('two copies of the key store are advised, and one that is not up to date is named with its reason', () => {
  const [stick, share] = ['/stick', '/share'].map((place) => ({ place, state: 'current' }));
  expect(checkKeyCopies([])).toMatchObject({
    state: 'warn',
    found: 'none',
    remedy: expect.stringContaining('keystore add'),
  });
  expect(checkKeyCopies([stick!])).toMatchObject({ state: 'warn', found: '/stick' });
  expect(checkKeyCopies([stick!, share!])).toMatchObject({ state: 'ok', found: '/stick, /share' });
  expect(
    checkKeyCopies([stick!, { place: '/share', state: 'unreachable', reason: 'Is it mounted?' }]),
  ).toMatchObject({
    state: 'warn',
    found: '/share is unreachable',
    remedy: 'Is it mounted?',
  });
});

test('accepted licence doubts and match-only organizations are reported', () => {
  const accepted = { acceptedBy: 'ada', acceptedAt: '2026-11-20T00:00:00.000Z' };
  expect(
    checkLicences([
      { name: 'MobileFaceNet', enabled: true, ...accepted },
      { name: 'BlazeFace', enabled: true },
      { name: 'Removed', enabled: false, ...accepted },
    ]).found,
  ).toBe('accepted: MobileFaceNet by ada on 2026-11-20');
  expect(checkLicences([]).found).toBe('none accepted');
  expect(checkMatchOnly(status)).toMatchObject({
    state: 'warn',
    found: expect.stringMatching(/^1 organization:/),
  });
  expect(checkMatchOnly({ ...status, matchOnlyOrganizations: 0 })).toEqual({
    what: 'match-only',
    state: 'ok',
    found: 'no organization',
  });
  expect(checkLenientProfiles(status)).toEqual([]);
  expect(checkLenientProfiles({ ...status, lenientOrganizations: 2 })).toMatchObject([
    { state: 'warn', found: '2 organizations have a profile that verifies where the liveness check fails' },
  ]);
});

test('what runs the models is said; that something else should is a warning', () => {
  const { inference } = status;
  const check = (more: Partial<BoxStatus['inference']>) =>
    checkProvider({ ...status, inference: { ...inference, ...more } });
  expect(check({ note: 'auto: there is no GPU' })).toEqual({
    what: 'execution provider',
    state: 'ok',
    found: 'cpu; auto: there is no GPU',
  });
  expect(check({ provider: 'webgpu', adapter: 'AMD Radeon' })).toMatchObject({
    state: 'ok',
    found: 'webgpu (AMD Radeon)',
  });
  expect(check({ adapter: 'AMD Radeon', fallback: 'webgpu: the device was lost' })).toMatchObject({
    state: 'warn',
    found: 'cpu; webgpu: the device was lost',
    remedy: expect.stringContaining('driver'),
  });
});
