import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type BackupFile, type BackupPlan, type BackupRun, beyondKeep, isDue, troubleOf } from './backup.ts';

const MINUTE = 60_000;
const now = Date.UTC(2026, 10, 20, 12);
const plan: BackupPlan = { folder: '/b', everyMinutes: 60, keep: 3, setBy: 'operator:ada', setAt: now };
const run = (minutesAgo: number, outcome: BackupRun['outcome'] = 'done'): BackupRun => ({
  id: 'bkp_1',
  path: '/b/x.backup',
  startedAt: now - minutesAgo * MINUTE,
  outcome,
  origin: 'schedule',
  ...(outcome === 'failed' ? { reason: 'The disk is full.' } : {}),
});

describe('due', () => {
  test.each([
    ['never ran', undefined, true],
    ['ran just now', run(1), false],
    ['almost its interval ago', run(59), false],
    ['its interval ago', run(60), true],
    ['while the box was off', run(6000), true],
    ['failed just now', run(14, 'failed'), false],
    ['failed a quarter of an hour ago', run(15, 'failed'), true],
  ])('a plan that %s', (_what, last, due) => {
    expect(isDue(plan, last, now)).toBe(due);
  });

  test('a plan that runs more often than failures are tried again keeps its interval', () => {
    expect(isDue({ ...plan, everyMinutes: 5 }, run(5, 'failed'), now)).toBe(true);
  });
});

describe('trouble', () => {
  test('a plan that was just made, and one that ran, have none', () => {
    expect(troubleOf(plan, { last: undefined, lastDone: undefined }, now)).toBeUndefined();
    expect(troubleOf(plan, { last: run(60), lastDone: run(60) }, now)).toBeUndefined();
  });
  test('a failure says why and since when', () => {
    expect(troubleOf(plan, { last: run(1, 'failed'), lastDone: run(61) }, now)).toBe(
      'The scheduled backup into /b fails (the last good one is from 2026-11-20T10:59:00.000Z): The disk is full.',
    );
  });
  test('a late backup after a long shutdown is reported', () => {
    const old = { ...plan, setAt: now - 1000 * MINUTE };
    expect(troubleOf(old, { last: run(121), lastDone: run(121) }, now)).toContain('longer than twice');
  });
});

describe('retention', () => {
  const file = (path: string, takenAt: number, origin: BackupFile['origin'] = 'schedule'): BackupFile => ({
    path,
    takenAt,
    bytes: 1,
    origin,
  });

  test('the oldest of the schedule go; an operator’s own stays', () => {
    const files = [1, 2, 3, 4, 5].map((at) => file(`f${at}`, at)).concat(file('own', 0, 'operator'));
    expect(
      beyondKeep(files, { keep: 2, justWritten: 'f5', proven: [], now }).map(({ path }) => path),
    ).toEqual(['f3', 'f2', 'f1']);
  });

  test('files that a clock which stood a year ahead has dated crowd out none of now', () => {
    const files = [
      file('f1', now - 2),
      file('f2', now - 1),
      file('f3', now + 9),
      file('f4', now + 8),
      file('f5', now),
    ];
    expect(
      beyondKeep(files, { keep: 3, justWritten: 'f5', proven: [], now }).map(({ path }) => path),
    ).toEqual(['f3', 'f4']);
  });

  test('the newest by sequence stays, regardless of dates and of its actor', () => {
    const made = (path: string, takenAt: number, sequence: number) => ({ ...file(path, takenAt), sequence });
    const files = [made('f1', now + 9, 1), made('f2', now + 8, 2), made('true', now - 50, 3)];
    const options = { keep: 1, justWritten: 'f2', proven: [], now: now + 10 };
    expect(beyondKeep(files, options).map(({ path }) => path)).toEqual(['f1']);
    expect(beyondKeep(files, { ...options, unproven: ['true'] }).map(({ path }) => path)).toEqual(['f1']);
  });

  test('for any times, the newest file, the proven file and enough others stay', () => {
    const times = fc.array(fc.nat(50), { minLength: 1, maxLength: 20 });
    fc.assert(
      fc.property(times, fc.integer({ min: 1, max: 8 }), fc.nat(), fc.nat(), (at, keep, a, b) => {
        const files = at.map((takenAt, i) => ({ ...file(`f${i}`, takenAt), sequence: i + 1 }));
        const [justWritten, proven] = [files[a % files.length]!.path, files[b % files.length]!.path];
        const gone = beyondKeep(files, { keep, justWritten, proven: [proven], now: 25 }).map(
          ({ path }) => path,
        );
        expect(gone).not.toContain(justWritten);
        expect(gone).not.toContain(proven);
        expect(gone).not.toContain(files.at(-1)!.path);
        expect(files.length - gone.length).toBeGreaterThanOrEqual(Math.min(keep, files.length));
        expect(files.length - gone.length).toBeLessThanOrEqual(keep + 3);
      }),
    );
  });
});
