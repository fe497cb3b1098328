import type { EndpointId, OrganizationId } from '../../lib/id.ts';
import { Problem } from '../../lib/problem.ts';
import type { InTransaction, Tx } from '../../storage/transaction.ts';
import type { Actor, Audit } from '../audit/index.ts';
import type { EventRealm } from '../events/index.ts';
import type { EndpointBook } from './endpoint-book.ts';
import type { NoteEndpoint } from './endpoint-keeping.ts';
import {
  type EndpointRow,
  type EndpointStore,
  type EndpointUpdate,
  requireEndpoint,
  selectEndpointById,
  updateEndpoint,
} from './endpoint-store.ts';

export interface EndpointWriterDeps {
  inTransaction: InTransaction;
  audit: Audit;
  book: Pick<EndpointBook, 'refresh'>;
  store: Pick<EndpointStore, 'integrity' | 'isOwn'>;
}

/** What is written to a row, and how the audit log names it. */
export interface Alteration {
  update: EndpointUpdate;
  action: string;
  details?: Record<string, unknown>;
}

/** Changes of endpoints: the row and its audit line in one transaction, and then what is in memory. */
export function createEndpointWriter({ inTransaction, audit, book, store }: EndpointWriterDeps) {
  const note: NoteEndpoint = (tx, actor, action, row, details = {}) =>
    audit.add(tx, {
      actor,
      action: `webhook.${action}`,
      organization: row.organization as OrganizationId,
      target: row.id,
      details: { world: row.world, family: row.family, ...details },
    });

  /** Memory follows when the transaction has ended: a commit whose answer was lost counts too. */
  async function followed(id: EndpointId, work: (tx: Tx) => Promise<EndpointRow>): Promise<EndpointRow> {
    try {
      const row = await inTransaction(work);
      await book.refresh(id, row);
      return row;
    } catch (error) {
      if (error instanceof Problem && error.code === 'STORAGE_UNAVAILABLE') await book.refresh(id);
      throw error;
    }
  }

  /** Reads, decides, writes and notes in one transaction. Nothing to write: nothing happens. */
  async function alter(
    realm: EventRealm,
    id: string,
    decide: (row: EndpointRow) => Alteration | undefined,
    actor: Actor,
  ): Promise<EndpointRow> {
    return followed(id as EndpointId, async (tx) => {
      const before = await requireEndpoint(tx, realm, id);
      const decision = decide(before);
      if (!store.isOwn(before) && decision?.action !== 'remove') throw altered(before);
      if (decision === undefined) return before;
      await updateEndpoint(tx, store.integrity, before.id, decision.update);
      await note(tx, actor, decision.action, before, decision.details);
      return (await selectEndpointById(tx, before.id as EndpointId))!;
    });
  }

  return { note, followed, alter };
}

const altered = ({ id }: EndpointRow) =>
  new Problem(
    'CONFLICT',
    `Another program wrote or changed the row of ${id} in the database: nothing was changed. Remove it and make a new one.`,
  );

export type EndpointWriter = ReturnType<typeof createEndpointWriter>;
