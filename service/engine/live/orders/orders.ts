import type { LinkKind, LinkResolver } from '../sessions/link.ts';
import type { FlowHandler, SessionFlow } from '../sessions/session.ts';
import { createFlowPages } from './flow-pages.ts';
import { createHosted, type Hosted, type HostedDeps } from './hosted.ts';
import { createPresence, type Presence, type PresenceDeps } from './presence.ts';
import { createRegistrations, type Registrations, type RegistrationsDeps } from './registrations.ts';

export type OrdersDeps = HostedDeps & RegistrationsDeps & PresenceDeps;

/** What relying parties ask of one person each, by kind. */
export interface Orders {
  hosted: Hosted;
  registrations: Registrations;
  presence: Presence;
  /** What their links stand for, for the capture page. */
  links: Readonly<Record<Exclude<LinkKind, 'session' | 'handover'>, LinkResolver>>;
  /** What the decision of a live session means for its order. */
  handlers: Readonly<Record<Exclude<SessionFlow, 'api'>, FlowHandler>>;
  /** Ends those whose time is over; how many. */
  expireDue(signal?: AbortSignal): Promise<number>;
}

export function createOrders(deps: OrdersDeps): Orders {
  const hosted = createHosted(deps);
  const registrations = createRegistrations(deps);
  const presence = createPresence(deps);
  return {
    hosted,
    registrations,
    presence,
    links: {
      hosted: hosted.links,
      flow: createFlowPages(deps),
      registration: registrations.links,
      presence: presence.links,
    },
    handlers: { hosted: hosted.end, registration: registrations.end, presence: presence.end },
    async expireDue(signal) {
      let ended = 0;
      for (const kind of [hosted, registrations, presence]) ended += await kind.expireDue(signal);
      return ended;
    },
  };
}
