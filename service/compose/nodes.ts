import type { NodePeers } from '../http/nodes/node-affinity.ts';
import { type NodeCredentials, type SharedLink, sharedCredentials } from '../http/nodes/node-credentials.ts';
import { nodeTagOf, type ThisNode } from '../lib/node-tag.ts';
import { readSchema } from '../storage/migrate.ts';
import { programSchema } from '../storage/migrations/index.ts';
import { isDiskFull, type NodeFigures } from '../storage/position/node-figures.ts';
import type { Position } from '../storage/position/position.ts';
import {
  countStandbys,
  describeNodes,
  drainNode,
  listRuns,
  type Node,
  noteLag,
  readNodes,
  type SeenNode,
} from '../storage/postgres/nodes.ts';
import type { Db, InTransaction } from '../storage/transaction.ts';
import type { Draining } from './draining.ts';

/** The nodes that share the record, as this one sees them; each question is put to the rows. */
export interface Nodes {
  /** As the others know it. */
  node: Node;
  here: ThisNode;
  peers: NodePeers;
  credentials: NodeCredentials;
  /** All that run; `drains`: as long as another one, whose disk is not full, takes the work. */
  list(): Promise<SeenNode[]>;
  /** Resolves when the others have removed this one: it answers nothing any more, and starts anew. */
  removed: Promise<void>;
  /** Why this one makes no backups, where a newer version has brought the database further. */
  whyOutdated(): Promise<string | undefined>;
  /** False where it does not run, or no other one with room on its disk would take the work. The node follows within a second. */
  drain(node: string, drains: boolean): Promise<boolean>;
  /** Its disk is full, and another node, neither drained nor full, takes the work. */
  isOutOfSpace(): boolean;
  /** What an administrator wants of this one, wherever they said it, and what the others have to know of it. */
  refresh(): Promise<void>;
  /** Standbys of the database server: as many as there should be by what this run has seen, and at its last read. */
  standbys(): { most: number; now: number };
  updateStandbys(): Promise<void>;
}

/** Milliseconds for which no read may succeed where there are changes: a node that nothing asks reads every minute. */
const LAG = 150_000;

export function createNodes({
  db,
  inTransaction,
  run,
  node,
  link,
  removed,
  draining,
  figures,
  position,
}: {
  db: Db;
  inTransaction: InTransaction;
  /** Token of this run. */
  run: string;
  node: Node;
  link: SharedLink;
  removed: Promise<void>;
  draining: Pick<Draining, 'setDrained'>;
  figures: Pick<NodeFigures, 'own' | 'ofAll'>;
  position: Pick<Position, 'behind' | 'sinceRead'>;
}): Nodes {
  const standbys = createStandbyCount();
  let lags = false;

  async function reportLag(): Promise<void> {
    const isLate = position.sinceRead() > LAG && (await position.behind()) > 0;
    if (isLate === lags) return;
    await noteLag(db, run, isLate);
    lags = isLate;
  }

  let isOutOfSpace = false;
  async function checkDiskSpace(): Promise<void> {
    if (!isDiskFull(figures.own())) {
      isOutOfSpace = false;
      return;
    }
    const full = await listFull();
    isOutOfSpace = (await list()).some(
      (other) => other.run !== run && !other.drains && !full.includes(other.id),
    );
  }

  const listFull = async () => (await figures.ofAll()).filter(isDiskFull).map(({ node: id }) => id);
  /** One that was drained works as long as the disks of all others are full. */
  async function list(): Promise<SeenNode[]> {
    const found = await readNodes(db);
    if (!found.some(({ drains }) => drains)) return found;
    const full = await listFull();
    const isTaken = found.some(({ id, drains }) => !drains && !full.includes(id));
    return found.map((one) => ({ ...one, drains: one.drains && isTaken }));
  }

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
    list,
    whyOutdated,
    async drain(other, drains) {
      const full = await listFull();
      return inTransaction((tx) => drainNode(tx, other, { drains, full }));
    },
    isOutOfSpace: () => isOutOfSpace,
    async refresh() {
      draining.setDrained((await list()).some((one) => one.run === run && one.drains));
      await checkDiskSpace();
      await reportLag();
    },
    standbys: standbys.read,
    async updateStandbys() {
      standbys.saw(await countStandbys(db));
    },
    here: {
      run,
      tag,
      isRunning: async (other) => (await others()).some((one) => one.run === other),
    },
    peers: {
      isSelf: (other) => other === run || other === tag,
      addressOf: async (other) =>
        (await others()).find((one) => one.run === other || nodeTagOf(one.run) === other)?.address,
      others: async () => (await others()).map(({ address }) => address),
    },
    credentials: sharedCredentials(run, link),
  };
}

/** Reads, ten seconds apart, at all of which it must be there: a copy of the server that is made streams for a moment like a standby. */
const STANDBY_READS = 6;
/** Reads after which what is gone was taken away for good, a day. */
const FORGOTTEN = 8_640;

/** How many standbys there should be, by what reads of the server found. */
export function createStandbyCount() {
  let newest: number[] = [];
  let most = 0;
  let below = 0;
  return {
    saw(count: number): void {
      newest = [...newest, count].slice(-STANDBY_READS);
      if (newest.length === STANDBY_READS) most = Math.max(most, Math.min(...newest));
      below = count < most ? below + 1 : 0;
      if (below < FORGOTTEN) return;
      most = count;
      below = 0;
    },
    read: (): { most: number; now: number } => ({ most, now: newest.at(-1) ?? 0 }),
  };
}
