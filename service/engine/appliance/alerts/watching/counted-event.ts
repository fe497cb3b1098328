import type { OrganizationId, SubjectId, World } from '../../../../lib/id.ts';
import type { EventPayloads, EventType } from '../../../events/index.ts';
import type { AlertDefinition, AlertMetric } from '../alert.ts';

/** What rules read of an event. */
export interface SeenEvent {
  id: string;
  type: EventType;
  organization: OrganizationId;
  world: World;
  /** Milliseconds since 1970. */
  at: number;
  payload: unknown;
}

/** An event counted by a rule, with its group. */
export interface Counted {
  group: string;
  /** The subject or key that is counted apart. */
  about?: string;
  subject?: SubjectId;
  /** For `bot-rate`: whether the visitor was a program. */
  bot?: boolean;
}

/** Types that any rule counts: the only ones that are read again at a start. None is written because of an alert. */
export const countedTypes = ['verification.verified', 'verification.refused', 'behavior.judged'] as const;

/** Checks whose failure a metric counts. */
const failedCheck: Partial<Record<AlertMetric, string>> = {
  'spoof-attempts': 'liveness',
  'impossible-travel': 'impossibleTravel',
  'unknown-device': 'deviceConsistency',
};

/** Undefined where the rule does not count this event. */
export function countedAs(
  { metric, filter }: Pick<AlertDefinition, 'metric' | 'filter'>,
  event: SeenEvent,
): Counted | undefined {
  if (event.type === 'behavior.judged')
    return metric === 'bot-rate'
      ? { group: '', bot: !(event.payload as EventPayloads['behavior.judged']).human }
      : undefined;
  if (event.type !== 'verification.verified' && event.type !== 'verification.refused') return undefined;
  const { actor, profile, profileSlug, subject, notPassed } =
    event.payload as EventPayloads['verification.refused'];
  if (filter.key !== undefined && actor !== `key:${filter.key}`) return undefined;
  if (filter.profile !== undefined && filter.profile !== profile && filter.profile !== profileSlug)
    return undefined;
  if (filter.subject !== undefined && filter.subject !== subject) return undefined;
  const refused = event.type === 'verification.refused';
  const person = subject === undefined ? { group: '' } : { group: subject, about: subject, subject };
  switch (metric) {
    case 'failures-per-person':
      return refused && subject !== undefined ? person : undefined;
    case 'failures-per-key': {
      if (!refused || !actor.startsWith('key:')) return undefined;
      const key = actor.slice('key:'.length);
      return { group: key, about: key };
    }
    case 'spoof-attempts':
      return notPassed.includes(failedCheck[metric]!) ? { group: '' } : undefined;
    case 'impossible-travel':
    case 'unknown-device':
      return notPassed.includes(failedCheck[metric]!) ? person : undefined;
    default:
      return undefined;
  }
}
