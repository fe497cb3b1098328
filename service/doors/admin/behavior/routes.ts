import { judgeBehavior } from '../../../engine/behavior/index.ts';
import type { BehaviorLayers } from '../../../engine/behavior-layer/index.ts';
import type { BehaviorSettingsOf } from '../../../engine/behavior-settings/index.ts';
import type { Verdicts } from '../../../engine/verdicts/index.ts';
import { toPage } from '../../../http/cursor.ts';
import type { Clock } from '../../../lib/clock.ts';
import { defined } from '../../../lib/defined.ts';
import { managers, readers } from '../may-call.ts';
import { type AdminRoute, route } from '../route.ts';
import { fromScores, fromTry, fromVerdict } from './translate.ts';
import {
  ScoreQuery,
  ScoresReply,
  SettingsReply,
  SettingsRequest,
  TryReply,
  TryRequest,
  VerdictListReply,
  VerdictQuery,
} from './wire.ts';

export interface BehaviorRouteDeps {
  verdicts: Pick<Verdicts, 'recent' | 'distribution'>;
  behaviorSettings: Pick<BehaviorSettingsOf, 'get' | 'set'>;
  behaviorLayers: Pick<BehaviorLayers, 'learned'>;
  clock: Clock;
}

const tag = 'behavior';
const keyRefusal =
  'No API key may see how behavior was judged, or change how it is: that takes an administrator.';
const looking = { operator: true, administrator: readers, key: false } as const;
const changing = { operator: true, administrator: managers, key: false } as const;
const DAY = 86_400_000;
const days = { day: 1, week: 7, month: 30 } as const;

/** Human, bot or agent: verdicts, their distribution, settings, and the administrator's own session. */
export const behaviorRoutes = (deps: BehaviorRouteDeps): AdminRoute[] => [
  ...verdictRoutes(deps),
  ...settingRoutes(deps),
];

const verdictRoutes = ({ verdicts, behaviorLayers, clock }: BehaviorRouteDeps): AdminRoute[] => [
  route({
    tag,
    keyRefusal,
    within: 'world',
    may: looking,
    method: 'GET',
    url: '/behavior/verdicts',
    operationId: 'listBehaviorVerdicts',
    effect: 'reads-personal',
    summary: 'List verdicts on behavior',
    description:
      'Verdicts whose tokens have not run out. Who was judged is not among them: only a keyed hash is stored.',
    query: VerdictQuery,
    reply: VerdictListReply,
    async handle({ realm, query: { limit, cursor, human } }) {
      const only = human === undefined ? undefined : human === 'true';
      const found = await verdicts.recent(realm, {
        limit: limit + 1,
        ...defined({ before: cursor, human: only }),
      });
      return toPage(found.map(fromVerdict), limit, ({ id }) => id);
    },
  }),
  route({
    tag,
    keyRefusal,
    within: 'world',
    may: looking,
    method: 'GET',
    url: '/behavior/scores',
    operationId: 'getBehaviorScores',
    effect: 'none',
    summary: 'Show the distribution of scores',
    description: 'How many verdicts had which score, by days of UTC.',
    query: ScoreQuery,
    reply: ScoresReply,
    async handle({ realm, query: { span } }) {
      const now = clock.now();
      const from = now - (now % DAY) - (days[span] - 1) * DAY;
      return fromScores(await verdicts.distribution(realm, from), from);
    },
  }),
  route({
    tag,
    keyRefusal,
    within: 'organization',
    may: looking,
    method: 'POST',
    url: '/behavior/try',
    operationId: 'tryBehavior',
    effect: 'none',
    summary: 'Judge a window of your own session',
    description:
      'Judges it by the rules alone, and with the learned layer where one is in use. Nothing is kept, and no event is sent.',
    body: TryRequest,
    reply: TryReply,
    handle: ({ organization, body: { sessionData } }) => {
      const learned = behaviorLayers.learned(organization);
      return fromTry(
        judgeBehavior(sessionData, {}),
        learned.model && { weights: learned.model.id, judgement: judgeBehavior(sessionData, learned) },
      );
    },
  }),
];

const settingRoutes = ({ behaviorSettings }: BehaviorRouteDeps): AdminRoute[] => [
  route({
    tag,
    keyRefusal,
    within: 'organization',
    may: looking,
    method: 'GET',
    url: '/behavior/settings',
    operationId: 'getBehaviorSettings',
    effect: 'none',
    summary: 'Show how behavior is judged',
    description: 'How long tokens count, the form of challenges, and the agents that may declare themselves.',
    reply: SettingsReply,
    handle: ({ organization }) => behaviorSettings.get(organization),
  }),
  route({
    tag,
    keyRefusal,
    within: 'organization',
    may: changing,
    method: 'PUT',
    url: '/behavior/settings',
    operationId: 'changeBehaviorSettings',
    effect: 'weakens-protection',
    summary: 'Change how behavior is judged',
    description: 'Changes the named settings; tokens that were given out keep their time.',
    body: SettingsRequest,
    reply: SettingsReply,
    refuses: ['STORAGE_FULL'],
    handle: ({ organization, body, who }) => behaviorSettings.set(organization, defined(body), who),
  }),
];
