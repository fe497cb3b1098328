// A process that adds jobs and works them until it is killed, or kills itself once ENDED attempts have ended (0: never):
// `node killed-process.ts DATABASE JOURNAL JOBS ENDED`.
import { appendFileSync } from 'node:fs';
import { createDatabaseDriver, createJobs, type NewJob } from '../../service/engine/jobs/index.ts';
import { systemClock as clock } from '../../service/lib/clock.ts';
import { createIds } from '../../service/lib/id.ts';
import { silentLog as log } from '../../service/lib/log.ts';
import { openDatabase } from '../../service/storage/connection.ts';
import { createTestAudit } from '../support/audit.ts';

const [path, journal, most, last] = process.argv.slice(2) as [string, string, string, string];
const LANES = 12;
const AT_ONCE = 40;
let ended = 0;

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
    process.stdout.write('begun\n');
    await new Promise((resolve) => setTimeout(resolve, Math.random() * 3));
    note('ended', id, lane, attempts, Number(payload.n));
    // Before this attempt is recorded.
    if (++ended === Number(last)) process.kill(process.pid, 'SIGKILL');
    const refused = Number(payload.n) % 5 === 0 && attempts === 0;
    return { outcome: refused ? { is: 'failed', error: 'refused' } : { is: 'done' } };
  },
});
note('life');
await jobs.start();
process.stdout.write('started\n');

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
