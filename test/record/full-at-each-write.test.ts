import Sqlite from 'better-sqlite3';
import { sql } from 'kysely';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { createApprovals, type Guarded } from '../../service/engine/accounts/index.ts';
import type { Actor } from '../../service/engine/audit/index.ts';
import type { AdministratorId, SubjectId, World } from '../../service/lib/id.ts';
import type { Db } from '../../service/storage/transaction.ts';
import { type Engine, operator, startEngine } from '../support/engine.ts';
import { openErasure } from '../support/erasure.ts';
import { startStaff } from '../support/staff.ts';
import { verifyWith } from '../support/verify-alice.ts';

// The disk is full at one write of a decision, at each of them in turn: what began is undone, and with room again it is done.

type Statement = Record<'run' | 'all', (...values: unknown[]) => unknown> & {
  source: string;
  reader: boolean;
  database: Sqlite.Database;
};
const prototype = Object.getPrototypeOf(new Sqlite(':memory:').prepare('select 1')) as Statement;
const own = { run: prototype.run, all: prototype.all };
/** Of the write that finds no room, from 1; 0: there is room. */
let fullAt = 0;
let writes = 0;
/** SQLite may end the whole transaction with the statement. */
let endsTransaction = false;

function refuse(statement: Statement): void {
  if (fullAt === 0 || /^\s*(select|pragma|begin|rollback)/i.test(statement.source)) return;
  if (++writes < fullAt) return;
  const { database } = statement;
  if (endsTransaction && database.inTransaction) database.exec('rollback');
  throw Object.assign(new Error('database or disk is full'), { code: 'SQLITE_FULL' });
}

beforeEach(() => {
  for (const name of ['run', 'all'] as const)
    prototype[name] = function (this: Statement, ...values) {
      refuse(this);
      return own[name].apply(this, values);
    };
});
afterEach(() => {
  Object.assign(prototype, own);
  fullAt = 0;
});

/** All rows of all tables. */
async function rowsOf(db: Db): Promise<Record<string, unknown[]>> {
  const { rows } = await sql<{ name: string }>`
    select name from sqlite_schema where type = 'table' and name not like 'sqlite_%' order by name`.execute(
    db,
  );
  const found: Record<string, unknown[]> = {};
  for (const { name } of rows)
    found[name] = (await sql`select * from ${sql.table(name)} order by 1, 2`.execute(db)).rows;
  return found;
}

interface Decision {
  db: Db;
  decide(): Promise<unknown>;
  /** After a write without room; by default nothing was changed. */
  undone?(before: Record<string, unknown[]>, after: Record<string, unknown[]>): void;
}

/** Makes the decision again and again, with the disk full one write later each time, until it is made. The number of its writes. */
async function atEachWrite({ db, decide, undone }: Decision): Promise<number> {
  for (let at = 1; ; at++) {
    const before = await rowsOf(db);
    [fullAt, writes] = [at, 0];
    const refused = await decide().then(
      () => undefined,
      (error: unknown) => error,
    );
    fullAt = 0;
    if (refused === undefined) return at - 1;
    expect(refused).toMatchObject({ code: 'STORAGE_FULL' });
    const after = await rowsOf(db);
    if (undone) undone(before, after);
    else expect(after).toEqual(before);
  }
}

describe.each([
  ['the statement alone fails', false],
  ['the transaction ends with the statement', true],
])('%s', (_what, ends) => {
  let engine: Engine;
  beforeEach(async () => {
    endsTransaction = ends;
    engine = await startEngine();
  });
  afterEach(async () => {
    fullAt = 0;
    await engine.stop();
  });
  const { show, enrollAlice, verify, stored } = verifyWith(() => engine);
  const email = 'alice@example.com';
  const person = async (world: World) => {
    await enrollAlice(world);
    const realm = { organization: engine.organization, world };
    const [alice] = (await engine.subjects.list(realm, { limit: 2 })).subjects;
    return { ...realm, subject: alice!.id };
  };

  test('a verdict, verified or refused', async () => {
    await person('test');
    let picture = 0;
    for (const near of [0.9, 0.1]) {
      const before = (await stored()).length;
      const decide = () => {
        engine.advance(3_600_000);
        return verify(show(`p${picture++}`, near), { email });
      };
      expect(await atEachWrite({ db: engine.db, decide })).toBeGreaterThan(2);
      expect((await stored()).length).toBe(before + 1);
    }
  });

  test('a consent that is withdrawn', async () => {
    const alice = await person('live');
    const decide = () => engine.consents.withdraw(alice, ['verification'], operator);
    const word = { is: 'attested', purposes: ['verification'] } as const;
    const withheld = () => engine.consents.withholds(word, alice.subject, 'verification');
    const undone = (before: unknown, after: unknown) => {
      expect(after).toEqual(before);
      expect(withheld()).toBe(false);
    };
    expect(await atEachWrite({ db: engine.db, decide, undone })).toBeGreaterThan(2);
    expect(withheld()).toBe(true);
  });

  test('an erasure goes on where it was, and ends', async () => {
    const alice = await person('live');
    const realm = { organization: alice.organization, world: alice.world };
    const erasure = await openErasure(engine);
    const order = { reason: 'request', actor: operator, request: 'req_1' } as const;
    let begun = false;
    const decide = () => erasure.erase(realm, alice.subject, order);
    const undone = (before: Record<string, unknown[]>, after: Record<string, unknown[]>) => {
      begun ||= after.erasure!.length > 0;
      if (!begun) expect(after).toEqual(before);
    };
    expect(await atEachWrite({ db: engine.db, decide, undone })).toBeGreaterThan(5);
    const receipts = await erasure.receipts(alice.organization, { limit: 5 });
    expect(receipts).toMatchObject([{ subject: alice.subject, state: 'done' }]);
    expect(await engine.subjects.find(realm, alice.subject)).toBeUndefined();
    expect(await engine.keys.persons([alice.subject])).toEqual([]);
    const lines = await engine.db
      .selectFrom('audit')
      .select('action')
      .where('action', 'like', 'subject.erase%')
      .execute();
    expect(lines).toEqual([{ action: 'subject.erase.intend' }, { action: 'subject.erase' }]);
  });
});

test.each([[false], [true]])('an approval that is asked for, confirmed and used (%s)', async (ends) => {
  endsTransaction = ends;
  const staff = await startStaff();
  const approvals = createApprovals(staff);
  const second = await staff.make('Bob', 'administrator');
  const as = (administrator: AdministratorId): Actor => ({ is: 'administrator', administrator });
  const [ada, bob] = [as(staff.ada.id), as(second.id)];
  for (const address of [staff.ada.email, second.email]) await staff.addPasskey(await staff.open(address));
  staff.advance(2 * 86_400_000);
  await approvals.setRequired(staff.organization, true, ada);
  const { organization, db } = staff;
  const what: Guarded = {
    organization,
    world: 'live',
    action: 'subject.erase',
    subject: 'sub_1' as SubjectId,
  };
  let done = 0;
  const use = () => approvals.guard(what, ada, async () => ++done);
  await expect(use()).rejects.toMatchObject({ code: 'APPROVAL_REQUIRED' });
  expect(await atEachWrite({ db, decide: () => approvals.request(what, ada) })).toBeGreaterThan(1);
  const [asked] = await approvals.page(organization, { limit: 2 });
  expect(
    await atEachWrite({ db, decide: () => approvals.decide(organization, asked!.id, 'confirmed', bob) }),
  ).toBeGreaterThan(1);
  expect(await atEachWrite({ db, decide: use })).toBeGreaterThan(0);
  expect(done).toBe(1);
  await staff.stop();
});
