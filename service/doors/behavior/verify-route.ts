import type { FastifyInstance } from 'fastify';
import type { Verdicts } from '../../engine/behavior/index.ts';
import { keyOf } from '../../http/authentication.ts';
import { SIGNED_BODY } from '../../http/bodies/read-json-bodies.ts';
import { fromVerdict, toVerdictRequest } from './translate.ts';
import { VerifyReply, VerifyRequest } from './wire-verify.ts';

/** Bytes: a window has at most four thousand, a user id that is escaped some more, and the caller's own data sixteen thousand. */
export const BODY_LIMIT = SIGNED_BODY;

/** `POST /api/v1/verify` (contracts/behavior.txt). */
export function verifyRoute(
  app: FastifyInstance,
  { verdicts }: { verdicts: Pick<Verdicts, 'verify'> },
): void {
  app.post(
    '/api/v1/verify',
    {
      bodyLimit: BODY_LIMIT,
      config: {
        access: 'behavior',
        metered: true,
        idempotent: true,
        refuses: ['USER_FLOOD_DETECTED', 'MONTHLY_LIMIT_EXCEEDED', 'TRIAL_EXPIRED', 'STORAGE_FULL'],
      },
      schema: {
        operationId: 'verifyBehavior',
        summary: 'Verify a user',
        description:
          "Analyzes a user's behavioral signals and returns a human confidence score. Call at critical moments: signups, logins, form submissions, high-value actions. `text/plain` is read as JSON. The verdict and its token are on disk when the answer comes; usage counters and lines of the audit log follow within 250 ms. Without signals, or with no event in them: `confidence` 0.49 and the note `insufficient_data`. At most 10 a minute about one user (429 `USER_FLOOD_DETECTED`); with a browser key one address has limits of its own.",
        tags: ['behavior'],
        body: VerifyRequest,
        response: { 200: VerifyReply },
      },
    },
    async (request) => {
      const caller = keyOf(request);
      const verdict = await verdicts.verify(caller, toVerdictRequest(request.body, caller, request));
      return fromVerdict(verdict, request.body);
    },
  );
}
