import { createSubjectStore } from '../engine/subjects/subject-store.ts';
import { createGalleries } from '../inference/gallery/galleries.ts';
import type { Galleries } from '../inference/gallery/gallery-matrix.ts';
import type { SubjectId, TemplateId } from '../lib/id.ts';
import type { Log } from '../lib/log.ts';
import { templateFiles } from '../storage/backup-check.ts';
import type { Database } from '../storage/connection.ts';
import type { Sealer } from '../storage/sealing/sealed.ts';
import { untransformed } from '../storage/sealing/template-transform.ts';

export interface OwnTemplates {
  /** Provisional ones included. */
  templates: { there: number; opened: number; erased: number; damaged: number };
  /** People searched for by one of their own templates among all people of their organization. */
  match: { asked: number; found: number };
}

/** People asked for at most, of each model file. */
const ASKED = 200;
/** Two cosines of equal vectors, summed in another order, differ by less. */
const ROUNDING = 1e-5;
/** Candidates of the first search; more only where that many score as high as the nearest. */
const CANDIDATES = 16;

/**
 * Opens every template into galleries, as a start does; then looks for owners by a template of their own. Galleries of one
 * model file are in memory at a time.
 */
export async function findOwnTemplates(
  { db }: Pick<Database, 'db'>,
  sealer: Sealer,
  { log, progress = () => {} }: { log: Log; progress?: (what: string, done: number, of: number) => void },
): Promise<OwnTemplates> {
  const store = createSubjectStore({ db, sealer });
  const files = await templateFiles(db);
  const there = files.reduce((sum, file) => sum + file.templates, 0);
  const templates = { there, opened: 0, erased: 0, damaged: 0 };
  const match = { asked: 0, found: 0 };
  const damaged = () => {
    templates.damaged += 1;
  };
  for (const { embedder, sha256, templates: rows } of files) {
    const galleries = createGalleries({ log });
    try {
      const owners = new Map<string, SubjectId>();
      const probes: { gallery: string; subject: SubjectId; vector: Float32Array }[] = [];
      const every = Math.max(1, Math.ceil(rows / ASKED));
      const pages = store.everyTemplate({ [embedder]: sha256 }, () => untransformed, damaged);
      for await (const page of pages) {
        for (const { row, vector } of page) {
          const gallery = `${row.organization}/${row.world}/${embedder}/${sha256}`;
          galleries.put(gallery, row.id as TemplateId, vector);
          owners.set(row.id, row.subject as SubjectId);
          if (templates.opened % every === 0)
            probes.push({ gallery, subject: row.subject as SubjectId, vector: vector.slice() });
          templates.opened += 1;
        }
        progress('opening templates', templates.opened, there);
      }
      for (const { gallery, subject, vector } of probes) {
        match.asked += 1;
        if (await isFound(galleries, { gallery, subject, vector, owners })) match.found += 1;
      }
    } finally {
      await galleries.close();
    }
  }
  for await (const page of store.everyProvisional(damaged)) {
    templates.there += page.there;
    templates.opened += page.opened;
  }
  templates.erased = templates.there - templates.opened - templates.damaged;
  return { templates, match };
}

/**
 * Whether a template of `subject` scores as high as the nearest of the gallery. Not whether it is the nearest: one picture may
 * be enrolled under two addresses, and then either may come first.
 */
async function isFound(
  galleries: Pick<Galleries, 'search'>,
  {
    gallery,
    subject,
    vector,
    owners,
  }: { gallery: string; subject: SubjectId; vector: Float32Array; owners: ReadonlyMap<string, SubjectId> },
): Promise<boolean> {
  for (let count = CANDIDATES; ; count *= CANDIDATES) {
    const candidates = await galleries.search(gallery, vector, count);
    const highest = candidates[0]?.similarity ?? Number.NaN;
    const level = candidates.filter(({ similarity }) => similarity >= highest - ROUNDING);
    if (level.some(({ template }) => owners.get(template) === subject)) return true;
    if (level.length < count) return false;
  }
}
