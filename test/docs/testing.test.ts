import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { testOutcomes } from '../../service/lib/test-outcome.ts';
import { type Cli, createCli, type Service } from '../cli/gatehouse.ts';

// The samples of docs/TESTING.md, as they are printed, against a real service.

const run = promisify(execFile);
const text = readFileSync(join(import.meta.dirname, '../../docs/TESTING.md'), 'utf8');
const sample = (language: string): string => {
  const [, code] = new RegExp(`^\`\`\`${language}\\n([\\s\\S]*?)^\`\`\``, 'm').exec(text) ?? [];
  if (code === undefined) throw new Error(`docs/TESTING.md has no sample in ${language}.`);
  return code;
};

let cli: Cli;
let service: Service;
let folder: string;
let env: NodeJS.ProcessEnv;

beforeAll(async () => {
  cli = createCli();
  const { organizationId } = await cli.json<{ organizationId: string }>('init', '--org', 'Harbour');
  const [, scopes = ''] = /`KEY` has the scopes `([a-z,]+)`/.exec(text) ?? [];
  const { key } = await cli.json<{ key: string }>(
    ...['key', 'create', '--org', organizationId, '--scopes', scopes, '--env', 'test'],
  );
  service = await cli.serve('--log-level', 'error');
  folder = mkdtempSync(join(tmpdir(), 'gatehouse-testing-'));
  env = { PATH: process.env.PATH, BOX: service.url, KEY: key };
});
afterAll(() => {
  rmSync(folder, { recursive: true, force: true });
  cli.clean();
});

test('the commands answer what the table says', async () => {
  const { stdout } = await run('sh', ['-e', '-c', sample('sh')], { env, cwd: folder });
  const answers = stdout
    .split(/(?<=\})(?=\{)/)
    .map((answer) => JSON.parse(answer) as Record<string, unknown>);
  expect(answers).toMatchObject([
    { enrolled: true, testOutcome: 'verified' },
    { verified: true, email: 'ada@example.com', testOutcome: 'verified' },
    { verified: false, testOutcome: 'not-matched' },
    { code: 'SEVERAL_FACES', testOutcome: 'two-faces' },
  ]);
});

test('the test of the sample passes with Node alone', async () => {
  const file = join(folder, 'test-people.mjs');
  writeFileSync(file, sample('js'));
  const { stdout } = await run(process.execPath, ['--test', file], { env, cwd: folder });
  expect(stdout).toMatch(/pass 4\b/);
});

test('the table names each outcome', () => {
  const named = [...text.matchAll(/^\| `([a-z-]+)` \|/gm)].map(([, name]) => name);
  expect(named).toEqual([...testOutcomes]);
});
