import { execFile } from 'node:child_process';
import { cpSync, globSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, test } from 'vitest';

/** The tree as it is, in a folder of its own, to which a ninth check is added as a developer adds one. */
const root = fileURLToPath(new URL('../..', import.meta.url));
const copy = mkdtempSync(join(tmpdir(), 'gatehouse-ninth-check-'));
const changed: string[] = [];

function change(path: string, text: string): void {
  changed.push(path);
  writeFileSync(join(copy, path), text);
}

/** `find` stands in the text once. */
function replaceIn(text: string, find: string, by: string): string {
  expect(text.split(find)).toHaveLength(2);
  return text.replace(find, by);
}

// biome-ignore lint/suspicious/noExplicitAny: what the copy printed as JSON
let seen: any;

beforeAll(async () => {
  for (const part of ['service', 'test/support', 'test/checks/ninth-check', 'package.json'])
    cpSync(join(root, part), join(copy, part), {
      recursive: true,
      filter: (path) => !path.endsWith('.test.ts'),
    });
  symlinkSync(join(root, 'node_modules'), join(copy, 'node_modules'));

  const check = readFileSync(join(root, 'test/checks/ninth-check/headroom.ts'), 'utf8');
  change(
    'service/engine/matching/checks/headroom.ts',
    check.replaceAll('../../../service/engine/matching/checks/', './'),
  );
  const registry = 'service/engine/matching/checks/registered-checks.ts';
  const before = readFileSync(join(root, registry), 'utf8');
  const listed = replaceIn(before, '  faceQualityCheck,\n]', '  faceQualityCheck,\n  headroomCheck,\n]');
  change(registry, `import { headroomCheck } from './headroom.ts';\n${listed}`);

  const script = join(copy, 'test/checks/ninth-check/run-engine.ts');
  const { stdout } = await promisify(execFile)(process.execPath, [script], { cwd: copy, maxBuffer: 2 ** 24 });
  seen = JSON.parse(stdout);
});
afterAll(() => rmSync(copy, { recursive: true, force: true }));

const headroom = <Result extends { check: string }>(results: Result[]) =>
  results.find(({ check }) => check === 'headroom');

test('a check is added in two files, and its words for the console in two more', () => {
  expect(changed).toEqual([
    'service/engine/matching/checks/headroom.ts',
    'service/engine/matching/checks/registered-checks.ts',
  ]);
  const pages = globSync('renderer/**/*.{ts,tsx,json}', { cwd: root }).filter(
    (file) => !file.includes('.test.'),
  );
  const naming = pages.filter((file) => readFileSync(join(root, file), 'utf8').includes('embeddingHistory'));
  expect(naming.sort()).toEqual([
    'renderer/console/reasons/reason-strings.de.json',
    'renderer/console/reasons/reason-strings.en.json',
  ]);
});

test('it runs in the built-in profiles by its default rule, and counts in the composite by its weight', () => {
  const { checkResults } = seen.accepted;
  expect(checkResults).toHaveLength(9);
  expect(headroom(checkResults)).toEqual({
    check: 'headroom',
    pass: true,
    score: 1,
    weight: 2,
    details: { margin: expect.any(Number) },
  });
  const ran = checkResults.filter(({ skipped }: { skipped?: string }) => skipped === undefined);
  const weights = ran.reduce((sum: number, { weight }: { weight: number }) => sum + weight, 0);
  const sum = ran.reduce(
    (all: number, one: { weight: number; score: number }) => all + one.weight * one.score,
    0,
  );
  expect(seen.composite).toBeCloseTo(sum / weights, 3);
  expect(weights).toBeGreaterThan(2);
});

test('a profile may set it, and its failure refuses: answered without figures, stored with them', () => {
  expect(seen.setting).toMatchObject({ headroom: { least: 10 }, checks: { headroom: { hardFail: true } } });
  const reason = 'There is too little room around your head.';
  expect(seen.refusal).toMatchObject({ code: 'CHECK_FAILED', extra: { reason } });
  expect(headroom(seen.refusal.extra.checkResults)).toEqual({
    check: 'headroom',
    pass: false,
    score: 0,
    weight: 2,
    reason,
  });
  const [accepted, refused, older] = seen.stored.map(headroom);
  expect(accepted).toMatchObject({ pass: true, score: 1 });
  expect(refused).toMatchObject({ pass: false, reason, details: { margin: expect.any(Number) } });
  expect(refused.score).toBeGreaterThan(0);
  expect(older).toBeUndefined();
});

test('events report it as the answer does', () => {
  const [accepted, refused] = seen.events;
  expect(headroom(accepted.checks)).toEqual({ check: 'headroom', pass: true, score: 1, weight: 2 });
  expect(refused.notPassed).toEqual(['headroom']);
  expect(headroom(refused.checks)).toMatchObject({ pass: false, score: 0 });
});

test('a profile that was stored before it existed verifies without it', () => {
  expect(seen.older).toHaveLength(8);
  expect(seen.older).not.toContain('headroom');
});

test('the generated page of profiles names it and its setting', () => {
  expect(seen.page).toContain('`faceQuality`, `headroom`.');
  expect(seen.page).toContain(
    '| `headroom.least` | number, 0 to 10 | yes | Face widths of margin that score 1. |',
  );
});
