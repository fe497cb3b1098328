import { IconListCheck } from '@tabler/icons-react';
import { useQuery, useQueryClient } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { useEffect, useMemo, useState } from 'react';
import { type FieldPath, useWatch } from 'react-hook-form';
import { ButtonLink } from '../../../ui/controls/index.ts';
import { type Fault, SaveBar, useCheckedForm, useFault } from '../../../ui/forms/index.ts';
import { Card, Note, Stack, WithAside } from '../../../ui/layout/index.ts';
import { useFormat, useStrings } from '../../../ui/strings/index.ts';
import { api, type Schemas } from '../../data.ts';
import { OperationForm, useOperation } from '../../operations.ts';
import { type Change, changesBetween, loosened } from './changes.ts';
import { ChecksCard, padSetOf } from './checks-card.tsx';
import { PreviewCard, PreviewLink } from './preview-card.tsx';
import {
  type Definition,
  definitionOf,
  fieldOf,
  type ProfileValues,
  useProfileSchema,
  valuesOf,
} from './profile-values.ts';
import styles from './profiles.module.css';
import { checksQuery, profileQuery, useAllowed, useUses } from './queries.ts';
import { RateCard, SearchCard } from './rate-card.tsx';
import { useSettingWords } from './setting-names.ts';
import { AboutCard, AttemptsCard, LiveCard, ModelsCard, PlaceCard, QualityCard } from './settings-cards.tsx';
import { profileStrings } from './strings.ts';

type Profile = Schemas['Profile'];

/**
 * The form of a profile: what it says as a definition (undefined while a field is wrong) and how that differs from the version it began
 * with. A newer version is taken over while nothing is changed, and never over the reader's changes.
 */
function useProfileForm(newest: Profile) {
  const schema = useProfileSchema();
  const [base, setBase] = useState(newest);
  const form = useCheckedForm<ProfileValues>(schema, valuesOf(base.definition));
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
  const { form, base, definition, changes, begin } = useProfileForm(profile);
  const saving = useSave(base, begin, (path, fault) =>
    form.setError(path as FieldPath<ProfileValues>, fault),
  );
  const { sentenceOf } = useSettingWords();
  const count = definition === undefined ? 1 : changes.length;
  const { slug } = base;
  const { control } = form;
  return (
    <OperationForm form={form} operation={saving}>
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
            <QualityCard />
            <LiveCard control={control} />
            <AttemptsCard />
            <AboutCard />
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
    </OperationForm>
  );
}

/** Stores the next version; refused where another one is in use than the one that was edited. */
function useSave(
  base: Profile,
  begin: (profile: Profile) => void,
  show: (path: string, fault: Fault) => void,
) {
  const t = useStrings(profileStrings);
  const queryClient = useQueryClient();
  const faultOf = useFault();
  return useOperation(
    (values: ProfileValues) =>
      api.put(
        '/api/admin/profiles/{slug}',
        { slug: base.slug, replaces: base.builtIn ? 0 : base.version },
        definitionOf(values, base.definition),
      ),
    {
      toast: ({ version }) => t('saved', { version: String(version) }),
      // After a refusal too: another version may be in use by now.
      settled: ['profiles'],
      done(saved) {
        begin(saved);
        queryClient.setQueryData(profileQuery(saved.slug).queryKey, saved);
      },
      refused({ details }) {
        for (const detail of details) show(fieldOf(detail.path), faultOf(detail));
      },
    },
  );
}

function NewerNote({ newest, base }: { newest: Profile; base: Profile }) {
  const t = useStrings(profileStrings);
  return (
    <Note kind="warn" title={t('newer', { version: String(newest.version) })}>
      {t('newerText', { base: String(base.version) })}
    </Note>
  );
}

/** Who runs the profile, and the way to what it decided. */
function UsedBy({ slug }: { slug: string }) {
  const t = useStrings(profileStrings);
  const uses = useUses(slug);
  const allowed = useAllowed();
  return (
    <Card title={t('usedBy')} gap={12}>
      {uses && (
        <ul className="small">
          <li>
            <Link to="/keys">{t('usedByKeys', { count: uses.keys })}</Link>
          </li>
          <li>
            <Link to="/flows">{t('usedByFlows', { count: uses.flows })}</Link>
          </li>
        </ul>
      )}
      <p className="small muted">
        {allowed?.byDefault === slug && t('usedByDefault')}{' '}
        {allowed && (allowed.mayName(slug) ? t('usedByOthers') : t('notAllowedHint'))}
      </p>
      <div>
        <ButtonLink to="/verifications" search={{ profile: slug }} small icon={IconListCheck}>
          {t('verifications')}
        </ButtonLink>
      </div>
    </Card>
  );
}

/** Names what of the changes lets more attacks or mix-ups pass, with what was measured next to the new liveness threshold. */
function EasierNote({
  changes,
  definition,
}: {
  changes: readonly Change[];
  definition: Definition | undefined;
}) {
  const t = useStrings(profileStrings);
  const format = useFormat();
  const { sentenceOf } = useSettingWords();
  const { data } = useQuery(checksQuery);
  const found = loosened(changes);
  if (found.length === 0 || definition === undefined) return null;
  const touchesLiveness = found.some(({ path }) => path.startsWith('checks.liveness.'));
  const set = data && touchesLiveness ? padSetOf(data, definition.models.padSet ?? '') : undefined;
  const point = set && pointBelow(set.points, definition);
  return (
    <Note kind="warn" title={t('easierTitle')}>
      <p>{t('easierText', { settings: found.map(sentenceOf).join('; ') })}</p>
      {point && (
        <p>
          {t('easierMeasured', {
            score: format.score(point.score),
            apcer: format.percent(point.apcer),
            worst: format.percent(point.worst?.apcer ?? point.apcer),
            bpcer: format.percent(point.bpcer),
            data: set.data ?? '–',
            date: set.date === undefined ? '–' : format.date(set.date),
          })}
        </p>
      )}
    </Note>
  );
}

/**
 * The measured point at the threshold, else the next one below it, else the lowest: what passes at the threshold itself is at most that.
 * Only on the scale of live scores, on which the points were measured.
 */
function pointBelow<Point extends { score: number }>(
  points: readonly Point[],
  { checks, models }: Definition,
): Point | undefined {
  if (models.livenessScale !== 'live') return undefined;
  return points.findLast(({ score }) => score <= checks.liveness.threshold) ?? points[0];
}
