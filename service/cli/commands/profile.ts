import { replyOf, type Schemas } from '../../../sdk/admin/client.ts';
import { readOwnManifest } from '../../compose/model-paths.ts';
import { checksWithInput, whenMissing } from '../../engine/matching/checks/registered-checks.ts';
import { heldForText } from '../../engine/matching/every-group.ts';
import { type CheckName, challengeRules } from '../../engine/matching/index.ts';
import { builtInProfiles, isLenient } from '../../engine/matching/profiles/built-in-profiles.ts';
import { defined } from '../../lib/defined.ts';
import { UsageError } from '../failure.ts';
import { value } from '../flag.ts';
import { galleryColumns, galleryRows, listCalibrations } from '../gallery-calibrations.ts';
import { invocation } from '../invocation.ts';
import { readText } from '../named-file.ts';
import { call, list, noun, work } from '../operation-command.ts';
import { facts, table } from '../terminal/terminal.ts';
import { userPath } from '../user-path.ts';

type Profile = Schemas['Profile'];
type ProfileDefinition = Schemas['ProfileDefinition'];

export const profile = noun('verification profiles: checks, weights and error rates', {
  list: list('GET /api/admin/profiles', {
    on: 'org',
    about: 'built-in profiles and the organization’s own',
    limit: 1000,
    rows: {
      profile: 'slug',
      version: 'version',
      origin: ({ builtIn, slug }) =>
        builtIn ? 'built in' : builtInOf(slug) ? 'own, replaces built-in' : 'own',
      maturity: ({ definition }) => definition.maturity,
      'false match 1:1': ({ definition }) => rate(definition.match.falseMatchRate),
      'false match 1:N': ({ definition }) => rate(definition.match.falseIdentificationRate),
      'rates hold for': ({ rates }) =>
        rates.holdsFor === 'every-group' ? 'every measured group' : 'average',
      description: ({ definition }) => definition.description,
    },
    empty: 'No profiles.',
    examples: ['profile list'],
  }),
  show: work({
    on: 'org',
    args: { slug: value('<profile>', 'slug or id') },
    about: 'one profile in full',
    examples: ['profile show default', 'profile show strict-finance --json'],
    async run({ slug = '' }, { realm }) {
      const { open, query } = await realm();
      const one = await replyOf(
        open.admin.GET('/api/admin/profiles/{slug}', { params: { path: { slug }, query } }),
      );
      const calibrations = await listCalibrations(open, query.organization);
      const own = table(galleryColumns, galleryRows(calibrations), 'Own galleries: no person is enrolled.');
      return { json: { ...one, ownGalleries: calibrations }, text: `${describeProfile(one)}\n\n${own}` };
    },
  }),
  set: work({
    on: 'org',
    args: {
      slug: value(
        '<slug>',
        'a new name, one of the organization’s own, or a built-in one, which it then replaces',
      ),
      path: value('[file]', 'JSON: a definition, or a whole profile as `profile show --json` prints it'),
    },
    about:
      'create a profile’s next version from a JSON file: what `profile show NAME --json` prints, changed',
    options: { file: value('<file>', 'the same, as an option') },
    examples: ['profile show default --json > door.json', 'profile set front-door door.json'],
    async run({ slug = '', path, file = path }, { realm }) {
      if (file === undefined) throw new UsageError('Name the JSON file: profile set SLUG FILE.');
      if (path !== undefined && path !== file)
        throw new UsageError(`Two files are named, ${path} and ${file}: name one.`);
      const body = await readDefinition(file);
      const { open, query } = await realm();
      const one = await replyOf(
        open.admin.PUT('/api/admin/profiles/{slug}', { params: { path: { slug }, query }, body }),
      );
      const text = describeProfile(one);
      if (!builtInOf(slug)) return { json: one, text };
      const calls = slug === 'default' ? 'every call that names no profile' : 'every call that names it';
      const warning = `This replaces the built-in ${slug} for ${calls}. Undo: ${invocation} profile reset ${slug}`;
      return { json: { ...one, warning }, text: `${text}\n\n${warning}` };
    },
  }),
  reset: call('DELETE /api/admin/profiles/{slug}', {
    on: 'org',
    args: { slug: value('<slug>', 'one of the organization’s own') },
    about: 'archive the organization’s versions of a profile; a built-in one of that name applies again',
    confirm: {
      option: '--yes',
      about: 'also if no built-in profile replaces it',
      word: ({ slug }) =>
        builtInOf(slug)
          ? undefined
          : [
              true,
              `No built-in profile is called ${slug}: after a reset the calls that name it are refused. Add --yes to confirm.`,
            ],
    },
    json: ({ builtIn }, { slug }) => ({ reset: slug, ...defined({ builtIn }) }),
    text: ({ builtIn }, { slug }) =>
      builtIn === undefined
        ? `${slug} is removed.`
        : `The built-in ${slug} applies again.\n\n${describeProfile(builtIn)}`,
    examples: ['profile reset default', 'profile reset front-door --yes'],
  }),
});

/** Of the scorer `a`. */
const WITHOUT_GATES =
  'covered faces and pictures that show no person are not refused: these gates were measured with embedding R';

/** 0.0001 -> "1 in 10,000". */
const rate = (share: number) => `1 in ${Math.round(1 / share).toLocaleString('en')}`;

/** What a live session asks for, and what follows where it is in doubt; what the profile leaves out is the default. */
function liveSessions(settings: ProfileDefinition['challenge']): string {
  const { pool, count, strict, repeats, withoutMotion, suspectCamera, undecided } = challengeRules(settings);
  return [
    `${Math.min(count, pool.length)} of ${pool.join(', ')}${strict ? ', strict' : ''}`,
    `a repeated movement: ${repeats}`,
    `without motion: ${withoutMotion}`,
    `a suspect camera: ${suspectCamera}`,
    `undecided evidence: ${undecided}`,
  ].join('; ');
}

/** What the rates of the profile come to, with the models in use. */
function errorRates({ definition: { match }, rates }: Profile): [string, string][] {
  const { holdsFor, notByGroups, superseded } = rates;
  const heldFor = heldForText[holdsFor];
  return [
    ['one to one', `a stranger passes ${rate(match.falseMatchRate)} ${heldFor}`],
    ['one to many', `a stranger gets any name ${rate(match.falseIdentificationRate)} ${heldFor}`],
    ...notByGroups.map((name): [string, string] => ['', `${name} was not measured by groups of people`]),
    ...(superseded?.scorers ?? []).map((name): [string, string] => [
      '',
      `people compared by ${name}: ${rate(superseded!.falseMatchRate)} and ${rate(superseded!.falseIdentificationRate)} ${heldForText.average}`,
    ]),
  ];
}

function describeProfile(profile: Profile): string {
  const { id, slug, version, builtIn, definition } = profile;
  const rules = Object.entries(definition.checks).flatMap(([name, rule]) =>
    rule === undefined
      ? []
      : [
          [
            name,
            rule.enabled ? 'on' : 'off',
            rule.weight,
            rule.threshold,
            rule.hardFail ? 'yes' : 'no',
            checksWithInput.includes(name as CheckName) ? whenMissing(name as CheckName, rule) : '',
          ],
        ],
  );
  return [
    facts([
      ['profile', `${slug}, version ${version}${builtIn ? ' (built in)' : ` (${id})`}`],
      ['name', definition.name],
      ['maturity', definition.maturity],
      ['description', definition.description],
      ...errorRates(profile),
      [
        'models',
        `detector ${definition.models.detector}, scorer ${definition.models.scorer}, PAD ${definition.models.pad}`,
      ],
      ['', definition.models.scorer === 'a' ? WITHOUT_GATES : undefined],
      [
        'superseded scorers',
        definition.models.supersededUntil && `until ${definition.models.supersededUntil}`,
      ],
      ...livenessFigures(definition).map((line, i) => [i === 0 ? 'liveness' : '', line] as const),
      ['minimum composite', definition.minimumComposite],
      ['pictures from', definition.capture === 'kiosk' ? 'a kiosk only' : 'any source'],
      ['live sessions', liveSessions(definition.challenge)],
      ['refuses by quality', definition.refuseQuality.join(', ') || 'nothing that can be judged'],
      ['countries', definition.geoFence?.countries.join(', ')],
      [
        'hours',
        definition.timeRestriction &&
          `${definition.timeRestriction.from}–${definition.timeRestriction.to} on days ${definition.timeRestriction.days.join(', ')} (1 = Monday)`,
      ],
    ]),
    '',
    table(
      ['check', 'state', 'weight', 'threshold', 'refuses alone', 'without its input'],
      rules,
      'No checks.',
    ),
  ].join('\n');
}

const builtInOf = (slug: string) => builtInProfiles.find((profile) => profile.slug === slug);

async function readDefinition(file: string): Promise<ProfileDefinition> {
  const text = await readText(file, 'file');
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw new UsageError(`${userPath(file)} is not JSON: ${(error as Error).message}.`);
  }
  return (value as { definition?: ProfileDefinition })?.definition ?? (value as ProfileDefinition);
}

const percent = (share: number): string => `${(100 * share).toFixed(1)} %`;

/**
 * What the profile's liveness check lets pass and refuses, with data and date. The figures of other cameras were measured
 * elsewhere, on data that is not kept with the product (2026-11-20).
 */
export function livenessFigures({ checks, models }: ProfileDefinition): string[] {
  const { liveness } = checks;
  if (!liveness.enabled) return ['off: a photograph of an enrolled person would be verified'];
  const { padSets } = readOwnManifest();
  const set = padSets.find(({ id }) => id === models.padSet) ?? padSets[0]!;
  const live = models.livenessScale === 'live';
  const point = live ? set.thresholds.half : set.thresholds.apcer5;
  const lines = [
    isLenient({ checks })
      ? 'VERIFIES WHERE LIVENESS FAILS, which no built-in profile does'
      : `refuses below ${liveness.threshold} ${live ? 'of the calibrated live score' : 'of a scale on which 5 % of attack pictures pass at 0.5'}`,
  ];
  if (point === undefined || liveness.threshold !== 0.5)
    return [...lines, 'no figures are measured for this threshold'];
  const { data, date } = set.accuracy[0]!;
  lines.push(
    `${set.id}: ${percent(point.apcer)} of attack pictures pass, of the worst kind ${percent(point.worst?.apcer ?? point.apcer)}; ${percent(point.bpcer)} of live ones are refused (${data}, ${date})`,
  );
  if (live)
    lines.push(
      'people and cameras never seen, measured elsewhere on 2026-11-20: 7 to 11 % of attack pictures pass, 1 to 7 % of live ones are refused',
    );
  return lines;
}
