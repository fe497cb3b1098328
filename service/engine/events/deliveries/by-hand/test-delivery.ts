import type { DeliveryId, EndpointId, Ids } from '../../../../lib/id.ts';
import type { Locks } from '../../../../lib/locks.ts';
import { Problem } from '../../../../lib/problem.ts';
import type { RowIntegrity } from '../../../../storage/transaction.ts';
import type { Actor, Foundation } from '../../../audit/index.ts';
import type { EventRealm } from '../../events.ts';
import type { Endpoint, PayloadDialect } from '../../webhooks/endpoint.ts';
import type { EndpointBook } from '../../webhooks/endpoint-book.ts';
import type { EndpointKeeping } from '../../webhooks/endpoint-keeping.ts';
import type { Attempt, Attempted } from '../attempt.ts';
import type { Deliveries } from '../delivery.ts';
import { type ExchangeSealer, exchangeField, insertTest, sealOwned } from '../delivery-store.ts';
import type { Payloads } from '../payload.ts';
import { insertAttempts } from '../queue-store.ts';

export interface TestDeliveryDeps extends Pick<Foundation, 'inTransaction' | 'audit' | 'clock'> {
  sealer: ExchangeSealer;
  endpoints: Pick<EndpointBook, 'open'> & Pick<EndpointKeeping, 'noteOutcome'>;
  dialects: readonly PayloadDialect[];
  payloads: Payloads;
  attempt: Attempt;
  locks: Locks;
  ids: Pick<Ids, 'next'>;
  integrity: RowIntegrity;
}

/** One attempt, made at once and waited for; also to an endpoint that is disabled. It is in the log when its answer is there. */
export function createTestDelivery(deps: TestDeliveryDeps): Deliveries['test'] {
  const {
    inTransaction,
    sealer,
    endpoints,
    dialects,
    payloads,
    attempt,
    locks,
    audit,
    ids,
    clock,
    integrity,
  } = deps;

  async function record(
    realm: EventRealm,
    { delivery, endpoint, name, at, attempted }: Tested,
    actor: Actor,
  ): Promise<void> {
    const attemptId = ids.next('attempt');
    const accepted = attempted.outcome === 'delivered';
    const owner = { ...realm, subject: undefined };
    const exchange = await sealOwned(sealer, owner, exchangeField(attemptId), attempted.exchange);
    const reason = accepted ? null : attempted.sentence;
    const state = accepted ? 'delivered' : 'failed';
    await inTransaction(async (tx) => {
      await insertTest(tx, integrity, { id: delivery, realm, endpoint, name, state, reason, at });
      await insertAttempts(tx, [
        {
          id: attemptId,
          delivery,
          number: 1,
          at: attempted.at,
          outcome: attempted.outcome,
          status: attempted.status ?? null,
          milliseconds: attempted.milliseconds,
          exchange,
        },
      ]);
      // What was tried on purpose switches nothing off.
      if (accepted) await endpoints.noteOutcome(tx, endpoint, { accepted, at });
      await audit.add(tx, {
        actor,
        action: 'webhook.test',
        organization: realm.organization,
        target: endpoint,
        outcome: accepted ? 'done' : 'refused',
        details: { world: realm.world, delivery, event: name, result: attempted.outcome },
      });
    });
  }

  return async function test(realm, id, event, actor) {
    const to = await endpoints.open(id as Endpoint['id']);
    if (to?.endpoint.organization !== realm.organization || to.endpoint.world !== realm.world)
      throw new Problem(
        'NOT_FOUND',
        `There is no webhook endpoint with the id ${id.slice(0, 64)} in the ${realm.world} world.`,
      );
    const { endpoint } = to;
    if (to.secret === undefined) throw new Problem('CONFLICT', to.reason);
    if (endpoint.kind === 'callback')
      throw new Problem('CONFLICT', 'Callbacks go to the URL that each call names: there is none to test.');
    const name = nameOf(dialects, endpoint, event);
    const delivery = ids.next('delivery');
    const payload = payloads.sample(name, delivery);
    if (payload.is === 'nothing') throw new Problem('CONFLICT', `There is no sample: ${payload.reason}.`);
    // It holds a connection for as long as its receiver likes.
    const place = await locks.takeSlot('test-delivery', endpoint.id, 1);
    if (place.others > 0)
      throw new Problem(
        'CONFLICT',
        'A test of this endpoint is under way: it ends within 15 seconds, then try again.',
      );
    const at = clock.now();
    const attempted = await attempt({ to, url: endpoint.url, id: delivery, body: payload.body }).finally(
      place.free,
    );
    const tested = { delivery, endpoint: endpoint.id, name, at, attempted };
    await record(realm, tested, actor);
    const body = new TextDecoder().decode(payload.body);
    return toDelivery(tested, body);
  };
}

/** A test and its outcome. */
interface Tested {
  delivery: DeliveryId;
  endpoint: EndpointId;
  name: string;
  at: number;
  attempted: Attempted;
}

function toDelivery(
  { delivery, endpoint, name, at, attempted }: Tested,
  body: string,
): Awaited<ReturnType<Deliveries['test']>> {
  const { exchange: kept, outcome, status, milliseconds } = attempted;
  return {
    id: delivery,
    endpoint,
    event: undefined,
    name,
    origin: 'test',
    state:
      outcome === 'delivered' ? { is: 'delivered', at } : { is: 'failed', at, reason: attempted.sentence },
    attempts: 1,
    createdAt: at,
    log: [
      {
        number: 1,
        at: attempted.at,
        outcome,
        status,
        milliseconds: Math.round(milliseconds * 100) / 100,
        exchange: { request: { ...kept.request, body }, response: kept.response },
      },
    ],
  };
}

/** Throws INVALID_REQUEST for an event that the endpoint's family has not. */
function nameOf(
  dialects: readonly PayloadDialect[],
  { family, events }: Endpoint,
  wanted: string | undefined,
): string {
  const known = dialects.find((one) => one.family === family)?.events.map(({ name }) => name) ?? [];
  const name =
    wanted === undefined
      ? (events[0] ?? known[0])
      : known.find((one) => one === wanted || one === `${family}.${wanted}`);
  if (name !== undefined) return name;
  const message = `“${wanted?.slice(0, 64)}” is no event of the family ${family}, which has: ${known.join(', ')}.`;
  throw new Problem('INVALID_REQUEST', message, { details: [{ path: 'event', message }] });
}
