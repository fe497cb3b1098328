import type { z } from 'zod';
import type { CountedScope, SettingsChange } from '../../../engine/uniqueness/index.ts';
import { defined } from '../../../lib/defined.ts';
import type { ScopeReply, ScopeRequest } from './wire.ts';

export const fromScope = (scope: CountedScope): z.output<typeof ScopeReply> => {
  const { organization: _, world: __, createdAt, endsAt, endedAt, ...same } = scope;
  return {
    ...same,
    createdAt: new Date(createdAt).toISOString(),
    ...(endsAt !== undefined && { endsAt: new Date(endsAt).toISOString() }),
    ...(endedAt !== undefined && { endedAt: new Date(endedAt).toISOString() }),
  };
};

export const toSettings = ({
  name: _,
  endsAt,
  ...change
}: z.output<typeof ScopeRequest>): SettingsChange => ({
  ...defined(change),
  ...(endsAt !== undefined && { endsAt: endsAt === null ? null : Date.parse(endsAt) }),
});
