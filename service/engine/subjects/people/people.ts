import { type AvailabilityDeps, createAvailability } from './availability.ts';
import { createDistinctPeople } from './distinct-people.ts';
import { createPeopleSearch, type PeopleSearchDeps } from './people-search.ts';
import { createReadPeople, type ReadPeopleDeps } from './read-people.ts';

type PeopleDeps = AvailabilityDeps &
  Pick<PeopleSearchDeps, 'log'> &
  Omit<ReadPeopleDeps, 'search' | 'store'> & { store: ReadPeopleDeps['store'] & PeopleSearchDeps['store'] };

/** What operators read and mark of people, beside their pictures. The caller keeps `search` up to date, and calls `load` at start. */
export function createPeople(deps: PeopleDeps) {
  const search = createPeopleSearch(deps);
  const { load, ...availability } = createAvailability(deps);
  return {
    search,
    load,
    operations: { ...createReadPeople({ ...deps, search }), ...availability, ...createDistinctPeople(deps) },
  };
}
