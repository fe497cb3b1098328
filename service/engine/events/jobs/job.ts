import { z } from 'zod';
import { id, time } from '../../../lib/record-fields.ts';
import { deliveryKinds } from '../deliveries/queue-store.ts';
import { workKinds } from '../recurring/recurring-works.ts';

export const jobKinds = [...deliveryKinds, ...workKinds] as const;
export type JobKind = (typeof jobKinds)[number];

/** `leased`: runs; `dead`: no attempt is left, or the last run of recurring work failed. */
export const jobStates = ['waiting', 'delayed', 'leased', 'done', 'dead'] as const;
export type JobState = (typeof jobStates)[number];

const example = {
  id: 'dlv_01m7w3k5y6c2r8x0p4d9q1tzhb',
  kind: 'webhook',
  state: 'dead' as const,
  lane: 'wh_01m7w3hb8hbf355he5zqwjztdk',
  organization: 'org_01m7w2z9c0h2rb1yq7j5t8k3nd',
  payload: { event: 'evt_01m7w3hb8hbf355he5zqwjztdk', endpoint: 'wh_01m7w3hb8hbf355he5zqwjztdk' },
  attempts: 10,
  mostAttempts: 10,
  runAt: '2026-11-20T12:00:00.000Z',
  createdAt: '2026-11-18T09:14:00.000Z',
  finishedAt: '2026-11-20T12:00:01.400Z',
  lastError: 'HTTP 500',
};

/** A delivery, or a kind of recurring work, as operators see it. */
export const Job = z
  .object({
    id: z.string().describe('Id of the delivery, or the kind of recurring work'),
    kind: z.string().describe('Kind of work') as unknown as z.ZodType<JobKind>,
    state: z
      .enum(['waiting', 'leased', 'done', 'dead'])
      .describe(
        '`leased`: runs; `done`: over, or work that runs only when it is asked for; `dead`: no attempt is left, or the last run of recurring work failed',
      ),
    lane: z.string().optional().describe('Lane: first attempts of one lane run one at a time, in order'),
    organization: id<'organization'>().optional().describe('Id of the organization'),
    payload: z
      .looseObject({})
      .describe('Ids, none of people: of the event and the endpoint, or of the alert'),
    attempts: z.int().min(0).describe('Attempts made'),
    mostAttempts: z.int().min(0).describe('Maximum number of attempts'),
    runAt: time('Due time; absent for work that runs only when it is asked for').optional(),
    createdAt: time('Time of creation; absent for recurring work').optional(),
    finishedAt: time('Time when it was done or dead; end of the last run').optional(),
    lastError: z.string().optional().describe('First line of the last error'),
  })
  .meta({
    id: 'Job',
    description: 'A delivery (webhook, mail), or recurring work of the box. It holds no personal data.',
    examples: [example],
  });
export type Job = z.output<typeof Job>;
