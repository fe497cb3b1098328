import { z } from 'zod';

/** An agent that signs its requests, with its public keys. */
const DeclaredAgent = z
  .strictObject({
    name: z
      .string()
      .regex(
        /^[A-Za-z0-9][A-Za-z0-9 ._-]{0,63}$/,
        'It must have 1 to 64 letters, digits, spaces, ".", "_" or "-".',
      )
      .describe('Name, as in `agent.signals` (`agent:<name>`)'),
    keys: z
      .array(
        z
          .string()
          .regex(/^[A-Za-z0-9_-]{43}$/, 'It must be an Ed25519 public key: `x` of its JWK, 43 characters.'),
      )
      .min(1)
      .max(5)
      .describe('Public Ed25519 keys (`x` of the JWK, base64url), as the agent’s operator publishes them'),
  })
  .meta({ id: 'DeclaredAgent' });
export type DeclaredAgent = z.infer<typeof DeclaredAgent>;

/** Settings of the behavior score, as stored and as given. */
export const BehaviorSettings = z.strictObject({
  tokenHours: z.int().min(1).max(168).describe('Hours for which a token counts and a verdict is kept'),
  challengePictures: z
    .boolean()
    .describe(
      'Challenges show their labels as pictures, so that reading the answer takes more than the JSON',
    ),
  agents: z
    .array(DeclaredAgent)
    .max(50)
    .describe('Agents that may declare themselves by signed requests (RFC 9421, Web Bot Auth)'),
});
export type BehaviorSettings = z.infer<typeof BehaviorSettings>;

export const defaultBehaviorSettings: BehaviorSettings = {
  tokenHours: 24,
  challengePictures: false,
  agents: [],
};
