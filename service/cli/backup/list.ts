import { allPages } from '../../../sdk/admin/all-pages.ts';
import { replyOf, type Schemas } from '../../../sdk/admin/client.ts';
import { systemClock } from '../../lib/clock.ts';
import type { Control } from '../control/control.ts';
import { UsageError } from '../failure.ts';
import { toggle, value } from '../flag.ts';
import { work } from '../operation-command.ts';
import { describeMinutes } from '../terminal/moment.ts';
import { type Terminal, table } from '../terminal/terminal.ts';
import { userPath } from '../user-path.ts';
import { newestIn } from './path.ts';

export const megabytes = (bytes: number) => `${(bytes / 1e6).toFixed(1)} MB`;

export const backupList = work({
  args: {
    dir: value(
      '[dir]',
      'list the backups in this folder, on any machine, without keys; default: those of this box',
    ),
  },
  summary: 'plans, runs, copies of the key store; or the files of a folder, newest first',
  about:
    'Without DIR: plans, the last runs, and where the key store is copied to; a file that was removed and a date ahead of the ' +
    'clock are marked. With DIR: the backups in it, newest first by their own count, whatever the dates say.',
  options: { newest: toggle('print only the path of the newest backup in DIR') },
  limit: 50,
  examples: ['backup list', 'backup list /mnt/backups', 'backup list /mnt/backups --newest'],
  async run({ dir, newest, limit }, { control, terminal }) {
    if (dir !== undefined) return newest ? showNewest(userPath(dir)) : showFolder(userPath(dir), limit);
    if (newest) throw new UsageError('--newest needs the folder: backup list DIR --newest');
    const state = await readBackupState(await control(), limit);
    return { json: state, text: describeBox(state, terminal) };
  },
});

/** Runs, plans, copies of the key store, and what is wrong. */
async function readBackupState({ admin }: Pick<Control, 'admin'>, limit: number) {
  const items = await allPages(
    (page) => replyOf(admin.GET('/api/admin/backups', { params: { query: page } })),
    limit,
  );
  const query = { limit: Math.min(limit, 200) };
  const { items: plans, warnings } = await replyOf(
    admin.GET('/api/admin/backups/plans', { params: { query } }),
  );
  const { items: keys } = await replyOf(admin.GET('/api/admin/key-store/places', { params: { query } }));
  return { items, plans, keys, warnings };
}

async function showNewest(folder: string) {
  const path = await newestIn(folder);
  return { json: { path }, text: path };
}

async function showFolder(folder: string, limit: number) {
  const { readBackupFolder } = await import('../../backup/backup-folder.ts');
  const { backups, unreadable } = await readBackupFolder(folder, systemClock.now());
  const files = backups.slice(0, limit).map(({ takenAt, ...rest }) => ({
    ...rest,
    takenAt: new Date(takenAt).toISOString(),
  }));
  const broken = unreadable.map(({ path, error }) => ({ path, reason: error.message }));
  const rows = files.map((one) => [
    one.sequence,
    one.takenAt,
    one.origin,
    megabytes(one.bytes),
    one.backupKey,
    one.futureDated ? `${one.path} (dated in the future)` : one.path,
  ]);
  const header = ['number', 'taken', 'by', 'size', 'backup key', 'file'];
  const text = [
    table(header, rows, `There is no backup in ${folder}.`),
    ...broken.map(({ path, reason }) => `${path}: ${reason}`),
  ].join('\n');
  return { json: { items: files, unreadable: broken }, text };
}

function describeBox(state: Awaited<ReturnType<typeof readBackupState>>, terminal: Terminal): string {
  const plans = state.plans.map((one) => [
    one.folder,
    describeMinutes(one.everyMinutes),
    one.keep,
    one.setBy,
  ]);
  const runs = state.items.map((one) => [
    one.startedAt,
    one.outcome,
    one.bytes === undefined ? undefined : megabytes(one.bytes),
    one.verifiedAt === undefined ? 'no' : one.verifiedAt,
    [markOf(one), one.reason ?? one.path].filter((part) => part !== '').join(' '),
  ]);
  return [
    table(['folder', 'every', 'keeps', 'set by'], plans, 'No backups are scheduled.'),
    '',
    table(['started', 'outcome', 'size', 'proven', 'file or reason'], runs, 'There is no backup yet.'),
    '',
    table(
      ['key store copy', 'state'],
      state.keys.map(({ place, state }) => [place, state]),
      'No copy of the key store is kept: without one no backup can be opened.',
    ),
    ...state.warnings.map((line) => terminal.style('care', line)),
  ].join('\n');
}

/** Remarks about a file for the person who selects one. */
function markOf({ file, futureDated }: Schemas['Backup']): string {
  const marks = [
    ...(file === 'removed' ? ['removed'] : file === 'away' ? ['not mounted'] : []),
    ...(futureDated ? ['dated in the future'] : []),
  ];
  return marks.length === 0 ? '' : `[${marks.join(', ')}]`;
}
