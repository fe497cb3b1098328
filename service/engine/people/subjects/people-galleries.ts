import { setImmediate as turn } from 'node:timers/promises';
import type { Galleries } from '../../../inference/gallery/galleries.ts';
import type { OrganizationId, SubjectId, World } from '../../../lib/id.ts';
import type { Log } from '../../../lib/log.ts';
import { createOneAtATime } from '../../../lib/turns.ts';
import { meanDirection } from '../../../lib/vectors.ts';
import type { EmbedderChange } from '../../models/index.ts';
import { type GalleryVectors, galleryVectors } from './best-pictures.ts';
import type { createChangedPeople } from './changed-people-store.ts';
import type { DamagedRow, LoadedTemplate } from './loaded-templates-store.ts';
import { type Realm, realmKey } from './subject.ts';
import type { SubjectStore } from './subject-store.ts';

/**
 * The galleries, one for each embedder by which people are searched, one row a person in each: the mean direction of their pictures. In
 * memory; `loadGalleries` fills it at start. Who has a row is known from the rows alone: no other list of people is kept.
 */
export interface PeopleGalleries {
  /**
   * Replaces the person's rows, which `rows`, as the models gave them, are averaged to; those of other embedders are erased. With
   * `part` they are in another gallery of the realm, which a search has to name.
   */
  put(realm: Realm, subject: SubjectId, rows: readonly GalleryVectors[], part?: string): void;
  /** The same with vectors as they are stored, under the transform that the gallery has (`transformOf`). */
  putRotated(realm: Realm, subject: SubjectId, rows: readonly GalleryVectors[], part?: string): void;
  /** What the gallery's rows are rotated by: the one that was the newest when it was first asked for, as long as this process runs. */
  transformOf(organization: OrganizationId): TemplateTransform;
  /** Zeroes the person's rows, whichever embedder's they are. An unknown person is ignored. */
  erase(realm: Realm, subject: SubjectId): void;
  /** The same of a person whose realm is not known any more. */
  eraseAnywhere(subject: SubjectId): void;
  /**
   * Empties every gallery and fills it with what `load` puts in. A person who is put in or erased meanwhile by anything else stays as
   * that left them.
   */
  fill(load: (put: PeopleGalleries['putRotated']) => Promise<void>): Promise<void>;
  /** Makes room for so many rows. */
  reserve(realm: Realm, embedder: string, room: { rows: number; dimensions: number }): void;
  /** People with a row of any embedder; in `part` alone where it is named, without those of any part otherwise. */
  people(realm: Realm, part?: string): number;
  /** Their ids, without members of parts, in turns: who comes meanwhile may be missing. */
  listPeople(realm: Realm): Promise<SubjectId[]>;
  /** People with a row of the embedder, without those of parts. */
  peopleWith(realm: Realm, embedder: string): number;
  /** Of them, so many at random, all of them equally likely. `random` gives 0..1. */
  drawPeopleWith(realm: Realm, embedder: string, most: number, random: () => number): SubjectId[];
  /** Of all people of the realm, those in parts too, how many have no confirmed picture of the embedder. */
  peopleWithout(realm: Realm, embedder: string): number;
  /**
   * Of the realm's people with a row of a superseded embedder, how many have a confirmed picture of what supersedes it, and have none.
   * In turns, as `listPeople`.
   */
  upgrades(realm: Realm, change: EmbedderChange): Promise<{ upgraded: number; waiting: number }>;
  /** People with a row, over all organizations and worlds. */
  countAll(): number;
  /** The person's rows as they are, one vector each; `part` as in `put`. */
  rowsOf(realm: Realm, subject: SubjectId, part?: string): GalleryVectors[];
  /** Notes from now on whose rows are put or erased, until `end`. */
  watch(): { changed: Set<SubjectId>; end(): void };
  /**
   * The `count` people nearest to the embedder's probe that `accept` (default: all) accepts, nearest first; all such people when there
   * are fewer. Others are skipped, however near: further rows are fetched in their place.
   */
  search(
    realm: Realm,
    embedder: string,
    probe: Float32Array,
    count: number,
    accept?: (subject: SubjectId) => boolean,
    part?: string,
  ): Promise<SubjectId[]>;
}

/** A rotation of the space of one organization's templates. */
export interface TemplateTransform {
  generation: number;
  rotate(vector: Float32Array): Float32Array;
}

/** The people of one realm, or of one part of it. */
interface People {
  /** Where they are: begins the names of their galleries. */
  place: string;
  /** Of the galleries, by embedder. */
  names: Map<string, string>;
  /** With a row in any of them. */
  count: number;
}

/**
 * `embedders`: those by which people are searched; part of a gallery's name, so that models never meet. `newest`: the organization's
 * transform at this time.
 */
export function createPeopleGalleries(
  galleries: Galleries,
  embedders: () => readonly string[],
  newest: (organization: OrganizationId) => TemplateTransform,
): PeopleGalleries {
  const realms = new Map<string, People>();
  const transformOf = createKnownTransforms(newest);
  /** People whose rows have changed since each began. */
  const watches = new Set<Set<SubjectId>>();
  function note(subject: SubjectId): void {
    for (const changed of watches) changed.add(subject);
  }
  function watch() {
    const changed = new Set<SubjectId>();
    watches.add(changed);
    return { changed, end: () => void watches.delete(changed) };
  }

  const { placeOf, peopleOf, nameOf, idsOf, hasRow, eraseFrom, putRotated } = createPeopleRows(
    galleries,
    embedders,
    realms,
  );

  async function empty(people: People, known: ReadonlySet<SubjectId>): Promise<void> {
    for (const name of people.names.values())
      for await (const page of everyId(galleries.ids(name)))
        for (const subject of page) if (!known.has(subject)) eraseFrom(people, subject);
  }

  return {
    put(realm, subject, rows, part) {
      const { rotate } = transformOf(realm.organization);
      note(subject);
      const rotated = rows.map((one) => ({ ...one, vectors: one.vectors.map(rotate) }));
      putRotated(realm, subject, rotated, part);
    },
    putRotated(realm, subject, rows, part) {
      note(subject);
      putRotated(realm, subject, rows, part);
    },
    transformOf,
    async fill(load) {
      const { changed: known, end } = watch();
      try {
        for (const people of realms.values()) await empty(people, known);
        await load((realm, subject, rows, part) => {
          if (!known.has(subject)) putRotated(realm, subject, rows, part);
        });
      } finally {
        end();
      }
    },
    reserve(realm, embedder, { rows, dimensions }) {
      galleries.reserve(nameOf(peopleOf(realm), embedder), dimensions, rows);
    },
    erase(realm, subject) {
      note(subject);
      const prefix = `${realmKey(realm)}/`;
      for (const [place, people] of realms) if (place.startsWith(prefix)) eraseFrom(people, subject);
    },
    eraseAnywhere(subject) {
      note(subject);
      for (const people of realms.values()) eraseFrom(people, subject);
    },
    people: (realm, part) => peopleOf(realm, part).count,
    async listPeople(realm) {
      const people = peopleOf(realm);
      const listed: SubjectId[] = [];
      for (const [at, name] of [...people.names.values()].entries())
        for await (const page of everyId(galleries.ids(name)))
          for (const subject of page) if (!hasRow(people, subject, at)) listed.push(subject);
      return listed;
    },
    peopleWith: (realm, embedder) => idsOf(realm, embedder).size(),
    drawPeopleWith(realm, embedder, most, random) {
      const ids = idsOf(realm, embedder);
      return drawn(ids.size(), most, random).map((row) => ids.idAt(row) as SubjectId);
    },
    peopleWithout(realm, embedder) {
      const prefix = placeOf(realm);
      let without = 0;
      for (const [place, { count, names }] of realms)
        if (place.startsWith(prefix)) without += count - galleries.ids(names.get(embedder) ?? '').marked();
      return without;
    },
    async upgrades(realm, { from, to }) {
      const counts = { upgraded: 0, waiting: 0 };
      const isUpgraded = (one: SubjectId) =>
        to.some((embedder) => {
          const ids = idsOf(realm, embedder);
          const row = ids.rowOf(one);
          return row !== -1 && ids.isMarked(row);
        });
      for (const [at, embedder] of from.entries())
        for await (const page of everyId(idsOf(realm, embedder)))
          for (const one of page) {
            if (from.slice(0, at).some((other) => idsOf(realm, other).rowOf(one) !== -1)) continue;
            counts[isUpgraded(one) ? 'upgraded' : 'waiting'] += 1;
          }
      return counts;
    },
    rowsOf: (realm, subject, part) =>
      [...peopleOf(realm, part).names].flatMap(([embedder, name]) => {
        const row = galleries.rowOf(name, subject);
        return row ? [{ embedder, anchored: row.marked, vectors: [row.vector] }] : [];
      }),
    watch,
    countAll: () => [...realms.values()].reduce((sum, { count }) => sum + count, 0),
    search: (realm, embedder, probe, count, accept = () => true, part = undefined) =>
      searchRows(
        galleries,
        peopleOf(realm, part).names.get(embedder) ?? '',
        transformOf(realm.organization).rotate(probe),
        count,
        accept,
      ),
  };
}

/** The rows of the people in `realms`, by realm or part of one. */
function createPeopleRows(
  galleries: Galleries,
  embedders: () => readonly string[],
  realms: Map<string, People>,
) {
  const placeOf = (realm: Realm, part?: string) =>
    `${realmKey(realm)}/${part === undefined ? '' : `${part}/`}`;

  function peopleOf(realm: Realm, part?: string): People {
    const place = placeOf(realm, part);
    const known = realms.get(place);
    if (known !== undefined) return known;
    const people: People = { place, names: new Map(), count: 0 };
    realms.set(place, people);
    return people;
  }

  function nameOf({ names, place }: People, embedder: string): string {
    const known = names.get(embedder);
    if (known !== undefined) return known;
    const name = `${place}${embedder}`;
    names.set(embedder, name);
    return name;
  }

  const idsOf = (realm: Realm, embedder: string) => galleries.ids(peopleOf(realm).names.get(embedder) ?? '');

  /** In any of the galleries, or in one of the first so many. */
  function hasRow({ names }: People, subject: SubjectId, first = names.size): boolean {
    let at = 0;
    for (const name of names.values())
      if (at++ < first && galleries.ids(name).rowOf(subject) !== -1) return true;
    return false;
  }

  function eraseFrom(people: People, subject: SubjectId): void {
    let had = false;
    for (const name of people.names.values()) had = galleries.erase(name, subject) || had;
    people.count -= Number(had);
  }

  function putRotated(
    realm: Realm,
    subject: SubjectId,
    given: readonly GalleryVectors[],
    part?: string,
  ): void {
    const searched = embedders();
    const kept = given.filter(({ embedder, vectors }) => vectors.length > 0 && searched.includes(embedder));
    const people = peopleOf(realm, part);
    let had = false;
    for (const [embedder, name] of people.names)
      if (!kept.some((one) => one.embedder === embedder)) had = galleries.erase(name, subject) || had;
    for (const { embedder, vectors, anchored } of kept) {
      const vector = vectors.length === 1 ? vectors[0]! : meanDirection(vectors);
      had = galleries.put(nameOf(people, embedder), subject, vector, anchored) || had;
    }
    people.count += Number(kept.length > 0) - Number(had);
  }

  return { placeOf, peopleOf, nameOf, idsOf, hasRow, eraseFrom, putRotated };
}

/** Each organization's transform as it was when it was first asked for. */
function createKnownTransforms(newest: (organization: OrganizationId) => TemplateTransform) {
  const transforms = new Map<OrganizationId, TemplateTransform>();
  return (organization: OrganizationId): TemplateTransform => {
    let transform = transforms.get(organization);
    if (transform === undefined) {
      transform = newest(organization);
      transforms.set(organization, transform);
    }
    return transform;
  };
}

/** As `PeopleGalleries.search`, of one gallery; `probe` is rotated as its rows are. */
async function searchRows(
  galleries: Galleries,
  name: string,
  probe: Float32Array,
  count: number,
  accept: (subject: SubjectId) => boolean,
): Promise<SubjectId[]> {
  for (let fetched = count; galleries.size(name) > 0; ) {
    const found = await galleries.search(name, probe, fetched);
    const ids = galleries.ids(name);
    const nearest = found
      .map(({ template }) => template as SubjectId)
      .filter((subject) => ids.rowOf(subject) !== -1 && accept(subject))
      .slice(0, count);
    if (nearest.length === count || found.length < fetched) return nearest;
    const accepted = await share(ids, accept);
    if (accepted === 0) return [];
    fetched = Math.max(fetched * 2, Math.ceil((2 * count) / accepted));
  }
  return [];
}

/** Share of these people, 0..1. */
async function share(ids: Ids, accept: (subject: SubjectId) => boolean): Promise<number> {
  let [all, accepted] = [0, 0];
  for await (const page of everyId(ids)) {
    all += page.length;
    for (const subject of page) if (accept(subject)) accepted += 1;
  }
  return accepted / Math.max(1, all);
}

type Ids = ReturnType<Galleries['ids']>;

/** Ids that are read before other requests get a turn: a millisecond or two. */
const PAGE = 10_000;

/** From the last row to the first: one that is erased meanwhile is replaced by the last, which was read already. */
async function* everyId(ids: Ids): AsyncGenerator<SubjectId[]> {
  for (let end = ids.size(); end > 0; ) {
    const start = Math.max(0, end - PAGE);
    yield Array.from({ length: end - start }, (_, i) => ids.idAt(end - 1 - i) as SubjectId);
    if (start > 0) await turn();
    end = Math.min(start, ids.size());
  }
}

/** At most `most` of the first `count` numbers in a random order, all equally likely. */
function drawn(count: number, most: number, random: () => number): number[] {
  /** Numbers that are not in their place, where a list of all would have them. */
  const moved = new Map<number, number>();
  return Array.from({ length: Math.min(most, count) }, (_, i) => {
    const other = i + Math.floor(random() * (count - i));
    const number = moved.get(other) ?? other;
    moved.set(other, moved.get(i) ?? i);
    return number;
  });
}

/** As `galleryVectors` takes them. */
export const picturesOf = (templates: readonly LoadedTemplate[]) =>
  templates.map(({ row: { id, embedder, quality, created_at, anchor }, vector }) => ({
    id,
    embedder,
    quality,
    createdAt: created_at,
    anchor: anchor === 1,
    vector,
  }));

export type GalleryLoading = ReturnType<typeof createGalleryLoading>;

export interface GalleryLoadingDeps {
  store: Pick<SubjectStore, 'everyTemplate' | 'countEnrolled' | 'members'>;
  index: PeopleGalleries;
  /** SHA-256 of the model files by embedder of the galleries. */
  searchedFiles(): Readonly<Record<string, string>>;
  damaged(row: DamagedRow): void;
  readChanged: ReturnType<typeof createChangedPeople>;
  /** Puts the rows that were kept, and gives the people to read from the database; undefined: everyone. */
  restore(put: PeopleGalleries['putRotated']): Promise<SubjectId[] | undefined>;
  log: Log;
}

/** People that are read by their ids at a time. */
export const PEOPLE_PAGE = 500;

export function createGalleryLoading({
  store,
  index,
  searchedFiles,
  damaged,
  readChanged,
  restore,
  log,
}: GalleryLoadingDeps) {
  let unreachable = 0;
  const oneAtATime = createOneAtATime();

  /** Everything that was read of one person. */
  function putPerson(
    templates: readonly LoadedTemplate[],
    put: PeopleGalleries['putRotated'],
    parts: ReadonlyMap<string, string>,
  ): [] {
    const [first] = templates;
    if (first === undefined) return [];
    const { organization, world, subject } = first.row;
    const realm = { organization: organization as OrganizationId, world: world as World };
    put(realm, subject as SubjectId, galleryVectors(picturesOf(templates)), parts.get(subject));
    return [];
  }

  async function load(
    put: PeopleGalleries['putRotated'],
    progress?: (loaded: number) => void,
  ): Promise<void> {
    const anew = await restore(put);
    if (anew === undefined) return loadAll(put, progress);
    const searched = searchedFiles();
    for (let i = 0; i < anew.length; i += PEOPLE_PAGE) {
      const page = anew.slice(i, i + PEOPLE_PAGE);
      for (const person of await readChanged(page, searched, index.transformOf, damaged))
        put(person, person.id, galleryVectors(picturesOf(person.templates)), person.memberOf);
    }
  }

  async function loadAll(
    put: PeopleGalleries['putRotated'],
    progress?: (loaded: number) => void,
  ): Promise<void> {
    const parts = new Map(
      (await store.members()).map(({ subject, memberOf }) => [subject as string, memberOf]),
    );
    let loaded = 0;
    const searched = searchedFiles();
    let person: LoadedTemplate[] = [];
    for await (const page of store.everyTemplate(searched, index.transformOf, damaged)) {
      for (const one of page) {
        if (person.length > 0 && person[0]!.row.subject !== one.row.subject)
          person = putPerson(person, put, parts);
        person.push(one);
      }
      loaded += page.length;
      progress?.(loaded);
    }
    putPerson(person, put, parts);
  }

  return {
    /** Reads every template of the galleries' embedders into them, at start and when those change. Calls `progress` with the count after each page. */
    loadGalleries: (progress?: (loaded: number) => void): Promise<void> =>
      oneAtATime(async () => {
        await index.fill((put) => load(put, progress));
        unreachable = (await store.countEnrolled()) - index.countAll();
        if (unreachable > 0) {
          log.warn(
            { people: unreachable },
            'people are enrolled who cannot be recognized: another model file made their templates, or their keys are gone',
          );
        }
      }),
    /** People whose templates could not be loaded: another model file made them, or their key is gone. Known after `loadGalleries`. */
    unreachable: (): number => unreachable,
  };
}
