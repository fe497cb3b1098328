// A process that adds deliveries and sends them until it kills itself, as KILL says: `node killed-process.ts DATABASE JOURNAL DELIVERIES KILL`.
import { once } from 'node:events';
import { appendFileSync } from 'node:fs';
import { Worker } from 'node:worker_threads';
import { createDeliveryQueue, type NewDelivery } from '../../service/engine/events/index.ts';
import { systemClock as clock } from '../../service/lib/clock.ts';
import { createIds, type DeliveryId, type EndpointId, type OrganizationId } from '../../service/lib/id.ts';
import { silentLog as log } from '../../service/lib/log.ts';
import { openDatabase } from '../../service/storage/connection.ts';
import { onlyRun } from '../../service/storage/runs.ts';

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
const endpoint = await db.selectFrom('webhook_endpoint').selectAll().executeTakeFirstOrThrow();
const queue = createDeliveryQueue({
  db,
  inTransaction,
  ids,
  clock,
  log,
  chance: Math.random,
  runs: onlyRun(`process ${process.pid}`),
  most: 8,
  integrity: { mac: () => 'mac', verify: () => true },
});
queue.handle('webhook', {
  pauses: [5, 10],
  jitter: 0.5,
  timeout: 10_000,
  async send({ id, event, name: n, tries: attempts }) {
    const lane = event!;
    note('begun', id, lane, attempts, n);
    begun += 1;
    endWhenBegun();
    await new Promise((resolve) => setTimeout(resolve, Math.random() * 3));
    note('ended', id, lane, attempts, n);
    // Before this attempt is recorded.
    if (++ended === kill.ended) process.kill(process.pid, 'SIGKILL');
    const refused = Number(n) % 5 === 0 && attempts === 0;
    const attempt = { id: ids.next('attempt'), at: clock.now(), outcome: 'x', status: null };
    return {
      outcome: refused ? { is: 'failed', reason: 'refused' } : { is: 'delivered' },
      attempt: { ...attempt, milliseconds: 1, exchange: null },
    };
  },
});
note('life');
await queue.start();
if (begun === 0) endWhenBegun();

const { known } = await db
  .selectFrom('delivery')
  .select((eb) => eb.fn.countAll<number>().as('known'))
  .executeTakeFirstOrThrow();
for (let n = known; n < Number(most); n += AT_ONCE) {
  const some = Array.from({ length: AT_ONCE }, (_, i): NewDelivery => {
    const id = ids.next('delivery') as DeliveryId;
    const lane = i % 4 > 0 ? `lane_${(n + i) % LANES}` : undefined;
    return {
      id,
      organization: endpoint.organization as OrganizationId,
      world: 'live',
      endpoint: endpoint.id as EndpointId,
      event: lane ?? '-',
      name: String(n + i),
      subject: undefined,
      origin: 'event',
      lane: lane ?? id,
    };
  });
  await inTransaction((tx) => queue.add(tx, some));
  queue.wake();
  note('added', ...some.map(({ id }) => id));
  await new Promise((resolve) => setTimeout(resolve, 5));
}
for (;;) {
  const { left } = await db
    .selectFrom('delivery')
    .select((eb) => eb.fn.countAll<number>().as('left'))
    .where('state', '=', 'waiting')
    .executeTakeFirstOrThrow();
  if (left === 0) break;
  await new Promise((resolve) => setTimeout(resolve, 20));
}
process.stdout.write('all done\n');
setInterval(() => {}, 1_000);
