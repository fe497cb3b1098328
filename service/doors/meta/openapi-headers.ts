/** Headers of replies, as components of the OpenAPI document. */
export const responseHeaders = {
  RequestId: {
    description: 'Id of the request, also in the log of the box; one that the caller sent is kept',
    schema: { type: 'string' },
  },
  RateLimit: {
    description:
      'What is left of each limit (`r`), and seconds until some of it is given back (`t`): `"burst";r=599;t=60`. draft-ietf-httpapi-ratelimit-headers-10',
    schema: { type: 'string' },
  },
  RateLimitPolicy: {
    description:
      'The limits that the request was counted for: `"burst";q=600;w=60`, quota and window in seconds',
    schema: { type: 'string' },
  },
  RetryAfter: {
    description: 'Seconds after which the call may be repeated; absent where waiting does not help',
    schema: { type: 'integer', minimum: 1 },
  },
  IdempotentReplayed: {
    description: '`true`: the first answer to this `Idempotency-Key`, again',
    schema: { type: 'string', enum: ['true'] },
  },
  Deprecation: { description: 'Since when the call is deprecated (RFC 9745)', schema: { type: 'string' } },
  Sunset: { description: 'Until when it is answered at least (RFC 8594)', schema: { type: 'string' } },
  Successor: { description: 'The call to use instead (RFC 8288)', schema: { type: 'string' } },
} as const;

const names: Record<keyof typeof responseHeaders, string> = {
  RequestId: 'x-request-id',
  RateLimit: 'RateLimit',
  RateLimitPolicy: 'RateLimit-Policy',
  RetryAfter: 'Retry-After',
  IdempotentReplayed: 'Idempotent-Replayed',
  Deprecation: 'Deprecation',
  Sunset: 'Sunset',
  Successor: 'Link',
};

/** Statuses after which a caller may have to wait. */
const waits: ReadonlySet<number> = new Set([409, 429, 503]);

/** Those of one reply. `counted`: the requests of a key are. */
export function headersOf(
  status: number,
  { counted, idempotent, deprecated }: { counted: boolean; idempotent: boolean; deprecated: boolean },
): Record<string, { $ref: string }> {
  const shown: (keyof typeof responseHeaders)[] = [
    'RequestId',
    ...(counted && status !== 401 ? (['RateLimit', 'RateLimitPolicy'] as const) : []),
    ...(waits.has(status) ? (['RetryAfter'] as const) : []),
    ...(idempotent && status < 300 ? (['IdempotentReplayed'] as const) : []),
    ...(deprecated ? (['Deprecation', 'Sunset', 'Successor'] as const) : []),
  ];
  return Object.fromEntries(shown.map((one) => [names[one], { $ref: `#/components/headers/${one}` }]));
}
