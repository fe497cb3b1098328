import type { GaugeSample } from '../../http/metrics.ts';
import type { ApplianceStatus } from './status.ts';
import type { HealthReply, NotReadyReply, ReadyReply } from './wire.ts';

export function fromStatus(status: ApplianceStatus, version: string, uptimeSeconds: number): HealthReply {
  const { models, pad, inference, storage, people, ownGalleries, safeGallery, attention } = status;
  const warnings = attention.map(({ sentence, values, remedy }) =>
    [sentence, values?.reason, remedy].filter((part) => part !== undefined).join(' '),
  );
  return {
    status: status.readiness.is === 'not-ready' ? 'unavailable' : warnings.length > 0 ? 'warning' : 'ok',
    version,
    uptimeSeconds: Math.max(0, Math.floor(uptimeSeconds)),
    warnings,
    attention,
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

export const fromReadiness = (readiness: ApplianceStatus['readiness']): ReadyReply | NotReadyReply =>
  readiness.is === 'ready' ? { ready: true } : { ready: false, reason: readiness.reason };

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
    one('ready', '1 when requests are taken.', status.readiness.is === 'ready' ? 1 : 0),
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
