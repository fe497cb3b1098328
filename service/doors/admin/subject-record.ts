import { z } from 'zod';
import type { SubjectRecords } from '../../engine/people/index.ts';
import { invalidField } from '../../http/validation.ts';
import { helpPath } from '../../lib/installation.ts';
import { personParams } from './ids.ts';
import { managers } from './may-call.ts';
import { flag } from './request-fields.ts';
import { type AdminRoute, route } from './route.ts';
import { FileAnswer } from './send-reply.ts';

export interface SubjectRecordRouteDeps {
  subjectRecords: SubjectRecords;
}

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
export const subjectRecordRoutes = ({ subjectRecords }: SubjectRecordRouteDeps): AdminRoute[] => [
  route({
    tag: 'subjects',
    within: 'world',
    keyRefusal: 'No API key may export a person: on the box run "gatehouse subject export".',
    method: 'GET',
    url: '/subjects/:id/export',
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
    refuses: ['SUBJECT_NOT_FOUND', 'APPROVAL_REQUIRED'],
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
