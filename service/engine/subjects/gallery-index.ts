import type { Galleries } from '../../inference/gallery/gallery.ts';
import type { OrganizationId, SubjectId, World } from '../../lib/id.ts';
import type { Log } from '../../lib/log.ts';
import { meanDirection } from '../../lib/mean-direction.ts';
import { createOneAtATime } from '../../lib/one-at-a-time.ts';
import type { Models } from '../models/index.ts';
import { averagedVectors } from './best-pictures.ts';
import type { DamagedRow, LoadedTemplate } from './loaded-templates-store.ts';
import { type Realm, realmKey } from './realm.ts';
import type { SubjectStore } from './subject-store.ts';
import { fileOf } from './write-enrollment.ts';

/** The galleries, one row a person: the mean direction of their pictures. In memory; `loadGalleries` fills it at start. */
export interface GalleryIndex {
  /** Replaces the person's row, which `vectors`, as the model gave them, are averaged to; without any it is erased. */
  put(realm: Realm, subject: SubjectId, vectors: readonly Float32Array[]): void;
  /** The same with `vectors` as they are stored, under the transform that the gallery has (`transformOf`). */
  putRotated(realm: Realm, subject: SubjectId, vectors: readonly Float32Array[]): void;
  /** What the gallery's rows are rotated by: the one that was the newest when it was first asked for, as long as this process runs. */
  transformOf(organization: OrganizationId): TemplateTransform;
  /** From now on the rows of this person are in another gallery of the realm, which a search has to name. */
  assign(subject: SubjectId, part: string): unknown;
  /** Zeroes the person's row, whichever embedder's it is. An unknown person is ignored. */
  erase(realm: Realm, subject: SubjectId): void;
  /**
   * Empties every gallery and fills it with what `load` puts in. A person who is put in or erased meanwhile by anything else stays as
   * that left them.
   */
  fill(load: (put: GalleryIndex['putRotated']) => Promise<void>): Promise<void>;
  /** People with a row; in `part` alone where it is named, without those of any part otherwise. So do the other reads. */
  people(realm: Realm, part?: string): number;
  /** Their ids. */
  listPeople(realm: Realm, part?: string): SubjectId[];
  /** The same, over all organizations and worlds. */
  countAll(): number;
  /**
   * The `count` people nearest to the probe that `accept` (default: all) accepts, nearest first; all such people when there are
   * fewer. Others are skipped, however near: further rows are fetched in their place.
   */
  search(
    realm: Realm,
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
}

/**
 * `embedder`: whose rows these are; part of the gallery's name, so that models never meet. `newest`: the organization's
 * transform at this time.
 */
export function createGalleryIndex(
  galleries: Galleries,
  embedder: () => string,
  newest: (organization: OrganizationId) => TemplateTransform,
): GalleryIndex {
  const realms = new Map<string, Rows>();
  const transformOf = createKnownTransforms(newest);
  const parts = new Map<SubjectId, string>();
  /** While the galleries are filled: people whose rows have changed since the read began. */
  let changed: Set<SubjectId> | undefined;

  function rowsOf(realm: Realm, part?: string): Rows {
    const name = `${realmKey(realm)}/${part === undefined ? '' : `${part}/`}${embedder()}`;
    let rows = realms.get(name);
    if (rows === undefined) {
      rows = { name, people: new Set() };
      realms.set(name, rows);
    }
    return rows;
  }

  function eraseFrom({ name, people }: Rows, subject: SubjectId): void {
    if (people.delete(subject)) galleries.erase(name, subject);
  }

  function putRotated(realm: Realm, subject: SubjectId, vectors: readonly Float32Array[]): void {
    const rows = rowsOf(realm, parts.get(subject));
    if (vectors.length === 0) {
      eraseFrom(rows, subject);
      return;
    }
    galleries.put(rows.name, subject, vectors.length === 1 ? vectors[0]! : meanDirection(vectors));
    rows.people.add(subject);
  }

  return {
    put(realm, subject, vectors) {
      const { rotate } = transformOf(realm.organization);
      changed?.add(subject);
      putRotated(realm, subject, vectors.map(rotate));
    },
    putRotated(realm, subject, vectors) {
      changed?.add(subject);
      putRotated(realm, subject, vectors);
    },
    transformOf,
    assign: parts.set.bind(parts),
    async fill(load) {
      const known = new Set<SubjectId>();
      changed = known;
      for (const rows of realms.values()) for (const subject of rows.people) eraseFrom(rows, subject);
      try {
        await load((realm, subject, vectors) => {
          if (!known.has(subject)) putRotated(realm, subject, vectors);
        });
      } finally {
        changed = undefined;
      }
    },
    erase(realm, subject) {
      changed?.add(subject);
      const prefix = `${realmKey(realm)}/`;
      for (const [name, rows] of realms) if (name.startsWith(prefix)) eraseFrom(rows, subject);
    },
    people: (realm, part) => rowsOf(realm, part).people.size,
    listPeople: (realm, part) => [...rowsOf(realm, part).people],
    countAll: () => [...realms.values()].reduce((sum, { people }) => sum + people.size, 0),
    search: (realm, probe, count, accept = () => true, part = undefined) =>
      searchRows(
        galleries,
        rowsOf(realm, part),
        transformOf(realm.organization).rotate(probe),
        count,
        accept,
      ),
  };
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

/** As `GalleryIndex.search`, of one gallery; `probe` is rotated as its rows are. */
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
  /** Reads every template of the galleries' embedder into them, at start and when that embedder changes. Calls `progress` with the count after each page. */
  loadGalleries(progress?: (loaded: number) => void): Promise<void>;
  /** People whose templates could not be loaded: another model file made them, or their key is gone. Known after `loadGalleries`. */
  unreachable(): number;
}

export interface GalleryLoadingDeps {
  store: Pick<SubjectStore, 'everyTemplate' | 'countEnrolled' | 'members'>;
  index: GalleryIndex;
  models: Pick<Models, 'current'>;
  /** The embedder of the galleries. */
  primary(): string;
  damaged(row: DamagedRow): void;
  log: Log;
}

export function createGalleryLoading({
  store,
  index,
  models,
  primary,
  damaged,
  log,
}: GalleryLoadingDeps): GalleryLoading {
  let unreachable = 0;
  const oneAtATime = createOneAtATime();

  /** Everything that was read of one person. */
  function putPerson(templates: readonly LoadedTemplate[], put: GalleryIndex['putRotated']): [] {
    const [first] = templates;
    if (first === undefined) return [];
    const { organization, world, subject } = first.row;
    const realm = { organization: organization as OrganizationId, world: world as World };
    const pictures = templates.map(({ row: { id, quality, created_at, anchor }, vector }) => ({
      id,
      quality,
      createdAt: created_at,
      anchor: anchor === 1,
      vector,
    }));
    put(realm, subject as SubjectId, averagedVectors(pictures));
    return [];
  }

  async function load(put: GalleryIndex['putRotated'], progress?: (loaded: number) => void): Promise<void> {
    const embedder = primary();
    for (const { subject, memberOf } of await store.members()) index.assign(subject, memberOf);
    let loaded = 0;
    const sha256 = fileOf(models.current().files, embedder);
    let person: LoadedTemplate[] = [];
    for await (const page of store.everyTemplate(embedder, sha256, index.transformOf, damaged)) {
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
