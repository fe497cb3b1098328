import { expect, test } from 'vitest';
import { silentLog } from '../../lib/log.ts';
import { createLonePosition } from './position.ts';

/** A service whose database has not answered `lost` commits. */
function lone() {
  const done: string[] = [];
  const state = { lost: 0, isAway: false };
  const position = createLonePosition({
    unanswered: [
      {
        count: () => state.lost,
        async ended() {
          if (state.isAway) throw new Error('away');
          done.push('ended');
        },
      },
    ],
    before: async () => void done.push('keys'),
    log: silentLog,
  });
  position.whenOlder(async () => void done.push('read'));
  return { state, done, position };
}

test('after a commit that was not answered memory is read anew once, after it has ended, and before it is used', async () => {
  const { state, done, position } = lone();
  await position.catchUp();
  expect(done).toEqual([]);
  state.lost++;
  await Promise.all([position.catchUp(), position.catchUp()]);
  await position.catchUp();
  expect(done).toEqual(['ended', 'keys', 'read']);
  state.lost++;
  await position.catchUp();
  expect(done).toHaveLength(6);
});

test('nothing is used until it was read: while the database is away each use is refused', async () => {
  const { state, done, position } = lone();
  state.lost++;
  state.isAway = true;
  await expect(position.catchUp()).rejects.toThrow('away');
  await expect(position.catchUp()).rejects.toThrow('away');
  state.isAway = false;
  await position.catchUp();
  expect(done).toEqual(['ended', 'keys', 'read']);
});
