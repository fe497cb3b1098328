import { z } from 'zod';
import { type Actor, type Audit, describeActor } from '../../service/engine/audit/index.ts';
import type { Clock } from '../../service/lib/clock.ts';
import type { OrganizationId } from '../../service/lib/id.ts';
import { Problem } from '../../service/lib/problem.ts';
import { actor, type OfOrganization, time } from '../../service/lib/record-fields.ts';
import { lineOfText } from '../../service/lib/text-fields.ts';
import type { Db, InTransaction } from '../../service/storage/transaction.ts';
import { deleteLocker, insertLocker, selectLockers } from './locker-store.ts';

const fields = {
  name: lineOfText(80).describe('Its name'),
  floor: z.int().min(-9).max(200).describe('Floor of the building'),
  doors: z.int().min(1).max(500).describe('Number of doors'),
  size: z.enum(['bag', 'case']).describe('What fits behind one door'),
};
const example = { name: 'North', floor: 0, doors: 24, size: 'bag' as const };

/** Where visitors leave their bags. */
export const Locker = z
  .object({ id: z.string().describe('Id'), ...fields, addedBy: actor, addedAt: time('Time of creation') })
  .meta({
    id: 'Locker',
    description: 'A locker for bags.',
    examples: [{ id: 'lck_1', ...example, addedBy: 'operator:ada', addedAt: '2026-11-27T12:00:00.000Z' }],
  });
export type Locker = OfOrganization<typeof Locker>;

export const NewLocker = z.strictObject(fields).meta({ id: 'NewLocker', examples: [example] });
export type NewLocker = z.output<typeof NewLocker>;

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
        await audit.add(tx, { actor: by, action: 'locker.add', organization, target: locker.id });
      });
      return locker;
    },
    remove: (organization: OrganizationId, id: string, by: Actor) =>
      inTransaction(async (tx) => {
        if (!(await deleteLocker(tx, organization, id)))
          throw new Problem('NOT_FOUND', `The organization has no locker with the id ${id}.`);
        await audit.add(tx, { actor: by, action: 'locker.remove', organization, target: id });
      }),
  };
}

export type Lockers = ReturnType<typeof createLockers>;
