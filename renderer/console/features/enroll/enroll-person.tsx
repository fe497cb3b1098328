import { useQuery } from '@tanstack/react-query';
import { lazy, Suspense, useState } from 'react';
import { Button } from '../../../ui/controls/index.ts';
import { FileChoice } from '../../../ui/forms/index.ts';
import { Card, Row, Stack } from '../../../ui/layout/index.ts';
import { useStrings } from '../../../ui/strings/index.ts';
import { api, organizationQuery, read, useWorld } from '../../data.ts';
import { Refused } from '../../operations.ts';
import { useRefusalWords } from '../../reasons/refusal-words.tsx';
import type { EnrolledPerson, EnrollRequest } from './enroll-pictures.ts';
import { EnrollResult } from './enroll-result.tsx';
import { enrollStrings } from './strings.ts';
import { WhoForm } from './who-form.tsx';

/** Loaded when it is needed: most enrollments of a console are by file. */
const Camera = lazy(() =>
  import('../../../capture/camera/camera.tsx').then((module) => ({ default: module.Camera })),
);

type By = 'camera' | 'files';
type Step =
  /** `another`: not the person that is known already. */
  | { is: 'who'; request?: EnrollRequest; another?: true }
  | { is: By; request: EnrollRequest }
  | { is: 'result'; request: EnrollRequest; pictures: readonly Blob[]; by: By };

const PICTURES = 3;

/** Who, then pictures, then what became of each. `known`: who it is, if that is known. `then`: what an assistant goes on with. */
export function EnrollPerson({
  known,
  begun,
  then,
}: {
  known?: EnrollRequest | undefined;
  /** The page says less about it from now on, or more again. */
  begun?(is: boolean): void;
  then?(person: EnrolledPerson, by: By): void;
}) {
  const [step, setStep] = useState<Step>({ is: 'who' });
  const organization = useQuery(organizationQuery);
  const text = useQuery(read('/api/admin/consent-text'));
  const go = (next: Step) => {
    setStep(next);
    begun?.(next.is !== 'who');
  };
  return (
    <>
      {organization.error && <Refused of={organization} />}
      <Refused of={text} />
      {organization.data && text.data && step.is === 'who' && (
        <WhoForm
          text={text.data}
          language={organization.data.consentLanguage}
          withConsent={organization.data.consentPolicy === 'with-call'}
          before={step.request ?? (step.another ? undefined : known)}
          next={(request, by) => go({ is: by, request })}
        />
      )}
      {(step.is === 'camera' || step.is === 'files') && (
        <Pictures
          by={step.is}
          request={step.request}
          back={() => go({ is: 'who', request: step.request })}
          taken={(pictures) => go({ is: 'result', request: step.request, pictures, by: step.is })}
        />
      )}
      {step.is === 'result' && (
        <EnrollResult
          request={step.request}
          pictures={step.pictures}
          next={() => go({ is: 'who', another: true })}
          retry={() => go({ is: step.by, request: step.request })}
          then={then && ((person) => then(person, step.by))}
        />
      )}
    </>
  );
}

function Pictures({
  by,
  request,
  back,
  taken,
}: {
  by: By;
  request: EnrollRequest;
  back(): void;
  taken(pictures: readonly Blob[]): void;
}) {
  const t = useStrings(enrollStrings);
  const env = useWorld();
  const wordsOf = useRefusalWords();
  return (
    <Card title={t('cameraTitle', { email: request.email })} gap={16}>
      {by === 'files' ? (
        <PictureFiles chosen={taken} />
      ) : (
        <Suspense>
          <Camera
            count={PICTURES}
            openCapture={() => api.post('/api/admin/captures', { env })}
            onPictures={taken}
            wordsOf={wordsOf}
          />
        </Suspense>
      )}
      <Row>
        <Button onClick={back}>{t('back')}</Button>
      </Row>
    </Card>
  );
}

const MOST = 5;
const formats = 'image/jpeg,image/png,image/webp,image/heic,image/heif,image/avif';

/** Pictures of one person from files, at most five. */
function PictureFiles({ chosen }: { chosen(pictures: readonly File[]): void }) {
  const t = useStrings(enrollStrings);
  const [files, setFiles] = useState<File[]>([]);
  return (
    <Stack>
      <FileChoice
        multiple
        accept={formats}
        label={t('files')}
        description={t('filesHint')}
        value={files}
        onChange={(picked) => setFiles(picked.slice(0, MOST))}
      />
      <Row>
        <Button kind="primary" disabled={files.length === 0} onClick={() => chosen(files)}>
          {t('enrollNow')}
        </Button>
        {files.length > 0 && <span className="small muted">{t('dropped', { count: files.length })}</span>}
      </Row>
    </Stack>
  );
}
