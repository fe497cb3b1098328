import { setTimeout as wait } from 'node:timers/promises';
import type pg from 'pg';
import { Problem } from '../../lib/problem.ts';
import {
  type Former,
  holdRight,
  type PostgresLock,
  type PostgresLockDeps,
  type Right,
  STILL,
  type Taken,
} from './held-right.ts';
import { describeNodes, isAnyAlive, type NodeRow, readAllRows, removeNodes } from './nodes.ts';
import {
  beat,
  endSessions,
  endSharers,
  FENCE,
  readWriterRow,
  release,
  takeRow,
  unlock,
  type WriterRow,
} from './writer-row.ts';

/** Milliseconds for which a lock is waited for whose process writes no heartbeats: killed, it has its session for a moment still. */
const PATIENCE = 2_000;
/** Milliseconds between two looks at a lock that another process has. */
const PAUSE = 200;

/**
 * Makes one process the only writer: takes an advisory lock on a connection of its own, which PostgreSQL releases when that connection ends,
 * and the row of writer-row.ts. Throws CONFLICT, naming the holder, when another process has it and writes heartbeats; one that has written
 * none for 10 s is taken over from. So are nodes that share the database, whether they have sessions now or, as after a restart of the
 * server, none yet: their rows go with what they had begun, and such a node writes nothing when it wakes up.
 *
 * A pooler in transaction mode voids the advisory lock (checkPostgres refuses it), the row not.
 */
export function takePostgresLock(url: string, deps: PostgresLockDeps): Promise<PostgresLock> {
  const { holder, sessions = holder } = deps;
  const right: Right = {
    fence: async (query, token) => (await query(FENCE, [token])).rows.length === 1,
    take: (client, token, former) => acquire(client, { url, token, holder, sessions, former }),
    beat: async (client, token) =>
      (await beat(client, token)) ? undefined : takenOver(url, describe(await readWriterRow(client))),
    gone: () => takenOver(url, 'another process'),
    release,
  };
  return holdRight(url, deps, right);
}

interface Claim {
  url: string;
  token: string;
  holder: string;
  sessions: string;
  /** What this process had before. */
  former: Former | undefined;
}

async function acquire(client: pg.Client, claim: Claim): Promise<Taken> {
  const { url, token, former } = claim;
  const inUse = (found: WriterRow): Taken => ({ is: 'in use', refusal: usedBy(url, describe(found)) });
  let still: { beats: string; since: number } | undefined;
  let seen: { nodes: readonly NodeRow[]; since: number } | undefined;
  for (const start = performance.now(); ; await wait(PAUSE)) {
    const found = await readWriterRow(client);
    const { locked, locker, row } = found;
    if (former && isTaken(found, former))
      return { is: 'taken over', refusal: takenOver(url, describe(found)) };
    const nodes = await readAllRows(client);
    const now = performance.now();
    const isShared = locker?.isNode || (locked && nodes.length > 0);
    if (!isShared && locked && (row === undefined || row.token === token || !row.alive))
      return { is: 'held', backend: await takeRow(client, claim, row) };
    if (isShared) {
      seen ??= { nodes, since: now };
      if (isAnyAlive(nodes, seen.nodes)) return { is: 'in use', refusal: usedByNodes(url, nodes) };
      if (now - seen.since > STILL) {
        await removeNodes(client, nodes);
        await endSharers(client);
      }
    } else if (former && locker) {
      // The server has not noticed yet that our own session ended.
      await endSessions(client, { alive: true, backend: locker.backend, sessions: '' });
    } else if (row === undefined || (locker && locker.backend !== row.backend)) {
      // A version that writes no row, or a process that is about to.
      if (now - start > PATIENCE) return inUse(found);
    } else {
      const key = `${row.token} ${row.beats}`;
      if (still && still.beats !== key) return inUse(found);
      still ??= { beats: key, since: now };
      const silent = now - still.since > STILL;
      if (silent && locked) return { is: 'held', backend: await takeRow(client, claim, row) };
      if (silent) await endSessions(client, row);
    }
    if (locked) await unlock(client);
    if (now - start > STILL + PATIENCE) return inUse(found);
  }
}

/** Whether another process took the lock since this one had it. */
const isTaken = ({ locker, row }: WriterRow, { token, backend }: Former): boolean =>
  row?.token !== token || (locker !== undefined && locker.backend !== backend);

function describe({ locker, row }: WriterRow): string {
  const name = locker?.name || row?.holder || 'another process';
  const address = locker?.address ? ` at ${locker.address}` : '';
  const since = locker ? `, since ${new Date(locker.since).toISOString()}` : '';
  return `${name}${address}${since}`;
}

const usedBy = (url: string, by: string, more = ''): Problem =>
  new Problem(
    'CONFLICT',
    `The PostgreSQL database ${new URL(url).pathname.slice(1)} is in use by ${by}: stop it first, or give this directory a database of its own.${more}`,
  );

const usedByNodes = (url: string, nodes: readonly NodeRow[]): Problem =>
  new Problem(
    'CONFLICT',
    `The PostgreSQL database ${new URL(url).pathname.slice(1)} is in use by nodes that share it: ${describeNodes(nodes)}. Nothing was changed. Stop every node first, each on its machine, or start this service as a node too ("nodes": true, GATEHOUSE_NODES or --nodes).`,
  );

const takenOver = (url: string, by: string): Problem =>
  usedBy(url, by, ' It was taken over from this service: restart this one when the other has stopped.');
