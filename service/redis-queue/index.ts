export { queuePrefix } from './queue-prefix.ts';
export type { RedisDriver, RedisDriverDeps } from './redis-driver.ts';
export { createRedisDriver } from './redis-driver.ts';
