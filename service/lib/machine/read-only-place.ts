import { document } from '../installation.ts';
/** Why a folder that this account may write is read-only for the service: its disk, or the unit that restricts it. */
export const readOnlyRemedy = (place: string): string =>
  `${place} is read-only for the service: mount it read-write. The unit of the package lets it write below /mnt and /media; another folder needs ReadWritePaths= in a drop-in (${document('OPERATIONS')}, "First day").`;
