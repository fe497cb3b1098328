import { z } from 'zod';
import {
  type BehaviorLayers,
  BehaviorSettings,
  type BehaviorSettingsOf,
  type Judgement,
  judgeBehavior,
  SessionData,
  type Verdicts,
} from '../../engine/behavior/index.ts';
import { pageQuery, pageReply, toPage } from '../../http/cursor.ts';
import type { Clock } from '../../lib/clock.ts';
import { helpPath } from '../../lib/installation.ts';
import { time } from '../../lib/record-fields.ts';
import { idOf } from './ids.ts';
import { byManagers, byReaders } from './may-call.ts';
import { flag } from './request-fields.ts';
import { type AdminRoute, route } from './route.ts';

const confidence = z.number().describe('0 to 1, in two decimals; human from 0.50 on');
const score = z.int().describe('100 · confidence');
const human = z.boolean().describe('Whether the confidence is at least 0.50');
const notes = z.array(z.string()).describe(`What the window showed (${helpPath('BEHAVIOR')})`);
const agent = z
  .strictObject({
    is_agent: z.boolean().describe('A program'),
    agent_confidence: z.number().describe('How certain, 0 to 1'),
    signals: z.array(z.string()).describe('The rules that fired'),
  })
  .optional()
  .describe('Whether a program drives the browser; absent without signals');

const VerdictQuery = z.strictObject({
  ...pageQuery(idOf('verdict')),
  human: flag().optional().describe('Only verdicts on people, or on programs'),
});

const VerdictReply = z
  .object({
    id: z.string().describe('Id'),
    kind: z
      .enum(['verified', 'challenge'])
      .describe('What the token is from: a window, or a challenge that was passed'),
    at: time('When it was judged'),
    expiresAt: time('Until when its token counts and the verdict is kept'),
    human,
    confidence,
    score,
    notes,
    agent,
    evidence: z.number().describe('How much the window held; little is under 0.35'),
  })
  .meta({
    id: 'BehaviorVerdict',
    description: 'A verdict on behavior, without its token and its user.',
    examples: [
      {
        id: 'vdt_01m7w3hb8hbf355he5zqwjztdk',
        kind: 'verified' as const,
        at: '2026-11-21T20:12:00.000Z',
        expiresAt: '2026-11-22T20:12:00.000Z',
        human: false,
        confidence: 0.02,
        score: 2,
        notes: ['bot_typing', 'teleport_clicks'],
        agent: { is_agent: true, agent_confidence: 0.99, signals: ['bot_typing', 'teleport_clicks'] },
        evidence: 1.4,
      },
    ],
  });

const VerdictListReply = pageReply(VerdictReply, 'Verdicts, the newest first', 'BehaviorVerdictPage');

const ScoreQuery = z.strictObject({
  span: z
    .enum(['day', 'week', 'month'])
    .default('week')
    .describe('Today (UTC), the last 7 days or the last 30'),
});

const count = z.int().min(0);

const ScoresReply = z
  .strictObject({
    from: time('Start of the first day'),
    verdicts: count.describe('Number of verdicts'),
    humans: count.describe('Of these, on people (score of at least 50)'),
    agents: count.describe('Of these, on programs (`is_agent`)'),
    bins: z
      .array(
        z.strictObject({
          from: z.int().describe('Lowest score of the bin'),
          to: z.int().describe('Highest score of the bin'),
          verdicts: count.describe('Number of verdicts'),
          agents: count.describe('Of these, on programs'),
        }),
      )
      .describe('Twenty bins of five scores, the last of six'),
  })
  .meta({
    id: 'BehaviorScores',
    description: 'Distribution of scores. Days are those of UTC.',
    examples: [
      {
        from: '2026-11-15T00:00:00.000Z',
        verdicts: 412,
        humans: 380,
        agents: 29,
        bins: [{ from: 0, to: 4, verdicts: 29, agents: 29 }],
      },
    ],
  });

const settings = {
  tokenHours: 24,
  challengePictures: false,
  agents: [{ name: 'Example Agent', keys: ['11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo'] }],
};

const SettingsReply = z.strictObject(BehaviorSettings.shape).meta({
  id: 'BehaviorSettings',
  description: 'How behavior is judged.',
  examples: [settings],
});

/** What is not named stays. */
const SettingsRequest = BehaviorSettings.partial().meta({
  id: 'BehaviorSettingsChange',
  examples: [{ tokenHours: 12 }],
});

const TryRequest = z.strictObject({ sessionData: SessionData }).meta({
  id: 'BehaviorTry',
  description: 'A window of your own session.',
  examples: [{ sessionData: (SessionData.meta()?.examples as unknown[] | undefined)?.[0] }],
});

const judged = { human, confidence, score, notes, agent };

const TryReply = z
  .strictObject({
    ...judged,
    evidence: z.number().describe('How much the window held; little is under 0.35'),
    learned: z
      .strictObject({
        weights: z.string().describe('Id of the weights in use'),
        ...judged,
        z: z.number().optional().describe('As the weights score it; absent without a movement'),
        logOdds: z
          .number()
          .optional()
          .describe('What the movements count for; negative: speaks for a program'),
      })
      .optional()
      .describe('Judged with the learned layer too; absent where rules judge alone'),
    rules: z
      .array(
        z.strictObject({
          name: z.string().describe('Name'),
          logOdds: z.number().describe('What it adds; negative: speaks for a program'),
        }),
      )
      .describe('The rules that fired'),
  })
  .meta({
    id: 'BehaviorTryReply',
    description:
      'Judged by the rules alone, and with the learned layer where one is in use. Nothing is kept.',
    examples: [
      {
        human: true,
        confidence: 0.62,
        score: 62,
        notes: ['organic_typing'],
        evidence: 1.1,
        rules: [],
        learned: {
          weights: 'research-5',
          human: true,
          confidence: 0.89,
          score: 89,
          notes: ['organic_mouse', 'organic_typing'],
          z: 7.2,
          logOdds: 1.6,
        },
      },
    ],
  });

type ScoreCount = Awaited<ReturnType<Verdicts['distribution']>>[number];

const BINS = 20;
const WIDTH = 5;

/** A score of 100 is in the last bin, with 95. */
const binOf = (score: number): number => Math.min(BINS - 1, Math.floor(score / WIDTH));

function fromScores(counts: readonly ScoreCount[], from: number): z.output<typeof ScoresReply> {
  const bins = Array.from({ length: BINS }, (_, bin) => ({
    from: bin * WIDTH,
    to: bin === BINS - 1 ? 100 : bin * WIDTH + WIDTH - 1,
    verdicts: 0,
    agents: 0,
  }));
  let humans = 0;
  for (const { score, verdicts, agents } of counts) {
    const bin = bins[binOf(score)]!;
    bin.verdicts += Number(verdicts);
    bin.agents += Number(agents);
    if (score >= 50) humans += Number(verdicts);
  }
  const sum = (name: 'verdicts' | 'agents') => bins.reduce((total, bin) => total + bin[name], 0);
  return { from, verdicts: sum('verdicts'), humans, agents: sum('agents'), bins };
}

/** By the rules alone, and with the weights in use, if there are any. */
function fromTry(
  judgement: Judgement,
  learned?: { weights: string; judgement: Judgement },
): z.output<typeof TryReply> {
  const { human, confidence, score, notes, agent, evidence, parts } = judgement;
  const rules = parts.rules.map(({ name, logOdds }) => ({ name, logOdds }));
  return {
    human,
    confidence,
    score,
    notes,
    evidence,
    rules,
    agent,
    learned: learned && fromLearned(learned),
  };
}

function fromLearned({
  weights,
  judgement: { human, confidence, score, notes, agent, parts },
}: {
  weights: string;
  judgement: Judgement;
}): NonNullable<z.output<typeof TryReply>['learned']> {
  return {
    weights,
    human,
    confidence,
    score,
    notes,
    agent,
    z: parts.mouse?.z,
    logOdds: parts.mouse?.logOdds,
  };
}

export interface BehaviorRouteDeps {
  verdicts: Pick<Verdicts, 'recent' | 'distribution'>;
  behaviorSettings: Pick<BehaviorSettingsOf, 'get' | 'set'>;
  behaviorLayers: Pick<BehaviorLayers, 'learned'>;
  clock: Clock;
}

const tag = 'behavior';
const keyRefusal =
  'No API key may see how behavior was judged, or change how it is: that takes an administrator.';
const DAY = 86_400_000;
const days = { day: 1, week: 7, month: 30 } as const;

/** Human, bot or agent: verdicts, their distribution, settings, and the administrator's own session. */
export const behaviorRoutes = ({
  verdicts,
  behaviorLayers,
  clock,
  behaviorSettings,
}: BehaviorRouteDeps): AdminRoute[] => [
  route('GET /behavior/verdicts', {
    tag,
    keyRefusal,
    within: 'world',
    may: byReaders,
    operationId: 'listBehaviorVerdicts',
    effect: 'reads-personal',
    summary: 'List verdicts on behavior',
    description:
      'Verdicts whose tokens have not run out. Who was judged is not among them: only a keyed hash is stored.',
    query: VerdictQuery,
    reply: VerdictListReply,
    async handle({ realm, query: { limit, cursor: before, human } }) {
      const found = await verdicts.recent(realm, { limit: limit + 1, before, human });
      return toPage(
        found.map((one) => ({ ...one, at: one.judgedAt })),
        limit,
        ({ id }) => id,
      );
    },
  }),
  route('GET /behavior/scores', {
    tag,
    keyRefusal,
    within: 'world',
    may: byReaders,
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
  route('POST /behavior/try', {
    tag,
    keyRefusal,
    within: 'organization',
    may: byReaders,
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
  route('GET /behavior/settings', {
    tag,
    keyRefusal,
    within: 'organization',
    may: byReaders,
    operationId: 'getBehaviorSettings',
    effect: 'none',
    summary: 'Show how behavior is judged',
    description: 'How long tokens count, the form of challenges, and the agents that may declare themselves.',
    reply: SettingsReply,
    handle: ({ organization }) => behaviorSettings.get(organization),
  }),
  route('PUT /behavior/settings', {
    tag,
    keyRefusal,
    within: 'organization',
    may: byManagers,
    operationId: 'changeBehaviorSettings',
    effect: 'weakens-protection',
    summary: 'Change how behavior is judged',
    description: 'Changes the named settings; tokens that were given out keep their time.',
    body: SettingsRequest,
    reply: SettingsReply,
    refuses: ['STORAGE_FULL'],
    handle: ({ organization, body, who }) => behaviorSettings.set(organization, body, who),
  }),
];
