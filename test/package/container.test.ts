import { execFile, execFileSync } from 'node:child_process';
import {
  chownSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
// @ts-expect-error: plain JavaScript without a declaration
import { optionsFor } from '../../bin/node-24.mjs';
import { makeContext } from '../../installers/container/context.ts';
import { run } from '../../installers/run.ts';
import { portrait } from '../cli/portraits.ts';
import { debianCache, objection } from './debian-root.ts';

const product = join(import.meta.dirname, '../..');
const packages = process.env.GATEHOUSE_PACKAGES ?? join(product, 'dist/packages');

/** Why no image can be built here. */
function noImage(): string | undefined {
  if (objection() !== undefined) return objection();
  try {
    execFileSync('sh', ['-c', 'command -v buildah']);
    return undefined;
  } catch {
    return 'buildah is not installed (apt-get install buildah)';
  }
}
const reason = noImage();

interface Config {
  User: string;
  Env: string[];
  Entrypoint: string[];
  Cmd: string[];
  Healthcheck: { Test: string[] };
  Volumes: Record<string, object>;
  StopSignal: string;
}

/** Enrolls ada, verifies another picture of her, and a stranger. */
const WALK = `
import { readFileSync } from 'node:fs';
const [url, key] = process.argv.slice(2);
const post = async (path, body) => (await fetch(url + path, { method: 'POST', headers: { authorization: 'Bearer ' + key, 'content-type': 'application/json' }, body: JSON.stringify(body) })).json();
const image = (name) => readFileSync('/tmp/' + name + '.jpg', 'base64');
await post('/api/enroll', { email: 'ada@example.com', image: image('ada') });
const known = await post('/api/verify', { image: image('ada-again') });
const stranger = await post('/api/verify', { image: image('stranger') });
console.log(JSON.stringify({ known: known.email, stranger: stranger.verified }));
`;

describe.skipIf(reason !== undefined)(`the container image${reason ? ` (${reason})` : ''}`, () => {
  let work: string;
  let root: string;
  let config: Config;
  const buildah = (...words: string[]) =>
    run(
      'buildah',
      ['--storage-driver', 'vfs', '--root', join(work, 'graph'), '--runroot', join(work, 'run'), ...words],
      { cwd: work },
    );

  beforeAll(async () => {
    const { version } = JSON.parse(readFileSync(join(product, 'package.json'), 'utf8'));
    const archive = join(packages, `gatehouse-${version}-linux-x64.tar.gz`);
    if (!existsSync(archive)) throw new Error(`There is no ${archive}: run "npm run package" first.`);
    work = mkdtempSync(join(tmpdir(), 'gatehouse-image-'));
    const context = join(work, 'context');
    await makeContext({ archive, base: await debianCache(), arch: 'x64', out: context });
    await buildah(
      ...['bud', '--format', 'docker', '--build-arg', `VERSION=${version}`],
      ...['--file', join(context, 'Containerfile'), '--tag', 'gatehouse:test', context],
    );
    const image = JSON.parse(await buildah('inspect', '--type', 'image', 'gatehouse:test'));
    config = image.Docker.config;
    const container = (await buildah('from', 'localhost/gatehouse:test')).trim();
    root = (await buildah('mount', container)).trim();
    for (const folder of ['proc', 'dev']) mkdirSync(join(root, folder), { recursive: true });
    mkdirSync(join(work, 'files'));
    for (const [name, who, quality] of [
      ['ada', 'ada', 90],
      ['ada-again', 'ada', 60],
      ['stranger', 'stranger', 90],
    ] as const)
      writeFileSync(join(work, 'files', `${name}.jpg`), await portrait(who, quality));
    writeFileSync(join(work, 'files/walk.mjs'), WALK);
  });
  afterAll(async () => {
    await buildah('rm', '--all').catch(() => '');
    rmSync(work, { recursive: true, force: true });
  });

  test('it runs as a number that is not root, without a shell, and keeps data in one volume', () => {
    expect(config).toMatchObject({
      User: '10001:10001',
      Entrypoint: [
        '/usr/lib/gatehouse/bin/node',
        ...optionsFor(['serve']),
        '/usr/lib/gatehouse/dist/service/cli/gatehouse.js',
      ],
      Cmd: ['serve'],
      Healthcheck: { Test: ['CMD', '/usr/lib/gatehouse/bin/node', '/usr/lib/gatehouse/health-check.mjs'] },
      Volumes: { '/data': {} },
      StopSignal: 'SIGTERM',
    });
    expect(readdirSync(root).sort()).toEqual(['data', 'dev', 'etc', 'lib', 'lib64', 'proc', 'tmp', 'usr']);
    expect(readdirSync(join(root, 'usr'))).toEqual(['lib']);
    const found = execFileSync('find', [root, '-xdev', '-perm', '/6000', '-o', '-name', 'sh', '-type', 'f']);
    expect(found.toString()).toBe('');
    const texts = join(root, 'usr/lib/gatehouse/licences-of-libraries');
    expect(readFileSync(join(texts, 'libc6.txt'), 'utf8')).toContain('GNU Lesser General Public');
    expect(readdirSync(texts).length).toBe(5);
  });

  test('its bill of materials names the libraries of Debian, and what the archive has', () => {
    const bill = JSON.parse(readFileSync(join(root, 'usr/lib/gatehouse/SBOM.cdx.json'), 'utf8'));
    const purls = bill.components.map(({ purl }: { purl?: string }) => purl ?? '');
    for (const name of ['libc6', 'libgcc-s1', 'libstdc%2B%2B6'])
      expect(purls).toContainEqual(
        expect.stringMatching(
          new RegExp(
            `^pkg:deb/debian/${name.replaceAll('+', '[+]')}@[\\w.%-]+[?]arch=amd64&distro=debian-12$`,
          ),
        ),
      );
    expect(purls.filter((one: string) => one.startsWith('pkg:npm/')).length).toBeGreaterThan(100);
  });

  test('the client libraries that /sdk/ serves are in it', () => {
    const clients = readdirSync(join(root, 'usr/lib/gatehouse/dist/clients'));
    expect(clients).toContainEqual(expect.stringMatching(/^gatehouse-sdk-[\d.]+\.tgz$/));
  });

  test('with a read-only root it is healthy, verifies a person, and ends at SIGTERM', async () => {
    const data = join(work, 'data');
    mkdirSync(data, { mode: 0o700 });
    chownSync(data, 10001, 10001);
    const script = `
program="${config.Entrypoint.join(' ')}"
key=$(go $program init --org Bank --json | go /usr/lib/gatehouse/bin/node -p 'JSON.parse(require("fs").readFileSync(0, "utf8")).keys.test')
go ${config.Healthcheck.Test.slice(1).join(' ')} 2> /dev/null && echo "healthy before the start"
become $program ${config.Cmd.join(' ')} > "${work}/out" 2> "${work}/err" & service=$!
tail -f "${work}/out" --pid=$service | grep -m1 -q listening || { cat "${work}/err"; exit 1; }
go ${config.Healthcheck.Test.slice(1).join(' ')} && echo healthy
IMAGE_ENV="$IMAGE_ENV NODE_TLS_REJECT_UNAUTHORIZED=0" go /usr/lib/gatehouse/bin/node --no-warnings /tmp/walk.mjs https://127.0.0.1:7300 "$key"
kill $service; wait $service; echo "ended with $?"`;
    const words = [
      '--net',
      '--mount',
      '--pid',
      '--fork',
      '--kill-child',
      join(import.meta.dirname, 'in-image.sh'),
    ];
    const { stdout } = await promisify(execFile)(
      'unshare',
      [...words, root, data, join(work, 'files'), script],
      { env: { PATH: process.env.PATH, IMAGE_ENV: config.Env.join(' ') } },
    );
    expect(stdout.trim().split('\n')).toEqual([
      'healthy',
      '{"known":"ada@example.com","stranger":false}',
      'ended with 0',
    ]);
  });
});
