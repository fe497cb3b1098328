import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { createCommandRunner } from '../../service/cli/command.ts';
import { createProgram } from '../../service/cli/program.ts';
import { createTerminal } from '../../service/cli/terminal/terminal.ts';
import { shownBelow } from '../../service/cli/usage/command-tree.ts';

test('the table of commands in the README names each command', async () => {
  const readme = readFileSync(join(import.meta.dirname, '../../README.md'), 'utf8');
  const runner = createCommandRunner(createTerminal(process.stdout, process.stderr));
  const commands = shownBelow(await createProgram(runner));
  const [, table = ''] = /^\| command \| for \|\n([\s\S]*?)\n\n/m.exec(readme) ?? [];
  const named = new Set([...table.matchAll(/`([a-z]+)/g)].map(([, name]) => name));
  expect(commands.length).toBeGreaterThan(30);
  expect(commands.map((command) => command.name()).filter((name) => !named.has(name))).toEqual([]);
});
