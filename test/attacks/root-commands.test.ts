import { chownSync, lstatSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, onTestFinished, test } from 'vitest';
import { type Cli, createCli } from '../cli/gatehouse.ts';

/** Of the service; the account that every Unix has. */
const ACCOUNT = 65_534;

/** Root runs commands on the data directory of the service's account, which an attacker has taken over. */
describe.runIf(process.getuid?.() === 0)('root, on the data directory of another account', () => {
  let cli: Cli;
  beforeEach(() => {
    cli = createCli();
    for (const folder of [cli.data, cli.temporary]) chownSync(folder, ACCOUNT, ACCOUNT);
  });
  afterEach(() => cli.clean());
  // In a process of its own each: it does not get back the rights of root.
  const run = (...words: string[]) => cli.start(...words).ended;

  function ownedByRoot(): string[] {
    const names = readdirSync(cli.data, { recursive: true, encoding: 'utf8' });
    return names.filter((name) => lstatSync(join(cli.data, name)).uid !== ACCOUNT);
  }

  test('nothing that a command or a service makes belongs to root, and the audit log names root', async () => {
    expect(await run('init', '--org', 'Museum')).toMatchObject({ code: 0 });
    const service = await cli.serve('--data', cli.data);
    expect(await run('key', 'create', '--scopes', 'identity', '--env', 'test')).toMatchObject({ code: 0 });
    await service.end();
    expect(await run('doctor')).toMatchObject({ stdout: expect.stringContaining('opens') });
    expect(await run('migrate', '--snapshot')).toMatchObject({ code: 0 });
    const { stdout } = await run('audit', 'tail', '--json');
    expect(stdout).toContain('root');
    expect(ownedByRoot()).toEqual([]);
  });

  test('a file of root that the settings of the directory name is not read', async () => {
    await run('init', '--org', 'Museum');
    const secret = `${cli.temporary}-root-secret`;
    onTestFinished(() => rmSync(secret));
    writeFileSync(secret, 'a token of root\n', { mode: 0o600 });
    rmSync(join(cli.data, 'master.key'));
    writeFileSync(join(cli.data, 'gatehouse.json'), JSON.stringify({ masterKeyFile: secret }));
    const { code, stderr } = await run('org', 'list');
    expect([code, stderr]).toEqual([1, expect.stringContaining(`${secret} cannot be read (EACCES)`)]);
  });

  test('a file of root that the command names is refused with the account that needs it', async () => {
    await run('init', '--org', 'Museum');
    const out = join('/root', 'request-of-no-test.pem');
    const { code, stderr } = await run('certificate', 'request', '--out', out);
    expect([code, stderr]).toEqual([
      1,
      expect.stringContaining(`as the account that owns it (uid ${ACCOUNT})`),
    ]);
  });
});
