import { lazy, type ReactNode, Suspense, useState } from 'react';
import { Button } from '../../../ui/controls/index.ts';
import { FileChoice } from '../../../ui/forms/index.ts';
import { Card, Row, Stack } from '../../../ui/layout/index.ts';
import { useStrings } from '../../../ui/strings/index.ts';
import { api, useWorld } from '../../data.ts';
import { useRefusalWords } from '../../reasons/refusal-words.tsx';
import { type Claimed, nameOf } from './claimed-person.tsx';
import { verifyStrings } from './strings.ts';

const Camera = lazy(() =>
  import('../../../capture/camera/camera.tsx').then((module) => ({ default: module.Camera })),
);

export type By = 'camera' | 'file';

/** The picture that is compared with this person, or with all. */
export function TakePicture({
  claimed,
  by,
  taken,
  back,
}: {
  claimed: Claimed | undefined;
  by: By;
  taken(picture: Blob): void;
  back?(): void;
}) {
  const t = useStrings(verifyStrings);
  return (
    <Card title={claimed ? t('cameraTitle', { name: nameOf(claimed) }) : t('cameraTitleAll')} gap={16}>
      <Picture by={by} taken={taken}>
        {back && <Button onClick={back}>{t('back')}</Button>}
      </Picture>
    </Card>
  );
}

const formats = 'image/jpeg,image/png,image/webp,image/heic,image/heif,image/avif';

/** `children`: beside what takes the picture. */
function Picture({ by, taken, children }: { by: By; taken(picture: Blob): void; children?: ReactNode }) {
  const t = useStrings(verifyStrings);
  const env = useWorld();
  const wordsOf = useRefusalWords();
  const [file, setFile] = useState<File | null>(null);
  if (by === 'camera')
    return (
      <>
        <Suspense>
          <Camera
            count={1}
            openCapture={() => api.post('/api/admin/captures', { env })}
            onPictures={([picture]) => picture && taken(picture)}
            wordsOf={wordsOf}
          />
        </Suspense>
        <Row>{children}</Row>
      </>
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
        {children}
      </Row>
    </Stack>
  );
}
