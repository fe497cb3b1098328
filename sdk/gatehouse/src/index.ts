export type { WebhookDialect } from './signatures.ts';
export type { VerifiedWebhook, VerifyWebhookOptions, WebhookEvent } from './verify-webhook.ts';
export { verifyWebhook } from './verify-webhook.ts';
export type { WebhookHeaders } from './webhook-headers.ts';
export type { WebhookErrorCode } from './webhook-verification-error.ts';
export { WebhookVerificationError } from './webhook-verification-error.ts';
