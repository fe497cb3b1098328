import type { Galleries } from '../../../inference/gallery/galleries.ts';
import type { OrganizationId, SubjectId, World } from '../../../lib/id.ts';
import type { Log } from '../../../lib/log.ts';
import { meanDirection } from '../../../lib/mean-direction.ts';
import { createOneAtATime } from '../../../lib/one-at-a-time.ts';
import { type EmbedderChange, fileOf, type Models } from '../../models/index.ts';
import { type GalleryVectors, galleryVectors } from './best-pictures.ts';
import type { DamagedRow, LoadedTemplate } from './loaded-templates-store.ts';
import { type Realm, realmKey } from './subject.ts';
import type { SubjectStore } from './subject-store.ts';

/**
 * The galleries, one for each embedder by which people are searched, one row a person in each: the mean direction of their pictures. In
 * memory; `loadGalleries` fills it at start.
 */
export interface PeopleGalleries {
  /** Replaces the person's rows, which `rows`, as the models gave them, are averaged to; those of other embedders are erased. */
  put(realm: Realm, subject: SubjectId, rows: readonly GalleryVectors[]): void;
  /** The same with vectors as they are stored, under the transform that the gallery has (`transformOf`). */
  putRotated(realm: Realm, subject: SubjectId, rows: readonly GalleryVectors[]): void;
  /** What the gallery's rows are rotated by: the one that was the newest when it was first asked for, as long as this process runs. */
  transformOf(organization: OrganizationId): TemplateTransform;
  /** From now on the rows of this person are in another gallery of the realm, which a search has to name. */
  assign(subject: SubjectId, part: string): unknown;
  /** Zeroes the person's rows, whichever embedder's they are. An unknown person is ignored. */
  erase(realm: Realm, subject: SubjectId): void;
  /**
   * Empties every gallery and fills it with what `load` puts in. A person who is put in or erased meanwhile by anything else stays as
   * that left them.
   */
  fill(load: (put: PeopleGalleries['putRotated']) => Promise<void>): Promise<void>;
  /** People with a row of any embedder; in `part` alone where it is named, without those of any part otherwise. So do the other reads. */
  people(realm: Realm, part?: string): number;
  /** Their ids. */
  listPeople(realm: Realm, part?: string): SubjectId[];
  /** People with a row of the embedder, without those of parts. */
  peopleWith(realm: Realm, embedder: string): number;
  /** Their ids. */
  listPeopleWith(realm: Realm, embedder: string): SubjectId[];
  /** Of all people of the realm, those in parts too, how many have no confirmed picture of the embedder. */
  peopleWithout(realm: Realm, embedder: string): number;
  /** Of the realm's people with a row of a superseded embedder, how many have a confirmed picture of what supersedes it, and have none. */
  upgrades(realm: Realm, change: EmbedderChange): { upgraded: number; waiting: number };
  /** People with a row, over all organizations and worlds. */
  countAll(): number;
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

interface Rows {
  name: string;
  people: Set<SubjectId>;
  /** Of these people, those with a confirmed picture. */
  anchored: Set<SubjectId>;
}

/** The people of one realm, or of one part of it. */
interface People {
  /** By embedder. */
  rows: Map<string, Rows>;
  all: Set<SubjectId>;
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
  const parts = new Map<SubjectId, string>();
  // While the galleries are filled: people whose rows have changed since the read began.
  let changed: Set<SubjectId> | undefined;

  const kept = createPeopleRows(galleries, embedders, realms, parts);
  const { placeOf, peopleOf, rowsOf, eraseFrom, putRotated } = kept;

  return {
    put(realm, subject, rows) {
      const { rotate } = transformOf(realm.organization);
      changed?.add(subject);
      const rotated = rows.map((one) => ({ ...one, vectors: one.vectors.map(rotate) }));
      putRotated(realm, subject, rotated);
    },
    putRotated(realm, subject, rows) {
      changed?.add(subject);
      putRotated(realm, subject, rows);
    },
    transformOf,
    assign: parts.set.bind(parts),
    async fill(load) {
      const known = new Set<SubjectId>();
      changed = known;
      for (const people of realms.values()) for (const subject of people.all) eraseFrom(people, subject);
      try {
        await load((realm, subject, rows) => {
          if (!known.has(subject)) putRotated(realm, subject, rows);
        });
      } finally {
        changed = undefined;
      }
    },
    erase(realm, subject) {
      changed?.add(subject);
      const prefix = `${realmKey(realm)}/`;
      for (const [place, people] of realms) if (place.startsWith(prefix)) eraseFrom(people, subject);
    },
    people: (realm, part) => peopleOf(realm, part).all.size,
    listPeople: (realm, part) => [...peopleOf(realm, part).all],
    peopleWith: (realm, embedder) => peopleOf(realm).rows.get(embedder)?.people.size ?? 0,
    listPeopleWith: (realm, embedder) => [...(peopleOf(realm).rows.get(embedder)?.people ?? [])],
    peopleWithout(realm, embedder) {
      const prefix = placeOf(realm);
      let without = 0;
      for (const [place, { all, rows }] of realms)
        if (place.startsWith(prefix)) without += all.size - (rows.get(embedder)?.anchored.size ?? 0);
      return without;
    },
    upgrades(realm, { from, to }) {
      const { rows } = peopleOf(realm);
      const anchored = to.flatMap((embedder) => rows.get(embedder)?.anchored ?? []);
      const counts = { upgraded: 0, waiting: 0 };
      for (const [at, embedder] of from.entries())
        for (const one of rows.get(embedder)?.people ?? []) {
          if (from.slice(0, at).some((other) => rows.get(other)?.people.has(one))) continue;
          counts[anchored.some((people) => people.has(one)) ? 'upgraded' : 'waiting'] += 1;
        }
      return counts;
    },
    countAll: () => [...realms.values()].reduce((sum, { all }) => sum + all.size, 0),
    search: (realm, embedder, probe, count, accept = () => true, part = undefined) =>
      searchRows(
        galleries,
        rowsOf(realm, embedder, part),
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
  parts: ReadonlyMap<SubjectId, string>,
) {
  const placeOf = (realm: Realm, part?: string) =>
    `${realmKey(realm)}/${part === undefined ? '' : `${part}/`}`;

  function peopleOf(realm: Realm, part?: string): People {
    const place = placeOf(realm, part);
    const known = realms.get(place) ?? { rows: new Map(), all: new Set() };
    realms.set(place, known);
    return known;
  }

  function rowsOf(realm: Realm, embedder: string, part?: string): Rows {
    const { rows } = peopleOf(realm, part);
    const known = rows.get(embedder) ?? {
      name: `${placeOf(realm, part)}${embedder}`,
      people: new Set(),
      anchored: new Set(),
    };
    rows.set(embedder, known);
    return known;
  }

  function eraseRow({ name, people, anchored }: Rows, subject: SubjectId): void {
    if (people.delete(subject)) galleries.erase(name, subject);
    anchored.delete(subject);
  }

  function eraseFrom({ rows, all }: People, subject: SubjectId): void {
    for (const one of rows.values()) eraseRow(one, subject);
    all.delete(subject);
  }

  function putRotated(realm: Realm, subject: SubjectId, given: readonly GalleryVectors[]): void {
    const part = parts.get(subject);
    const searched = embedders();
    const kept = given.filter(({ embedder, vectors }) => vectors.length > 0 && searched.includes(embedder));
    const people = peopleOf(realm, part);
    for (const [embedder, rows] of people.rows)
      if (!kept.some((one) => one.embedder === embedder)) eraseRow(rows, subject);
    if (kept.length === 0) {
      people.all.delete(subject);
      return;
    }
    for (const { embedder, vectors, anchored } of kept) {
      const rows = rowsOf(realm, embedder, part);
      galleries.put(rows.name, subject, vectors.length === 1 ? vectors[0]! : meanDirection(vectors));
      rows.people.add(subject);
      rows.anchored[anchored ? 'add' : 'delete'](subject);
    }
    people.all.add(subject);
  }

  return { placeOf, peopleOf, rowsOf, eraseFrom, putRotated };
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
  { name, people }: Rows,
  probe: Float32Array,
  count: number,
  accept: (subject: SubjectId) => boolean,
): Promise<SubjectId[]> {
  for (let fetched = count; people.size > 0; ) {
    const found = await galleries.search(name, probe, fetched);
    const nearest = found
      .map(({ template }) => template as SubjectId)
      .filter((subject) => people.has(subject) && accept(subject))
      .slice(0, count);
    if (nearest.length === count || found.length < fetched) return nearest;
    const accepted = share(people, accept);
    if (accepted === 0) return [];
    fetched = Math.max(fetched * 2, Math.ceil((2 * count) / accepted));
  }
  return [];
}

/** Share of these people, 0..1. */
function share(people: Iterable<SubjectId>, accept: (subject: SubjectId) => boolean): number {
  let [all, accepted] = [0, 0];
  for (const subject of people) {
    all += 1;
    if (accept(subject)) accepted += 1;
  }
  return accepted / Math.max(1, all);
}

export interface GalleryLoading {
  /** Reads every template of the galleries' embedders into them, at start and when those change. Calls `progress` with the count after each page. */
  loadGalleries(progress?: (loaded: number) => void): Promise<void>;
  /** People whose templates could not be loaded: another model file made them, or their key is gone. Known after `loadGalleries`. */
  unreachable(): number;
}

export interface GalleryLoadingDeps {
  store: Pick<SubjectStore, 'everyTemplate' | 'countEnrolled' | 'members'>;
  index: PeopleGalleries;
  models: Pick<Models, 'current'>;
  /** The embedders of the galleries. */
  embedders(): readonly string[];
  damaged(row: DamagedRow): void;
  log: Log;
}

export function createGalleryLoading({
  store,
  index,
  models,
  embedders,
  damaged,
  log,
}: GalleryLoadingDeps): GalleryLoading {
  let unreachable = 0;
  const oneAtATime = createOneAtATime();

  /** Everything that was read of one person. */
  function putPerson(templates: readonly LoadedTemplate[], put: PeopleGalleries['putRotated']): [] {
    const [first] = templates;
    if (first === undefined) return [];
    const { organization, world, subject } = first.row;
    const realm = { organization: organization as OrganizationId, world: world as World };
    const pictures = templates.map(({ row: { id, embedder, quality, created_at, anchor }, vector }) => ({
      id,
      embedder,
      quality,
      createdAt: created_at,
      anchor: anchor === 1,
      vector,
    }));
    put(realm, subject as SubjectId, galleryVectors(pictures));
    return [];
  }

  async function load(
    put: PeopleGalleries['putRotated'],
    progress?: (loaded: number) => void,
  ): Promise<void> {
    for (const { subject, memberOf } of await store.members()) index.assign(subject, memberOf);
    let loaded = 0;
    const { files } = models.current();
    const searched = Object.fromEntries(embedders().map((embedder) => [embedder, fileOf(files, embedder)]));
    let person: LoadedTemplate[] = [];
    for await (const page of store.everyTemplate(searched, index.transformOf, damaged)) {
      for (const one of page) {
        if (person.length > 0 && person[0]!.row.subject !== one.row.subject) person = putPerson(person, put);
        person.push(one);
      }
      loaded += page.length;
      progress?.(loaded);
    }
    putPerson(person, put);
  }

  return {
    loadGalleries: (progress) =>
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
    unreachable: () => unreachable,
  };
}
