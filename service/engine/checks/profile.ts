import { z } from 'zod';
import { checkNames } from './check.ts';

const rule = z.strictObject({
  enabled: z.boolean(),
  weight: z.number().min(0).max(10),
  /** The check passes from this score on, 0..1. */
  threshold: z.number().min(0).max(1),
  /** A failure refuses the whole verification (422). */
  hardFail: z.boolean(),
});

/** What an administrator writes; stored versioned. */
export const ProfileDefinition = z.strictObject({
  name: z.string().min(1).max(80),
  maturity: z.enum(['proven', 'alternate', 'experimental']),
  description: z.string().max(400),
  checks: z.record(z.enum(checkNames), rule),
  /** Smallest composite that verifies, 0..1. */
  minimumComposite: z.number().min(0).max(1),
  models: z.strictObject({
    detector: z.enum(['blazeface', 'yunet']),
    /** 'best': fused where enabled, else A. */
    scorer: z.enum(['a', 'fused', 'best']),
    /** 'required': without a PAD model the profile answers PAD_NOT_INSTALLED in both worlds. */
    pad: z.enum(['where-installed', 'required']),
    /** Id of the PAD set to run; the first installed one when absent. */
    padSet: z.string().max(64).optional(),
  }),
  match: z.strictObject({
    /** 1:1 false-match rate, default 1 in 10,000. */
    falseMatchRate: z.number().min(1e-7).max(0.01),
    /** 1:N false-identification rate over the whole gallery. */
    falseIdentificationRate: z.number().min(1e-5).max(0.05),
  }),
  /** Failed 1:1 verifications in a row for one address; the figures of NIST SP 800-63B where absent (claims.ts). */
  attempts: z
    .strictObject({
      /** Failures before attempts are delayed: 5; 10 where presentation attack detection ran. */
      failuresBeforeDelay: z.int().min(1).max(1000).optional(),
      failuresBeforeDelayWithPad: z.int().min(1).max(1000).optional(),
      /** Between two attempts from then on: 30. */
      delaySeconds: z.int().min(1).max(86_400).optional(),
      /** Failures after which an operator has to allow the address again: 50; 100 with presentation attack detection. */
      failuresBeforeDisabled: z.int().min(1).max(10_000).optional(),
      failuresBeforeDisabledWithPad: z.int().min(1).max(10_000).optional(),
    })
    .optional(),
  geoFence: z.strictObject({ countries: z.array(z.string().regex(/^[A-Z]{2}$/)).max(250) }).optional(),
  timeRestriction: z
    .strictObject({
      /** 1 = Monday … 7 = Sunday. */
      days: z.array(z.int().min(1).max(7)).max(7),
      /** Local time "HH:MM"; an end before the start goes over midnight. */
      from: z.string().regex(/^([01]\d|2[0-3]):[0-5]\d$/),
      to: z.string().regex(/^([01]\d|2[0-3]):[0-5]\d$/),
      /** IANA; the request's or site's zone when absent. */
      timeZone: z.string().optional(),
    })
    .optional(),
  /** Which advice of faceQuality refuses (FACE_QUALITY_REFUSED) instead of advising; empty in `default`. */
  refuseQuality: z.array(z.string()).max(12),
});
export type ProfileDefinition = z.infer<typeof ProfileDefinition>;

export interface Profile {
  /** `builtin:<slug>` or `prof_…`. */
  id: string;
  slug: string;
  version: number;
  builtIn: boolean;
  definition: ProfileDefinition;
}
