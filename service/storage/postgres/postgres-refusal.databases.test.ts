import pg from 'pg';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { findPostgres, startPostgres, type TestPostgres } from '../../../test/support/postgres.ts';
import { silentLog } from '../../lib/log.ts';
import { Problem } from '../../lib/problem.ts';
import { openDatabase } from '../connection.ts';
import { checkPostgres } from './check-postgres.ts';
import { explainRefusal } from './postgres-refusal.ts';

const binaries = findPostgres();

/** Of a server that says it: the sentence, and the same after its statement was run. */
describe.skipIf(binaries === undefined)('an error of PostgreSQL is reported with the command to run', () => {
  let server: TestPostgres;
  let url: string;
  let owner: pg.Client;
  let name: string;
  beforeAll(async () => {
    server = await startPostgres(binaries ?? '');
    url = await server.createDatabase();
    name = new URL(url).pathname.slice(1);
    owner = new pg.Client({ connectionString: url });
    await owner.connect();
    await owner.query('create role "Front desk" login');
  });
  afterAll(async () => {
    await owner?.end();
    await server?.stop();
  });

  const as = (role: string) => url.replace('gatehouse@', `${encodeURIComponent(role)}@`);
  const refusal = async (of: string): Promise<string> => {
    const problem = await checkPostgres(of).catch((error: unknown) => error);
    expect(problem).toBeInstanceOf(Problem);
    expect((problem as Problem).code).toBe('CONFLICT');
    return (problem as Problem).message;
  };
  const statementIn = (message: string) => /(?:GRANT|CREATE|ALTER) [^;]+;/.exec(message)?.[0] ?? '';

  test('a database that may not be connected to, then one in which no table may be made', async () => {
    await owner.query(`revoke connect on database ${name} from public`);
    const connect = await refusal(as('Front desk'));
    expect(connect).toContain(`"Front desk"`);
    expect(statementIn(connect)).toBe(`GRANT CONNECT ON DATABASE "${name}" TO "Front desk";`);
    await owner.query(statementIn(connect));

    const tables = await refusal(as('Front desk'));
    expect(tables).toContain(`"${name}"`);
    expect(statementIn(tables)).toBe('GRANT USAGE, CREATE ON SCHEMA "public" TO "Front desk";');
    await owner.query(statementIn(tables));
    await checkPostgres(as('Front desk'));
    const { rows } = await owner.query("select tablename from pg_tables where schemaname = 'public'");
    expect(rows).toEqual([]);
  });

  test('a server that takes no writes', async () => {
    const reset = `alter role gatehouse reset default_transaction_read_only`;
    await owner.query(`alter role gatehouse set default_transaction_read_only = on`);
    const open = () =>
      openDatabase({ kind: 'postgres', url }, { clock: { now: () => 1 }, log: silentLog, writer: 'test' });
    try {
      await expect(open()).rejects.toMatchObject({
        code: 'CONFLICT',
        message: expect.stringMatching(/takes no writes .* let the database URL name the primary/),
      });
    } finally {
      await owner.query('set default_transaction_read_only = off');
      await owner.query(reset);
    }
    await (await open()).close();
  });

  test('a role and a database that are not there', async () => {
    expect(await refusal(as('no role'))).toContain(`CREATE ROLE "no role" LOGIN`);
    const elsewhere = await refusal(url.replace(name, 'nosuch'));
    expect(elsewhere).toContain('"nosuch" does not exist');
    expect(elsewhere).toContain('CREATE DATABASE "nosuch" OWNER "gatehouse";');
  });

  test('tables of another role: what may be done to them, and who owns them', async () => {
    await owner.query('create table people (name text); create sequence people_number');
    const visitor = new pg.Client({ connectionString: as('Front desk') });
    await visitor.connect();
    const said = async (statement: string) => {
      const error = await visitor.query(statement).catch((thrown: unknown) => thrown);
      const wrapped = new Error('Migration 7 failed', { cause: error });
      return statementIn(explainRefusal(wrapped, as('Front desk'))?.message ?? '');
    };
    const read = await said('select * from people');
    expect(read).toBe(
      'GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA "public" TO "Front desk";',
    );
    const number = await said("select nextval('people_number')");
    expect(number).toBe('GRANT SELECT, USAGE, UPDATE ON ALL SEQUENCES IN SCHEMA "public" TO "Front desk";');
    const change = await said('alter table people add column age integer');
    expect(change).toBe('ALTER TABLE "public"."people" OWNER TO "Front desk";');
    for (const statement of [read, number, change]) await owner.query(statement);
    await visitor.query("select nextval('people_number')");
    await visitor.query('alter table people add column age integer');
    await visitor.end();
  });

  test('another error of the server is not explained away, and one that is away says so', async () => {
    const wrong = await owner.query('selekt').catch((thrown: unknown) => thrown);
    expect(explainRefusal(wrong, url)).toBeUndefined();
    expect(await refusal('postgresql://unknown:secret@127.0.0.1:1/none')).toMatch(
      /cannot be reached(?!.*secret)/,
    );
  });
});
