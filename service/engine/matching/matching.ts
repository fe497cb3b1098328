import type { ScorerEntry } from '../../inference/models/manifest.ts';
import { defined } from '../../lib/defined.ts';
import type { SubjectId } from '../../lib/id.ts';
import type { Enrollment, Realm, Subjects } from '../people/index.ts';
import {
  falseNonMatchRateOf,
  matchRateForGallery,
  type Threshold,
  thresholdForFalseMatchRate,
} from './error-rate.ts';
import {
  type HoldsFor,
  heldByAll,
  heldRate,
  type MatchPlan,
  type Scorer,
  searchedBy,
} from './every-group.ts';
import {
  type Comparison,
  compare,
  confidence,
  type Embeddings,
  falseMatchRateShare,
  type GalleryShift,
  type Reference,
  referenceOf,
  scoreOf,
} from './score.ts';

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
  scorer: Scorer;
  /** What the organization's own gallery raised the threshold by; part of `threshold`. */
  shift: number;
  /** Whether the own gallery was compared with the scorer's table. */
  ownGallery: CalibrationState;
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
  /** Groups for which `galleryRate` holds: the average as soon as people are compared whose scorer does not hold it for every group. */
  holdsFor: HoldsFor;
  /** The false-match rate per comparison: what `galleryRate` needs, and never above the profile's 1:1 rate. */
  matchRate: number;
  threshold: number;
  /** Share of genuine people refused at this threshold, from the calibration. */
  fnmr: number;
  /** The threshold is outside the measured range. */
  extrapolated: boolean;
  /** Of the decision. */
  ownGallery: CalibrationState;
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
   * 1:N over the people in the realm that `findable` accepts, as every node has acknowledged them; the others are not compared. The threshold is that of the
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
  subjects: Pick<Subjects, 'catchUp' | 'enrollments' | 'enrollmentsOf' | 'people' | 'nearest'>;
  shifts: GalleryShifts;
}

/** The corrections that own galleries need (engine/gallery-calibration). */
export interface GalleryShifts {
  of(realm: Realm): GalleryShift;
  /** Of a scorer with the table that its rates are read from. */
  calibrationStateOf(realm: Realm): (scorer: Scorer) => CalibrationState;
}

/** Whether it is known that the rates hold for the people of a gallery: measured, not yet, or too few people to say. */
export const calibrationStates = ['measured', 'not-measured', 'too-few-people'] as const;
export type CalibrationState = (typeof calibrationStates)[number];

/** How much laxer than the whole comparison the one with the anchors may be. */
const ANCHOR_SLACK = 10;

/** No person's id: looked up for an unknown address, so that the answer takes as long. */
export const NO_SUBJECT = 'sub_unknown' as SubjectId;

export function createMatching({ subjects, shifts }: MatchingDeps): Matching {
  /** Whether the comparison holds the false-match rate `rate`. Its confidence is 0.5 at `halfAt`. */
  function decide(realm: Realm, comparison: Comparison, rate: number, halfAt = rate): Decision {
    const { reference, shift, logRate } = comparison;
    return {
      matched: isMatch(comparison, rate),
      comparison,
      scorer: reference.scorer,
      shift,
      ownGallery: shifts.calibrationStateOf(realm)(reference.scorer),
      threshold: thresholdOf(reference, rate, shift),
      confidence: confidence(logRate, Math.log10(halfAt)),
    };
  }

  function undecided(realm: Realm, scorers: MatchPlan['scorers'], rate: number): Decision {
    const scorer = scorers.at(-1)!;
    const shift = shifts.of(realm)(scorer);
    const threshold = thresholdOf({ scorer, calibration: scorer.calibration, templates: [{}] }, rate, shift);
    const ownGallery = shifts.calibrationStateOf(realm)(scorer);
    return { matched: false, scorer, shift, ownGallery, threshold, confidence: 0 };
  }

  return {
    async against(realm, subject, probe, { scorers }, rate) {
      const enrolled = await subjects.enrollments(realm, subject ?? NO_SUBJECT);
      const comparison = compareWith(scorers, probe, enrolled, rate, shifts.of(realm));
      const decision = comparison ? decide(realm, comparison, rate) : undecided(realm, scorers, rate);
      return { ...decision, ...defined({ subject }) };
    },
    async search(realm, probe, plan, rates, findable, parts = [undefined]) {
      await subjects.catchUp();
      const { scorers } = plan;
      const shiftOf = shifts.of(realm);
      const { falseIdentificationRate: galleryRate, falseMatchRate } = rates;
      const gallerySize = parts.reduce((sum, part) => sum + subjects.people(realm, part), 0);
      const matchRate = Math.min(matchRateForGallery(galleryRate, gallerySize), falseMatchRate ?? 1);
      const nearest = new Set<SubjectId>();
      for (const embedder of searchedBy(plan)) {
        const vector = probe[embedder];
        if (vector === undefined) continue;
        for (const part of parts)
          for (const one of await subjects.nearest(realm, embedder, vector, CANDIDATES, findable, part))
            nearest.add(one);
      }
      const compared: Found['alike'] = [];
      for (const [subject, enrolled] of await subjects.enrollmentsOf(realm, [...nearest])) {
        const comparison = compareWith(scorers, probe, enrolled, matchRate, shiftOf);
        if (comparison) compared.push({ subject, comparison });
      }
      const ranked = compared.toSorted((a, b) => a.comparison.logRate - b.comparison.logRate);
      const best = ranked[0];
      const decision = best
        ? decide(realm, best.comparison, matchRate, falseMatchRate)
        : undecided(realm, scorers, matchRate);
      const { threshold, fnmr, extrapolated } = decision.threshold;
      return {
        ...decision,
        ...defined({ subject: best?.subject }),
        alike: ranked.filter(({ comparison }) => isMatch(comparison, matchRate)),
        identification: {
          gallerySize,
          galleryRate,
          holdsFor: heldByAll(scorers),
          matchRate,
          threshold,
          fnmr,
          extrapolated,
          ownGallery: decision.ownGallery,
        },
      };
    },
    mismatch: (realm, { scorers }, rate) => undecided(realm, scorers, rate),
  };
}

/**
 * The probe against a person's pictures. Unconfirmed ones help to recognize the person, but do not decide alone: a
 * probe that does not match the anchors at `ANCHOR_SLACK` times the rate is judged by the anchors. Without this the mean of an
 * anchor and three blends of two faces accepts the second face (test/attacks/blended-faces.test.ts). Where the
 * anchors are of a superseded scorer alone, all are compared by that: by the scorer in use, the others would decide alone.
 */
function compareWith(
  scorers: MatchPlan['scorers'],
  probe: Embeddings,
  enrolled: readonly Enrollment[],
  rate: number,
  shiftOf: GalleryShift,
): Comparison | undefined {
  const compareTo = (pictures: readonly Enrollment[], by: readonly Scorer[]) => {
    const reference = referenceOf(by, probe, pictures.map(embeddingsOf), rate);
    return reference && compare(probe, reference, shiftOf);
  };
  const anchors = enrolled.filter(({ anchor }) => anchor);
  const anchored = compareTo(anchors, scorers);
  if (anchored === undefined || anchors.length === enrolled.length) return anchored;
  if (anchored.logRate > Math.log10(Math.min(1, ANCHOR_SLACK * rate))) return anchored;
  const { scorer } = anchored.reference;
  return compareTo(enrolled, scorer.supersededBy === undefined ? scorers : [scorer]);
}

const isMatch = ({ reference, score, shift }: Comparison, rate: number): boolean =>
  score >= thresholdOf(reference, rate, shift).threshold;

/** Whether the probe holds the rate against all of these pictures together by one of the scorers; false where none compares them. */
export function holdsRate(
  scorers: readonly Scorer[],
  probe: Embeddings,
  enrolled: readonly Embeddings[],
  rate: number,
  shiftOf: GalleryShift,
): boolean {
  const reference = referenceOf(scorers, probe, enrolled, rate);
  return reference !== undefined && isMatch(compare(probe, reference, shiftOf), rate);
}

/** The score from which on the whole comparison holds `rate` in this gallery, the rate that it then does hold, and what it costs. */
function thresholdOf(
  reference: Pick<Reference, 'scorer' | 'calibration' | 'templates'>,
  rate: number,
  shift: number,
): Threshold {
  const { scorer, calibration } = reference;
  const onTable = thresholdForFalseMatchRate(calibration, falseMatchRateShare(reference, rate));
  const threshold = onTable.threshold + shift;
  const fnmr = falseNonMatchRateOf(calibration, threshold);
  return { ...onTable, threshold, fmr: heldRate(scorer, rate), fnmr };
}

const embeddingsOf = ({ templates }: Enrollment): Embeddings =>
  Object.fromEntries(templates.map(({ embedder, vector }) => [embedder, vector]));

/**
 * False-match rate of each comparison of a further picture with an enrolled one, 0..1. Looser than that of a verification: the
 * person is named and several pictures have to agree. On LFW it refuses 1 % of genuine second pictures where 1 in 10,000
 * refused 16 % (docs/ENROLLMENT.md).
 */
const RATE = 0.01;

interface Sameness {
  /** Whether the picture may be added: it matches an anchor and more than half of all pictures. */
  same: boolean;
  /** Whether it can be compared with an anchor at all. */
  comparable: boolean;
}

/**
 * Whether a picture shows the person whose enrollments these are: each is compared by the best scorer that has its embeddings
 * on both sides (the last in the list), on the table of one picture.
 */
export function samePerson(
  scorers: MatchPlan['scorers'],
  probe: Embeddings,
  enrolled: readonly Pick<Enrollment, 'anchor' | 'templates'>[],
): Sameness {
  const compared = enrolled.flatMap(({ anchor, templates }) => {
    const embeddings = Object.fromEntries(templates.map(({ embedder, vector }) => [embedder, vector]));
    const match = isSameAt(scorers, probe, embeddings, RATE);
    return match === undefined ? [] : [{ anchor, match }];
  });
  const matching = compared.filter(({ match }) => match);
  return {
    same: matching.some(({ anchor }) => anchor) && 2 * matching.length > compared.length,
    comparable: compared.some(({ anchor }) => anchor),
  };
}

/** Two pictures by the best scorer, at a false-match rate. Undefined where no scorer can compare the two. */
export function isSameAt(
  scorers: readonly ScorerEntry[],
  a: Embeddings,
  b: Embeddings,
  rate: number,
): boolean | undefined {
  for (const scorer of scorers.toReversed()) {
    const score = scoreOf(scorer, a, b);
    if (score !== undefined) return score >= thresholdForFalseMatchRate(scorer.calibration, rate).threshold;
  }
  return undefined;
}

/**
 * How many of the people that one picture matches could be blended in it: each that has another one beside them, not marked as distinct
 * from them. 0, or at least 2.
 */
export async function alikePeople(
  { distinctFrom }: Pick<Subjects, 'distinctFrom'>,
  people: readonly SubjectId[],
): Promise<number> {
  if (people.length < 2) return 0;
  const distinct = new Map<SubjectId, Set<SubjectId>>();
  for (const one of people)
    distinct.set(one, new Set((await distinctFrom(one)).map(({ subject }) => subject)));
  const isBeside = (one: SubjectId, other: SubjectId) => one !== other && !distinct.get(one)!.has(other);
  return people.filter((one) => people.some((other) => isBeside(one, other))).length;
}
