import { join } from 'node:path';
import Sqlite from 'better-sqlite3';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Cli, createCli, type Service } from './gatehouse.ts';

let cli: Cli;
let service: Service;
beforeAll(async () => {
  cli = createCli({ GATEHOUSE_WORKERS: '1', SUDO_USER: 'ada' });
  await cli.run('init', '--org', 'Acme', '--json');
  service = await cli.serve();
});
afterAll(async () => {
  await service?.end();
  await cli?.clean();
});

const email = 'grace@example.com';
const password = 'wet gravel under pines';
const post = async (path: string, body: object, headers: Record<string, string> = {}) => {
  const reply = await fetch(service.url + path, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: JSON.stringify(body),
  });
  const text = await reply.text();
  return { status: reply.status, body: text === '' ? undefined : JSON.parse(text) };
};

test('an administrator is made, signs in with the code’s password, is reset, and the operator is named with who called sudo', async () => {
  const made = await cli.run(
    ...['admin', 'create', '--email', email, '--name', 'Grace', '--role', 'owner', '--appliance-owner'],
  );
  expect([made.code, made.stdout]).toEqual([
    0,
    expect.stringMatching(/one-time code +\S+\n.*24 hours.*\/console\//s),
  ]);
  const code = /one-time code +(\S+)/.exec(made.stdout)![1]!;
  expect((await post('/api/auth/login', { email, password })).body.code).toBe('SIGN_IN_REFUSED');
  expect(await post('/api/auth/password/code', { email, code, password: 'short' })).toMatchObject({
    status: 422,
    body: { code: 'PASSWORD_TOO_WEAK' },
  });
  expect((await post('/api/auth/password/code', { email, code, password })).status).toBe(204);
  expect((await post('/api/auth/password/code', { email, code, password })).body.code).toBe(
    'SIGN_IN_REFUSED',
  );
  const { body } = await post('/api/auth/login', { email, password });
  expect(body).toMatchObject({ token: expect.any(String), user: { email, role: 'owner' } });

  const { items } = await cli.json<{ items: object[] }>('admin', 'list');
  expect(items).toEqual([
    expect.objectContaining({ email, role: 'owner', applianceOwner: true, passkeys: 0 }),
  ]);
  expect((await cli.run('admin', 'list')).stdout).toMatch(/owner, appliance owner.*none, due/s);

  const reset = await cli.json<{ code: string }>('admin', 'reset', email, '--password', '--factors');
  expect(reset).toMatchObject({ email, code: expect.any(String) });
  const asBefore = await fetch(`${service.url}/api/auth/session`, {
    headers: { authorization: `Bearer ${body.token}` },
  });
  expect(asBefore.status).toBe(401);
  expect((await post('/api/auth/login', { email, password })).body.code).toBe('SIGN_IN_REFUSED');
  // One code for both: the password first, then a session that can do nothing but enroll a factor.
  expect((await post('/api/auth/password/code', { email, code: reset.code, password })).status).toBe(204);
  const late = await post('/api/auth/login', { email, password });
  expect(late).toMatchObject({
    status: 403,
    body: {
      error: '2FA enrollment required',
      code: 'SECOND_FACTOR_REQUIRED',
      sessionToken: expect.stringMatching(/^tmp_sess_/),
    },
  });
  const { sessionToken } = late.body;
  const limited = await post('/api/auth/2fa/enrollment', { sessionToken, code: reset.code });
  expect(limited.body).toMatchObject({ token: expect.any(String) });
  const keys = await fetch(`${service.url}/api/admin/keys`, {
    headers: { authorization: `Bearer ${limited.body.token}` },
  });
  expect([keys.status, await keys.json()]).toEqual([
    403,
    expect.objectContaining({ code: 'SECOND_FACTOR_REQUIRED', error: '2FA enrollment required' }),
  ]);

  expect(await cli.json('admin', 'unlock', email)).toMatchObject({ email, failures: 0 });
  const log = new Sqlite(join(cli.data, 'gatehouse.db'), { readonly: true });
  const actors = log
    .prepare(
      `select actor from audit where action in ('administrator.create', 'administrator.reset', 'administrator.unlock')`,
    )
    .pluck()
    .all();
  log.close();
  expect(actors).toHaveLength(3);
  for (const actor of actors) expect(actor).toMatch(/^operator:\S+ \(sudo ada\)$/);
});

test('what is not there, and what is not said, is refused with a sentence', async () => {
  const unknown = await cli.run('admin', 'reset', 'unknown@example.com', '--password');
  expect([unknown.code, unknown.stderr]).toEqual([2, expect.stringContaining('admin list')]);
  const nothing = await cli.run('admin', 'reset', email);
  expect([nothing.code, nothing.stderr]).toEqual([2, expect.stringContaining('--password, --factors')]);
});
