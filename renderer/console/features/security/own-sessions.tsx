import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useMemo } from 'react';
import { Badge } from '../../../ui/badges/badge.tsx';
import { RelativeTime } from '../../../ui/badges/relative-time.tsx';
import { Button } from '../../../ui/controls/button.tsx';
import { toast } from '../../../ui/feedback/toasts.tsx';
import { Card } from '../../../ui/layout/layout.tsx';
import { useStrings } from '../../../ui/strings/use-strings.ts';
import type { Column } from '../../../ui/tables/column.ts';
import { DataTable } from '../../../ui/tables/data-table.tsx';
import { auth, type OwnSession } from '../../api/auth.ts';
import { LoadFailed } from '../../load-failed.tsx';
import { useSignOut } from '../../session/use-sign-out.ts';
import { nameDevice } from './name-device.ts';
import styles from './security.module.css';
import { securityStrings } from './strings.ts';

export function OwnSessions() {
  const t = useStrings(securityStrings);
  const queryClient = useQueryClient();
  const signOut = useSignOut();
  const { data, error, refetch } = useQuery({ queryKey: ['own-sessions'], queryFn: () => auth.sessions() });
  const end = useMutation({
    async mutationFn(sessions: readonly OwnSession[]) {
      for (const { id } of sessions) await auth.endSession(id);
      return sessions.length;
    },
    onSuccess: (count) => toast(t('sessionsEnded', { count })),
    // Some may have ended before one was refused.
    onSettled: () => queryClient.invalidateQueries({ queryKey: ['own-sessions'] }),
  });
  const others = (data ?? []).filter(({ current }) => !current);
  return (
    <Card
      title={t('sessions')}
      actions={
        others.length > 1 && (
          <Button busy={end.isPending} onClick={() => end.mutate(others)}>
            {t('endOthers')}
          </Button>
        )
      }
      flush
    >
      {end.error && <LoadFailed error={end.error} title={t('notEnded')} />}
      <div className={styles.flush}>
        <DataTable
          label={t('sessions')}
          columns={useColumns()}
          rows={data}
          rowId={({ id }) => id}
          rowName={({ device, source }) => nameDevice(device) ?? source}
          secondLine={({ source, lastSeenAt }) => (
            <>
              {source}, <RelativeTime at={lastSeenAt} />
            </>
          )}
          failed={error ? <LoadFailed error={error} retry={() => void refetch()} /> : undefined}
          actions={(session) => [
            session.current
              ? { label: t('signOut'), onClick: () => void signOut() }
              : { label: t('endSession'), danger: true, onClick: () => end.mutate([session]) },
          ]}
        />
      </div>
    </Card>
  );
}

function useColumns(): readonly Column<OwnSession>[] {
  const t = useStrings(securityStrings);
  return useMemo(
    () => [
      {
        id: 'device',
        header: t('device'),
        cell: ({ device, current }) => (
          <>
            <b title={device}>{nameDevice(device) ?? t('unknownDevice')}</b>{' '}
            {current && <Badge kind="info">{t('thisOne')}</Badge>}
          </>
        ),
      },
      { id: 'source', header: t('address'), priority: 2, cell: ({ source }) => <code>{source}</code> },
      {
        id: 'seen',
        header: t('lastSeen'),
        priority: 2,
        cell: ({ lastSeenAt }) => <RelativeTime at={lastSeenAt} />,
      },
      {
        id: 'began',
        header: t('began'),
        priority: 3,
        cell: ({ createdAt }) => <RelativeTime at={createdAt} />,
      },
    ],
    [t],
  );
}
