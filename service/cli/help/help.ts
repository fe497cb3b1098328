import type { Command } from 'commander';
import { examples } from '../command.ts';
import { UsageError } from '../failure.ts';
import { invocation } from '../invocation.ts';
import { findBelow, isGroup, pathOf } from '../usage/command-tree.ts';
import { commandHint } from '../usage/explain-usage-error.ts';

export function addHelp(program: Command): void {
  program
    .command('help')
    .argument('[command...]', 'such as: key create')
    .description('options and examples of a command, the same as --help')
    .addHelpText('after', examples('help', 'help key', 'help key create'))
    .action((names: string[]) => {
      let command = program;
      for (const name of names) {
        const below = findBelow(command, name);
        if (!below) throw new UsageError(unknownCommand(program, command, name));
        command = below;
      }
      command.outputHelp();
    });
}

/** `key help create` as `help key create`. */
export function helpFirst(program: Command, words: readonly string[]): readonly string[] {
  let command = program;
  for (const [index, word] of words.entries()) {
    if (word === 'help')
      return index === 0 ? words : ['help', ...words.slice(0, index), ...words.slice(index + 1)];
    const below = findBelow(command, word);
    if (!below || !isGroup(below)) return words;
    command = below;
  }
  return words;
}

function unknownCommand(program: Command, at: Command, name: string): string {
  const below = [pathOf(at), name].filter(Boolean).join(' ');
  const [hint = `All commands: ${invocation} help`] = commandHint(program, at, name);
  return `There is no command "${below}". ${hint}`;
}
