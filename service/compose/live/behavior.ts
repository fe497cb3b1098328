import { randomFillSync } from 'node:crypto';
import {
  type BehaviorChallenges,
  type BehaviorSettingsOf,
  createBehaviorChallenges,
  createBehaviorSettings,
  createHeartbeats,
  createVerdicts,
  type Heartbeats,
  type Verdicts,
} from '../../engine/behavior/index.ts';
import { createChallengePictures } from '../../inference/pictures/challenge-pictures.ts';
import { createSteadyClock } from '../../lib/machine/steady-clock.ts';
import type { Audited, Callers } from '../audit.ts';
import type { Base } from '../base.ts';
import type { Outbound } from '../outbound.ts';
import type { People } from '../people.ts';

export interface Behavior {
  behaviorSettings: BehaviorSettingsOf;
  verdicts: Verdicts;
  behaviorChallenges: BehaviorChallenges;
  heartbeats: Heartbeats;
}

/** Verdicts on the behavior of users of a page, their challenges and the heartbeats that follow. */
export function createBehavior({
  ground,
  vault,
  opened,
  audit,
  limits,
  behaviorLayers,
  eventsOut: { events, webhooks, alerts },
}: Pick<Base, 'ground' | 'vault' | 'opened'> &
  Pick<Audited, 'audit'> &
  Pick<Callers, 'limits'> &
  Pick<People, 'behaviorLayers'> &
  Pick<Outbound, 'eventsOut'>): Behavior {
  const behaviorSettings = createBehaviorSettings({ ...ground, audit });
  const steady = createSteadyClock(ground.clock);
  const verdicts = createVerdicts({
    ...ground,
    audit,
    limits,
    events,
    integrity: vault.integrity,
    settings: behaviorSettings,
    steady,
    receives: receiversOf(webhooks, alerts),
    learned: ({ organization }) => behaviorLayers.learned(organization),
  });
  opened.defer(() => verdicts.settled());
  const shared = { ...ground, audit, integrity: vault.integrity, verdicts, behaviorSettings, steady };
  return {
    behaviorSettings,
    verdicts,
    behaviorChallenges: createBehaviorChallenges({
      ...shared,
      pictures: createChallengePictures(randomFillSync),
    }),
    heartbeats: createHeartbeats(shared),
  };
}

/** Whether an event of a verdict has a receiver: a webhook, or a rule that counts verdicts. */
export const receiversOf =
  (
    webhooks: Pick<Outbound['eventsOut']['webhooks'], 'endpointsFor'>,
    alerts: Pick<Outbound['eventsOut']['alerts'], 'watches'>,
  ): Parameters<typeof createVerdicts>[0]['receives'] =>
  (realm, { human }) =>
    webhooks.endpointsFor(realm, `behavior.${human ? 'human.verified' : 'bot.detected'}`).length > 0 ||
    alerts.watches(realm, 'bot-rate');
