import { once } from 'node:events';
import { copyFileSync, existsSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import Sqlite from 'better-sqlite3';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { type Cli, createCli } from '../cli/gatehouse.ts';

let cli: Cli;
beforeEach(async () => {
  cli = createCli();
  await cli.init('Acme');
});
afterEach(() => cli.clean());

function inDatabase(sql: string): void {
  const database = new Sqlite(join(cli.data, 'gatehouse.db'));
  database.exec(sql);
  database.close();
}

interface Line {
  seq: number;
  action: string;
  request?: string;
}

const tail = async (...words: string[]): Promise<Line[]> => {
  const { stdout, code } = await cli.run('audit', 'tail', '--json', ...words);
  expect(code).toBe(0);
  return stdout
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line));
};

test('the log is read, exported and verified, with a service and without', async () => {
  await cli.json('subject', 'list', '--test');
  const service = await cli.serve();
  expect(await cli.json('audit', 'verify')).toMatchObject({ valid: true });
  const lines = await tail('--action', 'subject.list');
  expect(lines).toMatchObject([{ action: 'subject.list', request: expect.stringMatching(/^cli-/) }]);

  const file = join(cli.data, 'audit.jsonl');
  await cli.json('audit', 'export', file);
  expect(statSync(file).mode & 0o777).toBe(0o600);
  expect(existsSync(`${file}.unfinished`)).toBe(false);
  const lost = await cli.run('audit', 'export', join(cli.data, 'none', 'log.jsonl'));
  expect([lost.code, lost.stderr.trim()]).toEqual([
    2,
    `The folder ${join(cli.data, 'none')} is not there. Make it first.`,
  ]);
  const again = await cli.run('audit', 'export', file);
  expect([again.code, again.stderr]).toEqual([2, expect.stringContaining('never writes over')]);
  const pem = join(cli.data, 'key.pem');
  writeFileSync(pem, (await cli.run('audit', 'keys')).stdout);
  expect((await service.end()).code).toBe(0);

  const elsewhere = ['--data', '/nowhere/at/all'];
  const whole = await cli.run('audit', 'verify', '--file', file, '--public-key', pem, ...elsewhere);
  expect([whole.code, whole.stdout]).toEqual([
    0,
    expect.stringMatching(/is whole: \d+ lines.*a key that you gave/s),
  ]);
  const unpinned = await cli.run('audit', 'verify', '--file', file, ...elsewhere);
  expect([unpinned.code, unpinned.stdout]).toEqual([
    0,
    expect.stringContaining('a key from the file itself'),
  ]);

  const changed = join(cli.data, 'changed.jsonl');
  writeFileSync(changed, readFileSync(file, 'utf8').replace('subject.list', 'subject.lose'));
  const found = await cli.run(
    'audit',
    'verify',
    '--file',
    changed,
    '--public-key',
    pem,
    '--json',
    ...elsewhere,
  );
  expect([found.code, JSON.parse(found.stdout)]).toMatchObject([
    1,
    { valid: false, damage: { is: 'changed', seq: lines[0]?.seq } },
  ]);
});

test('what was done to the stopped box is found at the next look, and the stop had signed the end', async () => {
  const whole = join(cli.data, 'whole.db');
  copyFileSync(join(cli.data, 'gatehouse.db'), whole);
  const report = await cli.json<{ last: number; uncovered: number }>('audit', 'verify');
  expect(report).toMatchObject({ valid: true, uncovered: 0, last: 4 });

  inDatabase("update audit set actor = 'operator:eve' where seq = 2");
  const changed = await cli.run('audit', 'verify');
  expect([changed.code, changed.stdout]).toEqual([1, expect.stringContaining('DAMAGED at line 2 (changed)')]);

  copyFileSync(whole, join(cli.data, 'gatehouse.db'));
  await cli.run('subject', 'list', '--test');
  copyFileSync(whole, join(cli.data, 'gatehouse.db'));
  const older = await cli.run('audit', 'verify', '--json');
  expect([older.code, JSON.parse(older.stdout).damage]).toMatchObject([1, { seq: 5, is: 'truncated' }]);
});

test('following shows what is added while one looks', async () => {
  const refused = await cli.run('audit', 'tail', '--follow');
  expect([refused.code, refused.stderr]).toEqual([2, expect.stringContaining('No service runs')]);
  const service = await cli.serve();
  const follow = () => cli.start('audit', 'tail', '--follow', '--json', '--action', 'site.remove');
  const [watching, leaving] = [follow(), follow()];
  const place = ['--country', 'CH', '--latitude', '47', '--longitude', '8', '--time-zone', 'Europe/Zurich'];
  const shown = async ({ child, output }: typeof watching, text: string) => {
    while (!output.stdout.includes(text)) await once(child.stdout!, 'data');
  };
  for (const name of ['one', 'two']) {
    const { id } = await cli.json<{ id: string }>(
      'site',
      'add',
      '--name',
      name,
      '--cidr',
      '10.0.0.0/8',
      ...place,
    );
    await cli.json('site', 'remove', id);
    await shown(watching, id);
    if (name === 'two') break;
    await shown(leaving, id);
    leaving.child.stdout!.destroy();
  }
  expect(await leaving.ended).toMatchObject({ code: 0, stderr: '' });
  expect((await service.end()).code).toBe(0);
  expect(await watching.ended).toMatchObject({
    code: 0,
    stderr: expect.stringContaining('The service stopped'),
  });
});
