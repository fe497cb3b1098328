import { defined } from '../../../../lib/defined.ts';
import type { SubjectId } from '../../../../lib/id.ts';
import { Problem } from '../../../../lib/problem.ts';
import { type Actor, describeActor, type Foundation } from '../../../audit/index.ts';
import type { Events } from '../../../events/index.ts';
import { selectFormer } from '../former-address-store.ts';
import { deleteDistinct, insertDistinct, selectDistinct } from '../kept-people-store.ts';
import type { Realm, Subject } from '../subject.ts';
import { hasOwner, type SubjectStore, selectDisabled, updateDisabled } from '../subject-store.ts';
import { createPeopleSearch, type PeopleSearchDeps } from './people-search.ts';
import { createReadPeople, type ReadPeopleDeps } from './read-people.ts';

type PeopleDeps = AvailabilityDeps &
  Pick<PeopleSearchDeps, 'log'> &
  Omit<ReadPeopleDeps, 'search' | 'store'> & { store: ReadPeopleDeps['store'] & PeopleSearchDeps['store'] };

/** What operators read and mark of people, beside their pictures. The caller keeps `search` up to date, and calls `load` at start. */
export function createPeople(deps: PeopleDeps) {
  const search = createPeopleSearch(deps);
  const { load, note, ...availability } = createAvailability(deps);
  return {
    search,
    load,
    note,
    operations: { ...createReadPeople({ ...deps, search }), ...availability, ...createDistinctPeople(deps) },
  };
}

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

interface AvailabilityDeps extends Pick<Foundation, 'inTransaction' | 'audit' | 'clock'> {
  db: Parameters<typeof selectDisabled>[0];
  events: Events;
  /** Whether memory follows the commits of other nodes, and this one's with them. */
  position: { shared: boolean };
  get(realm: Realm, idOrEmail: string): Promise<Subject>;
}

function createAvailability({ db, inTransaction, audit, events, clock, position, get }: AvailabilityDeps) {
  const disabledPeople = new Set<SubjectId>();
  function note(subject: SubjectId, disabled: boolean): void {
    if (disabled) disabledPeople.add(subject);
    else disabledPeople.delete(subject);
  }
  return {
    note,
    /** Reads who is disabled, in the place of what is known. */
    async load(): Promise<void> {
      const disabled = await selectDisabled(db);
      disabledPeople.clear();
      for (const subject of disabled) disabledPeople.add(subject);
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
      if (!position.shared) note(subject, disabled);
      return { ...person, ...defined({ disabledAt: at }) };
    },
  };
}

/** Another person who looks like this one, and is not. */
export interface DistinctPerson {
  subject: SubjectId;
  markedAt: number;
  markedBy: string;
}

/** Pairs of people who look alike, and were marked as distinct by a reviewer. */
export type DistinctPeople = ReturnType<typeof createDistinctPeople>;

interface DistinctPeopleDeps extends Pick<Foundation, 'db' | 'inTransaction' | 'audit' | 'clock'> {
  get(realm: Realm, idOrEmail: string): Promise<Subject>;
}

function createDistinctPeople({ db, inTransaction, audit, clock, get }: DistinctPeopleDeps) {
  return {
    /** The people marked as distinct from `subject`. */
    distinctFrom: (subject: SubjectId): Promise<DistinctPerson[]> => selectDistinct(db, subject),
    /**
     * From now on neither is reported as a duplicate of the other; `same` undoes that. Each by id or e-mail. A repeated call changes
     * nothing. Throws SUBJECT_NOT_FOUND, and INVALID_REQUEST for one person twice.
     */
    async markDistinct(
      realm: Realm,
      { person, other, same }: { person: string; other: string; same: boolean },
      actor: Actor,
      request?: string,
    ): Promise<Subject> {
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

interface AddressOfAnotherDeps extends Pick<Foundation, 'db'> {
  store: Pick<SubjectStore, 'addressHashes' | 'emailHash'>;
  get(realm: Realm, idOrEmail: string): Promise<Subject>;
}

/** `Subjects.addressOfAnother`. */
export const createAddressOfAnother =
  ({ db, store, get }: AddressOfAnotherDeps) =>
  async (realm: Realm, idOrEmail: string, email: string): Promise<string | undefined> => {
    if (realm.world !== 'live') return undefined;
    const { id } = await get(realm, idOrEmail);
    const hashes = store.addressHashes(realm, email);
    const isAnothers =
      (await hasOwner(db, realm, { subject: id, hashes })) ||
      (await selectFormer(db, realm, { hashes, self: id })) !== undefined;
    return isAnothers ? store.emailHash(realm.organization, email) : undefined;
  };
