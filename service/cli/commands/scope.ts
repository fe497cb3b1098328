import { replyOf, type Schemas } from '../../../sdk/admin/client.ts';
import { heldForText } from '../../engine/matching/every-group.ts';
import { defined } from '../../lib/defined.ts';
import { UsageError } from '../failure.ts';
import { choice, orNone, type Values, value } from '../flag.ts';
import { invocation } from '../invocation.ts';
import { type AddCommand, type Asked, list, noun, type Realm, work } from '../operation-command.ts';
import { readMoment } from '../terminal/moment.ts';
import { type Cell, count, facts } from '../terminal/terminal.ts';

type Scope = Schemas['UniquenessScope'];

const named = value('[scope]', 'name of the region, or id; without one the scope of the organization');
/** What was given goes to the route as it is; fields that were not stay as they are. */
const settings = {
  falseFlagRate: value(
    '<rate>',
    'chance that a stranger is taken for a member: 0.01 or 1% (the default)',
    readRate,
  ),
  reviewRate: value('<rate>', 'chance that a stranger goes to a reviewer (default: 5%)', readRate),
  onErasure: choice(
    '<rule>',
    'what erasing a person does in the scope: reopen lets the human come again, hold keeps the pseudonym to the end of the epoch',
    ['reopen', 'hold'],
  ),
  retentionDays: value(
    '<days>',
    'days after the last visit until a member is erased; none: at the end of the scope',
    orNone(readDays),
  ),
  endsAt: value(
    '--ends <time>',
    'when the scope ends by itself, such as 2027-06-30; none: it does not',
    orNone(readMoment),
  ),
};

export const scope = noun(
  'uniqueness scopes: the organization and its regions, in which each human counts once',
  {
    list: list('GET /api/admin/uniqueness/scopes', {
      on: 'world',
      about: 'all scopes of one world, the newest first',
      limit: 1000,
      rows: {
        scope: nameOf,
        state: 'state',
        epoch: 'epoch',
        members: 'members',
        waiting: 'waiting',
        'false flags': (one) => rateText(one.falseFlagRate),
        threshold: (one) => one.thresholds?.flagged.threshold.toFixed(3),
        'an erasure': 'onErasure',
        'members kept': keptText,
        ends: 'endsAt',
        id: 'id',
      },
      empty: (_, { env }) =>
        `No human is counted in the ${env} world yet. A scope is made with its first person, or now: ${invocation} scope create --help`,
      examples: ['scope list', 'scope list --env test --json'],
    }),
    show: work({
      on: 'world',
      args: { scope: named },
      about: 'one scope: its settings, its members, and the thresholds that follow',
      examples: ['scope show', 'scope show survey-2026 --json'],
      async run({ scope = '' }, asked) {
        const one = await findScope(await asked.realm(), scope, asked);
        return { json: one, text: describeScope(one) };
      },
    }),
    create: work({
      on: 'world',
      args: { name: value('[name]', 'name of the region; without one the scope of the organization') },
      about: 'set up a scope before its first person; one that has ended begins its next epoch',
      options: settings,
      examples: [
        'scope create survey-2026 --false-flag-rate 0.5% --retention-days 90',
        'scope create vote-2027 --on-erasure hold --ends 2027-06-30',
      ],
      notes:
        'A region that a caller names is otherwise made with its first person, by the rates of the organization’s scope.',
      async run({ name = '', ...given }, { realm, next }) {
        const on = await realm();
        const known = await scopeNamed(on, name);
        if (known?.state === 'active')
          throw new UsageError(
            `This scope is there already (${known.id}). To change it: ${next(`scope set${wordOf(name)} …`)}`,
          );
        return put(on, { name, ...given });
      },
    }),
    set: work({
      on: 'world',
      args: { scope: named },
      about: 'change settings of a scope; options that are not given stay unchanged (audited)',
      options: settings,
      examples: ['scope set survey-2026 --retention-days 30', 'scope set --false-flag-rate 0.1%'],
      async run({ scope = '', ...given }, asked) {
        if (Object.keys(given).length === 0)
          throw new UsageError(
            'Nothing to set. Give --false-flag-rate, --review-rate, --on-erasure, --retention-days or --ends.',
          );
        const on = await asked.realm();
        const { name, state } = await findScope(on, scope, asked);
        if (state === 'ended')
          throw new UsageError(
            `This scope has ended. To begin its next epoch: ${asked.next(`scope create${wordOf(name)} …`)}`,
          );
        return put(on, { name, ...given });
      },
    }),
    rotate: ending('rotate', {
      about:
        'begin the next epoch: everyone counts anew with another id, the key is destroyed and the members are erased',
      lost: 'Its key is destroyed, so that the ids of this epoch are never made again, and everyone counts anew.',
      after: 'Everyone counts anew from now on, with another id.',
    }),
    end: ending('end', {
      about: 'close a scope: its key is destroyed and its members are erased',
      lost: 'Its key is destroyed, so that its ids are never made again, and it admits no person any more.',
      after: 'It admits no person any more.',
    }),
  },
);

async function put(
  { open, query }: Realm<'world'>,
  { name, ...given }: Values<typeof settings> & { name: string },
) {
  const body = { name, ...defined(given) };
  const made = await replyOf(open.admin.PUT('/api/admin/uniqueness/scopes', { params: { query }, body }));
  return { json: made, text: describeScope(made) };
}

/** `lost`: what cannot be had back. */
function ending(
  verb: 'rotate' | 'end',
  { about, lost, after }: { about: string; lost: string; after: string },
): AddCommand {
  return work({
    on: 'world',
    args: { scope: named },
    about,
    options: {
      confirm: value('<name>', 'its name, or that of the organization for its own scope'),
    },
    examples: [`scope ${verb} survey-2026 --confirm survey-2026`],
    async run({ scope = '', confirm }, asked) {
      const on = await asked.realm();
      const { open, query, organization } = on;
      const before = await findScope(on, scope, asked);
      if (before.state === 'ended')
        throw new UsageError(
          `This scope has ended at ${before.endedAt}. To begin its next epoch: ${asked.next(`scope create${wordOf(before.name)}`)}`,
        );
      const name = before.name === '' ? organization.name : before.name;
      const members = count(before.members, 'member', 'members');
      if (confirm !== name)
        throw new UsageError(
          `${lost} This cannot be undone; ${members} would be erased. Nothing was changed. To confirm, repeat the name: --confirm ${quoted(name)}`,
        );
      const done = await replyOf(
        open.admin.POST(`/api/admin/uniqueness/scopes/{id}/${verb}`, {
          params: { path: { id: before.id }, query },
          body: { confirm: name },
        }),
      );
      const text = `The key of epoch ${before.epoch} is destroyed. Its ${members} are erased within minutes, while the service runs. ${after}`;
      return { json: done, text: `${describeScope(done)}\n\n${text}` };
    },
  });
}

/** The scope of this name; undefined where there is none. */
async function scopeNamed({ open, query }: Realm<'world'>, name: string): Promise<Scope | undefined> {
  const { items } = await replyOf(
    open.admin.GET('/api/admin/uniqueness/scopes', { params: { query: { ...query, name, limit: 1 } } }),
  );
  return items[0];
}

/** By id or name. Throws where there is none. */
async function findScope(on: Realm<'world'>, given: string, { next }: Asked<'world'>): Promise<Scope> {
  const { open, query } = on;
  if (/^scp_[0-9a-z]{26}$/.test(given))
    return replyOf(
      open.admin.GET('/api/admin/uniqueness/scopes/{id}', { params: { path: { id: given }, query } }),
    );
  const found = await scopeNamed(on, given);
  if (found) return found;
  const what = given === '' ? 'The organization has no uniqueness scope' : `No region is called "${given}"`;
  throw new UsageError(
    `${what} in the ${query.env} world yet. It is made with its first person, or now: ${next(`scope create${wordOf(given)}`)}\nAll scopes: ${next('scope list')}`,
  );
}

/** As a shell takes it for one word. */
const quoted = (word: string) => (/^[\w.@-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`);
const wordOf = (name: string) => (name === '' ? '' : ` ${quoted(name)}`);

function readRate(flag: string, text: string): number {
  const [, digits, percent] = /^(\d+(?:\.\d+)?|\.\d+)\s*(%?)$/.exec(text) ?? [];
  const rate = Number(digits) / (percent === '%' ? 100 : 1);
  if (digits !== undefined && rate > 0 && rate < 1) return Number(rate.toPrecision(12));
  throw new UsageError(`${flag}: "${text}" is not a share. Write 0.01 or 1%.`);
}

function readDays(flag: string, text: string): number {
  const days = Number(text);
  if (/^\d+$/.test(text) && days >= 1) return days;
  throw new UsageError(`${flag}: "${text}" is not a whole number of days; none means to the end.`);
}

function nameOf({ name }: Scope): string {
  return name === '' ? '(the organization)' : name;
}

/** 0.01 -> "1 %", 0.0001 -> "1 in 10,000". */
const rateText = (rate: number) =>
  rate >= 0.001
    ? `${Number((rate * 100).toPrecision(3))} %`
    : `1 in ${Math.round(1 / rate).toLocaleString('en')}`;

function keptText({ retentionDays }: Scope): string {
  return retentionDays === undefined
    ? 'to the end of the scope'
    : `${count(retentionDays, 'day', 'days')} after the last visit`;
}

function thresholdText({ thresholds }: Scope): [string, Cell][] {
  if (!thresholds) return [];
  const { people, scorer, holdsFor, flagged, reviewed } = thresholds;
  const text = ({ threshold, fnmr, extrapolated }: typeof flagged) =>
    `${threshold.toFixed(3)}; ${(fnmr * 100).toFixed(1)} % of members who return are missed${extrapolated ? ' (beyond what is measured)' : ''}`;
  return [
    ['compared', `${count(people, 'person', 'people')}, scorer ${scorer}`],
    ['flagged from', text(flagged)],
    ['reviewed from', text(reviewed)],
    ['both rates hold', heldForText[holdsFor]],
  ];
}

const describeScope = (one: Scope): string =>
  facts([
    ['scope', one.id],
    ['name', nameOf(one)],
    ['state', one.endedAt === undefined ? one.state : `${one.state} at ${one.endedAt}`],
    ['epoch', one.epoch],
    ['members', one.members],
    ['waiting', one.waiting === 0 ? undefined : `${one.waiting} for a reviewer`],
    ['false-flag rate', rateText(one.falseFlagRate)],
    ['review rate', rateText(one.reviewRate)],
    ...thresholdText(one),
    [
      'an erasure',
      one.onErasure === 'reopen'
        ? 'reopen: the human may come again as a new one'
        : 'hold: the pseudonym and its face stay to the end of the epoch',
    ],
    ['members kept', keptText(one)],
    ['ends', one.state === 'active' ? (one.endsAt ?? 'not by itself') : undefined],
    ['created', one.createdAt],
  ]);
