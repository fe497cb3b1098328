import { createSecretKey, type KeyObject } from 'node:crypto';
import { createRecent } from '../../lib/collections/recent.ts';
import type { SubjectId } from '../../lib/id.ts';
import { Problem } from '../../lib/problem.ts';
import type { KeyStore } from '../keys/key-store.ts';
import type { OrganizationKeys } from '../keys/organization-keys.ts';

/** The keys of people, unwrapped; those used last are remembered. */
export interface PersonKeys {
  /** Without the people who have no key. `passing`: of a pass over many people, which are not remembered in the place of others. */
  ofMany(subjects: Iterable<SubjectId>, passing?: 'passing'): Promise<Map<SubjectId, KeyObject>>;
  /** Throws SUBJECT_NOT_FOUND without a key. */
  of(subject: SubjectId): Promise<KeyObject>;
  /** Remembers the key of a new person. */
  remember(subject: SubjectId, key: KeyObject): void;
  /** Call it once the keys are destroyed. */
  forget(subjects: readonly SubjectId[]): void;
}

/** `most` are remembered. */
export function createPersonKeys(
  keys: Pick<KeyStore, 'persons'>,
  organizations: Pick<OrganizationKeys, 'unwrapPerson'>,
  most: number,
): PersonKeys {
  const remembered = createRecent<SubjectId, KeyObject>(most);
  /** A key that was read before a destruction is not remembered after it. */
  let destructions = 0;

  async function ofMany(
    subjects: Iterable<SubjectId>,
    passing?: 'passing',
    again = false,
  ): Promise<Map<SubjectId, KeyObject>> {
    const found = new Map<SubjectId, KeyObject>();
    const missing: SubjectId[] = [];
    for (const subject of new Set(subjects)) {
      const key = remembered.get(subject);
      if (key) found.set(subject, key);
      else missing.push(subject);
    }
    if (missing.length === 0) return found;
    const before = destructions;
    const rows = await keys.persons(missing);
    const moved: SubjectId[] = [];
    for (const row of rows) {
      const plain = organizations.unwrapPerson(row);
      if (plain === undefined) {
        moved.push(row.subject);
        continue;
      }
      const key = createSecretKey(plain);
      plain.fill(0);
      found.set(row.subject, key);
      if (destructions === before && !passing) remembered.set(row.subject, key);
    }
    if (moved.length > 0) {
      if (again)
        throw new Error(`The key of ${moved[0]} names a generation that its organization does not have.`);
      for (const [subject, key] of await ofMany(moved, passing, true)) found.set(subject, key);
    }
    return found;
  }

  async function of(subject: SubjectId): Promise<KeyObject> {
    const key = (await ofMany([subject])).get(subject);
    if (key) return key;
    throw new Problem(
      'SUBJECT_NOT_FOUND',
      `Nothing is held about ${subject} any more: the key was destroyed.`,
    );
  }

  return {
    ofMany: (subjects, passing) => ofMany(subjects, passing),
    of,
    remember: remembered.set,
    forget(subjects) {
      destructions++;
      for (const subject of subjects) remembered.delete(subject);
    },
  };
}
