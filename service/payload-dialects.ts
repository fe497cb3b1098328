import { behaviorEvents } from './doors/behavior/webhook-events.ts';
import { hostedEvents } from './doors/hosted/webhook-events.ts';
import { identityEvents } from './doors/identity/webhook-events.ts';
import { registrationsEvents } from './doors/registrations/webhook-events.ts';
import { sessionsEvents } from './doors/sessions/webhook-events.ts';
import type { PayloadDialect } from './engine/events/index.ts';

/** What every family's door makes of events. */
export const payloadDialects: readonly PayloadDialect[] = [
  identityEvents,
  sessionsEvents,
  behaviorEvents,
  hostedEvents,
  registrationsEvents,
];
