import type { Command } from 'commander';
import { allPages } from '../../../sdk/admin/all-pages.ts';
import { replyOf, type Schemas } from '../../../sdk/admin/client.ts';
import { type CommandRunner, examples } from '../command.ts';
import { table } from '../terminal/terminal.ts';
import { describeProgress } from './text.ts';

/** By operation; another one is shown as it is. */
const commands: Readonly<Record<string, string>> = {
  createBackup: 'backup',
  eraseSubject: 'subject erase',
  eraseSubjects: 'subject erase --all',
  eraseOrganization: 'org erase',
  previewSweep: 'retention sweep --dry-run',
  sweep: 'retention sweep',
  calibrateGalleries: 'org calibrate',
  dryRunModels: 'models dry-run',
  rotateOrganizationKey: 'org rotate-key',
  renewTemplates: 'org renew-templates',
};

export function addWork(program: Command, runner: CommandRunner): void {
  runner.run(
    program
      .command('work')
      .summary('long commands that run in the service, how far each is, and how the last ones ended')
      .description(
        'Backups, erasures, sweeps, dry runs, calibrations and new secrets that commands or the console asked for. They go on in the service ' +
          'when the command that asked has ended or lost its connection. What ended is listed until the service stops; the audit log has all of it.',
      )
      .addHelpText('after', examples('work', 'work --json')),
    async ({ control }) => {
      const open = await control({ needsService: 'No service runs, and without it no work goes on.' });
      const items = await allPages((page) =>
        replyOf(open.admin.GET('/api/admin/works', { params: { query: page } })),
      );
      const header = ['begun', 'ended', 'command', 'organization', 'state', 'progress or reason'];
      return { json: { items }, text: table(header, items.map(rowOf), 'No long work runs or ended lately.') };
    },
  );
}

const rowOf = ({ operation, organization, state, startedAt, finishedAt, now, reason }: Schemas['Work']) => [
  startedAt,
  finishedAt,
  commands[operation] ?? operation,
  organization,
  state,
  state === 'running' ? now && describeProgress(now) : reason,
];
