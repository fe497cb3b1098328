/** `redis.example:6379`: where it is, never who or with what password. */
export function describeRedis(url: string): string {
  const parsed = URL.parse(url);
  return parsed ? `${parsed.hostname}:${parsed.port || 6379}` : 'an address that cannot be read';
}
