import type { GaugeSample } from '../../http/metrics.ts';
import type { ApplianceStatus } from './status.ts';
import type { HealthReply, ReadyReply } from './wire.ts';

export function fromStatus(status: ApplianceStatus, version: string, uptimeSeconds: number): HealthReply {
  const { models, pad, inference, storage, people, safeGallery } = status;
  const warnings = warningsOf(status);
  return {
    status: status.readiness.is === 'not-ready' ? 'unavailable' : warnings.length > 0 ? 'warning' : 'ok',
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
    inference: { ...inference },
    storage: { ...storage },
    people: people.map((row) => ({ ...row })),
    safeGallery: safeGallery.map((row) => ({ ...row })),
  };
}

export function fromReadiness({ readiness }: Pick<ApplianceStatus, 'readiness'>): ReadyReply {
  return readiness.is === 'ready' ? { ready: true } : { ready: false, reason: readiness.reason };
}

/** What whoever runs the box should look at, most urgent first. */
function warningsOf(status: ApplianceStatus): string[] {
  const { readiness, storage, inference, pad, matchOnlyOrganizations: matchOnly } = status;
  const warnings: string[] = [];
  if (readiness.is === 'not-ready') warnings.push(`Not ready: ${readiness.reason}`);
  if (storage.state !== 'ok')
    warnings.push(`Storage is ${storage.state}${storage.reason ? `: ${storage.reason}` : '.'}`);
  if (inference.fallback !== undefined) {
    warnings.push(
      `Asked to run on ${inference.providersAsked.join(', ')}, running on ${inference.provider}: ${inference.fallback}`,
    );
  }
  for (const id of status.damagedModels) {
    warnings.push(
      `The imported model ${id} is not used, because its file is missing or changed: import it again, or remove it.`,
    );
  }
  if (pad.is === 'missing')
    warnings.push('Passive liveness is not installed: live verifications are refused.');
  if (matchOnly > 0) {
    const whose = matchOnly === 1 ? 'One organization has' : `${matchOnly} organizations have`;
    warnings.push(
      `${whose} chosen match-only: a printed photograph of an enrolled person would be verified there.`,
    );
  }
  for (const { world, largest } of status.people) {
    for (const { rate, people } of status.safeGallery) {
      if (largest > people) {
        warnings.push(
          `The largest ${world} gallery has ${largest} people; at a false-identification rate of ${rate} only ${people} ` +
            'are covered by measurement. Beyond, give the e-mail (1:1) or expect extrapolated thresholds.',
        );
      }
    }
  }
  return warnings;
}

export function fromStatusToGauges(status: ApplianceStatus, uptimeSeconds: number): GaugeSample[] {
  const { inference, people, templates } = status;
  const one = (name: string, help: string, value: number): GaugeSample => ({
    name: `gatehouse_${name}`,
    help,
    labels: [],
    values: [{ labels: {}, value }],
  });
  return [
    one('uptime_seconds', 'Since the service started.', uptimeSeconds),
    one('ready', '1 when requests are taken.', status.readiness.is === 'ready' ? 1 : 0),
    one('storage_ok', '1 when storage works.', status.storage.state === 'ok' ? 1 : 0),
    one('inference_workers', 'Inference worker threads.', inference.workers),
    one('inference_busy', 'Workers with a picture.', inference.busy),
    one('inference_queue', 'Pictures waiting for a worker.', inference.queued),
    {
      name: 'gatehouse_people',
      help: 'People enrolled, over all organizations.',
      labels: ['world'],
      values: people.map(({ world, total }) => ({ labels: { world }, value: total })),
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
