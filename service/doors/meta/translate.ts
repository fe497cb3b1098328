import { heldForText } from '../../engine/matching/index.ts';
import type { GaugeSample } from '../../http/metrics.ts';
import type { ApplianceStatus } from './status.ts';
import type { HealthReply, NotReadyReply, ReadyReply } from './wire.ts';

export function fromStatus(status: ApplianceStatus, version: string, uptimeSeconds: number): HealthReply {
  const { models, pad, inference, storage, people, ownGalleries, safeGallery } = status;
  const warnings = warningsOf(status);
  return {
    status: notReadyBecause(status) !== undefined ? 'unavailable' : warnings.length > 0 ? 'warning' : 'ok',
    version,
    uptimeSeconds: Math.max(0, Math.floor(uptimeSeconds)),
    warnings,
    models: models.map((model) => ({
      id: model.id,
      name: model.name,
      role: model.role,
      maturity: model.maturity,
      licence: model.licence,
      ...(model.doubts === undefined
        ? {}
        : { doubts: model.doubts, doubtsAccepted: model.acceptedAt !== undefined }),
      sha256: model.sha256,
      enabled: model.enabled,
    })),
    pad:
      pad.is === 'installed'
        ? { installed: true, set: pad.set, maturity: pad.maturity }
        : { installed: false, remedy: pad.remedy },
    inference: fromInference(inference),
    storage: { ...storage },
    people: people.map((row) => ({ ...row })),
    ownGalleries: ownGalleries.map((row) => ({
      ...row,
      largestExcess: Number(row.largestExcess.toPrecision(2)),
    })),
    safeGallery: safeGallery.map((row) => ({ ...row })),
  };
}

const fromInference = ({ provider, ...counts }: ApplianceStatus['inference']) => ({ ...counts, ...provider });

export function fromReadiness(status: ApplianceStatus): ReadyReply | NotReadyReply {
  const reason = notReadyBecause(status);
  return reason === undefined ? { ready: true } : { ready: false, reason };
}

/** Why no picture can be judged; undefined when one can. */
function notReadyBecause({ readiness, models }: ApplianceStatus): string | undefined {
  if (readiness.is === 'not-ready') return readiness.reason;
  const missing = (['detector', 'embedder'] as const).filter(
    (role) => !models.some((model) => model.role === role && model.enabled),
  );
  if (missing.length === 0) return undefined;
  return `No ${missing.join(' and no ')} model is enabled, so no profile can run: “gatehouse models list” shows them.`;
}

/** Warnings for the operator, most urgent first. */
function warningsOf(status: ApplianceStatus): string[] {
  const { storage, inference, pad, matchOnlyOrganizations: matchOnly } = status;
  const warnings: string[] = [];
  const notReady = notReadyBecause(status);
  if (notReady !== undefined) warnings.push(`Not ready: ${notReady}`);
  if (storage.state !== 'ok')
    warnings.push(`Storage is ${storage.state}${storage.reason ? `: ${storage.reason}` : '.'}`);
  if (status.insecureHttp) {
    warnings.push(
      'Requests from other machines come without encryption (--insecure-http): pictures of faces and API keys can be read ' +
        'on the way. Give --tls-cert and --tls-key, or a proxy that encrypts.',
    );
  }
  const { providersAsked, provider, fallback } = inference.provider;
  if (fallback !== undefined)
    warnings.push(`Asked to run on ${providersAsked.join(', ')}, running on ${provider}: ${fallback}`);
  if (status.unreachablePeople > 0) {
    warnings.push(
      `${status.unreachablePeople} people are enrolled but cannot be recognized: their templates were made by another model file, or their keys are gone. Put back the model or the newest keys.db, or enroll them again on the box.`,
    );
  }
  for (const id of status.damagedModels) {
    warnings.push(
      `The imported model ${id} is not used, because its file is missing or changed: import it again, or remove it.`,
    );
  }
  if (status.alteredRows)
    warnings.push(
      `Rows of the database that another program wrote or changed, and that are not used: ${status.alteredRows}. Find out who writes to the database; “gatehouse audit verify” names each row and what to do.`,
    );
  warnings.push(
    ...(status.backupWarnings ?? []),
    ...(status.waitingSweeps ?? []),
    ...keyCopiesToLookAt(status),
  );
  if (pad.is === 'missing') {
    const except = matchOnly > 0 ? ', except in organizations that recorded match-only' : '';
    warnings.push(`Passive liveness is off: live verifications are refused${except}.`);
  }
  if (matchOnly > 0) {
    const whose = matchOnly === 1 ? 'One organization has' : `${matchOnly} organizations have`;
    warnings.push(
      `${whose} recorded match-only: a printed photograph of an enrolled person would be verified there.`,
    );
  }
  const lenient = status.lenientOrganizations ?? 0;
  if (lenient > 0) {
    const whose = lenient === 1 ? 'One organization has' : `${lenient} organizations have`;
    warnings.push(
      `${whose} a profile that verifies where the liveness check fails, which no built-in profile does: “gatehouse profile list” and “profile show” say which.`,
    );
  }
  return [...warnings, ...galleriesTooLarge(status)];
}

/** A count only; `gatehouse keystore places` on the appliance lists the places. */
function keyCopiesToLookAt({ keyCopies }: ApplianceStatus): string[] {
  if (keyCopies === undefined) return [];
  const { places, notCurrent } = keyCopies;
  return [
    ...(notCurrent === 0
      ? []
      : [
          `${notCurrent} of ${places} copies of the key store are not up to date: keys that were destroyed may still lie there, and newer ones are missing. “gatehouse keystore places” says why.`,
        ]),
    ...(places >= 2
      ? []
      : [
          `The key store has ${places === 0 ? 'no copy' : 'one copy'} outside the data directory: if it is lost, no backup opens. Keep two, on other disks: “gatehouse keystore add DIR”.`,
        ]),
  ];
}

/** One sentence a world. */
function galleriesTooLarge({ people, safeGallery }: ApplianceStatus): string[] {
  return people.flatMap(({ world, largest }) => {
    const exceeded = safeGallery.filter(({ people: safe }) => largest > safe);
    if (exceeded.length === 0) return [];
    const limits = exceeded.map(
      ({ rate, holdsFor, people: safe }) =>
        `${safe.toLocaleString('en')} at a false-identification rate of ${rate} ${heldForText[holdsFor]}`,
    );
    return [
      `The largest ${world} gallery has ${largest.toLocaleString('en')} people, more than measurement covers ` +
        `(${limits.join(', ')}): give the e-mail (1:1), or expect extrapolated thresholds.`,
    ];
  });
}

export function fromStatusToGauges(status: ApplianceStatus, uptimeSeconds: number): GaugeSample[] {
  const { inference, people, templates, upgrades } = status;
  const one = (name: string, help: string, value: number): GaugeSample => ({
    name: `gatehouse_${name}`,
    help,
    labels: [],
    values: [{ labels: {}, value }],
  });
  return [
    one('uptime_seconds', 'Since the service started.', uptimeSeconds),
    one('ready', '1 when requests are taken.', notReadyBecause(status) === undefined ? 1 : 0),
    one('storage_ok', '1 when storage works.', status.storage.state === 'ok' ? 1 : 0),
    one('inference_workers', 'Inference worker threads.', inference.workers),
    one('inference_busy', 'Workers with a picture.', inference.busy),
    one('inference_queue', 'Pictures waiting for a worker.', inference.queued),
    one(
      'inference_fallback',
      '1 when the CPU runs nets that another execution provider should run.',
      inference.provider.fallback === undefined ? 0 : 1,
    ),
    {
      name: 'gatehouse_inference_provider',
      help: 'Nets by the execution provider that runs them, of those that were tried on another one than the CPU.',
      labels: ['provider'],
      values: [...Map.groupBy(inference.provider.nets, ({ provider }) => provider)].map(
        ([provider, nets]) => ({
          labels: { provider },
          value: nets.length,
        }),
      ),
    },
    {
      name: 'gatehouse_people',
      help: 'People enrolled, over all organizations.',
      labels: ['world'],
      values: people.map(({ world, total }) => ({ labels: { world }, value: total })),
    },
    {
      name: 'gatehouse_template_upgrades',
      help: 'People with templates of a former embedding model, by how far the change to the present one is.',
      labels: ['world', 'state'],
      values: upgrades.flatMap(({ world, ...counts }) =>
        Object.entries(counts).map(([state, value]) => ({ labels: { world, state }, value })),
      ),
    },
    {
      name: 'gatehouse_largest_gallery',
      help: 'People enrolled in the largest organization.',
      labels: ['world'],
      values: people.map(({ world, largest }) => ({ labels: { world }, value: largest })),
    },
    {
      name: 'gatehouse_gallery_templates',
      help: 'Templates in memory, over all organizations.',
      labels: ['world', 'embedder'],
      values: templates.map(({ world, embedder, count }) => ({ labels: { world, embedder }, value: count })),
    },
  ];
}
