import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect, test } from 'vitest';
import {
  type BoxStatus,
  checkAnswer,
  checkGalleries,
  checkInsecureHttp,
  checkKeyCopies,
  checkLenientProfiles,
  checkLicences,
  checkMatchOnly,
  checkQueue,
} from './box.ts';

const status: BoxStatus = {
  models: [
    {
      name: 'FaceRes',
      doubts: 'unclear',
      enabled: true,
      acceptedBy: 'ada',
      acceptedAt: Date.UTC(2026, 10, 20),
    },
    { name: 'BlazeFace', doubts: 'unpublished', enabled: true },
  ],
  people: [
    { world: 'live', total: 90, largest: 64 },
    { world: 'test', total: 3, largest: 3 },
  ],
  safeGallery: [
    { rate: 0.01, people: 636 },
    { rate: 0.001, people: 63 },
  ],
  matchOnlyOrganizations: 1,
};

test('people are held against what was measured', () => {
  const found = (live: number) =>
    `${live} live, 3 test in the largest organization; measured up to 636 at 1 wrong name in 100, 63 at 1 wrong name in 1000`;
  expect(checkGalleries(status)).toEqual({
    what: 'people',
    state: 'warn',
    found: found(64),
    remedy: expect.stringContaining('1:1'),
  });
  const people = [{ world: 'live', total: 63, largest: 63 }, status.people[1]!];
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

test('accepted licence doubts and match-only organizations are told', () => {
  expect(checkLicences(status).found).toBe('accepted: FaceRes by ada on 2026-11-20');
  expect(checkLicences({ ...status, models: [] }).found).toBe('none accepted');
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
  expect(checkInsecureHttp(status)).toEqual([]);
  expect(checkInsecureHttp({ ...status, insecureHttp: true })).toMatchObject([{ state: 'warn' }]);
});

test('the port is asked, and another program there is not taken for the service', async () => {
  let body = '{"status":"ok","uptimeSeconds":3}';
  const server = createServer((_, response) => response.end(body));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const at = { host: '127.0.0.1', port, tls: false };
  try {
    expect(await checkAnswer(at)).toMatchObject({ what: `port ${port}`, state: 'ok' });
    body = 'hello';
    expect(await checkAnswer(at)).toMatchObject({ state: 'warn' });
  } finally {
    server.close();
  }
  expect(await checkAnswer(at)).toMatchObject({ state: 'warn' });
});

test('a queue whose Redis cannot be used is said, a queue that works is not', () => {
  expect(checkQueue(status)).toEqual([]);
  expect(checkQueue({ ...status, queueProblem: 'It is gone.' })).toMatchObject([
    { what: 'queue of jobs', state: 'warn', remedy: expect.stringContaining('redisUrl') },
  ]);
});
