/** Why a delivery was not accepted. A closed list: a `switch` over it can be complete. */
export type WebhookErrorCode =
  /** `verifyWebhook` was called wrongly: the body was parsed already, the secret is empty, an option makes no sense. */
  | 'INVALID_ARGUMENT'
  /** No header that carries a signature is there. */
  | 'MISSING_SIGNATURE'
  /** Signed, but without a time: a recording of it could be sent again for ever. */
  | 'MISSING_TIMESTAMP'
  /** A header is not written as its dialect is. */
  | 'MALFORMED_HEADER'
  /** The body or the time was changed, or another secret signed it. */
  | 'SIGNATURE_MISMATCH'
  | 'TIMESTAMP_TOO_OLD'
  | 'TIMESTAMP_TOO_NEW'
  /** Rightly signed, and not a JSON object. */
  | 'INVALID_JSON';

export class WebhookVerificationError extends Error {
  override readonly name = 'WebhookVerificationError';
  readonly code: WebhookErrorCode;
  constructor(code: WebhookErrorCode, message: string) {
    super(message);
    this.code = code;
  }
}
