import { Note } from '../../../ui/feedback/note.tsx';
import { useFormat } from '../../../ui/format/use-format.ts';
import { Stack } from '../../../ui/layout/layout.tsx';
import { useStrings } from '../../../ui/strings/use-strings.ts';
import type { DryRun } from './models-query.ts';
import { modelStrings } from './strings.ts';

const same = (list: { before: string[]; after: string[] }) => list.before.join() === list.after.join();

/** What changes of the models would do, the gravest first. */
export function DryRunView({ run }: { run: DryRun }) {
  const t = useStrings(modelStrings);
  const format = useFormat();
  const { enrolled, recognizable, byBestScorer } = run.people;
  const lost = recognizable.before - recognizable.after;
  const simpler = Math.min(enrolled, recognizable.after) - byBestScorer.after;
  const scorersChange = !same(run.scorers);
  const quiet =
    run.profiles.length === 0 &&
    lost === 0 &&
    !run.galleries.loadedAnew &&
    !scorersChange &&
    same(run.padSets);
  return (
    <Stack gap={12}>
      {run.refusals.map(({ message }) => (
        <Note key={message} kind="bad" title={t('wouldRefuse')}>
          {message}
        </Note>
      ))}
      {quiet && run.refusals.length === 0 && <p>{t('nothingChanges')}</p>}
      {lost > 0 && (
        <Note
          kind="bad"
          title={t('lost', { count: lost, lost: format.count(lost), of: format.count(enrolled) })}
        >
          {t('lostText')}
        </Note>
      )}
      {lost <= 0 && scorersChange && simpler > 0 && (
        <Note kind="warn" title={t('simpler', { count: simpler, people: format.count(simpler) })}>
          {t('simplerText')}
        </Note>
      )}
      {run.galleries.loadedAnew && <p>{t('loadedAnew')}</p>}
      {!same(run.padSets) && (
        <p>
          {run.padSets.after.length === 0
            ? t('noLiveness')
            : t('livenessBy', {
                set: run.padSets.after[0] ?? '',
                before: run.padSets.before[0] ?? t('none'),
              })}
        </p>
      )}
      {run.profiles.length > 0 && <ChangedProfiles run={run} />}
    </Stack>
  );
}

type Runs = DryRun['profiles'][number]['before'];

function ChangedProfiles({ run: { profiles } }: { run: DryRun }) {
  const t = useStrings(modelStrings);
  return (
    <div>
      <h3>{t('profilesChange', { count: profiles.length })}</h3>
      <ul>
        {profiles.map(({ profile, name, world, organizations, before, after }) => (
          <li key={`${profile} ${world} ${organizations.join()}`} style={{ marginBottom: 8 }}>
            <b>{name}</b>{' '}
            <span className="muted">
              {t(world)},{' '}
              {organizations.length <= 3
                ? organizations.join(', ')
                : t('organizations', { count: organizations.length })}
            </span>
            <br />
            <span className="small">
              <RunsText runs={before} /> → <RunsText runs={after} />
            </span>
          </li>
        ))}
      </ul>
    </div>
  );
}

function RunsText({ runs }: { runs: Runs }) {
  const t = useStrings(modelStrings);
  const format = useFormat();
  if (runs.is === 'refused') return <span>{t('refusedBecause', { message: runs.message })}</span>;
  const { detector, scorer, threshold, extrapolated, refused, liveness } = runs;
  return (
    <span>
      {t('runs', {
        detector,
        scorer,
        threshold: format.score(threshold),
        refused: format.percent(refused),
      })}
      {extrapolated && ` (${t('extrapolated')})`}
      {', '}
      {liveness
        ? t('withLiveness', {
            set: liveness.set,
            threshold: format.score(liveness.threshold),
            bpcer: format.percent(liveness.bpcer),
          })
        : t('withoutLiveness')}
    </span>
  );
}
