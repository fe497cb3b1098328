import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { Badge, Button, RelativeTime } from '../../../ui/controls/index.ts';
import { Card, ConfirmDialog, Row, Stack, toast } from '../../../ui/layout/index.ts';
import { useStrings } from '../../../ui/strings/index.ts';
import { auth, type OwnFace as Face } from '../../api/auth.ts';
import { api, useSession } from '../../data.ts';
import { AskedOperation, Refused, RunCommand, useOperation } from '../../operations.ts';
import { securityStrings } from './strings.ts';

const faceKey = ['own-face'];

/** The face of the reader, where the organization allows one; an owner switches that here. */
export function OwnFace({ enroll }: { enroll(consent: Face['consent']): void }) {
  const t = useStrings(securityStrings);
  const { user } = useSession();
  const { data, error, refetch } = useQuery({ queryKey: faceKey, queryFn: () => auth.face() });
  const passkeys = useQuery({ queryKey: ['own-passkeys'], queryFn: () => auth.passkeys() });
  const owner = user.role === 'owner';
  if (data && !data.allowed && !owner) return null;
  return (
    <Card
      title={t('face')}
      actions={
        data && (
          <Badge kind={data.enrolled ? 'ok' : 'outline'}>
            {t(data.enrolled ? 'faceEnrolled' : data.allowed ? 'faceNotEnrolled' : 'faceNotAllowed')}
          </Badge>
        )
      }
    >
      <Refused of={{ error, refetch }} />
      {data && (
        <Stack gap={12}>
          <p className="small muted">{t('faceText')}</p>
          {data.allowed && (
            <Own face={data} hasPasskey={passkeys.data?.length !== 0} enroll={() => enroll(data.consent)} />
          )}
          {owner && <Switch allowed={data.allowed} />}
        </Stack>
      )}
    </Card>
  );
}

function Own({
  face: { enrolled },
  hasPasskey,
  enroll,
}: {
  face: Face;
  hasPasskey: boolean;
  enroll(): void;
}) {
  const t = useStrings(securityStrings);
  if (!hasPasskey) return <p>{t('faceNeedsPasskey')}</p>;
  if (!enrolled)
    return (
      <Row>
        <Button onClick={enroll}>{t('enrollFace')}</Button>
      </Row>
    );
  const { createdAt, lastUsedAt, textVersion } = enrolled;
  return (
    <>
      <p>
        {t.rich('faceSince', { time: <RelativeTime at={createdAt} /> })}{' '}
        {lastUsedAt === undefined
          ? t('faceNeverUsed')
          : t.rich('faceUsed', { time: <RelativeTime at={lastUsedAt} /> })}{' '}
        {t.rich('faceAgreed', { version: <span className="mono">{textVersion}</span> })}
      </p>
      <Row>
        <Button onClick={enroll}>{t('enrollFaceAgain')}</Button>
        <RemoveFace />
      </Row>
    </>
  );
}

function RemoveFace() {
  const t = useStrings(securityStrings);
  return (
    <AskedOperation
      button={{ kind: 'dangerQuiet' }}
      run={() => auth.removeFace()}
      toast={t('faceRemoved')}
      refresh={['own-face']}
      danger
      title={t('removeFaceTitle')}
      confirmLabel={t('removeFace')}
      cancelLabel={t('keepFace')}
      refusal={t('faceNotRemoved')}
    >
      {t('removeFaceText')}
    </AskedOperation>
  );
}

/** Of the organization: each change asks for a fresh second factor. */
function Switch({ allowed }: { allowed: boolean }) {
  const t = useStrings(securityStrings);
  const [asking, setAsking] = useState(false);
  const change = useOperation(
    () => api.put('/api/admin/organization/face-factor', {}, { allowed: !allowed }),
    {
      refresh: ['own-face', 'organization'],
      done: (reply) => {
        setAsking(false);
        toast(t(reply.allowed ? 'facesOn' : 'facesOff'), {
          ...(reply.removed > 0 && { text: t('facesRemoved', { count: reply.removed }) }),
        });
      },
    },
  );
  const failed = change.error && <Refused of={change} title={t('facesNotSwitched')} />;
  return (
    <>
      {!asking && failed}
      <Row>
        <Button
          kind={allowed ? 'dangerQuiet' : 'quiet'}
          busy={change.isPending && !asking}
          onClick={() => (allowed ? setAsking(true) : change.mutate())}
        >
          {t(allowed ? 'switchFacesOff' : 'switchFacesOn')}
        </Button>
      </Row>
      <ConfirmDialog
        opened={asking}
        danger
        title={t('switchFacesOffTitle')}
        confirmLabel={t('switchFacesOff')}
        busy={change.isPending}
        failed={failed}
        onConfirm={() => change.mutate()}
        onCancel={() => setAsking(false)}
      >
        {t('switchFacesOffText')}
        <RunCommand run={change.run} />
      </ConfirmDialog>
    </>
  );
}
