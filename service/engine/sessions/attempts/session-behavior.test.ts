import { expect, test } from 'vitest';
import { personWindow, programWindow } from '../../../../test/support/behavior-windows.ts';
import { createSessionBehaviors } from './session-behavior.ts';

test('keeps a few windows of a session, each once, and none on which a rule fired', () => {
  const behaviors = createSessionBehaviors({ clock: { now: () => 0 } });
  const windows = Array.from({ length: 7 }, (_, seq) =>
    personWindow({ seq, mouse: { str: 0.8 + seq / 100 } }),
  );
  behaviors.note('one', programWindow());
  expect(behaviors.windows('one')).toEqual([]);
  for (const data of [windows[0]!, ...windows]) behaviors.note('one', data);
  expect(behaviors.windows('one')).toEqual(windows.slice(0, 5));
  expect(behaviors.windows('other')).toEqual([]);
});

test("windows of Gatehouse's own page are judged and not kept: they say nothing of the site", () => {
  const behaviors = createSessionBehaviors({ clock: { now: () => 0 } });
  behaviors.note('one', personWindow(), { ownPage: true });
  expect(behaviors.windows('one')).toEqual([]);
  expect(behaviors.added('one', { liveness: { evidence: [] } } as never)).toMatchObject({
    liveness: { evidence: [{ kind: 'behavior', details: { suspect: false } }] },
  });
});
