import { defined } from '../../../lib/defined.ts';
import type { SubjectId, TemplateId } from '../../../lib/id.ts';
import type { Tx } from '../../../storage/transaction.ts';
import type { Actor, Foundation } from '../../audit/index.ts';
import { isHeld } from '../../consent/index.ts';
import {
  currentEmbedders,
  type EmbedderChange,
  embedderChangeOf,
  fileOf,
  type Models,
} from '../../models/index.ts';
import { galleryVectors, type Vectors } from './best-pictures.ts';
import {
  type DamagedRow,
  provisionalContext,
  type StoredTemplate,
  vectorContext,
} from './loaded-templates-store.ts';
import type { PeopleGalleries } from './people-galleries.ts';
import type { ProvisionalRow } from './provisional-store.ts';
import type { Realm } from './subject.ts';
import type { SubjectStore } from './subject-store.ts';
import type { UpgradeProgress } from './template-counts-store.ts';

/** The picture of a verified visit, of a person who has no confirmed picture of the embedders in use. */
export interface Visit {
  /** Id of the verification. */
  verification: string;
  /** Of the embedders in use, none of which is superseded; unit length. */
  embeddings: Vectors;
  /** 0..1. */
  quality: number;
  /** `Analysis.pixelHash`. */
  pixelHash: string;
  /** Whether an earlier visit's embeddings are of the same person; false where no scorer compares the two. */
  agrees(earlier: Vectors): boolean;
}

interface UpgradeTemplatesDeps extends Pick<Foundation, 'inTransaction' | 'audit' | 'ids' | 'clock'> {
  store: Pick<
    SubjectStore,
    | 'borrowTransform'
    | 'deleteTemplates'
    | 'dropSettled'
    | 'insertTemplates'
    | 'isThere'
    | 'pictureHash'
    | 'provisionalOf'
    | 'provisionalRows'
    | 'putProvisional'
    | 'sealVector'
    | 'templateRows'
    | 'templatesOf'
  >;
  index: Pick<PeopleGalleries, 'put'>;
  models: Pick<Models, 'current'>;
  /** Enrollments a person keeps. */
  most: number;
  damaged: (row: DamagedRow) => void;
}

type Picture = Pick<Visit, 'embeddings' | 'quality' | 'pixelHash'>;
type Transform = Parameters<SubjectStore['sealVector']>[2];
type StoredRows = Awaited<ReturnType<SubjectStore['templateRows']>>;

/**
 * A change of embedder, one person at a time: pictures are not kept, so the templates come of visits. The first visit's are provisional,
 * which nothing is compared with but the next visit's: where that agrees, the pictures of both become anchors, and where it does not, it
 * takes the place of the first. The same picture twice is one visit. Nothing is changed of a person under a legal hold that would be
 * lost, nor of one who has an anchor of these embedders by now.
 */
export function createUpgradeTemplates(deps: UpgradeTemplatesDeps) {
  const { store, index, inTransaction, models, damaged } = deps;
  const seal = createSealPicture(deps);
  const promote = createPromote(deps);

  async function visited(realm: Realm, subject: SubjectId, visit: Visit, actor: Actor): Promise<void> {
    const { files } = models.current();
    const earlier = await store.provisionalOf(subject, files, damaged);
    const before = await store.templatesOf(realm, [subject], files, damaged);
    const vectors = Object.fromEntries(earlier.map(({ row, vector }) => [row.embedder, vector]));
    const agrees = visit.agrees(vectors);
    // Until the rows are written: no renewal drops the transform that they are under.
    using borrowed = store.borrowTransform(realm.organization);
    const contextOf = agrees ? vectorContext : provisionalContext;
    const rows: ProvisionalRow[] = await seal(realm, subject, visit, borrowed.transform, contextOf);
    if (earlier.some(({ row }) => row.picture_hash === rows[0]!.picture_hash)) return;
    const first = agrees
      ? await Promise.all(
          earlier.map(async ({ row, vector }) => {
            const id = row.id as TemplateId;
            return {
              ...row,
              id,
              ...(await store.sealVector({ id, ...realm, subject }, vector, borrowed.transform)),
            };
          }),
        )
      : [];
    const done = await inTransaction(async (tx) => {
      if (!(await store.isThere(tx, subject))) return undefined;
      const stored = await store.provisionalRows(tx, subject);
      // Those of another model file are in no picture that is kept.
      const lost = agrees ? stored.length - earlier.length : stored.length;
      if (lost > 0 && (await isHeld(tx, subject))) return undefined;
      if (agrees) {
        // Replaced meanwhile: what was compared is not what is stored.
        if (!earlier.every(({ row }) => stored.some(({ id }) => id === row.id))) return undefined;
        return promote(tx, realm, subject, [first, rows], visit, actor);
      }
      if (isUpgraded(await store.templateRows(tx, subject), Object.keys(visit.embeddings))) return undefined;
      await store.putProvisional(tx, subject, rows);
      const details = { verification: visit.verification, replaces: stored.length > 0 };
      await writeLine(deps, tx, realm, subject, actor, 'keep-provisional-template', details);
      return undefined;
    });
    if (!done) return;
    const kept: Added[] = before.filter(({ id }) => !done.dropped.includes(id));
    const added = done.added.map((row) =>
      addedOf(row, rows.includes(row) ? visit.embeddings[row.embedder]! : vectors[row.embedder]!, true),
    );
    index.put(realm, subject, galleryVectors([...kept, ...added]));
  }

  return { visited, complete: createComplete(deps, seal) };
}

/** Rows of one picture. */
function createSealPicture({ store, models, ids, clock }: UpgradeTemplatesDeps) {
  return (
    realm: Realm,
    subject: SubjectId,
    { embeddings, quality, pixelHash }: Picture,
    transform: Transform,
    contextOf = vectorContext,
  ) => {
    const { files } = models.current();
    return Promise.all(
      Object.entries(embeddings).map(async ([embedder, vector]) => {
        const id = ids.next('template');
        return {
          id,
          ...realm,
          subject,
          embedder,
          embedder_sha256: fileOf(files, embedder),
          ...(await store.sealVector({ id, ...realm, subject }, vector, transform, contextOf)),
          picture_hash: store.pictureHash(realm.organization, pixelHash),
          quality,
          created_at: clock.now(),
        };
      }),
    );
  };
}

/**
 * Writes the pictures as confirmed enrollments of the person; gives the rows and the ids of the templates that made room, undefined if
 * nothing was changed.
 */
function createPromote(deps: UpgradeTemplatesDeps) {
  const { store, ids, most } = deps;
  return async function promote(
    tx: Tx,
    realm: Realm,
    subject: SubjectId,
    pictures: readonly (readonly ProvisionalRow[])[],
    { embeddings, verification }: Visit,
    actor: Actor,
  ): Promise<{ added: ProvisionalRow[]; dropped: string[] } | undefined> {
    const kept = await store.templateRows(tx, subject);
    const embedders = Object.keys(embeddings);
    if (isUpgraded(kept, embedders)) return undefined;
    const dropped = surplusFor(pictures.length, kept, embedders, most);
    if (dropped.length > 0 && (await isHeld(tx, subject))) return undefined;
    const enrollments = pictures.map(() => ids.next('enrollment'));
    await store.deleteTemplates(tx, dropped);
    await store.putProvisional(tx, subject, []);
    await store.insertTemplates(
      tx,
      pictures.flatMap((rows, i) =>
        rows.map((row) => ({ ...row, enrollment: enrollments[i]!, mark_sealed: null, anchor: 1 })),
      ),
    );
    const details = { verification, enrollments, dropped: dropped.length };
    await writeLine(deps, tx, realm, subject, actor, 'upgrade-templates', details);
    return { added: pictures.flat(), dropped };
  };
}

/** The picture of an enrollment again: it gets templates of the embedders in use that it lacks. Another picture changes nothing. */
function createComplete(deps: UpgradeTemplatesDeps, seal: ReturnType<typeof createSealPicture>) {
  const { store, index, inTransaction, models, damaged } = deps;
  return async function complete(
    realm: Realm,
    { subject, enrollment }: { subject: SubjectId; enrollment: string },
    picture: Picture,
    actor: Actor,
  ): Promise<void> {
    const { files, scorers } = models.current();
    const before = await store.templatesOf(realm, [subject], files, damaged);
    const has = (embedder: string) =>
      before.some((one) => one.enrollment === enrollment && one.embedder === embedder);
    const missing = currentEmbedders(scorers).filter(
      (embedder) => picture.embeddings[embedder] !== undefined && !has(embedder),
    );
    if (missing.length === 0) return;
    const embeddings = Object.fromEntries(missing.map((one) => [one, picture.embeddings[one]!]));
    using borrowed = store.borrowTransform(realm.organization);
    const rows = await seal(realm, subject, { ...picture, embeddings }, borrowed.transform);
    const anchor = await inTransaction(async (tx) => {
      const stored = (await store.isThere(tx, subject)) ? await store.templateRows(tx, subject) : [];
      const of = stored.find((row) => row.enrollment === enrollment);
      if (of?.picture_hash !== rows[0]!.picture_hash) return undefined;
      const { anchor } = of;
      await store.insertTemplates(
        tx,
        rows.map((row) => ({ ...row, enrollment, mark_sealed: null, anchor })),
      );
      await store.dropSettled(tx, subject);
      const details = { enrollments: [enrollment], dropped: 0 };
      await writeLine(deps, tx, realm, subject, actor, 'upgrade-templates', details);
      return anchor;
    });
    if (anchor === undefined) return;
    const added = rows.map((row) => addedOf(row, embeddings[row.embedder]!, anchor === 1));
    index.put(realm, subject, galleryVectors([...before, ...added]));
  };
}

const writeLine = (
  { audit }: Pick<UpgradeTemplatesDeps, 'audit'>,
  tx: Tx,
  { organization, world }: Realm,
  subject: SubjectId,
  actor: Actor,
  verb: 'keep-provisional-template' | 'upgrade-templates',
  details: object,
) =>
  audit.add(tx, {
    actor,
    action: `subject.${verb}`,
    organization,
    target: subject,
    details: { world, ...details },
  });

/** Whether the person has a confirmed picture of one of these embedders. */
const isUpgraded = (rows: StoredRows, embedders: readonly string[]): boolean =>
  rows.some(({ anchor, embedder }) => anchor === 1 && embedders.includes(embedder));

const addedOf = (
  { id, embedder, quality, created_at }: ProvisionalRow,
  vector: Float32Array,
  anchor: boolean,
): Added => ({ id, embedder, quality, createdAt: created_at, anchor, vector });

export type UpgradeTemplates = ReturnType<typeof createUpgradeTemplates>;

type Added = Pick<StoredTemplate, 'embedder' | 'quality' | 'createdAt' | 'anchor' | 'vector'> & {
  id: string;
};

/**
 * Templates of the enrollments to drop, so that with `added` more the person keeps no more than `most`: those that are not confirmed first,
 * then those that lack the embedders in use, then the worse picture.
 */
function surplusFor(added: number, rows: StoredRows, embedders: readonly string[], most: number): string[] {
  const enrollments = [...Map.groupBy(rows, ({ enrollment }) => enrollment).values()];
  const isCurrent = (of: typeof rows) => of.some(({ embedder }) => embedders.includes(embedder));
  return enrollments
    .toSorted(
      (a, b) =>
        a[0]!.anchor - b[0]!.anchor ||
        Number(isCurrent(a)) - Number(isCurrent(b)) ||
        a[0]!.quality - b[0]!.quality,
    )
    .slice(0, Math.max(0, enrollments.length + added - most))
    .flatMap((of) => of.map(({ id }) => id));
}

interface UpgradeCountsDeps {
  store: Pick<SubjectStore, 'upgradeProgress' | 'notUpgraded' | 'countProvisional'>;
  index: Pick<PeopleGalleries, 'upgrades'>;
  models: Pick<Models, 'current' | 'combinations'>;
}

/** The operations of `Subjects` that say how far a change of embedder is. */
export function createUpgradeCounts({ store, index, models }: UpgradeCountsDeps) {
  const currentChange = () => embedderChangeOf(models.combinations().scorers);
  /** People of an embedder that is switched off are in no gallery. */
  const isInMemory = ({ from }: EmbedderChange) =>
    from.every((embedder) => models.current().galleries.includes(embedder));

  async function progressOf(
    realms: readonly Realm[],
    change: EmbedderChange,
    counted: Awaited<ReturnType<SubjectStore['countProvisional']>>[number] | undefined,
  ): Promise<UpgradeProgress> {
    const all = await Promise.all(realms.map((realm) => index.upgrades(realm, change)));
    const sum = (of: 'upgraded' | 'waiting') => all.reduce((total, one) => total + one[of], 0);
    const provisional = counted?.people ?? 0;
    return { upgraded: sum('upgraded'), provisional, waiting: Math.max(0, sum('waiting') - provisional) };
  }

  return {
    async upgradeProgress(realm: Realm): Promise<UpgradeProgress> {
      const change = currentChange();
      if (!change) return { upgraded: 0, provisional: 0, waiting: 0 };
      if (!isInMemory(change)) return store.upgradeProgress(realm, change);
      const [counted] = await store.countProvisional(realm);
      return progressOf([realm], change, counted);
    },
    async notUpgraded(realm: Realm, { limit, after }: { limit: number; after?: SubjectId }) {
      const change = currentChange();
      const found = change
        ? await store.notUpgraded(realm, change, { limit: limit + 1, ...defined({ after }) })
        : [];
      const people = found.slice(0, limit);
      return { people, ...(found.length > limit && { next: people.at(-1)!.id }) };
    },
    async upgradesByWorld(realms: readonly Realm[]) {
      const change = currentChange();
      if (!change || !isInMemory(change)) return [];
      const counts = await store.countProvisional();
      return Promise.all(
        [...Map.groupBy(realms, ({ world }) => world)].map(async ([world, own]) => {
          const counted = counts.find((one) => one.world === world);
          return { world, ...(await progressOf(own, change, counted)) };
        }),
      );
    },
  };
}
