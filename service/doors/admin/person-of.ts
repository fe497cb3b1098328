import type { Person } from '../../engine/consent/index.ts';
import type { Subjects } from '../../engine/people/index.ts';
import type { Realm } from './realm.ts';

/** The person that a path names by id or e-mail address. Throws SUBJECT_NOT_FOUND. */
export const createPersonOf =
  (subjects: Pick<Subjects, 'get'>) =>
  async (realm: Realm, idOrEmail: string): Promise<Person> => ({
    ...realm,
    subject: (await subjects.get(realm, idOrEmail)).id,
  });
