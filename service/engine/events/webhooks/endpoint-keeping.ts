import type { EndpointId, OrganizationId } from '../../../lib/id.ts';
import { Problem } from '../../../lib/problem.ts';
import type { Tx } from '../../../storage/transaction.ts';
import { type Actor, describeActor, type Foundation } from '../../audit/index.ts';
import type { EventRealm } from '../events.ts';
import type { Family, PayloadDialect } from './endpoint.ts';
import { dialectOf } from './endpoint.ts';
import type { EndpointBook } from './endpoint-book.ts';
import {
  type EndpointRow,
  type EndpointStore,
  type EndpointUpdate,
  insertEndpoint,
  requireEndpoint,
  requireOrganization,
  selectEndpointById,
  selectEndpoints,
  updateEndpoint,
} from './endpoint-store.ts';
import { type FillRandom, makeWebhookSecret } from './signature.ts';

/** Automatic changes of endpoints, inside the transactions of relay and delivery. */
export type EndpointKeeping = ReturnType<typeof createEndpointKeeping>;

type EndpointAction = 'add' | 'change' | 'disable' | 'enable' | 'remove' | 'rotate';

/** Writes the audit line `webhook.<action>`. */
type NoteEndpoint = (
  tx: Tx,
  actor: Actor,
  action: EndpointAction,
  row: EndpointRow,
  details?: Record<string, unknown>,
) => Promise<void>;

interface EndpointKeepingDeps extends Pick<Foundation, 'ids' | 'clock'> {
  store: EndpointStore;
  dialects: readonly PayloadDialect[];
  note: NoteEndpoint;
  random: FillRandom;
}

const appliance: Actor = { is: 'appliance', task: 'webhooks' };

/** The columns of a disabled row. */
export const turnedOff = (reason: string, at: number): EndpointUpdate => ({
  state: 'disabled',
  state_reason: reason.slice(0, 200).toWellFormed(),
  state_at: at,
});

export function createEndpointKeeping({ store, dialects, note, ids, clock, random }: EndpointKeepingDeps) {
  return {
    /** The endpoint that signs the callbacks of a family, made at the first need: its secret is got by `rotate`. */
    async callbackEndpoint(tx: Tx, realm: EventRealm, family: Family): Promise<EndpointId> {
      const found = (await selectEndpoints(tx, realm, { kind: 'callback', family })).find(store.isOwn);
      if (found) return found.id as EndpointId;
      const { organization, world } = realm;
      await requireOrganization(tx, organization);
      const { signature, events } = dialectOf(dialects, family);
      const id = ids.next('endpoint');
      const now = clock.now();
      const row = await insertEndpoint(tx, store.integrity, {
        id,
        organization,
        world,
        kind: 'callback',
        family,
        url: '',
        description: 'Signs what is sent to the callback URLs that calls name.',
        events: JSON.stringify(events.map(({ name }) => name)),
        signature,
        signature_header: null,
        headers_sealed: null,
        secret_sealed: store.seal(organization, id, 'secret', makeWebhookSecret(signature, random)),
        ca: null,
        pin: null,
        lineage: null,
        created_at: now,
        created_by: describeActor(appliance),
      });
      await note(tx, appliance, 'add', row, { kind: 'callback', signature });
      return id;
    },

    /**
     * What became of an attempt; gives since when attempts have been failing, undefined when they have not. The book is to be
     * refreshed after the transaction where `changed`.
     */
    async noteOutcome(
      tx: Tx,
      id: EndpointId,
      { accepted, at }: { accepted: boolean; at: number },
    ): Promise<{ failingSince: number | undefined; changed: boolean }> {
      const row = await selectEndpointById(tx, id);
      const before = row?.failing_since ?? undefined;
      // A time in the future was written before the clock was set back.
      const failingSince = accepted ? undefined : Math.min(before ?? at, at);
      const changed = row !== undefined && failingSince !== before;
      if (changed) await updateEndpoint(tx, store.integrity, id, { failing_since: failingSince ?? null });
      return { failingSince, changed };
    },

    /** Disables it, audited; false when it is disabled or removed already. The book is to be refreshed after the transaction. */
    async switchOff(tx: Tx, id: EndpointId, reason: string): Promise<boolean> {
      const row = await selectEndpointById(tx, id);
      if (row?.state !== 'enabled') return false;
      await updateEndpoint(tx, store.integrity, id, turnedOff(reason, clock.now()));
      await note(tx, appliance, 'disable', row, { reason: reason.slice(0, 200) });
      return true;
    },
  };
}

interface EndpointWriterDeps extends Pick<Foundation, 'inTransaction' | 'audit'> {
  book: Pick<EndpointBook, 'refresh'>;
  store: Pick<EndpointStore, 'integrity' | 'isOwn'>;
}

/** What is written to a row, and how the audit log names it. */
export interface Alteration {
  update: EndpointUpdate;
  action: EndpointAction;
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
