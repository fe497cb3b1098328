import type { Command } from 'commander';

export interface Reached {
  command: Command;
  /** Arguments after the command, and options before it. */
  rest: string[];
}

/** The deepest command that these words name. */
export function reachCommand(program: Command, words: readonly string[]): Reached {
  let command = program;
  const rest: string[] = [];
  let operand = false;
  for (const word of words) {
    const below = operand || word.startsWith('-') ? undefined : findBelow(command, word);
    if (below) command = below;
    else {
      rest.push(word);
      operand ||= !word.startsWith('-');
    }
  }
  return { command, rest };
}

export const findBelow = (command: Command, name: string): Command | undefined =>
  shownBelow(command).find((one) => one.name() === name);

/** Without hidden ones. */
export const shownBelow = (command: Command): readonly Command[] =>
  command.createHelp().visibleCommands(command);

/** `subject enroll`; empty for the program itself. */
export function pathOf(command: Command): string {
  const above = command.parent;
  return above === null ? '' : `${pathOf(above)} ${command.name()}`.trim();
}

/** The command and all below it that a person can call. */
export function everyCommand(command: Command): Command[] {
  return [command, ...shownBelow(command).flatMap(everyCommand)];
}

/** `--data`, `--json`, … */
export const longOptions = (command: Command): string[] =>
  command
    .createHelp()
    .visibleOptions(command)
    .flatMap(({ long }) => long ?? []);

/** It only holds other commands, such as `key`; `backup` does something itself. */
export const isGroup = (command: Command): boolean =>
  shownBelow(command).length > 0 &&
  command.registeredArguments.length === 0 &&
  !longOptions(command).includes('--data');
