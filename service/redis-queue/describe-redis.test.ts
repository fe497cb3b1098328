import { expect, test } from 'vitest';
import { describeRedis } from './describe-redis.ts';

test.each([
  ['redis://user:secret@redis.example:6380/3', 'redis.example:6380'],
  ['rediss://:secret@10.0.0.5', '10.0.0.5:6379'],
  ['redis://[fd00::1]:7000', '[fd00::1]:7000'],
])('%s is described as %s', (url, description) => {
  expect(describeRedis(url)).toBe(description);
});
