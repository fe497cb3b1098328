import { z } from 'zod';
import { SessionData } from '../../../engine/behavior/index.ts';
import { BehaviorSettings } from '../../../engine/behavior-settings/index.ts';
import { pageQuery, pageReply } from '../../../http/cursor.ts';
import { idOf } from '../ids.ts';
import { time } from '../reply-fields.ts';

const confidence = z.number().describe('0 to 1, in two decimals; human from 0.50 on');
const score = z.int().describe('100 · confidence');
const human = z.boolean().describe('Whether the confidence is at least 0.50');
const notes = z.array(z.string()).describe('What the window showed (docs/BEHAVIOR.md)');
const agent = z
  .strictObject({
    is_agent: z.boolean().describe('A program'),
    agent_confidence: z.number().describe('How certain, 0 to 1'),
    signals: z.array(z.string()).describe('The rules that fired'),
  })
  .optional()
  .describe('Whether a program drives the browser; absent without signals');

export const VerdictQuery = z.strictObject({
  ...pageQuery(idOf('verdict')),
  human: z.enum(['true', 'false']).optional().describe('Only verdicts on people, or on programs'),
});

export const VerdictReply = z
  .strictObject({
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
export type VerdictReply = z.output<typeof VerdictReply>;

export const VerdictListReply = pageReply(VerdictReply, 'Verdicts, the newest first', 'BehaviorVerdictPage');

export const ScoreQuery = z.strictObject({
  span: z
    .enum(['day', 'week', 'month'])
    .default('week')
    .describe('Today (UTC), the last 7 days or the last 30'),
});

const count = z.int().min(0);

export const ScoresReply = z
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
export type ScoresReply = z.output<typeof ScoresReply>;

const settings = {
  tokenHours: 24,
  challengePictures: false,
  agents: [{ name: 'Example Agent', keys: ['11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo'] }],
};

export const SettingsReply = z.strictObject(BehaviorSettings.shape).meta({
  id: 'BehaviorSettings',
  description: 'How behavior is judged.',
  examples: [settings],
});

/** What is not named stays. */
export const SettingsRequest = BehaviorSettings.partial().meta({
  id: 'BehaviorSettingsChange',
  examples: [{ tokenHours: 12 }],
});

export const TryRequest = z.strictObject({ sessionData: SessionData }).meta({
  id: 'BehaviorTry',
  description: 'A window of your own session.',
  examples: [{ sessionData: (SessionData.meta()?.examples as unknown[] | undefined)?.[0] }],
});

const judged = { human, confidence, score, notes, agent };

export const TryReply = z
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
export type TryReply = z.output<typeof TryReply>;
