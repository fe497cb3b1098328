import type { SubjectId } from '../../../lib/id.ts';
import type { Consents } from '../../consent/index.ts';
import type { Models } from '../../models/index.ts';
import { galleryVectors } from './best-pictures.ts';
import type { ChangedPerson, createChangedPeople } from './changed-people-store.ts';
import type { DamagedRow } from './loaded-templates-store.ts';
import type { PeopleSearch } from './people/people-search.ts';
import { PEOPLE_PAGE, type PeopleGalleries, picturesOf } from './people-galleries.ts';
import { type Realm, realmKey } from './subject.ts';
import type { SubjectStore } from './subject-store.ts';

export interface FollowPeopleDeps {
  readChanged: ReturnType<typeof createChangedPeople>;
  store: Pick<SubjectStore, 'listed'>;
  index: Pick<PeopleGalleries, 'putRotated' | 'eraseAnywhere' | 'transformOf'>;
  search: Pick<PeopleSearch, 'isKept' | 'put' | 'removeAnywhere'>;
  consents: Pick<Consents, 'settle' | 'forget'>;
  /** Whether the person is disabled. */
  note(subject: SubjectId, disabled: boolean): void;
  models: Pick<Models, 'current'>;
  damaged(row: DamagedRow): void;
  changed(realm: Realm): void;
}

/** `Subjects.refresh`: all that is kept in memory of people becomes what the database has of them now. */
export function createFollowPeople(deps: FollowPeopleDeps) {
  return async (people: readonly SubjectId[]): Promise<void> => {
    for (let i = 0; i < people.length; i += PEOPLE_PAGE)
      await refresh(deps, people.slice(i, i + PEOPLE_PAGE));
  };
}

async function refresh(
  { readChanged, store, index, search, consents, note, models, damaged, changed }: FollowPeopleDeps,
  people: readonly SubjectId[],
): Promise<void> {
  const { files, galleries } = models.current();
  const searched = Object.fromEntries(galleries.map((embedder) => [embedder, files[embedder]!]));
  const present = await readChanged(people, searched, index.transformOf, damaged);
  const known = new Set(present.map(({ id }) => id));
  for (const subject of people) {
    if (known.has(subject)) continue;
    index.eraseAnywhere(subject);
    search.removeAnywhere(subject);
    consents.forget(subject);
    note(subject, false);
  }
  for (const person of present) {
    const { id, disabled, status, templates, memberOf } = person;
    consents.settle(id, status);
    note(id, disabled);
    // Without a model there is no gallery.
    if (galleries.length > 0) index.putRotated(person, id, galleryVectors(picturesOf(templates)), memberOf);
  }
  for (const [realm, of] of byRealm(present)) {
    if (search.isKept(realm)) await readNames(of, realm);
    changed(realm);
  }

  async function readNames(of: readonly ChangedPerson[], realm: Realm): Promise<void> {
    const named = of.flatMap(({ id, memberOf }) => (memberOf === undefined ? [id] : []));
    for (const person of await store.listed(realm, named)) search.put(realm, person);
  }
}

function byRealm(people: readonly ChangedPerson[]): [Realm, ChangedPerson[]][] {
  return [...Map.groupBy(people, realmKey).values()].map((of) => {
    const { organization, world } = of[0]!;
    return [{ organization, world }, of];
  });
}
