import { createHash } from 'node:crypto';
import type { CrossScoresRequest } from '../../inference/gallery/cross-scores.ts';
import type { ScorerEntry } from '../../inference/models/manifest.ts';
import type { Clock } from '../../lib/clock.ts';
import type { OrganizationId, SubjectId, World } from '../../lib/id.ts';
import { createOneAtATime } from '../../lib/one-at-a-time.ts';
import type { Db, InTransaction } from '../../storage/transaction.ts';
import type { Actor, Audit } from '../audit/index.ts';
import type { GalleryShifts } from '../matching/index.ts';
import type { Models } from '../models/index.ts';
import type { Organizations } from '../organizations/index.ts';
import type { Enrollment, Realm, Subjects } from '../subjects/index.ts';
import type { CalibrationRow } from './gallery-calibration-store.ts';
import { measureShift } from './gallery-shift.ts';
import { createKeptCalibrations } from './kept-calibrations.ts';

/** What was measured of one gallery under one scorer. */
export interface GalleryCalibration {
  world: World;
  scorer: string;
  /** What thresholds are raised by, in the scorer's own scale; 0: the gallery follows the scorer's table. */
  shift: number;
  /** People enrolled when it was measured, and those who were compared: at most 2,000, one picture each. */
  people: number;
  compared: number;
  pairs: number;
  /** Share of pairs that the table says lie above its threshold, and that do, 0..1. */
  rate: number;
  share: number;
  measuredAt: number;
  /** Models or tables have changed since: it is not applied, and measured again by the next job. */
  outdated: boolean;
}

/**
 * Own-gallery calibration: the false-match rates of the tables hold for people like those they were measured on. Of other people more
 * strangers may be alike; the gallery itself shows it, and thresholds rise until the rate holds. Kept are figures alone.
 */
export interface GalleryCalibrations extends GalleryShifts {
  /** Reads what is kept. Call it at start. */
  load(): Promise<void>;
  /**
   * Measures galleries of 30 people and more that are new, have grown or shrunk by a tenth, or whose models have changed. Of a gallery
   * with fewer people the last shift stays in force: nothing measured says that its people are less alike than before.
   */
  tend(): Promise<void>;
  /** Measures the galleries of both worlds now; those with fewer than 30 people are left as they are. */
  measure(organization: OrganizationId, actor: Actor): Promise<GalleryCalibration[]>;
  list(organization: OrganizationId): GalleryCalibration[];
  /** The organization is erased: nothing is kept of its galleries. May be called again. */
  forget(organization: OrganizationId): Promise<void>;
}

export interface GalleryCalibrationsDeps {
  db: Db;
  inTransaction: InTransaction;
  subjects: Pick<Subjects, 'people' | 'listPeople' | 'enrollmentsOf' | 'distinctFrom'>;
  organizations: Pick<Organizations, 'list'>;
  models: Pick<Models, 'current'>;
  audit: Audit;
  clock: Clock;
  /** Scores of all pairs, rising, without blocking the caller's thread (inference/gallery/cross-scores.ts). */
  crossScores(request: CrossScoresRequest): Promise<Float64Array>;
  /** 0..1; which people are compared where there are too many. */
  random?(): number;
}

/** Fewer people say nothing about the tail of their scores. */
const FEWEST_PEOPLE = 30;
const MOST_PEOPLE = 2_000;
const GROWTH = 1.1;
/** People whose templates are opened in one go. */
const CHUNK = 50;
const worlds: World[] = ['live', 'test'];
const appliance: Actor = { is: 'appliance', task: 'gallery-calibration' };

export function createGalleryCalibrations(deps: GalleryCalibrationsDeps): GalleryCalibrations {
  const { subjects, organizations, models, clock, crossScores, random = Math.random } = deps;
  const kept = createKeptCalibrations(deps);
  const basisOf = createBasis(models);
  const inTurn = createOneAtATime();

  const current = (realm: Realm, scorer: ScorerEntry): CalibrationRow | undefined => {
    const row = kept.of(realm, scorer.id);
    return row?.basis === basisOf(scorer) ? row : undefined;
  };

  const isDue = (realm: Realm): boolean => {
    const people = subjects.people(realm);
    if (people < FEWEST_PEOPLE) return false;
    return models.current().scorers.some((scorer) => {
      const row = current(realm, scorer);
      return row === undefined || people >= row.people * GROWTH || people * GROWTH <= row.people;
    });
  };

  async function measureRealm(realm: Realm, actor: Actor): Promise<void> {
    const allPeople = subjects.listPeople(realm);
    const enrolled = new Map<SubjectId, Enrollment[]>();
    const sample = draw(allPeople, MOST_PEOPLE, random);
    for (let i = 0; i < sample.length; i += CHUNK)
      for (const [one, enrollments] of await subjects.enrollmentsOf(realm, sample.slice(i, i + CHUNK)))
        enrolled.set(one, enrollments);
    const suspected = await suspectedPairs(subjects, await kept.suspectedPairs(realm.organization));
    for (const scorer of models.current().scorers) {
      const { people, request } = toRequest(scorer, enrolled, suspected);
      if (people < FEWEST_PEOPLE && current(realm, scorer)) continue;
      const scores = people < FEWEST_PEOPLE ? new Float64Array() : await crossScores(request);
      await kept.save(
        {
          ...realm,
          scorer: scorer.id,
          basis: basisOf(scorer),
          people: allPeople.length,
          compared: people,
          measured_at: clock.now(),
          ...measureShift(scores, scorer.calibration),
        },
        actor,
      );
    }
  }

  const list = (organization: OrganizationId): GalleryCalibration[] =>
    worlds.flatMap((world) =>
      models.current().scorers.flatMap((scorer) => {
        const row = kept.of({ organization, world }, scorer.id);
        return row ? [toCalibration(row, row.basis !== basisOf(scorer))] : [];
      }),
    );

  return {
    of: (realm) => (scorer) => current(realm, scorer)?.shift ?? 0,
    load: kept.load,
    async tend() {
      for (const { id: organization, erasedAt } of await organizations.list()) {
        if (erasedAt !== undefined) continue;
        for (const world of worlds)
          if (isDue({ organization, world }))
            await inTurn(() => measureRealm({ organization, world }, appliance));
      }
    },
    async measure(organization, actor) {
      for (const world of worlds) {
        const realm = { organization, world };
        if (subjects.people(realm) >= FEWEST_PEOPLE) await inTurn(() => measureRealm(realm, actor));
      }
      return list(organization);
    },
    list,
    forget: (organization) => inTurn(() => kept.forget(organization)),
  };
}

/** Pairs that are one person enrolled twice or not yet reviewed; pairs marked as distinct people are left out. */
async function suspectedPairs(
  { distinctFrom }: Pick<Subjects, 'distinctFrom'>,
  pairs: readonly [SubjectId, SubjectId][],
): Promise<[SubjectId, SubjectId][]> {
  const suspected: [SubjectId, SubjectId][] = [];
  for (const [one, other] of pairs)
    if (!(await distinctFrom(one)).some(({ subject }) => subject === other)) suspected.push([one, other]);
  return suspected;
}

/** What a shift was measured with: terms, table and model files. */
function createBasis(models: Pick<Models, 'current'>) {
  const hashes = new WeakMap<ScorerEntry, string>();
  return (scorer: ScorerEntry): string => {
    let hash = hashes.get(scorer);
    if (hash === undefined) {
      const { terms, calibration } = scorer;
      hash = createHash('sha256')
        .update(JSON.stringify([terms, calibration.table]))
        .digest('hex');
      hashes.set(scorer, hash);
    }
    const { files } = models.current();
    return [hash, ...scorer.terms.map(({ model }) => files[model] ?? '')]
      .map((one) => one.slice(0, 16))
      .join('/');
  };
}

/** The best picture of each person that has all embeddings of the scorer. */
function toRequest(
  { terms }: ScorerEntry,
  enrolled: ReadonlyMap<SubjectId, Enrollment[]>,
  suspected: readonly [SubjectId, SubjectId][],
): { people: number; request: CrossScoresRequest } {
  const chosen = new Map<SubjectId, Float32Array[]>();
  for (const [subject, enrollments] of enrolled) {
    for (const { templates } of enrollments) {
      const vectors = terms.map(({ model }) => templates.find(({ embedder }) => embedder === model)?.vector);
      if (!vectors.every((vector) => vector !== undefined)) continue;
      chosen.set(subject, vectors);
      break;
    }
  }
  const places = new Map([...chosen.keys()].map((subject, place) => [subject, place]));
  const leftOut = suspected.flatMap(([a, b]): [number, number][] => {
    const [left, right] = [places.get(a), places.get(b)];
    return left === undefined || right === undefined ? [] : [[left, right]];
  });
  const request = {
    people: chosen.size,
    leftOut,
    terms: terms.map(({ weight, offset }, term) => {
      const dimensions = [...chosen.values()][0]?.[term]?.length ?? 0;
      const vectors = new Float32Array(chosen.size * dimensions);
      for (const [place, one] of [...chosen.values()].entries()) vectors.set(one[term]!, place * dimensions);
      return { weight, offset, dimensions, vectors };
    }),
  };
  return { people: chosen.size, request };
}

/** `most` of them, all equally likely. */
function draw<T>(all: readonly T[], most: number, random: () => number): T[] {
  const drawn = [...all];
  if (drawn.length <= most) return drawn;
  for (let i = 0; i < most; i++) {
    const other = i + Math.floor(random() * (drawn.length - i));
    [drawn[i], drawn[other]] = [drawn[other]!, drawn[i]!];
  }
  return drawn.slice(0, most);
}

const toCalibration = (row: CalibrationRow, outdated: boolean): GalleryCalibration => ({
  world: row.world as World,
  scorer: row.scorer,
  shift: row.shift,
  people: row.people,
  compared: row.compared,
  pairs: row.pairs,
  rate: row.rate,
  share: row.pairs === 0 ? 0 : row.above / row.pairs,
  measuredAt: row.measured_at,
  outdated,
});
