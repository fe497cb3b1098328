import { Command, CommanderError } from 'commander';
import { productVersion } from '../lib/version.ts';
import { type CommandRunner, createCommandRunner } from './command.ts';
import { toFailure } from './failure.ts';
import { invocation } from './invocation.ts';
import type { AddCommand } from './operation-command.ts';
import { createTerminal, severalLines } from './terminal/terminal.ts';

/** By the first word, in the order of the help. One command loads no other: loading all of them takes longer than most of them run. */
const commands: Readonly<Record<string, () => Promise<AddCommand>>> = {
  init: async () => (await import('./init/init.ts')).addInit,
  start: async () => (await import('./serve/start.ts')).addStart,
  serve: async () => (await import('./serve/serve.ts')).addServe,
  unseal: async () => (await import('./master/unseal.ts')).unseal,
  doctor: async () => (await import('./doctor/doctor.ts')).addDoctor,
  migrate: async () => (await import('./migrate/migrate.ts')).migrate,
  org: async () => (await import('./commands/org.ts')).org,
  admin: async () => (await import('./commands/admin.ts')).admin,
  key: async () => (await import('./commands/key.ts')).key,
  keystore: async () => (await import('./commands/keystore.ts')).keystore,
  certificate: async () => (await import('./commands/certificate.ts')).certificate,
  master: async () => (await import('./commands/master.ts')).master,
  node: async () => (await import('./commands/node.ts')).node,
  limits: async () => (await import('./commands/limits.ts')).limits,
  subject: async () => (await import('./commands/subject.ts')).subject,
  receipt: async () => (await import('./commands/receipt.ts')).receipt,
  consent: async () => (await import('./commands/consent.ts')).consent,
  hold: async () => (await import('./commands/hold.ts')).hold,
  retention: async () => (await import('./commands/retention.ts')).retention,
  verify: async () => (await import('./commands/verify.ts')).verify,
  verification: async () => (await import('./commands/verification.ts')).verification,
  profile: async () => (await import('./commands/profile.ts')).profile,
  scope: async () => (await import('./commands/scope.ts')).scope,
  kiosk: async () => (await import('./commands/kiosk.ts')).kiosk,
  site: async () => (await import('./commands/site.ts')).site,
  grant: async () => (await import('./commands/grant.ts')).grant,
  webhook: async () => (await import('./commands/webhook.ts')).webhook,
  behavior: async () => (await import('./commands/behavior.ts')).behavior,
  models: async () => (await import('./commands/models.ts')).models,
  alert: async () => (await import('./commands/alert.ts')).alert,
  audit: async () => (await import('./commands/audit.ts')).audit,
  token: async () => (await import('./commands/token.ts')).token,
  jobs: async () => (await import('./commands/jobs.ts')).jobs,
  work: async () => (await import('./commands/work.ts')).work,
  backup: async () => (await import('./backup/backup.ts')).addBackup,
  restore: async () => (await import('./backup/restore.ts')).restore,
  update: async () => (await import('./update/update.ts')).addUpdate,
  licenses: async () => (await import('./licenses/licenses.ts')).licenses,
  openapi: async () => (await import('./openapi/openapi.ts')).openapi,
  help: async () => (await import('./help/help.ts')).addHelp,
  completion: async () => (await import('./completion/completion.ts')).addCompletion,
};
/** They read the commands that are there. */
const aboutOthers: ReadonlySet<string> = new Set(['help', 'completion']);
const versionFlags: ReadonlySet<string> = new Set(['-V', '--version']);

/** The command that these words name alone, or every command, with its options and examples. */
export async function createProgram(runner: CommandRunner, words: readonly string[] = []): Promise<Command> {
  const [first = ''] = words;
  const alone = Object.hasOwn(commands, first) && !aboutOthers.has(first) && !words.includes('help');
  const names = alone ? [first] : versionFlags.has(first) ? [] : Object.keys(commands);
  const program = emptyProgram();
  const adders = await Promise.all(names.map((name) => commands[name]!()));
  for (const [index, add] of adders.entries()) add(program, runner, names[index]!);
  return program;
}

function emptyProgram(): Command {
  return (
    new Command('gatehouse')
      .description(
        'Gatehouse: face verification on your own machine. One command for all tasks of an operator.',
      )
      .version(productVersion(), '-V, --version', 'print the version')
      .helpOption('-h, --help', 'help for any command')
      .helpCommand(false)
      // Reported below, with suggestions.
      .configureOutput({ outputError() {} })
      .showSuggestionAfterError(false)
      .exitOverride()
      // A command with commands below it, such as `backup`, leaves them their flags.
      .enablePositionalOptions()
      .addHelpText(
        'after',
        `
Every command takes --data DIR (default: GATEHOUSE_DATA, else ~/.local/share/gatehouse) and --json.
Commands work the same while the service runs on that directory and while it does not.
Exit codes: 0 done, 1 refused or failed, 2 usage error.

Write:  ${invocation} COMMAND …
First steps:
  ${invocation} init --org "My organization"
  ${invocation} subject enroll --env test --email ada@example.com ada.jpg
  ${invocation} verify --env test ada-again.jpg
  ${invocation} serve`,
      )
  );
}

/**
 * Runs one command line (without the program's own name). Exit code: 0 done, 1 refused or failed, 2 the command was written
 * wrongly. With `--json` standard output always holds one JSON document, also for a refusal.
 */
export async function runProgram(words: readonly string[]): Promise<number> {
  const terminal = createTerminal(process.stdout, process.stderr);
  const runner = createCommandRunner(terminal);
  const program = await createProgram(runner, words);
  let flags: string[] = [];
  program.hook('preAction', (_, { options }) => {
    flags = options.flatMap(({ long }) => long ?? []);
  });
  try {
    const ordered = words.includes('help')
      ? (await import('./help/help.ts')).helpFirst(program, words)
      : words;
    await program.parseAsync([...ordered], { from: 'user' });
    return await terminal.exitCode(runner.exitCode);
  } catch (error) {
    if (error instanceof CommanderError) {
      if (error.exitCode === 0) return terminal.exitCode(0);
      const { explainUsageError } = await import('./usage/explain-usage-error.ts');
      const sentences = explainUsageError(await createProgram(runner), words, error);
      if (words.includes('--json')) {
        terminal.answer(JSON.stringify({ error: inOneLine(sentences), code: 'USAGE' }));
      }
      // Of a command without its verb commander has shown the help.
      if (error.code !== 'commander.help') terminal.note(severalLines(usageText(sentences)));
      return terminal.exitCode(2);
    }
    const failure = toFailure(error, flags);
    if (words.includes('--json')) terminal.answer(JSON.stringify(failure.json));
    terminal.note(severalLines(failure.text));
    return terminal.exitCode(failure.exitCode);
  }
}

const usageText = ([first = '', ...more]: readonly string[]) =>
  [`error: ${first}`, ...more, '(add --help for options and examples)'].join('\n');

const inOneLine = (sentences: readonly string[]) =>
  sentences
    .map((one) => (/[.?]$/.test(one) ? one : `${one}.`))
    .join(' ')
    .replace(/\.$/, '');
