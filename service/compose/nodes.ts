import { type NodeCredentials, sharedCredentials } from '../http/nodes/node-credentials.ts';
import type { NodePeers } from '../http/nodes/places.ts';
import { type NodeHere, nodeTagOf } from '../lib/node-tag.ts';
import type { Integrity } from '../storage/keys/integrity.ts';
import { readSchema } from '../storage/migrate.ts';
import { programSchema } from '../storage/migrations/index.ts';
import { describeNodes, listRuns, type Node, readNodes, type SeenNode } from '../storage/postgres/nodes.ts';
import type { Db } from '../storage/transaction.ts';

/** The nodes that share the record, as this one sees them; each question is put to the rows. */
export interface Nodes {
  /** As the others know it. */
  node: Node;
  here: NodeHere;
  peers: NodePeers;
  credentials: NodeCredentials;
  /** All that run. */
  list(): Promise<SeenNode[]>;
  /** Resolves when the others have removed this one: it answers nothing any more, and starts anew. */
  removed: Promise<void>;
  /** Why this one makes no backups, where a newer version has brought the database further. */
  whyOutdated(): Promise<string | undefined>;
}

export function createNodes({
  db,
  run,
  node,
  integrity,
  removed,
}: {
  db: Db;
  /** Token of this run. */
  run: string;
  node: Node;
  integrity: Pick<Integrity, 'mac'>;
  removed: Promise<void>;
}): Nodes {
  const tag = nodeTagOf(run);
  const others = async () => (await listRuns(db)).filter((one) => one.run !== run);
  async function whyOutdated(): Promise<string | undefined> {
    const { knows, isOlder } = programSchema();
    const has = await readSchema(db);
    if (!isOlder(knows, has)) return undefined;
    const able = (await readNodes(db)).filter(({ schema }) => !isOlder(schema, has));
    const where =
      able.length > 0 ? `Make it at ${describeNodes(able)}, or update this one` : 'Update this one first';
    return `The database has schema ${has}, and this node (${node.version}) knows schemas up to ${knows}: a backup from here would lack what is new. ${where}.`;
  }
  return {
    node,
    removed,
    list: () => readNodes(db),
    whyOutdated,
    here: {
      run,
      tag,
      isThere: async (other) => (await others()).some((one) => one.run === other),
    },
    peers: {
      isSelf: (other) => other === run || other === tag,
      addressOf: async (other) =>
        (await others()).find((one) => one.run === other || nodeTagOf(one.run) === other)?.address,
      others: async () => (await others()).map(({ address }) => address),
    },
    credentials: sharedCredentials(run, (other) =>
      Buffer.from(integrity.mac('node-link', [other]), 'base64url'),
    ),
  };
}
