import { IconCpu, IconDatabase, IconDatabaseExport, IconEye, type TablerIcon } from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import type { ReactNode } from 'react';
import { Badge, Maturity } from '../../../ui/badges/badge.tsx';
import { Card } from '../../../ui/layout/layout.tsx';
import { useStrings } from '../../../ui/strings/use-strings.ts';
import { admin, replyOf, type Schemas } from '../../api/admin.ts';
import { useSession } from '../../session/session-query.ts';
import styles from './overview.module.css';
import { overviewStrings } from './strings.ts';

/** State of the box: liveness for every role, the rest for appliance owners. */
export function ThisBox({ overview: { liveness, matchOnly } }: { overview: Schemas['Overview'] }) {
  const t = useStrings(overviewStrings);
  const { user } = useSession();
  const { data: status } = useQuery({
    queryKey: ['status'],
    queryFn: ({ signal }) => replyOf(admin.GET('/api/admin/status', { signal })),
    enabled: user.applianceOwner,
  });
  return (
    <Card title={t('box')} flush>
      <ul className={styles.box}>
        <Part icon={IconEye} name={t('liveness')} text={livenessText(liveness, matchOnly, t)}>
          <LivenessBadge liveness={liveness} matchOnly={matchOnly} />
        </Part>
        {status && <StatusParts status={status} />}
      </ul>
    </Card>
  );
}

const livenessText = (
  { installed, set }: Schemas['LivenessLayer'],
  matchOnly: boolean,
  t: (key: 'matchOnlyText' | 'notInstalledText') => string,
) => (matchOnly ? t('matchOnlyText') : installed ? set : t('notInstalledText'));

function LivenessBadge({
  liveness: { installed, maturity },
  matchOnly,
}: {
  liveness: Schemas['LivenessLayer'];
  matchOnly: boolean;
}) {
  const t = useStrings(overviewStrings);
  if (matchOnly) return <Badge kind="warn">{t('matchOnly')}</Badge>;
  if (!installed) return <Badge kind="warn">{t('notInstalled')}</Badge>;
  return maturity === 'proven' || maturity === 'alternate' || maturity === 'experimental' ? (
    <Maturity level={maturity} />
  ) : (
    <Badge>{maturity}</Badge>
  );
}

function StatusParts({ status: { models, inference, storage, backups } }: { status: Schemas['Status'] }) {
  const t = useStrings(overviewStrings);
  const badge = (ok: boolean) =>
    ok ? <Badge kind="ok">{t('healthy')}</Badge> : <Badge kind="warn">{t('look2')}</Badge>;
  return (
    <>
      <Part icon={IconCpu} name={t('models')} text={inference.provider}>
        {badge(models.damaged.length === 0)}
      </Part>
      <Part icon={IconDatabase} name={t('storage')} text={storage.kind}>
        {badge(storage.state === 'ok')}
      </Part>
      <Part icon={IconDatabaseExport} name={t('backup')} text={backups.warnings[0]}>
        {badge(backups.warnings.length === 0)}
      </Part>
    </>
  );
}

const Part = ({
  icon: Icon,
  name,
  text,
  children,
}: {
  icon: TablerIcon;
  name: string;
  text: string | undefined;
  children: ReactNode;
}) => (
  <li>
    <span className={styles.icon}>
      <Icon size={18} stroke={1.75} aria-hidden="true" />
    </span>
    <div>
      <b>{name}</b>
      {text !== undefined && <p className="tiny muted">{text}</p>}
    </div>
    {children}
  </li>
);
