/** Why a verification has no result. Codes in capitals that are not listed come from the service, as its API reference names them. */
export type HumanPassErrorCode =
  /** The client was made or called wrongly. */
  | 'INVALID_ARGUMENT'
  /** The browser did not open the window: call `verify` from a click. */
  | 'POPUP_BLOCKED'
  /** The person closed the window before the end. */
  | 'CLOSED'
  /** The person did not agree, or gave up. */
  | 'CANCELLED'
  /** The time of `timeout` is over. */
  | 'TIMEOUT'
  /** The signal was aborted. */
  | 'ABORTED'
  /** The service could not be reached, or did not answer as it does. */
  | 'NETWORK'
  /** Node does not trust the certificate of the service; the message says what to do (`NODE_EXTRA_CA_CERTS`). */
  | 'CERTIFICATE_NOT_TRUSTED';

export interface HumanPassErrorFields {
  status?: number | undefined;
  requestId?: string | undefined;
  retryAfterSeconds?: number | undefined;
  cause?: unknown;
}

export class HumanPassError extends Error {
  override readonly name = 'HumanPassError';
  readonly code: HumanPassErrorCode | (string & {});
  /** Of the answer; absent where none came. */
  readonly status: number | undefined;
  /** Names the request in the log of the service. */
  readonly requestId: string | undefined;
  readonly retryAfterSeconds: number | undefined;
  constructor(
    code: HumanPassErrorCode | (string & {}),
    message: string,
    { status, requestId, retryAfterSeconds, cause }: HumanPassErrorFields = {},
  ) {
    super(message, cause === undefined ? undefined : { cause });
    this.code = code;
    this.status = status;
    this.requestId = requestId;
    this.retryAfterSeconds = retryAfterSeconds;
  }
}
