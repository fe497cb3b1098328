import type { EndpointId } from '../../../lib/id.ts';
import type { Foundation } from '../../audit/index.ts';
import type { EventRealm } from '../events.ts';
import { reasons } from '../reasons.ts';
import type { Endpoint } from './endpoint.ts';
import {
  type EndpointRow,
  type EndpointStore,
  selectAllEndpoints,
  selectEndpointById,
} from './endpoint-store.ts';

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

/** One whose row is damaged, or another program wrote: nothing is signed for it. */
export interface UnusableEndpoint {
  endpoint: Endpoint;
  secret?: undefined;
  /** What an operator does about it. */
  reason: string;
}

/** Every endpoint that was not removed, in memory, as it was last committed. Secrets stay sealed until `open`. */
export type EndpointBook = ReturnType<typeof createEndpointBook>;

export interface EndpointBookDeps extends Pick<Foundation, 'db' | 'clock' | 'log'> {
  store: EndpointStore;
}

export function createEndpointBook({ db, store, clock, log }: EndpointBookDeps) {
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
    /** Reads all of them; before anything is relayed. */
    async load(): Promise<void> {
      const all = await selectAllEndpoints(db);
      rows.clear();
      for (const row of all) keep(row, row.id);
    },
    /** Enabled ones that want the event, callbacks' apart. `name` is `<family>.<event>`. */
    endpointsFor(realm: EventRealm, name: string): readonly Endpoint[] {
      wanted ??= byEvent(rows.values(), { store, clock, log });
      return wanted.get(keyOf(realm, name)) ?? [];
    },
    /** Whatever its state; undefined once it was removed. */
    async open(id: EndpointId): Promise<OpenEndpoint | UnusableEndpoint | undefined> {
      // One made in another transaction is not in memory yet.
      const known = stale.has(id) ? undefined : rows.get(id);
      const row = known ?? (await reread(id));
      if (row === undefined || row.state === 'removed') return undefined;
      const now = clock.now();
      const endpoint = store.toEndpoint(row, now);
      if (endpoint.altered) return { endpoint, reason: reasons['webhook-altered'] };
      const headers = store.openHeaders(row);
      if (headers === undefined || !store.isReadable(row))
        return { endpoint, reason: reasons['webhook-damaged'] };
      const next = store.openNextSecret(row);
      const over = next !== undefined && endpoint.cutOverAt === undefined;
      return {
        endpoint,
        secret: over ? next : store.openSecret(row),
        nextSecret: over ? undefined : next,
        headers,
        ca: row.ca ?? undefined,
        pin: row.pin ?? undefined,
      };
    },
    /** Those that get nothing because their rows are damaged, or another program wrote or changed them. */
    altered: (): EndpointId[] =>
      [...rows.values()]
        .filter((row) => !store.isOwn(row) || !store.isReadable(row))
        .map(({ id }) => id as EndpointId),
    /** Reads again what `refresh` could not read. Never throws. */
    async catchUp(): Promise<void> {
      for (const id of [...stale]) await reread(id).catch(() => {});
    },
    /**
     * After a transaction that changed it has ended. `committed` is trusted where the database cannot be read just now: what is
     * written is written. Never throws.
     */
    async refresh(id: EndpointId, committed?: EndpointRow): Promise<void> {
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
    const endpoint = store.toEndpoint(row, clock.now());
    if (endpoint.state.is === 'disabled') {
      log.error({ endpoint: row.id, reason: endpoint.state.reason }, 'a webhook endpoint gets nothing');
      continue;
    }
    for (const name of endpoint.events) {
      const key = keyOf(endpoint, name);
      built.set(key, [...(built.get(key) ?? []), endpoint]);
    }
  }
  return built;
}
