import { replyOf, type Schemas } from '../../../sdk/admin/client.ts';
import { defined } from '../../lib/defined.ts';
import type { Answer } from '../command.ts';
import type { Control } from '../control/control.ts';
import { facts } from '../terminal/terminal.ts';
import { readPassphrase } from './passphrase.ts';

const getMaster = ({ admin }: Control) => replyOf(admin.GET('/api/admin/master-key'));

export const describeKept = ({ kind, path }: Schemas['MasterKey']) =>
  kind === 'file' ? `in the file ${path}` : `behind a passphrase (${path})`;

/** The new key, how it is kept, and what the operator does with the old one. */
export async function describeReplacement(
  control: Control,
  { was, is, left }: Schemas['KeyReplacement'],
): Promise<Answer> {
  const now = await getMaster(control);
  const text = [
    facts([
      ['master key', is],
      ['kept', describeKept(now)],
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

/** A file with the passphrase opens the directory too where no service runs. */
export const opening = (file: string | undefined) =>
  file === undefined ? {} : { passphrase: () => readPassphrase('Passphrase of the master key: ', file) };

/** Asked for only where one protects the key. */
export async function currentPassphrase(
  control: Control,
  file: string | undefined,
): Promise<string | undefined> {
  const { kind } = await getMaster(control);
  return kind === 'passphrase' ? readPassphrase('Passphrase of the master key: ', file) : undefined;
}
