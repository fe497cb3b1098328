import { zodResolver } from '@hookform/resolvers/zod';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useEffect, useMemo, useState } from 'react';
import { type FieldPath, useForm, useWatch } from 'react-hook-form';
import { Note } from '../../../ui/feedback/note.tsx';
import { toast } from '../../../ui/feedback/toasts.tsx';
import { Form } from '../../../ui/forms/form.tsx';
import { SaveBar } from '../../../ui/forms/save-bar.tsx';
import { Stack, WithAside } from '../../../ui/layout/layout.tsx';
import { uiStrings } from '../../../ui/strings/ui-strings.ts';
import { useStrings } from '../../../ui/strings/use-strings.ts';
import { admin, replyOf, type Schemas } from '../../api/admin.ts';
import { Refusal } from '../../api/refusal.ts';
import { LoadFailed } from '../../load-failed.tsx';
import { changesBetween } from './changes.ts';
import { ChecksCard } from './checks-card.tsx';
import { EasierNote } from './easier-note.tsx';
import { PreviewCard, PreviewLink } from './preview-card.tsx';
import { useProfileSchema } from './profile-schema.ts';
import { definitionOf, fieldOf, type ProfileValues, valuesOf } from './profile-values.ts';
import styles from './profiles.module.css';
import { profileQuery } from './queries.ts';
import { RateCard, SearchCard } from './rate-card.tsx';
import { useSettingWords } from './setting-names.ts';
import { AboutCard, AttemptsCard, LiveCard, ModelsCard, PlaceCard, QualityCard } from './settings-cards.tsx';
import { profileStrings } from './strings.ts';
import { UsedBy } from './used-by.tsx';

type Profile = Schemas['Profile'];

/**
 * The form of a profile: what it says as a definition (undefined while a field is wrong) and how that differs from the version it began
 * with. A newer version is taken over while nothing is changed, and never over the reader's changes.
 */
function useProfileForm(newest: Profile) {
  const schema = useProfileSchema();
  const [base, setBase] = useState(newest);
  const form = useForm<ProfileValues>({
    resolver: zodResolver(schema),
    mode: 'onTouched',
    defaultValues: valuesOf(base.definition),
  });
  const values = useWatch({ control: form.control });
  const definition = useMemo(() => {
    const parsed = schema.safeParse(values);
    return parsed.success ? definitionOf(parsed.data, base.definition) : undefined;
  }, [schema, values, base]);
  const changes = useMemo(
    () => (definition ? changesBetween(base.definition, definition) : []),
    [base, definition],
  );
  const begin = (profile: Profile) => {
    setBase(profile);
    form.reset(valuesOf(profile.definition));
  };
  const isUntouched = definition !== undefined && changes.length === 0;
  useEffect(() => {
    if (newest.id === base.id || !isUntouched) return;
    setBase(newest);
    form.reset(valuesOf(newest.definition));
  }, [newest, base, isUntouched, form]);
  return { form, base, definition, changes, begin };
}

export function ProfileForm({ profile, mayChange }: { profile: Profile; mayChange: boolean }) {
  const t = useStrings(profileStrings);
  const ui = useStrings(uiStrings);
  const { form, base, definition, changes, begin } = useProfileForm(profile);
  const saving = useSave(base, begin, (path, message) =>
    form.setError(path as FieldPath<ProfileValues>, { message }),
  );
  const { sentenceOf } = useSettingWords();
  const count = definition === undefined ? 1 : changes.length;
  const { slug } = base;
  const { control } = form;
  return (
    <Form
      form={form}
      onSubmit={(values) => saving.mutate(values)}
      failed={saving.error && <LoadFailed error={saving.error} title={ui('couldNotSave')} />}
    >
      {mayChange && profile.id !== base.id && <NewerNote newest={profile} base={base} />}
      <WithAside
        aside={
          <div className={styles.aside}>
            <PreviewCard slug={slug} definition={definition} />
            <EasierNote changes={changes} definition={definition} />
            <UsedBy slug={slug} />
          </div>
        }
      >
        <fieldset className={styles.fields} disabled={!mayChange}>
          <Stack gap={24}>
            <RateCard form={form} slug={slug} rates={base.rates} disabled={!mayChange} />
            <ChecksCard control={control} />
            <SearchCard form={form} slug={slug} />
            <ModelsCard control={control} />
            <PlaceCard control={control} />
            <QualityCard control={control} />
            <LiveCard control={control} />
            <AttemptsCard control={control} />
            <AboutCard control={control} />
          </Stack>
        </fieldset>
        <SaveBar
          count={mayChange ? count : 0}
          names={
            <>
              {changes.map(sentenceOf).join('; ')}
              <PreviewLink slug={slug} definition={definition} />
            </>
          }
          saveLabel={base.builtIn ? t('saveOwn') : t('saveAs', { version: String(base.version + 1) })}
          busy={saving.isPending}
          discard={() => begin(profile)}
        />
      </WithAside>
    </Form>
  );
}

/** Stores the next version; refused where another one is in use than the one that was edited. */
function useSave(
  base: Profile,
  begin: (profile: Profile) => void,
  fault: (path: string, message: string) => void,
) {
  const t = useStrings(profileStrings);
  const queryClient = useQueryClient();
  return useMutation({
    mutationFn: (values: ProfileValues) =>
      replyOf(
        admin.PUT('/api/admin/profiles/{slug}', {
          params: { path: { slug: base.slug }, query: { replaces: base.builtIn ? 0 : base.version } },
          body: definitionOf(values, base.definition),
        }),
      ),
    async onSuccess(saved) {
      begin(saved);
      queryClient.setQueryData(profileQuery(saved.slug).queryKey, saved);
      toast(t('saved', { version: String(saved.version) }));
      await queryClient.invalidateQueries({ queryKey: ['profiles'] });
    },
    onError(error) {
      if (!(error instanceof Refusal)) return;
      for (const [path, message] of error.fields) fault(fieldOf(path), message);
      void queryClient.invalidateQueries({ queryKey: ['profiles', 'one'] });
    },
  });
}

function NewerNote({ newest, base }: { newest: Profile; base: Profile }) {
  const t = useStrings(profileStrings);
  return (
    <Note kind="warn" title={t('newer', { version: String(newest.version) })}>
      {t('newerText', { base: String(base.version) })}
    </Note>
  );
}
