import type { ScorerEntry } from '../../inference/models/manifest.ts';
import { defined } from '../../lib/defined.ts';
import type { SubjectId } from '../../lib/id.ts';
import type { Enrollment, Realm, Subjects } from '../subjects/index.ts';
import { confidence } from './confidence.ts';
import type { Embeddings } from './embeddings.ts';
import {
  falseNonMatchRateOf,
  matchRateForGallery,
  type Threshold,
  thresholdForFalseMatchRate,
} from './error-rate.ts';
import type { MatchPlan } from './match-plan.ts';
import { falseMatchRateShare, type Reference, referenceOf } from './reference.ts';
import { type Comparison, compare, type GalleryShift } from './score.ts';

/** People of the gallery, the nearest by their rows, who are compared again by the best scorer. */
const CANDIDATES = 64;

/** The error rates of a search. */
export interface SearchRates {
  /** The chance that a stranger is named from the whole gallery, 0..1. */
  falseIdentificationRate: number;
  /**
   * The 1:1 rate: a search accepts at this rate per comparison or a stricter one, however small the gallery is, and its
   * confidence is the one of a 1:1 verification. Absent without an equivalent 1:1 verification.
   */
  falseMatchRate?: number;
}

/** How a probe did against one person, or against the best of many. */
export interface Decision {
  matched: boolean;
  /** The person compared with the probe: claimed (1:1) or the likeliest (1:N). */
  subject?: SubjectId;
  /** Absent when nothing could be compared. */
  comparison?: Comparison;
  /** By which the comparison was made; the best of the plan when there was none. */
  scorer: ScorerEntry;
  /** What the organization's own gallery raised the threshold by; part of `threshold`. */
  shift: number;
  threshold: Threshold;
  /** 0..1, 0.5 at the threshold of a 1:1 verification; 0 when nothing was compared. */
  confidence: number;
}

/** Threshold of a 1:N search for this many people. */
export interface Identification {
  /** People searched. */
  gallerySize: number;
  /** False-identification rate the profile asks for. */
  galleryRate: number;
  /** The false-match rate per comparison: what `galleryRate` needs, and never above the profile's 1:1 rate. */
  matchRate: number;
  threshold: number;
  /** Share of genuine people refused at this threshold, from the calibration. */
  fnmr: number;
  /** The threshold is outside the measured range. */
  extrapolated: boolean;
}

/** Parts of the realm's galleries (`Subject.memberOf`); `undefined` is the one of people with an address, searched alone otherwise. */
export type Parts = readonly [string | undefined, ...(string | undefined)[]];

export interface Found extends Decision {
  identification: Identification;
  /** Those of the nearest people who hold the rate, the likeliest first. */
  alike: { subject: SubjectId; comparison: Comparison }[];
}

export interface Matching {
  /** 1:1. Does the same work without a person as with one. */
  against(
    realm: Realm,
    subject: SubjectId | undefined,
    probe: Embeddings,
    plan: MatchPlan,
    rate: number,
  ): Promise<Decision>;
  /**
   * 1:N over the people in the realm that `findable` accepts; the others are not compared. The threshold is that of the
   * whole gallery, so it is never laxer than the profile asks.
   */
  search(
    realm: Realm,
    probe: Embeddings,
    plan: MatchPlan,
    rates: SearchRates,
    findable: (subject: SubjectId) => boolean,
    parts?: Parts,
  ): Promise<Found>;
  /** The reply to a mismatch: as if nothing had been compared. */
  mismatch(realm: Realm, plan: Pick<MatchPlan, 'scorers'>, rate: number): Decision;
}

export interface MatchingDeps {
  subjects: Pick<Subjects, 'enrollments' | 'enrollmentsOf' | 'people' | 'nearest'>;
  shifts: GalleryShifts;
}

/** The corrections that own galleries need (engine/gallery-calibration). */
export interface GalleryShifts {
  of(realm: Realm): GalleryShift;
}

/** How much laxer than the whole comparison the one with the anchors may be. */
const ANCHOR_SLACK = 10;

/** No person's id: looked up for an unknown address, so that the answer takes as long. */
export const NO_SUBJECT = 'sub_unknown' as SubjectId;

export function createMatching({ subjects, shifts }: MatchingDeps): Matching {
  return {
    async against(realm, subject, probe, { scorers }, rate) {
      const shiftOf = shifts.of(realm);
      const enrolled = await subjects.enrollments(realm, subject ?? NO_SUBJECT);
      const comparison = compareWith(scorers, probe, enrolled, rate, shiftOf);
      const decision = comparison ? decide(comparison, rate) : undecided(scorers, rate, shiftOf);
      return { ...decision, ...defined({ subject }) };
    },
    async search(realm, probe, { primary, scorers }, rates, findable, parts = [undefined]) {
      const shiftOf = shifts.of(realm);
      const { falseIdentificationRate: galleryRate, falseMatchRate } = rates;
      const gallerySize = parts.reduce((sum, part) => sum + subjects.people(realm, part), 0);
      const matchRate = Math.min(matchRateForGallery(galleryRate, gallerySize), falseMatchRate ?? 1);
      const nearest: SubjectId[] = [];
      for (const part of parts)
        nearest.push(...(await subjects.nearest(realm, probe[primary]!, CANDIDATES, findable, part)));
      const compared: Found['alike'] = [];
      for (const [subject, enrolled] of await subjects.enrollmentsOf(realm, nearest)) {
        const comparison = compareWith(scorers, probe, enrolled, matchRate, shiftOf);
        if (comparison) compared.push({ subject, comparison });
      }
      const ranked = compared.toSorted((a, b) => a.comparison.logRate - b.comparison.logRate);
      const best = ranked[0];
      const decision = best
        ? decide(best.comparison, matchRate, falseMatchRate)
        : undecided(scorers, matchRate, shiftOf);
      const { threshold, fnmr, extrapolated } = decision.threshold;
      return {
        ...decision,
        ...defined({ subject: best?.subject }),
        alike: ranked.filter(({ comparison }) => decide(comparison, matchRate).matched),
        identification: { gallerySize, galleryRate, matchRate, threshold, fnmr, extrapolated },
      };
    },
    mismatch: (realm, { scorers }, rate) => undecided(scorers, rate, shifts.of(realm)),
  };
}

/**
 * The probe against a person's pictures. Unconfirmed ones help to recognize the person, but do not decide alone: a
 * probe that does not match the anchors at `ANCHOR_SLACK` times the rate is judged by the anchors. Without this the mean of an
 * anchor and three blends of two faces accepts the second face (test/attacks/blended-faces.test.ts).
 */
function compareWith(
  scorers: MatchPlan['scorers'],
  probe: Embeddings,
  enrolled: readonly Enrollment[],
  rate: number,
  shiftOf: GalleryShift,
): Comparison | undefined {
  const compareTo = (pictures: readonly Enrollment[]) => {
    const reference = referenceOf(scorers, probe, pictures.map(embeddingsOf), rate);
    return reference && compare(probe, reference, shiftOf);
  };
  const whole = compareTo(enrolled);
  const anchors = enrolled.filter(({ anchor }) => anchor);
  if (anchors.length === enrolled.length) return whole;
  const anchored = compareTo(anchors);
  // Where no anchor can be compared any more (another model made them) an operator's enrollments are all there is.
  if (whole === undefined || anchored === undefined) return whole;
  return anchored.logRate <= Math.log10(Math.min(1, ANCHOR_SLACK * rate)) ? whole : anchored;
}

/** Whether the comparison holds the false-match rate `rate`. Its confidence is 0.5 at `halfAt`. */
function decide(comparison: Comparison, rate: number, halfAt = rate): Decision {
  const { reference, score, shift, logRate } = comparison;
  const threshold = thresholdOf(reference, rate, shift);
  return {
    matched: score >= threshold.threshold,
    comparison,
    scorer: reference.scorer,
    shift,
    threshold,
    confidence: confidence(logRate, Math.log10(halfAt)),
  };
}

function undecided(scorers: MatchPlan['scorers'], rate: number, shiftOf: GalleryShift): Decision {
  const scorer = scorers.at(-1)!;
  const shift = shiftOf(scorer);
  const onePicture = { calibration: scorer.calibration, templates: [{}] };
  return { matched: false, scorer, shift, threshold: thresholdOf(onePicture, rate, shift), confidence: 0 };
}

/** The score from which on the whole comparison holds `rate` in this gallery, and what it costs. */
function thresholdOf(
  reference: Pick<Reference, 'calibration' | 'templates'>,
  rate: number,
  shift: number,
): Threshold {
  const { calibration } = reference;
  const onTable = thresholdForFalseMatchRate(calibration, falseMatchRateShare(reference, rate));
  const threshold = onTable.threshold + shift;
  return { ...onTable, threshold, fmr: rate, fnmr: falseNonMatchRateOf(calibration, threshold) };
}

const embeddingsOf = ({ templates }: Enrollment): Embeddings =>
  Object.fromEntries(templates.map(({ embedder, vector }) => [embedder, vector]));
