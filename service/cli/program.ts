import { Command, CommanderError } from 'commander';
import { productVersion } from '../lib/version.ts';
import { addAlert } from './alert/alert.ts';
import { addAudit } from './audit/audit.ts';
import { addAuditVerify } from './audit/verify.ts';
import { addBackup } from './backup/backup.ts';
import { addRestore } from './backup/restore.ts';
import { type CommandRunner, createCommandRunner } from './command.ts';
import { addCompletion } from './completion/completion.ts';
import { addConsent } from './consent/consent.ts';
import { addDoctor } from './doctor/doctor.ts';
import { toFailure } from './failure.ts';
import { addGrant } from './grant/grant.ts';
import { addHelp, helpFirst } from './help/help.ts';
import { addHold } from './hold/hold.ts';
import { addInit } from './init/init.ts';
import { invocation } from './invocation.ts';
import { addJobs } from './jobs/jobs.ts';
import { addKey } from './key/key.ts';
import { addKeystore } from './keystore/keystore.ts';
import { addLimits } from './limits/limits.ts';
import { addMaster } from './master/master.ts';
import { addUnseal } from './master/unseal.ts';
import { addMigrate } from './migrate/migrate.ts';
import { addModels } from './models/models.ts';
import { addOpenApi } from './openapi/openapi.ts';
import { addOrg } from './org/org.ts';
import { addProfile } from './profile/profile.ts';
import { addReceipt } from './receipt/receipt.ts';
import { addRetention } from './retention/retention.ts';
import { addServe } from './serve/serve.ts';
import { addStart } from './serve/start.ts';
import { addSite } from './site/site.ts';
import { addSubjectConfirm } from './subject/confirm.ts';
import { addSubjectErase } from './subject/erase.ts';
import { addSubjectExport } from './subject/export.ts';
import { addSubjectImport } from './subject/import.ts';
import { addSubject } from './subject/subject.ts';
import { addSubjectUnlock } from './subject/unlock.ts';
import { createTerminal, severalLines } from './terminal/terminal.ts';
import { explainUsageError } from './usage/explain-usage-error.ts';
import { addVerify } from './verify/verify.ts';
import { addWebhook } from './webhook/webhook.ts';

/** Every command, with its options and examples. */
export function createProgram(runner: CommandRunner): Command {
  const program = new Command('gatehouse')
    .description(
      'Gatehouse: face verification on your own machine. One command for everything an operator does.',
    )
    .version(productVersion(), '-V, --version', 'print the version')
    .helpOption('-h, --help', 'help for any command')
    .helpCommand(false)
    // Told below, with what may have been meant.
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
Exit codes: 0 done, 1 refused or failed, 2 the command was written wrongly.

In a checkout, write:  ${invocation} COMMAND …
First steps:
  ${invocation} init --org "My organization"
  ${invocation} subject enroll --test --email ada@example.com ada.jpg
  ${invocation} verify --test ada-again.jpg
  ${invocation} serve`,
    );
  addInit(program, runner);
  addStart(program, runner);
  addServe(program, runner);
  addUnseal(program, runner);
  addDoctor(program, runner);
  addMigrate(program, runner);
  addOrg(program, runner);
  addKey(program, runner);
  addKeystore(program, runner);
  addMaster(program, runner);
  addLimits(program, runner);
  const subject = program
    .command('subject')
    .helpCommand(false)
    .description('the people of an organization and their pictures');
  addSubject(subject, runner);
  addSubjectImport(subject, runner);
  addSubjectConfirm(subject, runner);
  addSubjectErase(subject, runner);
  addSubjectExport(subject, runner);
  addSubjectUnlock(subject, runner);
  addReceipt(program, runner);
  addConsent(program, runner);
  addHold(program, runner);
  addRetention(program, runner);
  addVerify(program, runner);
  addProfile(program, runner);
  addSite(program, runner);
  addGrant(program, runner);
  addWebhook(program, runner);
  addModels(program, runner);
  addAlert(program, runner);
  const audit = program
    .command('audit')
    .helpCommand(false)
    .description('who did what: the log of every change and every look at personal data');
  addAudit(audit, runner);
  addAuditVerify(audit, runner);
  addJobs(program, runner);
  addBackup(program, runner);
  addRestore(program, runner);
  addOpenApi(program, runner);
  addHelp(program);
  addCompletion(program);
  return program;
}

/**
 * Runs one command line (without the program's own name). Exit code: 0 done, 1 refused or failed, 2 the command was written
 * wrongly. With `--json` standard output always holds one JSON document, also for a refusal.
 */
export async function runProgram(words: readonly string[]): Promise<number> {
  const terminal = createTerminal(process.stdout, process.stderr);
  const runner = createCommandRunner(terminal);
  const program = createProgram(runner);
  let flags: string[] = [];
  program.hook('preAction', (_, { options }) => {
    flags = options.flatMap(({ long }) => long ?? []);
  });
  try {
    await program.parseAsync([...helpFirst(program, words)], { from: 'user' });
    return await terminal.exitCode(runner.exitCode);
  } catch (error) {
    if (error instanceof CommanderError) {
      if (error.exitCode === 0) return terminal.exitCode(0);
      const sentences = explainUsageError(program, words, error);
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
