import { zodResolver } from '@hookform/resolvers/zod';
import { useMutation } from '@tanstack/react-query';
import { createLazyRoute } from '@tanstack/react-router';
import { useState } from 'react';
import { useForm } from 'react-hook-form';
import { z } from 'zod';
import { Button, ButtonLink } from '../../../ui/controls/button.tsx';
import { Note } from '../../../ui/feedback/note.tsx';
import { TextField } from '../../../ui/forms/fields.tsx';
import { Form } from '../../../ui/forms/form.tsx';
import { Card, Row, Stack } from '../../../ui/layout/layout.tsx';
import { Page } from '../../../ui/layout/page.tsx';
import { uiStrings } from '../../../ui/strings/ui-strings.ts';
import { useStrings } from '../../../ui/strings/use-strings.ts';
import { admin, replyOf, type Schemas } from '../../api/admin.ts';
import { LoadFailed } from '../../load-failed.tsx';
import { useWorld } from '../../session/session-query.ts';
import { PairingSteps } from './pairing-steps.tsx';
import { kioskStrings } from './strings.ts';

export const Route = createLazyRoute('/kiosks/pair')({ component: PairKioskScreen });

/** A name, then the code for the device, then the fingerprints are compared. */
function PairKioskScreen() {
  const t = useStrings(kioskStrings);
  const [begun, setBegun] = useState<Schemas['BegunPairing']>();
  return (
    <Page
      title={begun ? t('pairName', { name: begun.name }) : t('pair')}
      lead={begun ? undefined : t('pairLead')}
      parents={[{ label: t('title'), to: '/kiosks' }]}
      reading
    >
      {begun ? (
        <PairingSteps key={begun.id} begun={begun} again={() => setBegun(undefined)} />
      ) : (
        <NameForm begun={setBegun} />
      )}
    </Page>
  );
}

function NameForm({ begun }: { begun(pairing: Schemas['BegunPairing']): void }) {
  const t = useStrings(kioskStrings);
  const ui = useStrings(uiStrings);
  const env = useWorld();
  const form = useForm({
    resolver: zodResolver(z.object({ name: z.string().trim().min(1, t('nameMissing')).max(60) })),
    mode: 'onTouched',
    defaultValues: { name: '' },
  });
  const begin = useMutation({
    mutationFn: ({ name }: { name: string }) =>
      replyOf(admin.POST('/api/admin/kiosk-pairings', { params: { query: { env } }, body: { name } })),
    onSuccess: begun,
  });
  return (
    <Form
      form={form}
      onSubmit={(values) => begin.mutate(values)}
      failed={begin.error && <LoadFailed error={begin.error} title={ui('couldNotSave')} />}
    >
      <Card>
        <Stack>
          <TextField
            control={form.control}
            name="name"
            label={t('name')}
            hint={t('nameHint')}
            maxLength={60}
            autoComplete="off"
          />
          <Note kind={env === 'live' ? 'info' : 'warn'} title={t(env === 'live' ? 'inLive' : 'inTest')}>
            {t('inWorldText')}
          </Note>
        </Stack>
      </Card>
      <Row>
        <Button type="submit" kind="primary" busy={begin.isPending}>
          {t('showCode')}
        </Button>
        <ButtonLink to="/kiosks">{ui('cancel')}</ButtonLink>
      </Row>
    </Form>
  );
}
