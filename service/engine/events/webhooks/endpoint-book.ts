import type { EndpointId, OrganizationId } from '../../../lib/id.ts';
import { Problem } from '../../../lib/problem.ts';
import type { Tx } from '../../../storage/transaction.ts';
import { type Actor, describeActor, type Foundation } from '../../audit/index.ts';
import type { EventRealm } from '../events.ts';
import type { Endpoint, Family, PayloadDialect } from './endpoint.ts';
import { dialectOf } from './endpoint.ts';
import {
  type EndpointRow,
  type EndpointStore,
  type EndpointUpdate,
  insertEndpoint,
  requireEndpoint,
  requireOrganization,
  selectAllEndpoints,
  selectEndpointById,
  selectEndpoints,
  updateEndpoint,
} from './endpoint-store.ts';
import { type FillRandom, makeWebhookSecret } from './signature.ts';

/** An endpoint with everything a delivery to it needs. Held no longer than the delivery lasts. */
export interface OpenEndpoint {
  endpoint: Endpoint;
  secret: string;
  /** Until the cut-over of a rotation: the one that takes over. */
  nextSecret: string | undefined;
  headers: Record<string, string>;
  ca: string | undefined;
  pin: string | undefined;
}

/** Every endpoint that was not removed, in memory, as it was last committed. Secrets stay sealed until `open`. */
export interface EndpointBook {
  /** Reads all of them; before anything is relayed. */
  load(): Promise<void>;
  /** Enabled ones that want the event, callbacks' apart. `name` is `<family>.<event>`. */
  endpointsFor(realm: EventRealm, name: string): readonly Endpoint[];
  /** Whatever its state; undefined once it was removed. */
  open(id: EndpointId): Promise<OpenEndpoint | undefined>;
  /**
   * After a transaction that changed it has ended. `committed` is trusted where the database cannot be read just now: what is
   * written is written. Never throws.
   */
  refresh(id: EndpointId, committed?: EndpointRow): Promise<void>;
  /** Those that get nothing because another program wrote or changed their rows. */
  altered(): EndpointId[];
  /** Reads again what `refresh` could not read. Never throws. */
  catchUp(): Promise<void>;
}

interface EndpointBookDeps extends Pick<Foundation, 'db' | 'clock' | 'log'> {
  store: EndpointStore;
}

export function createEndpointBook({ db, store, clock, log }: EndpointBookDeps): EndpointBook {
  const rows = new Map<string, EndpointRow>();
  /** By realm and event; rebuilt by the first read after a change. */
  let wanted: Map<string, Endpoint[]> | undefined;
  let reads = 0;
  const newest = new Map<string, number>();
  /** Changed, and not read again yet: the database did not answer. */
  const stale = new Set<EndpointId>();

  function keep(row: EndpointRow | undefined, id: string): void {
    if (row === undefined || row.state === 'removed') rows.delete(id);
    else rows.set(id, row);
    wanted = undefined;
  }

  async function reread(id: EndpointId): Promise<EndpointRow | undefined> {
    const read = ++reads;
    const row = await selectEndpointById(db, id);
    // Two reads may end in another order than they began.
    if ((newest.get(id) ?? 0) < read) {
      newest.set(id, read);
      stale.delete(id);
      keep(row, id);
    }
    return row;
  }

  return {
    async load() {
      const all = await selectAllEndpoints(db);
      rows.clear();
      for (const row of all) keep(row, row.id);
    },
    endpointsFor(realm, name) {
      wanted ??= byEvent(rows.values(), { store, clock, log });
      return wanted.get(keyOf(realm, name)) ?? [];
    },
    async open(id) {
      // One made in another transaction is not in memory yet.
      const known = stale.has(id) ? undefined : rows.get(id);
      const row = known ?? (await reread(id));
      if (row === undefined || row.state === 'removed') return undefined;
      const now = clock.now();
      const endpoint = store.toEndpoint(row, now);
      const next = store.openNextSecret(row);
      const over = next !== undefined && endpoint.cutOverAt === undefined;
      return {
        endpoint,
        secret: over ? next : store.openSecret(row),
        nextSecret: over ? undefined : next,
        headers: store.openHeaders(row),
        ca: row.ca ?? undefined,
        pin: row.pin ?? undefined,
      };
    },
    altered: () => [...rows.values()].filter((row) => !store.isOwn(row)).map(({ id }) => id as EndpointId),
    async catchUp() {
      for (const id of [...stale]) await reread(id).catch(() => {});
    },
    async refresh(id, committed) {
      try {
        await reread(id);
      } catch (error) {
        log.error(
          { err: error, endpoint: id },
          'a webhook endpoint that was changed could not be read again',
        );
        stale.add(id);
        if (committed !== undefined) keep(committed, id);
      }
    },
  };
}

const keyOf = ({ organization, world }: EventRealm, name: string) => `${organization} ${world} ${name}`;

/** Enabled endpoints, by realm and event. */
function byEvent(
  rows: Iterable<EndpointRow>,
  { store, clock, log }: Omit<EndpointBookDeps, 'db'>,
): Map<string, Endpoint[]> {
  const built = new Map<string, Endpoint[]>();
  for (const row of rows) {
    if (row.state !== 'enabled' || row.kind !== 'endpoint') continue;
    if (!store.isOwn(row)) {
      log.error(
        { endpoint: row.id },
        'a webhook endpoint gets nothing, because another program wrote or changed its row',
      );
      continue;
    }
    let endpoint: Endpoint;
    try {
      endpoint = store.toEndpoint(row, clock.now());
    } catch (error) {
      // One damaged row does not silence the others.
      log.error({ err: error, endpoint: row.id }, 'a webhook endpoint cannot be opened and gets nothing');
      continue;
    }
    for (const name of endpoint.events) {
      const key = keyOf(endpoint, name);
      built.set(key, [...(built.get(key) ?? []), endpoint]);
    }
  }
  return built;
}

/** Automatic changes of endpoints, inside the transactions of relay and delivery. */
export interface EndpointKeeping {
  /** The endpoint that signs the callbacks of a family, made at the first need: its secret is got by `rotate`. */
  callbackEndpoint(tx: Tx, realm: EventRealm, family: Family): Promise<EndpointId>;
  /**
   * What became of an attempt; gives since when attempts have been failing, undefined when they have not. The book is to be
   * refreshed after the transaction where `changed`.
   */
  noteOutcome(
    tx: Tx,
    id: EndpointId,
    outcome: { accepted: boolean; at: number },
  ): Promise<{ failingSince: number | undefined; changed: boolean }>;
  /** Disables it, audited; false when it is disabled or removed already. The book is to be refreshed after the transaction. */
  switchOff(tx: Tx, id: EndpointId, reason: string): Promise<boolean>;
}

/** Writes the audit line `webhook.<action>`. */
type NoteEndpoint = (
  tx: Tx,
  actor: Actor,
  action: string,
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

export function createEndpointKeeping({
  store,
  dialects,
  note,
  ids,
  clock,
  random,
}: EndpointKeepingDeps): EndpointKeeping {
  return {
    async callbackEndpoint(tx, realm, family) {
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

    async noteOutcome(tx, id, { accepted, at }) {
      const row = await selectEndpointById(tx, id);
      const before = row?.failing_since ?? undefined;
      // A time in the future was written before the clock was set back.
      const failingSince = accepted ? undefined : Math.min(before ?? at, at);
      const changed = row !== undefined && failingSince !== before;
      if (changed) await updateEndpoint(tx, store.integrity, id, { failing_since: failingSince ?? null });
      return { failingSince, changed };
    },

    async switchOff(tx, id, reason) {
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
