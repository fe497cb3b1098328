import { parseJson } from '../../../lib/canonical-json.ts';
import type { OrganizationId, World } from '../../../lib/id.ts';
import { isWaiting } from '../../../storage/legal-holds.ts';
import { numberedThrough } from '../../../storage/numbers.ts';
import { countRows } from '../../../storage/rows.ts';
import type { Db, Tx } from '../../../storage/transaction.ts';
import type { EventRealm, EventType } from '../../events/index.ts';
import { countedTypes, type SeenEvent } from './watching/counted-event.ts';

const PAGE = 1000;
/** Maximum number of events per world that are counted again at a start. */
const MOST_COUNTED_AGAIN = 200_000;

export type SeenEventsStore = ReturnType<typeof createSeenEventsStore>;

const counted = (from: Db | Tx, { organization, world }: EventRealm) =>
  from
    .selectFrom('outbox')
    .select(['id', 'seq', 'type', 'created_at', 'payload'])
    .where('organization', '=', organization)
    .where('world', '=', world)
    .where('type', 'in', countedTypes)
    .where('relayed_at', 'is not', null);

const oldestWaiting = (db: Db) =>
  db
    .selectFrom('outbox')
    .select(['seq', 'created_at'])
    .where('relayed_at', 'is', null)
    .where('seq', 'is not', null)
    .orderBy('seq')
    .limit(1)
    .executeTakeFirst();

/** Without those that are damaged: they count for no rule. */
const toSeenEvents = (
  { organization, world }: EventRealm,
  rows: readonly { id: string; type: string; created_at: number; payload: string }[],
): SeenEvent[] =>
  rows.flatMap((row) => {
    const payload = parseJson(row.payload);
    if (payload === undefined) return [];
    const { id, created_at: at } = row;
    return {
      id,
      type: row.type as EventType,
      organization: organization as OrganizationId,
      world: world as World,
      at,
      payload,
    };
  });

/** What alerts read of the outbox and of deliveries. */
export function createSeenEventsStore({ db }: { db: Db }) {
  return {
    /** The place up to which every event was relayed; 0 when none was. */
    async relayedThrough(): Promise<number> {
      const last = await numberedThrough(db, 'outbox');
      const waiting = await oldestWaiting(db);
      return Math.min(last, (waiting?.seq ?? last + 1) - 1);
    },
    /** When the first event happened that waits to be relayed, ms since 1970; undefined when none does. */
    async oldestWaiting(): Promise<number | undefined> {
      return (await oldestWaiting(db))?.created_at;
    },
    /** Pages of what was relayed since a time and up to a place, in order of time. */
    async *relayedSince(realm: EventRealm, since: number, through: number): AsyncGenerator<SeenEvent[]> {
      const latest = await counted(db, realm)
        .where('created_at', '>=', since)
        .orderBy('created_at', 'desc')
        .limit(1)
        .offset(MOST_COUNTED_AGAIN)
        .executeTakeFirst();
      let [at, after] = [latest?.created_at ?? since, 0];
      for (;;) {
        const rows = await counted(db, realm)
          .where('seq', '<=', through)
          .where(({ eb, or, and }) =>
            or([eb('created_at', '>', at), and([eb('created_at', '=', at), eb('seq', '>', after)])]),
          )
          .orderBy('created_at')
          .orderBy('seq')
          .limit(PAGE)
          .execute();
        if (rows.length > 0) yield toSeenEvents(realm, rows);
        const last = rows.at(-1);
        if (!last || rows.length < PAGE) return;
        [at, after] = [last.created_at, last.seq ?? 0];
      }
    },
    /** What was relayed after a place, in order. */
    async relayedAfter(tx: Tx, realm: EventRealm, place: number): Promise<SeenEvent[]> {
      const rows = await counted(tx, realm).where('seq', '>', place).orderBy('seq').execute();
      return toSeenEvents(realm, rows);
    },
    /** Also true of an event that is not there any more. */
    async isRelayed(tx: Tx, id: string): Promise<boolean> {
      const row = await tx.selectFrom('outbox').select('relayed_at').where('id', '=', id).executeTakeFirst();
      return row?.relayed_at !== null;
    },
    waitingDeliveries: ({ organization, world }: EventRealm): Promise<number> =>
      db
        .selectFrom('delivery')
        .where('organization', '=', organization)
        .where('world', '=', world)
        .where(isWaiting)
        .where('kind', '=', 'webhook')
        .$call(countRows),
  };
}
