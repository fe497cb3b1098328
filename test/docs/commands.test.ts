import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Command } from 'commander';
import { expect, test } from 'vitest';
import { importCommand, uploads } from '../../renderer/console/command/command-of.ts';
import { createCommandRunner } from '../../service/cli/command.ts';
import { createProgram } from '../../service/cli/program.ts';
import { createTerminal } from '../../service/cli/terminal/terminal.ts';
import { shownBelow } from '../../service/cli/usage/command-tree.ts';

const root = join(import.meta.dirname, '../..');
const read = (file: string) => readFileSync(join(root, file), 'utf8');
const program = createProgram(createCommandRunner(createTerminal(process.stdout, process.stderr)));

test('the table of commands in docs/OPERATIONS.md names each command', async () => {
  const commands = shownBelow(await program);
  const [, table = ''] = /^\| command \| for \|\n([\s\S]*?)\n\n/m.exec(read('docs/OPERATIONS.md')) ?? [];
  const named = new Set([...table.matchAll(/`([a-z]+)/g)].map(([, name]) => name));
  expect(commands.length).toBeGreaterThan(30);
  expect(commands.map((command) => command.name()).filter((name) => !named.has(name))).toEqual([]);
});

test('the commands that the console writes for pictures exist, with their options', async () => {
  const top = await program;
  for (const { words, options } of [...Object.values(uploads), importCommand])
    expect(
      faultOf(
        [...words.split(' '), ...Object.values(options).map(({ option }) => option.split(' ')[0]!)],
        top,
        false,
      ),
    ).toBeUndefined();
});

/** Why no operator can type this; undefined for one that there is. */
function faultOf(words: readonly string[], top: Command, mayGroup: boolean): string | undefined {
  let command = top;
  const rest = [...words];
  while (command.commands.length > 0 && rest[0] !== undefined && !rest[0].startsWith('-')) {
    const name = rest.shift()!;
    const next = command.commands.find((one) => one.name() === name || one.aliases().includes(name));
    if (!next && command.registeredArguments.length === 0) return `there is no ${name}`;
    if (!next) break;
    command = next;
  }
  // `backup` alone writes one; what only groups others does nothing, and is named as a group in texts for developers.
  if (!mayGroup && command.commands.length > 0 && command.registeredArguments.length === 0)
    return 'it does nothing alone';
  const options = ['--help', ...[command, top].flatMap((one) => one.options.map(({ long }) => long))];
  return rest
    .filter((word) => word.startsWith('--') && !options.includes(word.split('=')[0]!))
    .map((word) => `it has no ${word}`)[0];
}

test('every command that the console, a page or a message prints exists, with its options', async () => {
  const top = await program;
  const files = [
    ...globSync('renderer/**/*.{en,de}.json', { cwd: root }),
    ...globSync('service/**/*.ts', { cwd: root }).filter(
      (file) => !/\.test\.ts$|template-transform/.test(file),
    ),
  ];
  const printed = files.flatMap((file) =>
    [...read(file).matchAll(/(?:[“„"`>]|: )gatehouse ((?:[a-z-]+ ?|--[a-z-]+ ?|[A-Z]+ ?|\d+\w? ?)+)/g)].map(
      ([, words = '']) => ({ file, words: words.trim() }),
    ),
  );
  expect(printed.length).toBeGreaterThan(100);
  const faults = printed.flatMap(({ file, words }) => {
    const fault = faultOf(words.split(' '), top, file.endsWith('.ts'));
    return fault === undefined ? [] : [`${file}: gatehouse ${words}: ${fault}`];
  });
  expect(faults).toEqual([]);
});
