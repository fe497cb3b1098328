import type { Checks } from '../../../engine/verification/index.ts';
import { defined } from '../../../lib/defined.ts';
import { operators } from '../may-call.ts';
import { pictureRefusals, pictureUpload } from '../picture.ts';
import { type AdminRoute, route } from '../route.ts';
import { type PastVerificationRouteDeps, pastVerificationRoutes } from './past-routes.ts';
import { fromVerdict } from './translate.ts';
import { VerdictReply, VerifyRequest } from './wire.ts';

export interface VerificationRouteDeps extends PastVerificationRouteDeps {
  checks: Pick<Checks, 'verify'>;
}

/** Whether a picture shows a person, as an operator asks, and what was decided before. */
export const verificationRoutes = ({ checks, verifications }: VerificationRouteDeps): AdminRoute[] => [
  route({
    tag: 'subjects',
    within: 'world',
    keyRefusal: 'An API key verifies with POST /api/verify.',
    method: 'POST',
    url: '/verifications',
    operationId: 'verifyPicture',
    effect: 'reads-personal',
    summary: 'Verify a picture',
    description:
      'Is this the person (`email` given), or which enrolled person is this? Returns more than `/api/verify`: the score, and all figures of a refusal.',
    may: { operator: true, administrator: operators, key: false },
    body: VerifyRequest,
    upload: pictureUpload,
    reply: VerdictReply,
    refuses: [
      ...pictureRefusals,
      'REPLAYED_PICTURE',
      'PROFILE_NOT_FOUND',
      'PROFILE_NOT_ALLOWED',
      'KIOSK_REQUIRED',
      'CONSENT_WITHDRAWN',
    ],
    handle: async ({ realm, body, file, who, request }) =>
      fromVerdict(await checks.verify({ ...realm, ...defined(body), picture: file, actor: who, request })),
  }),
  ...pastVerificationRoutes({ verifications }),
];
