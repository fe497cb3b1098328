import { zodResolver } from '@hookform/resolvers/zod';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { useForm } from 'react-hook-form';
import { z } from 'zod';
import { Badge } from '../../../ui/badges/badge.tsx';
import { Button } from '../../../ui/controls/button.tsx';
import { ConfirmDialog } from '../../../ui/dialogs/confirm-dialog.tsx';
import { toast } from '../../../ui/feedback/toasts.tsx';
import { SecretField } from '../../../ui/forms/fields.tsx';
import { Form } from '../../../ui/forms/form.tsx';
import { Card, Row, Stack } from '../../../ui/layout/layout.tsx';
import { uiStrings } from '../../../ui/strings/ui-strings.ts';
import { useStrings } from '../../../ui/strings/use-strings.ts';
import { admin, replyOf } from '../../api/admin.ts';
import { LoadFailed } from '../../load-failed.tsx';
import { isGoodPin } from './is-good-pin.ts';
import { securityStrings } from './strings.ts';

const queryKey = ['operator-pin'];

/** The PIN with which the reader signs in at a kiosk. Each change asks for a fresh second factor. */
export function OwnPin() {
  const t = useStrings(securityStrings);
  const { data, error, refetch } = useQuery({
    queryKey,
    queryFn: ({ signal }) => replyOf(admin.GET('/api/admin/operator-pin', { params: { query: {} }, signal })),
  });
  return (
    <Card
      title={t('pin')}
      actions={
        data && (data.set ? <Badge kind="ok">{t('pinIsSet')}</Badge> : <Badge>{t('pinIsNotSet')}</Badge>)
      }
    >
      {error && <LoadFailed error={error} retry={() => void refetch()} />}
      {data && <PinForm isSet={data.set} />}
    </Card>
  );
}

function PinForm({ isSet }: { isSet: boolean }) {
  const t = useStrings(securityStrings);
  const ui = useStrings(uiStrings);
  const queryClient = useQueryClient();
  const [removing, setRemoving] = useState(false);
  const form = useForm({
    resolver: zodResolver(z.object({ pin: z.string().refine(isGoodPin, t('pinWrong')) })),
    mode: 'onTouched',
    defaultValues: { pin: '' },
  });
  const set = useMutation({
    mutationFn: (body: { pin: string }) =>
      replyOf(admin.PUT('/api/admin/operator-pin', { params: { query: {} }, body })),
    async onSuccess() {
      form.reset();
      toast(t(isSet ? 'pinChanged' : 'pinSet'), isSet ? { text: t('shiftsEnded') } : {});
      await queryClient.invalidateQueries({ queryKey });
    },
  });
  const remove = useMutation({
    mutationFn: () => replyOf(admin.DELETE('/api/admin/operator-pin', { params: { query: {} } })),
    async onSuccess() {
      setRemoving(false);
      toast(t('pinRemoved'), { text: t('shiftsEnded') });
      await queryClient.invalidateQueries({ queryKey });
    },
  });
  return (
    <Form
      form={form}
      onSubmit={(values) => set.mutate(values)}
      failed={set.error && <LoadFailed error={set.error} title={ui('couldNotSave')} />}
    >
      <Stack>
        <p className="small muted">{t('pinText')}</p>
        <SecretField
          control={form.control}
          name="pin"
          label={t('newPin')}
          hint={t('pinHint')}
          inputMode="numeric"
          autoComplete="off"
          maxLength={12}
        />
        <Row>
          <Button type="submit" busy={set.isPending}>
            {t(isSet ? 'changePin' : 'setPin')}
          </Button>
          {isSet && (
            <Button kind="dangerQuiet" onClick={() => setRemoving(true)}>
              {t('removePin')}
            </Button>
          )}
        </Row>
      </Stack>
      <ConfirmDialog
        opened={removing}
        danger
        title={t('removePinTitle')}
        confirmLabel={t('removePin')}
        cancelLabel={t('keepPin')}
        busy={remove.isPending}
        failed={remove.error && <LoadFailed error={remove.error} title={ui('couldNotSave')} />}
        onConfirm={() => remove.mutate()}
        onCancel={() => setRemoving(false)}
      >
        {t('removePinText')}
      </ConfirmDialog>
    </Form>
  );
}
