import { zodResolver } from '@hookform/resolvers/zod';
import { Modal } from '@mantine/core';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useForm } from 'react-hook-form';
import { z } from 'zod';
import { Button } from '../../../ui/controls/button.tsx';
import { Note } from '../../../ui/feedback/note.tsx';
import { toast } from '../../../ui/feedback/toasts.tsx';
import { SelectField, TextField } from '../../../ui/forms/fields.tsx';
import { Form } from '../../../ui/forms/form.tsx';
import { Row } from '../../../ui/layout/layout.tsx';
import { uiStrings } from '../../../ui/strings/ui-strings.ts';
import { useStrings } from '../../../ui/strings/use-strings.ts';
import { admin, replyOf } from '../../api/admin.ts';
import { LoadFailed } from '../../load-failed.tsx';
import { useSession } from '../../session/session-query.ts';
import { destinationStrings } from './strings.ts';

function useSchema() {
  const t = useStrings(destinationStrings);
  return z
    .object({
      kind: z.enum(['name', 'below', 'network', 'public']),
      to: z.string().trim().max(300),
      note: z.string().trim().max(300),
    })
    .refine(({ kind, to }) => kind === 'public' || to !== '', { path: ['to'], message: t('toMissing') });
}
type Values = z.output<ReturnType<typeof useSchema>>;

/** The destination as the route takes it. */
function toOf({ kind, to }: Values): string {
  if (kind === 'public') return 'public-https';
  return kind === 'below' && !to.startsWith('*.') ? `*.${to}` : to;
}

/** Opens a way out of the box. */
export function AllowDestination({ close }: { close(): void }) {
  const t = useStrings(destinationStrings);
  const ui = useStrings(uiStrings);
  const { user } = useSession();
  const form = useForm<Values>({
    resolver: zodResolver(useSchema()),
    mode: 'onTouched',
    defaultValues: { kind: 'name', to: '', note: '' },
  });
  const kind = form.watch('kind');
  const allow = useAllow(close);
  const hints = { name: t('hintName'), below: t('hintBelow'), network: t('hintNetwork'), public: '' };
  return (
    <Modal
      opened
      onClose={close}
      title={t('allowTitle')}
      size={560}
      closeButtonProps={{ 'aria-label': ui('close') }}
    >
      <Form
        form={form}
        onSubmit={(values) => allow.mutate(values)}
        failed={allow.error && <LoadFailed error={allow.error} title={t('notAllowed')} />}
      >
        <p className="muted">{t('allowText')}</p>
        <SelectField
          control={form.control}
          name="kind"
          label={t('kind')}
          data={[
            { value: 'name', label: t('kindName') },
            { value: 'below', label: t('kindBelow') },
            ...(user.applianceOwner ? [{ value: 'network', label: t('kindNetwork') }] : []),
            { value: 'public', label: t('kindPublic') },
          ]}
        />
        {kind === 'public' ? (
          <Note kind="warn" title={t('publicWarning')} />
        ) : (
          <TextField
            control={form.control}
            name="to"
            label={t('to')}
            hint={hints[kind]}
            autoComplete="off"
            spellCheck={false}
            maxLength={300}
          />
        )}
        <TextField
          control={form.control}
          name="note"
          label={t('note')}
          hint={t('noteHint')}
          maxLength={300}
          optional
        />
        <Row>
          <Button type="submit" kind="primary" busy={allow.isPending}>
            {t('confirm')}
          </Button>
          <Button onClick={close}>{ui('cancel')}</Button>
        </Row>
      </Form>
    </Modal>
  );
}

function useAllow(close: () => void) {
  const t = useStrings(destinationStrings);
  const queryClient = useQueryClient();
  return useMutation({
    mutationFn: (values: Values) =>
      replyOf(
        admin.POST('/api/admin/grants', {
          params: { query: {} },
          body: { to: toOf(values), ...(values.note !== '' && { note: values.note }) },
        }),
      ),
    async onSuccess({ to }) {
      toast(t('allowedToast'), { text: to });
      await queryClient.invalidateQueries({ queryKey: ['grants'] });
      close();
    },
  });
}
