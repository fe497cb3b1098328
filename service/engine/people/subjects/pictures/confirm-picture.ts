import { defined } from '../../../../lib/defined.ts';
import type { SubjectId } from '../../../../lib/id.ts';
import { Problem } from '../../../../lib/problem.ts';
import type { InTransaction, Tx } from '../../../../storage/transaction.ts';
import type { Actor, Audit } from '../../../audit/index.ts';
import type { Realm } from '../subject.ts';
import type { SubjectStore } from '../subject-store.ts';
import type { TemplateRow } from '../template-store.ts';

/** An enrolled picture, without its embeddings. */
export interface EnrolledPicture {
  enrollment: string;
  /** 0..1. */
  quality: number;
  createdAt: number;
  /** The person's first, or confirmed by an operator. */
  anchor: boolean;
  /** Made by a model file that is in use. */
  comparable: boolean;
  /** The models that made its templates, with the SHA-256 of their files. */
  templates: { model: string; sha256: string }[];
}

interface Confirmation {
  subject: SubjectId;
  enrollment: string;
  confirmed: boolean;
  /** No second member of staff has a part in it, because there is none who could. */
  alone?: boolean;
}

interface ConfirmDeps {
  store: Pick<SubjectStore, 'templateRows' | 'setAnchor' | 'dropSettled' | 'isThere'>;
  inTransaction: InTransaction;
  audit: Audit;
  most: number;
}

/**
 * Makes an enrolled picture an anchor, or an ordinary one again. Throws NOT_FOUND for an enrollment the person does not have,
 * CONFLICT where more anchors than pictures are kept, or none, would be left.
 */
export function createConfirm({ store, inTransaction, audit, most }: ConfirmDeps) {
  return (
    { organization, world }: Realm,
    { subject, enrollment, confirmed, alone = false }: Confirmation,
    actor: Actor,
    request?: string,
  ): Promise<void> =>
    inTransaction(async (tx: Tx) => {
      const rows = (await store.isThere(tx, subject)) ? await store.templateRows(tx, subject) : [];
      const before = rows.find((row) => row.enrollment === enrollment);
      if (before === undefined) throw noSuchPicture(enrollment);
      const anchor = confirmed ? 1 : 0;
      if (before.anchor === anchor) return;
      const after = rows.map((row) => (row.enrollment === enrollment ? { ...row, anchor } : row));
      refuseMoreAnchors(after, most);
      if (!after.some((row) => row.anchor === 1))
        throw new Problem(
          'CONFLICT',
          'This is the only confirmed picture of the person: confirm another one first.',
        );
      await store.setAnchor(tx, subject, enrollment, confirmed);
      await store.dropSettled(tx, subject);
      await audit.add(tx, {
        actor,
        action: confirmed ? 'subject.confirm' : 'subject.unconfirm',
        organization,
        target: subject,
        ...defined({ request }),
        details: { world, enrollment, ...(alone && { alone }) },
      });
    });
}

export const noSuchPicture = (enrollment: string) =>
  new Problem(
    'NOT_FOUND',
    `This person has no picture ${enrollment}: “gatehouse subject show” lists those there are.`,
  );

type Kept = Pick<
  TemplateRow,
  'id' | 'enrollment' | 'embedder' | 'embedder_sha256' | 'quality' | 'created_at' | 'anchor'
>;

/** The embeddings of an enrollment by embedder id, unit length. */
export type Vectors = Readonly<Record<string, Float32Array>>;

interface Candidate {
  id: string;
  templates: readonly Kept[];
  usable: boolean;
  anchor: boolean;
  quality: number;
  at: number;
}

/**
 * The templates of the enrollments to drop, so that `most` are left. Anchors are never dropped. Of the others those go first
 * that older model files made, then the one least like all that stay (the most mutually consistent set is kept), one after the
 * other; of equals the worse picture, then the older. `vectors` are those of the enrollments of the present model files.
 */
export function surplusOf(
  rows: readonly Kept[],
  files: Readonly<Record<string, string>>,
  most: number,
  vectors: ReadonlyMap<string, Vectors>,
): string[] {
  const left = toCandidates(rows, files);
  const dropped: Candidate[] = [];
  while (left.length > most) {
    const likeness = new Map(left.map((one) => [one.id, likenessOf(one.id, left, vectors)]));
    const [worst] = left
      .filter(({ anchor }) => !anchor)
      .toSorted(
        (a, b) =>
          Number(a.usable) - Number(b.usable) ||
          likeness.get(a.id)! - likeness.get(b.id)! ||
          a.quality - b.quality ||
          a.at - b.at ||
          (a.id < b.id ? -1 : 1),
      );
    if (worst === undefined) break;
    left.splice(left.indexOf(worst), 1);
    dropped.push(worst);
  }
  return dropped.flatMap(({ templates }) => templates.map(({ id }) => id));
}

/** Anchors are never dropped, so there may be no more of them than pictures are kept. Throws CONFLICT. */
export function refuseMoreAnchors(
  rows: readonly Pick<TemplateRow, 'enrollment' | 'anchor'>[],
  most: number,
): void {
  const anchors = new Set(rows.flatMap(({ enrollment, anchor }) => (anchor === 1 ? [enrollment] : [])));
  if (anchors.size <= most) return;
  throw new Problem(
    'CONFLICT',
    `The person has ${most} confirmed pictures, the most there may be: withdraw the confirmation of one with “gatehouse subject confirm --withdraw”.`,
  );
}

function toCandidates(rows: readonly Kept[], files: Readonly<Record<string, string>>): Candidate[] {
  return [...Map.groupBy(rows, ({ enrollment }) => enrollment)].map(([id, templates]) => ({
    id,
    templates,
    usable: templates.some((row) => files[row.embedder] === row.embedder_sha256),
    anchor: templates.some(({ anchor }) => anchor === 1),
    quality: templates[0]!.quality,
    at: templates[0]!.created_at,
  }));
}

/** Sum of the cosines with all others, the mean over the embedders that two have in common. */
function likenessOf(id: string, all: readonly Candidate[], vectors: ReadonlyMap<string, Vectors>): number {
  const own = vectors.get(id);
  if (own === undefined) return 0;
  return all.reduce((sum, other) => {
    const theirs = other.id === id ? undefined : vectors.get(other.id);
    return sum + (theirs === undefined ? 0 : cosineOf(own, theirs));
  }, 0);
}

function cosineOf(a: Vectors, b: Vectors): number {
  const cosines = Object.entries(a).flatMap(([embedder, left]) => {
    const right = b[embedder];
    return right === undefined ? [] : [left.reduce((sum, value, i) => sum + value * right[i]!, 0)];
  });
  return cosines.reduce((sum, value) => sum + value, 0) / Math.max(1, cosines.length);
}
