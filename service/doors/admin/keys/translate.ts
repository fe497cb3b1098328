import type { Access, ApiKey, Narrowing, NewKey as WantedKey } from '../../../engine/access/index.ts';
import { defined } from '../../../lib/defined.ts';
import type { OrganizationId } from '../../../lib/id.ts';
import { time } from '../../../lib/time.ts';
import type { KeyReply, KeyRestriction, NewKey } from './wire.ts';

const timeOf = (milliseconds: number | undefined) =>
  milliseconds === undefined ? undefined : time(milliseconds);
const momentOf = (text: string | undefined) => (text === undefined ? undefined : Date.parse(text));

export const toNewKey = (organization: OrganizationId, { env, expiresAt, ...rest }: NewKey): WantedKey => ({
  organization,
  world: env,
  ...defined({ ...rest, expiresAt: momentOf(expiresAt) }),
});

export const toNarrowing = ({ expiresAt, ...rest }: KeyRestriction): Narrowing =>
  defined({ ...rest, expiresAt: momentOf(expiresAt) });

export const fromKey = ({
  organization: _,
  world,
  createdAt,
  expiresAt,
  revokedAt,
  lastUsedAt,
  ...rest
}: ApiKey): KeyReply => ({
  ...rest,
  env: world,
  createdAt: time(createdAt),
  expiresAt: timeOf(expiresAt),
  revokedAt: timeOf(revokedAt),
  lastUsedAt: timeOf(lastUsedAt),
});

export const fromNewKey = ({ record, key }: Awaited<ReturnType<Access['createKey']>>) => ({
  ...fromKey(record),
  key,
});
