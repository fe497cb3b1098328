import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Clock } from '../../lib/clock.ts';
import { defined } from '../../lib/defined.ts';
import type { ErasureId, OrganizationId, SubjectId, World } from '../../lib/id.ts';
import type { InTransaction, Tx } from '../../storage/transaction.ts';
import { type Audit, readActor } from '../audit/index.ts';
import type { Events } from '../events/index.ts';
import { type PersonalData, tablesThatKeepIds } from '../personal-data/index.ts';
import type { ErasureRow, ErasureStore } from './erasure-store.ts';
import type { Erased, Ledger, LedgerPlace, Signing } from './ledger.ts';
import type { Prover, Witness } from './proof.ts';
import {
  type CopyOfReceipt,
  type ErasureReason,
  type ErasureReceipt,
  type Proof,
  receiptBytes,
  receiptFormat,
  type UnsignedReceipt,
} from './receipt.ts';

export interface StepsDeps {
  inTransaction: InTransaction;
  sealer: {
    /** Safe to call again. */
    destroyPersons(subjects: readonly SubjectId[]): Promise<{ copies: CopyOfReceipt[] }>;
  };
  keys: {
    /** Copies that were taken out of the places, and what is known of them. */
    formerCopies(): Promise<FormerCopy[]>;
  };
  signing: Signing;
  appliance(): Promise<string>;
  audit: Audit;
  events: Events;
  clock: Clock;
  personalData: readonly PersonalData[];
  data?: string;
  store: ErasureStore;
  ledger: Ledger;
  prover: Prover;
}

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
 * What follows once the intent is written, in this order: the list beside the keys, the key in every copy, the rows, the
 * database's log, the files, the search, and last the audit line with the receipt. Each step may be repeated, and after a
 * crash all of them are.
 */
export function createSteps(deps: StepsDeps) {
  const {
    inTransaction,
    sealer,
    keys,
    signing,
    appliance,
    audit,
    events,
    clock,
    personalData,
    data,
    store,
    ledger,
    prover,
  } = deps;

  /** From the end of the list: what refers to a person goes before the person. Figures that others count by stay, about nobody. */
  async function removeRows(people: readonly SubjectId[]): Promise<void> {
    if (people.length === 0) return;
    const now = clock.now();
    await inTransaction(async (tx) => {
      for (const { forget } of personalData.toReversed()) await forget?.(tx, people, now);
    });
  }

  /** Journals of imports hold hashes over a person and a picture; imports go on without them by the pictures' marks. */
  async function removeJournal({ organization, world }: ErasureRow): Promise<void> {
    if (data !== undefined) await rm(join(data, 'imports', `${organization}-${world}.txt`), { force: true });
  }

  const keeping = tablesThatKeepIds(personalData);

  async function sign(row: ErasureRow, found: Found): Promise<ErasureReceipt> {
    const { copies, waitingFor, place, proof } = found;
    const key = signing.publicKeys().findLast(({ purpose }) => purpose === 'receipts');
    if (!key) throw new Error('There is no key to sign receipts with.');
    const done = waitingFor.length === 0;
    const unsigned: UnsignedReceipt = {
      format: receiptFormat,
      appliance: await appliance(),
      erasure: row.id as ErasureId,
      organization: row.organization as OrganizationId,
      world: row.world as World,
      subject: row.subject as SubjectId,
      reason: row.reason as ErasureReason,
      actor: row.actor,
      ...(row.request === null ? {} : { request: row.request }),
      requestedAt: new Date(row.intended_at).toISOString(),
      ...(done ? { completedAt: new Date(clock.now()).toISOString() } : {}),
      state: done ? 'done' : 'pending',
      waitingFor,
      copies,
      ledger: place,
      ...defined({ proof }),
      publicKey: key.publicKey,
      kid: key.kid,
    };
    const { kid, signature } = signing.sign('receipts', receiptBytes(unsigned));
    if (kid !== key.kid) throw new Error('The key that signs receipts is not the newest public one.');
    return { ...unsigned, signature };
  }

  /** The change of state, its audit line and its event, once for each state that is reached. */
  async function settle(tx: Tx, row: ErasureRow, receipt: ErasureReceipt): Promise<void> {
    const first = row.receipt === null;
    const settled = await store.settle(tx, row, {
      state: receipt.state,
      copies: JSON.stringify(receipt.copies),
      receipt: JSON.stringify(receipt),
      completed_at: receipt.state === 'done' ? clock.now() : null,
    });
    // Somebody else was at it too, and was first.
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

  return {
    /** Several at once share what takes long: one key store write, one emptying of the log. One receipt each, in order. */
    async finish(works: readonly Work[]): Promise<ErasureReceipt[]> {
      const open = works.filter(({ row }) => row.state !== 'done');
      const places = new Map<string, LedgerPlace>();
      for (const { row } of open) places.set(row.id, await ledger.append(erasedOf(row)));
      const people = open.map(({ row }) => row.subject as SubjectId);
      const { copies: reached } = await sealer.destroyPersons(people);
      await store.keysDestroyed(
        open.map(({ row }) => row.id),
        JSON.stringify(reached),
      );
      await removeRows(people);
      const emptied = await store.emptyLog();
      for (const { row } of open) await removeJournal(row);
      const former = await keys.formerCopies();
      const listed = await ledger.entries();
      const receipts: ErasureReceipt[] = [];
      const changed: { row: ErasureRow; receipt: ErasureReceipt }[] = [];
      for (const { row, witness } of works) {
        const earlier = row.receipt === null ? undefined : (JSON.parse(row.receipt) as ErasureReceipt);
        const known = JSON.parse(row.copies) as CopyOfReceipt[];
        const entry = earlier ? undefined : listed.get(row.subject as SubjectId);
        const missed = entry ? former.filter((one) => hasMissed(one, row, entry)).map(takenOut) : [];
        const before = [...known, ...missed.filter((one) => known.every((other) => !isSame(other, one)))];
        const copies = withFormer(reached, before, former);
        // Nothing new since the last try: no line for every minute that a disk is away.
        if (earlier && (row.state === 'done' || sameWait(earlier, copies, emptied))) {
          receipts.push(earlier);
          continue;
        }
        const proof = witness
          ? await prover.prove(witness, copies, {
              tables: await store.tablesNaming(row.subject, keeping),
              schemas: await store.keptCopies(),
            })
          : earlier?.proof;
        const waitingFor = [...copies.flatMap(waitingForCopy), ...(emptied ? [] : [OWN_LOG])];
        const receipt = await sign(row, { copies, waitingFor, place: places.get(row.id)!, proof });
        receipts.push(receipt);
        changed.push({ row, receipt });
      }
      await inTransaction(async (tx) => {
        for (const { row, receipt } of changed) await settle(tx, row, receipt);
      });
      return receipts;
    },
    inWords: ({ state }: ErasureRow): string => (state === 'intended' ? 'begun' : 'under way'),
  };
}

/** An erasure that has begun, and what to look for afterwards. */
export interface Work {
  row: ErasureRow;
  witness?: Witness;
}

const erasedOf = (row: ErasureRow): Erased => ({
  erasure: row.id as ErasureId,
  subject: row.subject as SubjectId,
  organization: row.organization as OrganizationId,
  world: row.world as World,
  at: new Date(row.intended_at).toISOString(),
});

interface Found {
  copies: CopyOfReceipt[];
  waitingFor: string[];
  place: LedgerPlace;
  proof: Proof | undefined;
}

/**
 * A copy that was taken out of the places before its key was destroyed is still waited for: it has the key. So it is with one in
 * whose place another lies now. It is waited for no longer when we wiped it or somebody gave their word that it is destroyed.
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
  reason: 'It was taken out of the places before the key was destroyed in it.',
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
    reason: 'This rests on the word of an operator: no machine saw the medium destroyed.',
    attested: { by, at: new Date(at).toISOString() },
  };
}

const OWN_LOG = 'the log of the database: somebody was reading it';

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
