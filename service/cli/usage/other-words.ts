/** Nouns of other programs, and the command here. */
export const otherNouns: ReadonlyMap<string, string> = new Map(
  Object.entries({
    user: 'subject',
    users: 'subject',
    person: 'subject',
    people: 'subject',
    face: 'subject',
    faces: 'subject',
    identity: 'subject',
    identities: 'subject',
    tenant: 'org',
    tenants: 'org',
    apikey: 'key',
    apikeys: 'key',
    'api-key': 'key',
    'api-keys': 'key',
    token: 'key',
    tokens: 'key',
    location: 'site',
    locations: 'site',
    hook: 'webhook',
    hooks: 'webhook',
    destination: 'grant',
    permission: 'grant',
    rate: 'limits',
    queue: 'jobs',
    log: 'audit tail',
    logs: 'audit tail',
    history: 'audit tail',
    status: 'doctor',
    health: 'doctor',
    diagnose: 'doctor',
    run: 'start',
    up: 'start',
    upgrade: 'migrate',
    passphrase: 'master set-passphrase',
    password: 'master set-passphrase',
    swagger: 'openapi',
    setup: 'init',
  }),
);

/** Verbs that say the same; a command of one noun may bear any of a line. */
const verbs: readonly (readonly string[])[] = [
  ['add', 'create', 'new', 'make', 'register', 'enroll', 'record', 'place'],
  ['remove', 'delete', 'rm', 'del', 'erase', 'revoke', 'release', 'withdraw', 'destroy'],
  ['list', 'ls', 'all', 'search'],
  ['show', 'get', 'info', 'describe', 'view', 'inspect', 'read', 'cat'],
  ['set', 'change', 'update', 'edit', 'modify', 'restrict'],
  ['rotate', 'renew', 'regenerate'],
  ['verify', 'check', 'validate'],
];

/** The other verbs of its line. */
export const otherVerbs = (verb: string): string[] =>
  verbs.filter((line) => line.includes(verb)).flatMap((line) => line.filter((one) => one !== verb));

/** Options of other programs, and those here that may be meant. */
export const otherOptions: Readonly<Record<string, readonly string[]>> = {
  '--environment': ['--env'],
  '--world': ['--env', '--test'],
  '--sandbox': ['--test'],
  '--trial': ['--test'],
  '--mail': ['--email'],
  '--address': ['--email', '--host'],
  '--bind': ['--host'],
  '--listen': ['--host'],
  '--dir': ['--data'],
  '--directory': ['--data'],
  '--data-dir': ['--data'],
  '--output': ['--out'],
  '--tenant': ['--org'],
  '--max': ['--limit'],
  '--count': ['--limit'],
  '--top': ['--limit'],
  '--permissions': ['--scopes'],
  '--cert': ['--tls-cert'],
  '--key': ['--tls-key'],
  '--database': ['--database-url'],
  '--db': ['--database-url'],
  '--force': ['--yes'],
  '--format': ['--json'],
};
