import type { Clock } from '../../lib/clock.ts';
import type { Ids, JobId } from '../../lib/id.ts';
import type { Tx } from '../../storage/transaction.ts';
import type { JobKind, NewJob } from './job.ts';
import { idsByKey, insertJobs, toPriority } from './job-store.ts';
import { newestSeq } from './lease-store.ts';

/** Bytes of a job's payload as JSON. */
const MOST_PAYLOAD = 4_096;

/** Jobs.add (jobs.ts). */
export function createAddJobs({
  ids,
  clock,
}: {
  ids: Ids;
  clock: Clock;
}): (tx: Tx, jobs: readonly NewJob[]) => Promise<JobId[]> {
  /** Never given twice in one life, so that what was seen by its order is not missed after the newest was removed. */
  let last = 0;

  return async (tx, jobs) => {
    if (jobs.length === 0) return [];
    const known = await knownKeys(tx, jobs);
    last = Math.max(last, await newestSeq(tx));
    const now = clock.now();
    const given: JobId[] = [];
    const rows: Parameters<typeof insertJobs>[1][number][] = [];
    for (const { kind, payload, organization, lane, key, priority = 'normal', runAt } of jobs) {
      const there = key === undefined ? undefined : known.get(kind)?.get(key);
      if (there !== undefined) {
        given.push(there);
        continue;
      }
      const id = ids.next('job');
      const text = JSON.stringify(payload);
      if (Buffer.byteLength(text) > MOST_PAYLOAD) {
        throw new Error(`A job of the kind ${kind} has a payload of more than ${MOST_PAYLOAD} bytes.`);
      }
      if (key !== undefined) known.get(kind)!.set(key, id);
      last += 1;
      rows.push({
        id,
        seq: last,
        kind,
        state: 'waiting',
        priority: toPriority(priority),
        lane: lane ?? null,
        organization: organization ?? null,
        payload: text,
        idempotency_key: key ?? null,
        // Due at once, also when the clock is set back later.
        run_at: runAt ?? 0,
        attempts: 0,
        fence: 0,
        lease_until: null,
        last_error: null,
        created_at: now,
        finished_at: null,
      });
      given.push(id);
    }
    await insertJobs(tx, rows);
    return given;
  };
}

async function knownKeys(tx: Tx, jobs: readonly NewJob[]): Promise<Map<JobKind, Map<string, JobId>>> {
  const asked = new Map<JobKind, string[]>();
  for (const { kind, key } of jobs) {
    if (key === undefined) continue;
    const keys = asked.get(kind);
    if (keys) keys.push(key);
    else asked.set(kind, [key]);
  }
  const known = new Map<JobKind, Map<string, JobId>>();
  for (const [kind, keys] of asked) known.set(kind, await idsByKey(tx, kind, keys));
  return known;
}
