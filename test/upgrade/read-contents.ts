import type { Directory } from './directory.ts';

/**
 * Reads what a data directory holds. Only this file of the upgrade test knows the JSON of the command and of
 * `/api/admin`: a release that changes them changes this file, and leaves every expected.json as it is.
 */
export interface Contents {
  settings: Fields;
  retention: Fields;
  keys: Fields[];
  profiles: Fields[];
  people: Fields[];
  consents: Fields;
  holds: Fields[];
  receipts: Fields[];
  sites: Fields[];
  grants: Fields[];
  webhooks: Fields[];
  deliveries: Fields[];
  recipients: string[];
  rules: Fields[];
  alerts: Fields[];
}

type Fields = Record<string, unknown>;

export interface Source {
  directory: Directory;
  /** Of the running service. */
  url: string;
  /** Live key with the scope `admin`. */
  adminKey: string;
  organization: string;
  profiles: readonly string[];
  /** Their consents and withdrawals are read. */
  person: string;
}

/** Of the live world of one organization. The service runs meanwhile. */
export async function readContents(source: Source): Promise<Contents> {
  const command = <T>(...words: string[]) => source.directory.json<T>(...words, '--org', source.organization);
  const list = async (...words: string[]) => itemsOf(await command(...words), words.join(' '));
  const admin = async (path: string) => itemsOf(await fetchAdmin(source, path), path);
  const [
    settings,
    { set: retention },
    keys,
    profiles,
    people,
    consents,
    holds,
    receipts,
    sites,
    grants,
    recipients,
  ] = await Promise.all([
    command<Fields>('org', 'show'),
    command<{ set: Fields }>('retention', 'show'),
    list('key', 'list'),
    Promise.all(source.profiles.map((slug) => command<Fields>('profile', 'show', slug))),
    list('subject', 'list'),
    command<{ consents: Fields[]; withdrawals: Fields[]; allowed: string[] }>(
      ...['consent', 'show', source.person],
    ),
    list('hold', 'list'),
    list('receipt', 'list'),
    list('site', 'list'),
    list('grant', 'list', '--all'),
    list('alert', 'recipient', 'list'),
  ]);
  const webhooks = await admin('webhooks');
  const deliveries = await admin('deliveries?limit=100');
  const rules = await admin('alert-rules');
  const alerts = await admin('alerts');
  return {
    settings: pick(settings, ['id', 'name', 'matchOnly', 'uniquenessPolicy', 'consentPolicy']),
    retention,
    keys: pickAll(keys, [
      ...['id', 'name', 'prefix', 'world', 'hint', 'scopes', 'origins', 'browser', 'cidrs', 'profiles'],
      ...['createdAt', 'expiresAt', 'revokedAt', 'altered'],
    ]),
    profiles: pickAll(profiles, ['slug', 'version', 'definition']),
    people: pickAll(people.map(toPerson), ['userId', 'email', 'name', 'enrollments', 'createdAt']),
    consents: {
      consents: pickAll(consents.consents, ['at', 'textVersion', 'purposes', 'method', 'legalBasis']),
      withdrawals: pickAll(consents.withdrawals, ['at', 'purpose']),
      allowed: consents.allowed,
    },
    holds: pickAll(holds, ['id', 'userId', 'placedAt', 'reason']),
    receipts: pickAll(receipts, ['erasure', 'subject', 'state']),
    sites: pickAll(sites, ['id', 'name', 'cidr', 'country', 'latitude', 'longitude', 'timeZone']),
    grants: pickAll(grants.map(toGrant), ['id', 'to', 'note', 'createdAt', 'revokedAt']),
    webhooks: pickAll(webhooks, [
      ...['id', 'family', 'description', 'events', 'signature', 'headers', 'state', 'createdAt'],
    ]),
    deliveries: deliveries.map((one) => ({
      ...pick(one, ['id', 'event', 'name', 'createdAt']),
      state: (one.state as { is: string }).is,
    })),
    recipients: recipients.map(({ address }) => String(address)),
    rules: pickAll(rules, [
      ...['id', 'name', 'metric', 'windowMinutes', 'threshold', 'filter', 'holdOffMinutes', 'channels'],
    ]),
    alerts: pickAll(alerts, ['id', 'rule', 'metric', 'about', 'value', 'firedAt']),
  };
}

async function fetchAdmin({ url, adminKey }: Source, path: string): Promise<Fields> {
  const reply = await fetch(`${url}/api/admin/${path}`, { headers: { 'x-api-key': adminKey } });
  if (!reply.ok) throw new Error(`GET /api/admin/${path} answered ${reply.status}: ${await reply.text()}`);
  return (await reply.json()) as Fields;
}

/** When it was revoked was a field of its own in 0.1.1. */
const toGrant = ({ revoked, ...grant }: Fields): Fields => ({
  ...grant,
  revokedAt: (revoked as { at: string } | undefined)?.at,
});

/** The id of a person was called `userId` in the list of 0.1.1. */
const toPerson = ({ id, ...person }: Fields): Fields => ({ ...person, userId: person.userId ?? id });

/** A list is `items`, or the only list of the reply. */
function itemsOf(reply: Fields, of: string): Fields[] {
  const lists = 'items' in reply ? [reply.items] : Object.values(reply).filter(Array.isArray);
  if (lists.length !== 1)
    throw new Error(`The reply of ${of} holds ${lists.length} lists: ${JSON.stringify(reply)}`);
  return (lists[0] as Fields[]).map(({ env, ...fields }) =>
    env === undefined ? fields : { world: env, ...fields },
  );
}

/** What has an id by its id, which holds its time of creation: the order of a list may differ between releases. */
export const inOrderOfIds = (contents: Contents): Contents =>
  Object.fromEntries(
    Object.entries(contents).map(([name, value]) => [
      name,
      Array.isArray(value) ? value.toSorted(compareIds) : value,
    ]),
  ) as unknown as Contents;

const idOf = ({ id, userId }: Fields) => String(id ?? userId ?? '');
const compareIds = (a: Fields, b: Fields) => idOf(a).localeCompare(idOf(b));

/** A field that is null counts as absent, at every depth. */
function withoutNulls(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutNulls);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .filter(([, one]) => one !== null)
      .map(([name, one]) => [name, withoutNulls(one)]),
  );
}

const pick = (fields: Fields, names: readonly string[]): Fields =>
  Object.fromEntries(
    names.flatMap((name) => {
      const value = fields[name] ?? undefined;
      return value === undefined ? [] : [[name, withoutNulls(value)]];
    }),
  );

const pickAll = (all: readonly Fields[], names: readonly string[]) => all.map((one) => pick(one, names));
