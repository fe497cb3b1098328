import type { Galleries } from '../../inference/gallery.ts';
import type { OrganizationId, SubjectId, TemplateId } from '../../lib/id.ts';
import { type Realm, realmKey } from './realm.ts';

/** One row of the galleries and whose it is. */
export interface GalleryRow {
  template: TemplateId;
  subject: SubjectId;
}

/** The galleries together with the way back from a row to the person. In memory; `loadGalleries` fills it at start. */
export interface GalleryIndex {
  /** `vector` as the model gave it. */
  put(realm: Realm, row: GalleryRow, vector: Float32Array): void;
  /** `vector` as it is stored, under the transform that the gallery has (`transformOf`). */
  putRotated(realm: Realm, row: GalleryRow, vector: Float32Array): void;
  /** What the gallery's rows are rotated by: the one that was the newest when it was first asked for, as long as this process runs. */
  transformOf(organization: OrganizationId): TemplateTransform;
  /** Zeroes the rows, whichever embedder's they are. Unknown ones are ignored. */
  erase(realm: Realm, templates: readonly TemplateId[]): void;
  ownerOf(realm: Realm, template: TemplateId): SubjectId | undefined;
  /** People with at least one row. */
  people(realm: Realm): number;
  /** The same, over all organizations and worlds. */
  everybody(): number;
  /**
   * The owners of the `count` nearest rows of people whom `accept` (everybody) lets be found, nearest first; all such rows when there are
   * fewer. Whoever is not let has no part in it, however near: further rows are fetched in their place.
   */
  search(
    realm: Realm,
    probe: Float32Array,
    count: number,
    accept?: (subject: SubjectId) => boolean,
  ): Promise<SubjectId[]>;
}

/** A rotation of the space of one organization's templates. */
export interface TemplateTransform {
  generation: number;
  rotate(vector: Float32Array): Float32Array;
}

interface Rows {
  name: string;
  owners: Map<TemplateId, SubjectId>;
  rowsOf: Map<SubjectId, number>;
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
  const transforms = new Map<OrganizationId, TemplateTransform>();

  function transformOf(organization: OrganizationId): TemplateTransform {
    let transform = transforms.get(organization);
    if (transform === undefined) {
      transform = newest(organization);
      transforms.set(organization, transform);
    }
    return transform;
  }

  function rowsOf(realm: Realm): Rows {
    const name = `${realmKey(realm)}/${embedder()}`;
    let rows = realms.get(name);
    if (rows === undefined) {
      rows = { name, owners: new Map(), rowsOf: new Map() };
      realms.set(name, rows);
    }
    return rows;
  }

  function eraseFrom({ name, owners, rowsOf }: Rows, templates: readonly TemplateId[]): void {
    for (const template of templates) {
      const subject = owners.get(template);
      if (subject === undefined) continue;
      galleries.erase(name, template);
      owners.delete(template);
      const left = rowsOf.get(subject)! - 1;
      if (left === 0) rowsOf.delete(subject);
      else rowsOf.set(subject, left);
    }
  }

  function putRotated(realm: Realm, { template, subject }: GalleryRow, vector: Float32Array): void {
    const rows = rowsOf(realm);
    galleries.put(rows.name, template, vector);
    if (rows.owners.has(template)) return;
    rows.owners.set(template, subject);
    rows.rowsOf.set(subject, (rows.rowsOf.get(subject) ?? 0) + 1);
  }

  return {
    put: (realm, row, vector) => putRotated(realm, row, transformOf(realm.organization).rotate(vector)),
    putRotated,
    transformOf,
    erase(realm, templates) {
      const prefix = `${realmKey(realm)}/`;
      for (const [name, rows] of realms) if (name.startsWith(prefix)) eraseFrom(rows, templates);
    },
    ownerOf: (realm, template) => rowsOf(realm).owners.get(template),
    people: (realm) => rowsOf(realm).rowsOf.size,
    everybody: () => [...realms.values()].reduce((sum, { rowsOf }) => sum + rowsOf.size, 0),
    async search(realm, probe, count, accept = () => true) {
      const { name, owners, rowsOf: people } = rowsOf(realm);
      const rotated = transformOf(realm.organization).rotate(probe);
      for (let fetched = count; owners.size > 0; ) {
        const found = await galleries.search(name, rotated, fetched);
        const nearest = new Set<SubjectId>();
        let rows = 0;
        for (const { template } of found) {
          const subject = owners.get(template as TemplateId);
          if (subject === undefined || !accept(subject)) continue;
          nearest.add(subject);
          rows += 1;
          if (rows === count) break;
        }
        if (rows === count || found.length < fetched) return [...nearest];
        const accepted = share(people.keys(), accept);
        if (accepted === 0) return [];
        fetched = Math.max(fetched * 2, Math.ceil((2 * count) / accepted));
      }
      return [];
    },
  };
}

/** Of these people, 0..1. */
function share(people: Iterable<SubjectId>, accept: (subject: SubjectId) => boolean): number {
  let [all, accepted] = [0, 0];
  for (const subject of people) {
    all += 1;
    if (accept(subject)) accepted += 1;
  }
  return accepted / Math.max(1, all);
}
