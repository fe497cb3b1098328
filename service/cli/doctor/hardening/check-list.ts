/** The lines of `doctor --hardening` and of docs/HARDENING.md, by id: their name, and why they matter. */
export const checkList = {
  account: [
    'account of the service',
    'An account of its own, without a way to sign in, has only what it needs: what takes over the service gets no more.',
  ],
  privileges: ['privileges', 'Without capabilities a fault in the service does not become root.'],
  'system-calls': [
    'system calls',
    'A filter keeps most of the kernel out of reach of code that was injected.',
  ],
  unit: ['unit', 'The restrictions of the unit hold for the next start; a drop-in can undo each of them.'],
  umask: ['umask', 'New files of the data directory are then readable by the service alone.'],
  'data-modes': [
    'data directory',
    'Who can read it can copy it, and who can write it can change what is verified.',
  ],
  'settings-modes': [
    'settings',
    'The service must not be able to change its own limits, and other accounts must not read paths and addresses.',
  ],
  passphrase: [
    'master key',
    'The master key opens every template and every backup: a stolen disk must not hold it.',
  ],
  'core-limit': ['core files', 'A core file is the memory of the service: keys, names and faces.'],
  'core-pattern': ['core pattern', 'A program that collects cores can get the memory in spite of the limit.'],
  swap: ['swap', 'Memory that is written to a disk outlives the erasure of a person.'],
  tls: ['encryption', 'Pictures of faces and API keys go over this connection.'],
  'second-factor': ['second factor', 'A password alone can be guessed, read along or reused.'],
  'four-eyes': ['four eyes', 'One administrator alone could erase or export all people.'],
  setup: ['setup', 'While there is no owner, a browser with the setup token can become the owner.'],
  backups: ['backups', 'Without a backup, a lost disk means that everyone has to be enrolled again.'],
  drill: ['restore drill', 'A backup that was never restored may not work.'],
  'key-copies': [
    'copies of the key store',
    'No backup opens without the key store; a copy on the same disk is lost with it.',
  ],
  audit: ['audit log', 'A cut or changed log hides what was done.'],
  clock: ['clock', 'Erasure by terms, tokens, certificates and the order of the log rest on the time.'],
  'release-keys': [
    'release keys',
    'Without a public key that was compared, any package counts as an update or none does.',
  ],
  models: ['model manifest', 'Other models, or other thresholds, verify other people.'],
  disk: ['disk space', 'A full disk stops enrollment and verification.'],
  updates: ['updates', 'Faults that were found are mended in newer versions.'],
  log: [
    'log',
    'A log that others can read shows who was verified when; one that is thrown away shows nothing.',
  ],
} as const satisfies Readonly<Record<string, readonly [what: string, why: string]>>;

export type CheckId = keyof typeof checkList;
