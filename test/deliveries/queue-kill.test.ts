import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { systemClock as clock } from '../../service/lib/clock.ts';
import { silentLog as log } from '../../service/lib/log.ts';
import { openDatabase } from '../../service/storage/connection.ts';
import { createRandom } from '../accuracy/random.ts';
import { fullSize } from '../attacks/size.ts';
import type { Kill } from './killed-process.ts';
import { createQueueWorld } from './queue-world.ts';

const DELIVERIES = fullSize ? 4_000 : 1_200;
const KILLS = fullSize ? 20 : 5;
/** Attempts that begin in a life before it is killed, at most. */
const BEGUN = 300;
/** Attempts that end in the life that is killed before the last of them is recorded. */
const ENDED = 60;
/** Attempts under way, and those that ended and wait to be recorded together. */
const REPEATED = 8 + 128;

const root = fileURLToPath(new URL('../..', import.meta.url));
const random = createRandom(7);
let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'gatehouse-queue-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

/** Runs the process until it has killed itself, or has done everything. */
async function live(kill: Kill): Promise<void> {
  const child = spawn(
    join(root, 'node_modules/.bin/node'),
    [
      join(root, 'test/deliveries/killed-process.ts'),
      join(folder, 'gatehouse.db'),
      join(folder, 'journal'),
      String(DELIVERIES),
      JSON.stringify(kill),
    ],
    { stdio: ['ignore', 'pipe', 'inherit'] },
  );
  const closed = once(child, 'close');
  // It says that everything is done, and then waits.
  child.stdout.once('data', () => child.kill('SIGKILL'));
  const [code, signal] = await closed;
  if (signal !== 'SIGKILL') throw new Error(`the process ended by itself with ${code}`);
}

interface Line {
  what: string;
  id: string;
  lane: string;
  attempts: number;
  n: number;
}

function readLives(): { added: string[]; lines: Line[] }[] {
  return readFileSync(join(folder, 'journal'), 'utf8')
    .split('life\n')
    .slice(1)
    .map((life) => {
      const words = life
        .split('\n')
        .filter((line) => line !== '')
        .map((line) => line.split(' '));
      return {
        added: words.filter(([what]) => what === 'added').flatMap(([, ...ids]) => ids),
        lines: words
          .filter(([what]) => what !== 'added')
          .map(([what, id, lane, attempts, n]) => ({
            what: what!,
            id: id!,
            lane: lane!,
            attempts: Number(attempts),
            n: Number(n),
          })),
      };
    });
}

test('kill -9 at random moments: no delivery is lost, none runs twice in one life, and few are repeated', {
  timeout: 1_200_000,
}, async () => {
  const path = join(folder, 'gatehouse.db');
  await (await createQueueWorld({ kind: 'sqlite', path })).close();
  await live({ ended: ENDED });
  // Every tenth as soon as it has started.
  for (let kill = 0; kill < KILLS; kill++)
    await live({ begun: Math.max(0, Math.ceil((random() * 1.1 - 0.1) * BEGUN)), after: random() * 10 });
  await live({});

  const lives = readLives();
  expect(lives).toHaveLength(KILLS + 2);
  const { db, close } = await openDatabase({ kind: 'sqlite', path }, { clock, log });
  const rows = await db
    .selectFrom('delivery')
    .select(['id', 'state', 'attempts', 'claimed_by', 'event_name as n'])
    .execute();
  await close();
  expect(rows).toHaveLength(DELIVERIES);
  expect(new Set(rows.map(({ state }) => state))).toEqual(new Set(['delivered']));
  expect(rows.filter(({ claimed_by }) => claimed_by !== null)).toEqual([]);
  const numbers = new Set(rows.map(({ n }) => n));
  expect(numbers.size).toBe(DELIVERIES);
  const known = new Set(rows.map(({ id }) => id));
  expect(lives.flatMap(({ added }) => added).filter((id) => !known.has(id))).toEqual([]);

  const ended = new Set<string>();
  let repeats = 0;
  for (const { lines } of lives) {
    const under = new Set<string>();
    const tried = new Set<string>();
    const newest = new Map<string, number>();
    const first = new Map<string, number>();
    let repeated = 0;
    for (const { what, id, lane, attempts, n } of lines) {
      const attempt = `${id}/${attempts}`;
      if (what === 'ended') {
        under.delete(id);
        if (attempts === 0) first.delete(lane);
        ended.add(attempt);
        continue;
      }
      expect(under.has(id), `${id} ran twice at a time`).toBe(false);
      expect(tried.has(attempt), `${attempt} ran twice in one life`).toBe(false);
      under.add(id);
      tried.add(attempt);
      if (ended.has(attempt)) repeated++;
      if (lane === '-' || attempts > 0) continue;
      expect(first.has(lane), `two first attempts of ${lane} at a time`).toBe(false);
      expect(n, `the order of ${lane}`).toBeGreaterThan(newest.get(lane) ?? -1);
      newest.set(lane, n);
      first.set(lane, n);
    }
    expect(repeated).toBeLessThanOrEqual(REPEATED);
    repeats += repeated;
  }
  // The kills came while there was work, and one attempt at least had ended without being recorded.
  expect(lives.filter(({ lines }) => lines.length > 0).length).toBeGreaterThan(KILLS / 2);
  expect(repeats).toBeGreaterThan(0);
  for (const { id, attempts } of rows) expect(ended.has(`${id}/${attempts - 1}`)).toBe(true);
});
