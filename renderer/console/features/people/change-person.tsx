import { zodResolver } from '@hookform/resolvers/zod';
import { Modal } from '@mantine/core';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { useForm } from 'react-hook-form';
import { z } from 'zod';
import { Button } from '../../../ui/controls/button.tsx';
import { toast } from '../../../ui/feedback/toasts.tsx';
import { TextField } from '../../../ui/forms/fields.tsx';
import { Form } from '../../../ui/forms/form.tsx';
import { Row } from '../../../ui/layout/layout.tsx';
import { uiStrings } from '../../../ui/strings/ui-strings.ts';
import { useStrings } from '../../../ui/strings/use-strings.ts';
import { admin, replyOf, type Schemas } from '../../api/admin.ts';
import { LoadFailed } from '../../load-failed.tsx';
import { peopleStrings } from './strings.ts';

/** Button and dialog that change name, e-mail address and date of birth. */
export function ChangePerson({ person }: { person: Schemas['SubjectWithPictures'] }) {
  const t = useStrings(peopleStrings);
  const ui = useStrings(uiStrings);
  const [opened, setOpened] = useState(false);
  return (
    <>
      <Button kind="quiet" small onClick={() => setOpened(true)}>
        {t('change')}
      </Button>
      <Modal
        opened={opened}
        onClose={() => setOpened(false)}
        title={t('changeTitle')}
        size={560}
        closeButtonProps={{ 'aria-label': ui('close') }}
      >
        <Fields person={person} close={() => setOpened(false)} />
      </Modal>
    </>
  );
}

function Fields({
  person: { id, env, name = '', email = '', birthDate = '' },
  close,
}: {
  person: Schemas['SubjectWithPictures'];
  close(): void;
}) {
  const t = useStrings(peopleStrings);
  const ui = useStrings(uiStrings);
  const queryClient = useQueryClient();
  const form = useForm({
    resolver: zodResolver(
      z.object({
        name: z.string().trim().max(200),
        email: z.email(t('emailWrong')).max(254),
        birthDate: z.union([z.literal(''), z.iso.date(t('birthDateWrong'))]),
      }),
    ),
    mode: 'onTouched',
    defaultValues: { name, email, birthDate },
  });
  const change = useMutation({
    mutationFn: (now: { name: string; email: string; birthDate: string }) =>
      replyOf(
        admin.PATCH('/api/admin/subjects/{id}', {
          params: { path: { id }, query: { env } },
          body: {
            ...(now.email !== email && { email: now.email }),
            ...(now.name !== name && { name: now.name === '' ? null : now.name }),
            ...(now.birthDate !== birthDate && { birthDate: now.birthDate === '' ? null : now.birthDate }),
          },
        }),
      ),
    async onSuccess() {
      toast(t('changedToast'));
      await queryClient.invalidateQueries({ queryKey: ['person', env, id] });
      await queryClient.invalidateQueries({ queryKey: ['people', env] });
      close();
    },
  });
  return (
    <Form
      form={form}
      onSubmit={(values) => change.mutate(values)}
      failed={change.error && <LoadFailed error={change.error} title={ui('couldNotSave')} />}
    >
      <TextField control={form.control} name="name" label={t('name')} hint={t('nameHint')} optional />
      <TextField control={form.control} name="email" label={t('email')} type="email" />
      <TextField
        control={form.control}
        name="birthDate"
        label={t('birthDate')}
        hint={t('birthDateHint')}
        type="date"
        optional
      />
      <Row>
        <Button type="submit" kind="primary" busy={change.isPending}>
          {t('save')}
        </Button>
        <Button onClick={close}>{ui('cancel')}</Button>
      </Row>
    </Form>
  );
}
