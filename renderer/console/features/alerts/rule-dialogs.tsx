import { Checkbox, NumberInput, TextInput } from '@mantine/core';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { ConfirmDialog } from '../../../ui/dialogs/confirm-dialog.tsx';
import { toast } from '../../../ui/feedback/toasts.tsx';
import { Stack } from '../../../ui/layout/layout.tsx';
import { uiStrings } from '../../../ui/strings/ui-strings.ts';
import { useStrings } from '../../../ui/strings/use-strings.ts';
import { admin, replyOf, type Schemas } from '../../api/admin.ts';
import { LoadFailed } from '../../load-failed.tsx';
import { useWorld } from '../../session/session-query.ts';
import { alertStrings } from './strings.ts';

type Rule = Schemas['AlertRule'];

/** When it fires, and where its alerts go. */
export function ChangeRule({ rule, close }: { rule: Rule; close(): void }) {
  const t = useStrings(alertStrings);
  const ui = useStrings(uiStrings);
  const env = useWorld();
  const queryClient = useQueryClient();
  const [values, setValues] = useState({
    name: rule.name,
    threshold: rule.threshold,
    windowMinutes: rule.windowMinutes,
    holdOffMinutes: rule.holdOffMinutes,
    webhook: rule.channels.webhook,
    desktop: rule.channels.desktop,
    email: rule.channels.email,
  });
  const set = (patch: Partial<typeof values>) => setValues((now) => ({ ...now, ...patch }));
  const change = useMutation({
    mutationFn() {
      const { webhook, desktop, email, ...rest } = values;
      return replyOf(
        admin.PATCH('/api/admin/alert-rules/{id}', {
          params: { path: { id: rule.id }, query: { env } },
          body: { ...rest, channels: { webhook, desktop, email } },
        }),
      );
    },
    async onSuccess() {
      toast(t('ruleChanged'), { text: values.name });
      close();
      await queryClient.invalidateQueries({ queryKey: ['alert-rules'] });
    },
  });
  const number = (name: 'threshold' | 'windowMinutes' | 'holdOffMinutes', label: string, hint?: string) => (
    <NumberInput
      label={label}
      description={hint}
      hideControls
      min={0}
      value={values[name]}
      onChange={(value) => typeof value === 'number' && set({ [name]: value })}
    />
  );
  return (
    <ConfirmDialog
      opened
      title={t('changeTitle', { name: rule.name })}
      confirmLabel={ui('save')}
      busy={change.isPending}
      failed={change.error && <LoadFailed error={change.error} title={ui('couldNotSave')} />}
      onConfirm={() => change.mutate()}
      onCancel={close}
    >
      <Stack>
        <TextInput
          label={t('name')}
          value={values.name}
          maxLength={120}
          onChange={({ target }) => set({ name: target.value })}
        />
        {number('threshold', t('threshold'), t(rule.metric))}
        {number('windowMinutes', t('windowMinutes'))}
        {number('holdOffMinutes', t('holdOffMinutes'))}
        <Checkbox
          label={t('webhooks')}
          checked={values.webhook}
          onChange={({ target }) => set({ webhook: target.checked })}
        />
        <Checkbox
          label={t('desktop')}
          checked={values.desktop}
          onChange={({ target }) => set({ desktop: target.checked })}
        />
        <MailTo chosen={values.email} change={(email) => set({ email })} />
      </Stack>
    </ConfirmDialog>
  );
}

/** Approved addresses, and those that the rule names already. */
function MailTo({ chosen, change }: { chosen: readonly string[]; change(email: string[]): void }) {
  const t = useStrings(alertStrings);
  const { data } = useQuery({
    queryKey: ['mail-recipients', 'all'],
    queryFn: ({ signal }) =>
      replyOf(admin.GET('/api/admin/mail-recipients', { params: { query: { limit: 200 } }, signal })),
  });
  const addresses = [...new Set([...chosen, ...(data?.items.map(({ address }) => address) ?? [])])];
  return (
    <Checkbox.Group label={t('mailTo')} value={[...chosen]} onChange={change}>
      <Stack gap={8}>
        {addresses.map((address) => (
          <Checkbox key={address} value={address} label={address} />
        ))}
        {data && addresses.length === 0 && <span className="small muted">{t('mailToNone')}</span>}
      </Stack>
    </Checkbox.Group>
  );
}

export function RemoveRule({ rule, close }: { rule: Rule; close(): void }) {
  const t = useStrings(alertStrings);
  const env = useWorld();
  const queryClient = useQueryClient();
  const remove = useMutation({
    mutationFn: () =>
      replyOf(
        admin.DELETE('/api/admin/alert-rules/{id}', { params: { path: { id: rule.id }, query: { env } } }),
      ),
    async onSuccess() {
      toast(t('ruleRemoved'), { text: rule.name });
      close();
      await queryClient.invalidateQueries({ queryKey: ['alert-rules'] });
    },
  });
  return (
    <ConfirmDialog
      opened
      danger
      title={t('removeTitle', { name: rule.name })}
      confirmLabel={t('remove')}
      cancelLabel={t('keep')}
      busy={remove.isPending}
      failed={remove.error && <LoadFailed error={remove.error} />}
      onConfirm={() => remove.mutate()}
      onCancel={close}
    >
      {t('removeText')}
    </ConfirmDialog>
  );
}
