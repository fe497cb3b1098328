import { Command, CommanderError } from 'commander';
import { productVersion } from '../lib/version.ts';
import { type CommandRunner, createCommandRunner } from './command.ts';
import { toFailure } from './failure.ts';
import { invocation } from './invocation.ts';
import { createTerminal, severalLines } from './terminal/terminal.ts';

type AddCommand = (program: Command, runner: CommandRunner) => void;

/** By the first word, in the order of the help. One command loads no other: loading all of them takes longer than most of them run. */
const commands: Readonly<Record<string, () => Promise<AddCommand>>> = {
  init: async () => (await import('./init/init.ts')).addInit,
  start: async () => (await import('./serve/start.ts')).addStart,
  serve: async () => (await import('./serve/serve.ts')).addServe,
  unseal: async () => (await import('./master/unseal.ts')).addUnseal,
  doctor: async () => (await import('./doctor/doctor.ts')).addDoctor,
  migrate: async () => (await import('./migrate/migrate.ts')).addMigrate,
  org: async () => (await import('./org/org.ts')).addOrg,
  admin: async () => (await import('./admin/admin.ts')).addAdmin,
  key: async () => (await import('./key/key.ts')).addKey,
  keystore: async () => (await import('./keystore/keystore.ts')).addKeystore,
  certificate: async () => (await import('./certificate/certificate.ts')).addCertificate,
  master: async () => (await import('./master/master.ts')).addMaster,
  limits: async () => (await import('./limits/limits.ts')).addLimits,
  subject: async () => (await import('./subject/subject-command.ts')).addSubjectCommand,
  receipt: async () => (await import('./receipt/receipt.ts')).addReceipt,
  consent: async () => (await import('./consent/consent.ts')).addConsent,
  hold: async () => (await import('./hold/hold.ts')).addHold,
  retention: async () => (await import('./retention/retention.ts')).addRetention,
  verify: async () => (await import('./verify/verify.ts')).addVerify,
  verification: async () => (await import('./verification/verification.ts')).addVerification,
  profile: async () => (await import('./profile/profile.ts')).addProfile,
  scope: async () => (await import('./scope/scope.ts')).addScope,
  kiosk: async () => (await import('./kiosk/kiosk.ts')).addKiosk,
  site: async () => (await import('./site/site.ts')).addSite,
  grant: async () => (await import('./grant/grant.ts')).addGrant,
  webhook: async () => (await import('./webhook/webhook.ts')).addWebhook,
  behavior: async () => (await import('./behavior/behavior.ts')).addBehavior,
  models: async () => (await import('./models/models.ts')).addModels,
  alert: async () => (await import('./alert/alert.ts')).addAlert,
  audit: async () => (await import('./audit/audit-command.ts')).addAuditCommand,
  token: async () => (await import('./token/token.ts')).addToken,
  jobs: async () => (await import('./jobs/jobs.ts')).addJobs,
  work: async () => (await import('./work/work.ts')).addWork,
  backup: async () => (await import('./backup/backup.ts')).addBackup,
  restore: async () => (await import('./backup/restore.ts')).addRestore,
  update: async () => (await import('./update/update.ts')).addUpdate,
  licenses: async () => (await import('./licenses/licenses.ts')).addLicenses,
  openapi: async () => (await import('./openapi/openapi.ts')).addOpenApi,
  help: async () => (await import('./help/help.ts')).addHelp,
  completion: async () => (await import('./completion/completion.ts')).addCompletion,
};
/** They read the commands that are there. */
const aboutOthers: ReadonlySet<string> = new Set(['help', 'completion']);

/** The command that these words name alone, or every command, with its options and examples. */
export async function createProgram(runner: CommandRunner, words: readonly string[] = []): Promise<Command> {
  const [first = ''] = words;
  const alone = Object.hasOwn(commands, first) && !aboutOthers.has(first) && !words.includes('help');
  const wanted = alone ? [commands[first]!] : Object.values(commands);
  const program = emptyProgram();
  for (const add of await Promise.all(wanted.map((load) => load()))) add(program, runner);
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
