import { expect, test } from 'vitest';
import events from '../features/webhooks/event-strings.en.json' with { type: 'json' };
import histories from './strings.en.json' with { type: 'json' };

test.each(Object.keys(events))('%s has a name in histories', (name) => {
  expect(histories).toHaveProperty([`event.${name}`]);
});
