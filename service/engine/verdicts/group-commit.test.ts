import { expect, test } from 'vitest';
import { Problem } from '../../lib/problem.ts';
import type { InTransaction, Tx } from '../../storage/transaction.ts';
import { createGroupCommit } from './group-commit.ts';

/** A transaction that keeps what was written in it only where it ends well. */
function start({ fails = () => undefined as Error | undefined } = {}) {
  const kept: string[][] = [];
  let open: string[] = [];
  const inTransaction: InTransaction = async (work) => {
    open = [];
    const result = await work({} as Tx);
    const failure = fails();
    if (failure) throw failure;
    kept.push(open);
    return result;
  };
  const group = createGroupCommit<string, string | undefined>({
    inTransaction,
    writeRows: async (_, rows) => {
      if (rows.includes('bad')) throw new Error('a constraint');
      open.push(...rows);
      return rows.map((row) => `result of ${row}`);
    },
    async apart(_, change) {
      const before = [...open];
      try {
        return await change();
      } catch (error) {
        open = before;
        throw error;
      }
    },
    pace: async () => undefined,
  });
  const put = (text: string) => async () => {
    open.push(text);
    return text;
  };
  return { kept, group, put };
}

test('what comes together is one transaction, and each member is answered after it', async () => {
  const { kept, group, put } = start();
  const answers = [group.write('a'), group.commit(put('b')), group.write('c')];
  expect(kept).toEqual([]);
  expect(await Promise.all(answers)).toEqual(['result of a', 'b', 'result of c']);
  expect(kept).toEqual([['a', 'c', 'b']]);
});

test('a change that is refused leaves nothing, and the others stay', async () => {
  const { kept, group, put } = start();
  const refused = group.commit(async () => {
    await put('half')();
    throw new Problem('NOT_FOUND', 'Not there.');
  });
  const others = [group.write('a'), group.commit(put('b'))];
  await expect(refused).rejects.toMatchObject({ code: 'NOT_FOUND' });
  await Promise.all(others);
  expect(kept).toEqual([['a', 'b']]);
});

test('a group that fails as a whole is tried one by one: the faulty member alone fails', async () => {
  const { kept, group } = start();
  const [good, bad, last] = [group.write('good'), group.write('bad'), group.write('last')];
  await expect(bad).rejects.toThrow('a constraint');
  expect(await Promise.all([good, last])).toEqual(['result of good', 'result of last']);
  expect(kept).toEqual([['good'], ['last']]);
});

test('a full disk fails all at once, and the next group is tried', async () => {
  let failure: Error | undefined = new Problem('STORAGE_FULL', 'Full.');
  let tries = 0;
  const { kept, group } = start({
    fails: () => {
      tries++;
      return failure;
    },
  });
  const all = await Promise.allSettled([group.write('a'), group.write('b')]);
  expect(all.map(({ status }) => status)).toEqual(['rejected', 'rejected']);
  expect(tries).toBe(1);
  failure = undefined;
  await group.write('c');
  expect(kept).toEqual([['c']]);
});

test('a group is written while the one before it is put on disk, four at most; settled waits for all', async () => {
  const onDisk: (() => void)[] = [];
  const written: string[] = [];
  const group = createGroupCommit<string, string | undefined>({
    async inTransaction(work) {
      const result = await work({} as Tx);
      await new Promise<void>((resolve) => onDisk.push(resolve));
      return result;
    },
    async writeRows(_, rows) {
      written.push(...rows);
      return rows.map(() => undefined);
    },
    apart: (_, change) => change(),
    pace: async () => undefined,
  });
  const answered: string[] = [];
  for (const name of ['a', 'b', 'c', 'd', 'e']) {
    void group.write(name).then(() => answered.push(name));
    await expect.poll(() => written.includes(name) || onDisk.length === 4).toBe(true);
  }
  expect(written).toEqual(['a', 'b', 'c', 'd']);
  expect(answered).toEqual([]);
  let settled = false;
  const all = group.settled().then(() => {
    settled = true;
  });
  onDisk[1]!();
  await expect.poll(() => [written.includes('e'), onDisk.length]).toEqual([true, 5]);
  expect(answered).toEqual(['b']);
  for (const i of [0, 2, 3]) onDisk[i]!();
  await expect.poll(() => answered.length).toBe(4);
  expect(settled).toBe(false);
  onDisk[4]!();
  await all;
  expect(answered).toEqual(['b', 'a', 'c', 'd', 'e']);
});

test('a group asks for its pace when there is a place for it, so that time spent waiting for the disk counts', async () => {
  const onDisk: (() => void)[] = [];
  let paced = 0;
  const group = createGroupCommit<string, string | undefined>({
    async inTransaction(work) {
      const result = await work({} as Tx);
      await new Promise<void>((resolve) => onDisk.push(resolve));
      return result;
    },
    writeRows: async (_, rows) => rows.map(() => undefined),
    apart: (_, change) => change(),
    pace: async () => void paced++,
  });
  const all: Promise<unknown>[] = [];
  for (let count = 1; count <= 4; count++) {
    all.push(group.write(`row ${count}`));
    await expect.poll(() => onDisk.length).toBe(count);
  }
  all.push(group.write('one more'));
  await new Promise(setImmediate);
  expect(paced).toBe(4);
  onDisk[0]!();
  await expect.poll(() => onDisk.length).toBe(5);
  expect(paced).toBe(5);
  for (const end of onDisk) end();
  await Promise.all(all);
});

test('settled waits for what was added', async () => {
  const { kept, group } = start();
  const written = group.write('a');
  await group.settled();
  expect(kept).toEqual([['a']]);
  await written;
});
