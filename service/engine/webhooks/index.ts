export {
  Endpoint,
  type EndpointChange,
  exampleOfEndpoint,
  type Family,
  families,
  type NewEndpoint,
  PAYLOAD_LIMIT,
  type PayloadDialect,
  type SignatureDialect,
  signatureDialects,
  type Translation,
  type Webhooks,
} from './endpoint.ts';
export type { EndpointBook, OpenEndpoint } from './endpoint-book.ts';
export type { EndpointKeeping } from './endpoint-keeping.ts';
export { sign } from './signature.ts';
export { createWebhooks, type EndpointWebhooks } from './webhooks.ts';
