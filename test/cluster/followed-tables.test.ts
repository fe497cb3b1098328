import { expect, test } from 'vitest';
import { followedTables } from '../../service/compose/follow-changes.ts';
import { tablesMadeBy } from '../../service/storage/migrate.ts';
import { migrations } from '../../service/storage/migrations/index.ts';

/** Of these no node keeps anything in memory: each use reads its row. */
const readEachTime = [
  ...['administrator', 'administrator_face', 'administrator_session', 'approval', 'one_time_code', 'passkey'],
  ...[
    'passkey_challenge',
    'recovery_code',
    'sign_in_failure',
    'sign_in_ticket',
    'operator_pin',
    'setup',
    'token_use',
  ],
  ...[
    'alert',
    'mail_recipient',
    'sent_mail',
    'audit',
    'audit_checkpoint',
    'backup_drill',
    'backup_plan',
    'backup_run',
  ],
  ...['behavior_challenge', 'behavior_session', 'behavior_tally', 'behavior_verdict', 'behavior_window'],
  ...[
    'claim',
    'consent_text',
    'delivery_attempt',
    'distinct_people',
    'erasure',
    'erasure_node',
    'known_node',
  ],
  ...[
    'flow',
    'former_address',
    'idempotent_reply',
    'legal_hold',
    'live_frame',
    'live_movement',
    'organization_logo',
  ],
  ...['outbox', 'relying_order', 'retention_sweep', 'review_item', 'review_picture', 'review_vote', 'site'],
  ...['uniqueness_member', 'uniqueness_scope', 'uniqueness_wait', 'verification'],
];

/** What is in memory of these is right whatever other nodes write. */
const ownOfTheNode: Record<string, string> = {
  delivery: 'rows that this node has claimed, which no other sends',
  kiosk: 'sessions of devices that were opened here; the row is read with each of their requests',
  live_session: 'sessions in front of a camera here; their end is decided by the row',
  model_part: 'files that are known by their hash, and fetched for an import',
  recurring_work: 'works that this node has claimed',
  usage_counter: 'counts read back with each write, and months that are counted in the database',
};

/** Read each time, anew with the person they belong to, or in the turn of a decision (docs/decisions/0055-several-nodes.md). */
const withOthers = ['consent', 'consent_withdrawal', 'provisional_template', 'refused_picture'];

test('each table is followed by what keeps it in memory, or is named here with the reason why none follows it', () => {
  const known = [
    ...Object.keys(followedTables),
    ...readEachTime,
    ...Object.keys(ownOfTheNode),
    ...withOthers,
  ];
  const tables = tablesMadeBy(migrations).map(({ name }) => name);
  expect(tables.filter((table) => !known.includes(table))).toEqual([]);
  expect(known.filter((table) => !tables.includes(table))).toEqual([]);
});
