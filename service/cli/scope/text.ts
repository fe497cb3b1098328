import type { Schemas } from '../../../sdk/admin/client.ts';
import { heldForText } from '../../engine/matching/every-group.ts';
import { type Cell, count, facts } from '../terminal/terminal.ts';

export type Scope = Schemas['UniquenessScope'];

/** What a list calls the scope without a name. */
export const ownScope = '(the organization)';

/** 0.01 -> "1 %", 0.0001 -> "1 in 10,000". */
export const rateText = (rate: number) =>
  rate >= 0.001
    ? `${Number((rate * 100).toPrecision(3))} %`
    : `1 in ${Math.round(1 / rate).toLocaleString('en')}`;

const erasureText = ({ onErasure }: Pick<Scope, 'onErasure'>) =>
  onErasure === 'reopen'
    ? 'reopen: the human may come again as a new one'
    : 'hold: the pseudonym and its face stay to the end of the epoch';

export const keptText = ({ retentionDays }: Pick<Scope, 'retentionDays'>) =>
  retentionDays === undefined
    ? 'to the end of the scope'
    : `${count(retentionDays, 'day', 'days')} after the last visit`;

function thresholdText({ thresholds }: Scope): [string, Cell][] {
  if (!thresholds) return [];
  const { people, scorer, holdsFor, flagged, reviewed } = thresholds;
  const text = ({ threshold, fnmr, extrapolated }: typeof flagged) =>
    `${threshold.toFixed(3)}; ${(fnmr * 100).toFixed(1)} % of members who return are missed${extrapolated ? ' (beyond what is measured)' : ''}`;
  return [
    ['compared', `${count(people, 'person', 'people')}, scorer ${scorer}`],
    ['flagged from', text(flagged)],
    ['reviewed from', text(reviewed)],
    ['both rates hold', heldForText[holdsFor]],
  ];
}

export function describeScope(one: Scope): string {
  return facts([
    ['scope', one.id],
    ['name', one.name === '' ? ownScope : one.name],
    ['state', one.endedAt === undefined ? one.state : `${one.state} at ${one.endedAt}`],
    ['epoch', one.epoch],
    ['members', one.members],
    ['waiting', one.waiting === 0 ? undefined : `${one.waiting} for a reviewer`],
    ['false-flag rate', rateText(one.falseFlagRate)],
    ['review rate', rateText(one.reviewRate)],
    ...thresholdText(one),
    ['an erasure', erasureText(one)],
    ['members kept', keptText(one)],
    ['ends', one.state === 'active' ? (one.endsAt ?? 'not by itself') : undefined],
    ['created', one.createdAt],
  ]);
}
