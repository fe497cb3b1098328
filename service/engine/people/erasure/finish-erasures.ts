import { parseJson } from '../../../lib/canonical-json.ts';
import { defined } from '../../../lib/defined.ts';
import type { ErasureId, OrganizationId, SubjectId, World } from '../../../lib/id.ts';
import { time } from '../../../lib/time.ts';
import type { InTransaction, Tx } from '../../../storage/transaction.ts';
import { type Foundation, type PersonalData, readActor, tablesThatKeepIds } from '../../audit/index.ts';
import type { Events } from '../../events/index.ts';
import {
  type DatabaseTracesDeps,
  emptyDatabaseLog,
  findKeptCopies,
  findTablesNaming,
} from './database-traces-store.ts';
import type { ErasureNodes } from './erasure-nodes.ts';
import { removeJournal } from './erasure-nodes.ts';
import type { ErasureRow, ErasureStore } from './erasure-store.ts';
import type { KeptErasures } from './kept-erasures.ts';
import {
  type CopyOfReceipt,
  damagedReceipt,
  type Erased,
  type ErasureReceipt,
  type Ledger,
  type LedgerPosition,
  receiptOf,
  type SignReceiptDeps,
  signReceipt,
} from './ledger.ts';
import type { Prover, Witness } from './proof.ts';

export interface FinishDeps extends DatabaseTracesDeps, SignReceiptDeps, SettleDeps {
  inTransaction: InTransaction;
  sealer: {
    /** Safe to call again. */
    destroyPersons(subjects: readonly SubjectId[]): Promise<{ copies: CopyOfReceipt[] }>;
  };
  keys: {
    /** Copies that were taken out of the places, and what is known of them. */
    formerCopies(): Promise<FormerCopy[]>;
  };
  personalData: readonly PersonalData[];
  /** Data directory; absent where there is none. */
  data?: string;
  store: ErasureStore;
  ledger: Ledger;
  /** Absent where the database is shared with none. */
  nodes?: Pick<ErasureNodes, 'clearEverywhere'> | undefined;
  kept: Pick<KeptErasures, 'keep'>;
  subjects: { snapshot: { forget(): Promise<void> } };
  prover: Pick<Prover, 'prove'>;
}

/** An erasure that has begun, and the values to search for afterwards. */
export interface Work {
  row: ErasureRow;
  witness?: Witness;
}

/** The final state of the keys, the rows and the log of the database. */
interface Done {
  places: ReadonlyMap<string, LedgerPosition>;
  /** Copies of the key store, and whether the keys are destroyed in each. */
  reached: CopyOfReceipt[];
  emptied: boolean;
  /** By erasure the nodes that still keep files. */
  uncleared: ReadonlyMap<string, readonly string[]>;
}

/**
 * What follows once the intent is written, in this order: the list beside the keys and on this machine, the key in every copy, the rows, the
 * database's log, the files, the search, and last the audit line with the receipt. Each step may be repeated, and after a
 * crash all of them are. Several erasures at once share what takes long: one key store write, one emptying of the log. Gives
 * one receipt each, in order.
 */
export async function finishErasures(deps: FinishDeps, works: readonly Work[]): Promise<ErasureReceipt[]> {
  const open = works.map(({ row }) => row).filter(({ state }) => state !== 'done');
  const places = await listErased(deps, open);
  await deps.kept.keep();
  // Before the keys of the people: a copy without these is without the key of the snapshot too.
  if (open.length > 0) await deps.subjects.snapshot.forget();
  const reached = await destroyKeys(deps, open);
  await removeRows(deps, open);
  const emptied = await emptyDatabaseLog(deps);
  if (deps.data !== undefined) for (const row of open) await removeJournal(deps.data, row);
  const uncleared = (await deps.nodes?.clearEverywhere(open.map(({ id }) => id))) ?? new Map();
  const receipts = await makeReceipts(deps, works, { places, reached, emptied, uncleared });
  await deps.inTransaction(async (tx) => {
    for (const { row, receipt, isNew } of receipts) if (isNew) await settleErasure(deps, tx, row, receipt);
  });
  return receipts.map(({ receipt }) => receipt);
}

async function listErased({ ledger }: FinishDeps, open: readonly ErasureRow[]): Promise<Done['places']> {
  const places = new Map<string, LedgerPosition>();
  for (const row of open) places.set(row.id, await ledger.append(erasedOf(row)));
  return places;
}

const erasedOf = (row: ErasureRow): Erased => ({
  erasure: row.id as ErasureId,
  subject: row.subject as SubjectId,
  organization: row.organization as OrganizationId,
  world: row.world as World,
  at: time(row.intended_at),
});

const peopleOf = (open: readonly ErasureRow[]) => open.map(({ subject }) => subject as SubjectId);

async function destroyKeys(
  { inTransaction, sealer, store }: FinishDeps,
  open: readonly ErasureRow[],
): Promise<CopyOfReceipt[]> {
  const { copies } = await sealer.destroyPersons(peopleOf(open));
  const ids = open.map(({ id }) => id);
  if (ids.length > 0) await inTransaction((tx) => store.keysDestroyed(tx, ids, JSON.stringify(copies)));
  return copies;
}

/** From the end of the list: what refers to a person goes before the person. Figures that others count by stay, about no person. */
async function removeRows(
  { inTransaction, personalData, clock }: FinishDeps,
  open: readonly ErasureRow[],
): Promise<void> {
  if (open.length === 0) return;
  const people = peopleOf(open);
  const forgets: PersonalData['forget'][] = [];
  for (const { forget, readThenForget } of personalData.toReversed())
    forgets.push(readThenForget ? await readThenForget(people) : forget);
  const now = clock.now();
  await inTransaction(async (tx) => {
    for (const forget of forgets) await forget?.(tx, people, now);
  });
}

async function makeReceipts(
  deps: FinishDeps,
  works: readonly Work[],
  { places, reached, emptied, uncleared }: Done,
): Promise<{ row: ErasureRow; receipt: ErasureReceipt; isNew: boolean }[]> {
  const former = await deps.keys.formerCopies();
  const listed = await deps.ledger.entries();
  const receipts = [];
  for (const { row, witness } of works) {
    const earlier = receiptOf(row);
    if (row.state === 'done' && !earlier) throw damagedReceipt(row.id);
    const before = knownBefore(row, listed.get(row.subject as SubjectId), former);
    const copies = withFormer(reached, before, former);
    const ofNodes = (uncleared.get(row.id) ?? []).map(waitingForNode);
    // Nothing new since the last try: no line for every minute that a disk is away.
    if (earlier && (row.state === 'done' || sameWait(earlier, copies, { emptied, ofNodes }))) {
      receipts.push({ row, receipt: earlier, isNew: false });
      continue;
    }
    const proof = witness ? await prove(deps, row, witness, copies) : earlier?.proof;
    const waitingFor = [...copies.flatMap(waitingForCopy), ...ofNodes, ...(emptied ? [] : [OWN_LOG])];
    const place = places.get(row.id)!;
    receipts.push({
      row,
      receipt: await signReceipt(deps, row, { copies, waitingFor, place, proof }),
      isNew: true,
    });
  }
  return receipts;
}

const prove = async (
  deps: FinishDeps,
  { subject }: ErasureRow,
  witness: Witness,
  copies: readonly CopyOfReceipt[],
) =>
  deps.prover.prove(witness, copies, {
    tables: await findTablesNaming(deps, subject, tablesThatKeepIds(deps.personalData)),
    schemas: await findKeptCopies(deps),
  });

const OWN_LOG = 'the log of the database: another process was reading it';

const waitingForCopy = ({ place, copy, state, reason }: CopyOfReceipt): string[] =>
  state === 'unreachable'
    ? [`the copy of the key store in ${place}${copy ? ` (copy ${copy})` : ''}${reason ? `: ${reason}` : ''}`]
    : [];

const NODE = 'the node ';
const waitingForNode = (node: string): string =>
  `${NODE}${node}: it has not yet removed its import journals and what it has in memory`;

function sameWait(
  earlier: ErasureReceipt,
  copies: readonly CopyOfReceipt[],
  { emptied, ofNodes }: { emptied: boolean; ofNodes: readonly string[] },
): boolean {
  const unreachable = (of: readonly CopyOfReceipt[]) =>
    JSON.stringify(of.filter(({ state }) => state === 'unreachable').map(({ place, copy }) => [place, copy]));
  return (
    unreachable(earlier.copies) === unreachable(copies) &&
    earlier.waitingFor.includes(OWN_LOG) === !emptied &&
    earlier.waitingFor.filter((one) => one.startsWith(NODE)).join() === ofNodes.join()
  );
}

/** A copy of the key store that was taken out of its place. */
interface FormerCopy {
  place: string;
  copy?: string;
  fate: 'left' | 'wiped' | 'attested';
  by: string;
  /** Milliseconds since 1970. */
  at: number;
  /** When it was taken out it missed what was written since then. */
  behindSince?: number;
}

/**
 * What an erasure knew of the copies before: its row, and with the first receipt the copies that were taken out without it. Where the row
 * is damaged, all that were ever taken out.
 */
function knownBefore(
  row: ErasureRow,
  listed: Erased | undefined,
  former: readonly FormerCopy[],
): CopyOfReceipt[] {
  const known = parseJson<CopyOfReceipt[]>(row.copies);
  if (!known) return former.map(takenOut);
  if (row.receipt !== null || !listed) return known;
  const missed = former.filter((one) => hasMissed(one, row, listed)).map(takenOut);
  return [...known, ...missed.filter((one) => known.every((other) => !isSame(other, one)))];
}

/**
 * A copy that was taken out of the places before its key was destroyed is still waited for: it has the key. So it is with one in
 * whose place another lies now. The erasure stops waiting for it when it is wiped or an operator attests that it is destroyed.
 */
const withFormer = (
  now: readonly CopyOfReceipt[],
  before: readonly CopyOfReceipt[],
  former: readonly FormerCopy[],
): CopyOfReceipt[] => [
  ...now,
  ...before
    .filter((one) => !one.own && now.every((other) => !isSame(one, other)))
    .map((one) => {
      const fate = former.find((other) => isSame(one, other));
      return one.state === 'unreachable' && fate ? afterwards(one, fate) : one;
    }),
];

/**
 * Whether the copy was taken out without the person's key having been destroyed in it: meanwhile, or before the database was
 * put back that knew of it.
 */
function hasMissed({ at, behindSince }: FormerCopy, { reason }: ErasureRow, erased: Erased): boolean {
  const erasedAt = Date.parse(erased.at);
  return behindSince !== undefined && at >= erasedAt && (reason !== 'restored' || behindSince <= erasedAt);
}

const takenOut = ({ place, copy }: FormerCopy): CopyOfReceipt => ({
  place,
  ...defined({ copy }),
  state: 'unreachable',
  reason: 'It was removed from the list before the key was destroyed in it.',
});

/** By the id; a copy from before there were ids is known by its place. */
const isSame = (one: { place: string; copy?: string }, other: { place: string; copy?: string }) =>
  one.copy === undefined ? one.place === other.place : one.copy === other.copy;

function afterwards(waiting: CopyOfReceipt, { fate, by, at }: FormerCopy): CopyOfReceipt {
  const { reason: _, ...copy } = waiting;
  if (fate === 'wiped') return { ...copy, state: 'destroyed' };
  if (fate !== 'attested') return waiting;
  return {
    ...copy,
    state: 'attested-destroyed',
    reason: 'This was attested by an operator and not verified by a machine.',
    attested: { by, at: new Date(at).toISOString() },
  };
}

interface SettleDeps extends Pick<Foundation, 'audit' | 'clock'> {
  store: Pick<ErasureStore, 'settle'>;
  events: Events;
}

/** The change of state, its audit line and its event, once for each state that is reached. */
async function settleErasure(
  { store, audit, events, clock }: SettleDeps,
  tx: Tx,
  row: ErasureRow,
  receipt: ErasureReceipt,
): Promise<void> {
  const first = row.receipt === null;
  const settled = await store.settle(tx, row, {
    state: receipt.state,
    copies: JSON.stringify(receipt.copies),
    receipt: JSON.stringify(receipt),
    completed_at: receipt.state === 'done' ? clock.now() : null,
  });
  // Another process was at it too, and was first.
  if (!settled) return;
  const { organization, world, subject, request } = receipt;
  const attested = receipt.copies.filter(({ state }) => state === 'attested-destroyed').length;
  await audit.add(tx, {
    actor: readActor(row.actor),
    action: first ? 'subject.erase' : 'subject.erase.finish',
    organization,
    target: subject,
    ...defined({ request }),
    details: {
      erasure: row.id,
      world,
      reason: row.reason,
      state: receipt.state,
      copies: receipt.copies.length,
      unreachable: receipt.copies.filter(({ state }) => state === 'unreachable').length,
      ...(attested > 0 && { attested }),
      ledger: receipt.ledger.seq,
    },
  });
  if (!first) return;
  await events.add(tx, {
    type: 'subject.erased',
    organization,
    world,
    payload: { erasure: row.id, reason: row.reason },
  });
}
