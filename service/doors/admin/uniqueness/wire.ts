import { z } from 'zod';
import { HoldsFor } from '../../../engine/matching/index.ts';
import { pageQuery, pageReply } from '../../../http/cursor.ts';
import { idOf } from '../ids.ts';
import { moment, time } from '../reply-fields.ts';

export const ScopeQuery = z.strictObject({
  name: z
    .string()
    .max(128)
    .optional()
    .describe('Only the scope of this name; empty: the scope of the organization'),
  ...pageQuery(idOf('scope')),
});

const onErasure = z
  .enum(['reopen', 'hold'])
  .describe(
    '`reopen`: after an erasure the human may come again as a new one; `hold`: the pseudonym and its face are kept to the end of the epoch, which the consent text has to say',
  );

export const ScopeRequest = z
  .strictObject({
    name: z
      .string()
      .max(128)
      .describe('Name of the region (`uniqueness_region_id`); empty: the scope of the organization'),
    falseFlagRate: z
      .number()
      .optional()
      .describe('Chance that a person who is no member is taken for one, 0.00001 to 0.1'),
    reviewRate: z
      .number()
      .optional()
      .describe(
        'The same, of a person who has to be compared by a reviewer; at least `falseFlagRate`, at most 0.3',
      ),
    onErasure: onErasure.optional(),
    retentionDays: z
      .int()
      .min(1)
      .max(3650)
      .nullable()
      .optional()
      .describe('Days after the last visit until a member is erased; null: at the end of the scope'),
    endsAt: moment()
      .nullable()
      .optional()
      .describe('Time when the scope ends by itself, required with `hold`; null: it does not'),
  })
  .meta({
    id: 'UniquenessScopeRequest',
    description: 'Fields that are absent stay as they are.',
    examples: [{ name: 'survey-2026', falseFlagRate: 0.01, retentionDays: 90 }],
  });

export const ConfirmRequest = z
  .strictObject({
    confirm: z
      .string()
      .max(128)
      .optional()
      .describe('Name of the region, or of the organization for its own scope, as a confirmation'),
  })
  .meta({ id: 'UniquenessScopeConfirmation', examples: [{ confirm: 'survey-2026' }] });

const threshold = (what: string) =>
  z
    .strictObject({
      threshold: z.number().describe('Score from which a face is held for that of a member'),
      fnmr: z.number().describe('Share of members who come again and are missed at it, 0..1'),
      extrapolated: z.boolean().describe('Whether it lies beyond what the tables of the scorer measure'),
    })
    .describe(what);

export const ScopeReply = z
  .strictObject({
    id: z.string().describe('Id'),
    name: z.string().describe('Name of the region; empty: the scope of the organization'),
    state: z.enum(['active', 'ended']).describe('State'),
    epoch: z.int().describe('From 1; each epoch has members and ids of its own'),
    members: z.int().describe('Humans counted in this epoch'),
    waiting: z.int().describe('Newcomers whose session waits for a reviewer'),
    thresholds: z
      .strictObject({
        people: z
          .int()
          .describe('People compared: the members, and in the scope of the organization the enrolled people'),
        scorer: z.string().describe('Scorer'),
        holdsFor: HoldsFor,
        flagged: threshold('At the false-flag rate'),
        reviewed: threshold('At the review rate'),
      })
      .optional()
      .describe(
        'Thresholds that follow from the rates and the number of people, each of a comparison with one picture; absent of an ended scope, and without a model that compares',
      ),
    falseFlagRate: z.number().describe('Chance that a person who is no member is taken for one'),
    reviewRate: z.number().describe('The same, of a person who has to be compared by a reviewer'),
    onErasure,
    retentionDays: z
      .int()
      .optional()
      .describe('Days after the last visit until a member is erased; absent: at the end of the scope'),
    endsAt: time('Time when the scope ends by itself; absent: it does not').optional(),
    createdAt: time('Time of its creation'),
    endedAt: time('Time of its end; absent while it is active').optional(),
  })
  .meta({
    id: 'UniquenessScope',
    description: 'A scope in which each human counts once.',
    examples: [
      {
        id: 'scp_01m7w3hb8hbf355he5zqwjztdk',
        name: 'survey-2026',
        state: 'active',
        epoch: 1,
        members: 212,
        waiting: 1,
        thresholds: {
          people: 212,
          scorer: 'rm',
          holdsFor: 'every-group' as const,
          flagged: { threshold: 0.41, fnmr: 0.14, extrapolated: false },
          reviewed: { threshold: 0.37, fnmr: 0.08, extrapolated: false },
        },
        falseFlagRate: 0.01,
        reviewRate: 0.05,
        onErasure: 'reopen',
        retentionDays: 90,
        createdAt: '2026-11-20T12:00:00.000Z',
      },
    ],
  });

export const ScopePage = pageReply(ScopeReply, 'Scopes, the newest first', 'UniquenessScopePage');
