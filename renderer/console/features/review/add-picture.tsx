import { FileInput, Modal } from '@mantine/core';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { lazy, Suspense, useState } from 'react';
import { toUploadForm } from '../../../../sdk/admin/client.ts';
import { Button } from '../../../ui/controls/button.tsx';
import { Row, Stack } from '../../../ui/layout/layout.tsx';
import { uiStrings } from '../../../ui/strings/ui-strings.ts';
import { useStrings } from '../../../ui/strings/use-strings.ts';
import { admin, replyOf } from '../../api/admin.ts';
import { LoadFailed } from '../../load-failed.tsx';
import { useWorld } from '../../session/session-query.ts';
import type { ShownReview } from './open-reviews.ts';
import { reviewStrings } from './strings.ts';

const Camera = lazy(() =>
  import('../../../capture/camera/camera.tsx').then((module) => ({ default: module.Camera })),
);
const formats = 'image/jpeg,image/png,image/webp,image/heic,image/heif,image/avif';

/** A new picture of the known person, by camera or from a file: only the face is kept, and only for this review. */
export function AddPicture({ review: { id, people }, close }: { review: ShownReview; close(): void }) {
  const t = useStrings(reviewStrings);
  const ui = useStrings(uiStrings);
  const env = useWorld();
  const queryClient = useQueryClient();
  const [byCamera, setByCamera] = useState(false);
  const [file, setFile] = useState<File | null>(null);
  const add = useMutation({
    mutationFn: (picture: Blob) =>
      replyOf(
        admin.PUT('/api/admin/review/{id}/pictures/known', {
          params: { path: { id }, query: { env } },
          body: { request: {}, file: picture },
          bodySerializer: toUploadForm,
        }),
      ),
    async onSuccess() {
      await queryClient.invalidateQueries({ queryKey: ['reviews', env, 'one', id] });
      await queryClient.resetQueries({
        queryKey: ['stored-picture', env, `/api/admin/review/${id}/pictures/known`],
      });
      close();
    },
    onError: () => setByCamera(false),
  });
  const { name, email } = people.known;
  return (
    <Modal
      opened
      onClose={close}
      title={t('addPictureTitle', { name: name ?? email ?? t('known') })}
      size={byCamera ? 840 : 560}
      closeButtonProps={{ 'aria-label': ui('close') }}
    >
      <Stack>
        <p className="muted">{t('addPictureText')}</p>
        {add.error && <LoadFailed error={add.error} title={t('notAdded')} />}
        {byCamera ? (
          <Suspense>
            <Camera
              count={1}
              openCapture={() => replyOf(admin.POST('/api/admin/captures', { params: { query: { env } } }))}
              onPictures={([picture]) => picture && add.mutate(picture)}
            />
          </Suspense>
        ) : (
          <>
            <FileInput
              clearable
              accept={formats}
              label={t('file')}
              description={t('fileHint')}
              value={file}
              onChange={setFile}
            />
            <Row>
              <Button
                kind="primary"
                busy={add.isPending}
                disabled={file === null}
                onClick={() => file && add.mutate(file)}
              >
                {t('addFile')}
              </Button>
              <Button onClick={() => setByCamera(true)}>{t('useCamera')}</Button>
              <Button kind="quiet" onClick={close}>
                {ui('cancel')}
              </Button>
            </Row>
          </>
        )}
      </Stack>
    </Modal>
  );
}
