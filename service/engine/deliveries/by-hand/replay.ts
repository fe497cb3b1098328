import { setImmediate as pause } from 'node:timers/promises';
import type { Clock } from '../../../lib/clock.ts';
import type { Ids, SubjectId } from '../../../lib/id.ts';
import { Problem } from '../../../lib/problem.ts';
import type { Db, InTransaction } from '../../../storage/transaction.ts';
import type { Actor, Audit } from '../../audit/index.ts';
import { type EventRealm, type OpenSealer, openEvents } from '../../events/index.ts';
import type { Endpoint, EndpointBook, PayloadDialect } from '../../webhooks/index.ts';
import type { Deliveries } from '../delivery.ts';
import { hasUntriedReplay, selectEventsBetween, selectSeqs } from '../delivery-store.ts';
import type { DeliveryQueue } from '../queue.ts';
import type { NewDelivery } from '../queue-store.ts';

export interface ReplayDeps {
  db: Db;
  inTransaction: InTransaction;
  sealer: OpenSealer;
  endpoints: Pick<EndpointBook, 'open'>;
  dialects: readonly PayloadDialect[];
  queue: Pick<DeliveryQueue, 'add' | 'wake'>;
  audit: Audit;
  ids: Pick<Ids, 'next'>;
  clock: Clock;
}

/** Events read in one query, of all organizations. */
const PAGE = 100;
/** Longest span of one replay. */
const DAYS_MOST = 30;
const DAY = 86_400_000;

/** In pages, one transaction each: an interrupted replay has sent its first pages, and the audit line of its start exists. */
export function createReplay(deps: ReplayDeps): Deliveries['replay'] {
  const { db, inTransaction, endpoints, queue, audit, clock } = deps;
  async function endpointOf(realm: EventRealm, id: string): Promise<Endpoint> {
    const found = await endpoints.open(id as Endpoint['id']);
    const endpoint = found?.endpoint;
    if (endpoint?.organization !== realm.organization || endpoint.world !== realm.world)
      throw new Problem(
        'NOT_FOUND',
        `There is no webhook endpoint with the id ${id.slice(0, 64)} in the ${realm.world} world.`,
      );
    if (endpoint.kind === 'callback')
      throw new Problem('CONFLICT', 'Callbacks are not replayed: resend the deliveries one by one.');
    if (endpoint.state.is === 'disabled')
      throw new Problem('CONFLICT', `The endpoint is disabled (${endpoint.state.reason}): enable it first.`);
    return endpoint;
  }

  async function queueAll(
    realm: EventRealm,
    endpoint: Endpoint,
    { since, before }: { since: number; before: number },
    actor: Actor,
  ): Promise<number> {
    const note = (tx: Parameters<Audit['add']>[0], action: string, details: Record<string, unknown>) =>
      audit.add(tx, {
        actor,
        action,
        organization: realm.organization,
        target: endpoint.id,
        details: { world: realm.world, since, until: before, ...details },
      });
    await inTransaction((tx) => note(tx, 'webhook.replay.begin', {}));
    const seqs = await selectSeqs(db);
    let deliveries = 0;
    for (let after = (seqs?.first ?? 1) - 1; after < (seqs?.last ?? 0); after += PAGE) {
      const until = Math.min(after + PAGE, seqs!.last);
      const planned = await planPage(deps, realm, endpoint, { after, until, since, before });
      if (planned.length > 0) {
        await inTransaction((tx) => queue.add(tx, planned));
        queue.wake();
      }
      deliveries += planned.length;
      await pause();
    }
    await inTransaction((tx) => note(tx, 'webhook.replay', { deliveries }));
    return deliveries;
  }

  const underWay = new Set<Endpoint['id']>();

  return async function replay(realm, order, actor) {
    const { since, until: before = clock.now() + 1 } = order;
    checkSpan(since, before);
    const endpoint = await endpointOf(realm, order.endpoint);
    if (underWay.has(endpoint.id)) throw alreadyRunning();
    underWay.add(endpoint.id);
    try {
      if (await hasUntriedReplay(db, endpoint)) throw alreadyRunning();
      return { deliveries: await queueAll(realm, endpoint, { since, before }, actor) };
    } finally {
      underWay.delete(endpoint.id);
    }
  };
}

/** The deliveries of one page of events. */
async function planPage(
  { db, sealer, dialects, ids }: Pick<ReplayDeps, 'db' | 'sealer' | 'dialects' | 'ids'>,
  realm: EventRealm,
  { id, family, events }: Endpoint,
  range: { after: number; until: number; since: number; before: number },
): Promise<NewDelivery[]> {
  const dialect = dialects.find((one) => one.family === family);
  const rows = await selectEventsBetween(db, realm, range);
  const opened = await openEvents(sealer, rows);
  const planned = rows.flatMap((row, i): NewDelivery[] => {
    const one = opened[i]!;
    const name = one.is === 'open' ? dialect?.translate(one.event)?.name : undefined;
    if (name === undefined || !events.includes(name)) return [];
    return [
      {
        id: ids.next('delivery'),
        ...realm,
        endpoint: id,
        event: row.id,
        name,
        subject: (row.subject as SubjectId | null) ?? undefined,
        origin: 'replay',
      },
    ];
  });
  const inOrder = planned.map((one) => one.id).sort();
  return planned.map((one, i) => ({ ...one, id: inOrder[i]! }));
}

/** Throws INVALID_REQUEST. */
function checkSpan(since: number, before: number): void {
  if (!Number.isSafeInteger(since) || !Number.isSafeInteger(before) || since >= before)
    throw new Problem('INVALID_REQUEST', 'A replay goes from a time to a later one.', {
      details: [{ path: 'since', message: 'Must be before the end of the replay.' }],
    });
  if (before - since > DAYS_MOST * DAY) throw tooLong();
}

const tooLong = () =>
  new Problem(
    'INVALID_REQUEST',
    `A replay covers at most ${DAYS_MOST} days: name a later start or an earlier end, and replay the rest after it.`,
    { details: [{ path: 'since', message: `Must be at most ${DAYS_MOST} days before the end.` }] },
  );

/** Two at a time would be out of order, and many would fill the queue. */
const alreadyRunning = () =>
  new Problem(
    'CONFLICT',
    'A replay to this endpoint is running: ask again when each of its deliveries has been tried once.',
  );
