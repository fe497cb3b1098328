import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Cli, createCli } from './gatehouse.ts';

const root = join(import.meta.dirname, '../..');

let cli: Cli;
beforeAll(() => {
  cli = createCli();
});
afterAll(() => cli.clean());

/** The words that a shell is offered for the last of these. */
const offered = async (...words: string[]) =>
  (await cli.bare('complete', '--', ...words)).stdout
    .trim()
    .split('\n')
    .slice(0, -1)
    .map((line) => line.split('\t')[0]);

test('nouns, verbs and options are offered; the hidden command is not', async () => {
  const nouns = await offered('');
  expect(nouns).toEqual(expect.arrayContaining(['init', 'subject', 'key', 'webhook', 'help', 'completion']));
  expect(nouns).not.toContain('complete');
  expect(await offered('su')).toEqual(['subject']);
  expect(await offered('key', 're')).toEqual(['revoke', 'restrict']);
  expect(await offered('key', 'create', '--sc')).toEqual(['--scopes']);
  const options = await offered('subject', 'enroll', '--');
  expect(options).toEqual(expect.arrayContaining(['--email', '--env', '--data']));
  expect(options).not.toContain('--test');
});

test.each([
  ['bash', 'complete -F'],
  ['zsh', '#compdef gatehouse'],
  ['fish', 'complete -c gatehouse'],
])('the script for %s is printed whole, and asks the hidden command', async (shell, registers) => {
  const { code, stdout, stderr } = await cli.bare('completion', shell);
  expect([code, stderr]).toEqual([0, '']);
  expect(stdout).toContain(registers);
  expect(stdout).toContain('gatehouse complete -- ');
});

test('a shell without a script is refused by name', async () => {
  const { code, stderr } = await cli.bare('completion', 'tcsh');
  expect(code).toBe(2);
  expect(stderr).toMatch(/'tcsh' is invalid .*Allowed choices are .*bash/);
});

test('bash loads the script and completes a command that is a link into the checkout', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'gatehouse-completion-'));
  try {
    symlinkSync(join(root, 'bin/gatehouse.mjs'), join(folder, 'gatehouse'));
    writeFileSync(join(folder, 'script'), (await cli.bare('completion', 'bash')).stdout);
    const asked = `_get_comp_words_by_ref() { cur=re; prev=key; words=(gatehouse key re); cword=2; }
compopt() { :; }
source "$1"; COMP_WORDS=(gatehouse key re); COMP_CWORD=2; COMP_LINE='gatehouse key re'; COMP_POINT=16
__gatehouse_complete; printf '%s\\n' "\${COMPREPLY[@]}"`;
    const { stdout, stderr } = spawnSync('bash', ['-c', asked, 'bash', join(folder, 'script')], {
      encoding: 'utf8',
      env: { ...process.env, PATH: `${folder}:${join(root, 'node_modules/.bin')}:${process.env.PATH}` },
    });
    expect([stdout.trim().split('\n'), stderr]).toEqual([['revoke', 'restrict'], '']);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});
