import { allPages } from '../../../sdk/admin/all-pages.ts';
import { replyOf } from '../../../sdk/admin/client.ts';
import { families, signatureDialects } from '../../engine/events/webhooks/endpoint.ts';
import { defined } from '../../lib/defined.ts';
import { UsageError } from '../failure.ts';
import { choice, initially, needed, orNone, type Values, value, values } from '../flag.ts';
import { invocation } from '../invocation.ts';
import { readText } from '../named-file.ts';
import { call, list, noun } from '../operation-command.ts';
import { readDuration, readMoment, readStart } from '../terminal/moment.ts';
import { count, facts, table } from '../terminal/terminal.ts';
import {
  describeDelivery,
  describeDeliveryState,
  describeState,
  describeWebhook,
  notShownAgain,
  type Webhook,
} from './webhook-text.ts';

/** What `add` and `change` share. */
const webhookFlags = {
  events: values(
    '--event <name...>',
    'event to receive, as `webhook catalog` shows it (default: all of the family)',
  ),
  signatureHeader: value('<name>', 'header that carries the signature, where it is not the usual one'),
  header: values('<name: value...>', 'header to add to each delivery; stored encrypted, never shown'),
  headersFile: value(
    '<file>',
    'file with such headers, one “name: value” a line; unlike an option it is not in the history of the shell',
  ),
  description: value('<text>', 'what it is for'),
  ca: value(
    '<file>',
    'PEM of the only certificate authority to trust, instead of the system’s; with change also none',
  ),
  pin: value(
    '<base64>',
    'SHA-256 of the only public key to trust; with change also none',
    orNone((_, text) => text),
  ),
};

/** As the control API takes them. */
async function readFields(given: Values<typeof webhookFlags>) {
  const { events, header, headersFile, ca, signatureHeader, description, pin } = given;
  const lines = [...(header ?? []), ...(headersFile === undefined ? [] : await readLines(headersFile))];
  const has = header !== undefined || headersFile !== undefined;
  return defined({
    signatureHeader,
    description,
    pin,
    events: events?.flatMap((names) => names.split(',')),
    headers: has ? readHeaders(lines) : undefined,
    ca: ca === undefined || ca === 'none' ? ca && null : await readText(ca, 'file of --ca'),
  });
}

/** `none` alone: no header. Names are as they are written; which may be set, the engine says. */
function readHeaders(lines: readonly string[]): Record<string, string> {
  if (lines.length === 1 && lines[0] === 'none') return {};
  const headers = new Map<string, string>();
  for (const line of lines) {
    const colon = line.indexOf(':');
    const name = line.slice(0, Math.max(0, colon)).trim();
    // Its value may be a password: no sentence repeats the line.
    if (name === '')
      throw new UsageError('--header: write “name: value”, or “none” where there is to be none.');
    if (headers.has(name)) throw new UsageError(`--header: ${name} is there twice.`);
    headers.set(name, line.slice(colon + 1).trim());
  }
  return Object.fromEntries(headers);
}

const readLines = async (path: string) =>
  (await readText(path, 'file of --headers-file')).split(/\r?\n/).filter((line) => line.trim() !== '');

const id = value('<webhook-id>', 'as `webhook list` shows it');
const delivery = value('<delivery-id>', 'as `webhook deliveries` shows it');

/** The name of a webhook that --confirm must repeat. */
const nameOf = ({ kind, url, family }: Webhook) =>
  kind === 'callback' ? family : (URL.parse(url)?.host ?? url);

export const webhook = noun('where an organization’s events are sent, and what became of each', {
  add: call('POST /api/admin/webhooks', {
    on: 'world',
    args: { url: value('<url>', 'address that receives each event; it needs a grant (`grant add`)') },
    about: 'add a webhook; its secret is shown only now',
    fields: {
      family: needed(
        choice('<family>', 'API family whose events it receives, in the format of that family', families),
      ),
      signature: choice('<dialect>', 'how it is signed (default: as the family does it)', signatureDialects),
    },
    options: webhookFlags,
    async ask({ url = '', ...given }) {
      const { ca, pin, ...others } = await readFields(given);
      if (ca === null || pin === null)
        throw new UsageError('--ca none and --pin none are for “webhook change”: leave them out here.');
      return { url, ...others, ca, pin };
    },
    text: (made, _, { env, next }) =>
      [
        describeWebhook(made, env, made.secret),
        '',
        notShownAgain,
        `Try it: ${next(`webhook test ${made.id}`)}`,
      ].join('\n'),
    examples: [
      'webhook add https://hooks.example.org/gatehouse --family identity',
      'webhook add https://10.20.0.5:8443/in --family identity --event verification.success --ca intern-ca.pem',
      'webhook add https://erp.example.org/in --family sessions --signature standard --headers-file erp-headers.txt',
    ],
    notes: `Signatures: standard (webhook-signature, as Standard Webhooks has it), timestamped (Huma-Signature), sha256
(X-VerifyHuman-Signature), hex (x-proof-signature). The headers of Standard Webhooks are sent beside each of them.`,
  }),
  list: list('GET /api/admin/webhooks', {
    on: 'world',
    about: 'the webhooks, without their secrets',
    fields: { family: choice('<family>', 'only of this family', families) },
    limit: 1000,
    rows: {
      webhook: 'id',
      family: 'family',
      to: ({ kind, url }) => (kind === 'callback' ? '(callback URLs)' : url),
      events: ({ events }) => events.length,
      signature: 'signature',
      state: describeState,
      'made by key': 'lineage',
      description: ({ description }) => description || undefined,
    },
    empty: ({ family }, { env }) =>
      `No ${family === undefined ? 'webhook' : `webhook of the family ${family}`} in the ${env} world: no events are sent. Add one: ${invocation} webhook add --help`,
    examples: ['webhook list', 'webhook list --family identity --json'],
  }),
  show: call('GET /api/admin/webhooks/{id}', {
    on: 'world',
    args: { id },
    about: 'one webhook, without its secret',
    text: (one, _, { env, next }) => [describeWebhook(one, env), ...whatNext(one, next)].join('\n'),
    examples: ['webhook show wh_01…'],
  }),
  change: call('PATCH /api/admin/webhooks/{id}', {
    on: 'world',
    args: { id },
    about: 'change a webhook from the next delivery on; options that are not given stay unchanged',
    fields: { url: value('<url>', 'new address; waiting deliveries go there too') },
    options: webhookFlags,
    async ask({ id: _, ...given }) {
      if (Object.keys(given).length === 0)
        throw new UsageError('Say what to change: --url, --event, --header, --description, … (see --help).');
      return readFields(given);
    },
    text: (one, _, { env }) => describeWebhook(one, env),
    examples: [
      'webhook change wh_01… --url https://new.example.org/in',
      'webhook change wh_01… --event verification.success --event verification.failure',
      'webhook change wh_01… --ca none --header none',
    ],
    notes: '--event and --header replace the present list: what is not named is removed.',
  }),
  enable: call('POST /api/admin/webhooks/{id}/enable', {
    on: 'world',
    args: { id },
    about: 'switch a webhook on again; waiting deliveries are sent',
    text: ({ id }, _, { next }) =>
      `${id} receives events again. What happened while it was disabled: ${next(`webhook replay ${id} --since …`)}`,
    examples: ['webhook enable wh_01…'],
  }),
  disable: call('POST /api/admin/webhooks/{id}/disable', {
    on: 'world',
    args: { id },
    about: 'switch a webhook off; its deliveries wait as long as their retries last',
    fields: { reason: initially('by an operator', value('<text>', 'reason, shown in the list')) },
    text: ({ id }) => `${id} receives nothing until it is enabled again.`,
    examples: ['webhook disable wh_01… --reason "maintenance until Monday"'],
  }),
  rotate: call('POST /api/admin/webhooks/{id}/rotate', {
    on: 'world',
    args: { id },
    about: 'create a new secret, shown only now; the old one keeps working for a while',
    fields: {
      overlapSeconds: initially(
        '24h',
        value('--overlap <time>', 'how long the old secret still signs: 7d, 12h, 30m, 0', readDuration),
      ),
    },
    text: (made, _, { env }) =>
      [
        describeWebhook(made, env, made.secret),
        '',
        notShownAgain,
        ...(made.cutOverAt === undefined
          ? []
          : ['Give the receiver both secrets; after that time the old one signs nothing.']),
      ].join('\n'),
    examples: ['webhook rotate wh_01…', 'webhook rotate wh_01… --overlap 0 --json'],
    notes: `Until then webhook-signature carries both signatures, the new one first; another signature is the old secret’s, with the new
secret’s in the header of the same name with -next.`,
  }),
  remove: call('DELETE /api/admin/webhooks/{id}', {
    on: 'world',
    args: { id },
    about: 'remove a webhook and its secret; its deliveries stay in the log',
    confirm: {
      option: '--confirm <host>',
      about: 'the host of its address, with the port where there is one; for callbacks the family',
      async word({ id }, { realm }) {
        const { open, query } = await realm();
        const all = await allPages((page) =>
          replyOf(open.admin.GET('/api/admin/webhooks', { params: { query: { ...query, ...page } } })),
        );
        // One whose row is so damaged that it cannot be shown has no host to name.
        const found = all.find((one) => one.id === id);
        const name = found && nameOf(found);
        return name === undefined
          ? undefined
          : [
              name,
              `Its secret cannot be restored, and its waiting deliveries are dropped. Nothing was removed yet. To confirm: --confirm ${name}`,
            ];
      },
    },
    json: (_, { id }) => ({ removed: id }),
    text: (_, { id }) => `${id} is removed.`,
    examples: ['webhook remove wh_01… --confirm hooks.example.org'],
  }),
  catalog: call('GET /api/admin/webhooks/catalog', {
    args: { event: value('[event]', 'one event, with a body as it is sent') },
    about: 'all events, and when each is sent',
    ask: () => ({}),
    json: ({ items }, { event }) => (event === undefined ? { items } : eventIn(items, event)),
    text({ items }, { event: name }) {
      if (name === undefined) {
        const rows = items.map((one) => [one.name, one.fires ? 'yes' : 'not yet', one.when]);
        return table(['event', 'fires', 'when'], rows, 'There is no event.');
      }
      const { sample, when, fires, family } = eventIn(items, name);
      const head = facts([
        ['event', name],
        ['family', family],
        ['when', when],
        ['fires', fires ? 'yes' : 'not sent in this version'],
      ]);
      return `${head}\n\n${JSON.stringify(sample, null, 2)}`;
    },
    examples: ['webhook catalog', 'webhook catalog identity.verification.success'],
  }),
  test: call('POST /api/admin/webhooks/{id}/test', {
    on: 'world',
    args: { id },
    about: 'send the catalog’s sample of an event now, once; exit code 1 when it was not accepted',
    fields: { event: value('<name>', 'which event (default: the first that it receives)') },
    text: describeDelivery,
    failed: ({ state }) => state.is !== 'delivered',
    examples: ['webhook test wh_01…', 'webhook test wh_01… --event user.enrolled'],
  }),
  deliveries: list('GET /api/admin/deliveries', {
    on: 'world',
    about: 'sent and waiting deliveries, newest first',
    fields: {
      endpoint: value('--webhook <id>', 'only to this webhook'),
      event: value('<id>', 'only of this event, which receivers see as webhook-id'),
      state: choice('<state>', 'only deliveries in this state', [
        'waiting',
        'delivered',
        'failed',
        'dropped',
      ]),
    },
    limit: 50,
    rows: {
      delivery: 'id',
      made: 'createdAt',
      webhook: 'endpoint',
      event: 'name',
      origin: 'origin',
      attempts: 'attempts',
      state: describeDeliveryState,
    },
    empty: ({ limit: _, ...filter }, { env }) =>
      Object.keys(filter).length > 0
        ? `There is no such delivery in the ${env} world.`
        : `Nothing was sent in the ${env} world, and nothing waits there.`,
    examples: [
      'webhook deliveries --state failed',
      'webhook deliveries --webhook wh_01… --limit 1000 --json',
    ],
  }),
  delivery: call('GET /api/admin/deliveries/{id}', {
    on: 'world',
    args: { id: delivery },
    about: 'one delivery with each attempt: what was sent, what was answered (audited)',
    text: describeDelivery,
    examples: ['webhook delivery dlv_01…'],
  }),
  resend: call('POST /api/admin/deliveries/{id}/resend', {
    on: 'world',
    args: { id: delivery },
    about: 'send one delivery again, with the same webhook-id',
    text: ({ id }, _, { next }) =>
      `It is on its way as ${id}. How it went: ${next(`webhook delivery ${id}`)}`,
    examples: ['webhook resend dlv_01…'],
  }),
  replay: call('POST /api/admin/webhooks/{id}/replay', {
    on: 'world',
    args: { id },
    about: 'send every event since a time (at most 30 days) again, in order, with the same webhook-ids',
    fields: {
      since: needed(value('<date>', 'from then on: 2026-11-20 or 2026-11-20T08:00:00Z', readStart)),
      until: value('<date>', 'before then (default: until now)', readMoment),
    },
    text: ({ deliveries }, { id }) => `${count(deliveries, 'event is', 'events are')} on the way to ${id}.`,
    examples: ['webhook replay wh_01… --since 2026-11-20T08:00:00Z'],
  }),
});

function eventIn<One extends { name: string }>(items: readonly One[], name: string): One {
  const found = items.find((one) => one.name === name);
  if (found) return found;
  throw new UsageError(`There is no event ${name}. All there are: ${invocation} webhook catalog`);
}

/** Next step for a webhook that accepts nothing. */
function whatNext({ id, kind, state, failingSince }: Webhook, next: (words: string) => string): string[] {
  if (state.is === 'disabled') return ['', `Send to it again: ${next(`webhook enable ${id}`)}`];
  if (failingSince === undefined && kind === 'callback')
    return [
      '',
      `The receiver checks each callback with its secret. It is shown only when it is rotated: ${next(`webhook rotate ${id}`)}`,
    ];
  if (failingSince === undefined) return [];
  const log = next(`webhook deliveries --webhook ${id}`);
  return ['', `After five days without an accepted delivery it is disabled. What came back: ${log}`];
}
