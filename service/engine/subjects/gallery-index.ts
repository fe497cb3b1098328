import type { Galleries } from '../../inference/gallery.ts';
import type { SubjectId, TemplateId } from '../../lib/id.ts';
import { type Realm, realmKey } from './realm.ts';

/** One row of the galleries and whose it is. */
export interface GalleryRow {
  template: TemplateId;
  subject: SubjectId;
}

/** The galleries together with the way back from a row to the person. In memory; `loadGalleries` fills it at start. */
export interface GalleryIndex {
  put(realm: Realm, row: GalleryRow, vector: Float32Array): void;
  /** Zeroes the rows, whichever embedder's they are. Unknown ones are ignored. */
  erase(realm: Realm, templates: readonly TemplateId[]): void;
  ownerOf(realm: Realm, template: TemplateId): SubjectId | undefined;
  /** People with at least one row. */
  people(realm: Realm): number;
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

interface Rows {
  name: string;
  owners: Map<TemplateId, SubjectId>;
  rowsOf: Map<SubjectId, number>;
}

/** `embedder`: whose rows these are; part of the gallery's name, so that models never meet. */
export function createGalleryIndex(galleries: Galleries, embedder: () => string): GalleryIndex {
  const realms = new Map<string, Rows>();

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

  return {
    put(realm, { template, subject }, vector) {
      const rows = rowsOf(realm);
      galleries.put(rows.name, template, vector);
      if (rows.owners.has(template)) return;
      rows.owners.set(template, subject);
      rows.rowsOf.set(subject, (rows.rowsOf.get(subject) ?? 0) + 1);
    },
    erase(realm, templates) {
      const prefix = `${realmKey(realm)}/`;
      for (const [name, rows] of realms) if (name.startsWith(prefix)) eraseFrom(rows, templates);
    },
    ownerOf: (realm, template) => rowsOf(realm).owners.get(template),
    people: (realm) => rowsOf(realm).rowsOf.size,
    async search(realm, probe, count, accept = () => true) {
      const { name, owners } = rowsOf(realm);
      for (let fetched = count; ; fetched *= 4) {
        if (owners.size === 0) return [];
        const found = await galleries.search(name, probe, fetched);
        const people = new Set<SubjectId>();
        let rows = 0;
        for (const { template } of found) {
          const subject = owners.get(template as TemplateId);
          if (subject === undefined || !accept(subject)) continue;
          people.add(subject);
          rows += 1;
          if (rows === count) break;
        }
        if (rows === count || found.length < fetched) return [...people];
      }
    },
  };
}
