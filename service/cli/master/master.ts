import type { Command } from 'commander';
import { replyOf, type Schemas } from '../../../sdk/admin/client.ts';
import { defined } from '../../lib/defined.ts';
import { type Answer, type CommandRunner, examples } from '../command.ts';
import type { Control } from '../control/control.ts';
import { UsageError } from '../failure.ts';
import { facts, table } from '../terminal/terminal.ts';
import { userPath } from '../user-path.ts';
import { passphraseFileFlag, readNewPassphrase, readPassphrase } from './passphrase.ts';

const getMaster = ({ admin }: Control) => replyOf(admin.GET('/api/admin/master-key'));

const kept = ({ kind, path }: Schemas['MasterKey']) =>
  kind === 'file' ? `in the file ${path}` : `behind a passphrase (${path})`;

/** The new key, how it is kept, and what the operator does with the old one. */
async function describeReplacement(
  control: Control,
  { was, is, left }: Schemas['KeyReplacement'],
): Promise<Answer> {
  const now = await getMaster(control);
  const text = [
    facts([
      ['master key', is],
      ['kept', kept(now)],
      ['replaced', `${was}; it opens nothing any more`],
    ]),
    ...(left === undefined
      ? []
      : ['', `The replaced key could not be removed yet: ${left} The next start tries again.`]),
    '',
    now.kind === 'file'
      ? `Copy ${now.path} to where you keep its copy; older copies open only older copies of the key store. A flash disk or a copy-on-write file system may keep the overwritten bytes.`
      : `Keep the passphrase: without it nothing opens. What it opens lies in ${now.path} and in every copy of the key store.`,
  ].join('\n');
  return { json: { ...now, ...defined({ was, left }) }, text };
}

export function addMaster(program: Command, runner: CommandRunner): void {
  const master = program
    .command('master')
    .helpCommand(false)
    .description('the master key, which opens all others: how it is kept, and another in its place');

  runner.run(
    master
      .command('show')
      .description('which master key is in use and how it is kept; never the key itself')
      .addHelpText('after', examples('master show')),
    async ({ control }) => {
      const now = await getMaster(await control());
      return {
        json: now,
        text: facts([
          ['master key', now.id],
          ['kept', kept(now)],
        ]),
      };
    },
  );

  runner.run<{ passphraseFile?: string }>(
    master
      .command('rotate')
      .description(
        'put a new master key in the place of the one in use, kept the same way; everything goes on meanwhile',
      )
      .option(...passphraseFileFlag)
      .addHelpText('after', examples('master rotate')),
    async ({ options, control }) => {
      const open = await control(opening(options.passphraseFile));
      const passphrase = await currentPassphrase(open, options.passphraseFile);
      const made = await replyOf(
        open.admin.POST('/api/admin/master-key/rotate', { body: defined({ passphrase }) }),
      );
      return describeReplacement(open, made);
    },
  );

  runner.run<{ change?: boolean; passphraseFile?: string; newPassphraseFile?: string }>(
    master
      .command('set-passphrase')
      .summary('protect the master key with a passphrase, or change it')
      .description(
        'Replaces the key file by a new master key behind a passphrase of at least 12 characters. From then on the service starts sealed ' +
          'and waits for `gatehouse unseal`, unless a file with the passphrase is given to it. Without it nothing opens.',
      )
      .option(...passphraseFileFlag)
      .option('--change', 'give the master key another passphrase; --passphrase-file then holds the old one')
      .option('--new-passphrase-file <file>', 'with --change: holds the new one (mode 0600)')
      .addHelpText(
        'after',
        examples(
          'master set-passphrase',
          'master set-passphrase --change',
          'master set-passphrase --change --passphrase-file old --new-passphrase-file new',
        ),
      ),
    async ({ options, control }) => {
      if (options.newPassphraseFile !== undefined && !options.change) {
        throw new UsageError('--new-passphrase-file goes with --change.');
      }
      const open = await control(options.change ? opening(options.passphraseFile) : {});
      if (!options.change) {
        const passphrase = await readNewPassphrase(options.passphraseFile);
        const made = await replyOf(
          open.admin.POST('/api/admin/master-key/passphrase', { body: { passphrase } }),
        );
        return describeReplacement(open, made);
      }
      const current = await readPassphrase('Passphrase until now: ', options.passphraseFile);
      const passphrase = await readNewPassphrase(options.newPassphraseFile, { env: {} });
      const now = await replyOf(
        open.admin.POST('/api/admin/master-key/passphrase/change', { body: { current, passphrase } }),
      );
      const text = `The passphrase of the master key ${now.id} is changed. Copies of ${now.path} made before still open with the old one. Where a file gives the passphrase to the service, write the new one into it.`;
      return { json: now, text };
    },
  );

  runner.run<{ passphraseFile?: string }>(
    master
      .command('use-file')
      .argument('[path]', 'a file that does not exist yet (default: master.key in the data directory)')
      .description(
        'keep a new master key in a file: back from a passphrase, or on another medium; the service starts by itself again',
      )
      .option(...passphraseFileFlag)
      .addHelpText('after', examples('master use-file', 'master use-file /media/stick/master.key')),
    async ({ options, control }, path) => {
      const open = await control(opening(options.passphraseFile));
      const passphrase = await currentPassphrase(open, options.passphraseFile);
      const made = await replyOf(
        open.admin.POST('/api/admin/master-key/file', {
          body: defined({ path: path === undefined ? undefined : userPath(path), passphrase }),
        }),
      );
      return describeReplacement(open, made);
    },
  );

  runner.run(
    master
      .command('rotate-signing')
      .argument('<purpose>', 'audit or receipts')
      .description('sign with a new key from now on; what was signed before stays verifiable')
      .addHelpText('after', examples('master rotate-signing audit', 'master rotate-signing receipts')),
    async ({ control }, purpose = '') => {
      if (purpose !== 'audit' && purpose !== 'receipts') {
        throw new UsageError(`There is no signing key "${purpose}": write audit or receipts.`);
      }
      const open = await control();
      const rotated = await replyOf(
        open.admin.POST('/api/admin/signing-keys/{purpose}/rotate', { params: { path: { purpose } } }),
      );
      const { items } = await replyOf(open.admin.GET('/api/admin/signing-keys'));
      const rows = items
        .filter((key) => key.purpose === purpose)
        .map(({ kid }) => [kid, kid === rotated.is ? 'signs' : 'verifies what it signed']);
      return { json: { purpose, ...rotated }, text: table(['key', 'use'], rows, '') };
    },
  );
}

/** A file with the passphrase opens the directory too where no service runs. */
const opening = (file: string | undefined) =>
  file === undefined ? {} : { passphrase: () => readPassphrase('Passphrase of the master key: ', file) };

/** Asked for only where one protects the key. */
async function currentPassphrase(control: Control, file: string | undefined): Promise<string | undefined> {
  const { kind } = await getMaster(control);
  return kind === 'passphrase' ? readPassphrase('Passphrase of the master key: ', file) : undefined;
}
