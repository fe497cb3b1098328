import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { ErasureId, OrganizationId, SubjectId, World } from '../../lib/id.ts';
import { time } from '../../lib/time.ts';
import type { InTransaction } from '../../storage/transaction.ts';
import { type PersonalData, tablesThatKeepIds } from '../personal-data/index.ts';
import {
  type DatabaseTracesDeps,
  emptyDatabaseLog,
  findKeptCopies,
  findTablesNaming,
} from './database-traces-store.ts';
import type { ErasureRow, ErasureStore } from './erasure-store.ts';
import { type FormerCopy, knownBefore, withFormer } from './former-copies.ts';
import type { Erased, Ledger, LedgerPlace } from './ledger.ts';
import type { Prover } from './proof.ts';
import type { CopyOfReceipt, ErasureReceipt } from './receipt.ts';
import type { Witness } from './remember-person.ts';
import { type SettleDeps, settleErasure } from './settle-erasure.ts';
import { type SignReceiptDeps, signReceipt } from './sign-receipt.ts';

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
  prover: Pick<Prover, 'prove'>;
}

/** An erasure that has begun, and the values to search for afterwards. */
export interface Work {
  row: ErasureRow;
  witness?: Witness;
}

/** The final state of the keys, the rows and the log of the database. */
interface Done {
  places: ReadonlyMap<string, LedgerPlace>;
  /** Copies of the key store, and whether the keys are destroyed in each. */
  reached: CopyOfReceipt[];
  emptied: boolean;
}

/**
 * What follows once the intent is written, in this order: the list beside the keys, the key in every copy, the rows, the
 * database's log, the files, the search, and last the audit line with the receipt. Each step may be repeated, and after a
 * crash all of them are. Several erasures at once share what takes long: one key store write, one emptying of the log. Gives
 * one receipt each, in order.
 */
export async function finishErasures(deps: FinishDeps, works: readonly Work[]): Promise<ErasureReceipt[]> {
  const open = works.map(({ row }) => row).filter(({ state }) => state !== 'done');
  const places = await listErased(deps, open);
  const reached = await destroyKeys(deps, open);
  await removeRows(deps, open);
  const emptied = await emptyDatabaseLog(deps);
  for (const row of open) await removeJournal(deps, row);
  const receipts = await makeReceipts(deps, works, { places, reached, emptied });
  await deps.inTransaction(async (tx) => {
    for (const { row, receipt, isNew } of receipts) if (isNew) await settleErasure(deps, tx, row, receipt);
  });
  return receipts.map(({ receipt }) => receipt);
}

async function listErased({ ledger }: FinishDeps, open: readonly ErasureRow[]): Promise<Done['places']> {
  const places = new Map<string, LedgerPlace>();
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
  { sealer, store }: FinishDeps,
  open: readonly ErasureRow[],
): Promise<CopyOfReceipt[]> {
  const { copies } = await sealer.destroyPersons(peopleOf(open));
  const ids = open.map(({ id }) => id);
  await store.keysDestroyed(ids, JSON.stringify(copies));
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
  for (const { forget, lookThenForget } of personalData.toReversed())
    forgets.push(lookThenForget ? await lookThenForget(people) : forget);
  const now = clock.now();
  await inTransaction(async (tx) => {
    for (const forget of forgets) await forget?.(tx, people, now);
  });
}

/** Journals of imports hold hashes over a person and a picture; imports go on without them by the pictures' marks. */
async function removeJournal({ data }: FinishDeps, { organization, world }: ErasureRow): Promise<void> {
  if (data !== undefined) await rm(join(data, 'imports', `${organization}-${world}.txt`), { force: true });
}

async function makeReceipts(
  deps: FinishDeps,
  works: readonly Work[],
  { places, reached, emptied }: Done,
): Promise<{ row: ErasureRow; receipt: ErasureReceipt; isNew: boolean }[]> {
  const former = await deps.keys.formerCopies();
  const listed = await deps.ledger.entries();
  const receipts = [];
  for (const { row, witness } of works) {
    const earlier = row.receipt === null ? undefined : (JSON.parse(row.receipt) as ErasureReceipt);
    const before = knownBefore(row, listed.get(row.subject as SubjectId), former);
    const copies = withFormer(reached, before, former);
    // Nothing new since the last try: no line for every minute that a disk is away.
    if (earlier && (row.state === 'done' || sameWait(earlier, copies, emptied))) {
      receipts.push({ row, receipt: earlier, isNew: false });
      continue;
    }
    const proof = witness ? await prove(deps, row, witness, copies) : earlier?.proof;
    const waitingFor = [...copies.flatMap(waitingForCopy), ...(emptied ? [] : [OWN_LOG])];
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

function sameWait(earlier: ErasureReceipt, copies: readonly CopyOfReceipt[], emptied: boolean): boolean {
  const unreachable = (of: readonly CopyOfReceipt[]) =>
    JSON.stringify(of.filter(({ state }) => state === 'unreachable').map(({ place, copy }) => [place, copy]));
  return (
    unreachable(earlier.copies) === unreachable(copies) && earlier.waitingFor.includes(OWN_LOG) === !emptied
  );
}
