import { z } from 'zod';
import { eventIdField, type PublishedWebhook, versionField } from '../../http/published-route.ts';
import { sessionsEvents, wireFlags } from './webhook-events.ts';

const payload = (name: string) =>
  z
    .strictObject({
      event: z.literal(name).describe('Name of the event'),
      sessionId: z.string().describe('Id of the session'),
      decision: z.enum(['approved', 'rejected', 'duplicate', 'expired']).describe('Decision'),
      passToken: z
        .string()
        .nullable()
        .describe('Null unless approved; absent once the person is erased')
        .optional(),
      expiresAt: z.iso.datetime().describe('End of the pass token, or of the session'),
      riskLevel: z.enum(['low', 'medium', 'high']).describe('Risk'),
      riskScore: z
        .number()
        .min(0)
        .max(1)
        .describe(
          '0..1, from liveness, repeated frames, the camera, uniqueness, and the behavior on the page (`sessionData`) where it came before the decision',
        ),
      riskFlags: z.array(z.enum(Object.values(wireFlags))).describe('Reasons of the risk'),
      timestamp: z.iso.datetime().describe('Time of the decision'),
      metadata: z
        .looseObject({
          profile: z.string().describe('Profile of the session'),
          challengesCompleted: z.int().describe('Steps that were passed'),
          processingTimeMs: z.number().describe('From the start of the deciding attempt to the decision'),
        })
        .describe('These fields, and the metadata that the session was created with'),
      eventId: eventIdField,
      version: versionField,
    })
    .meta({ id: `Sessions.${name}`, description: 'Result of a session.' });

/** What the box posts to webhooks of this family and to callback URLs. */
export const sessionsWebhooks: PublishedWebhook[] = sessionsEvents.events.map(({ name, when }) => ({
  name,
  when,
  payload: payload(name.slice('sessions.'.length)),
}));
