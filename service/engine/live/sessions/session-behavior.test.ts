import { expect, test } from 'vitest';
import { personWindow, programWindow } from '../../../../test/support/behavior-windows.ts';
import { createSessionBehaviors } from './session-behavior.ts';

test('the newest window of a session is its evidence, and another session has none', () => {
  const behaviors = createSessionBehaviors({ clock: { now: () => 0 } });
  const outcome = { liveness: { evidence: [] } } as never;
  behaviors.note('one', programWindow());
  behaviors.note('one', personWindow());
  expect(behaviors.added('one', outcome)).toMatchObject({
    liveness: { evidence: [{ kind: 'behavior', details: { suspect: false } }] },
  });
  expect(behaviors.added('other', outcome)).toBe(outcome);
});
