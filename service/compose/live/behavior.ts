import { type BehaviorSettingsOf, createBehaviorSettings } from '../../engine/behavior-settings/index.ts';
import { createVerdicts, type Verdicts } from '../../engine/verdicts/index.ts';
import type { Audited } from '../audit.ts';
import type { Base } from '../base.ts';
import type { Callers } from '../callers.ts';
import type { Outbound } from '../outbound.ts';

export interface Behavior {
  behaviorSettings: BehaviorSettingsOf;
  verdicts: Verdicts;
}

/** Verdicts on the behavior of users of a page. */
export function createBehavior({
  ground,
  vault,
  opened,
  audit,
  limits,
  eventsOut: { events, webhooks },
}: Pick<Base, 'ground' | 'vault' | 'opened'> &
  Pick<Audited, 'audit'> &
  Pick<Callers, 'limits'> &
  Pick<Outbound, 'eventsOut'>): Behavior {
  const behaviorSettings = createBehaviorSettings({ ...ground, audit });
  const verdicts = createVerdicts({
    ...{ ...ground, audit, limits, events, integrity: vault.integrity, settings: behaviorSettings },
    receives: receiversOf(webhooks),
  });
  opened.defer(() => verdicts.settled());
  return { behaviorSettings, verdicts };
}

/** Whether an event of a verdict has a receiver. */
export const receiversOf =
  (
    webhooks: Pick<Outbound['eventsOut']['webhooks'], 'endpointsFor'>,
  ): Parameters<typeof createVerdicts>[0]['receives'] =>
  (realm, { human }) =>
    webhooks.endpointsFor(realm, `behavior.${human ? 'human.verified' : 'bot.detected'}`).length > 0;
