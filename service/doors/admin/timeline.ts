import { z } from 'zod';
import { Moment, type MomentKind, momentKinds } from '../../engine/audit/index.ts';
import type { Timelines } from '../../engine/people/index.ts';
import { paramsOf, personParams } from './ids.ts';
import { auditors, byReaders, reviewReaders } from './may-call.ts';
import { type AdminCall, type AdminRoute, route } from './route.ts';

export interface TimelineRouteDeps {
  timelines: Timelines;
}

const TimelineReply = z
  .strictObject({
    items: z.array(Moment).describe('The newest first; before them what is yet to come'),
    more: z.boolean().describe('Whether there is more of some kind than is listed'),
  })
  .meta({
    id: 'Timeline',
    description: 'What happened to a person or a verification, as far as the role of the caller may see it.',
    examples: [{ items: Moment.meta()?.examples as [], more: false }],
  });

type Call = AdminCall<'world', z.ZodType, z.ZodType, z.ZodType>;

/** What other lists show to these roles alone. */
const restricted = { audit: auditors, review: reviewReaders } as const;
const kinds = Object.keys(momentKinds) as MomentKind[];
const isRestricted = (kind: MomentKind): kind is keyof typeof restricted => kind in restricted;

const about = {
  within: 'world',
  keyRefusal: 'No API key may read the history of a person: use events and webhooks instead.',
  method: 'GET',
  effect: 'reads-personal',
  may: byReaders,
  reply: TimelineReply,
} as const;
const description =
  'Request, verdict, review, deliveries to webhooks, lines of the audit log and what will be deleted, in order of time, at most 50 of each kind. Lines of the audit log and reviews are left out for roles that may not read those. The access is recorded in the audit log.';

/** Each object with its whole history. */
export const timelineRoutes = ({ timelines }: TimelineRouteDeps): AdminRoute[] => {
  const order = ({ who, request, isOf }: Pick<Call, 'who' | 'request' | 'isOf'>) => ({
    kinds: kinds.filter((kind) => !isRestricted(kind) || isOf(restricted[kind])),
    actor: who,
    request,
  });
  return [
    route({
      ...about,
      tag: 'subjects',
      url: '/subjects/:id/timeline',
      operationId: 'getTimelineOfSubject',
      summary: 'Get the history of a person',
      description,
      params: personParams,
      refuses: ['SUBJECT_NOT_FOUND'],
      handle: ({ realm, params: { id }, ...call }) => timelines.ofPerson(realm, id, order(call)),
    }),
    route({
      ...about,
      tag: 'verifications',
      url: '/verifications/:id/timeline',
      operationId: 'getTimelineOfVerification',
      summary: 'Get the history of a verification',
      description,
      params: paramsOf('verification'),
      refuses: ['NOT_FOUND'],
      handle: ({ realm, params: { id }, ...call }) => timelines.ofVerification(realm, id, order(call)),
    }),
  ];
};
