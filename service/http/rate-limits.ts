import type { RateLimit } from '../lib/rate-limit.ts';

/** `RateLimit-Policy` and `RateLimit` (draft-ietf-httpapi-ratelimit-headers-10), in seconds; none where no limit applies. */
export function rateLimitHeaders(limits: readonly RateLimit[]): Record<string, string> {
  if (limits.length === 0) return {};
  const seconds = (value: number) => Math.max(0, Math.ceil(value));
  return {
    'ratelimit-policy': limits
      .map(({ name, quota, windowSeconds }) => `"${name}";q=${quota};w=${seconds(windowSeconds)}`)
      .join(', '),
    ratelimit: limits
      .map(({ name, left, resetSeconds }) => `"${name}";r=${Math.max(0, left)};t=${seconds(resetSeconds)}`)
      .join(', '),
  };
}
