import { writeFile } from 'node:fs/promises';
import type { Command } from 'commander';
import { type AskedByCommand, askedByCommand } from '../operation-command.ts';
import { createProgram } from '../program.ts';

type ByOperation = Record<string, Omit<AskedByCommand, 'operation'> & { words: string }>;

/** The commands that ask one operation, by the operation: for pages that show the command of what they do. */
async function commandsByOperation(): Promise<ByOperation> {
  const program = await createProgram({ exitCode: 0, run: (command) => command });
  const found: ByOperation = {};
  const walk = (command: Command, words: readonly string[]) => {
    const asked = askedByCommand(command);
    if (asked) {
      const { operation, ...rest } = asked;
      // Of two commands for one operation the first of the help.
      found[operation] ??= { words: words.join(' '), ...rest };
    }
    for (const below of command.commands) walk(below, [...words, below.name()]);
  };
  walk(program, []);
  return found;
}

const text = `${JSON.stringify(await commandsByOperation(), null, 2)}\n`;
await writeFile(new URL('../../../sdk/admin/commands.json', import.meta.url), text);
