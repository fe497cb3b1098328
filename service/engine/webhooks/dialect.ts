import type { RecordedEvent } from '../events/index.ts';

/** The families with webhook payloads. Each has its door with `webhook-events.ts`. */
export const families = ['identity', 'sessions', 'behavior', 'hosted', 'registrations'] as const;
export type Family = (typeof families)[number];

/** `timestamped` is Huma-Signature, `sha256` X-VerifyHuman-Signature, `hex` x-proof-signature (contracts/README.md, Webhooks). */
export const signatureDialects = ['standard', 'timestamped', 'sha256', 'hex'] as const;
export type SignatureDialect = (typeof signatureDialects)[number];

/** Bytes of a payload as JSON, at most. */
export const PAYLOAD_LIMIT = 20_000;

/** One event of a family as its receivers know it. */
export interface FamilyEvent {
  /** `<family>.<event>`: `identity.verification.success`. */
  name: string;
  /** A sentence for the catalog: when it fires. */
  when: string;
  /** False while the feature that fires it is not built: endpoints can subscribe, nothing comes yet. */
  fires: boolean;
  /** As it goes over the wire, exactly as the family's text shows it. */
  sample: Record<string, unknown>;
}

/** One event in the words of one family. */
export interface Translation {
  /** `<family>.<event>`: which endpoints want it. */
  name: string;
  /** Made when it is sent, not when it is relayed. The same at each call, never more than 20 kB as JSON, no picture. */
  body(): Record<string, unknown>;
}

/** A family's payloads, pure. Given by its door. */
export interface PayloadDialect {
  family: Family;
  events: readonly FamilyEvent[];
  /** What a receiver that did not choose gets. */
  signature: SignatureDialect;
  /** Undefined for an event that this family does not publish. */
  translate(event: RecordedEvent): Translation | undefined;
}
