import type { Clock } from '../../../lib/clock.ts';
import { defined } from '../../../lib/defined.ts';
import type { SubjectId } from '../../../lib/id.ts';
import { Problem } from '../../../lib/problem.ts';
import type { InTransaction } from '../../../storage/transaction.ts';
import type { Actor, Audit } from '../../audit/index.ts';
import type { Events } from '../../events/index.ts';
import type { Realm } from '../realm.ts';
import type { Subject } from '../subject.ts';
import { selectDisabled, updateDisabled } from '../subject-change-store.ts';

/** Which people can verify: a disabled person stays enrolled, and the reply is the same as for an unknown person. */
export interface Availability {
  /** From memory. */
  isDisabled(subject: SubjectId): boolean;
  /** By id or e-mail; twice changes nothing. Throws SUBJECT_NOT_FOUND. */
  setDisabled(
    realm: Realm,
    idOrEmail: string,
    disabled: boolean,
    actor: Actor,
    request?: string,
  ): Promise<Subject>;
}

export interface AvailabilityDeps {
  db: Parameters<typeof selectDisabled>[0];
  inTransaction: InTransaction;
  audit: Audit;
  events: Events;
  clock: Clock;
  get(realm: Realm, idOrEmail: string): Promise<Subject>;
}

export function createAvailability({ db, inTransaction, audit, events, clock, get }: AvailabilityDeps) {
  const disabledPeople = new Set<SubjectId>();
  return {
    /** Reads who is disabled; at start. */
    async load(): Promise<void> {
      for (const subject of await selectDisabled(db)) disabledPeople.add(subject);
    },
    isDisabled: (subject: SubjectId) => disabledPeople.has(subject),
    async setDisabled(
      realm: Realm,
      idOrEmail: string,
      disabled: boolean,
      actor: Actor,
      request?: string,
    ): Promise<Subject> {
      const { disabledAt, ...person } = await get(realm, idOrEmail);
      if ((disabledAt !== undefined) === disabled) return { ...person, ...defined({ disabledAt }) };
      const subject = person.id;
      const at = disabled ? clock.now() : undefined;
      await inTransaction(async (tx) => {
        if (!(await updateDisabled(tx, subject, at ?? null)))
          throw new Problem('SUBJECT_NOT_FOUND', 'This person was erased at the same time.');
        await audit.add(tx, {
          actor,
          action: disabled ? 'subject.disable' : 'subject.enable',
          organization: realm.organization,
          target: subject,
          ...defined({ request }),
          details: { world: realm.world },
        });
        await events.add(tx, {
          type: disabled ? 'subject.disabled' : 'subject.enabled',
          ...realm,
          payload: { subject },
        });
      });
      if (disabled) disabledPeople.add(subject);
      else disabledPeople.delete(subject);
      return { ...person, ...defined({ disabledAt: at }) };
    },
  };
}
