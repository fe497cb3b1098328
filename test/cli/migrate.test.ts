import { createHash } from 'node:crypto';
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { migrations } from '../../service/storage/migrations/index.ts';
import { damageIndex } from '../support/damaged-index.ts';
import { type Expected, packed } from '../upgrade/expected.ts';
import { unpackFixture } from '../upgrade/unpack-fixture.ts';
import { type Cli, createCli } from './gatehouse.ts';

const newest = migrations.at(-1)!.name;
const before = migrations[0]!.replaces!.name;

describe('a directory of the version before', () => {
  let cli: Cli;
  let organizations: Expected;
  beforeAll(async () => {
    cli = createCli();
    const folder = mkdtempSync(join(tmpdir(), 'gatehouse-migrate-'));
    organizations = unpackFixture(folder);
    cpSync(join(folder, packed.data), cli.data, { recursive: true });
    rmSync(folder, { recursive: true, force: true });
  });
  afterAll(() => cli.clean());

  const bytes = () =>
    Object.fromEntries(
      readdirSync(cli.data)
        .filter((name) => statSync(join(cli.data, name)).isFile() && !name.startsWith('writer.lock'))
        .map((name) => [
          name,
          createHash('sha256')
            .update(readFileSync(join(cli.data, name)))
            .digest('hex'),
        ]),
    );
  const names = async () =>
    (await cli.json<{ items: { name: string }[] }>('org', 'list')).items.map(({ name }) => name);

  test('is left as it is by every command but those that say that they migrate', async () => {
    const found = bytes();
    const listed = await cli.run('org', 'list', '--json');
    expect(listed.code).toBe(1);
    expect(JSON.parse(listed.stdout)).toMatchObject({ code: 'CONFLICT' });
    for (const said of [before, newest, 'nothing was changed', 'gatehouse migrate'])
      expect(listed.stderr).toContain(said);
    const doctor = await cli.run('doctor', '--json');
    expect(doctor.code).toBe(1);
    expect(doctor.stdout).toContain('gatehouse migrate');
    expect((await cli.run('org', 'create', '--name', 'Archive')).code).toBe(1);
    expect(bytes()).toEqual(found);
  });

  test('is brought forward by migrate, which says from what to what and where the copy lies; back by migrate --back', async () => {
    const { code, stdout, stderr } = await cli.run('migrate');
    expect([code, stderr]).toEqual([0, `Bringing the database from schema ${before} to ${newest} …\n`]);
    const [snapshot = ''] = readdirSync(join(cli.data, 'snapshots'));
    for (const said of [`${before} → ${newest}`, join(cli.data, 'snapshots', snapshot), 'migrate --back'])
      expect(stdout).toContain(said);
    expect(await cli.json('migrate')).toEqual({ changes: [] });
    const { snapshot: copy, ...rest } = await cli.json<{ snapshot: string }>('migrate', '--snapshot');
    expect([rest, statSync(copy).mode & 0o777]).toEqual([{ changes: [] }, 0o600]);
    expect(
      readdirSync(join(cli.data, 'snapshots'))
        .map((name) => name.slice(0, 4))
        .sort(),
    ).toEqual([before, newest].map((name) => name.slice(0, 4)).sort());

    await cli.json('org', 'create', '--name', 'Archive');
    const asked = await cli.run('migrate', '--back', '--json');
    expect(asked.code).toBe(1);
    const { code: why, error } = JSON.parse(asked.stdout);
    expect([why, error]).toEqual([
      'CONFIRMATION_REQUIRED',
      expect.stringMatching(
        /holds 5 people.*people: 0, .*lines of the audit log \(changes of any kind\): \d/,
      ),
    ]);
    expect((await names()).sort()).toEqual(['Archive', 'Library', 'Museum']);

    const back = await cli.json<{ aside: string }>('migrate', '--back', '--confirm', '5');
    expect(back).toMatchObject({ from: newest, to: before });
    expect(readdirSync(cli.data)).toContain(back.aside.slice(cli.data.length + 1));
    expect((await cli.run('org', 'list')).stderr).toContain(before);
    expect((await cli.run('migrate', '--back')).stderr).toMatch(/went back .* already/);
  });

  test('is brought forward by the service, which says so in its log', async () => {
    const service = await cli.serve();
    expect(service.output.stderr).toMatch(
      new RegExp(
        `"msg":"the database is brought from schema ${before} to ${newest}; a checked copy .*snapshots/${before}-`,
      ),
    );
    const refused = await cli.run('migrate', '--back', '--confirm', '5');
    expect([refused.code, refused.stderr]).toEqual([1, expect.stringContaining('stop it first')]);
    expect((await names()).sort()).toEqual(['Library', 'Museum']);
    await service.end();
    const { items } = await cli.json<{ items: { id: string }[] }>('org', 'list');
    const { organization, otherOrganization } = organizations;
    expect(items.map(({ id }) => id).sort()).toEqual([organization, otherOrganization].sort());
    const audit = await cli.run('audit', 'verify');
    expect([audit.code, audit.stdout]).toEqual([
      0,
      expect.stringMatching(/restored +.*the log had reached line/),
    ]);
  });
});

test('migrate --reindex repairs a damaged index, which doctor names', async () => {
  const cli = createCli();
  try {
    await cli.init('Museum');
    const [{ id }] = (await cli.json<{ items: [{ id: string }] }>('org', 'list')).items;
    expect((await cli.run('migrate', '--reindex')).stdout).toMatch(
      /gatehouse\.db is whole.*\n.*keys\.db is whole/,
    );
    damageIndex(join(cli.data, 'keys.db'), 'sqlite_autoindex_organization_key_1', id);
    const doctor = await cli.run('doctor');
    expect(doctor.code).toBe(1);
    expect(doctor.stdout.replaceAll(/\s+/g, ' ')).toContain('gatehouse migrate --reindex');
    expect((await cli.run('migrate', '--reindex', '--back')).code).toBe(2);
    expect(await cli.json('migrate', '--reindex')).toEqual({
      files: [
        { path: join(cli.data, 'gatehouse.db'), damage: [] },
        {
          path: join(cli.data, 'keys.db'),
          damage: expect.arrayContaining([expect.stringContaining('sqlite_autoindex_organization_key_1')]),
        },
      ],
    });
    expect((await cli.run('migrate', '--reindex')).stdout).toMatch(/keys\.db is whole/);
  } finally {
    await cli.clean();
  }
});
