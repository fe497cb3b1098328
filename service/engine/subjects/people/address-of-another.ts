import type { Clock } from '../../../lib/clock.ts';
import type { Db } from '../../../storage/transaction.ts';
import { selectFormer } from '../former-address-store.ts';
import type { Realm } from '../realm.ts';
import type { Subject } from '../subject.ts';
import type { SubjectStore } from '../subject-store.ts';

export interface AddressOfAnotherDeps {
  db: Db;
  store: Pick<SubjectStore, 'addressHashes' | 'emailHash' | 'find'>;
  get(realm: Realm, idOrEmail: string): Promise<Subject>;
  clock: Clock;
}

/** `Subjects.addressOfAnother`. */
export const createAddressOfAnother =
  ({ db, store, get, clock }: AddressOfAnotherDeps) =>
  async (realm: Realm, idOrEmail: string, email: string): Promise<string | undefined> => {
    if (realm.world !== 'live') return undefined;
    const { id } = await get(realm, idOrEmail);
    const owner = await store.find(realm, { email });
    const hashes = store.addressHashes(realm, email);
    const isAnothers =
      (owner !== undefined && owner.id !== id) ||
      (await selectFormer(db, realm, { hashes, self: id, at: clock.now() })) !== undefined;
    return isAnothers ? store.emailHash(realm.organization, email) : undefined;
  };
