import { capabilityHash } from './capability.ts';
import type { RecordingParts } from './record-session.ts';
import type { SessionRow } from './session-store.ts';
import type { Sessions } from './sessions.ts';

/**
 * A session stays on the node that first had it in memory. One of a node that is gone, or of none, begins again at the node that is asked
 * for it; of two that are asked at one time one gets it.
 */
export function createPlaces({
  store,
  record,
  inTransaction,
  node,
}: RecordingParts): Pick<Sessions, 'nodeOf' | 'nodeOfToken'> {
  async function ofRow(row: SessionRow | undefined): Promise<string | undefined> {
    if (!node || !row || row.decision !== null || row.node === node.run) return undefined;
    if (row.node !== null && (await node.isThere(row.node))) return row.node;
    const placed = await inTransaction(async (tx) => {
      const now = await store.byId(row.id, tx);
      if (now?.decision !== null || now.node !== row.node) return now?.node ?? node.run;
      await record.placed(tx, now, node.run);
      return node.run;
    });
    return placed === node.run ? undefined : placed;
  }
  return {
    nodeOf: async (id) => (node ? ofRow(await store.byId(id)) : undefined),
    nodeOfToken: async (token) => (node ? ofRow(await store.byTokenHash(capabilityHash(token))) : undefined),
  };
}
