// A process that adds jobs and works them until it kills itself, as KILL says: `node killed-process.ts DATABASE JOURNAL JOBS KILL`.
import { once } from 'node:events';
import { appendFileSync } from 'node:fs';
import { Worker } from 'node:worker_threads';
import { createDatabaseDriver, createJobs, type NewJob } from '../../service/engine/jobs/index.ts';
import { systemClock as clock } from '../../service/lib/clock.ts';
import { createIds } from '../../service/lib/id.ts';
import { silentLog as log } from '../../service/lib/log.ts';
import { openDatabase } from '../../service/storage/connection.ts';
import { createTestAudit } from '../support/audit.ts';

/** When the process kills itself: so many milliseconds after so many attempts have begun, or as soon as so many have ended. Without either: never. */
export interface Kill {
  begun?: number;
  after?: number;
  ended?: number;
}

const [path, journal, most, order] = process.argv.slice(2) as [string, string, string, string];
const kill = JSON.parse(order) as Kill;
const LANES = 12;
const AT_ONCE = 40;
let begun = 0;
let ended = 0;

/** Becomes 1 when so many attempts have begun. */
const enough = new Int32Array(new SharedArrayBuffer(4));
// A thread of this process, which stops the others wherever they are: a test that sent the signal would do so late where its machine is busy, and
// the work would be done by then.
const killer = new Worker(
  `const { enough, after } = require('node:worker_threads').workerData;
  Atomics.wait(enough, 0, 0);
  Atomics.wait(enough, 0, 1, after);
  process.kill(process.pid, 'SIGKILL');`,
  { eval: true, workerData: { enough, after: kill.after } },
);
await once(killer, 'online');
function endWhenBegun(): void {
  if (begun !== kill.begun) return;
  Atomics.store(enough, 0, 1);
  Atomics.notify(enough, 0);
}

/** What was written before the kill stays: it is the system's by then. */
const note = (...words: (string | number)[]) => appendFileSync(journal, `${words.join(' ')}\n`);

const { db, inTransaction } = await openDatabase({ kind: 'sqlite', path }, { clock, log });
const ids = createIds(clock);
const jobs = createJobs({
  db,
  inTransaction,
  audit: createTestAudit({ ids, clock }),
  ids,
  clock,
  log,
  driver: createDatabaseDriver(),
  chance: Math.random,
});
jobs.handle('webhook', {
  pauses: [5, 10],
  jitter: 0.5,
  concurrency: 8,
  timeout: 10_000,
  async run({ id, lane = '-', attempts, payload }) {
    note('begun', id, lane, attempts, Number(payload.n));
    begun += 1;
    endWhenBegun();
    await new Promise((resolve) => setTimeout(resolve, Math.random() * 3));
    note('ended', id, lane, attempts, Number(payload.n));
    // Before this attempt is recorded.
    if (++ended === kill.ended) process.kill(process.pid, 'SIGKILL');
    const refused = Number(payload.n) % 5 === 0 && attempts === 0;
    return { outcome: refused ? { is: 'failed', error: 'refused' } : { is: 'done' } };
  },
});
note('life');
await jobs.start();
if (begun === 0) endWhenBegun();

const { added } = await db
  .selectFrom('job')
  .select((eb) => eb.fn.countAll<number>().as('added'))
  .executeTakeFirstOrThrow();
for (let n = added; n < Number(most); n += AT_ONCE) {
  const some = Array.from(
    { length: AT_ONCE },
    (_, i): NewJob => ({
      kind: 'webhook',
      payload: { n: n + i },
      key: String(n + i),
      ...(i % 4 > 0 && { lane: `lane_${(n + i) % LANES}` }),
    }),
  );
  const given = await inTransaction((tx) => jobs.add(tx, some));
  jobs.wake();
  note('added', ...given);
  await new Promise((resolve) => setTimeout(resolve, 5));
}
for (;;) {
  const { webhook } = await jobs.counts();
  if (webhook.done === Number(most)) break;
  await new Promise((resolve) => setTimeout(resolve, 20));
}
process.stdout.write('all done\n');
setInterval(() => {}, 1_000);
