import type { Clock } from '../../../lib/clock.ts';
import { defined } from '../../../lib/defined.ts';
import type { SubjectId } from '../../../lib/id.ts';
import { Problem } from '../../../lib/problem.ts';
import type { Db, InTransaction } from '../../../storage/transaction.ts';
import { type Actor, type Audit, describeActor } from '../../audit/index.ts';
import { deleteDistinct, insertDistinct, selectDistinct } from '../distinct-people-store.ts';
import type { Realm } from '../realm.ts';
import type { Subject } from '../subject.ts';

/** Another person who looks like this one, and is not. */
export interface DistinctPerson {
  subject: SubjectId;
  markedAt: number;
  markedBy: string;
}

/** Pairs of people who look alike, and were marked as distinct by a reviewer. */
export interface DistinctPeople {
  /** The people marked as distinct from `subject`. */
  distinctFrom(subject: SubjectId): Promise<DistinctPerson[]>;
  /**
   * From now on neither is reported as a duplicate of the other; `same` undoes that. Each by id or e-mail. A repeated call changes
   * nothing. Throws SUBJECT_NOT_FOUND, and INVALID_REQUEST for one person twice.
   */
  markDistinct(
    realm: Realm,
    people: { person: string; other: string; same: boolean },
    actor: Actor,
    request?: string,
  ): Promise<Subject>;
}

export interface DistinctPeopleDeps {
  db: Db;
  inTransaction: InTransaction;
  audit: Audit;
  clock: Clock;
  get(realm: Realm, idOrEmail: string): Promise<Subject>;
}

export function createDistinctPeople({
  db,
  inTransaction,
  audit,
  clock,
  get,
}: DistinctPeopleDeps): DistinctPeople {
  return {
    distinctFrom: (subject) => selectDistinct(db, subject),
    async markDistinct(realm, { person, other, same }, actor, request) {
      const [one, two] = [await get(realm, person), await get(realm, other)];
      if (one.id === two.id)
        throw new Problem('INVALID_REQUEST', 'Name two people: these are one.', {
          details: [{ path: 'other', message: 'It is the person of the path.' }],
        });
      await inTransaction(async (tx) => {
        const changed = same
          ? await deleteDistinct(tx, one.id, two.id)
          : await insertDistinct(tx, one.id, two.id, { at: clock.now(), by: describeActor(actor) });
        if (!changed) return;
        await audit.add(tx, {
          actor,
          action: same ? 'subject.maybe-the-same' : 'subject.not-the-same',
          organization: realm.organization,
          target: one.id,
          ...defined({ request }),
          details: { world: realm.world, other: two.id },
        });
      });
      return one;
    },
  };
}
