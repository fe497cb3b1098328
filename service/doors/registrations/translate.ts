import type {
  DataRequest,
  FailureCode,
  NewRegistration,
  Registration,
  RegistrationState,
} from '../../engine/live/index.ts';
import { defined } from '../../lib/defined.ts';
import type { ListedRegistration, RegisterReply, RegisterRequest, StatusReply } from './wire.ts';

const dataRequests = {
  GET_HUMANNESS_SCORE_AND_UNIQUE_HUMAN_ID: 'humanness-and-id',
  IS_PHONE_NUMBER_VERIFIED: 'phone-number',
} as const satisfies Record<RegisterRequest['data_request']['type'], DataRequest>;

export const toRegistration = (body: RegisterRequest): NewRegistration => ({
  reference: body.reference_user_id,
  dataRequest: dataRequests[body.data_request.type],
  region: body.uniqueness_region_id ?? '',
  ...defined({
    redirect: body.redirect_url,
    metadata: body.metadata,
    testOutcome: body.test_outcome,
  }),
});

export function fromRegistered(
  { registration, token }: { registration: Registration; token: string },
  reference: string,
  origin: string,
): RegisterReply {
  const invite_url = `${origin}/invite/${token}`;
  return {
    verification: { invite_url },
    invite_url,
    reference_user_id: reference,
    expires_at: new Date(registration.expiresAt).toISOString(),
    ...defined({ metadata: registration.metadata }),
  };
}

const statuses = {
  pending: 'PENDING',
  completed: 'COMPLETED',
  failed: 'FAILED',
  expired: 'EXPIRED',
  // Another took its place before this was read.
  replaced: 'EXPIRED',
} as const satisfies Record<RegistrationState, StatusReply['connection_status']>;

const failures = {
  'not-unique': 'NOT_UNIQUE',
  'liveness-failed': 'LIVENESS_FAILED',
  expired: 'EXPIRED',
} as const satisfies Record<FailureCode, StatusReply['failure_code']>;

export const fromRegistration = (registration: Registration, reference: string): StatusReply => ({
  reference_user_id: reference,
  connection_status: statuses[registration.state],
  failure_code: registration.failure === undefined ? null : failures[registration.failure],
  simple_data_request_response: registration.state === 'completed' ? dataOf(registration) : null,
  ...defined({ metadata: registration.metadata, test_outcome: registration.testOutcome }),
});

export function fromListed(registration: Registration): ListedRegistration {
  const { id, reference = '', region, createdAt, expiresAt } = registration;
  const { reference_user_id: named, ...status } = fromRegistration(registration, reference);
  return {
    registration_id: id,
    ...(named !== '' && { reference_user_id: named }),
    ...(region !== '' && { uniqueness_region_id: region }),
    ...status,
    created_at: new Date(createdAt).toISOString(),
    expires_at: new Date(expiresAt).toISOString(),
  };
}

function dataOf({
  dataRequest,
  humanness,
  humanId,
}: Registration): StatusReply['simple_data_request_response'] {
  if (dataRequest === 'phone-number') return { is_phone_number_verified: true };
  if (humanness === undefined || humanId === undefined) return null;
  return { humanness_score: Math.round(humanness * 1e4) / 1e4, unique_human_id: humanId };
}
