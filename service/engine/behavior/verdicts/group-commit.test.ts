import { afterEach, beforeEach, expect, test } from 'vitest';
import { type Engine, startEngine } from '../../../../test/support/engine.ts';
import { Problem } from '../../../lib/problem.ts';
import type { InTransaction, Tx } from '../../../storage/transaction.ts';
import { createGroupCommit } from './audit-lines.ts';

let engine: Engine;
beforeEach(async () => {
  engine = await startEngine();
});
afterEach(() => engine.stop());

const note = (name: string) => (tx: Tx) =>
  tx
    .insertInto('usage_counter')
    .values({ name, period: 0, used: 1, updated_at: 0 })
    .execute()
    .then(() => name);
const names = async () =>
  (await engine.db.selectFrom('usage_counter').select('name').orderBy('name').execute()).map(
    ({ name }) => name,
  );

/** Counts transactions, and fails the first `failing` of them with `error`. */
function counted(failing = 0, error: Error = new Error('no disk')) {
  const state = { begun: 0 };
  const inTransaction: InTransaction = (work) => {
    state.begun++;
    return state.begun <= failing ? Promise.reject(error) : engine.inTransaction(work);
  };
  return { state, group: createGroupCommit(inTransaction) };
}

test('changes that come together are one transaction, and each has its own result', async () => {
  const { state, group } = counted();
  expect(await Promise.all(['a', 'b', 'c'].map((name) => group.commit(note(name))))).toEqual(['a', 'b', 'c']);
  expect(state.begun).toBe(1);
  expect(await group.commit(note('d'))).toBe('d');
  expect([state.begun, await names()]).toEqual([2, ['a', 'b', 'c', 'd']]);
});

test('more than a group holds go into the next ones', async () => {
  const { state, group } = counted();
  await Promise.all(Array.from({ length: 130 }, (_, i) => group.commit(note(`n${i}`))));
  expect([state.begun, (await names()).length]).toEqual([3, 130]);
});

test('of a group in which one fails, the others are written, and nothing of that one', async () => {
  const { group } = counted();
  const refused = group.commit(async (tx) => {
    await note('refused')(tx);
    throw new Problem('CONFLICT', 'Not now.');
  });
  const others = Promise.all([group.commit(note('a')), group.commit(note('b'))]);
  await expect(refused).rejects.toMatchObject({ code: 'CONFLICT' });
  expect([await others, await names()]).toEqual([
    ['a', 'b'],
    ['a', 'b'],
  ]);
});

test('a disk that refuses answers all of the group at once, and the next group is tried', async () => {
  const { state, group } = counted(1, new Problem('STORAGE_FULL', 'The disk is full.'));
  const both = await Promise.allSettled([group.commit(note('a')), group.commit(note('b'))]);
  expect(both).toMatchObject([{ reason: { code: 'STORAGE_FULL' } }, { reason: { code: 'STORAGE_FULL' } }]);
  expect([state.begun, await group.commit(note('c'))]).toEqual([1, 'c']);
});

test('settled waits for all that was added', async () => {
  const { group } = counted();
  const done: string[] = [];
  for (const name of ['a', 'b']) void group.commit(note(name)).then((one) => done.push(one));
  await group.settled();
  expect(done).toEqual(['a', 'b']);
  await group.settled();
});
