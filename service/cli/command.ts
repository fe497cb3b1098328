import { type Command, Option } from 'commander';
import type { World } from '../lib/id.ts';
import type { Control } from './control/control.ts';
import { type OpenOptions, openControl } from './control/open-control.ts';
import { dataDirectory } from './data-directory.ts';
import { becomeOwner } from './directory-owner.ts';
import { UsageError } from './failure.ts';
import { invocation } from './invocation.ts';
import { severalLines, type Terminal } from './terminal/terminal.ts';

export interface CommonOptions {
  data?: string;
  json?: boolean;
}

/** Result of a command, for scripts and for people. */
export interface Answer {
  json: unknown;
  text: string;
  /** 1: the answer is a refusal. 130: stopped at once, and nothing is waited for. */
  exitCode?: 1 | 130;
}

export interface CommandContext<Options> {
  options: Options;
  /** Absolute. */
  data: string;
  terminal: Terminal;
  /** Opened at the first call, closed after the command. */
  control(how?: OpenOptions): Promise<Control>;
}

export type Work<Options> = (
  context: CommandContext<Options & CommonOptions>,
  ...words: string[]
) => Promise<Answer | undefined>;

export interface RunSettings<Options> {
  /**
   * Whether root stays root: for what changes the machine, or only looks at it. Else root works as the owner of the data directory
   * (directory-owner.ts).
   */
  keepsRoot?(options: Options): boolean;
}

/** Gives a command `--data`, `--json` and its work. The exit code is left in `result`. */
export interface CommandRunner {
  run<Options>(command: Command, work: Work<Options>, settings?: RunSettings<Options>): Command;
  exitCode: 0 | 1;
}

export function createCommandRunner(terminal: Terminal): CommandRunner {
  const runner: CommandRunner = {
    exitCode: 0,
    run(command, work, { keepsRoot = () => false } = {}) {
      if (
        command.options.some(
          ({ flags, description }) => flags === worldFlag[0] && description === worldFlag[1],
        )
      )
        command.addOption(new Option(...olderWorldFlag).hideHelp());
      return command
        .option('--data <dir>', 'data directory (default: GATEHOUSE_DATA, else ~/.local/share/gatehouse)')
        .option('--json', 'one line of JSON on standard output instead of text')
        .action(async (...values: unknown[]) => {
          const words = values.slice(0, -2).flat() as string[];
          const options = values.at(-2) as CommonOptions;
          const data = dataDirectory(options.data);
          if (!keepsRoot(options as never)) await becomeOwner(data);
          let opened: Promise<Control> | undefined;
          try {
            const answer = await work(
              {
                options: options as never,
                data,
                terminal,
                control: (how) => {
                  opened ??= openControl(data, { ...how, note: terminal.note });
                  return opened;
                },
              },
              ...words,
            );
            if (!answer) return;
            if (options.json) terminal.answer(JSON.stringify(answer.json));
            else if (answer.text !== '') terminal.answer(severalLines(answer.text));
            if (answer.exitCode === 130) process.exit(130);
            runner.exitCode = answer.exitCode ?? 0;
          } finally {
            await opened?.then((control) => control.close()).catch(() => {});
          }
        });
    },
  };
  return runner;
}

/** The examples under `--help`. */
export function examples(...lines: string[]): string {
  return `\nExamples:\n${lines.map((line) => `  ${invocation} ${line}`).join('\n')}`;
}

export const worldFlag = [
  '--env <world>',
  'live: real people; test: trial people, who need no liveness model (default: live)',
  readWorld,
] as const;

/** As versions up to 0.1 spelled `--env test`. Still taken, not shown. */
const olderWorldFlag = ['--test', 'as --env test'] as const;

export interface RealmOptions {
  org?: string;
  env?: World;
  test?: boolean;
}

export function worldOf({ env, test }: Pick<RealmOptions, 'env' | 'test'>): World {
  if (test && env === 'live') throw new UsageError('--test means --env test: give one of the two.');
  return env ?? (test ? 'test' : 'live');
}

function readWorld(text: string): World {
  if (text === 'live' || text === 'test') return text;
  throw new UsageError(`--env: "${text}" is neither live nor test.`);
}

/** A command that can be pasted, about the same organization and world. */
export function nextCommand(words: string, { org, ...options }: RealmOptions): string {
  const organization = org === undefined ? '' : ` --org ${/^\w+$/.test(org) ? org : `'${org}'`}`;
  return `${invocation} ${words}${organization}${worldOf(options) === 'test' ? ' --env test' : ''}`;
}
