import type { PastVerifications } from '../../../engine/verification/index.ts';
import { pageOf } from '../../../http/cursor.ts';
import { paramsOf, personParams } from '../ids.ts';
import { readers } from '../may-call.ts';
import { type AdminRoute, route } from '../route.ts';
import { fromPast, fromWhole, toOrder } from './past-translate.ts';
import { HistoryQuery, PastPage, PastQuery, WholePastReply } from './past-wire.ts';

export interface PastVerificationRouteDeps {
  verifications: Pick<PastVerifications, 'page' | 'get'>;
}

const about = {
  tag: 'verifications',
  within: 'world',
  keyRefusal: 'No API key may read past verifications: use events and webhooks instead.',
  may: { operator: true, administrator: readers, key: false },
} as const;

/** Verifications that were decided, and why. */
export const pastVerificationRoutes = ({ verifications }: PastVerificationRouteDeps): AdminRoute[] => [
  route({
    ...about,
    method: 'GET',
    url: '/verifications',
    operationId: 'listVerifications',
    effect: 'reads-personal',
    summary: 'List verifications',
    description:
      'The newest first, filtered by all fields of the query. Sealed fields are not opened. Listing those of one person is recorded in the audit log.',
    query: PastQuery,
    reply: PastPage,
    refuses: ['SUBJECT_NOT_FOUND', 'PROFILE_NOT_FOUND'],
    async handle({ realm, query, who, request }) {
      const { items, next } = await verifications.page(realm, toOrder(query), who, request);
      return pageOf(items.map(fromPast), next);
    },
  }),
  route({
    ...about,
    method: 'GET',
    url: '/verifications/:id',
    operationId: 'getVerification',
    effect: 'reads-personal',
    summary: 'Show a verification',
    description:
      'Every check with its score, threshold, weight and evidence, and the stored person, place and device. The access is recorded in the audit log.',
    params: paramsOf('verification'),
    reply: WholePastReply,
    refuses: ['NOT_FOUND'],
    handle: async ({ realm, params: { id }, who, request }) =>
      fromWhole(await verifications.get(realm, id, who, request)),
  }),
  route({
    ...about,
    method: 'GET',
    url: '/subjects/:id/verifications',
    operationId: 'listVerificationsOfSubject',
    effect: 'reads-personal',
    summary: 'List the verifications of a person',
    description: 'The newest first. The access is recorded in the audit log.',
    params: personParams,
    query: HistoryQuery,
    reply: PastPage,
    refuses: ['SUBJECT_NOT_FOUND', 'PROFILE_NOT_FOUND'],
    async handle({ realm, params: { id }, query, who, request }) {
      const { items, next } = await verifications.page(
        realm,
        toOrder({ ...query, person: id }),
        who,
        request,
      );
      return pageOf(items.map(fromPast), next);
    },
  }),
];
