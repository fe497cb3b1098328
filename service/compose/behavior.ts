import { randomFillSync } from 'node:crypto';
import { insertTokenUse } from '../engine/accounts/index.ts';
import type { Alerts } from '../engine/appliance/index.ts';
import {
  type BehaviorSettingsOf,
  createBehaviorChallenges,
  createBehaviorLayers,
  createHeartbeats,
  createVerdicts,
} from '../engine/behavior/index.ts';
import type { EndpointWebhooks } from '../engine/events/index.ts';
import { createChallengePictures } from '../inference/pictures/challenge-pictures.ts';
import { createSteadyClock } from '../lib/clock.ts';
import type { Accounts } from './accounts.ts';
import type { EventsOut } from './events.ts';
import type { Foundation } from './foundation.ts';

export type Behavior = ReturnType<typeof createBehavior>;

/** Verdicts on the behavior of users of a page, their challenges and the heartbeats that follow. */
export function createBehavior(
  { db, inTransaction, sealer, integrity, audit, ids, clock, log, position, opened }: Foundation,
  { limits }: Accounts,
  { events, webhooks }: EventsOut,
  { alerts, behaviorSettings }: { alerts: Alerts; behaviorSettings: BehaviorSettingsOf },
) {
  const behaviorLayers = createBehaviorLayers({ db, inTransaction, audit, clock, integrity });
  const steady = createSteadyClock(clock);
  const verdicts = createVerdicts({
    db,
    inTransaction,
    sealer,
    integrity,
    audit,
    ids,
    clock,
    steady,
    log,
    limits,
    use: insertTokenUse,
    events,
    settings: behaviorSettings,
    receives: receiversOf(webhooks, alerts),
    learned: ({ organization }) => behaviorLayers.learned(organization),
  });
  opened.defer(() => verdicts.settled());
  const behaviorChallenges = createBehaviorChallenges({
    db,
    inTransaction,
    integrity,
    audit,
    ids,
    clock,
    behaviorSettings,
    verdicts,
    pictures: createChallengePictures(randomFillSync),
    shared: position.shared,
  });
  const heartbeats = createHeartbeats({ inTransaction, integrity, clock, steady, verdicts });
  return { behaviorLayers, verdicts, behaviorChallenges, heartbeats };
}

/** Whether an event of a verdict has a receiver: a webhook, or a rule that counts verdicts. */
export const receiversOf =
  (
    webhooks: Pick<EndpointWebhooks, 'endpointsFor'>,
    alerts: Pick<Alerts, 'watches'>,
  ): Parameters<typeof createVerdicts>[0]['receives'] =>
  (realm, { human }) =>
    webhooks.endpointsFor(realm, `behavior.${human ? 'human.verified' : 'bot.detected'}`).length > 0 ||
    alerts.watches(realm, 'bot-rate');
