import type { JobKind } from '../../engine/events/index.ts';

/** What a kind does, as the board names it. Most recurring work looks whether something is due: a run that was done has done that. */
export const queueNames: Record<JobKind, string> = {
  webhook: 'Webhook deliveries',
  mail: 'Mail',
  retention: 'Check of retention periods',
  backups: 'Check whether a backup is due',
  'backup-drill': 'Trial of a backup',
  erasures: 'Check for unfinished erasures',
  'key-copies': 'Check of the copies of the key store',
  'record-integrity': 'Check of protected rows',
  'deliveries-prune': 'Check for old deliveries',
  'alert-gauges': 'Check of what alerts watch',
  certificate: 'Check for a renewed certificate',
  'gallery-calibration': 'Check whether a calibration is due',
  administrators: 'Check for ended sign-in sessions',
  reviews: 'Check for reviews past their term',
  uniqueness: 'Check for memberships past their term',
  'behavior-sweep': 'Check for expired behavior verdicts',
  sessions: 'Check for expired live sessions',
};
