import type { Target } from '../choices.ts';
import { findElsewhere } from './elsewhere.ts';
import { findHere, readAuthority, setupPath } from './here.ts';
import type { ServiceProcess } from './service-process.ts';
import type { Found } from './service-state.ts';

/** The service that the shell is for, and what is to be known of it. */
export interface TargetService {
  /** Looks once; never throws. */
  find(): Promise<Found>;
  /** Absent on another machine, and in development, where `npm run dev` runs it. */
  start?: () => ServiceProcess;
  /** PEM of the box's own certificate authority. */
  authority(): string | undefined;
  /** Nothing but that authority counts. */
  pinned: boolean;
  /** Log of the process that `start` starts. */
  log?: string;
  /** Origin that serves the console in place of the service: in development. */
  pages?: string;
  /** Where the console is opened. */
  home(): string;
  /** The command that opens a sealed one, to type on the box. */
  unseal: string;
}

const HOME = '/console/';

export function serviceOf(
  target: Target,
  {
    log,
    start,
    pages,
  }: { log: string; start(data: string, log: string): ServiceProcess; pages?: string | undefined },
): TargetService {
  if (target.is === 'elsewhere')
    return {
      ...findElsewhere(target),
      pinned: target.fingerprint !== undefined,
      home: () => HOME,
      unseal: 'gatehouse unseal',
    };
  const { data } = target;
  const here = {
    find: findHere(data),
    authority: () => readAuthority(data),
    pinned: false,
    unseal: `gatehouse unseal --data ${data}`,
  };
  // The development server signs its pages in as the operator: there is nothing to set up.
  if (pages !== undefined) return { ...here, pages, home: () => HOME };
  return { ...here, start: () => start(data, log), log, home: () => setupPath(data) ?? HOME };
}
