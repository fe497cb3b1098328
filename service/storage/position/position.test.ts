import { expect, test } from 'vitest';
import { silentLog } from '../../lib/log.ts';
import { createLonePosition } from './position.ts';

/** A service whose database has not answered `lost` commits, and whose connection came back `moved` times. */
function lone() {
  const done: string[] = [];
  const state = { lost: 0, moved: 0, older: 0, olderKeys: 0, isAway: false, fails: false };
  const position = createLonePosition({
    doubts: [
      {
        unanswered: () => state.lost,
        moved: () => state.moved,
        async ended() {
          if (state.isAway) throw new Error('away');
          done.push('ended');
        },
      },
    ],
    async before() {
      done.push('keys');
      return state.olderKeys;
    },
    log: silentLog,
  });
  position.whenOlder({
    async look() {
      done.push('look');
      return state.older;
    },
    async mend() {
      if (state.fails) throw new Error('fails');
      done.push('read');
    },
  });
  return { state, done, position };
}
const ANEW = ['ended', 'keys', 'look', 'read'];

test('after a commit that was not answered memory is read anew once, after it has ended, and before it is used', async () => {
  const { state, done, position } = lone();
  await position.catchUp();
  expect(done).toEqual([]);
  state.lost++;
  await Promise.all([position.catchUp(), position.catchUp()]);
  await position.catchUp();
  expect(done).toEqual(ANEW);
  state.lost++;
  await position.catchUp();
  expect(done).toEqual([...ANEW, ...ANEW]);
});

test('nothing is used until it was read: while the database is away each use is refused', async () => {
  const { state, done, position } = lone();
  state.lost++;
  state.isAway = true;
  await expect(position.catchUp()).rejects.toThrow('away');
  await expect(position.catchUp()).rejects.toThrow('away');
  state.isAway = false;
  await position.catchUp();
  expect(done).toEqual(ANEW);
});

test.each(['older', 'olderKeys'] as const)(
  'where another server answers, memory is read anew if that has an older record: %s',
  async (which) => {
    const { state, done, position } = lone();
    state.moved++;
    await position.catchUp();
    await position.catchUp();
    expect(done).toEqual(['ended', 'keys', 'look']);
    state.moved++;
    state[which]++;
    state.fails = true;
    await expect(position.catchUp()).rejects.toThrow('fails');
    state.fails = false;
    done.length = 0;
    await position.catchUp();
    await position.catchUp();
    expect(done).toEqual(ANEW);
  },
);
