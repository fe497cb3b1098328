import { Problem } from '../../lib/problem.ts';
import { STILL } from './held-right.ts';
import { describeNodes, listNodes, readAllRows, removeNodes } from './nodes.ts';
import { openPostgresSession, type PostgresSession } from './postgres-session.ts';

/**
 * Throws CONFLICT while nodes work on a record of which a part is about to be replaced. Those that give no sign are removed: they write
 * nothing when they wake up. A server that does not answer has none at work.
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
  if (live.length > 0) {
    throw new Problem(
      'CONFLICT',
      `Nodes work on the record of this directory: ${describeNodes(live)}. They would go on with it after the restore. Nothing was changed. Stop every node first, each on its machine (one that was killed counts for ten seconds more); for a trial beside them restore elsewhere with --drill.`,
    );
  }
  await removeNodes(session, rows);
}
