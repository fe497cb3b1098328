import { behaviorEvents } from '../doors/behavior/webhook-events.ts';
import { hostedEvents } from '../doors/hosted/webhook-events.ts';
import { identityEvents } from '../doors/identity/webhook-events.ts';
import { registrationsEvents } from '../doors/registrations/webhook-events.ts';
import { sessionsEvents } from '../doors/sessions/webhook-events.ts';
import type { PayloadDialect } from '../engine/webhooks/index.ts';

/** Every family's payloads: what the engine translates deliveries with, and what the catalog shows. */
export const webhookDialects: readonly PayloadDialect[] = [
  identityEvents,
  sessionsEvents,
  behaviorEvents,
  hostedEvents,
  registrationsEvents,
];
