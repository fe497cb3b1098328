import { randomFillSync } from 'node:crypto';
import { createHosted, type Hosted, type HostedDeps } from '../../engine/hosted/index.ts';
import {
  createRegistrations,
  type Registrations,
  type RegistrationsDeps,
} from '../../engine/registrations/index.ts';
import type { FlowEnd, LinkKind, LinkResolver, SessionFlow } from '../../engine/sessions/index.ts';
import { humannessOfLiveness } from '../../engine/uniqueness/index.ts';

export interface FlowPages {
  hosted: Hosted;
  registrations: Registrations;
}

/** Hosted links, flows and invitations: what their links stand for, and what the end of a session means to them. */
export function createFlowPages(
  deps: Omit<HostedDeps, 'random'> & Omit<RegistrationsDeps, 'random' | 'humannessOf'>,
  {
    ends,
    links,
  }: { ends: Partial<Record<SessionFlow, FlowEnd>>; links: Partial<Record<LinkKind, LinkResolver>> },
): FlowPages {
  const hosted = createHosted({ ...deps, random: randomFillSync });
  const registrations = createRegistrations({
    ...deps,
    humannessOf: (liveness) => humannessOfLiveness(liveness).score,
    random: randomFillSync,
  });
  ends.hosted = hosted.end;
  ends.registration = registrations.end;
  links.hosted = hosted.links;
  links.flow = hosted.flowPages;
  links.registration = registrations.invitations;
  return { hosted, registrations };
}
