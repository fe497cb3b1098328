import { z } from 'zod';
import type { CrossScores, CrossScoresRequest } from '../../../inference/gallery/cross-scores.ts';
import type { ScorerEntry } from '../../../inference/models/manifest.ts';
import { defined } from '../../../lib/defined.ts';
import type { OrganizationId, SubjectId, World } from '../../../lib/id.ts';
import { env, time } from '../../../lib/record-fields.ts';
import { createOneAtATime } from '../../../lib/turns.ts';
import type { Organizations } from '../../accounts/index.ts';
import type { Actor, Foundation } from '../../audit/index.ts';
import type { Models } from '../../models/index.ts';
import type { Realm, Subjects } from '../../people/index.ts';
import { forEveryGroup, HoldsFor, heldBy, type Scorer } from '../every-group.ts';
import { type CalibrationState, calibrationStates, type GalleryShifts } from '../matching.ts';
import { type Doubt, doubtfulPeople } from './doubtful-templates.ts';
import { type CalibrationRow, createKeptCalibrations } from './gallery-calibration-store.ts';
import { createBasis, measureShift, readEnrolled, sampleOf, shuffled, worstTenth } from './gallery-shift.ts';

const share = z.number().min(0).max(1);

/** What was measured of one gallery with one table of a scorer. */
export const GalleryCalibration = z
  .object({
    env: env('World of the gallery'),
    scorer: z.string().describe('Scorer'),
    holdsFor: HoldsFor.describe('Table that was compared'),
    shift: z.number().describe('Amount by which thresholds are raised, in the scale of the scorer'),
    people: z.int().min(0).describe('People that the scorer could compare at the time of the measurement'),
    compared: z.int().min(0).describe('People compared: at most 2,000, one picture each'),
    pairs: z.int().min(0).describe('Pairs of different people; 0: too few people, nothing was measured'),
    rate: share.describe('Expected share of pairs that reach the threshold'),
    share: share.describe('Measured share of pairs that reach the threshold'),
    worstTenth: share.describe('The same among the pairs of the tenth of people who have most such pairs'),
    doubtful: z
      .int()
      .min(0)
      .describe('People compared whose template does not distinguish them (`listDoubtfulPeople`)'),
    measuredAt: time('When'),
    outdated: z.boolean().describe('The models have changed since; the calibration is not applied'),
  })
  .meta({
    id: 'GalleryCalibration',
    description: "Calibration of one scorer on the organization's own gallery.",
    examples: [
      {
        env: 'live',
        scorer: 'r',
        holdsFor: 'every-group',
        shift: 0.01,
        people: 120,
        compared: 120,
        pairs: 7140,
        rate: 0.0014,
        share: 0.0022,
        worstTenth: 0.0081,
        doubtful: 0,
        measuredAt: '2026-11-20T12:00:00.000Z',
        outdated: false,
      },
    ],
  });
export type GalleryCalibration = Omit<z.output<typeof GalleryCalibration>, 'env'> & { world: World };

/** Whether one gallery was measured with one table of a scorer, and the people that the scorer can compare now. */
export const OwnGallery = z
  .object({
    env: env('World of the gallery'),
    scorer: z.string().describe('Scorer'),
    holdsFor: HoldsFor.describe('Table of the scorer'),
    people: z.int().min(0).describe('People that the scorer can compare now'),
    fewest: z.int().describe('People that are needed to measure'),
    standing: z
      .enum(calibrationStates)
      .describe(
        '`not-measured`: nothing says yet that the rates of the table hold for these people; `too-few-people`: too few to say',
      ),
  })
  .meta({
    id: 'OwnGallery',
    description: 'Whether a gallery was compared with a table of the scorer.',
    examples: [
      {
        env: 'live',
        scorer: 'r',
        holdsFor: 'every-group',
        people: 12,
        fewest: 30,
        standing: 'too-few-people',
      },
    ],
  });
export type OwnGallery = Omit<z.output<typeof OwnGallery>, 'env' | 'fewest'> & { world: World };

/** A person whose template does not distinguish them from others. */
export interface DoubtfulPerson {
  subject: SubjectId;
  email?: string;
  name?: string;
  doubt: Doubt;
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
  maintain(): Promise<void>;
  /** People of the realm have come or gone: `deps.due` is called where a gallery is to be measured. */
  noticed(realm: Realm): void;
  /** The same for every gallery, by what is stored: at start, and after a change of models. */
  noticeAll(): Promise<void>;
  /** Measures the galleries of both worlds now; those with fewer than 30 people are left as they are. */
  measure(organization: OrganizationId, actor: Actor): Promise<GalleryCalibration[]>;
  list(organization: OrganizationId): GalleryCalibration[];
  /** Every gallery, measured or not, with each table of the scorers in use; superseded ones only where a person has their templates. */
  galleries(organization: OrganizationId): OwnGallery[];
  /**
   * People whose picture should be taken again, by what their templates say. Reads all templates of the realm: seconds for thousands of
   * people, who are compared with some 1,000 to 2,000 others each where there are more than 2,000. Nothing of it is kept; that it was read is audited.
   */
  doubtful(realm: Realm, actor: Actor): Promise<DoubtfulPerson[]>;
  /** The organization is erased: nothing is kept of its galleries. May be called again. */
  forget(organization: OrganizationId): Promise<void>;
}

export interface GalleryCalibrationsDeps
  extends Pick<Foundation, 'db' | 'inTransaction' | 'audit' | 'clock'> {
  subjects: Pick<
    Subjects,
    'peopleWith' | 'listPeople' | 'drawPeopleWith' | 'enrollmentsOf' | 'distinctFrom' | 'find'
  >;
  organizations: Pick<Organizations, 'list'>;
  models: Pick<Models, 'current'>;
  /** Something is to be measured: `maintain` is wanted soon. Does not wait and never throws. */
  due?(): void;
  /** Scores of all pairs, without blocking the caller's thread (inference/gallery/cross-scores.ts). */
  crossScores(request: CrossScoresRequest): Promise<CrossScores>;
  /** 0..1; which people are compared where there are too many. */
  random?(): number;
}

/** Fewer people say nothing about the tail of their scores. */
export const FEWEST_PEOPLE = 30;
const MOST_PEOPLE = 2_000;
const GROWTH = 1.1;
const worlds: World[] = ['live', 'test'];
const appliance: Actor = { is: 'appliance', task: 'gallery-calibration' };

export function createGalleryCalibrations(deps: GalleryCalibrationsDeps): GalleryCalibrations {
  const { inTransaction, subjects, organizations, models, audit, due = () => {} } = deps;
  const kept = createKeptCalibrations(deps);
  const standings = createCalibrationStates(deps, kept);
  const { current, calibrationStateOf, isDue, peopleOf, basisOf } = standings;
  const { measureRealm, findDoubtful } = createMeasuring(deps, kept, standings);
  const inTurn = createOneAtATime();

  async function everyRealm(): Promise<Realm[]> {
    const there = (await organizations.list()).filter(({ erasedAt }) => erasedAt === undefined);
    return there.flatMap(({ id: organization }) => worlds.map((world) => ({ organization, world })));
  }

  const list = (organization: OrganizationId): GalleryCalibration[] =>
    worlds.flatMap((world) =>
      models
        .current()
        .scorers.flatMap(tablesOf)
        .flatMap((scorer) => {
          const row = kept.of({ organization, world }, scorer);
          return row ? [toCalibration(row, row.basis !== basisOf(scorer))] : [];
        }),
    );

  const galleries = (organization: OrganizationId): OwnGallery[] =>
    worlds.flatMap((world) =>
      models.current().scorers.flatMap((scorer) => {
        const realm = { organization, world };
        const people = peopleOf(realm, scorer);
        if (scorer.supersededBy !== undefined && people === 0) return [];
        const of = { world, scorer: scorer.id, people };
        return tablesOf(scorer).map((table) => ({
          ...of,
          holdsFor: heldBy(table),
          standing: calibrationStateOf(realm, table),
        }));
      }),
    );

  return {
    of: (realm) => (scorer) => current(realm, scorer)?.shift ?? 0,
    calibrationStateOf: (realm) => (scorer) => calibrationStateOf(realm, scorer),
    load: kept.load,
    async maintain() {
      for (const realm of await everyRealm())
        if (isDue(realm)) await inTurn(() => measureRealm(realm, appliance));
    },
    noticed(realm) {
      if (isDue(realm)) due();
    },
    async noticeAll() {
      if ((await everyRealm()).some(isDue)) due();
    },
    async measure(organization, actor) {
      for (const world of worlds) {
        const realm = { organization, world };
        const measurable = models.current().scorers.some((one) => peopleOf(realm, one) >= FEWEST_PEOPLE);
        if (measurable) await inTurn(() => measureRealm(realm, actor));
      }
      return list(organization);
    },
    list,
    galleries,
    async doubtful(realm, actor) {
      const found = await inTurn(() => findDoubtful(realm));
      const { organization, world } = realm;
      const details = { world, people: found.size, doubtful: true };
      await inTransaction((tx) => audit.add(tx, { actor, action: 'subject.list', organization, details }));
      const people: DoubtfulPerson[] = [];
      for (const [subject, doubt] of found) {
        const person = await subjects.find(realm, subject);
        if (person) people.push({ subject, doubt, ...defined({ email: person.email, name: person.name }) });
      }
      return people;
    },
    forget: (organization) => inTurn(() => kept.forget(organization)),
  };
}

type Kept = ReturnType<typeof createKeptCalibrations>;

/** What was measured of a gallery, and whether it has to be measured. */
function createCalibrationStates(
  { subjects, models }: Pick<GalleryCalibrationsDeps, 'subjects' | 'models'>,
  kept: Kept,
) {
  const basisOf = createBasis(models);

  /** A scorer that holds a share of its rate has the shift of its whole table: a shift is of scores, whatever the rate. */
  const measuredAs = (scorer: Scorer): Scorer =>
    scorer.share === undefined
      ? scorer
      : (models.current().scorers.find(({ id }) => id === scorer.id) ?? scorer);

  const current = (realm: Realm, used: Scorer): CalibrationRow | undefined => {
    const scorer = measuredAs(used);
    const row = kept.of(realm, scorer);
    return row?.basis === basisOf(scorer) ? row : undefined;
  };
  const peopleOf = (realm: Realm, { terms }: Scorer) => subjects.peopleWith(realm, terms[0]!.model);

  const calibrationStateOf = (realm: Realm, scorer: Scorer): CalibrationState => {
    const row = current(realm, scorer);
    if (row !== undefined && row.pairs > 0) return 'measured';
    return row !== undefined || peopleOf(realm, scorer) < FEWEST_PEOPLE ? 'too-few-people' : 'not-measured';
  };

  const isDue = (realm: Realm): boolean =>
    models.current().scorers.some((scorer) => {
      const people = peopleOf(realm, scorer);
      if (people < FEWEST_PEOPLE) return false;
      return tablesOf(scorer).some((one) => {
        const row = current(realm, one);
        return row === undefined || people >= row.people * GROWTH || people * GROWTH <= row.people;
      });
    });

  return { basisOf, current, peopleOf, calibrationStateOf, isDue };
}

/** Compares the people of a gallery with one another. */
function createMeasuring(
  { subjects, models, clock, crossScores, random = Math.random }: GalleryCalibrationsDeps,
  kept: Kept,
  { basisOf, current, peopleOf }: ReturnType<typeof createCalibrationStates>,
) {
  async function measureRealm(realm: Realm, actor: Actor): Promise<void> {
    const suspected = await suspectedPairs(subjects, await kept.suspectedPairs(realm.organization));
    for (const scorer of models.current().scorers) {
      const people = peopleOf(realm, scorer);
      if (people < FEWEST_PEOPLE) continue;
      const sample = subjects.drawPeopleWith(realm, scorer.terms[0]!.model, MOST_PEOPLE, random);
      const compared = sampleOf(scorer, await readEnrolled(subjects, realm, sample), suspected);
      const enough = compared.subjects.length >= FEWEST_PEOPLE;
      const scores = enough ? await crossScores(compared.request) : nothing;
      const doubtful = enough ? (await doubtfulPeople(compared, scores, models.current())).size : 0;
      for (const table of tablesOf(scorer)) {
        // Nothing measured says that the people are less alike than before.
        if (!enough && (current(realm, table)?.pairs ?? 0) > 0) continue;
        const { threshold, ...measured } = measureShift(scores.rising, table.calibration);
        const worst = enough ? await worstTenth(scores, compared.subjects.length, threshold) : 0;
        await kept.save(
          {
            ...realm,
            scorer: scorer.id,
            holds_for: heldBy(table),
            basis: basisOf(table),
            people,
            compared: compared.subjects.length,
            worst_tenth: worst,
            doubtful,
            measured_at: clock.now(),
            ...measured,
          },
          actor,
        );
      }
    }
  }

  async function findDoubtful(realm: Realm): Promise<Map<SubjectId, Doubt>> {
    const found = new Map<SubjectId, Doubt>();
    const people = shuffled(await subjects.listPeople(realm), random);
    // Of equal size: who is compared with a few others says nothing.
    const size = Math.ceil(people.length / Math.max(1, Math.ceil(people.length / MOST_PEOPLE)));
    const suspected = await suspectedPairs(subjects, await kept.suspectedPairs(realm.organization));
    for (let i = 0; i < people.length; i += size) {
      const enrolled = await readEnrolled(subjects, realm, people.slice(i, i + size));
      for (const scorer of models.current().scorers) {
        // Nothing is said of it (doubtfulPeople): its pairs need not be compared.
        if (scorer.supersededBy !== undefined) continue;
        const sample = sampleOf(scorer, enrolled, suspected);
        const doubts = await doubtfulPeople(sample, await crossScores(sample.request), models.current());
        for (const [subject, doubt] of doubts) found.set(subject, doubt);
      }
    }
    return found;
  }

  return { measureRealm, findDoubtful };
}

/** The scorer with its tables for the average and for every group, where it has those. */
const tablesOf = (scorer: ScorerEntry): Scorer[] => [...new Set([scorer, forEveryGroup(scorer)])];

const nothing: CrossScores = { rising: new Float64Array(), byPair: new Float64Array() };

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

const toCalibration = (row: CalibrationRow, outdated: boolean): GalleryCalibration => ({
  world: row.world as World,
  scorer: row.scorer,
  holdsFor: row.holds_for as HoldsFor,
  shift: row.shift,
  people: row.people,
  compared: row.compared,
  pairs: row.pairs,
  rate: row.rate,
  share: row.pairs === 0 ? 0 : row.above / row.pairs,
  worstTenth: row.worst_tenth,
  doubtful: row.doubtful,
  measuredAt: row.measured_at,
  outdated,
});
