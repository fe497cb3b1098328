/** What the appliance answers beside the codes of its own (`docs` of the appliance, "Errors"). */
export type ProofClientCode =
  /** `ProofClient` was called wrongly. */
  | 'INVALID_ARGUMENT'
  /** No answer: the appliance was not reached, or answered something that is no JSON. */
  | 'NO_ANSWER'
  /** Node does not trust the certificate of the appliance; the message says what to do (`NODE_EXTRA_CA_CERTS`). */
  | 'CERTIFICATE_NOT_TRUSTED'
  /** `waitForPresence`: the session ended without a person. */
  | 'PRESENCE_EXPIRED'
  | 'PRESENCE_CANCELLED'
  /** `waitForPresence`: the person has not appeared in time; the session may still be waiting. */
  | 'PRESENCE_TIMEOUT';

/** A field of the request that was wrong. */
export interface ProofErrorDetail {
  path: string;
  message: string;
}

export interface ProofErrorFields {
  status?: number | undefined;
  requestId?: string | undefined;
  reason?: string | undefined;
  details?: ProofErrorDetail[] | undefined;
  checkResults?: unknown[] | undefined;
  retryAfterSeconds?: number | undefined;
  cause?: unknown;
}

/** A refusal. The message is a sentence; `code` is for programs. */
export class ProofError extends Error {
  override readonly name = 'ProofError';
  readonly code: ProofClientCode | (string & {});
  /** Of the answer; absent where there was none. */
  readonly status: number | undefined;
  /** Identifies the request in the log of the appliance. */
  readonly requestId: string | undefined;
  /** Of a picture that was not accepted: a sentence for the person. Of a cancelled session: why, by code. */
  readonly reason: string | undefined;
  readonly details: ProofErrorDetail[];
  /** The checks that ran, of a picture that was not accepted. */
  readonly checkResults: unknown[] | undefined;
  readonly retryAfterSeconds: number | undefined;
  constructor(code: ProofError['code'], message: string, fields: ProofErrorFields = {}) {
    super(message, fields.cause === undefined ? undefined : { cause: fields.cause });
    this.code = code;
    this.status = fields.status;
    this.requestId = fields.requestId;
    this.reason = fields.reason;
    this.details = fields.details ?? [];
    this.checkResults = fields.checkResults;
    this.retryAfterSeconds = fields.retryAfterSeconds;
  }
}
