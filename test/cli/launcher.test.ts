import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { createInterface } from 'node:readline';
import { text } from 'node:stream/consumers';
import { afterEach, beforeEach, expect, test } from 'vitest';
// @ts-expect-error: plain JavaScript without a declaration
import { optionsFor } from '../../bin/node-24.mjs';
import { listeningPorts } from '../support/listening-ports.ts';

// What a person sees whose install failed or never was: `npm start` and `npm run gatehouse` as package.json has them.

const root = join(import.meta.dirname, '../..');
const { scripts, dependencies, devDependencies } = JSON.parse(
  readFileSync(join(root, 'package.json'), 'utf8'),
) as Record<'scripts' | 'dependencies' | 'devDependencies', Record<string, string>>;

let checkout: string;
beforeEach(() => {
  checkout = mkdtempSync(join(tmpdir(), 'gatehouse-launcher-'));
  cpSync(join(root, 'bin'), join(checkout, 'bin'), { recursive: true });
  cpSync(join(root, 'package.json'), join(checkout, 'package.json'));
});
afterEach(() => rmSync(checkout, { recursive: true, force: true }));

const packages = () => join(checkout, 'node_modules');
function put(path: string): void {
  mkdirSync(dirname(join(packages(), path)), { recursive: true });
  writeFileSync(join(packages(), path), '{}');
}
const putDependencies = () => {
  for (const name of Object.keys(dependencies)) put(`${name}/package.json`);
};
const runtime = (platform: string, arch: string) =>
  put(`onnxruntime-node/bin/napi-v6/${platform}/${arch}/onnxruntime_binding.node`);

/** One of the scripts, as npm runs it; the words are what a person reads. */
function run(script: 'start' | 'gatehouse', words = ''): string {
  const { status, stdout, stderr } = spawnSync('sh', ['-c', `${scripts[script]} ${words}`], {
    cwd: checkout,
    encoding: 'utf8',
    env: { PATH: `${dirname(process.execPath)}:${process.env.PATH}`, HOME: checkout },
  });
  expect([status, stdout]).toEqual([1, '']);
  expect(stderr).not.toMatch(/\n\s+at |node:internal/);
  return stderr;
}

test('without an install both say that it is missing, and where to run it', () => {
  for (const said of [run('start'), run('gatehouse', 'doctor')]) {
    expect(said).toContain('Gatehouse is not installed yet');
    expect(said).toContain(`run "npm install" in ${checkout}`);
  }
});

test('after an install that failed half-way, or an update without one, what is missing is named', () => {
  putDependencies();
  rmSync(join(packages(), 'kysely'), { recursive: true });
  expect(run('start')).toContain('kysely is missing');
  rmSync(join(packages(), 'zod'), { recursive: true });
  expect(run('start')).toContain('kysely and 1 more packages are missing');
});

test('on a machine for which there is no runtime, the ones there are are named', () => {
  putDependencies();
  runtime('plan9', 'mips');
  expect(run('start')).toContain(`does not run on ${process.platform} ${process.arch}`);
  expect(run('start')).toContain('plan9 mips');
});

test('a folder copied from another kind of machine is reported as such', () => {
  putDependencies();
  runtime(process.platform, process.arch);
  put('@img/sharp-plan9-mips/package.json');
  expect(run('start')).toContain('was installed on another kind of machine');
});

test('packages without files are reported in a sentence, without a stack', () => {
  cpSync(join(root, 'service'), join(checkout, 'service'), { recursive: true });
  putDependencies();
  runtime(process.platform, process.arch);
  put(`@img/sharp-${process.platform}-${process.arch}/package.json`);
  expect(run('gatehouse', '--version')).toMatch(/not whole.*npm install/s);
});

/** A Node.js of the system that is too old for the rest, where there is one. */
const oldNode = ['/usr/bin/node', '/usr/local/bin/node'].find((path) => {
  const { status, stdout } = spawnSync(path, ['--version'], { encoding: 'utf8' });
  return status === 0 && Number.parseInt(stdout.slice(1), 10) < 24;
});

test.skipIf(oldNode === undefined)(
  'under an older Node.js the newer one does the work, and SIGUSR1 opens no inspector in either',
  async () => {
    const script = join(checkout, 'work.mjs');
    writeFileSync(script, 'console.log(process.pid, process.version); setInterval(() => {}, 1000);');
    const launch = `import(${JSON.stringify(join(root, 'bin/node-24.mjs'))}).then((one) => one.runUnderNode24(${JSON.stringify(script)}))`;
    const parent = spawn(oldNode ?? '', ['--eval', launch], { stdio: ['ignore', 'pipe', 'pipe'] });
    const log = text(parent.stderr);
    const [line] = await once(createInterface({ input: parent.stdout }), 'line');
    const [child, version] = String(line).split(' ');
    expect(version).toMatch(/^v(2[4-9]|[3-9]\d)\./);
    for (const pid of [parent.pid!, Number(child)]) {
      process.kill(pid, 'SIGUSR1');
      for (let i = 0; i < 20; i++) expect(listeningPorts(pid)).toEqual([]);
    }
    parent.kill('SIGTERM');
    await once(parent, 'close');
    expect(await log).not.toMatch(/debugger|inspector/i);
  },
);

test('what the product needs is installed without development dependencies too', () => {
  const sources = JSON.parse(readFileSync(join(root, 'models/manifest.json'), 'utf8')) as {
    models: { sources: { package?: string }[] }[];
  };
  const named = sources.models.flatMap(({ sources }) => sources.flatMap((source) => source.package ?? []));
  const needed = ['node', ...named.map((name) => name.replace(/@[^@]+$/, ''))];
  expect(needed.filter((name) => dependencies[name] === undefined)).toEqual([]);
  expect(Object.keys(devDependencies).filter((name) => needed.includes(name))).toEqual([]);
});

test('what serves has the code of Node in large pages where the system offers them, and no memory reducer; every command is without the inspector’s signal', () => {
  expect(optionsFor(['serve', '--port', '0'])).toEqual([
    '--disable-sigusr1',
    '--use-largepages=silent',
    '--no-memory-reducer',
  ]);
  expect(optionsFor(['--data', '/x', 'start'])).toEqual(optionsFor(['serve']));
  expect(optionsFor(['key', 'create'])).toEqual(['--disable-sigusr1']);
  const { status, stdout, stderr } = spawnSync(
    process.execPath,
    [...optionsFor(['serve']), '--print', '6 * 7'],
    {
      encoding: 'utf8',
    },
  );
  expect([status, stdout, stderr]).toEqual([0, '42\n', '']);
});

test('V8’s memory reducer does not run in what serves', () => {
  const growing = `
    const kept = Array.from({ length: 30 }, () => Array.from({ length: 100_000 }, (_, at) => ({ at })));
    setTimeout(() => console.log(kept.length), 100);`;
  const written = (options: readonly string[]) =>
    spawnSync(
      process.execPath,
      [...options, '--gc-memory-reducer-start-delay-ms=1', '--trace-memory-reducer', '--eval', growing],
      { encoding: 'utf8' },
    ).stdout;
  const options = optionsFor(['serve']);
  expect(written(options.filter((one: string) => one !== '--no-memory-reducer'))).toContain(
    'Memory reducer: ',
  );
  expect(written(options)).toBe('30\n');
});

test.each(['debian/gatehouse', 'archive-files/gatehouse'])('%s gives Node the same options', (file) => {
  const script = readFileSync(join(root, 'installers/linux', file), 'utf8').replace(/exec \S+/, 'echo');
  const given = (...words: string[]) =>
    spawnSync('sh', ['-c', script, join(checkout, 'bin/gatehouse'), ...words], { encoding: 'utf8' })
      .stdout.split(' ')
      .filter((word) => word.startsWith('--') && !words.includes(word));
  for (const words of [['serve'], ['start', '--port', '0'], ['status'], ['restart'], []])
    expect(given(...words)).toEqual(optionsFor(words));
});
