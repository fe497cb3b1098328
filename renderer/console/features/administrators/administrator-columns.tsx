import { Badge, RelativeTime } from '../../../ui/controls/index.ts';
import { useFormat, useStrings } from '../../../ui/strings/index.ts';
import { type Columns, TwoLines } from '../../../ui/tables/index.ts';
import type { Schemas } from '../../data.ts';
import { stateOf } from './administrator-state.ts';
import { administratorStrings } from './strings.ts';

export type Administrator = Schemas['Administrator'];

/** `context`: the id of the reader. */
export const administratorColumns: Columns<Administrator, typeof administratorStrings, string> = [
  {
    id: 'name',
    csv: { name: 'administrator', email: 'email' },
    header: 'administrator',
    cell: ({ id, name, email }, { t, context: own }) => (
      <TwoLines second={email}>
        <b>{name}</b> {id === own && <span className="muted">({t('you')})</span>}
      </TwoLines>
    ),
  },
  { id: 'state', csv: 'disabledAt', priority: 2, cell: (one) => <State of={one} /> },
  {
    id: 'role',
    priority: 2,
    cell: ({ role, applianceOwner }, { t }) => (
      <TwoLines second={applianceOwner ? t('applianceOwner') : undefined}>{t(role)}</TwoLines>
    ),
  },
  { id: 'factors', csv: 'passkeys', priority: 2, cell: (one) => <Factors of={one} /> },
  {
    id: 'lastSignIn',
    csv: 'lastSignInAt',
    priority: 2,
    cell: ({ lastSignInAt }, { t }) =>
      lastSignInAt === undefined ? (
        <span className="muted">{t('never')}</span>
      ) : (
        <RelativeTime at={lastSignInAt} />
      ),
  },
  { id: 'created', csv: 'createdAt', priority: 3, cell: ({ createdAt }) => <RelativeTime at={createdAt} /> },
];

function Factors({ of }: { of: Administrator }) {
  const t = useStrings(administratorStrings);
  const format = useFormat();
  if (of.passkeys === 0 && of.factorDueAt)
    return <TwoLines second={t('due', { date: format.date(of.factorDueAt) })}>{t('noFactor')}</TwoLines>;
  return (
    <TwoLines second={t('codesLeft', { count: of.recoveryCodes })}>
      {t('passkeys', { count: of.passkeys })}
    </TwoLines>
  );
}

/** `withRole`: where the column of the role is hidden. */
export function State({ of, withRole = false }: { of: Administrator; withRole?: boolean }) {
  const t = useStrings(administratorStrings);
  return (
    <>
      <StateBadge of={of} /> {withRole && t(of.role)}
    </>
  );
}

const states = {
  active: ['ok', 'active'],
  invited: ['info', 'invited'],
  'no-factor': ['warn', 'noFactor'],
  disabled: ['outline', 'disabled'],
  altered: ['bad', 'altered'],
} as const;

function StateBadge({ of }: { of: Administrator }) {
  const t = useStrings(administratorStrings);
  const [kind, word] = states[stateOf(of)];
  return <Badge kind={kind}>{t(word)}</Badge>;
}
