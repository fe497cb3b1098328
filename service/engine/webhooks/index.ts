export type { Family, PayloadDialect, SignatureDialect, Translation } from './dialect.ts';
export { families, PAYLOAD_LIMIT, signatureDialects } from './dialect.ts';
export type { EndpointChange, NewEndpoint, Webhooks } from './endpoint.ts';
export { Endpoint, exampleOfEndpoint } from './endpoint.ts';
export type { EndpointBook, OpenEndpoint } from './endpoint-book.ts';
export type { EndpointKeeping } from './endpoint-keeping.ts';
export { sign } from './signature.ts';
export type { EndpointWebhooks } from './webhooks.ts';
export { createWebhooks } from './webhooks.ts';
