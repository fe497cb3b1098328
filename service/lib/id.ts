import { randomFillSync } from 'node:crypto';
import type { Clock } from './clock.ts';

/** An id that cannot be swapped with another kind's. */
export type Id<Kind extends string> = string & { readonly __kind: Kind };

export type OrganizationId = Id<'organization'>;
export type KeyId = Id<'key'>;
export type SubjectId = Id<'subject'>;
export type TemplateId = Id<'template'>;
export type VerificationId = Id<'verification'>;
export type SiteId = Id<'site'>;
export type ErasureId = Id<'erasure'>;
export type EventId = Id<'event'>;
export type HoldId = Id<'hold'>;
export type GrantId = Id<'grant'>;
export type EndpointId = Id<'endpoint'>;
export type DeliveryId = Id<'delivery'>;
export type AlertRuleId = Id<'alertRule'>;
export type AlertId = Id<'alert'>;
export type ReviewId = Id<'review'>;
export type FlowId = Id<'flow'>;
export type AdministratorId = Id<'administrator'>;
export type KioskId = Id<'kiosk'>;
export type ApprovalId = Id<'approval'>;
export type ScopeId = Id<'scope'>;
export type MemberId = Id<'member'>;
export type SessionId = Id<'session'>;
export type PresenceId = Id<'presence'>;
export type RegistrationId = Id<'registration'>;
export type VerdictId = Id<'verdict'>;

/** The two worlds never see each other's data (contracts/README.md, Keys). */
export type World = 'live' | 'test';

export const idPrefixes = {
  organization: 'org',
  key: 'key',
  subject: 'sub',
  enrollment: 'enr',
  template: 'tpl',
  consent: 'con',
  verification: 'ver',
  site: 'site',
  profile: 'prof',
  audit: 'aud',
  request: 'req',
  withdrawal: 'wdr',
  hold: 'hold',
  sweep: 'swp',
  erasure: 'ers',
  event: 'evt',
  backup: 'bkp',
  appliance: 'apl',
  grant: 'grt',
  endpoint: 'wh',
  delivery: 'dlv',
  attempt: 'att',
  alertRule: 'rule',
  alert: 'alr',
  review: 'rev',
  reviewPicture: 'rvp',
  flow: 'flw',
  administrator: 'adm',
  administratorSession: 'ses',
  capture: 'cap',
  kiosk: 'ksk',
  kioskPairing: 'pair',
  stagedModel: 'mdf',
  approval: 'apr',
  drill: 'drl',
  scope: 'scp',
  member: 'mem',
  session: 'sess',
  presence: 'prs',
  registration: 'reg',
  behaviorChallenge: 'ch',
  verdict: 'vdt',
} as const;

export type IdKind = keyof typeof idPrefixes;

export interface Ids {
  /** `<prefix>_` and 26 characters that sort by time: 48 bits of milliseconds, 80 random bits (the ULID layout). */
  next<Kind extends IdKind>(kind: Kind): Id<Kind>;
}

const CROCKFORD = '0123456789abcdefghjkmnpqrstvwxyz';

/** Less than every id of this kind made at `time` (ms since 1970) or later, more than any made before. */
export function firstIdAt(kind: IdKind, time: number): string {
  let text = '';
  for (let i = 0, left = Math.max(0, Math.floor(time)); i < 10; i++) {
    text = CROCKFORD[left % 32] + text;
    left = Math.floor(left / 32);
  }
  return `${idPrefixes[kind]}_${text}`;
}

export function createIds(clock: Clock, random: (into: Uint8Array) => void = randomFillSync): Ids {
  const bytes = new Uint8Array(16);
  return {
    next(kind) {
      random(bytes);
      let time = clock.now();
      for (let i = 5; i >= 0; i--) {
        bytes[i] = time % 256;
        time = Math.floor(time / 256);
      }
      // 26 characters are 130 bits: two zeros go first.
      let text = '';
      let rest = 0;
      let held = 2;
      for (const byte of bytes) {
        rest = (rest << 8) | byte;
        for (held += 8; held >= 5; rest &= (1 << held) - 1) {
          held -= 5;
          text += CROCKFORD[rest >> held];
        }
      }
      return `${idPrefixes[kind]}_${text}` as Id<typeof kind>;
    },
  };
}
