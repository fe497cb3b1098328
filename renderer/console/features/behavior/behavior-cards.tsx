import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { Card, KeyValues, Stack } from '../../../ui/layout/layout.tsx';
import { useStrings } from '../../../ui/strings/use-strings.ts';
import { admin, replyOf } from '../../api/admin.ts';
import { LoadFailed } from '../../load-failed.tsx';
import { managers } from '../../screen-data.ts';
import { useSession, useWorld } from '../../session/session-query.ts';
import { behaviorStrings } from './strings.ts';

const MOST = 200;

export function Thresholds() {
  const t = useStrings(behaviorStrings);
  return (
    <Card title={t('thresholds')}>
      <KeyValues
        entries={[
          [t('humanAt'), t('humanFrom')],
          [t('borderline'), t('borderlineText')],
          [t('anomaly'), t('anomalyText')],
          [t('block'), t('blockText')],
        ]}
      />
    </Card>
  );
}

/** The keys that may ask, and from which pages. */
export function Keys() {
  const t = useStrings(behaviorStrings);
  const env = useWorld();
  const { user } = useSession();
  const query = useQuery({
    queryKey: ['keys', 'all'],
    queryFn: ({ signal }) =>
      replyOf(admin.GET('/api/admin/keys', { params: { query: { limit: MOST } }, signal })),
  });
  const keys = query.data?.items.filter(
    (key) => key.env === env && key.scopes.includes('behavior') && key.revokedAt === undefined,
  );
  return (
    <Card
      title={t('keys')}
      actions={
        managers.includes(user.role) && (
          <Link to="/keys/new" className="small">
            {t('createKey')}
          </Link>
        )
      }
    >
      {query.error && <LoadFailed error={query.error} retry={() => void query.refetch()} />}
      {keys?.length === 0 && <p className="small muted">{t('keysNone')}</p>}
      <Stack gap={12}>
        {keys?.map(({ id, name, prefix, hint, origins }) => (
          <div key={id} className="small">
            <b>{name || t('unnamedKey', { hint: `${prefix}_…${hint}` })}</b>
            {origins.length === 0 ? (
              <div className="muted">{t('anyOrigin')}</div>
            ) : (
              origins.map((origin) => (
                <div key={origin}>
                  <code>{origin}</code>
                </div>
              ))
            )}
          </div>
        ))}
      </Stack>
    </Card>
  );
}
