import { setImmediate } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { readBody } from './read-json-bodies.ts';

test('asks for the next bytes only when those before are counted and it may read on', async () => {
  const events: string[] = [];
  async function* payload() {
    for (const text of ['one', 'two', 'three']) {
      events.push(`sent ${text}`);
      yield Buffer.from(text);
    }
  }
  const gate = Promise.withResolvers<void>();
  const body = readBody(payload(), 100, undefined, (bytes) => {
    events.push(`counted ${bytes}`);
    return events.includes('sent two') && !events.includes('sent three') ? gate.promise : undefined;
  });
  for (let i = 0; i < 20; i++) await setImmediate();
  expect(events).toEqual(['sent one', 'counted 3', 'sent two', 'counted 3']);
  gate.resolve();
  expect((await body).toString()).toBe('onetwothree');
  expect(events.slice(4)).toEqual(['sent three', 'counted 5']);
});
