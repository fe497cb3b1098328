import { afterEach, expect, test } from 'vitest';
import { onBothDatabases } from '../../test/storage/databases.ts';
import { type Engine, startEngine } from '../../test/support/engine.ts';
import { compiledForList, compiledForRows, compiledOnce } from './compiled-once.ts';

let engine: Engine;

interface Count {
  name: string;
  period: number;
  used: number;
  updated_at: number;
}

const insert = compiledForRows<Count>(['name', 'period', 'used', 'updated_at'], (to, rows) =>
  to.insertInto('usage_counter').values(rows),
);
const usedBy = compiledOnce((from, [name, period]: [string, number]) =>
  from.selectFrom('usage_counter').select('used').where('name', '=', name).where('period', '=', period),
);
const usedByAny = compiledForList((from, names) =>
  from.selectFrom('usage_counter').select(['name', 'used']).where('name', 'in', names),
);

onBothDatabases('queries that are compiled once', (newPlace) => {
  afterEach(() => engine.stop());

  test.each([0, 3, 65, 200])('%s rows are written, each with its own values', async (many) => {
    engine = await startEngine({ place: await newPlace() });
    const rows = Array.from({ length: many }, (_, i) => ({
      // The names of the columns in another order.
      ...{ used: i, period: 500 - i, name: `month/${i}`, updated_at: 2 * i },
    }));
    await engine.inTransaction((tx) => insert(tx, rows));
    const found = await engine.db
      .selectFrom('usage_counter')
      .selectAll()
      .where('updated_at', '=', (eb) => eb(eb.val(2), '*', eb.ref('used')))
      .execute();
    expect(found).toHaveLength(many);
    expect(found).toEqual(expect.arrayContaining(rows));
    if (many > 2) expect(await usedBy(engine.db, 'month/2', 498)).toEqual([{ used: 2 }]);
    expect(await usedBy(engine.db, 'month/2', 499)).toEqual([]);
  });

  test.each([0, 1, 5, 64, 200])('a list of %s values is read, each row once', async (many) => {
    engine = await startEngine({ place: await newPlace() });
    const rows = Array.from({ length: 300 }, (_, i) => ({
      ...{ name: `month/${i}`, period: 1, used: i, updated_at: 0 },
    }));
    await engine.inTransaction((tx) => insert(tx, rows));
    const asked = rows.slice(100, 100 + many).map(({ name }) => name);
    for (const from of [asked, asked.toReversed()]) {
      const found = await usedByAny(engine.db, from);
      expect(found.map(({ used }) => used).toSorted((a, b) => a - b)).toEqual(
        Array.from({ length: many }, (_, i) => 100 + i),
      );
    }
  });

  test('a query with other parameters than it is given is refused when it is compiled', async () => {
    engine = await startEngine({ place: await newPlace() });
    const wrong = compiledOnce((from, [name]: [string]) =>
      from.selectFrom('usage_counter').select('used').where('used', '=', 7).where('name', '=', name),
    );
    await expect(wrong(engine.db, 'month/2')).rejects.toThrow('other parameters');
  });
});
