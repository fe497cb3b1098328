import { replyOf } from '../../../sdk/admin/client.ts';
import { defined } from '../../lib/defined.ts';
import { UsageError } from '../failure.ts';
import { toggle, value } from '../flag.ts';
import { currentPassphrase, describeKept, describeReplacement, opening } from '../master/master-key.ts';
import { passphraseFileFlag, readNewPassphrase, readPassphrase } from '../master/passphrase.ts';
import { call, noun, work } from '../operation-command.ts';
import { table } from '../terminal/terminal.ts';
import { userPath } from '../user-path.ts';

const passphraseFile = value(...passphraseFileFlag);

/** Use of each key, and the effect of a rotation on earlier signatures. */
const purposes = {
  audit: 'verifies what it signed',
  receipts: 'verifies what it signed',
  administrators: 'no longer accepted',
  tokens: 'verifies what it signed for an hour',
} as const;
const isPurpose = (text: string): text is keyof typeof purposes => Object.hasOwn(purposes, text);

export const master = noun('the master key, which wraps all other keys: show, rotate or move it', {
  show: call('GET /api/admin/master-key', {
    about: 'the id and location of the master key, never the key itself',
    text: { 'master key': 'id', kept: describeKept },
    examples: ['master show'],
  }),
  rotate: work({
    about: 'replace the master key, stored in the same way; the service keeps running',
    options: { passphraseFile },
    examples: ['master rotate'],
    async run({ passphraseFile }, { control }) {
      const open = await control(opening(passphraseFile));
      const passphrase = await currentPassphrase(open, passphraseFile);
      const made = await replyOf(
        open.admin.POST('/api/admin/master-key/rotate', { body: defined({ passphrase }) }),
      );
      return describeReplacement(open, made);
    },
  }),
  'use-file': work({
    args: {
      path: value('[path]', 'a file that does not exist yet (default: master.key in the data directory)'),
    },
    about:
      'keep a new master key in a file, on another medium or in place of a passphrase; the service then starts without a passphrase',
    options: { passphraseFile },
    examples: ['master use-file', 'master use-file /media/stick/master.key'],
    async run({ path, passphraseFile }, { control }) {
      const open = await control(opening(passphraseFile));
      const passphrase = await currentPassphrase(open, passphraseFile);
      const body = defined({ path: path === undefined ? undefined : userPath(path), passphrase });
      const made = await replyOf(open.admin.POST('/api/admin/master-key/file', { body }));
      return describeReplacement(open, made);
    },
  }),
  'set-passphrase': work({
    summary: 'protect the master key with a passphrase, or change it',
    about:
      'Replaces the key file by a new master key behind a passphrase of at least 12 characters. From then on the service starts sealed ' +
      'and waits for `gatehouse unseal`, unless it gets a file with the passphrase. Without the passphrase nothing can be decrypted.',
    options: {
      passphraseFile,
      change: toggle('give the master key another passphrase; --passphrase-file then holds the old one'),
      newPassphraseFile: value('<file>', 'with --change: holds the new one (mode 0600)'),
    },
    examples: [
      'master set-passphrase',
      'master set-passphrase --change',
      'master set-passphrase --change --passphrase-file old --new-passphrase-file new',
    ],
    async run({ passphraseFile, change, newPassphraseFile }, { control }) {
      if (newPassphraseFile !== undefined && !change) {
        throw new UsageError('--new-passphrase-file goes with --change.');
      }
      const open = await control(change ? opening(passphraseFile) : {});
      if (!change) {
        const passphrase = await readNewPassphrase(passphraseFile);
        const made = await replyOf(
          open.admin.POST('/api/admin/master-key/passphrase', { body: { passphrase } }),
        );
        return describeReplacement(open, made);
      }
      const current = await readPassphrase('Present passphrase: ', passphraseFile);
      const passphrase = await readNewPassphrase(newPassphraseFile, { env: {} });
      const now = await replyOf(
        open.admin.POST('/api/admin/master-key/passphrase/change', { body: { current, passphrase } }),
      );
      const text = `The passphrase of the master key ${now.id} is changed. Copies of ${now.path} made before still open with the old one. Where a file gives the passphrase to the service, write the new one into it.`;
      return { json: now, text };
    },
  }),
  'rotate-signing': work({
    args: { purpose: value('<purpose>', 'audit, receipts, administrators or tokens') },
    about:
      'rotate a signing key; the audit log and receipts stay verifiable, access tokens of administrators end',
    examples: ['master rotate-signing audit', 'master rotate-signing receipts'],
    async run({ purpose = '' }, { control }) {
      if (!isPurpose(purpose)) {
        throw new UsageError(
          `There is no signing key "${purpose}": write audit, receipts, administrators or tokens.`,
        );
      }
      const open = await control();
      const rotated = await replyOf(
        open.admin.POST('/api/admin/signing-keys/{purpose}/rotate', { params: { path: { purpose } } }),
      );
      const { items } = await replyOf(open.admin.GET('/api/admin/signing-keys'));
      const rows = items
        .filter((key) => key.purpose === purpose)
        .map(({ kid }) => [kid, kid === rotated.is ? 'signs' : purposes[purpose]]);
      return { json: { purpose, ...rotated }, text: table(['key', 'use'], rows, '') };
    },
  }),
});
