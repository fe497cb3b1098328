import { useQuery } from '@tanstack/react-query';
import { createLazyRoute } from '@tanstack/react-router';
import { lazy, Suspense, useState } from 'react';
import { Button } from '../../../ui/controls/button.tsx';
import { Card, Row, Stack } from '../../../ui/layout/layout.tsx';
import { Page } from '../../../ui/layout/page.tsx';
import { useStrings } from '../../../ui/strings/use-strings.ts';
import { admin, replyOf } from '../../api/admin.ts';
import { LoadFailed } from '../../load-failed.tsx';
import { organizationQuery } from '../../organization-query.ts';
import { useWorld } from '../../session/session-query.ts';
import type { Order } from './enroll-pictures.ts';
import { EnrollResult } from './enroll-result.tsx';
import { PictureFiles } from './picture-files.tsx';
import { enrollStrings } from './strings.ts';
import { WhoForm } from './who-form.tsx';

export const Route = createLazyRoute('/enroll')({ component: EnrollScreen });

/** Loaded when it is needed: most enrollments of a console are by file. */
const Camera = lazy(() =>
  import('../../../capture/camera/camera.tsx').then((module) => ({ default: module.Camera })),
);

type Step =
  /** `another`: not the person that the address names. */
  | { is: 'who'; order?: Order; another?: true }
  | { is: 'camera' | 'files'; order: Order }
  | { is: 'result'; order: Order; pictures: readonly Blob[]; by: 'camera' | 'files' };

const PICTURES = 3;

function EnrollScreen() {
  const t = useStrings(enrollStrings);
  const [step, setStep] = useState<Step>({ is: 'who' });
  const organization = useQuery(organizationQuery);
  const env = useWorld();
  const { person: id } = Route.useSearch();
  const person = useQuery({
    queryKey: ['person', env, id],
    queryFn: ({ signal }) =>
      replyOf(
        admin.GET('/api/admin/subjects/{id}', { params: { path: { id: id ?? '' }, query: { env } }, signal }),
      ),
    enabled: id !== undefined,
  });
  const known = person.data && {
    email: person.data.email ?? '',
    ...(person.data.name !== undefined && { name: person.data.name }),
  };
  const text = useQuery({
    queryKey: ['consent-text'],
    queryFn: ({ signal }) => replyOf(admin.GET('/api/admin/consent-text', { signal })),
  });
  return (
    <Page title={t('title')} lead={step.is === 'who' ? t('lead') : undefined} reading>
      {organization.error && (
        <LoadFailed error={organization.error} retry={() => void organization.refetch()} />
      )}
      {text.error && <LoadFailed error={text.error} retry={() => void text.refetch()} />}
      {person.error && <LoadFailed error={person.error} retry={() => void person.refetch()} />}
      {organization.data && text.data && !person.isLoading && step.is === 'who' && (
        <WhoForm
          text={text.data}
          language={organization.data.consentLanguage}
          withConsent={organization.data.consentPolicy === 'with-call'}
          before={step.order ?? (step.another ? undefined : known)}
          next={(order, by) => setStep({ is: by, order })}
        />
      )}
      {(step.is === 'camera' || step.is === 'files') && (
        <Pictures
          by={step.is}
          order={step.order}
          back={() => setStep({ is: 'who', order: step.order })}
          taken={(pictures) => setStep({ is: 'result', order: step.order, pictures, by: step.is })}
        />
      )}
      {step.is === 'result' && (
        <EnrollResult
          order={step.order}
          pictures={step.pictures}
          next={() => setStep({ is: 'who', another: true })}
          retry={() => setStep({ is: step.by, order: step.order })}
        />
      )}
    </Page>
  );
}

function Pictures({
  by,
  order,
  back,
  taken,
}: {
  by: 'camera' | 'files';
  order: Order;
  back(): void;
  taken(pictures: readonly Blob[]): void;
}) {
  const t = useStrings(enrollStrings);
  const env = useWorld();
  return (
    <Card title={t('cameraTitle', { email: order.email })}>
      <Stack>
        {by === 'files' ? (
          <PictureFiles chosen={taken} />
        ) : (
          <Suspense>
            <Camera
              count={PICTURES}
              openCapture={() => replyOf(admin.POST('/api/admin/captures', { params: { query: { env } } }))}
              onPictures={taken}
            />
          </Suspense>
        )}
        <Row>
          <Button onClick={back}>{t('back')}</Button>
        </Row>
      </Stack>
    </Card>
  );
}
