import { z } from 'zod';
import { describeActor } from '../../engine/audit/index.ts';
import type { Captures } from '../../engine/matching/index.ts';
import { time } from '../../lib/record-fields.ts';
import { operators, reviewers } from './may-call.ts';
import { type AdminRoute, route } from './route.ts';

const CaptureReply = z
  .strictObject({
    captureId: z.string().describe('Id of the session'),
    token: z
      .string()
      .describe(
        'Sent as `{"token":…}` in the first message of the WebSocket `/api/captures/live`, or as the header x-capture-token of `POST /api/captures/frames`. Valid only for guidance in this session.',
      ),
    expiresAt: time('End of the session'),
  })
  .meta({
    id: 'Capture',
    description: 'Guidance for a camera page.',
    examples: [
      {
        captureId: 'cap_01m7w3hbbec1gf5vj2bmsg7bmh',
        token: 'mXb3p0pT2v7oQ4n0xk3G8W1u5Jr9yZs6dLq2cVt7hEa',
        expiresAt: '2026-11-21T09:10:00.000Z',
      },
    ],
  });

/** Camera sessions of the pages of an administrator. */
export const captureRoutes = ({ captures }: { captures: Pick<Captures, 'open'> }): AdminRoute[] => [
  route('POST /captures', {
    tag: 'subjects',
    within: 'world',
    keyRefusal: 'An API key sends pictures to POST /api/enroll and POST /api/verify.',
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
      return { captureId: id, token, expiresAt };
    },
  }),
];
