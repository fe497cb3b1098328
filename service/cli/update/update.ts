import { copyFileSync, existsSync, mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import type { Command } from 'commander';
import { releaseKeyFolders } from '../../compose/model-paths.ts';
import { parseConfig } from '../../config.ts';
import { Problem } from '../../lib/problem.ts';
import { productRoot } from '../../lib/product-root.ts';
import { checkSignature, hashForSignature, readSignature, SignatureRefused } from '../../release/minisign.ts';
import { RELEASE_KEYS, readReleaseKeys } from '../../release/release-keys.ts';
import { type Answer, type CommandRunner, examples } from '../command.ts';
import { isInitialized, requireInitialized } from '../data-directory.ts';
import { userPath } from '../user-path.ts';
import { archiveHome, archiveMachine } from './archive-machine.ts';
import { debianMachine } from './debian-machine.ts';
import { type Machine, type UpdateOutcome, update } from './machine.ts';
import { passphraseFileFor, updatePassphrase } from './passphrase-file.ts';
import { serviceEnvironment } from './service-environment.ts';

const NO_KEYS = `No public key of releases is here. Compare the key that came with Gatehouse over another way, and put it into ${RELEASE_KEYS} as NAME.pub, or name it with --public-key FILE.`;

interface UpdateOptions {
  signature?: string;
  publicKey?: string;
  passphraseFile?: string;
  check?: boolean;
}

export function addUpdate(program: Command, runner: CommandRunner): void {
  const command = program
    .command('update')
    .summary('replace the installed package by a newer, signed one')
    .description(
      'Verifies the signature of a Debian package of Gatehouse, keeps a copy of the installed version, stops the service, installs, brings the data to the new schema ' +
        '(a checked copy is kept), starts the new version once, and then the service. Where one of these does not become ready, the version and the data from before come back, and the command ends with 1. ' +
        'It opens no connection. To be run as root. Where the archive (.tar.gz) was unpacked into DIR/versions with the link DIR/current, it takes an archive in the same way, and --data names the data directory.',
    )
    .argument('<file>', 'gatehouse_VERSION_ARCH.deb, or gatehouse-VERSION-linux-ARCH.tar.gz')
    .option('--signature <file>', 'signature of minisign (default: FILE.minisig)')
    .option('--public-key <file>', `one more public key of releases, beside those in ${RELEASE_KEYS}`)
    .option(
      '--passphrase-file <file>',
      'the passphrase of the master key (default: as the service gets it, else asked for once)',
    )
    .option('--check', 'verify the signature and the version, and change nothing')
    .addHelpText(
      'after',
      examples(
        'update gatehouse_0.2.0_amd64.deb',
        'update gatehouse_0.2.0_amd64.deb --check',
        'update gatehouse-0.2.0-linux-x64.tar.gz --data /var/lib/gatehouse',
      ),
    );
  runner.run<UpdateOptions>(command, async ({ options, data, terminal }, word) => {
    const given = userPath(word!);
    const machine = machineFor(given, data, {});
    if (options.check) {
      const comment = await verifyFile(given, given, options);
      return checked(await versionsOf(machine, given), comment);
    }
    requireRoot(process.geteuid?.());
    if (given.endsWith(ARCHIVE)) await requireInitialized(data);
    const file = takeIn(given);
    try {
      await verifyFile(given, file, options);
      const versions = await versionsOf(machine, file);
      using environment = await environmentOf(data, options);
      const prepared = machineFor(given, data, environment.env);
      return answer(await update(prepared, file, versions, (sentence) => terminal.note(sentence)));
    } finally {
      rmSync(dirname(file), { recursive: true, force: true });
    }
  });
}

const ARCHIVE = '.tar.gz';

/** What the programs of an update are started with: the environment of the unit, and the passphrase in a file. */
async function environmentOf(
  data: string,
  { passphraseFile: given }: UpdateOptions,
): Promise<{ env: Record<string, string> } & Disposable> {
  const env = serviceEnvironment();
  if (!isInitialized(data)) return { env, [Symbol.dispose]() {} };
  const { passphraseFile: setting } = parseConfig({ data }, { ...process.env, ...env });
  const passphrase = await updatePassphrase({ data, given, setting });
  if (passphrase === undefined) return { env, [Symbol.dispose]() {} };
  const file = passphraseFileFor(passphrase, statSync(data));
  return {
    env: { ...env, GATEHOUSE_PASSPHRASE_FILE: file.path },
    [Symbol.dispose]: () => file[Symbol.dispose](),
  };
}

/** By how the running program was installed; a file of the other kind is refused. */
function machineFor(file: string, data: string, env: Record<string, string>): Machine {
  const home = archiveHome(productRoot());
  const isArchive = file.endsWith(ARCHIVE);
  if (home === undefined && isArchive)
    throw new Problem(
      'CONFLICT',
      'This Gatehouse was not unpacked for updates: an archive updates DIR/versions/gatehouse-VERSION with the link DIR/current (docs/PACKAGES.md, "From the archive"). One that dpkg installed is updated by a .deb.',
    );
  if (home !== undefined && !isArchive)
    throw new Problem(
      'CONFLICT',
      `${home} was unpacked from an archive: it is updated by gatehouse-VERSION-linux-ARCH.tar.gz.`,
    );
  return home === undefined ? debianMachine(data, env) : archiveMachine(home, data, env);
}

/** A copy that no other account can change between the check of its signature and its installation. */
function takeIn(file: string): string {
  if (!existsSync(file)) throw new Problem('NOT_FOUND', `There is no file ${file}.`);
  const folder = mkdtempSync(join(tmpdir(), 'gatehouse-update-'));
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
  for (const one of [file, signed]) {
    if (!existsSync(one)) throw new Problem('NOT_FOUND', `There is no file ${one}.`);
  }
  try {
    const keys = readReleaseKeys(
      releaseKeyFolders(),
      publicKey === undefined ? undefined : userPath(publicKey),
    );
    if (keys.length === 0) throw new Problem('INVALID_REQUEST', NO_KEYS);
    return checkSignature(await hashForSignature(file), readSignature(readFileSync(signed, 'utf8')), keys);
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
      'dpkg has no installed Gatehouse here. Install the package with "dpkg -i FILE"; a checkout is updated by replacing its folder (docs/OPERATIONS.md, Updates).',
    );
  const { name, version: to, architecture } = await machine.describe(file);
  const here = await machine.architecture();
  if (name !== 'gatehouse') throw new Problem('CONFLICT', `${file} is the package ${name}, not gatehouse.`);
  if (architecture !== here && architecture !== 'all')
    throw new Problem('CONFLICT', `${file} is for ${architecture}; this machine is ${here}.`);
  if (!(await machine.isOlder(from, to)))
    throw new Problem(
      'CONFLICT',
      `${from} is installed, and ${file} holds ${to}: an update goes to a newer version only.`,
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

const answer = (outcome: UpdateOutcome): Answer =>
  outcome.wentBack === undefined
    ? {
        json: outcome,
        text: `Gatehouse ${outcome.to} is installed and was ready; before it was ${outcome.from}.`,
      }
    : {
        json: outcome,
        text: `Gatehouse ${outcome.to} did not work here: ${outcome.wentBack}\nVersion ${outcome.from} and its data are back.`,
        exitCode: 1,
      };
