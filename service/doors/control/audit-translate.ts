import type { ChainReport, StoredLine } from '../../engine/audit/index.ts';
import { time } from '../../lib/time.ts';

/** What is sealed in a line stays sealed: `personal` says that there is something. */
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
}: StoredLine) => ({
  seq,
  time: time(at),
  actor,
  action,
  outcome,
  ...(organization === null ? {} : { organization }),
  ...(target === null ? {} : { target }),
  ...(request === null ? {} : { request }),
  details: readDetails(details),
  ...(subject === null ? {} : { subject }),
  ...(personalSealed === null ? {} : { personal: 'sealed' as const }),
});

export const fromChainReport = ({ lastCheckpoint, pruned, restores, ...rest }: ChainReport) => ({
  ...rest,
  ...(lastCheckpoint && { lastCheckpoint: { ...lastCheckpoint, at: time(lastCheckpoint.at) } }),
  ...(pruned && { pruned: { ...pruned, at: time(pruned.at) } }),
  restores: restores.map((restore) => ({ ...restore, at: time(restore.at) })),
});

/** A line that somebody changed in the database is still shown. */
function readDetails(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}
