import type { Transaction } from 'kysely';
import { systemTimer, type Timer } from '../../lib/clock.ts';
import type { Log } from '../../lib/log.ts';
import { Problem } from '../../lib/problem.ts';
import type { KeyStore } from '../keys/key-store.ts';
import type { KeySchema } from '../keys/key-store-schema.ts';
import type { NextRow, NodeKeyRow, NodeKeyRows, RunningNode } from '../keys/node-key-rows.ts';
import { nodeBound } from './join-token.ts';
import type { JoinedMaster } from './joined-master.ts';
import type { MasterKey, SharedMasterKey } from './master-key.ts';
import type { CurrentMaster } from './master-key-provider.ts';

/** Milliseconds between two looks at the answers. */
const EVERY = 250;
/** Milliseconds for which an answer is waited for: longer than a node that is gone counts as one that runs. */
const PATIENCE = 15_000;

/** What is done in the transaction that puts a new master key in force. */
type Alongside = (tx: Transaction<KeySchema>) => Promise<void>;

export interface GiveDeps {
  keys: Pick<KeyStore, 'nodeKeys' | 'note' | 'position'>;
  /** In force until then. */
  master: MasterKey;
  timer?: Timer | undefined;
  patience?: number | undefined;
}

/** Throws CONFLICT, and names them, where nodes run that keep the master key themselves: nothing can be given to those. */
export async function requireNoKeepers({ keys }: Pick<GiveDeps, 'keys'>): Promise<void> {
  if (keys.nodeKeys && keys.position.shared) await readOthers(keys.nodeKeys);
}

/** The other nodes that run, each with what it joined with. */
async function readOthers(nodeKeys: NodeKeyRows): Promise<{ node: RunningNode; joined: NodeKeyRow }[]> {
  const others = (await nodeKeys.running()).filter(({ run }) => run !== nodeKeys.run);
  const joined = new Map((await nodeKeys.list()).map((row) => [row.node, row]));
  const keepers = others.filter(({ node }) => !joined.has(node));
  if (keepers.length > 0) throw keepThemselves(keepers);
  return others.map((node) => ({ node, joined: joined.get(node.node)! }));
}

/**
 * Gives a new master key to every other node that runs, each for its own key, and resolves when all have said that they have it: with what
 * refuses to put it in force where one runs that has not. Throws CONFLICT, and names the nodes, where one does not answer or keeps the
 * master key itself: the one in force stays.
 */
export async function giveNextMaster(
  { keys, master, timer = systemTimer, patience = PATIENCE }: GiveDeps,
  next: SharedMasterKey,
): Promise<Alongside> {
  const { nodeKeys } = keys;
  if (!nodeKeys || !keys.position.shared) return async () => {};
  const appliance = (await keys.note('appliance/id')) ?? '';
  await nodeKeys.takeBack(next.id);
  for (const since = performance.now(); ; ) {
    const others = await readOthers(nodeKeys);
    const given = new Map((await nodeKeys.given()).map((row) => [row.run, row]));
    const waiting: RunningNode[] = [];
    for (const { node, joined } of others) {
      const row = given.get(node.run);
      if (!row) await nodeKeys.give(await rowFor({ appliance, master, next }, node, joined));
      if (!row || !(await hasAnswered(next, appliance, node, row))) waiting.push(node);
    }
    if (waiting.length === 0) return (tx) => nodeKeys.requireAnswered(tx, next.id);
    if (performance.now() - since > patience) {
      await nodeKeys.takeBack();
      throw notAnswered(waiting);
    }
    const { promise, resolve } = Promise.withResolvers<void>();
    timer.after(EVERY, resolve);
    await promise;
  }
}

async function rowFor(
  { appliance, master, next }: { appliance: string; master: MasterKey; next: SharedMasterKey },
  { node, run }: RunningNode,
  joined: NodeKeyRow,
): Promise<NextRow> {
  const publicKey = await attestedKey(master, appliance, joined);
  const bound = nextBound({ appliance, node, run, master: next.id });
  return {
    run,
    master: next.id,
    wrapped: base64url(await next.wrapItself(publicKey, bound)),
    attested: base64url(await master.wrap(Buffer.from(next.id), bound)),
    answer: null,
  };
}

async function hasAnswered(
  next: MasterKey,
  appliance: string,
  { node, run }: RunningNode,
  row: NextRow,
): Promise<boolean> {
  if (row.answer === null || row.master !== next.id) return false;
  const bound = answerBound({ appliance, node, run, master: next.id });
  const said = await next.unwrap(Buffer.from(row.answer, 'base64url'), bound);
  return said !== undefined && Buffer.from(said).toString() === run;
}

export interface TakeDeps {
  keys: { nodeKeys: Pick<NodeKeyRows, 'run' | 'givenHere' | 'answer'>; note: KeyStore['note'] };
  master: CurrentMaster;
  joined: JoinedMaster;
  log: Log;
}

/** Of a node that joined, again and again: takes what is given to it, and says so. What the master key in force did not attest is not taken. */
export function createNextMasterTaking({ keys, master, joined, log }: TakeDeps): () => Promise<void> {
  const { nodeKeys } = keys;
  let refused: string | undefined;
  return async () => {
    const row = await nodeKeys.givenHere();
    if (!row || row.answer !== null || row.wrapped === refused) return;
    const about = {
      appliance: (await keys.note('appliance/id')) ?? '',
      node: joined.node,
      run: row.run,
      master: row.master,
    };
    const bound = nextBound(about);
    const attested = await master.unwrap(Buffer.from(row.attested, 'base64url'), bound);
    const isGiven = attested !== undefined && Buffer.from(attested).toString() === row.master;
    const next = isGiven ? joined.receive(Buffer.from(row.wrapped, 'base64url'), bound) : undefined;
    if (next?.id !== row.master) {
      refused = row.wrapped;
      log.error({ master: row.master }, 'no node of this record gave that master key: it is not taken');
      return;
    }
    master.expect(next, joined);
    await nodeKeys.answer(row, base64url(await next.wrap(Buffer.from(row.run), answerBound(about))));
  };
}

/** The public key of a node, as the master key attested it. Throws CONFLICT for a row that another program made. */
export async function attestedKey(
  master: MasterKey,
  appliance: string,
  { node, token, publicKey, attested }: NodeKeyRow,
): Promise<string> {
  const said = await master.unwrap(Buffer.from(attested, 'base64url'), nodeBound({ appliance, node, token }));
  if (said && Buffer.from(said).toString() === publicKey) return publicKey;
  throw new Problem(
    'CONFLICT',
    `The row of the node ${node} in the key store was not written by a node of this record: remove it ("gatehouse node remove ${node}"), and ask who can write to that database. Nothing was changed.`,
  );
}

interface Given {
  appliance: string;
  node: string;
  run: string;
  master: string;
}

const nextBound = (about: Given) => `node-next|${about.appliance}|${about.node}|${about.run}|${about.master}`;
const answerBound = (about: Given) => `${nextBound(about)}|answer`;

const namesOf = (nodes: readonly RunningNode[]) => nodes.map(({ holder }) => holder).join('; ');

/** Not every node that runs can have the new master key. */
export class NodesUnreachable extends Problem {
  constructor(sentence: string) {
    super('CONFLICT', sentence);
  }
}

const keepThemselves = (nodes: readonly RunningNode[]) =>
  new NodesUnreachable(
    `Other nodes keep the master key of now themselves, and would open nothing with it: stop them first (${namesOf(nodes)}), and give them the new one before they start again, or replace it there. Nothing was changed.`,
  );

const notAnswered = (nodes: readonly RunningNode[]) =>
  new NodesUnreachable(
    `The master key stays, because not every node that runs said that it has the new one: ${namesOf(nodes)}. Look whether they reach the key store, or stop them, and try again.`,
  );

const base64url = (bytes: Uint8Array): string => Buffer.from(bytes).toString('base64url');
