import { expect, test } from 'vitest';
import { eventStrings } from '../features/webhooks/event-strings.ts';
import { timelineStrings } from './strings.ts';

test.each(Object.keys(eventStrings.en))('%s has a name in histories', (name) => {
  expect(timelineStrings.en).toHaveProperty([`event.${name}`]);
});
