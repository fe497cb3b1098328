import { describeProgress } from '../control/control.ts';
import { list } from '../operation-command.ts';

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

export const work = list('GET /api/admin/works', {
  how: { needsService: 'No service runs, so no operation is under way.' },
  summary: 'long operations in the service: how far each is, and how the last ones ended',
  about:
    'Backups, erasures, sweeps, dry runs, calibrations and new secrets that commands or the console asked for. They go on in the service ' +
    'when the command that asked has ended or lost its connection. What ended is listed until the service stops; the audit log has all of it.',
  rows: {
    begun: 'startedAt',
    ended: 'finishedAt',
    command: ({ operation }) => commands[operation] ?? operation,
    organization: 'organization',
    state: 'state',
    'progress or reason': ({ state, now, reason }) =>
      state === 'running' ? now && describeProgress(now) : reason,
  },
  empty: 'No long operation is running or has ended lately.',
  examples: ['work', 'work --json'],
});
