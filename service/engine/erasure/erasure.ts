import type { Clock } from '../../lib/clock.ts';
import { defined } from '../../lib/defined.ts';
import type { ErasureId, Ids, OrganizationId, SubjectId } from '../../lib/id.ts';
import type { Log } from '../../lib/log.ts';
import { Problem, type ProblemCode } from '../../lib/problem.ts';
import { createTurns } from '../../lib/turns.ts';
import type { Db, InTransaction, Tx } from '../../storage/transaction.ts';
import { type Actor, type Audit, describeActor } from '../audit/index.ts';
import { listHeld } from '../consent/index.ts';
import type { Events } from '../events/index.ts';
import type { PersonalData } from '../personal-data/index.ts';
import { isPresent, type Realm, releaseAddress, type Subjects } from '../subjects/index.ts';
import { createErasureStore, type ErasureRow } from './erasure-store.ts';
import { createLedger, type LedgerDeps, type Signing } from './ledger.ts';
import { createProver, type ProverDeps, type Witness } from './proof.ts';
import type { ErasureReason, ErasureReceipt } from './receipt.ts';
import { createReplay, type ReplayDeps } from './replay.ts';
import { createSteps, type StepsDeps } from './steps.ts';

/** Why and for whom a person is erased. */
export interface ErasureOrder {
  reason: Exclude<ErasureReason, 'restored'>;
  actor: Actor;
  request?: string;
  /** Search the files for what is left of the person and put it into the receipt; takes seconds in a large directory. */
  prove?: boolean;
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

export interface Erasure {
  /**
   * Erases a person by id or e-mail. From the first of its commits on the person is not found by any read, and the same
   * address may be enrolled anew. Resolves when everything is done that this machine can do; the receipt is `pending` while a
   * copy of the key store cannot be reached. Asked again for a person who is being erased (by id) it goes on and gives the
   * receipt as it is now. Throws SUBJECT_NOT_FOUND, and LEGAL_HOLD when a hold forbids it.
   */
  erase(realm: Realm, idOrEmail: string, order: ErasureOrder): Promise<ErasureReceipt>;
  /**
   * Erases up to `limit` people of the realm, in the order of their ids after `after`. Throws CONFIRMATION_REQUIRED unless
   * `confirm` is exactly how many people there are now; then nobody is erased.
   */
  eraseMany(
    realm: Realm,
    order: { confirm?: number; after?: SubjectId; limit: number; actor: Actor; request?: string },
  ): Promise<MassErasure>;
  /** People of both worlds whom a legal hold keeps. */
  held(organization: OrganizationId): Promise<SubjectId[]>;
  /** Throws NOT_FOUND. */
  receipt(id: ErasureId): Promise<ErasureReceipt>;
  /** Newest first; `pending`: only those that wait for something. Those that were interrupted have none yet. */
  receipts(
    organization: OrganizationId,
    options: { pending?: boolean; limit: number; before?: ErasureId },
  ): Promise<ErasureReceipt[]>;
  /** Those that receipts were ever signed with, the newest last. */
  publicKeys(): { kid: string; publicKey: string }[];
  /**
   * At start, before the galleries are loaded and where the writer lock is held: verifies the signed list of erasures, erases
   * again whom an older backup brought back, and finishes what was interrupted. Throws SEALED when the list was changed.
   */
  resume(): Promise<{ restored: number; finished: number; pending: number }>;
  /** Tries again what is not done yet. */
  retry(): Promise<{ finished: number; pending: number }>;
}

export interface ErasureDeps {
  db: Db;
  dialect: 'sqlite' | 'postgres';
  inTransaction: InTransaction;
  sealer: StepsDeps['sealer'] & ProverDeps['sealer'] & ReplayDeps['sealer'];
  keys: LedgerDeps['keys'] &
    StepsDeps['keys'] & {
      /** Those of these people who have a key. */
      persons(subjects: readonly SubjectId[]): Promise<{ subject: SubjectId }[]>;
    };
  signing: Signing;
  subjects: Pick<Subjects, 'find' | 'forget' | 'list' | 'count'> & ProverDeps['subjects'];
  /** Counters of requests about the person, by the keyed hash of the address. */
  forgetUse?(realm: Realm, emailHash: string): Promise<void>;
  /** Where each feature keeps anything about a person. */
  personalData: readonly PersonalData[];
  /** Whether a legal hold stands against it. */
  isHeld(tx: Tx, subject: SubjectId): Promise<boolean>;
  /** The embedder that galleries are searched by. */
  primary(): string | undefined;
  /** Id of this appliance. */
  appliance(): Promise<string>;
  audit: Audit;
  events: Events;
  ids: Ids;
  clock: Clock;
  log: Log;
  /** Data directory; absent where there is none. */
  data?: string;
}

/** Who erases again what an older backup brought back. */
const appliance: Actor = { is: 'appliance', task: 'erasure' };

export function createErasure(deps: ErasureDeps): Erasure {
  const { db, dialect, inTransaction, sealer, keys, subjects, isHeld, audit, ids, clock, log, data } = deps;
  const { personalData } = deps;
  const store = createErasureStore({ db, dialect });
  const ledger = createLedger(deps);
  const prover = createProver({
    sealer,
    subjects,
    personalData,
    primary: deps.primary,
    now: clock.now,
    ...defined({ data }),
    elsewhere:
      dialect === 'postgres'
        ? ['the files of the PostgreSQL server: they are not on this machine’s paths']
        : [],
  });
  const { finish, inWords } = createSteps({ ...deps, store, ledger, prover });
  /** One erasure of a person at a time, whoever asks for it. */
  const turns = createTurns();

  const again = createReplay({ db, store, ledger, sealer, keys, log });

  /** From here on the person is found by no read. Throws SUBJECT_NOT_FOUND and LEGAL_HOLD. */
  async function intend(realm: Realm, subject: SubjectId, row: ErasureRow, actor: Actor): Promise<void> {
    const emailHash = await subjects.forget(realm, subject, async (tx) => {
      if (!(await isPresent(tx, realm, subject))) throw noSuchPerson();
      if (row.reason !== 'restored' && (await isHeld(tx, subject))) throw heldBack(subject);
      await store.insert(tx, row);
      // What is known of the address by its hash goes now, since the hash is not known later.
      const hash = await releaseAddress(tx, subject);
      if (hash !== undefined) {
        for (const one of personalData) await one.forgetAddress?.(tx, realm, hash);
      }
      await audit.add(tx, {
        actor,
        action: 'subject.erase.intend',
        organization: realm.organization,
        target: subject,
        ...(row.request === null ? {} : { request: row.request }),
        details: { erasure: row.id, world: realm.world, reason: row.reason },
      });
      return hash;
    });
    if (emailHash !== undefined) await deps.forgetUse?.(realm, emailHash);
  }

  /** What was refused stands in the audit log too. */
  const auditRefusal = (
    { world, organization }: Realm,
    target: SubjectId,
    { actor, request }: Pick<ErasureOrder, 'actor' | 'request'>,
  ) =>
    inTransaction((tx) =>
      audit.add(tx, {
        actor,
        action: 'subject.erase.intend',
        organization,
        target,
        outcome: 'refused',
        ...defined({ request }),
        details: { code: 'LEGAL_HOLD', world },
      }),
    );

  const rowOf = (
    realm: Realm,
    subject: SubjectId,
    { reason, actor, request }: { reason: ErasureReason; actor: Actor; request?: string },
    id: ErasureId = ids.next('erasure'),
  ): ErasureRow => ({
    id,
    ...realm,
    subject,
    state: 'intended',
    reason,
    actor: describeActor(actor),
    request: request ?? null,
    intended_at: clock.now(),
    completed_at: null,
    copies: '[]',
    receipt: null,
  });

  /** Goes on with an erasure that has begun. */
  async function goOn(id: string, witness?: Witness): Promise<ErasureReceipt> {
    const row = await store.get(id as ErasureId);
    if (!row) throw new Error(`The erasure ${id} is not there.`);
    const [receipt] = await finish([{ row, ...defined({ witness }) }]);
    return receipt!;
  }

  async function erase(realm: Realm, idOrEmail: string, order: ErasureOrder): Promise<ErasureReceipt> {
    const subject = await subjects.find(realm, idOrEmail);
    const id = subject?.id ?? (idOrEmail.includes('@') ? undefined : (idOrEmail as SubjectId));
    if (id === undefined) throw noSuchPerson();
    return turns(id, async () => {
      const begun = await store.ofSubject(realm, id);
      if (begun) return goOn(begun.id);
      const present = subject && (await subjects.find(realm, id));
      if (!present) throw noSuchPerson();
      const witness = order.prove ? await prover.remember(realm, present) : undefined;
      const row = rowOf(realm, id, order);
      await intend(realm, id, row, order.actor).catch(async (error: unknown) => {
        if (isProblem(error, 'LEGAL_HOLD')) await auditRefusal(realm, id, order);
        throw error;
      });
      return goOn(row.id, witness);
    });
  }

  async function eraseMany(realm: Realm, order: Parameters<Erasure['eraseMany']>[1]): Promise<MassErasure> {
    const { confirm, after, limit, ...who } = order;
    const there = await subjects.count(realm);
    if (confirm !== there) throw unconfirmed(realm, there, confirm);
    const page = await subjects.list(realm, { limit, ...defined({ after }) });
    const begun: ErasureRow[] = [];
    const held: SubjectId[] = [];
    for (const { id } of page.subjects) {
      const row = rowOf(realm, id, { reason: 'mass', ...who });
      try {
        await intend(realm, id, row, who.actor);
        begun.push(row);
      } catch (error) {
        if (isProblem(error, 'SUBJECT_NOT_FOUND')) continue;
        if (!isProblem(error, 'LEGAL_HOLD')) throw error;
        await auditRefusal(realm, id, who);
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

  async function retry(): Promise<{ finished: number; pending: number }> {
    const result = { finished: 0, pending: 0 };
    for (const { id, subject } of await store.unfinished()) {
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

  return {
    erase,
    eraseMany,
    held: (organization) => listHeld(db, organization),
    async receipt(id) {
      const row = await store.get(id);
      if (row?.receipt) return JSON.parse(row.receipt) as ErasureReceipt;
      throw new Problem(
        'NOT_FOUND',
        row
          ? `The erasure ${id} is ${inWords(row)} and has no receipt yet: it goes on by itself within a minute.`
          : `No erasure has the id ${id}: “gatehouse receipt list” shows those there are.`,
      );
    },
    async receipts(organization, { pending = false, ...page }) {
      const rows = await store.page(organization, { pending, ...page });
      return rows.flatMap(({ receipt }) => (receipt === null ? [] : [JSON.parse(receipt) as ErasureReceipt]));
    },
    publicKeys: () =>
      deps.signing
        .publicKeys()
        .filter(({ purpose }) => purpose === 'receipts')
        .map(({ kid, publicKey }) => ({ kid, publicKey })),
    async resume() {
      await again.destroyKeys();
      const restored = await again.peopleRestored((realm, subject, erasure) =>
        intend(
          realm,
          subject,
          rowOf(realm, subject, { reason: 'restored', actor: appliance }, erasure),
          appliance,
        ),
      );
      return { restored, ...(await retry()) };
    },
    retry,
  };
}

const noSuchPerson = () => new Problem('SUBJECT_NOT_FOUND', 'No such person is enrolled here.');

const heldBack = (subject: SubjectId) =>
  new Problem(
    'LEGAL_HOLD',
    `${subject} is under a legal hold and is not erased: release the hold first (“gatehouse hold list” shows it).`,
  );

const isProblem = (error: unknown, code: ProblemCode): boolean =>
  error instanceof Problem && error.code === code;

const unconfirmed = ({ world }: Realm, there: number, given: number | undefined) =>
  new Problem(
    'CONFIRMATION_REQUIRED',
    given === undefined
      ? `Nobody was erased. To erase everybody in the ${world} world of this organization send confirm with how many there are: ${there}.`
      : `Nobody was erased: ${there} people are in the ${world} world of this organization, not ${given}. Send confirm with the exact number.`,
  );
