import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';

const root = join(import.meta.dirname, '../..');
const node = join(root, 'node_modules/.bin/node');

const gatehouse = (...words: string[]) =>
  spawnSync(node, ['--disable-sigusr1', join(root, 'service/cli/gatehouse.ts'), ...words], {
    encoding: 'utf8',
  });

/** The words that a shell is offered for the last of these. */
const offered = (...words: string[]) =>
  gatehouse('complete', '--', ...words)
    .stdout.trim()
    .split('\n')
    .slice(0, -1)
    .map((line) => line.split('\t')[0]);

test('nouns, verbs and options are offered; the hidden command is not', () => {
  const nouns = offered('');
  expect(nouns).toEqual(expect.arrayContaining(['init', 'subject', 'key', 'webhook', 'help', 'completion']));
  expect(nouns).not.toContain('complete');
  expect(offered('su')).toEqual(['subject']);
  expect(offered('key', 're')).toEqual(['revoke', 'restrict']);
  expect(offered('key', 'create', '--sc')).toEqual(['--scopes']);
  const options = offered('subject', 'enroll', '--');
  expect(options).toEqual(expect.arrayContaining(['--email', '--env', '--data']));
  expect(options).not.toContain('--test');
});

test.each([
  ['bash', 'complete -F'],
  ['zsh', '#compdef gatehouse'],
  ['fish', 'complete -c gatehouse'],
])('the script for %s is printed whole, and asks the hidden command', (shell, registers) => {
  const { status, stdout, stderr } = gatehouse('completion', shell);
  expect([status, stderr]).toEqual([0, '']);
  expect(stdout).toContain(registers);
  expect(stdout).toContain('gatehouse complete -- ');
});

test('a shell without a script is refused by name', () => {
  const { status, stderr } = gatehouse('completion', 'tcsh');
  expect(status).toBe(2);
  expect(stderr).toMatch(/'tcsh' is invalid .*Allowed choices are .*bash/);
});

test('bash loads the script and completes a command that is a link into the checkout', () => {
  const folder = mkdtempSync(join(tmpdir(), 'gatehouse-completion-'));
  try {
    symlinkSync(join(root, 'bin/gatehouse.mjs'), join(folder, 'gatehouse'));
    writeFileSync(join(folder, 'script'), gatehouse('completion', 'bash').stdout);
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
