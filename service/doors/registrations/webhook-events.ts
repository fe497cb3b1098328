import type { PayloadDialect } from '../../engine/webhooks/index.ts';

/**
 * registrations.txt names the event and shows no payload; this is the smallest that tells who and how it ended, in the words of
 * /get_status, where the results are asked for (docs/decisions/0013-webhook-payloads-where-the-texts-are-silent.md).
 */
export const registrationsEvents: PayloadDialect = {
  family: 'registrations',
  signature: 'standard',
  events: [
    {
      name: 'registrations.USER_VERIFICATION_COMPLETED',
      when: 'A user finishes verification, whether it succeeded or failed; an invitation that expires unused is not told',
      fires: false,
      sample: {
        event: 'USER_VERIFICATION_COMPLETED',
        reference_user_id: 'user_123',
        connection_status: 'COMPLETED',
        failure_code: null,
        timestamp: '2026-05-25T21:00:00.000Z',
      },
    },
  ],
  translate(event) {
    if (event.type !== 'registration.completed' || event.payload.status === 'EXPIRED') return undefined;
    return {
      name: 'registrations.USER_VERIFICATION_COMPLETED',
      body: {
        event: 'USER_VERIFICATION_COMPLETED',
        ...(event.personal === undefined ? {} : { reference_user_id: event.personal.referenceUserId }),
        connection_status: event.payload.status,
        failure_code: event.payload.failureCode,
        timestamp: new Date(event.at).toISOString(),
      },
    };
  },
};
