import type { ChainReport, StoredLine } from '../../../engine/audit/index.ts';
import { time } from '../../../lib/time.ts';
import type { AuditLineReply, ReportReply } from './wire.ts';

/** Sealed details stay sealed: `personal` says whether there are any. */
export const fromAuditLine = ({
  seq,
  at,
  actor,
  action,
  organization,
  target,
  outcome,
  request,
  details,
  subject,
  personalSealed,
}: StoredLine): AuditLineReply => ({
  seq,
  time: time(at),
  actor,
  action,
  outcome,
  organization: organization ?? undefined,
  target: target ?? undefined,
  request: request ?? undefined,
  details: readDetails(details),
  subject: subject ?? undefined,
  personal: personalSealed === null ? undefined : 'sealed',
});

export const fromChainReport = ({ lastCheckpoint, pruned, restores, ...rest }: ChainReport): ReportReply => ({
  ...rest,
  lastCheckpoint: lastCheckpoint && { ...lastCheckpoint, at: time(lastCheckpoint.at) },
  pruned: pruned && { ...pruned, at: time(pruned.at) },
  restores: restores.map((restore) => ({ ...restore, at: time(restore.at) })),
});

/** A line that was changed in the database is still shown. */
function readDetails(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}
