import { once } from 'node:events';
import { existsSync, statSync, writeFileSync } from 'node:fs';
import { get } from 'node:https';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { certificate, certificateKey } from '../support/certificate.ts';
import { freePort } from '../support/free-port.ts';
import { sceneHeic } from '../support/scene-heic.ts';
import { statusAsHost } from '../support/status-as-host.ts';
import { type Cli, createCli, type Running } from './gatehouse.ts';
import { portrait } from './portraits.ts';

let cli: Cli;
let made: { organizationId: string; keys: { live: string; test: string } };

beforeEach(async () => {
  cli = createCli();
  made = await cli.init('Museum');
});
afterEach(() => cli.clean());

const post = (url: string, path: string, key: string, body: object) =>
  fetch(`${url}${path}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'x-api-key': key },
    body: JSON.stringify(body),
  });

test('commands go through the running service, and both see the same people and keys; SIGTERM lets running and waiting requests end', async () => {
  const service = await cli.serve();
  expect(statSync(join(cli.data, 'control.sock')).mode & 0o777).toBe(0o600);
  const { key } = await cli.json<{ key: string }>('key', 'create', '--scopes', 'identity', '--env', 'test');
  const image = await portrait('ada');
  const enrolled = await post(service.url, '/api/enroll', key, {
    image: image.toString('base64'),
    email: 'ada@example.com',
  });
  expect(await enrolled.json()).toMatchObject({ enrolled: true });

  const file = join(cli.data, 'ada.jpg');
  writeFileSync(file, await portrait('ada', 60));
  expect(await cli.json('verify', '--test', file)).toMatchObject({
    verified: true,
    email: 'ada@example.com',
  });
  writeFileSync(file, await portrait('bea'));
  await cli.json('subject', 'enroll', '--test', '--email', 'bea@example.com', file);
  const again = await post(service.url, '/api/verify', made.keys.test, {
    image: (await portrait('bea', 60)).toString('base64'),
  });
  expect(await again.json()).toMatchObject({ verified: true, email: 'bea@example.com' });

  const heic = await post(service.url, '/api/verify', made.keys.test, {
    image: sceneHeic().toString('base64'),
  });
  expect([heic.status, await heic.json()]).toEqual([
    422,
    expect.objectContaining({ code: 'FACE_NOT_FOUND' }),
  ]);
  expect([
    await statusAsHost(`${service.url}/ready`, 'localhost'),
    await statusAsHost(`${service.url}/console`, 'rebound.example'),
  ]).toEqual([200, 421]);

  const verified =
    'gatehouse_http_requests_total{method="POST",route="/api/verify",status="200",world="test"}';
  const taken = async () => {
    const metrics = (await (await fetch(`${service.url}/metrics`)).text()).split('\n');
    return ['gatehouse_inference_busy', 'gatehouse_inference_queue', verified]
      .map((name) => Number(metrics.find((line) => line.startsWith(`${name} `))?.slice(name.length) ?? 0))
      .reduce((sum, value) => sum + value);
  };
  const before = await taken();
  const pending = Array.from({ length: 12 }, () =>
    post(service.url, '/api/verify', made.keys.test, { image: image.toString('base64') }),
  );
  // In the service, most of them waiting for a worker: a connection without a request is closed.
  while ((await taken()) < before + pending.length);
  const ended = service.end();
  const answers = await Promise.all(pending);
  expect(answers.map(({ status }) => status)).toEqual(answers.map(() => 200));
  const { code, stdout } = await ended;
  expect([code, stdout]).toEqual([0, `${JSON.stringify({ event: 'listening', url: service.url })}\n`]);
  expect(existsSync(join(cli.data, 'control.sock'))).toBe(false);
  const { total } = await cli.json<{ total: number }>('subject', 'list', '--test');
  expect(total).toBe(2);
});

test('settings, sites and profiles are changed and shown through the service', async () => {
  const service = await cli.serve();
  expect(await cli.json('org', 'set', '--uniqueness', 'warn')).toMatchObject({ uniquenessPolicy: 'warn' });
  expect(await cli.json('org', 'face-factor', 'on')).toEqual({ allowed: true, removed: 0 });
  expect(await cli.json('org', 'show')).toMatchObject({ faceFactor: true });
  expect(await cli.json('org', 'face-factor', 'off')).toEqual({ allowed: false, removed: 0 });
  const site = await cli.json<{ id: string }>(
    ...['site', 'add', '--name', 'Bern', '--cidr', '10.20.0.0/16', '--country', 'ch'],
    ...['--latitude', '46.95', '--longitude', '7.45', '--time-zone', 'Europe/Zurich'],
  );
  expect(await cli.json('site', 'list')).toEqual({ items: [site] });
  expect(await cli.json('site', 'remove', site.id)).toEqual({ removed: site.id });
  const profile = await cli.json<{ definition: object }>('profile', 'show', 'default');
  const file = join(cli.data, 'door.json');
  writeFileSync(
    file,
    JSON.stringify({
      ...profile,
      definition: {
        ...profile.definition,
        name: 'Front door',
        challenge: { steps: ['turn-left', 'blink'], count: 3, suspectCamera: 'review', undecided: 'review' },
      },
    }),
  );
  expect(await cli.json('profile', 'set', 'front-door', '--file', file)).toMatchObject({
    slug: 'front-door',
    version: 1,
    builtIn: false,
    definition: { name: 'Front door' },
  });
  expect((await cli.run('profile', 'show', 'front-door')).stdout).toMatch(
    /^live sessions +2 of turn-left, blink; a repeated movement: refuse; without motion: review; a suspect camera: review; undecided evidence: review$/m,
  );
  const replaced = await cli.json<{ warning: string }>('profile', 'set', 'default', file);
  expect(replaced.warning).toMatch(
    /^This replaces the built-in default for every call that names no profile\. Undo: .* profile reset default$/,
  );
  const origins = async () =>
    (await cli.run('profile', 'list')).stdout.match(
      /^(default|front-door) .*?(built in|own\S*( replaces built-in)?)/gm,
    );
  expect((await origins())?.map((line) => line.replace(/ +/g, ' '))).toEqual([
    'default 1 own, replaces built-in',
    'front-door 1 own',
  ]);
  expect(await cli.json('profile', 'reset', 'default')).toMatchObject({
    reset: 'default',
    builtIn: { id: 'builtin:default' },
  });
  const unsure = await cli.run('profile', 'reset', 'front-door');
  expect([unsure.code, unsure.stdout]).toEqual([2, '']);
  expect(await cli.json('profile', 'reset', 'front-door', '--yes')).toEqual({ reset: 'front-door' });
  expect((await cli.run('profile', 'show', 'front-door')).code).toBe(1);
  expect((await cli.run('profile', 'set', 'front-door', '--json')).code).toBe(2);

  const { stdout } = await cli.run('org', 'list');
  expect(stdout.split('\n')[0]).toMatch(/^id +name +match only/);
  const { findings } = await cli.json<{ findings: { what: string; found: string }[] }>('doctor');
  expect(findings.find(({ what }) => what === 'writer')?.found).toContain(String(service.child.pid));
});

test('a second service on the directory is refused with the name of the holder; a port in use is reported with the remedy; after a kill a command and a service open it again', async () => {
  const service = await cli.serve();
  const second = await cli.run('serve', '--port', '0');
  expect([second.code, second.stdout]).toEqual([1, '']);
  expect(second.stderr).toContain(String(service.child.pid));
  expect((await fetch(`${service.url}/health`)).status).toBe(200);
  const { port } = new URL(service.url);
  const other = createCli();
  try {
    await other.init('Other');
    const refused = await other.run('serve', '--port', port);
    expect(refused.code).toBe(1);
    expect(refused.stderr).toContain(`Port ${port}`);
    const started = await other.run('start', '--port', port);
    expect([started.code, started.stdout]).toEqual([1, '']);
    expect(started.stderr).toContain('npm start -- --port N');
    // The directory is free again.
    await other.json('org', 'list');
  } finally {
    await other.clean();
  }

  await service.end('SIGKILL');
  expect(existsSync(join(cli.data, 'control.sock'))).toBe(true);
  const { items: organizations } = await cli.json<{ items: { id: string }[] }>('org', 'list');
  expect(organizations.map(({ id }) => id)).toEqual([made.organizationId]);
  const next = await cli.serve();
  await cli.json('org', 'show');
  expect((await next.end()).code).toBe(0);
});

test('files that are no certificate and key stop the start with a sentence; a pair serves', async () => {
  const readme = join(import.meta.dirname, '../../README.md');
  const refused = await cli.run('serve', '--port', '0', '--tls-cert', readme, '--tls-key', readme);
  expect([refused.code, refused.stdout]).toEqual([2, '']);
  expect(refused.stderr).toBe(
    `${readme} holds no certificate in PEM form (-----BEGIN CERTIFICATE-----). Give the certificate chain with --tls-cert.\n`,
  );
  const [cert, key] = [join(cli.data, 'cert.pem'), join(cli.data, 'key.pem')];
  writeFileSync(cert, certificate);
  writeFileSync(key, certificateKey, { mode: 0o600 });
  const service = await cli.serve('--tls-cert', cert, '--tls-key', key);
  expect(service.url).toMatch(/^https:/);
  const [response] = await once(get(`${service.url}/ready`, { ca: certificate }), 'response');
  expect(response.statusCode).toBe(200);
  expect((await service.end()).code).toBe(0);
});

test('init prints the link that opens the console of the service started then, and how another machine reaches it', async () => {
  const fresh = createCli({ SUDO_USER: 'ada' });
  try {
    const made = await fresh.run('init', '--org', 'Museum');
    expect(made.stdout).toContain('ssh -L 7300:127.0.0.1:7300 ada@');
    const [, token] = /^ {2}http:\/\/localhost:7300\/console\/setup#token=(\S+)$/m.exec(made.stdout) ?? [];
    const service = await fresh.serve();
    const claimed = await fetch(`${service.url}/api/setup/claim`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', origin: service.url },
      body: JSON.stringify({ token }),
    });
    expect(claimed.status).toBeLessThan(300);
    expect((await service.end()).code).toBe(0);
  } finally {
    await fresh.clean();
  }
});

test('start makes the directory, greets in plain words, and the pasted key works', async () => {
  const fresh = createCli();
  try {
    const first = fresh.start('start', '--port', '0');
    await greeted(first);
    const [, url, key] = /running at (\S+)[\s\S]*?(gh_test_\S+)/.exec(first.output.stdout) ?? [];
    const image = (await portrait('ada')).toString('base64');
    expect((await post(`${url}`, '/api/verify', `${key}`, { image })).status).toBe(200);
    first.child.kill('SIGINT');
    expect((await first.ended).code).toBe(0);
    const later = fresh.start('start', '--port', '0');
    await greeted(later);
    expect(later.output.stdout).not.toContain('gh_test_');
    later.child.kill('SIGTERM');
    expect((await later.ended).code).toBe(0);
  } finally {
    await fresh.clean();
  }
});

/** Waits for its greeting, or for its end. */
async function greeted({ child, output, ended }: Running): Promise<void> {
  const early = ended.then(() => {
    throw new Error('the process ended first');
  });
  early.catch(() => {});
  while (!output.stdout.includes('Ctrl-C stops.')) await Promise.race([once(child.stdout!, 'data'), early]);
}

test('while it starts, the port answers 503 with a page that says so, and then serves without a further step', async () => {
  const port = String(await freePort());
  const url = `http://127.0.0.1:${port}`;
  const { child, ended } = cli.start('serve', '--host', '127.0.0.1', '--port', port);
  const pages = new Set<string>();
  const seen: number[] = [];
  while (seen.at(-1) !== 200) {
    const answer = await fetch(`${url}/console/sign-in`, { headers: { accept: 'text/html' } }).catch(
      () => undefined,
    );
    if (!answer) continue;
    const title = /<title>([^<]*)/.exec(await answer.text())?.[1];
    if (seen.at(-1) !== answer.status) seen.push(answer.status);
    pages.add(`${answer.status} ${title}`);
  }
  expect(seen).toEqual([503, 200]);
  expect([...pages][0]).toBe('503 One moment: Gatehouse is starting · Gatehouse');
  expect((await fetch(`${url}/ready`)).status).toBe(200);
  child.kill('SIGTERM');
  expect((await ended).code).toBe(0);
});
