import { z } from 'zod';
import { SessionData } from '../../engine/behavior/index.ts';
import { Metadata, OwnMetadata } from '../../http/key-lists.ts';
import { action, userId } from './wire-verify.ts';

/** behavior.txt, "Challenges"; contracts/README.md for `pattern`. */

const challengeId = z
  .string()
  .min(1)
  .max(64)
  .meta({ description: 'Id of the challenge, `ch_…`', examples: ['ch_01m7w3hb8hbf355he5zqwjztdk'] });
const coordinate = (of: string) =>
  z.number().min(0).max(100).describe(`Percent of the ${of} of the box, of the middle`);

export const NewChallenge = z
  .object({
    userId: userId.optional(),
    challenge_id: challengeId
      .describe(
        'In place of `userId`: an open challenge of this key, which the new one replaces with the attempts that are left. Only with `accessible`.',
      )
      .optional(),
    accessible: z
      .boolean()
      .describe(
        'For people who cannot see or point: a `pattern` whose hint is in words, to be spoken and answered by keyboard. Its verdict has the note `accessible_challenge`.',
      )
      .optional(),
    language: z
      .enum(['en', 'de'])
      .describe('Language of the instruction and of a hint in words; `en` when absent')
      .optional(),
    metadata: OwnMetadata.optional(),
  })
  .superRefine(({ userId, challenge_id, accessible }, context) => {
    const issue = (path: string, message: string) =>
      context.addIssue({ code: 'custom', path: [path], message });
    if (userId === undefined && challenge_id === undefined) issue('userId', 'It is missing.');
    if (userId !== undefined && challenge_id !== undefined)
      issue('challenge_id', 'Send either userId or challenge_id.');
    if (challenge_id !== undefined && accessible !== true)
      issue('accessible', 'It must be true where a challenge is replaced.');
  })
  .meta({ id: 'HumaNewChallenge', examples: [{ userId: 'user_abc123' }] });
export type NewChallenge = z.output<typeof NewChallenge>;

const Target = z.strictObject({
  id: z.string().describe('Id, the answer where it is the right one'),
  x: coordinate('width'),
  y: coordinate('height'),
  label: z
    .string()
    .describe(
      'An emoji; a picture as a data URL where the organization has chosen pictures (`challengePictures`)',
    ),
});

const ClickTargets = z.strictObject({
  instruction: z.string().describe('What to click, for the person'),
  targets: z.array(Target).describe('Twelve targets'),
});

const Pattern = z.strictObject({
  instruction: z.string().describe('What to do, for the person'),
  grid: z
    .strictObject({
      columns: z.int().describe('Columns of dots'),
      rows: z.int().describe('Rows of dots'),
    })
    .describe('Size of the grid'),
  dots: z
    .array(
      z.strictObject({
        id: z.string().describe('Id; it says nothing of the place'),
        x: coordinate('width'),
        y: coordinate('height'),
      }),
    )
    .describe('Nine dots'),
  sequence_hint: z
    .string()
    .describe(
      'The order in words; a picture as a data URL where the organization has chosen pictures, except in the accessible form',
    ),
});

const head = {
  challenge_id: challengeId,
  expires_in_seconds: z.int().describe('Seconds that it can be answered'),
  metadata: Metadata.optional(),
};
const example = {
  challenge_id: 'ch_01m7w3hb8hbf355he5zqwjztdk',
  type: 'click_targets' as const,
  payload: {
    instruction: 'Click the 🎯',
    targets: [
      { id: 't0', x: 10.4, y: 18.1, label: '🌿' },
      { id: 't1', x: 39.8, y: 15.2, label: '🎯' },
    ],
  },
  expires_in_seconds: 300,
};

export const ChallengeReply = z
  .discriminatedUnion('type', [
    z.strictObject({
      type: z.literal('click_targets').describe('Kind of the challenge'),
      payload: ClickTargets.describe('What the person is shown'),
      ...head,
    }),
    z.strictObject({
      type: z.literal('pattern').describe('Kind of the challenge'),
      payload: Pattern.describe('What the person is shown'),
      ...head,
    }),
  ])
  .meta({
    id: 'HumaChallenge',
    description: 'A challenge. The payload does not say which answer is right.',
    examples: [example],
  });
export type ChallengeReply = z.output<typeof ChallengeReply>;

export const ChallengeAnswer = z
  .object({
    challenge_id: challengeId,
    answer: z
      .string()
      .min(1)
      .max(64)
      .meta({
        description: 'For `click_targets` the id of a target; for `pattern` the ids of the dots in order',
        examples: ['t1', '1-5-9-2'],
      }),
    userId: userId
      .describe(
        'Where it is given it has to be the user of the challenge; the event at the end then names it even after a restart of the box.',
      )
      .optional(),
    sessionData: SessionData.describe(
      'Signals of the page while the person answered. Without them the confidence is 0.70; signals of a program refuse a right answer.',
    ).optional(),
    signals: SessionData.describe('Another name of `sessionData`').optional(),
    action: action.optional(),
    metadata: OwnMetadata.optional(),
  })
  .meta({
    id: 'HumaChallengeAnswer',
    examples: [{ challenge_id: 'ch_01m7w3hb8hbf355he5zqwjztdk', answer: 't1' }],
  });
export type ChallengeAnswer = z.output<typeof ChallengeAnswer>;

const Passed = z.strictObject({
  passed: z.literal(true).describe('The person passed'),
  token: z
    .string()
    .describe('Counts as the token of a verification: for heartbeats and `POST /api/v1/tokens/verify`'),
  metadata: Metadata.optional(),
});
const Failed = z.strictObject({
  passed: z.literal(false).describe('The person did not pass'),
  message: z.string().describe('Why'),
  attempts_remaining: z.int().describe('Answers that are left; with 0 the challenge is over'),
  metadata: Metadata.optional(),
});

export const AnswerReply = z.discriminatedUnion('passed', [Passed, Failed]).meta({
  id: 'HumaChallengeResult',
  description: 'The result of an answer.',
  examples: [
    { passed: true, token: 'h_challenge_Kd3mP8luYMC2Mi1xQ9vBnT' },
    { passed: false, message: 'Incorrect answer', attempts_remaining: 2 },
  ],
});
export type AnswerReply = z.output<typeof AnswerReply>;
