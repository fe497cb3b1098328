import { z } from 'zod';
import { Moment, type MomentKind, momentKinds } from '../../engine/audit/index.ts';
import type { SubjectRecords, Timelines } from '../../engine/people/index.ts';
import { invalidField } from '../../http/validation.ts';
import { helpPath } from '../../lib/installation.ts';
import { paramsOf, personParams } from './ids.ts';
import { auditors, byReaders, managers, reviewReaders } from './may-call.ts';
import { flag } from './request-fields.ts';
import { type AdminCall, type AdminRoute, route } from './route.ts';
import { FileAnswer } from './send-reply.ts';

const RecordQuery = z.strictObject({
  format: z
    .enum(['json', 'pdf'])
    .default('json')
    .describe('`json`, or `pdf` (A4, with every value of the JSON except the vectors)'),
  withTemplates: flag().prefault('false').describe('Includes the vectors, with which faces can be compared'),
  withInternal: flag()
    .prefault('false')
    .describe('Includes the reasons of legal holds, which the law may require to withhold from the person'),
});

/** docs/SUBJECT-RECORD.md describes the sections. */
const RecordReply = z
  .looseObject({
    format: z.literal('gatehouse-subject-record/1').describe('Format of the record'),
  })
  .meta({
    id: 'SubjectRecord',
    description: `Everything held about one person; ${helpPath('SUBJECT-RECORD')} describes each section.`,
    examples: [{ format: 'gatehouse-subject-record/1' }],
  });

/** Everything held about one person (GDPR Art. 15 and 20). No API key can ask for it. */
export const subjectRecordRoutes = ({ subjectRecords }: { subjectRecords: SubjectRecords }): AdminRoute[] => [
  route('GET /subjects/:id/export', {
    tag: 'subjects',
    within: 'world',
    keyRefusal: 'No API key may export a person: on the box run "gatehouse subject export".',
    operationId: 'exportSubject',
    effect: 'reads-personal',
    approval: 'subject.export',
    summary: 'Export everything held about a person',
    description: 'As JSON, or as PDF. Name an erased person by id. The export is recorded in the audit log.',
    may: { operator: true, administrator: managers, key: false, fresh: true },
    lasting: true,
    params: personParams,
    query: RecordQuery,
    reply: RecordReply,
    file: 'application/pdf',
    refuses: ['SUBJECT_NOT_FOUND', 'APPROVAL_REQUIRED', 'PAYLOAD_TOO_LARGE', 'OVERLOADED'],
    async handle({ realm, params: { id }, query: { format, ...query }, who, request }) {
      if (format === 'pdf' && query.withTemplates)
        throw invalidField('withTemplates', 'A PDF has no vectors: ask for JSON.');
      const order = { person: id, ...query, actor: who, request };
      return format === 'json'
        ? subjectRecords.read(realm, order)
        : new FileAnswer('application/pdf', 'person.pdf', await subjectRecords.print(realm, order));
    },
  }),
];

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
  effect: 'reads-personal',
  may: byReaders,
  reply: TimelineReply,
} as const;
const description =
  'Request, verdict, review, deliveries to webhooks, lines of the audit log and what will be deleted, in order of time, at most 50 of each kind. Lines of the audit log and reviews are left out for roles that may not read those. The access is recorded in the audit log.';

/** Each object with its whole history. */
export const timelineRoutes = ({ timelines }: { timelines: Timelines }): AdminRoute[] => {
  const order = ({ who, request, isOf }: Pick<Call, 'who' | 'request' | 'isOf'>) => ({
    kinds: kinds.filter((kind) => !isRestricted(kind) || isOf(restricted[kind])),
    actor: who,
    request,
  });
  return [
    route('GET /subjects/:id/timeline', {
      ...about,
      tag: 'subjects',
      operationId: 'getTimelineOfSubject',
      summary: 'Get the history of a person',
      description,
      params: personParams,
      refuses: ['SUBJECT_NOT_FOUND'],
      handle: ({ realm, params: { id }, ...call }) => timelines.ofPerson(realm, id, order(call)),
    }),
    route('GET /verifications/:id/timeline', {
      ...about,
      tag: 'verifications',
      operationId: 'getTimelineOfVerification',
      summary: 'Get the history of a verification',
      description,
      params: paramsOf('verification'),
      refuses: ['NOT_FOUND'],
      handle: ({ realm, params: { id }, ...call }) => timelines.ofVerification(realm, id, order(call)),
    }),
  ];
};
