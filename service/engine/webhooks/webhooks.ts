import type { Clock } from '../../lib/clock.ts';
import type { EndpointId, Ids, OrganizationId } from '../../lib/id.ts';
import type { Log } from '../../lib/log.ts';
import { Problem } from '../../lib/problem.ts';
import type { Db, InTransaction, Tx } from '../../storage/transaction.ts';
import { type Actor, type Audit, describeActor } from '../audit/index.ts';
import type { Destinations } from '../destinations/index.ts';
import type { EventRealm } from '../events/index.ts';
import { changeOf } from './change-endpoint.ts';
import type { Family, PayloadDialect } from './dialect.ts';
import type { Endpoint, Webhooks } from './endpoint.ts';
import { createEndpointBook, type EndpointBook } from './endpoint-book.ts';
import { dialectOf } from './endpoint-fields.ts';
import {
  createEndpointKeeping,
  type EndpointKeeping,
  type NoteEndpoint,
  turnedOff,
} from './endpoint-keeping.ts';
import {
  createEndpointStore,
  type EndpointRow,
  type EndpointSealer,
  type EndpointUpdate,
  insertEndpoint,
  requireOrganization,
  selectEndpoint,
  selectEndpoints,
  updateEndpoint,
} from './endpoint-store.ts';
import { checkDestination, checkNewEndpoint, requireRoom } from './new-endpoint.ts';
import { checkOverlap, rotateSecret } from './rotate-secret.ts';
import { type FillRandom, makeWebhookSecret } from './signature.ts';

export interface WebhooksDeps {
  db: Db;
  inTransaction: InTransaction;
  sealer: EndpointSealer;
  audit: Audit;
  destinations: Pick<Destinations, 'check'>;
  dialects: readonly PayloadDialect[];
  ids: Ids;
  clock: Clock;
  log: Log;
  random: FillRandom;
}

/** All of it; who asks for endpoints sees Webhooks, who delivers sees the rest. */
export type EndpointWebhooks = Webhooks &
  EndpointBook &
  EndpointKeeping & {
    /** Those of an organization in both worlds, before its secrets are destroyed. Gives how many. */
    removeAll(organization: OrganizationId, actor: Actor): Promise<number>;
  };

export function createWebhooks(deps: WebhooksDeps): EndpointWebhooks {
  const { db, inTransaction, audit, destinations, dialects, ids, clock, random } = deps;
  const store = createEndpointStore(deps);
  const book = createEndpointBook({ ...deps, store });
  const shown = (row: EndpointRow) => store.toEndpoint(row, clock.now());

  async function rowOf(source: Db | Tx, realm: EventRealm, id: string): Promise<EndpointRow> {
    const row = await selectEndpoint(source, realm, id);
    if (row) return row;
    throw new Problem(
      'NOT_FOUND',
      `There is no webhook endpoint with the id ${id.slice(0, 64)} in the ${realm.world} world.`,
    );
  }

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
    decide: (
      row: EndpointRow,
    ) => { update: EndpointUpdate; action: string; details?: Record<string, unknown> } | undefined,
    actor: Actor,
  ): Promise<EndpointRow> {
    return followed(id as EndpointId, async (tx) => {
      const before = await rowOf(tx, realm, id);
      const decision = decide(before);
      if (decision === undefined) return before;
      await updateEndpoint(tx, before.id, decision.update);
      await note(tx, actor, decision.action, before, decision.details);
      return { ...before, ...decision.update } as EndpointRow;
    });
  }

  /** Nothing that was secret is left in the row; what the log calls it by stays. */
  const emptied = (row: EndpointRow): EndpointUpdate => ({
    state: 'removed',
    state_at: clock.now(),
    url: row.url === '' ? '' : new URL(row.url).origin,
    secret_sealed: new Uint8Array(),
    next_secret_sealed: null,
    headers_sealed: null,
    cut_over_at: null,
    ca: null,
    pin: null,
  });

  async function remove(realm: EventRealm, id: string, actor: Actor): Promise<void> {
    await alter(realm, id, (row) => ({ action: 'remove', update: emptied(row) }), actor);
  }

  return {
    ...book,
    ...createEndpointKeeping({ ...deps, store, note }),
    catalog: () => dialects.flatMap(({ family, events }) => events.map((event) => ({ family, ...event }))),

    async add(realm, wanted, actor) {
      const dialect = dialectOf(dialects, wanted.family);
      const fields = checkNewEndpoint(dialect, wanted, clock.now());
      await checkDestination(destinations, realm.organization, wanted.url);
      const id = ids.next('endpoint');
      const { headers, ...columns } = fields;
      const secret = makeWebhookSecret(fields.signature, random);
      const { organization, world } = realm;
      const row = await followed(id, async (tx) => {
        await requireOrganization(tx, organization);
        requireRoom(await selectEndpoints(tx, realm, { kind: 'endpoint' }), wanted.lineage);
        const inserted = await insertEndpoint(tx, {
          ...columns,
          id,
          organization,
          world,
          kind: 'endpoint',
          events: JSON.stringify(fields.events),
          secret_sealed: store.seal(organization, id, 'secret', secret),
          headers_sealed: store.sealHeaders(organization, id, headers),
          created_at: clock.now(),
          created_by: describeActor(actor),
        });
        await note(tx, actor, 'add', inserted, {
          to: new URL(wanted.url).origin,
          events: fields.events,
          signature: fields.signature,
          headers: Object.keys(headers),
          ...(wanted.lineage !== undefined && { lineage: wanted.lineage }),
        });
        return inserted;
      });
      return { endpoint: shown(row), secret };
    },

    list: async (realm, filter = {}) => (await selectEndpoints(db, realm, filter)).map(shown),
    get: async (realm, id) => shown(await rowOf(db, realm, id)),

    async change(realm, id, change, actor) {
      await rowOf(db, realm, id);
      if (change.url !== undefined) await checkDestination(destinations, realm.organization, change.url);
      const row = await alter(
        realm,
        id,
        (before) => {
          const dialect = dialectOf(dialects, before.family as Family);
          const made = changeOf(before, change, {
            dialect,
            headers: store.openHeaders(before),
            now: clock.now(),
          });
          if (made === undefined) return undefined;
          const { headers, ...update } = made.update;
          return {
            action: 'change',
            details: made.details,
            update: {
              ...update,
              ...(headers !== undefined && {
                headers_sealed: store.sealHeaders(realm.organization, before.id as EndpointId, headers),
              }),
            },
          };
        },
        actor,
      );
      return shown(row);
    },

    async enable(realm, id, actor) {
      const row = await alter(
        realm,
        id,
        ({ state }) =>
          state === 'enabled'
            ? undefined
            : {
                action: 'enable',
                update: { state: 'enabled', state_reason: null, state_at: clock.now(), failing_since: null },
              },
        actor,
      );
      return shown(row);
    },

    async disable(realm, id, reason, actor) {
      const row = await alter(
        realm,
        id,
        ({ state }) =>
          state === 'disabled'
            ? undefined
            : {
                action: 'disable',
                update: turnedOff(reason, clock.now()),
                details: { reason: reason.slice(0, 200) },
              },
        actor,
      );
      return shown(row);
    },

    async rotate(realm, id, overlap, actor) {
      checkOverlap(overlap);
      const { signature } = await rowOf(db, realm, id);
      const secret = makeWebhookSecret(signature as Endpoint['signature'], random);
      const row = await alter(
        realm,
        id,
        (before) => {
          const update = rotateSecret(store, before, { secret, overlap, now: clock.now() });
          return { action: 'rotate', update, details: { overlapSeconds: Math.round(overlap / 1000) } };
        },
        actor,
      );
      return { endpoint: shown(row), secret };
    },

    remove,

    async removeAll(organization, actor) {
      let removed = 0;
      for (const world of ['live', 'test'] as const) {
        for (const { id } of await selectEndpoints(db, { organization, world })) {
          await remove({ organization, world }, id, actor);
          removed++;
        }
      }
      return removed;
    },
  };
}
