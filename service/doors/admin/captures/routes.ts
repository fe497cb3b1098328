import { describeActor } from '../../../engine/audit/index.ts';
import type { Captures } from '../../../engine/captures/index.ts';
import { operators, reviewers } from '../may-call.ts';
import { type AdminRoute, route } from '../route.ts';
import { CaptureReply } from './wire.ts';

export interface CaptureRouteDeps {
  captures: Pick<Captures, 'open'>;
}

/** Camera sessions of the pages of an administrator. */
export const captureRoutes = ({ captures }: CaptureRouteDeps): AdminRoute[] => [
  route({
    tag: 'subjects',
    within: 'world',
    keyRefusal: 'An API key sends pictures to POST /api/enroll and POST /api/verify.',
    method: 'POST',
    url: '/captures',
    operationId: 'openCapture',
    effect: 'none',
    summary: 'Open a camera session',
    description:
      'Ten minutes of guidance (face, distance, light, pose, eyes) for the frames of a camera page. Frames are not stored; send the pictures to `POST /api/admin/subjects`, `POST /api/admin/verifications` or `PUT /api/admin/review/{id}/pictures/known`.',
    may: { operator: true, administrator: [...new Set([...operators, ...reviewers])], key: false },
    status: 201,
    shownOnce: true,
    reply: CaptureReply,
    refuses: ['OVERLOADED'],
    async handle({ realm, who }) {
      const { id, token, expiresAt } = captures.open({ ...realm, by: describeActor(who) });
      return { captureId: id, token, expiresAt: new Date(expiresAt).toISOString() };
    },
  }),
];
