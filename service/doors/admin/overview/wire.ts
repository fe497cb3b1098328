import { z } from 'zod';
import { checkNames } from '../../../engine/checks/index.ts';
import { decisions, unverifiedOutcomes } from '../../../engine/verification/index.ts';
import { AttentionReply } from '../attention-reply.ts';
import { time } from '../reply-fields.ts';

export const OverviewQuery = z.strictObject({
  span: z.enum(['day', 'week']).default('day').describe('The last 24 hours, or the last 168'),
});

const count = z.int().min(0);
const reason = z.enum(unverifiedOutcomes);
const check = z.enum(checkNames);

const counts = {
  verified: count.describe('That verified'),
  notVerified: count.describe('An ordinary answer that said no'),
  refused: count.describe('That the picture or a check refused'),
};

const FilterReply = z
  .strictObject({
    from: time('From here on'),
    decision: z
      .enum([...decisions, 'unverified'])
      .optional()
      .describe('How they ended'),
    reason: reason.optional().describe('Why they did not verify'),
    decidedBy: check.optional().describe('The check that decided against them'),
  })
  .meta({
    id: 'VerificationFilter',
    description: 'Fields of the query of `GET /api/admin/verifications` that list what a figure counts.',
    examples: [{ from: '2026-11-19T12:00:00.000Z', reason: 'CHECK_FAILED', decidedBy: 'liveness' }],
  });

export const LivenessReply = z
  .strictObject({
    installed: z.boolean().describe('Whether a photograph can be told from a person'),
    set: z.string().optional().describe('What judges it'),
    maturity: z.string().optional().describe('How far it was measured'),
    remedy: z.string().optional().describe('How to install it; absent where it is'),
  })
  .meta({
    id: 'LivenessLayer',
    description: 'What is installed against presentation attacks.',
    examples: [{ installed: true, set: 'minifasnet-pair', maturity: 'alternate' }],
  });

export const OverviewReply = z
  .strictObject({
    at: time('When it was read'),
    verifications: z
      .strictObject({
        hours: z
          .array(z.strictObject({ from: time('When the hour begins'), ...counts }))
          .describe('The oldest first; the last is the one that runs'),
        ...counts,
      })
      .describe('Verifications by the hour and together'),
    reasons: z
      .array(
        z.strictObject({
          reason: reason.describe('Why they did not verify'),
          decidedBy: check.optional().describe('The check that decided'),
          sentence: z.string().describe('The same in one sentence'),
          count: count.describe('How many'),
          filter: FilterReply,
        }),
      )
      .describe('The most frequent first'),
    sinceYesterday: z
      .strictObject({ count: count.describe('How many did not verify'), filter: FilterReply })
      .describe('Those of the last 24 hours that did not verify'),
    people: count.describe('People whom a search can find'),
    templates: count.describe('Templates in memory'),
    gallery: z
      .strictObject({
        profile: z.string().describe('The profile whose error rate is meant'),
        rate: z.number().describe('Chance that a search names a stranger, as the profile asks'),
        people: count.describe('People who are searched'),
        safePeople: count.describe('So many can be searched with a measured threshold'),
      })
      .describe('Size of the gallery against the safe size'),
    liveness: LivenessReply,
    matchOnly: z
      .boolean()
      .describe('Live verifications run without liveness, by decision of the organization'),
    attention: z.array(AttentionReply).describe('What needs a person, the most urgent first'),
  })
  .meta({
    id: 'Overview',
    description: 'One world of an organization at a glance.',
    examples: [
      {
        at: '2026-11-20T12:30:00.000Z',
        verifications: {
          hours: [{ from: '2026-11-20T12:00:00.000Z', verified: 41, notVerified: 2, refused: 1 }],
          ...{ verified: 41, notVerified: 2, refused: 1 },
        },
        reasons: [
          {
            reason: 'CHECK_FAILED',
            decidedBy: 'liveness',
            sentence: 'A check failed that has to pass: liveness.',
            count: 1,
            filter: { from: '2026-11-19T13:00:00.000Z', reason: 'CHECK_FAILED', decidedBy: 'liveness' },
          },
        ],
        sinceYesterday: { count: 3, filter: { from: '2026-11-19T13:00:00.000Z', decision: 'unverified' } },
        ...{ people: 1200, templates: 1310 },
        gallery: { profile: 'default', rate: 0.01, people: 1200, safePeople: 3400 },
        liveness: { installed: true, set: 'minifasnet-pair', maturity: 'alternate' },
        matchOnly: false,
        attention: [],
      },
    ],
  });

export type OverviewReply = z.output<typeof OverviewReply>;
