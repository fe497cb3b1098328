import { FileInput } from '@mantine/core';
import { useState } from 'react';
import { Button } from '../../../ui/controls/button.tsx';
import { Row, Stack } from '../../../ui/layout/layout.tsx';
import { useStrings } from '../../../ui/strings/use-strings.ts';
import { enrollStrings } from './strings.ts';

const MOST = 5;
const formats = 'image/jpeg,image/png,image/webp,image/heic,image/heif,image/avif';

/** Pictures of one person from files, at most five. */
export function PictureFiles({ chosen }: { chosen(pictures: readonly File[]): void }) {
  const t = useStrings(enrollStrings);
  const [files, setFiles] = useState<File[]>([]);
  return (
    <Stack>
      <FileInput
        multiple
        clearable
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
