import { setTimeout as wait } from 'node:timers/promises';
import { Problem } from '../../lib/problem.ts';
import { STILL } from './held-right.ts';
import { describeNodes, isAnyAlive, listNodes, type Node, readAllRows, removeNodes } from './nodes.ts';
import { openPostgresSession, type PostgresSession } from './postgres.ts';

/** Milliseconds between two looks at nodes that gave no sign for long. */
const PAUSE = 200;

/**
 * Throws CONFLICT while nodes work on a record of which a part is about to be replaced. Those that give no sign are removed, after a look
 * for as long as they may be silent, since none could give one while the server was away: they write nothing when they wake up. A server that
 * does not answer has none at work.
 */
export async function requireNodesStopped(url: string): Promise<void> {
  const session = await openPostgresSession(url, 'gatehouse restore').catch(() => undefined);
  if (!session) return;
  try {
    await refuseLive(session);
  } finally {
    await session.end().catch(() => {});
  }
}

async function refuseLive(session: PostgresSession): Promise<void> {
  const rows = await readAllRows(session);
  if (rows.length === 0) return;
  const live = (await listNodes((statement) => session.query(statement))).filter(
    ({ silentFor }) => silentFor < STILL,
  );
  if (live.length > 0) throw working(live);
  for (const begun = performance.now(); performance.now() - begun < STILL; ) {
    await wait(PAUSE);
    const now = await readAllRows(session);
    if (isAnyAlive(now, rows)) throw working(now);
  }
  await removeNodes(session, rows);
}

const working = (nodes: readonly Node[]): Problem =>
  new Problem(
    'CONFLICT',
    `Nodes work on the record of this directory: ${describeNodes(nodes)}. They would go on with it after the restore. Nothing was changed. Stop every node first, each on its machine (one that was killed counts for ten seconds more); for a trial beside them restore elsewhere with --drill.`,
  );
