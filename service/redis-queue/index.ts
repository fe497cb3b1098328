export type { RedisDriver, RedisDriverDeps } from './redis-driver.ts';
export { createRedisDriver } from './redis-driver.ts';
