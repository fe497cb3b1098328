import { z } from 'zod';
import { Attention, inOrder, type Overview, type Overviews } from '../../engine/appliance/index.ts';
import { checkNames, HoldsFor } from '../../engine/matching/index.ts';
import type { Realm } from '../../engine/people/index.ts';
import { decisions, type Unverified, unverifiedOutcomes } from '../../engine/verification/index.ts';
import { time } from '../../lib/record-fields.ts';
import { byReaders } from './may-call.ts';
import { sentenceOf } from './past-verifications.ts';
import { type AdminRoute, route } from './route.ts';

const OverviewQuery = z.strictObject({
  span: z.enum(['day', 'week']).default('day').describe('The last 24 hours, or the last 168'),
});

const count = z.int().min(0);
const reason = z.enum(unverifiedOutcomes);
const check = z.enum(checkNames);

const counts = {
  verified: count.describe('Verified'),
  notVerified: count.describe('Not verified, as a normal reply'),
  refused: count.describe('Refused because of the picture or a check'),
};

const FilterReply = z
  .strictObject({
    from: time('Start of the range'),
    decision: z
      .enum([...decisions, 'unverified'])
      .optional()
      .describe('Decision'),
    reason: reason.optional().describe('Reason'),
    decidedBy: check.optional().describe('The decisive check'),
  })
  .meta({
    id: 'VerificationFilter',
    description: 'Query of `GET /api/admin/verifications` that lists the counted verifications.',
    examples: [{ from: '2026-11-19T12:00:00.000Z', reason: 'CHECK_FAILED', decidedBy: 'liveness' }],
  });

export const LivenessReply = z
  .strictObject({
    installed: z.boolean().describe('Whether a liveness model is installed that detects photographs'),
    set: z.string().optional().describe('Name of the set of models'),
    maturity: z.string().optional().describe('Maturity'),
    remedy: z.string().optional().describe('How to install it; absent if installed'),
  })
  .meta({
    id: 'LivenessLayer',
    description: 'Installed presentation attack detection.',
    examples: [{ installed: true, set: 'minifasnet-pair', maturity: 'alternate' }],
  });

const OverviewReply = z
  .strictObject({
    at: time('Time of the reply'),
    verifications: z
      .strictObject({
        hours: z
          .array(z.strictObject({ from: time('Start of the hour'), ...counts }))
          .describe('The oldest first; the last is the current hour'),
        ...counts,
      })
      .describe('Verifications per hour and in total'),
    reasons: z
      .array(
        z.strictObject({
          reason: reason.describe('Reason'),
          decidedBy: check.optional().describe('The decisive check'),
          sentence: z.string().describe('Reason as a sentence'),
          count: count.describe('Count'),
          filter: FilterReply,
        }),
      )
      .describe('The most frequent first'),
    sinceYesterday: z
      .strictObject({ count: count.describe('Number that did not verify'), filter: FilterReply })
      .describe('Failed verifications of the last 24 hours'),
    people: count.describe('People in the gallery of the 1:N search'),
    templates: count.describe('Rows of the gallery in memory, one for each person'),
    pictures: count.describe('Enrolled pictures; some minutes old where there are very many'),
    gallery: z
      .strictObject({
        profile: z.string().describe('Profile of the error rate'),
        rate: z.number().describe('False-identification rate of the profile'),
        holdsFor: HoldsFor,
        people: count.describe('People in the gallery'),
        safePeople: count.describe('Largest gallery with a measured threshold'),
      })
      .describe('Size of the gallery against the safe size'),
    liveness: LivenessReply,
    matchOnly: z
      .boolean()
      .describe('Live verifications run without liveness, by decision of the organization'),
    attention: z.array(Attention).describe('Items that need attention, the most urgent first'),
  })
  .meta({
    id: 'Overview',
    description: 'Summary of one world of an organization.',
    examples: [
      {
        at: '2026-11-20T12:30:00.000Z',
        verifications: {
          hours: [{ from: '2026-11-20T12:00:00.000Z', verified: 41, notVerified: 2, refused: 1 }],
          verified: 41,
          notVerified: 2,
          refused: 1,
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
        sinceYesterday: {
          count: 3,
          filter: { from: '2026-11-19T13:00:00.000Z', decision: 'unverified' as const },
        },
        people: 1200,
        templates: 1200,
        pictures: 1310,
        gallery: { profile: 'default', rate: 0.01, holdsFor: 'average', people: 1200, safePeople: 3400 },
        liveness: { installed: true, set: 'minifasnet-pair', maturity: 'alternate' },
        matchOnly: false,
        attention: [],
      },
    ],
  });

function fromOverview(overview: Overview, attention: Attention[]): z.output<typeof OverviewReply> {
  const { hours, decided, reasons, unverified, people, liveness, gallery, at } = overview;
  const begin = hours[0]!.from;
  return {
    at,
    verifications: {
      hours: hours.map(({ from, ...counts }) => ({ from, ...fromCounts(counts) })),
      ...fromCounts(decided),
    },
    reasons: reasons.map(({ outcome, decidedBy, count }) => ({
      reason: outcome as Unverified,
      decidedBy,
      sentence: sentenceOf(outcome, decidedBy),
      count,
      filter: { from: begin, reason: outcome as Unverified, decidedBy },
    })),
    sinceYesterday: {
      count: unverified.count,
      filter: { from: unverified.from, decision: 'unverified' as const },
    },
    people,
    templates: people,
    pictures: overview.pictures,
    gallery: { ...gallery, people },
    liveness: fromLiveness(liveness),
    matchOnly: overview.matchOnly,
    attention,
  };
}

const fromCounts = (counts: Overview['decided']) => ({
  verified: counts.verified,
  notVerified: counts['not-verified'],
  refused: counts.refused,
});

/** Used by the overview and by the status of the box. */
export const fromLiveness = (liveness: Overview['liveness']): z.output<typeof LivenessReply> =>
  liveness.is === 'installed'
    ? { installed: true, set: liveness.set, maturity: liveness.maturity }
    : { installed: false, remedy: liveness.remedy };

export interface OverviewRouteDeps {
  overviews: Overviews;
  /** What the box needs a person for. */
  status(): Promise<{ attention: readonly Attention[] }>;
}

/** What the organization and, for those who look after it, the box need a person for; the most urgent first. */
export async function attentionFor(
  { overviews, status }: OverviewRouteDeps,
  realm: Realm,
  forBox: boolean,
): Promise<Attention[]> {
  const all = await overviews.attention(realm);
  // Only those who look after the box can finish the assistant.
  const own = forBox ? all : all.filter(({ screen }) => screen !== 'setup');
  if (!forBox) return own;
  const { attention } = await status();
  const ofBox = new Set(attention.map(({ code }) => code));
  const listed = own.filter(({ code }) => code === 'ALERT_OPEN').length;
  // Where this organization has all of the open alerts, and each is listed.
  const isSaid = ({ code, values }: Attention) =>
    code === 'ALERTS_OPEN' && realm.world === 'live' && values?.count === listed;
  return inOrder([
    ...own.filter(({ code }) => !ofBox.has(code)),
    ...attention.filter((item) => !isSaid(item)),
  ]);
}

const AttentionReply = z
  .strictObject({
    items: z.array(Attention).describe('The most urgent first; empty: nothing needs a person'),
  })
  .meta({
    id: 'AttentionList',
    description: 'What needs attention.',
    examples: [{ items: [] }],
  });

/** One world of an organization at a glance. */
export const overviewRoutes = (deps: OverviewRouteDeps): AdminRoute[] => [
  route('GET /overview', {
    tag: 'organizations',
    within: 'world',
    keyRefusal: 'No API key may read the overview: /metrics has the figures of the box.',
    operationId: 'getOverview',
    effect: 'none',
    summary: 'Get an overview',
    description:
      'Verifications per hour, reasons of refusals, size of the gallery against its safe size, liveness, and what needs attention.',
    may: byReaders,
    query: OverviewQuery,
    reply: OverviewReply,
    handle: async ({ realm, query, forBox }) =>
      fromOverview(
        await deps.overviews.read(realm, spans[query.span]),
        await attentionFor(deps, realm, forBox),
      ),
  }),
  route('GET /attention', {
    tag: 'organizations',
    within: 'world',
    keyRefusal: 'No API key may read what needs attention: /health has that of the box.',
    operationId: 'getAttention',
    effect: 'none',
    summary: 'List what needs attention',
    description:
      'What the organization needs a person for in this world; for appliance owners and the operator also what the box does, as `/health` and `gatehouse doctor` say it.',
    may: byReaders,
    reply: AttentionReply,
    handle: async ({ realm, forBox }) => ({ items: await attentionFor(deps, realm, forBox) }),
  }),
];

const spans = { day: 24, week: 168 } as const;
