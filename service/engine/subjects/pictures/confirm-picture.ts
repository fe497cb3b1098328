import { defined } from '../../../lib/defined.ts';
import type { SubjectId } from '../../../lib/id.ts';
import { Problem } from '../../../lib/problem.ts';
import type { InTransaction, Tx } from '../../../storage/transaction.ts';
import type { Actor, Audit } from '../../audit/index.ts';
import type { Realm } from '../realm.ts';
import type { SubjectStore } from '../subject-store.ts';
import { refuseMoreAnchors } from './surplus.ts';

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

export interface ConfirmDeps {
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
