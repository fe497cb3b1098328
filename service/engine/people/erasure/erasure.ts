import { defined } from '../../../lib/defined.ts';
import type { ErasureId, OrganizationId, SubjectId, World } from '../../../lib/id.ts';
import type { Log } from '../../../lib/log.ts';
import { Problem } from '../../../lib/problem.ts';
import { createTurns } from '../../../lib/turns.ts';
import { isElsewhere, type Runs } from '../../../storage/runs.ts';
import type { Db, RowIntegrity } from '../../../storage/transaction.ts';
import type { Actor } from '../../audit/index.ts';
import { listHeld } from '../../consent/index.ts';
import { listPresent } from '../subjects/former-address-store.ts';
import type { Realm } from '../subjects/subject.ts';
import type { Subjects } from '../subjects/subjects.ts';
import type { DatabaseTracesDeps } from './database-traces-store.ts';
import { createErasureStore, type ErasureRow, type ErasureStore } from './erasure-store.ts';
import { type FinishDeps, finishErasures, type Work } from './finish-erasures.ts';
import { createIntend, type Intend, type IntendDeps, isProblem, noSuchPerson } from './intend-erasure.ts';
import type { KeptErasures } from './kept-erasures.ts';
import {
  createLedger,
  damagedReceipt,
  type ErasureReason,
  type ErasureReceipt,
  type Ledger,
  type LedgerDeps,
  receiptOf,
  type Signing,
} from './ledger.ts';
import type { NotSearched } from './not-searched.ts';
import { createProver, type ProverDeps, type RememberDeps, rememberPerson, type Witness } from './proof.ts';

/** The reason and the actor of an erasure. */
interface ErasureRequest {
  reason: Exclude<ErasureReason, 'restored'>;
  actor: Actor;
  request?: string;
  /** Search the files for what is left of the person and put it into the receipt; takes seconds in a large directory. */
  prove?: boolean;
}

export interface Erasure extends ReadReceipts {
  /**
   * Erases a person by id or e-mail. From the first of its commits on the person is not found by any read, and the same
   * address may be enrolled anew. Resolves when everything is done that this machine can do; the receipt is `pending` while a
   * copy of the key store cannot be reached. Asked again for a person who is being erased (by id) it goes on and gives the
   * receipt as it is now. Throws SUBJECT_NOT_FOUND, and LEGAL_HOLD when a hold forbids it.
   */
  erase(realm: Realm, idOrEmail: string, order: ErasureRequest): Promise<ErasureReceipt>;
  /**
   * Erases up to `limit` people of the realm, in the order of their ids after `after`. Throws CONFIRMATION_REQUIRED unless
   * `confirm` is exactly how many people there are now; then none is erased.
   */
  eraseMany(realm: Realm, order: MassErasureRequest): Promise<MassErasure>;
  /** People of both worlds under a legal hold. */
  held(organization: OrganizationId): Promise<SubjectId[]>;
  /**
   * At start, before the galleries are loaded and where the writer lock is held: verifies the signed list of erasures, erases
   * again people that an older backup brought back, and finishes what runs began that live no more. Throws SEALED when the list was
   * changed.
   */
  resume(): Promise<{ restored: number; finished: number; pending: number }>;
  /** The record came back older, its list perhaps too: begins to erase again the people of the list that it brought back; `retry` goes on. Returns how many. */
  eraseAgain(): Promise<number>;
  /** Retries pending erasures. */
  retry(): Promise<{ finished: number; pending: number }>;
  /** Other nodes have added to the list of erasures: what they added is on the disk of this one when it resolves. */
  followList(): Promise<void>;
}

export interface ErasureDeps
  extends DatabaseTracesDeps,
    Omit<IntendDeps, 'store' | 'sealer'>,
    Omit<FinishDeps, 'store' | 'ledger' | 'prover'> {
  sealer: FinishDeps['sealer'] & ProverDeps['sealer'] & ReplayDeps['sealer'] & IntendDeps['sealer'];
  keys: LedgerDeps['keys'] & FinishDeps['keys'] & ReplayDeps['keys'];
  subjects: Pick<Subjects, 'find' | 'forget' | 'list' | 'count' | 'snapshot'> &
    RememberDeps['subjects'] &
    ProverDeps['subjects'];
  /** The embedders that galleries are searched by. */
  galleries(): readonly string[];
  integrity: RowIntegrity;
  /** Of this machine. */
  kept: KeptErasures;
  runs: Pick<Runs, 'own' | 'living'>;
  log: Log;
}

/** Milliseconds after which an erasure that another run began has certainly ended there, or failed. */
const ENDED = 120_000;

/** Erases again what an older backup brought back. */
const appliance: Actor = { is: 'appliance', task: 'erasure' };

export function createErasure(deps: ErasureDeps): Erasure {
  const { db, integrity, dialect, nodes, subjects, kept, clock, log, runs } = deps;
  const store = createErasureStore(db, integrity);
  const ledger = createLedger(deps);
  const elsewhere: NotSearched[] = [
    ...(dialect === 'postgres' ? [{ code: 'POSTGRESQL_FILES' as const }] : []),
    ...(nodes ? [{ code: 'OTHER_NODES' as const }] : []),
  ];
  const prover = createProver({ ...deps, now: clock.now, elsewhere });
  const intend = createIntend({ ...deps, store });
  const replay = createReplay({ ...deps, store, ledger });
  const finish = (works: readonly Work[]) => finishErasures({ ...deps, store, ledger, prover }, works);
  /** One erasure of a person at a time, however many callers ask for it. */
  const turns = createTurns();

  /** Goes on with an erasure that has begun. */
  async function goOn(id: string, witness?: Witness): Promise<ErasureReceipt> {
    const row = await store.get(id as ErasureId);
    if (!row) throw new Error(`There is no erasure ${id}.`);
    const [receipt] = await finish([{ row, ...defined({ witness }) }]);
    return receipt!;
  }

  async function erase(realm: Realm, idOrEmail: string, order: ErasureRequest): Promise<ErasureReceipt> {
    const subject = await subjects.find(realm, idOrEmail);
    const id = subject?.id ?? (idOrEmail.includes('@') ? undefined : (idOrEmail as SubjectId));
    if (id === undefined) throw noSuchPerson();
    return turns(id, async () => {
      const begun = await store.ofSubject(realm, id);
      if (begun) return goOn(begun.id);
      const present = subject && (await subjects.find(realm, id));
      if (!present) throw noSuchPerson();
      const witness = order.prove ? await rememberPerson(deps, realm, present) : undefined;
      const row = await intend(realm, id, { ...order, email: present.email });
      return goOn(row.id, witness);
    });
  }

  async function retry(): Promise<{ finished: number; pending: number }> {
    const result = { finished: 0, pending: 0 };
    const unfinished = await store.unfinished();
    const living = unfinished.length > 0 ? await runs.living(db) : new Set<string>();
    for (const { id, subject, receipt, intended_at, begun_by } of unfinished) {
      const isYoung = receipt === null && clock.now() - intended_at < ENDED;
      if (isYoung && isElsewhere(begun_by, runs.own, living)) {
        result.pending += 1;
        continue;
      }
      try {
        const { state } = await turns(subject, () => goOn(id));
        if (state === 'done') result.finished += 1;
        else result.pending += 1;
      } catch (error) {
        result.pending += 1;
        log.error({ erasure: id, err: error }, 'an erasure could not be finished: it is tried again');
      }
    }
    return result;
  }

  async function eraseAgain(): Promise<number> {
    await ledger.forgetRead();
    await replay.destroyKeys();
    const restored = await replay.peopleRestored((realm, subject, erasure) =>
      intend(realm, subject, { reason: 'restored', actor: appliance }, erasure),
    );
    await kept.keep(1);
    return restored;
  }

  return {
    ...createReadReceipts({ ...deps, store }),
    erase,
    eraseMany: (realm, order) => eraseMany({ subjects, intend, finish }, realm, order),
    held: (organization) => listHeld(db, organization),
    eraseAgain,
    resume: async () => ({ restored: await eraseAgain(), ...(await retry()) }),
    retry,
    followList: () => kept.keep(),
  };
}

interface ReadReceipts {
  /** Throws NOT_FOUND. */
  receipt(id: ErasureId): Promise<ErasureReceipt>;
  /** Newest first; `pending`: only waiting ones; `reference`: of the erasure or the person, whole or its last six characters. An interrupted erasure has no receipt yet. */
  receipts(
    organization: OrganizationId,
    options: { pending?: boolean; limit: number; before?: ErasureId; reference?: string | undefined },
  ): Promise<ErasureReceipt[]>;
  /** Whether one has a receipt and waits for a copy of the key store or a node. */
  isPending(): Promise<boolean>;
  /** All keys that ever signed receipts, the newest last. */
  publicKeys(): { kid: string; publicKey: string }[];
}

const noReceipt = (id: ErasureId, row: ErasureRow | undefined): Problem =>
  new Problem(
    'NOT_FOUND',
    row
      ? `The erasure ${id} is ${row.state === 'intended' ? 'begun' : 'under way'} and has no receipt yet: it continues within a minute.`
      : `No erasure has the id ${id}: “gatehouse receipt list” shows all.`,
  );

const createReadReceipts = ({
  store,
  signing,
}: {
  store: Pick<ErasureStore, 'get' | 'page' | 'isPending'>;
  signing: Pick<Signing, 'publicKeys'>;
}): ReadReceipts => ({
  async receipt(id) {
    const row = await store.get(id);
    const receipt = row && receiptOf(row);
    if (receipt) return receipt;
    throw row && row.receipt !== null ? damagedReceipt(id) : noReceipt(id, row);
  },
  async receipts(organization, { pending = false, ...page }) {
    return store.page(receiptOf, organization, { pending, ...page });
  },
  isPending: store.isPending,
  publicKeys: () =>
    signing
      .publicKeys()
      .filter(({ purpose }) => purpose === 'receipts')
      .map(({ kid, publicKey }) => ({ kid, publicKey })),
});

interface ReplayDeps {
  db: Db;
  store: ErasureStore;
  ledger: Ledger;
  kept: Pick<KeptErasures, 'erased'>;
  sealer: { destroyPersons(subjects: readonly SubjectId[]): Promise<unknown> };
  keys: {
    /** Those of these people who have a key. */
    persons(subjects: readonly SubjectId[]): Promise<{ subject: SubjectId }[]>;
  };
  log: Log;
}

/** Repairs with the signed list of erasures whichever half of the data directory was restored from an older copy. */
function createReplay({ db, store, ledger, kept, sealer, keys, log }: ReplayDeps) {
  /** Both halves are older than the list that this machine has kept: that of the record is completed from it. */
  async function completeList(): Promise<void> {
    const listed = await ledger.entries();
    const missing = kept.erased().filter(({ subject }) => !listed.has(subject));
    for (const { erasure, subject, organization, world, at } of missing)
      await ledger.append({ erasure, subject, organization, world, at });
    if (missing.length > 0)
      log.error(
        { missing: missing.length },
        'the record is older than the list of erasures of this machine: the list was completed, and these people are erased again',
      );
  }

  return {
    /** The key store is the older half: the list is completed, and keys of people who were erased are destroyed again. */
    async destroyKeys(): Promise<void> {
      await completeList();
      // First: what another node erases meanwhile is in the list before it is among these.
      const destroyed = await store.destroyed();
      const listed = await ledger.entries();
      const missing = destroyed.filter(({ subject }) => !listed.has(subject as SubjectId));
      for (const { id, subject, organization, world, intended_at } of missing) {
        await ledger.append({
          erasure: id as ErasureId,
          subject: subject as SubjectId,
          organization: organization as OrganizationId,
          world: world as World,
          at: new Date(intended_at).toISOString(),
        });
      }
      if (missing.length > 0) {
        log.error(
          { missing: missing.length },
          'the key store is older than the database: its list of erasures lacked people; it was completed and their keys are destroyed again',
        );
      }
      const back = (await keys.persons([...(await ledger.entries()).keys()])).map(({ subject }) => subject);
      if (back.length === 0) return;
      await sealer.destroyPersons(back);
      log.warn({ people: back.length }, 'destroyed keys of people who were erased before');
    },

    /** The database is the older half: begins to erase again the people of the list that it brought back. Returns how many. */
    async peopleRestored(
      intend: (realm: Realm, subject: SubjectId, erasure: ErasureId) => Promise<unknown>,
    ): Promise<number> {
      const listed = await ledger.entries();
      const present = await listPresent(db, [...listed.keys()]);
      for (const subject of present) {
        const { organization, world, erasure, seq } = listed.get(subject)!;
        await intend({ organization, world }, subject, erasure).catch((error: unknown) => {
          // Another node was first.
          if (!isProblem(error, 'SUBJECT_NOT_FOUND')) throw error;
        });
        log.warn(
          { subject, erasure, seq },
          'a person who was erased came back with an older database: they are erased again',
        );
      }
      return present.size;
    },
  };
}

interface MassErasureRequest {
  confirm?: number;
  after?: SubjectId;
  limit: number;
  actor: Actor;
  request?: string;
}

/** People erased by one call of a mass deletion. */
export interface MassErasure {
  erased: SubjectId[];
  /** Under a legal hold: they stay. */
  held: SubjectId[];
  /** Erased, but for a copy of the key store that could not be reached. */
  pending: ErasureId[];
  /** People there are now. */
  left: number;
  /** Where to go on; absent at the end. */
  next?: SubjectId;
}

interface EraseManyDeps {
  subjects: Pick<Subjects, 'list' | 'count'>;
  intend: Intend;
  finish(works: readonly Work[]): Promise<ErasureReceipt[]>;
}

/** As `Erasure.eraseMany`. */
async function eraseMany(
  { subjects, intend, finish }: EraseManyDeps,
  realm: Realm,
  { confirm, after, limit, ...who }: MassErasureRequest,
): Promise<MassErasure> {
  const there = await subjects.count(realm);
  if (confirm !== there) throw unconfirmed(realm, there, confirm);
  const page = await subjects.list(realm, { limit, ...defined({ after }) });
  const begun: ErasureRow[] = [];
  const held: SubjectId[] = [];
  for (const { id, email } of page.subjects) {
    try {
      begun.push(await intend(realm, id, { reason: 'mass', email, ...who }));
    } catch (error) {
      if (isProblem(error, 'SUBJECT_NOT_FOUND')) continue;
      if (!isProblem(error, 'LEGAL_HOLD')) throw error;
      held.push(id);
    }
  }
  const receipts = await finish(begun.map((row) => ({ row })));
  return {
    erased: receipts.map(({ subject }) => subject),
    held,
    pending: receipts.flatMap(({ state, erasure }) => (state === 'pending' ? [erasure] : [])),
    left: await subjects.count(realm),
    ...defined({ next: page.next }),
  };
}

const unconfirmed = ({ world }: Realm, there: number, given: number | undefined) =>
  new Problem(
    'CONFIRMATION_REQUIRED',
    given === undefined
      ? `No person was erased. To erase all people in the ${world} world of this organization send confirm with how many there are: ${there}.`
      : `No person was erased: ${there} people are in the ${world} world of this organization, not ${given}. Send confirm with the exact number.`,
  );
