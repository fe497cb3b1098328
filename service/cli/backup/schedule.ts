import { replyOf } from '../../../sdk/admin/client.ts';
import { UsageError } from '../failure.ts';
import { initially, toggle, value } from '../flag.ts';
import { work } from '../operation-command.ts';
import { describeMinutes, readMinutes } from '../terminal/moment.ts';
import { count } from '../terminal/terminal.ts';
import { userPath } from '../user-path.ts';

export const backupSchedule = work({
  args: { dir: value('<dir>', 'folder on another disk') },
  about: 'let the running service make backups by schedule; run again to change it',
  options: {
    everyMinutes: initially('24h', value('--every <duration>', '90m, 24h, 7d', readMinutes)),
    keep: initially(
      '7',
      value('<n>', 'number of newest files to keep; other files are never removed', readKeep),
    ),
    off: toggle('stop the schedule; the files stay'),
  },
  examples: ['backup schedule /mnt/backups --every 24h --keep 7', 'backup schedule /mnt/backups --off'],
  async run({ dir = '', everyMinutes = 1440, keep = 7, off }, { control }) {
    const folder = userPath(dir);
    const { admin, via } = await control();
    if (off) {
      await replyOf(admin.DELETE('/api/admin/backups/plans', { params: { query: { folder } } }));
      const text = `No more backups are made into ${folder}. The files stay.`;
      return { json: { folder, off: true }, text };
    }
    const plan = await replyOf(
      admin.PUT('/api/admin/backups/plans', { body: { folder, everyMinutes, keep } }),
    );
    const text = `The service makes a backup into ${plan.folder} every ${describeMinutes(plan.everyMinutes)} and keeps ${count(plan.keep, 'file', 'files')}; the first ${via === 'service' ? 'within a minute' : 'once it runs'}.`;
    return { json: plan, text };
  },
});

function readKeep(flag: string, text: string): number {
  const keep = Number(text);
  if (Number.isInteger(keep) && keep >= 1) return keep;
  throw new UsageError(`${flag}: "${text}" is not a positive number.`);
}
