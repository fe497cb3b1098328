import { type NetworkInterfaceInfo, networkInterfaces } from 'node:os';
import { Problem } from '../problem.ts';

/** What every caller asks for; `read` is passed in by tests. */
export function machineInterfaces(
  read: typeof networkInterfaces = networkInterfaces,
): NetworkInterfaceInfo[] {
  try {
    return Object.values(read()).flatMap((all) => all ?? []);
  } catch (error) {
    throw new Problem(
      'INTERNAL',
      `The addresses of this machine cannot be read (${(error as Error).message}). Linux gives them over a netlink socket: allow AF_NETLINK in RestrictAddressFamilies= of the unit, and in the filter of a container.`,
      { cause: error },
    );
  }
}
