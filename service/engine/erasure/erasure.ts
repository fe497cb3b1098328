import { defined } from '../../lib/defined.ts';
import type { ErasureId, OrganizationId, SubjectId } from '../../lib/id.ts';
import type { Log } from '../../lib/log.ts';
import { createTurns } from '../../lib/turns.ts';
import type { RowIntegrity } from '../../storage/transaction.ts';
import type { Actor } from '../audit/index.ts';
import { listHeld } from '../consent/index.ts';
import type { Realm, Subjects } from '../subjects/index.ts';
import type { DatabaseTracesDeps } from './database-traces-store.ts';
import { eraseMany, type MassErasure, type MassOrder } from './erase-many.ts';
import { createErasureStore } from './erasure-store.ts';
import { type FinishDeps, finishErasures, type Work } from './finish-erasures.ts';
import { createIntend, type IntendDeps, noSuchPerson } from './intend-erasure.ts';
import { createLedger, type LedgerDeps } from './ledger.ts';
import { createProver, type ProverDeps } from './proof.ts';
import { createReadReceipts, type ReadReceipts } from './read-receipts.ts';
import type { ErasureReason, ErasureReceipt } from './receipt.ts';
import { type RememberDeps, rememberPerson, type Witness } from './remember-person.ts';
import { createReplay, type ReplayDeps } from './replay.ts';

/** The reason and the actor of an erasure. */
export interface ErasureOrder {
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
  erase(realm: Realm, idOrEmail: string, order: ErasureOrder): Promise<ErasureReceipt>;
  /**
   * Erases up to `limit` people of the realm, in the order of their ids after `after`. Throws CONFIRMATION_REQUIRED unless
   * `confirm` is exactly how many people there are now; then none is erased.
   */
  eraseMany(realm: Realm, order: MassOrder): Promise<MassErasure>;
  /** People of both worlds under a legal hold. */
  held(organization: OrganizationId): Promise<SubjectId[]>;
  /**
   * At start, before the galleries are loaded and where the writer lock is held: verifies the signed list of erasures, erases
   * again people that an older backup brought back, and finishes what was interrupted. Throws SEALED when the list was changed.
   */
  resume(): Promise<{ restored: number; finished: number; pending: number }>;
  /** Retries pending erasures. */
  retry(): Promise<{ finished: number; pending: number }>;
}

export interface ErasureDeps
  extends DatabaseTracesDeps,
    Omit<IntendDeps, 'store' | 'sealer'>,
    Omit<FinishDeps, 'store' | 'ledger' | 'prover'> {
  sealer: FinishDeps['sealer'] & ProverDeps['sealer'] & ReplayDeps['sealer'] & IntendDeps['sealer'];
  keys: LedgerDeps['keys'] & FinishDeps['keys'] & ReplayDeps['keys'];
  subjects: Pick<Subjects, 'find' | 'forget' | 'list' | 'count'> &
    RememberDeps['subjects'] &
    ProverDeps['subjects'];
  /** The embedders that galleries are searched by. */
  galleries(): readonly string[];
  integrity: RowIntegrity;
  log: Log;
}

/** Erases again what an older backup brought back. */
const appliance: Actor = { is: 'appliance', task: 'erasure' };

export function createErasure(deps: ErasureDeps): Erasure {
  const { db, integrity, dialect, subjects, clock, log } = deps;
  const store = createErasureStore(db, integrity);
  const ledger = createLedger(deps);
  const elsewhere =
    dialect === 'postgres'
      ? ['the files of the PostgreSQL server: they are not on this machine’s paths']
      : [];
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

  async function erase(realm: Realm, idOrEmail: string, order: ErasureOrder): Promise<ErasureReceipt> {
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
    ...createReadReceipts({ ...deps, store }),
    erase,
    eraseMany: (realm, order) => eraseMany({ subjects, intend, finish }, realm, order),
    held: (organization) => listHeld(db, organization),
    async resume() {
      await replay.destroyKeys();
      const restored = await replay.peopleRestored((realm, subject, erasure) =>
        intend(realm, subject, { reason: 'restored', actor: appliance }, erasure),
      );
      return { restored, ...(await retry()) };
    },
    retry,
  };
}
