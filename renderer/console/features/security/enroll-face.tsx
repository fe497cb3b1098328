import { Checkbox } from '@mantine/core';
import { Suspense, useState } from 'react';
import { Button } from '../../../ui/controls/index.ts';
import { Card, Row } from '../../../ui/layout/index.ts';
import { useLanguage, useStrings } from '../../../ui/strings/index.ts';
import { auth, type FacePictures, type OwnFace } from '../../api/auth.ts';
import { Refused, useOperation } from '../../operations.ts';
import { FaceCamera } from '../../session/face-camera.tsx';
import { securityStrings } from './strings.ts';

/** The consent text, then the camera. */
export function EnrollFace({ consent, done }: { consent: OwnFace['consent']; done(): void }) {
  const t = useStrings(securityStrings);
  const { language } = useLanguage();
  const [agreed, setAgreed] = useState(false);
  const [ready, setReady] = useState(false);
  const enroll = useOperation((pictures: FacePictures) => auth.enrollFace(pictures, consent.version), {
    toast: t('faceAdded'),
    refresh: ['own-face'],
    done,
  });
  if (ready)
    return (
      <Card title={t('faceCamera')} gap={16}>
        <Refused of={enroll} title={t('faceNotAdded')} />
        <Suspense>
          <FaceCamera label={t('takeFace')} busy={enroll.isPending} take={(taken) => enroll.mutate(taken)} />
        </Suspense>
        <Row>
          <Button onClick={done}>{t('cancelFace')}</Button>
        </Row>
      </Card>
    );
  return (
    <Card title={t('faceConsent')} gap={16}>
      {consent.text[language].map((paragraph) => (
        <p key={paragraph}>{paragraph}</p>
      ))}
      <p className="small muted">{t('faceVersion', { version: consent.version })}</p>
      <Checkbox
        label={t('faceAgree')}
        checked={agreed}
        onChange={({ currentTarget }) => setAgreed(currentTarget.checked)}
      />
      <Row>
        <Button kind="primary" disabled={!agreed} onClick={() => setReady(true)}>
          {t('toCamera')}
        </Button>
        <Button onClick={done}>{t('cancelFace')}</Button>
      </Row>
    </Card>
  );
}
