import type { Access, Limits } from '../engine/accounts/index.ts';
import type { Alerts } from '../engine/appliance/index.ts';
import type { AuditLog } from '../engine/audit/index.ts';
import type { BehaviorLayers, BehaviorSettingsOf } from '../engine/behavior/index.ts';
import type { Consents } from '../engine/consent/index.ts';
import type { EndpointWebhooks, Grants } from '../engine/events/index.ts';
import type { GalleryCalibrations, Profiles } from '../engine/matching/index.ts';
import type { Models } from '../engine/models/index.ts';
import type { Erasure, Subjects } from '../engine/people/index.ts';
import type { AlertRuleId, EndpointId, SubjectId } from '../lib/id.ts';
import type { FollowedTables, Position } from '../storage/position/position.ts';

/** Tables of which a node keeps something in memory, and the column whose value a change of them is known by. */
export const followedTables = {
  alert_rule: 'id',
  api_key: 'organization',
  behavior_layer: 'organization',
  destination_grant: 'organization',
  erasure: { key: 'subject', columns: ['state'] },
  gallery_calibration: 'organization',
  model_import: 'id',
  model_setting: 'model',
  organization: 'id',
  profile: 'organization',
  // Not what each use and each renewal of the templates' rotation writes: memory has nothing of it.
  subject: {
    key: 'id',
    columns: ['email_hash', 'email_sealed', 'name_sealed', 'withheld', 'disabled_at', 'member_of'],
  },
  template: { key: 'subject', columns: ['embedder', 'embedder_sha256', 'quality', 'anchor'] },
  webhook_endpoint: 'id',
} satisfies FollowedTables;

export interface FollowingServices {
  alerts: Pick<Alerts, 'load' | 'refresh'>;
  auditLog: Pick<AuditLog, 'noticeLost'>;
  access: Pick<Access, 'forgetRead'>;
  limits: Pick<Limits, 'forgetRead'>;
  behaviorLayers: Pick<BehaviorLayers, 'load'>;
  behaviorSettings: Pick<BehaviorSettingsOf, 'forgetRead'>;
  grants: Pick<Grants, 'forgetRead'>;
  calibrations: Pick<GalleryCalibrations, 'load'>;
  models: Pick<Models, 'reload'>;
  profiles: Pick<Profiles, 'forgetRead'>;
  subjects: Pick<Subjects, 'refresh' | 'readAnew'>;
  consents: Pick<Consents, 'load'>;
  erasure: Pick<Erasure, 'followList' | 'eraseAgain'>;
  webhooks: Pick<EndpointWebhooks, 'refresh' | 'load'>;
}

/** What each change makes old. All of it is read anew or forgotten before the next use. */
export function followChanges(
  position: Pick<Position, 'follow' | 'whenOlder'>,
  {
    access,
    alerts,
    auditLog,
    limits,
    behaviorLayers,
    behaviorSettings,
    grants,
    calibrations,
    models,
    profiles,
    subjects,
    consents,
    erasure,
    webhooks,
  }: FollowingServices,
): void {
  /** `anew`: of everything; as of nothing named unless given. */
  const anew: (() => unknown)[] = [];
  function on(
    table: keyof typeof followedTables | (keyof typeof followedTables)[],
    apply: (keys: readonly string[]) => unknown,
    readAnew: () => unknown = () => apply([]),
  ): void {
    position.follow(table, apply);
    anew.push(readAnew);
  }
  on('alert_rule', (ids) => alerts.refresh(ids as AlertRuleId[]), alerts.load);
  on('api_key', () => {
    access.forgetRead();
    limits.forgetRead();
  });
  on('behavior_layer', () => behaviorLayers.load());
  on('destination_grant', () => grants.forgetRead());
  on('gallery_calibration', () => calibrations.load());
  on('model_import', () => models.reload());
  on('model_setting', () => models.reload());
  on('organization', () => {
    behaviorSettings.forgetRead();
    limits.forgetRead();
  });
  on('profile', () => profiles.forgetRead());
  // After the models: the galleries are of those in use.
  on(
    ['subject', 'template', 'erasure'],
    (ids) => subjects.refresh(ids as SubjectId[]),
    async () => {
      await consents.load();
      await subjects.readAnew();
    },
  );
  on('erasure', erasure.followList);
  on(
    'webhook_endpoint',
    (ids) => Promise.all(ids.map((id) => webhooks.refresh(id as EndpointId))),
    webhooks.load,
  );
  position.whenOlder({
    look: auditLog.noticeLost,
    async mend() {
      // Before people are read into memory.
      await erasure.eraseAgain();
      for (const readAnew of anew) await readAnew();
    },
  });
}
