import type { Clock } from '../../lib/clock.ts';
import type { EndpointId, OrganizationId, World } from '../../lib/id.ts';
import type { Tx } from '../../storage/transaction.ts';
import type { Events } from '../events/index.ts';
import type { EndpointKeeping } from '../webhooks/index.ts';
import { wasTriedBetween } from './delivery-work-store.ts';

export interface JudgeEndpointDeps {
  endpoints: Pick<EndpointKeeping, 'noteOutcome' | 'switchOff'>;
  /** An endpoint was switched off: what is in memory of it is to be read again once the transaction has ended. */
  switchedOff(endpoint: EndpointId): void;
  events: Events;
  clock: Clock;
}

/** An endpoint that accepted nothing for so long is disabled. */
const FAILING_FOR = 5 * 86_400_000;
/** After a longer pause the clock jumped, or the failures are too old to count: the days of failure restart. */
const LONGEST_SILENCE = 30 * 86_400_000;

/** The effect of one attempt on its endpoint. */
export interface Sign {
  organization: OrganizationId;
  world: World;
  at: number;
  accepted: boolean;
  gone: boolean;
}

/** Decides from what its attempts say whether an endpoint fails, and switches it off after five days or a 410. */
export function createJudgeEndpoint({ endpoints, switchedOff, events, clock }: JudgeEndpointDeps) {
  async function switchOff(tx: Tx, id: EndpointId, sign: Sign, reason: string): Promise<void> {
    switchedOff(id);
    if (!(await endpoints.switchOff(tx, id, reason))) return;
    const { organization, world } = sign;
    await events.add(tx, {
      type: 'webhook.disabled',
      organization,
      world,
      payload: { endpoint: id, reason },
    });
  }

  async function beginAnew(tx: Tx, id: EndpointId, at: number): Promise<void> {
    await endpoints.noteOutcome(tx, id, { accepted: true, at });
    await endpoints.noteOutcome(tx, id, { accepted: false, at });
  }

  /** An endpoint that accepted a delivery works. */
  return async function judge(tx: Tx, id: EndpointId, signs: readonly Sign[]): Promise<void> {
    const accepted = signs.some((sign) => sign.accepted);
    const gone = signs.find((sign) => sign.gone);
    const first = Math.min(...signs.map(({ at }) => at));
    const { failingSince } = await endpoints.noteOutcome(tx, id, { accepted, at: first });
    if (gone) {
      await switchOff(tx, id, gone, 'The receiver answered 410 (gone): deliveries are stopped.');
    } else if (failingSince !== undefined && clock.now() - failingSince >= FAILING_FOR) {
      if (await wasTriedBetween(tx, id, { since: first - LONGEST_SILENCE, before: first }))
        await switchOff(tx, id, signs[0]!, 'It accepted nothing for five days.');
      else await beginAnew(tx, id, first);
    }
  };
}
