import { z } from 'zod';
import { type Evidence, exampleOfFigure, PublishedFigure } from '../../engine/appliance/index.ts';
import { byReaders } from './may-call.ts';
import { type AdminRoute, route } from './route.ts';
import { FileAnswer } from './send-reply.ts';

const EvidenceQuery = z.strictObject({
  format: z.enum(['json', 'pdf']).default('json').describe('`json`, or `pdf`: a report to print (A4)'),
});

const EvidenceReply = z
  .object({
    id: z.string().describe('Start of the SHA-256 of the figures'),
    version: z.string().describe('Version of Gatehouse'),
    claims: z.array(PublishedFigure).describe('All published figures'),
  })
  .meta({
    id: 'EvidenceReport',
    description: 'The figures that were published with this version.',
    examples: [{ id: '5bb312ece032', version: '0.1.1', claims: [exampleOfFigure] }],
  });

/** What was measured for this version: accuracy, liveness, behavior, speed. */
export const evidenceRoutes = ({ evidence }: { evidence: Evidence }): AdminRoute[] => [
  route('GET /evidence', {
    tag: 'appliance',
    within: 'organization',
    keyRefusal: 'No API key may read the evidence report: open it in the console.',
    operationId: 'readEvidence',
    effect: 'none',
    summary: 'Read the published figures',
    description:
      'Each figure with its interval, data, date, machine, command and limits; as JSON, or as a PDF with the models of this box.',
    may: byReaders,
    lasting: true,
    query: EvidenceQuery,
    reply: EvidenceReply,
    file: 'application/pdf',
    refuses: ['OVERLOADED'],
    async handle({ organization, query: { format }, who }) {
      if (format === 'pdf')
        return new FileAnswer('application/pdf', 'evidence.pdf', await evidence.print(organization, who));
      return evidence.read();
    },
  }),
];
