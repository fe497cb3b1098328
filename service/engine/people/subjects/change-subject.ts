import type { SubjectId } from '../../../lib/id.ts';
import { Problem } from '../../../lib/problem.ts';
import type { Turns } from '../../../lib/turns.ts';
import type { InTransaction, Tx } from '../../../storage/transaction.ts';
import type { Actor, Foundation, PersonalData } from '../../audit/index.ts';
import type { Consents } from '../../consent/index.ts';
import { noteFormer } from './former-address-store.ts';
import type { PeopleSearch } from './people/people-search.ts';
import { requireBirthDate } from './people/read-people.ts';
import type { PeopleGalleries } from './people-galleries.ts';
import { type Realm, realmKey, requireReadableAddress, type Subject } from './subject.ts';
import { hasOwner, type SubjectStore, updatePerson } from './subject-store.ts';

/** What is absent stays; `null` removes it. */
export interface SubjectChange {
  email?: string;
  name?: string | null;
  /** `YYYY-MM-DD`, approved by the actor. */
  birthDate?: string | null;
}

export interface ChangeSubjectDeps extends Pick<Foundation, 'inTransaction' | 'audit' | 'clock'> {
  store: Pick<
    SubjectStore,
    'addressHashes' | 'emailHash' | 'find' | 'sealedOf' | 'sealPerson' | 'birthDateOf' | 'sealBirthDate'
  >;
  /** The work on one e-mail address, one after the other. */
  turns: Turns;
  personalData: readonly PersonalData[];
}

/**
 * Changes the address, the name or the date of birth of a person. What they were before stands in the audit line, sealed. It is no use of the person:
 * terms of retention run on. Throws SUBJECT_NOT_FOUND, and CONFLICT for an address that another person has.
 */
export function createChange({ store, inTransaction, turns, audit, clock, personalData }: ChangeSubjectDeps) {
  const hashOf = (
    { organization }: Realm,
    { email, addressHash }: Pick<SubjectChange, 'email'> & Pick<Subject, 'addressHash'>,
  ) => (email === undefined ? addressHash : store.emailHash(organization, email));

  async function changeInTurn(
    realm: Realm,
    { subject, emailHash }: { subject: SubjectId; emailHash: string },
    change: SubjectChange,
    actor: Actor,
  ): Promise<Subject> {
    // First: what another node changes from here on is found changed in the transaction.
    const sealedBefore = await store.sealedOf(subject);
    const known = await store.find(realm, { id: subject });
    if (sealedBefore === undefined) throw changedMeanwhile();
    if (known === undefined || hashOf(realm, known) !== emailHash) throw changedMeanwhile();
    const birthDate = await store.birthDateOf(realm, subject);
    const before = { email: known.email, name: known.name, birthDate: birthDate ?? undefined };
    const unreadable = [...(known.unreadable ?? []), ...(birthDate === null ? ['birthDate'] : [])];
    if (change.email === undefined) requireReadableAddress(known);
    const email = change.email ?? before.email;
    if (email === undefined) throw changedMeanwhile();
    const after = {
      email,
      name: stays(change.name, before.name),
      birthDate: stays(change.birthDate, before.birthDate),
    };
    const changed = (['email', 'name', 'birthDate'] as const).filter(
      (field) =>
        after[field] !== before[field] || (change[field] !== undefined && unreadable.includes(field)),
    );
    if (changed.length === 0) return known;
    const sealed = {
      ...(await store.sealPerson(realm, subject, after.email, after.name)),
      ...(unreadable.includes('name') &&
        !changed.includes('name') && { name_sealed: sealedBefore.name_sealed }),
      ...(changed.includes('birthDate') && {
        birth_date_sealed:
          after.birthDate === undefined ? null : await store.sealBirthDate(realm, subject, after.birthDate),
      }),
    };
    const hashAfter = store.emailHash(realm.organization, after.email);
    await inTransaction(async (tx) => {
      if (hashAfter !== emailHash) {
        if (await hasOwner(tx, realm, { subject, hashes: store.addressHashes(realm, after.email) }))
          throw new Problem('CONFLICT', 'Another person of this organization has this address already.');
        const hashes = before.email === undefined ? [emailHash] : store.addressHashes(realm, before.email);
        for (const hash of hashes)
          for (const { address } of personalData) await address?.move(tx, realm, hash, hashAfter);
        await noteFormer(tx, realm, { emailHash, subject, at: clock.now() });
      }
      const values = { ...sealed, email_hash: hashAfter };
      if (!(await updatePerson(tx, subject, { email_hash: emailHash, ...sealedBefore }, values)))
        throw changedMeanwhile();
      await audit.add(tx, {
        actor,
        action: 'subject.change',
        organization: realm.organization,
        target: subject,
        details: { world: realm.world, changed },
        personal: { subject, values: Object.fromEntries(changed.map((field) => [field, before[field]])) },
      });
    });
    return (await store.find(realm, { id: subject })) ?? known;
  }

  return async (realm: Realm, person: Subject, change: SubjectChange, actor: Actor): Promise<Subject> => {
    if (typeof change.birthDate === 'string') requireBirthDate(change.birthDate, clock.now());
    const emailHash = hashOf(realm, person);
    if (emailHash === undefined) throw changedMeanwhile();
    const changeBoth = () => changeInTurn(realm, { subject: person.id, emailHash }, change, actor);
    // Both addresses, always in the same order: two changes that swap addresses cannot wait for each other.
    const hashes = [...new Set([emailHash, hashOf(realm, change) ?? emailHash])].toSorted();
    return hashes.reduceRight((work, hash) => () => turns(`${realmKey(realm)}/${hash}`, work), changeBoth)();
  };
}

const stays = (value: string | null | undefined, before: string | undefined): string | undefined =>
  value === null ? undefined : (value ?? before);

const changedMeanwhile = () =>
  new Problem('CONFLICT', 'This person is being changed or erased by another request: look again.');

export interface SubjectTurnsDeps {
  store: Pick<SubjectStore, 'emailHashOf' | 'find'>;
  index: Pick<PeopleGalleries, 'erase'>;
  search: Pick<PeopleSearch, 'remove'>;
  turns: Turns;
  consents: Pick<Consents, 'forget'>;
  inTransaction: InTransaction;
}

/** Changes of one person, one after another. */
export function createSubjectTurns({
  store,
  index,
  search,
  turns,
  consents,
  inTransaction,
}: SubjectTurnsDeps) {
  /** Runs `work` while nothing else is done under the address that the person has then. */
  async function inTurnOf<T>(realm: Realm, subject: SubjectId, work: () => Promise<T>): Promise<T> {
    const emailHash = await store.emailHashOf(subject);
    const done = await turns(`${realmKey(realm)}/${emailHash ?? subject}`, async () =>
      (await store.emailHashOf(subject)) === emailHash ? { result: await work() } : undefined,
    );
    return done ? done.result : inTurnOf(realm, subject, work);
  }

  return {
    inTurnOf,
    /** `Subjects.forget`. */
    forget: <T>(realm: Realm, subject: SubjectId, work: (tx: Tx) => Promise<T>): Promise<T> =>
      inTurnOf(realm, subject, async () => {
        try {
          return await inTransaction(work);
        } finally {
          // Also after an error: whether the transaction was committed is not known then.
          if (!(await store.find(realm, { id: subject }).catch(() => undefined))) {
            index.erase(realm, subject);
            search.remove(realm, subject);
            consents.forget(subject);
          }
        }
      }),
  };
}
