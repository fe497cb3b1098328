import { copyFileSync, existsSync, mkdtempSync, rmSync } from 'node:fs';
import { hostname } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { type Command, Option } from 'commander';
import { releaseKeyFolders } from '../../compose/model-paths.ts';
import { parseConfig } from '../../config.ts';
import { systemClock } from '../../lib/clock.ts';
import { defined } from '../../lib/defined.ts';
import { document, isCheckout } from '../../lib/installation.ts';
import { Problem } from '../../lib/problem.ts';
import { productRoot } from '../../lib/product-root.ts';
import { checkSignature, hashForSignature, readSignature, SignatureRefused } from '../../release/minisign.ts';
import { RELEASE_KEYS, readReleaseKeys } from '../../release/release-keys.ts';
import { readSmallFile } from '../../release/small-file.ts';
import { type Answer, type CommandRunner, examples } from '../command.ts';
import { requireInitialized } from '../data-directory.ts';
import { UsageError } from '../failure.ts';
import { userPath } from '../user-path.ts';
import { archiveHome, archiveMachine } from './archive-machine.ts';
import { debianMachine, type MachineDeps } from './debian-machine.ts';
import { environmentOf, OWN_SCHEMA, TURN_TAKEN } from './installed-data.ts';
import {
  journalFile,
  openJournal,
  readJournal,
  sweepUpdateFolder,
  takeUpdateLock,
  UPDATE_FOLDER,
  type UpdateLock,
} from './journal.ts';
import type { Machine, Say } from './machine.ts';
import { changedData, recover, type UpdateOutcome, update } from './update-steps.ts';

const NO_KEYS = `No public key of releases is here. Compare the key that came with Gatehouse with one from another source, and put it into ${RELEASE_KEYS} as NAME.pub, or name it with --public-key FILE.`;

interface UpdateOptions {
  signature?: string;
  publicKey?: string;
  passphraseFile?: string;
  check?: boolean;
  /** false with `--no-snapshot`. */
  snapshot: boolean;
  recover?: boolean;
  byUnit?: boolean;
  takeTurn?: boolean;
}

export function addUpdate(program: Command, runner: CommandRunner): void {
  const command = program
    .command('update')
    .summary('replace the installed package by a newer, signed one')
    .description(
      'Verifies the signature of a Debian package of Gatehouse, keeps a copy of the installed version, stops the service, installs, brings the data to the new schema ' +
        '(a checked copy of the database is kept, whether there is a new schema or not), starts the new version once, and then the service. Where one of these does not become ready, the version and the data from before come back, and the command ends with 1. ' +
        'Each step is noted before it begins: after a kill or a power cut the next start of the service, any "gatehouse update" and --recover take the update back, or end it where the new version was ready. It opens no connection. To be run as root. Where the archive (.tar.gz) was unpacked into DIR/versions with the link DIR/current, it takes an archive in the same way, and --data names the data directory.',
    )
    .argument('[file]', 'gatehouse_VERSION_ARCH.deb, or gatehouse-VERSION-linux-ARCH.tar.gz')
    .option('--signature <file>', 'signature of minisign (default: FILE.minisig)')
    .option('--public-key <file>', `one more public key of releases, beside those in ${RELEASE_KEYS}`)
    .option(
      '--passphrase-file <file>',
      'the passphrase of the master key (default: as the service gets it, else asked for once)',
    )
    .option('--check', 'verify the signature and the version, and change nothing')
    .option(
      '--no-snapshot',
      'keep no copy of the database where there is no new schema, because you have a backup (a disk without room, a role of PostgreSQL that may not make a schema)',
    )
    .option('--recover', 'end an update that was interrupted: go back, or finish it')
    .addOption(new Option('--by-unit', 'with --recover: systemd starts the service').hideHelp())
    .addOption(
      new Option(
        '--take-turn',
        'of an update: keeps those of the other nodes off as long as it runs',
      ).hideHelp(),
    )
    .addHelpText(
      'after',
      examples(
        'update gatehouse_0.2.0_amd64.deb',
        'update gatehouse_0.2.0_amd64.deb --check',
        'update gatehouse-0.2.0-linux-x64.tar.gz --data /var/lib/gatehouse',
      ),
    );
  runner.run<UpdateOptions>(
    command,
    async (context, word) => {
      const { options, data, terminal } = context;
      const say = (sentence: string) => terminal.note(sentence);
      if (options.takeTurn) return holdTurn(data);
      if (options.recover) {
        if (word !== undefined) throw new UsageError('--recover takes no file: it ends the update before.');
        requireRoot(process.geteuid?.());
        return recoverInterrupted({ ...options, byUnit: options.byUnit === true, say });
      }
      if (word === undefined) throw new UsageError('Name the package: gatehouse update FILE.');
      const given = userPath(word);
      if (options.check) {
        const machine = machineFor(given, { data, env: {} });
        const comment = await verifyFile(given, given, options);
        return checked(await versionsOf(machine, given), comment);
      }
      requireRoot(process.geteuid?.());
      if (interrupted())
        return recoveredFirst(await recoverInterrupted({ ...options, byUnit: false, waitSeconds: 0, say }));
      if (given.endsWith(ARCHIVE)) await requireInitialized(data);
      using lock = await takeUpdateLock({ waitSeconds: 0 });
      return await updateLocked(given, { options, data, say, lock: lock.fd });
    },
    installsPackages,
  );
}

/** Its steps in the data directory are done by programs of the account that owns it. */
const installsPackages = { keepsRoot: () => true };

async function updateLocked(
  given: string,
  { options, data, say, lock }: { options: UpdateOptions; data: string; say: Say; lock: number },
): Promise<Answer> {
  sweepUpdateFolder();
  const file = takeIn(given);
  try {
    await verifyFile(given, file, options);
    const versions = await versionsOf(machineFor(given, { data, env: {} }), file);
    using environment = await environmentOf(data, options);
    const begun = systemClock.now();
    const machine = machineFor(given, { data, begun, lock, ...environment });
    const home = archiveHome(productRoot());
    const place = { data, schema: OWN_SCHEMA, begun, ...defined({ home }) };
    const { snapshot } = options;
    const plan = { ...versions, place, journal: openJournal(), snapshot, say };
    return answer(await update(machine, file, plan), machine);
  } finally {
    rmSync(dirname(file), { recursive: true, force: true });
    sweepUpdateFolder();
  }
}

const recoveredFirst = (ended: Answer): Answer => ({
  json: ended.json,
  text: `${ended.text}\nThis update was not begun: run the same command again.`,
  exitCode: 1,
});

const ARCHIVE = '.tar.gz';

/** By how the running program was installed; a file of the other kind is refused. */
function machineFor(file: string, deps: MachineDeps): Machine {
  const home = archiveHome(productRoot());
  const isArchive = file.endsWith(ARCHIVE);
  if (home === undefined && isArchive)
    throw new Problem(
      'CONFLICT',
      `This Gatehouse was not unpacked for updates: an archive updates DIR/versions/gatehouse-VERSION with the link DIR/current (${document('PACKAGES')}, "From the archive"). One that dpkg installed is updated by a .deb.`,
    );
  if (home !== undefined && !isArchive)
    throw new Problem(
      'CONFLICT',
      `${home} was unpacked from an archive: it is updated by gatehouse-VERSION-linux-ARCH.tar.gz.`,
    );
  return home === undefined ? debianMachine(deps) : archiveMachine(home, deps);
}

/** A copy that no other account can change between the check of its signature and its installation. */
function takeIn(file: string): string {
  if (!existsSync(file)) throw new Problem('NOT_FOUND', `There is no file ${file}.`);
  const folder = mkdtempSync(join(UPDATE_FOLDER, 'given-'));
  const copy = join(folder, basename(file));
  copyFileSync(file, copy);
  return copy;
}

/** Throws where no accepted key signed these bytes; the signed comment otherwise. `given` names the file in messages. */
async function verifyFile(
  given: string,
  file: string,
  { signature, publicKey }: UpdateOptions,
): Promise<string> {
  const signed = signature === undefined ? `${given}.minisig` : userPath(signature);
  if (!existsSync(file)) throw new Problem('NOT_FOUND', `There is no file ${file}.`);
  if (!existsSync(signed))
    throw new Problem(
      'NOT_FOUND',
      `There is no file ${signed}: every release comes with its signature. Put that beside ${basename(given)}, or name it with --signature.`,
    );
  try {
    const keys = readReleaseKeys(
      releaseKeyFolders(),
      publicKey === undefined ? undefined : userPath(publicKey),
    );
    if (keys.length === 0) throw new Problem('INVALID_REQUEST', NO_KEYS);
    return checkSignature(await hashForSignature(file), readSignature(readSmallFile(signed)), keys);
  } catch (error) {
    if (!(error instanceof SignatureRefused)) throw error;
    throw new Problem('CONFLICT', `${given} is not installed. ${error.message}`, { cause: error });
  }
}

async function versionsOf(machine: Machine, file: string): Promise<{ from: string; to: string }> {
  const from = await machine.installedVersion();
  if (from === undefined)
    throw new Problem(
      'CONFLICT',
      `dpkg has no installed Gatehouse here. Install the package with "dpkg -i FILE"; a checkout is updated by replacing its folder (${document('OPERATIONS')}, Updates).`,
    );
  const { name, version: to, architecture } = await machine.describe(file);
  const here = await machine.architecture();
  if (name !== 'gatehouse') throw new Problem('CONFLICT', `${file} is the package ${name}, not gatehouse.`);
  if (architecture !== here && architecture !== 'all')
    throw new Problem('CONFLICT', `${file} is for ${architecture}; this machine is ${here}.`);
  if (!(await machine.isOlder(from, to)))
    throw new Problem(
      'CONFLICT',
      `${from} is installed, and ${file} holds ${to}: an update needs a newer version.`,
    );
  return { from, to };
}

function requireRoot(account: number | undefined): void {
  if (account !== 0)
    throw new Problem('CONFLICT', 'An update installs a package: run it as root (sudo gatehouse update …).');
}

const checked = ({ from, to }: { from: string; to: string }, comment: string): Answer => ({
  json: { from, to, signed: true, comment },
  text: `The signature is right (${comment}). The update would go from ${from} to ${to}.`,
});

function answer(outcome: UpdateOutcome, machine: Machine): Answer {
  const { from, to, snapshot, wentBack, restored } = outcome;
  const copy = snapshot === undefined ? '' : ` A copy of the database from before is ${snapshot}.`;
  if (wentBack === undefined)
    return {
      json: outcome,
      text: `Gatehouse ${to} is installed and was ready; before it was ${from}.${copy}${othersSentence(outcome)}`,
    };
  return {
    json: outcome,
    text: `Gatehouse ${to} did not work here: ${wentBack}\nVersion ${from} and its data are back. ${dataSentence(restored === true, machine)}${copy}`,
    exitCode: 1,
  };
}

const othersSentence = ({ others = [] }: UpdateOutcome): string =>
  others.length === 0
    ? ''
    : `\nStill of another version: ${others.join(', ')}. Update them now, one after another: until then they make no backups.`;

/** Until this process is ended, or throws when the turn is lost with its connection. */
async function holdTurn(data: string): Promise<never> {
  const { databaseUrl } = parseConfig({ data });
  if (databaseUrl === undefined) throw new UsageError('--take-turn is for a record on PostgreSQL.');
  const { takeUpdateTurn } = await import('../../storage/postgres/update-turn.ts');
  const { lost } = await takeUpdateTurn(databaseUrl, hostname());
  process.stdout.write(`${TURN_TAKEN}\n`);
  throw await lost;
}

export const interrupted = (): boolean => existsSync(journalFile());

const dataSentence = (restored: boolean, { program }: Machine): string =>
  restored
    ? `The database from before the update is in its place again; the newer one is kept beside it (${document('OPERATIONS', isCheckout, program)}, Updates).`
    : 'The database stayed, with what was written since: the new version had not changed its schema, or several nodes share it.';

export interface RecoverOptions {
  passphraseFile?: string;
  /** systemd starts the service when this has ended: nothing of it is stopped or started here. */
  byUnit: boolean;
  /** Seconds for a program of the interrupted update that still runs, such as dpkg; 120 unless given. */
  waitSeconds?: number;
  say: Say;
}

/** Ends an update that was interrupted. Throws where that needs a passphrase that cannot be had here, and where the version from before cannot be put back. */
export async function recoverInterrupted({
  byUnit,
  waitSeconds = 120,
  say,
  ...options
}: RecoverOptions): Promise<Answer> {
  using lock = await lockFor(byUnit, waitSeconds);
  if (lock === undefined) return nothing('An update is under way, and starts the service.');
  // when all else is done: the program that runs this may be there
  using _ = { [Symbol.dispose]: sweepUpdateFolder };
  const entry = readJournal();
  if (entry === undefined) return nothing('No update was interrupted.');
  const opens = changedData(entry);
  using environment = await environmentOf(entry.data, { ...options, opens });
  const { data, schema, begun, home, running } = entry;
  const deps: MachineDeps = { data, schema, lock: lock.fd, byUnit, ...defined({ begun }), ...environment };
  const machine = home === undefined ? debianMachine(deps) : archiveMachine(home, deps);
  const outcome = await recover(byUnit ? withoutService(machine) : machine, entry, {
    journal: openJournal(),
    opens,
    say,
  });
  const { installed, restored, to, snapshot } = outcome;
  const copy = snapshot === undefined ? '' : ` A copy of the database from before is ${snapshot}.`;
  const fault =
    running && !byUnit ? await machine.askService().catch((error: Error) => error.message) : undefined;
  const text =
    installed === to
      ? `The update to ${to} had been ready: it is complete.`
      : `Version ${installed} is back. ${dataSentence(restored, machine)}`;
  return {
    json: { ...outcome, ...(fault !== undefined && { fault }) },
    text: `${text}${copy}${fault === undefined ? '' : `\n${fault}`}`,
    ...(fault !== undefined && { exitCode: 1 as const }),
  };
}

/** Undefined where the update that holds the lock starts the service, and so the unit of this recovery before it. */
async function lockFor(byUnit: boolean, waitSeconds: number): Promise<UpdateLock | undefined> {
  const step = readJournal()?.step;
  const starting = byUnit && (step === 'starting' || step === 'ready' || step === 'start back');
  try {
    return await takeUpdateLock({ waitSeconds: starting ? 0 : waitSeconds });
  } catch (error) {
    if (starting && error instanceof Problem && error.code === 'CONFLICT') return undefined;
    throw error;
  }
}

const nothing = (text: string): Answer => ({ json: { recovered: false }, text });

const withoutService = (machine: Machine): Machine => ({
  ...machine,
  isRunning: async () => false,
  stop: async () => {},
  start: async () => {},
});
