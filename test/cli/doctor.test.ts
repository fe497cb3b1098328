import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import Sqlite from 'better-sqlite3';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { Finding } from '../../service/cli/doctor/checks.ts';
import { type Cli, createCli } from './gatehouse.ts';

let cli: Cli;
beforeEach(async () => {
  cli = createCli();
  await cli.json('init', '--org', 'Museum');
});
afterEach(() => cli.clean());

const examine = async () => {
  const { findings } = await cli.json<{ findings: Finding[] }>('doctor');
  return (what: string) => findings.find((one) => one.what === what);
};

test('the running process is asked for its address, encryption and settings; the last line counts', async () => {
  const service = await cli.serve();
  const found = await examine();
  expect(found('address')).toEqual({
    what: 'address',
    state: 'ok',
    found: `the service answers at ${service.url}`,
  });
  expect(found('encryption')).toMatchObject({
    state: 'ok',
    found: `not needed: only this machine reaches ${service.url}`,
  });
  expect(found('settings in force')).toMatchObject({
    state: 'ok',
    found: expect.stringContaining('port 0 (read here: 7300)'),
  });

  const file = join(cli.data, 'gatehouse.json');
  writeFileSync(
    file,
    JSON.stringify({ smtpUrl: 'smtp://box:s3cret@127.0.0.1:25', smtpFrom: 'box@example.org' }),
  );
  expect((await examine())('settings in force')).toMatchObject({
    state: 'warn',
    found: expect.stringMatching(
      /changed after the start.* smtpUrl not set \(read here: "smtp:\/\/127\.0\.0\.1:25\/?"\)/,
    ),
  });
  const { code, stdout } = await cli.run('doctor');
  expect([code, stdout.trimEnd().split('\n').at(-1)]).toEqual([
    0,
    expect.stringMatching(/^\d+ ok, \d+ warnings?, 0 failed; exit code 0$/),
  ]);
  expect(stdout).not.toContain('s3cret');
});

// Another account can only be taken by root.
test.runIf(process.getuid?.() === 0)(
  'the directory of another account is reported, not taken for an empty one',
  () => {
    const root = join(import.meta.dirname, '../..');
    const run = (...words: string[]) =>
      spawnSync(
        join(root, 'node_modules/.bin/node'),
        ['--disable-sigusr1', join(root, 'service/cli/gatehouse.ts'), ...words, '--data', cli.data],
        { uid: 65534, gid: 65534, cwd: '/', env: { PATH: process.env.PATH, HOME: '/' }, encoding: 'utf8' },
      );
    const doctor = run('doctor');
    expect([doctor.status, doctor.stderr]).toEqual([1, '']);
    expect(doctor.stdout).toContain(`${cli.data} belongs to another account (uid 0)`);
    expect(doctor.stdout).toContain("sudo -u '#0'");
    expect(doctor.stdout).not.toContain('not initialized');
    expect(doctor.stdout.trimEnd()).toMatch(/1 failed; exit code 1$/);
    const serve = run('serve', '--port', '0');
    expect(serve.status).toBe(1);
    expect(serve.stderr).toContain(`${cli.data} belongs to another account (uid 0)`);
  },
);

test('a check that cannot be made is a line that fails, and the others are made', async () => {
  await cli.serve();
  const record = new Sqlite(join(cli.data, 'gatehouse.db'));
  record.exec(
    'alter table delivery rename to delivery_gone; alter table backup_run rename to backup_run_gone',
  );
  record.close();
  const { code, stdout } = await cli.run('doctor', '--json');
  const { findings } = JSON.parse(stdout) as { findings: Finding[] };
  expect(code).toBe(1);
  expect(findings).toContainEqual({
    what: 'backups',
    state: 'fail',
    found: expect.stringMatching(/^cannot be checked: /),
  });
  expect(findings.map(({ what }) => what)).toEqual(
    expect.arrayContaining(['models', 'key store', 'signatures and MACs']),
  );
});
