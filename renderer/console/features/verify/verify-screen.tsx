import { useQuery } from '@tanstack/react-query';
import { createLazyRoute } from '@tanstack/react-router';
import { lazy, Suspense, useState } from 'react';
import { Button } from '../../../ui/controls/index.ts';
import { FileChoice } from '../../../ui/forms/index.ts';
import { Card, Page, Row, Stack } from '../../../ui/layout/index.ts';
import { useStrings } from '../../../ui/strings/index.ts';
import { api, read, useWorld } from '../../data.ts';
import { Refused } from '../../operations.ts';
import { type Claimed, ClaimedPerson, nameOf } from './claimed-person.tsx';
import { verifyStrings } from './strings.ts';
import { VerifyResult } from './verify-result.tsx';

export const Route = createLazyRoute('/verify')({ component: VerifyScreen });

const Camera = lazy(() =>
  import('../../../capture/camera/camera.tsx').then((module) => ({ default: module.Camera })),
);

type By = 'camera' | 'file';
/** `claimed`: the one person to compare with; absent: all. */
type Step =
  | { is: 'who'; claimed?: Claimed }
  | { is: By; claimed?: Claimed }
  | { is: 'result'; claimed?: Claimed; picture: Blob; by: By };

function VerifyScreen() {
  const env = useWorld();
  const { person } = Route.useSearch();
  return <Verify key={`${env} ${person}`} person={person} />;
}

function Verify({ person: id }: { person: string | undefined }) {
  const t = useStrings(verifyStrings);
  const env = useWorld();
  const [step, setStep] = useState<Step>();
  const person = useQuery({
    ...read('/api/admin/subjects/{id}', { id: id ?? '', env }),
    enabled: id !== undefined,
  });
  const at: Step = step ?? { is: 'who', ...(person.data && { claimed: person.data }) };
  const same = at.claimed && { claimed: at.claimed };
  return (
    <Page title={t('title')} lead={at.is === 'who' ? t('lead') : undefined} reading={at.is !== 'result'}>
      <Refused of={person} />
      {at.is === 'who' && !person.isLoading && (
        <ClaimedPerson
          before={at.claimed}
          next={(claimed, by) => setStep({ is: by, ...(claimed && { claimed }) })}
        />
      )}
      {(at.is === 'camera' || at.is === 'file') && (
        <Card
          title={at.claimed ? t('cameraTitle', { name: nameOf(at.claimed) }) : t('cameraTitleAll')}
          gap={16}
        >
          <Picture by={at.is} taken={(picture) => setStep({ is: 'result', ...same, picture, by: at.is })} />
          <Row>
            <Button onClick={() => setStep({ is: 'who', ...same })}>{t('back')}</Button>
          </Row>
        </Card>
      )}
      {at.is === 'result' && (
        <VerifyResult
          claimed={at.claimed}
          picture={at.picture}
          again={() => setStep({ is: at.by, ...same })}
          another={() => setStep({ is: 'who' })}
        />
      )}
    </Page>
  );
}

const formats = 'image/jpeg,image/png,image/webp,image/heic,image/heif,image/avif';

function Picture({ by, taken }: { by: By; taken(picture: Blob): void }) {
  const t = useStrings(verifyStrings);
  const env = useWorld();
  const [file, setFile] = useState<File | null>(null);
  if (by === 'camera')
    return (
      <Suspense>
        <Camera
          count={1}
          openCapture={() => api.post('/api/admin/captures', { env })}
          onPictures={([picture]) => picture && taken(picture)}
        />
      </Suspense>
    );
  return (
    <Stack>
      <FileChoice
        accept={formats}
        label={t('file')}
        description={t('fileHint')}
        value={file}
        onChange={setFile}
      />
      <Row>
        <Button kind="primary" disabled={file === null} onClick={() => file && taken(file)}>
          {t('verifyNow')}
        </Button>
      </Row>
    </Stack>
  );
}
