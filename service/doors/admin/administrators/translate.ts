import type { z } from 'zod';
import type { Administrator } from '../../../engine/administrators/index.ts';
import { time } from '../../../lib/time.ts';
import type { AdministratorReply } from './wire.ts';

const timeOf = (milliseconds: number | undefined) =>
  milliseconds === undefined ? undefined : time(milliseconds);

export const fromAdministrator = ({
  organization: _,
  createdAt,
  disabledAt,
  lastSignInAt,
  factorDueAt,
  ...rest
}: Administrator): z.input<typeof AdministratorReply> => ({
  ...rest,
  createdAt: time(createdAt),
  disabledAt: timeOf(disabledAt),
  lastSignInAt: timeOf(lastSignInAt),
  factorDueAt: timeOf(factorDueAt),
});
