import { chmodSync, existsSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { freePort } from '../support/free-port.ts';
import { type Cli, createCli } from './gatehouse.ts';
import { portrait, wall } from './portraits.ts';

/** Commands on a directory on which no service runs, in the order a person would use them. */
describe('without a service', () => {
  let cli: Cli;
  let made: { organizationId: string; keys: { live: string; test: string } };
  let ada: string;
  let adaAgain: string;
  let stranger: string;

  beforeAll(async () => {
    cli = createCli();
    const put = (name: string, bytes: Buffer) => {
      const file = join(cli.data, name);
      writeFileSync(file, bytes);
      return file;
    };
    ada = put('ada.jpg', await portrait('ada'));
    adaAgain = put('ada-again.jpg', await portrait('ada', 55));
    stranger = put('stranger.jpg', await portrait('stranger'));
    put('wall.jpg', await wall());
    made = await cli.json('init', '--org', 'Museum');
    // Doctor checks that the port is free; the default one may be in use here.
    put('gatehouse.json', Buffer.from(JSON.stringify({ port: await freePort() })));
    chmodSync(join(cli.data, 'gatehouse.json'), 0o600);
  });
  afterAll(() => cli.clean());

  test('init makes the organization and two keys, in a directory that no other account can read', () => {
    expect(made).toEqual({
      organizationId: expect.stringMatching(/^org_/),
      keys: { live: expect.stringMatching(/^gh_live_/), test: expect.stringMatching(/^gh_test_/) },
    });
    expect(statSync(join(cli.data, 'master.key')).mode & 0o077).toBe(0);
    expect(existsSync(join(cli.data, 'control.sock'))).toBe(false);
  });

  test('a second init changes nothing and says what to do instead', async () => {
    const again = await cli.run('init', '--org', 'Museum', '--json');
    expect(again.code).toBe(1);
    expect(JSON.parse(again.stdout)).toMatchObject({ code: 'CONFLICT' });
    expect(again.stderr).toContain('key create');
  });

  test.each([
    [0, ['key', 'list', '--json']],
    [1, ['init', '--org', 'Museum']],
    [2, ['subject', 'enroll', '--json']],
  ])(
    'in a process of its own and in one that is kept a command ends with %i and says the same',
    async (code, words) => {
      const own = await cli.start(...words).ended;
      expect(own.code).toBe(code);
      expect(await cli.run(...words)).toEqual(own);
    },
  );

  test('two commands at once take turns', async () => {
    const [{ items: organizations }, { items: keys }] = await Promise.all([
      cli.json<{ items: { name: string }[] }>('org', 'list'),
      cli.json<{ items: { scopes: string[] }[] }>('key', 'list'),
    ]);
    expect(organizations.map(({ name }) => name)).toEqual(['Museum']);
    const everythingBut = [
      'identity',
      'presence',
      'sessions',
      'behavior',
      'hosted',
      'registrations',
      'webhooks',
    ];
    expect(keys.map(({ scopes }) => scopes.toSorted())).toEqual([
      everythingBut.toSorted(),
      everythingBut.toSorted(),
    ]);
  });

  test('key create answers in the shape others script against', async () => {
    const words = [
      '--org',
      made.organizationId,
      '--scopes',
      'identity,presence',
      '--env',
      'live',
      '--prefix',
      'prf',
    ];
    const key = await cli.json('key', 'create', ...words);
    expect(key).toEqual({
      id: expect.stringMatching(/^key_/),
      key: expect.stringMatching(/^prf_live_/),
    });
  });

  test('a person is enrolled, recognized from another file, and a stranger is not', async () => {
    const org = ['--org', made.organizationId, '--test'];
    const enrolled = await cli.json('subject', 'enroll', ...org, '--email', 'ada@example.com', ada);
    expect(enrolled).toMatchObject({
      enrolled: true,
      userId: expect.stringMatching(/^sub_/),
      email: 'ada@example.com',
      created: true,
      enrollments: 1,
    });
    const verified = await cli.json('verify', ...org, adaAgain);
    expect(verified).toMatchObject({ verified: true, email: 'ada@example.com', assurance: 'match-only' });
    const other = await cli.run('verify', ...org, '--email', 'ada@example.com', stranger, '--json');
    expect([other.code, JSON.parse(other.stdout).verified]).toEqual([1, false]);
    const { items, total } = await cli.json<{ items: { email: string }[]; total: number }>(
      'subject',
      'list',
      ...org,
    );
    expect([items.map(({ email }) => email), total]).toEqual([['ada@example.com'], 1]);
  });

  test('a picture without a face is refused with what a person can do', async () => {
    const refused = await cli.run(
      'subject',
      'enroll',
      '--test',
      '--email',
      'x@example.com',
      join(cli.data, 'wall.jpg'),
      '--json',
    );
    expect([refused.code, JSON.parse(refused.stdout).code]).toEqual([1, 'FACE_NOT_FOUND']);
  });

  test('a live verification needs attack detection, and says how to switch it on', async () => {
    const nets = ['minifasnet-v2', 'minifasnet-v1se'];
    for (const net of nets) await cli.json('models', 'disable', net);
    const refused = await cli.run('verify', '--org', made.organizationId, ada, '--json');
    expect([refused.code, JSON.parse(refused.stdout).code]).toEqual([1, 'PAD_NOT_INSTALLED']);
    expect(refused.stderr).toContain('models enable minifasnet-v2');
    const doctor = await cli.run('doctor', '--json');
    expect(doctor.code).toBe(1);
    expect(JSON.parse(doctor.stdout).findings).toContainEqual({
      what: 'presentation attack detection',
      state: 'fail',
      found: 'Live verifications are refused: the liveness models are off.',
      why: expect.stringMatching(
        /^Here: off; the test world works\. .*models enable minifasnet-v2.*models enable minifasnet-v1se/,
      ),
      remedy: expect.stringContaining('models enable MODEL'),
    });
    expect((await cli.run('models', 'list')).stdout).toContain('Presentation attack detection is off');
    for (const net of nets) await cli.json('models', 'enable', net);
  });

  test('doctor looks at everything and the box is fit', async () => {
    const { ok, findings } = await cli.json<{ ok: boolean; findings: { what: string; state: string }[] }>(
      'doctor',
    );
    expect(ok).toBe(true);
    expect(findings.map(({ what }) => what)).toEqual(
      expect.arrayContaining([
        'Node.js',
        'disk space',
        'permissions',
        'clock',
        'encryption',
        'writer',
        'models',
      ]),
    );
    expect(findings.find(({ what }) => what === 'presentation attack detection')?.state).toBe('ok');
  });

  test('a person of the other world is reported as such, with the flag that finds them', async () => {
    const live = await cli.run('subject', 'show', 'ada@example.com', '--json');
    expect([live.code, JSON.parse(live.stdout)]).toEqual([
      1,
      {
        error: 'No such person is enrolled here.',
        code: 'SUBJECT_NOT_FOUND',
      },
    ]);
    expect(live.stderr).toContain('--env test looks among trial people, without it among real ones.');
    expect(await cli.json('subject', 'show', 'ada@example.com', '--test')).toMatchObject({ enrollments: 1 });
  });

  test('people read sentences and tables', async () => {
    const { stdout: verdict } = await cli.run('verify', '--test', adaAgain);
    expect(verdict).toContain('\ncheck ');
    expect(verdict).toMatch(/^Verified: ada@example.com, confidence [01]\.\d\d\./);
  });
});

describe('a command written wrongly', () => {
  let cli: Cli;
  beforeAll(() => {
    cli = createCli();
  });
  afterAll(() => cli.clean());

  test.each([
    [['init'], "required option '--org"],
    [['frobnicate'], "unknown command 'frobnicate'"],
    [['key', 'create', '--scopes', 'identity'], "required option '--env"],
    [['org', 'list'], 'There is no Gatehouse in'],
    [['serve'], 'There is no Gatehouse in'],
    [['serve', '--port', 'seven'], '--port: "seven" is not a whole number'],
    [['subject', 'enroll', '--email', 'a@x.org', 'nowhere.jpg'], 'There is no picture at'],
    [['key', 'create', '--scopes', 'identity', '--env', 'test', '--prefix', 'x y'], '--prefix'],
  ])('%j ends with 2 and says why', async (words, message) => {
    const { code, stdout, stderr } = await cli.run(...words);
    expect([code, stdout]).toEqual([2, '']);
    expect(stderr).toContain(message);
    expect(existsSync(join(cli.data, 'master.key'))).toBe(false);
  });

  test.each([
    [['org', 'list'], 'no Gatehouse'],
    [['init'], "required option '--org <name>' not specified"],
    [['key', 'create', '--scopes', 'identity', '--env', 'test', '--prefix', 'x y'], '--prefix'],
    [['org', 'list', '--colour'], "unknown option '--colour'"],
    [['frobnicate'], "unknown command 'frobnicate'"],
  ])('%j with --json: the refusal is on standard output too', async (words, message) => {
    const { code, stdout } = await cli.run(...words, '--json');
    expect([code, JSON.parse(stdout)]).toEqual([
      2,
      { error: expect.stringContaining(message), code: 'USAGE' },
    ]);
  });
});
