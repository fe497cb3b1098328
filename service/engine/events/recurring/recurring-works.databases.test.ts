import { afterEach, beforeEach, expect, it } from 'vitest';
import { createQueueWorld, type Life, type QueueWorld } from '../../../../test/deliveries/queue-world.ts';
import { mostlyOnSqlite } from '../../../../test/storage/databases.ts';
import { until } from '../../../../test/support/fake-time.ts';
import { Problem } from '../../../lib/problem.ts';
import type { Work } from './recurring-works.ts';

const EVERY = 60_000;

mostlyOnSqlite('recurring work', (newLocation, _, { test }) => {
  let world: QueueWorld;
  beforeEach(async () => {
    world = await createQueueWorld(await newLocation());
  });
  afterEach(() => world.close());
  const live = (work: Work, options: Parameters<QueueWorld['live']>[0] = {}) =>
    world.live({ ...options, more: (recurring) => recurring.add('retention', work) });
  const stateOf = async ({ recurring: works }: Life) => (await works.list())[0]!;
  /** A work whose runs last until they are ended; the fence of each. */
  function lasting() {
    const runs: { fence: number; signal: AbortSignal; end(error?: Error): void }[] = [];
    const run: Work['run'] = ({ fence, signal }) =>
      new Promise<void>((resolve, reject) => {
        runs.push({ fence, signal, end: (error) => (error ? reject(error) : resolve()) });
      });
    return { runs, run };
  }

  test('runs once every time, over restarts; what was missed runs once', async () => {
    const ran: number[] = [];
    const work = {
      every: EVERY,
      // To a tenth: the database takes its time.
      run: async () => void ran.push(Math.floor((10 * (world.time.clock.now() - world.noon)) / EVERY) / 10),
    };
    const life = await live(work);
    await world.time.advance(2.5 * EVERY);
    await until(() => ran.length === 2);
    expect(ran).toEqual([1, 2]);
    await life.stop();
    world.time.jump(10 * EVERY);
    await live(work);
    await until(() => ran.length === 3);
    await world.time.advance(EVERY - 1);
    expect(ran).toEqual([1, 2, 12.5]);
    await world.time.advance(1);
    await until(() => ran.length === 4);
  });

  test('a clock that is set neither stops nor floods it', async () => {
    let ran = 0;
    await live({ every: EVERY, run: async () => void ran++ });
    await world.time.advance(0);
    world.time.jump(-100 * EVERY);
    await world.time.advance(EVERY + 1_000);
    const before = ran;
    expect(before).toBeGreaterThan(0);
    world.time.jump(1_000 * EVERY);
    await world.time.advance(1_000);
    await until(() => ran === before + 1);
    await world.time.advance(0.9 * EVERY);
    expect(ran).toBe(before + 1);
    await world.time.advance(0.1 * EVERY);
    await until(() => ran === before + 2);
  });

  test('what is wanted soon runs once for any caller, and again after the run in progress', async () => {
    const { runs, run } = lasting();
    const life = await live({ every: 144 * EVERY, run });
    await world.time.advance(3_000);
    expect(runs).toHaveLength(0);
    life.recurring.soon('retention');
    life.recurring.soon('retention');
    await world.time.advance(1_000);
    await until(() => runs.length === 1);
    life.recurring.soon('retention');
    await world.inTransaction((tx) => life.recurring.due(tx, 'retention'));
    await world.time.advance(5_000);
    expect(runs).toHaveLength(1);
    runs[0]!.end();
    await until(async () => !(await stateOf(life)).running);
    await world.time.advance(1_000);
    await until(() => runs.length === 2);
    runs[1]!.end();
    await until(async () => !(await stateOf(life)).running);
    await world.time.advance(10_000);
    expect(runs).toHaveLength(2);
  });

  test('what is rolled back was not asked for; work without a time runs only when it is', async () => {
    let ran = 0;
    const life = await live({ run: async () => void ran++ });
    const lost = world.inTransaction(async (tx) => {
      await life.recurring.due(tx, 'retention');
      throw new Error('rolled back');
    });
    await expect(lost).rejects.toThrow('rolled back');
    await world.time.advance(5_000);
    expect(ran).toBe(0);
    await world.inTransaction((tx) => life.recurring.due(tx, 'retention'));
    await world.time.advance(1_000);
    await until(() => ran === 1);
    await world.time.advance(10 * EVERY);
    expect(ran).toBe(1);
    expect(await stateOf(life)).toMatchObject({ nextAt: undefined, running: false });
  });

  test('what it throws stands as a fixed sentence until a run is good, and is not repeated before its time', async () => {
    const errors: unknown[] = [new Error('ada@example.com'), new Problem('CONFLICT', 'of Ada'), undefined];
    const life = await live({
      every: EVERY,
      async run() {
        const error = errors.shift();
        if (error) throw error;
      },
    });
    const said = [];
    for (const left of [2, 1, 0]) {
      await world.time.advance(EVERY);
      await until(async () => errors.length === left && !(await stateOf(life)).running);
      said.push((await stateOf(life)).last?.error);
      expect((await life.jobs.get('retention'))!.state).toBe(said.at(-1) === undefined ? 'waiting' : 'dead');
    }
    expect(said).toEqual([
      'An internal error; the log has the details.',
      'It was refused (CONFLICT); the log says more.',
      undefined,
    ]);
  });

  test('a run that hangs is given up, and the next one begins at its time', async () => {
    const { runs, run } = lasting();
    const life = await live({ every: EVERY, timeout: 20_000, run });
    await world.time.advance(EVERY);
    await until(() => runs.length === 1);
    await world.time.advance(20_000);
    await until(async () => !(await stateOf(life)).running);
    expect(runs[0]!.signal.aborted).toBe(true);
    expect((await stateOf(life)).last?.error).toBe('It took longer than 20000 ms.');
    await world.time.advance(EVERY);
    await until(() => runs.length === 2);
    expect(runs[1]!.fence).toBeGreaterThan(runs[0]!.fence);
    for (const { end } of runs) end();
  });

  test('a run gets the signal when its service stops, which then waits for its end', async () => {
    const { runs, run } = lasting();
    const life = await live({ every: EVERY, run });
    await world.time.advance(EVERY);
    await until(() => runs.length === 1);
    expect(runs[0]!.signal.aborted).toBe(false);
    const stopped = life.stop();
    await until(() => runs[0]!.signal.aborted);
    runs[0]!.end();
    await stopped;
  });

  it('of two processes one runs it; a dead one’s claim ends, and what it still says counts for nothing', async () => {
    const { runs, run } = lasting();
    const frozen = await live({ every: EVERY, run }, { time: world.newTime() });
    const other = await live({ every: EVERY, run });
    // Its first look is over before its clock goes on.
    await world.time.advance(0);
    await frozen.time.advance(EVERY);
    world.time.jump(EVERY);
    await until(() => runs.length === 1);
    // From here on only the other one goes on.
    await world.time.advance(30_000);
    expect(runs).toHaveLength(1);
    await world.time.advance(EVERY + 60_000);
    await until(() => runs.length === 2);
    expect(runs[1]!.fence).toBe(runs[0]!.fence + 1);
    runs[0]!.end(new Error('late'));
    await until(() => world.warnings.includes('recurring work ended after its claim was lost'));
    expect(await stateOf(other)).toMatchObject({ running: true });
    runs[1]!.end();
    await until(async () => !(await stateOf(other)).running);
    expect((await stateOf(other)).last?.error).toBeUndefined();
  });

  it('a run that a kill interrupted begins again at the next start', async () => {
    const { runs, run } = lasting();
    const life = await live({ every: EVERY, run });
    await world.time.advance(EVERY);
    await until(() => runs.length === 1);
    world.kill(life);
    await live({ every: EVERY, run });
    await until(() => runs.length === 2);
    for (const { end } of runs) end();
  });
});
