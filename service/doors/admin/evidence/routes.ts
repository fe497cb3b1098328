import type { Evidence } from '../../../engine/evidence/index.ts';
import { FileAnswer } from '../file-answer.ts';
import { readers } from '../may-call.ts';
import { type AdminRoute, route } from '../route.ts';
import { EvidenceQuery, EvidenceReply } from './wire.ts';

export interface EvidenceRouteDeps {
  evidence: Evidence;
}

/** What was measured for this version: accuracy, liveness, behavior, speed. */
export const evidenceRoutes = ({ evidence }: EvidenceRouteDeps): AdminRoute[] => [
  route({
    tag: 'appliance',
    within: 'organization',
    keyRefusal: 'No API key may read the evidence report: open it in the console.',
    method: 'GET',
    url: '/evidence',
    operationId: 'readEvidence',
    effect: 'none',
    summary: 'Read the published figures',
    description:
      'Each figure with its interval, data, date, machine, command and limits; as JSON, or as a PDF with the models of this box.',
    may: { operator: true, administrator: readers, key: false },
    lasting: true,
    query: EvidenceQuery,
    reply: EvidenceReply,
    file: 'application/pdf',
    async handle({ organization, query: { format } }) {
      if (format === 'pdf')
        return new FileAnswer('application/pdf', 'evidence.pdf', await evidence.print(organization));
      const { id, version, claims } = evidence.read();
      return { id, version, claims: [...claims] };
    },
  }),
];
