import type { Access, Limits } from '../engine/accounts/index.ts';
import type { Alerts } from '../engine/appliance/index.ts';
import type { BehaviorLayers, BehaviorSettingsOf } from '../engine/behavior/index.ts';
import type { EndpointWebhooks, Grants } from '../engine/events/index.ts';
import type { GalleryCalibrations, Profiles } from '../engine/matching/index.ts';
import type { Models } from '../engine/models/index.ts';
import type { EndpointId } from '../lib/id.ts';
import type { FollowedTables, Position } from '../storage/position/position.ts';

/** Tables of which a node keeps something in memory, and the column whose value a change of them is known by. */
export const followedTables = {
  alert_rule: 'id',
  api_key: 'organization',
  behavior_layer: 'organization',
  destination_grant: 'organization',
  gallery_calibration: 'organization',
  model_import: 'id',
  model_setting: 'model',
  organization: 'id',
  profile: 'organization',
  webhook_endpoint: 'id',
} satisfies FollowedTables;

export interface FollowingServices {
  alerts: Pick<Alerts, 'load'>;
  access: Pick<Access, 'forgetRead'>;
  limits: Pick<Limits, 'forgetRead'>;
  behaviorLayers: Pick<BehaviorLayers, 'load'>;
  behaviorSettings: Pick<BehaviorSettingsOf, 'forgetRead'>;
  grants: Pick<Grants, 'forgetRead'>;
  calibrations: Pick<GalleryCalibrations, 'load'>;
  models: Pick<Models, 'reload'>;
  profiles: Pick<Profiles, 'forgetRead'>;
  webhooks: Pick<EndpointWebhooks, 'refresh'>;
}

/** What each change makes old. All of it is read anew or forgotten before the next use. */
export function followChanges(
  position: Pick<Position, 'follow'>,
  {
    access,
    alerts,
    limits,
    behaviorLayers,
    behaviorSettings,
    grants,
    calibrations,
    models,
    profiles,
    webhooks,
  }: FollowingServices,
): void {
  const on = (table: keyof typeof followedTables, apply: (keys: readonly string[]) => unknown) =>
    position.follow(table, apply);
  on('alert_rule', () => alerts.load());
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
  on('webhook_endpoint', (ids) => Promise.all(ids.map((id) => webhooks.refresh(id as EndpointId))));
}
