import { type Actor, type Audit, type AuditAction, describeActor } from '../../service/engine/audit/index.ts';
import type { Clock } from '../../service/lib/clock.ts';
import type { OrganizationId } from '../../service/lib/id.ts';
import { Problem } from '../../service/lib/problem.ts';
import type { Db, InTransaction } from '../../service/storage/transaction.ts';
import { deleteLocker, insertLocker, type Locker, type NewLocker, selectLockers } from './locker-store.ts';

/** Stand for two lines of engine/audit/actions.ts. */
const [ADD, REMOVE] = ['locker.add', 'locker.remove'] as unknown as readonly [AuditAction, AuditAction];

export interface LockersDeps {
  db: Db;
  inTransaction: InTransaction;
  audit: Audit;
  clock: Clock;
  nextId(): string;
}

export function createLockers({ db, inTransaction, audit, clock, nextId }: LockersDeps) {
  return {
    page: (organization: OrganizationId, page: { before?: string; limit: number }) =>
      selectLockers(db, organization, page),
    async add(organization: OrganizationId, wanted: NewLocker, by: Actor): Promise<Locker> {
      const added = { addedBy: describeActor(by), addedAt: clock.now() };
      const locker = { id: nextId(), organization, ...wanted, ...added };
      await inTransaction(async (tx) => {
        await insertLocker(tx, locker);
        await audit.add(tx, { actor: by, action: ADD, organization, target: locker.id });
      });
      return locker;
    },
    remove: (organization: OrganizationId, id: string, by: Actor) =>
      inTransaction(async (tx) => {
        if (!(await deleteLocker(tx, organization, id)))
          throw new Problem('NOT_FOUND', `The organization has no locker with the id ${id}.`);
        await audit.add(tx, { actor: by, action: REMOVE, organization, target: id });
      }),
  };
}

export type Lockers = ReturnType<typeof createLockers>;
