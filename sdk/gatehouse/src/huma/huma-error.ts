/** Why a call has no answer. Codes in capitals that are not listed come from the service, as its API reference names them. */
export type HumaErrorCode =
  /** The call itself was wrong. */
  | 'INVALID_ARGUMENT'
  /** The signal was aborted. */
  | 'ABORTED'
  /** The service could not be reached, or its answer may not be read from this page. */
  | 'NETWORK'
  /** No answer within the time of `timeoutMs`. */
  | 'TIMEOUT'
  /** The service, or a proxy before it, answered with a status from 500. */
  | 'UNAVAILABLE'
  /** Node does not trust the certificate of the service. It is a wrong configuration, no outage: `NODE_EXTRA_CA_CERTS`. */
  | 'CERTIFICATE_NOT_TRUSTED'
  /** Something else than a Gatehouse answered: check `baseUrl`. */
  | 'NOT_GATEHOUSE';

export interface HumaErrorFields {
  status?: number | undefined;
  requestId?: string | undefined;
  retryAfterSeconds?: number | undefined;
  /** Fields of the request that were refused. */
  fields?: string[] | undefined;
  cause?: unknown;
}

/** The service gave no judgement because it was not there. A result that carries one let the caller through unjudged. */
export interface Outage {
  code: 'NETWORK' | 'TIMEOUT' | 'UNAVAILABLE';
  message: string;
  /** Absent where no answer came. */
  status?: number;
}

export class HumaError extends Error {
  override readonly name = 'HumaError';
  readonly code: HumaErrorCode | (string & {});
  /** Of the answer; absent where none came. */
  readonly status: number | undefined;
  /** Names the request in the log of the service. */
  readonly requestId: string | undefined;
  readonly retryAfterSeconds: number | undefined;
  readonly fields: string[];
  constructor(code: HumaErrorCode | (string & {}), message: string, given: HumaErrorFields = {}) {
    super(message, given.cause === undefined ? undefined : { cause: given.cause });
    this.code = code;
    this.status = given.status;
    this.requestId = given.requestId;
    this.retryAfterSeconds = given.retryAfterSeconds;
    this.fields = given.fields ?? [];
  }
}

/** Undefined where the service did answer, its certificate is not trusted, or the call was wrong: those never fail open. */
export function outageOf(error: unknown): Outage | undefined {
  if (!(error instanceof HumaError)) return undefined;
  const { message, status } = error;
  const code = (['NETWORK', 'TIMEOUT', 'UNAVAILABLE'] as const).find((one) => one === error.code);
  return code && { code, message, ...(status !== undefined && { status }) };
}
