import type { OrganizationId } from '../../../lib/id.ts';
import type { RowIntegrity } from '../../../storage/transaction.ts';
import type { Actor, Foundation } from '../../audit/index.ts';
import type { Destinations } from '../destinations/destination.ts';
import type { EventRealm } from '../events.ts';
import { checkOverlap, createAddEndpoint, createApplyChange, rotateSecret } from './add-endpoint.ts';
import type { Endpoint, PayloadDialect, Webhooks } from './endpoint.ts';
import { createEndpointBook, type EndpointBook } from './endpoint-book.ts';
import {
  type Alteration,
  createEndpointKeeping,
  createEndpointWriter,
  type EndpointKeeping,
  turnedOff,
} from './endpoint-keeping.ts';
import {
  createEndpointStore,
  type EndpointRow,
  type EndpointSealer,
  type EndpointUpdate,
  requireEndpoint,
  selectEndpointPage,
  selectEndpoints,
  selectLiveEndpoints,
} from './endpoint-store.ts';
import { type FillRandom, makeWebhookSecret } from './signature.ts';

export interface WebhooksDeps extends Foundation {
  sealer: EndpointSealer;
  destinations: Pick<Destinations, 'check'>;
  dialects: readonly PayloadDialect[];
  random: FillRandom;
  integrity: RowIntegrity;
}

/** All of it; who asks for endpoints sees Webhooks, who delivers sees the rest. */
export type EndpointWebhooks = Webhooks &
  EndpointBook &
  EndpointKeeping & {
    /** Those of an organization in both worlds, before its secrets are destroyed. Gives how many. */
    removeAll(organization: OrganizationId, actor: Actor): Promise<number>;
  };

export function createWebhooks(deps: WebhooksDeps): EndpointWebhooks {
  const { db, dialects, clock, random } = deps;
  const store = createEndpointStore(deps);
  const book = createEndpointBook({ ...deps, store });
  const writer = createEndpointWriter({ ...deps, book, store });
  const { alter, note } = writer;
  const parts = { ...deps, store, writer };
  const shown = (row: EndpointRow) => store.toEndpoint(row, clock.now());

  async function remove(realm: EventRealm, id: string, actor: Actor): Promise<void> {
    await alter(realm, id, (row) => ({ action: 'remove', update: emptied(row, clock.now()) }), actor);
  }

  return {
    ...book,
    ...createEndpointKeeping({ ...deps, store, note }),
    catalog: () => dialects.flatMap(({ family, events }) => events.map((event) => ({ family, ...event }))),

    add: createAddEndpoint(parts),
    change: createApplyChange(parts),

    list: async (realm, filter = {}) => (await selectEndpoints(db, realm, filter)).map(shown),
    page: async (realm, page) => (await selectEndpointPage(db, realm, page)).map(shown),
    async troubles() {
      const live = await selectLiveEndpoints(db);
      const needing = live.filter(({ kind, state }) => kind === 'endpoint' && state === 'enabled');
      return {
        failing: live.filter(({ state, failing_since }) => state === 'disabled' || failing_since !== null)
          .length,
        granted: [...new Set(needing.map(({ organization }) => organization as OrganizationId))],
      };
    },
    get: async (realm, id) => shown(await requireEndpoint(db, realm, id)),

    async enable(realm, id, actor) {
      return shown(await alter(realm, id, (row) => enabling(row, clock.now()), actor));
    },
    async disable(realm, id, reason, actor) {
      return shown(await alter(realm, id, (row) => disabling(row, reason, clock.now()), actor));
    },

    async rotate(realm, id, overlap, actor) {
      checkOverlap(overlap);
      const { signature } = await requireEndpoint(db, realm, id);
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

const enabling = ({ state }: EndpointRow, now: number): Alteration | undefined =>
  state === 'enabled'
    ? undefined
    : {
        action: 'enable',
        update: { state: 'enabled', state_reason: null, state_at: now, failing_since: null },
      };

const disabling = ({ state }: EndpointRow, reason: string, now: number): Alteration | undefined =>
  state === 'disabled'
    ? undefined
    : { action: 'disable', update: turnedOff(reason, now), details: { reason: reason.slice(0, 200) } };

/** Nothing that was secret is left in the row; what the log calls it by stays. */
const emptied = (row: EndpointRow, now: number): EndpointUpdate => ({
  state: 'removed',
  state_at: now,
  url: row.url === '' ? '' : new URL(row.url).origin,
  secret_sealed: new Uint8Array(),
  next_secret_sealed: null,
  headers_sealed: null,
  cut_over_at: null,
  ca: null,
  pin: null,
});
